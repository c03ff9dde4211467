"""Removal effects of channels in a Markov chain of journeys, by exact linear algebra.

Journeys are read as walks: start, channel after channel, then converted or lost. Counted transitions give a chain with
those two absorbing states. The removal effect of a channel is the share of conversions that is lost when every walk
that enters the channel is lost instead: 1 - P(converted, without it) / P(converted).

Let V be the chance of conversion from each state, N = (I - Q)^-1 the expected visits, A the states of the channel. The
chance that a walk first meets A in state a is h = N[start, A] N[A, A]^-1, so what is lost is h . V[A]; one factorised
matrix serves all channels. A chain of order n has as states the last n channels.

Source: Anderl, Becker, von Wangenheim and Schumann 2016, Mapping the customer journey; Kemeny and Snell, Finite Markov
Chains, ch. 3.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routing_jobs.attribution.journeys import Codes, Floats, Journeys

if TYPE_CHECKING:  # scipy is imported where it is needed: it takes longer than most commands
    from scipy.sparse import csc_matrix


@dataclass(frozen=True)
class _Chain:
    """A Markov chain over S states with two ends, converted and lost."""

    start: Floats  # chance of each state to be the first
    stay: "csc_matrix[Any]"  # Q: chance to go from state to state
    convert: Floats  # chance to go from a state straight to conversion
    channel: Codes  # the current channel of each state


def removal_effects(journeys: Journeys, order: int = 1) -> pd.DataFrame:
    """What each channel's removal would cost, and its share of all conversions.

    Args:
        journeys: All journeys, converting or not.
        order: How many channels back a step remembers, >= 1.

    Returns:
        One row per channel that occurs, sorted: channel, removal_effect (0 to 1), credit (removal effects shared out
        over all conversions of `journeys`).

    Raises:
        ValueError: `order` is less than 1.
    """
    if order < 1:
        raise ValueError(f"order {order}: expected a whole number >= 1")
    occurring = np.unique(journeys.channel)
    conversions = int(journeys.is_converting.sum())
    effect = np.zeros(len(occurring))
    if conversions:
        chain = _chain(journeys, order)
        effect = np.array(_lost_without_each(chain, occurring)) / (conversions / len(journeys.is_converting))
        effect = np.clip(effect, 0.0, 1.0)
    credit = effect * (conversions / effect.sum()) if conversions else effect
    return pd.DataFrame({"channel": journeys.channels[occurring], "removal_effect": effect, "credit": credit})


def shared_by_removal_effect(journeys: Journeys, effects: pd.DataFrame) -> Floats:
    """One weight per touch: the removal effect of its channel."""
    effect = effects.set_index("channel")["removal_effect"].reindex(journeys.channels).to_numpy(dtype=np.float64)
    weight: Floats = effect[journeys.channel]
    return weight


def _chain(journeys: Journeys, order: int) -> _Chain:
    from scipy.sparse import csc_matrix

    state, channel = _states(journeys, order)
    n = len(channel)
    visits = np.bincount(state, minlength=n)
    is_last = np.zeros(len(state), dtype=bool)
    is_last[journeys.last] = True
    step = np.flatnonzero(~is_last)
    counts = csc_matrix((np.ones(len(step)), (state[step], state[step + 1])), shape=(n, n))
    counts.data /= visits[counts.indices]  # csc: indices are the rows, the states that are left
    return _Chain(
        start=np.bincount(state[journeys.first], minlength=n) / len(journeys.first),
        stay=counts,
        convert=np.bincount(state[journeys.last[journeys.is_converting]], minlength=n) / visits,
        channel=channel,
    )


def _states(journeys: Journeys, order: int) -> tuple[Codes, Codes]:
    """Per touch its state, and per state its current channel."""
    state, channel = journeys.channel, journeys.channel
    is_first = np.zeros(len(state), dtype=bool)
    is_first[journeys.first] = True
    for _ in range(order - 1):
        # What the touch before it remembered, together with its own channel; a first touch remembers nothing.
        memory = np.where(is_first, 0, np.roll(state, 1) + 1)
        state = memory * len(journeys.channels) + channel
        state = np.unique(state, return_inverse=True)[1]
    _, example, state = np.unique(state, return_index=True, return_inverse=True)
    return state, channel[example]


def _lost_without_each(chain: _Chain, channels: Codes) -> list[float]:
    """Per channel, the chance that a walk converts and has met the channel."""
    from scipy.sparse import identity
    from scipy.sparse.linalg import splu

    n = len(chain.start)
    factors = splu((identity(n, format="csc") - chain.stay).tocsc())
    converted = factors.solve(chain.convert)  # V
    visited = factors.solve(chain.start, trans="T")  # N[start, :]
    lost = []
    for channel in channels:
        states = np.flatnonzero(chain.channel == channel)
        entering = np.zeros((n, len(states)))
        entering[states, np.arange(len(states))] = 1.0
        returns = factors.solve(entering)[states]  # N[A, A]
        met_first = np.linalg.solve(returns.T, visited[states])
        lost.append(float(met_first @ converted[states]))
    return lost
