"""Models that say by rule which touch earns how much: by its place, its age, or the milestone it led to.

Each returns one weight >= 0 per touch of journeys that all convert; credit is shared in proportion, so weights need not
sum to anything and an absent milestone leaves its share to the rest. Not here: Markov and Shapley, which learn from all
journeys together.
"""

from collections.abc import Mapping

import numpy as np

from routing_jobs.attribution.journeys import HOUR_MICROS, Codes, Floats, Journeys

# The field's usual shares. "rest" is divided among the touches that are at no milestone of the model.
SHARES: dict[str, dict[str, float]] = {
    "first_touch": {"first": 1.0, "rest": 0.0},
    "last_touch": {"last": 1.0, "rest": 0.0},
    "linear": {"rest": 1.0},
    "u_shaped": {"first": 0.4, "last": 0.4, "rest": 0.2},
    "position_based": {"first": 0.4, "last": 0.4, "rest": 0.2},
    "w_shaped": {"first": 0.3, "lead": 0.3, "opportunity": 0.3, "rest": 0.1},
    "full_path": {"first": 0.225, "lead": 0.225, "opportunity": 0.225, "won": 0.225, "rest": 0.1},
}
MILESTONE_COLUMN = {"lead": "lead_created_at", "opportunity": "opportunity_at"}


def shared_by_milestones(journeys: Journeys, model: str, weights: Mapping[str, float] | None = None) -> Floats:
    """One weight per touch: each milestone's share to its touch, the rest evenly over the touches at none.

    A touch at two milestones earns both; with nothing between the milestones they share everything; a journey whose
    shares are all 0 is split evenly.

    Args:
        journeys: Journeys that all convert, k touches.
        model: A key of `SHARES`.
        weights: Shares that replace the model's own, by milestone name.

    Returns:
        float64[k].

    Raises:
        ValueError: `weights` names a milestone the model does not have, or a share that is no number >= 0.
    """
    shares = _shares(model, weights)
    weight = np.zeros(len(journeys.journey))
    is_rest = np.ones(len(weight), dtype=bool)
    for milestone, share in shares.items():
        if milestone != "rest":
            at = _milestone_touch(journeys, milestone)
            at = at[at >= 0]
            weight[at] += share
            is_rest[at] = False
    rest_count = journeys.total(is_rest.astype(np.float64))[journeys.journey]
    weight[is_rest] = shares["rest"] / rest_count[is_rest]
    return np.where((journeys.total(weight) > 0)[journeys.journey], weight, 1.0)


def decayed_by_time(journeys: Journeys, half_life_hours: float) -> Floats:
    """One weight per touch: 0.5 ** (hours before the conversion / half-life).

    Hours are counted from the journey's last touch, which changes no proportion and keeps the weights of an old journey
    from all becoming 0.

    Raises:
        ValueError: The half-life is not above 0.
    """
    if not half_life_hours > 0:
        raise ValueError(f"half_life_hours {half_life_hours}: expected a number above 0")
    last = journeys.touched_at[journeys.last][journeys.journey]
    hours: Floats = (last - journeys.touched_at) / HOUR_MICROS
    return np.exp2(-hours / half_life_hours)


def _shares(model: str, weights: Mapping[str, float] | None) -> dict[str, float]:
    shares = SHARES[model]
    for milestone, share in (weights or {}).items():
        if milestone not in shares:
            raise ValueError(f"weights: {milestone!r}: {model} has {', '.join(shares)}")
        if not 0 <= share < np.inf:
            raise ValueError(f"weights: {milestone} {share!r}: expected a number >= 0")
    return shares | dict(weights or {})


def _milestone_touch(journeys: Journeys, milestone: str) -> Codes:
    """Per journey, the position of the milestone's touch: the last one at or before it; -1 where there is none."""
    if milestone == "first":
        return journeys.first
    if milestone in ("last", "won"):
        return journeys.last
    reached = journeys.milestones.get(MILESTONE_COLUMN[milestone])
    if reached is None:
        return np.full(len(journeys.is_converting), -1, dtype=np.int64)
    is_before = journeys.touched_at <= reached[journeys.journey]
    count = np.bincount(journeys.journey[is_before], minlength=len(reached))
    return np.where(count > 0, journeys.first + count - 1, -1)
