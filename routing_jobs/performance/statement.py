"""A partner's weight as a statement it can check: counts, formula, rate with interval. Only sentences.

The formula and its source are in `weights`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from routing_jobs.program.routing_rules import PerformanceRules

MICROS = 1_000_000
_COUNTED = {
    "followed_up": ("followed up within their window", "window has closed, left out what was no fault of the partner"),
    "opportunity": ("became an opportunity", "old enough to tell"),
    "won": ("were won", "old enough to tell"),
}
FORMULA = (
    "weight = weighted mean over outcomes of rate / the program's rate, within floor and cap; "
    "rate = (s + alpha) / (n + alpha + beta) with the program's Beta prior (alpha, beta); "
    "n = offers weighted by 0.5 ^ (age in days / half-life); "
    "s = successes so weighted, times the program's successes / those expected from the partner's mix of segments"
)


def state_weight(outcomes: Sequence[Mapping[str, Any]], rules: PerformanceRules) -> list[str]:
    """The statement of one partner, from its rows of routing.partner_performance."""
    if not outcomes:
        return ["Routing has not weighed this partner yet."]
    sentences = [sentence for row in outcomes for sentence in _outcome(row, rules)]
    first = outcomes[0]
    sentences.append(
        f"Weight {first['weight_micros'] / MICROS:.3f} on every score (floor {rules.floor:g}, cap {rules.cap:g}); "
        f"chance that an offer is won: {first['p_won_micros'] / 10_000:.2f} %."
    )
    offers = next((row["offers"] for row in outcomes if row["outcome"] == "followed_up"), 0)
    if offers < rules.newcomer_offers and rules.newcomer_share > 0:
        sentences.append(
            f"With fewer than {rules.newcomer_offers} offers it is a newcomer: in {rules.newcomer_share:.0%} of units, "
            f"drawn by lot, newcomers are scored at the cap."
        )
    return sentences


def _outcome(row: Mapping[str, Any], rules: PerformanceRules) -> list[str]:
    what, which = _COUNTED[row["outcome"]]
    share = rules.outcomes.get(row["outcome"])
    counts = "is shown but does not count" if share is None else f"counts with weight {share:g}"
    if not row["offers"]:
        return [f"{row['outcome']} ({counts}): no offer to judge by yet, so the program's own rate."]
    prior = "maximum likelihood" if rules.prior_strength is None else f"strength {rules.prior_strength:g}"
    return [
        f"{row['outcome']} ({counts}): of {row['offers']} offers ({which}), weighted by age with a half-life of "
        f"{rules.half_life_days:g} days, {row['successes_micros'] / MICROS:.2f} of {row['trials_micros'] / MICROS:.2f} "
        f"{what}; the program would have had {row['expected_micros'] / MICROS:.2f} with the same mix of segments.",
        f"Rate {row['rate']:.1%} (95 % interval {row['lower']:.1%} to {row['upper']:.1%}), drawn towards the program's "
        f"({prior}).",
    ]
