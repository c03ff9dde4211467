"""What would have come of offers made by other rules, judged from offers that were made: off-policy estimates.

Lives here: inverse propensity scoring (as it is, and self-normalised), the doubly robust estimator, their intervals,
and whether the offers made overlap with the others enough for any of it. Pure arrays. Not here: where propensities come
from (`routing_jobs.proposal`), what counts as a follow-up (dbt).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution
LEAST_EFFECTIVE = 30.0  # offers' worth of evidence below which a normal interval says nothing
LEAST_SUPPORT = 0.9  # share of the other rules' offers that could have been seen

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A rate with its 95 % interval, clipped to [0, 1]."""

    rate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class OffPolicy:
    """What offers by other rules would have brought.

    Attributes:
        offers: Offers made, with an outcome and a propensity.
        logged_rate: Mean reward of the offers as they were made.
        effective_sample: Kish's (sum w)^2 / sum w^2: as many offers by the other rules would tell as much.
        support: Share of the other rules' offers that had a chance to be made; the rest is unseen.
        too_little: Why nothing is estimated, in words; None where it is.
        ips: Inverse propensity scoring.
        self_normalised: The same, divided by the weights' sum.
        doubly_robust: The prediction, corrected by what was seen.
    """

    offers: int
    logged_rate: float | None
    effective_sample: float
    support: float
    too_little: str | None
    ips: Estimate | None
    self_normalised: Estimate | None
    doubly_robust: Estimate | None


def estimate_off_policy(
    reward: ArrayLike,
    propensity: ArrayLike,
    target: ArrayLike,
    target_total: ArrayLike,
    target_supported: ArrayLike,
    predicted: ArrayLike,
    target_predicted: ArrayLike,
) -> OffPolicy:
    """The mean reward of offers by the target rules, from n independent offers made by the logged ones.

    With p(a|x) the logged rules' chance to give unit x to partner a, q(a|x) the target's, r the reward seen, m(x,a) a
    prediction of it, w = q/p of the partner that had the unit, and Q the sum of q(a|x) over units and partners:

        ips               sum w r / Q                                     (Horvitz and Thompson 1952)
        self_normalised   sum w r / sum w                                 (Hajek 1971; Swaminathan and Joachims 2015)
        doubly_robust     sum [sum_a q(a|x) m(x,a) + w (r - m(x,a))] / Q  (Dudik, Langford and Li 2011)

    All three are ratios of sums over units; their intervals are normal, from the linearised ratio. Where every offer of
    the target had a chance to be made, each tends to the truth as n grows, whatever m says.

    Args:
        reward: float[n] in [0, 1].
        propensity: float[n] in (0, 1], p of the partner that had the unit.
        target: float[n] in [0, 1], q of that partner.
        target_total: float[n], sum of q over the unit's partners; below 1 where the target may place it with nobody.
        target_supported: float[n], the part of target_total on partners with p > 0.
        predicted: float[n], m of the partner that had the unit.
        target_predicted: float[n], sum of q * m over the unit's partners.

    Returns:
        The estimates; without them and with `too_little` where the overlap is too small to judge.

    Raises:
        ValueError: Lengths differ, or a value is outside its range; names the row and the value.
    """
    names = ("reward", "propensity", "target", "target_total", "target_supported", "predicted", "target_predicted")
    given = (reward, propensity, target, target_total, target_supported, predicted, target_predicted)
    r, p, q, total, supported, m, q_m = _checked(dict(zip(names, given, strict=True)))
    mass = float(total.sum())
    weight = q / p
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0
    support = float(supported.sum()) / mass if mass else 0.0
    too_little = _too_little(len(r), effective, support)
    if too_little is not None:
        return OffPolicy(len(r), _mean(r), effective, support, too_little, None, None, None)
    hajek = float((weight * r).sum() / weight.sum())
    return OffPolicy(
        offers=len(r),
        logged_rate=_mean(r),
        effective_sample=effective,
        support=support,
        too_little=None,
        ips=_ratio(weight * r, total, mass),
        self_normalised=_interval(hajek, float(np.sqrt(((weight * (r - hajek)) ** 2).sum()) / weight.sum())),
        doubly_robust=_ratio(q_m + weight * (r - m), total, mass),
    )


def _checked(arrays: dict[str, ArrayLike]) -> list[Floats]:
    """The arrays as float64, of one length and in their ranges."""
    found = {name: np.asarray(values, dtype=np.float64) for name, values in arrays.items()}
    lengths = {name: values.shape for name, values in found.items()}
    if len(set(lengths.values())) > 1 or any(values.ndim != 1 for values in found.values()):
        raise ValueError(f"arrays of one length expected, got {lengths}")
    for name, values in found.items():
        wrong = np.flatnonzero(~((values >= 0) & (values <= 1 + 1e-9)))
        if name == "propensity":
            wrong = np.union1d(wrong, np.flatnonzero(values <= 0))
        if len(wrong):
            row = int(wrong[0])
            raise ValueError(
                f"{name}[{row}] = {values[row]}; expected {'above 0 and' if name == 'propensity' else '0 to 1,'} at most 1"
            )
    return list(found.values())


def _too_little(offers: int, effective: float, support: float) -> str | None:
    if offers == 0:
        return "no offer with a stored propensity has an outcome yet"
    if effective < LEAST_EFFECTIVE:
        return (
            f"not enough overlap to judge: the offers made tell as much as {effective:.1f} offers by these rules would; "
            f"{LEAST_EFFECTIVE:.0f} are needed"
        )
    if support < LEAST_SUPPORT:
        return (
            f"not enough overlap to judge: {1 - support:.0%} of the offers by these rules go to partners that had no "
            f"chance to get them; at most {1 - LEAST_SUPPORT:.0%} may"
        )
    return None


def _ratio(terms: Floats, total: Floats, mass: float) -> Estimate:
    """The sum of terms over that of totals, where both vary from unit to unit: the interval is that of terms - rate * total."""
    rate = float(terms.sum()) / mass
    spread = terms - rate * total
    return _interval(rate, float(np.sqrt((spread**2).sum()) / mass))


def _interval(rate: float, error: float) -> Estimate:
    return Estimate(*(min(1.0, max(0.0, value)) for value in (rate, rate - Z * error, rate + Z * error)))


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
