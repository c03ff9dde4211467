"""What `solve` accepts: one assignment problem in CSR form, checked once so that solvers need not.

Lives here: the arrays of a problem and every reason to refuse them. Not here: how problems are solved.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Indices = NDArray[np.int32]

# Every total a solver forms, and twice it, stays inside int64.
LIMIT = 2**62


@dataclass(frozen=True)
class Instance:
    """n units, m partners, E candidates; unit u's candidates are positions indptr[u] to indptr[u + 1]."""

    indptr: Ints
    partner: Indices
    score: Ints
    capacity: Ints

    @property
    def units(self) -> int:
        """Number of units, n."""
        return len(self.indptr) - 1

    @property
    def partners(self) -> int:
        """Number of partners, m."""
        return len(self.capacity)

    @cached_property
    def unit(self) -> Indices:
        """The unit of each candidate, int32[E]."""
        return np.repeat(np.arange(self.units, dtype=np.int32), np.diff(self.indptr))


def validated(indptr: ArrayLike, partner: ArrayLike, score: ArrayLike, capacity: ArrayLike) -> Instance:
    """The arrays as an Instance; ValueError names the first row or value that is wrong."""
    instance = Instance(
        _integers("indptr", indptr, np.int64),
        _integers("partner", partner, np.int32),
        _integers("score", score, np.int64),
        _integers("capacity", capacity, np.int64),
    )
    _check_rows(instance)
    _check_partners(instance)
    _check_values(instance)
    return instance


def _integers(name: str, values: ArrayLike, dtype: type[np.signedinteger]) -> NDArray[np.signedinteger]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; expected 1")
    if array.size == 0:
        return np.empty(0, dtype=dtype)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {array.dtype} values; expected integers")
    bounds = np.iinfo(dtype)
    for position in (int(array.argmin()), int(array.argmax())):
        if not bounds.min <= int(array[position]) <= bounds.max:
            raise ValueError(f"{name}[{position}] = {array[position]}: does not fit into {np.dtype(dtype).name}")
    return np.ascontiguousarray(array, dtype=dtype)


def _check_rows(instance: Instance) -> None:
    indptr, candidates = instance.indptr, len(instance.partner)
    if len(indptr) == 0 or indptr[0] != 0:
        raise ValueError(f"indptr starts with {indptr[:1].tolist()}; expected [0]")
    falling = np.flatnonzero(np.diff(indptr) < 0)
    if falling.size:
        unit = int(falling[0])
        raise ValueError(f"unit {unit}: indptr falls from {indptr[unit]} to {indptr[unit + 1]}")
    if indptr[-1] != candidates:
        raise ValueError(f"indptr ends with {indptr[-1]}, but partner has {candidates} values")
    if len(instance.score) != candidates:
        raise ValueError(f"score has {len(instance.score)} values, but partner has {candidates}")


def _check_partners(instance: Instance) -> None:
    partner, partners = instance.partner, instance.partners
    position = _first_wrong(instance.indptr, partner, partners)
    if position < 0:
        return
    if 0 <= partner[position] < partners:
        fault = f"is there twice (candidate {position}); expected once"
    else:
        fault = f"(candidate {position}); expected 0 to {partners - 1}"
    raise ValueError(f"unit {instance.unit[position]}: partner {partner[position]} {fault}")


@njit(cache=True, nogil=True)
def _first_wrong(indptr, partner, partners):
    """The first candidate whose partner does not exist, or whose unit has had it before; -1 = none."""
    last = np.full(partners, -1, np.int64)
    for unit in range(len(indptr) - 1):
        for e in range(indptr[unit], indptr[unit + 1]):
            if not 0 <= partner[e] < partners or last[partner[e]] == unit:
                return e
            last[partner[e]] = unit
    return -1


def _check_values(instance: Instance) -> None:
    score, capacity = instance.score, instance.capacity
    unusable = np.flatnonzero(score <= 0)
    if unusable.size:
        position = int(unusable[0])
        unit = int(instance.unit[position])
        raise ValueError(f"unit {unit}: score {score[position]} (candidate {position}); expected more than 0")
    negative = np.flatnonzero(capacity < 0)
    if negative.size:
        position = int(negative[0])
        raise ValueError(f"capacity[{position}] = {capacity[position]}; expected 0 or more")
    if score.size and int(score.max()) * instance.units >= LIMIT:
        raise ValueError(
            f"score {score.max()} times {instance.units} units reaches 2**62: sums would leave int64; scale the scores"
        )
