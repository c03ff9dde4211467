"""Chance without state: the value drawn for (seed, name, index) is always the same one.

Nothing here knows leads or partners. A draw depends on nothing but its three inputs, so chunks of any size, threads
and the order of questions cannot change a program. Integers and exact fractions only: transcendental functions round
differently on different processors, so shaped distributions are tables of integers built once.
"""

import hashlib
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Index = Integers | int
TABLE_BITS = 12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Draws:
    """Draws of one seed."""

    def __init__(self, seed: int):
        self.seed = seed
        self._keys: dict[str, np.uint64] = {}

    def bits(self, name: str, index: Index) -> NDArray[np.uint64]:
        """64 random bits for each index: the index-th output of SplitMix64 started at the key of `name`."""
        state = np.asarray(index, dtype=np.int64).astype(np.uint64)
        with np.errstate(over="ignore"):
            state = self._key(name) + (state + np.uint64(1)) * _GOLDEN
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return state ^ (state >> np.uint64(31))

    def uniform(self, name: str, index: Index) -> NDArray[np.float64]:
        """Fractions in [0, 1), exact multiples of 2**-53."""
        return (self.bits(name, index) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, name: str, index: Index, limit: Index) -> Integers:
        """Integers in [0, limit); `limit` may be one number or one for each index."""
        return (self.uniform(name, index) * limit).astype(np.int64)

    def chance(self, name: str, index: Index, probability: float | NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """True with the given probability."""
        return self.uniform(name, index) < probability

    def pick(self, name: str, index: Index, weights: Sequence[float]) -> Integers:
        """Positions in `weights`, each as often as its weight says."""
        bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
        drawn = np.searchsorted(bounds, self.uniform(name, index) * bounds[-1], side="right")
        positions: Integers = np.minimum(drawn, len(weights) - 1)
        return positions

    def shaped(self, name: str, index: Index, table: Integers) -> Integers:
        """Values of a table made by `lognormal`, each entry equally likely."""
        entries: Integers = table[self.bits(name, index) >> np.uint64(64 - TABLE_BITS)]
        return entries

    def _key(self, name: str) -> np.uint64:
        if name not in self._keys:
            digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
            self._keys[name] = np.uint64(int.from_bytes(digest[:8], "big"))
        return self._keys[name]


def lognormal(median: float, sigma: float, low: int = 1, high: int = 2**53) -> Integers:
    """A table of 4,096 equally likely integers with this median and spread, for `Draws.shaped`."""
    size = 2**TABLE_BITS
    normal = NormalDist()
    values = [round(median * math.exp(sigma * normal.inv_cdf((k + 0.5) / size))) for k in range(size)]
    return np.array(values, dtype=np.int64).clip(low, high)


def spread(index: Index, modulus: int) -> Integers:
    """A shuffling of 0..modulus-1 without a table: different indexes below `modulus` give different numbers."""
    step = round(modulus * 0.6180339887) | 1
    while math.gcd(step, modulus) != 1:
        step += 2
    return np.asarray(index, dtype=np.int64) % modulus * step % modulus
