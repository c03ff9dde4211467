"""What partners did as a factor on their score: counts of offers become one weight per partner.

Lives here: mix adjustment, shrinkage to the program's rate, the combination of outcomes, floor and cap, and the chance
that an offer is won. Not here: which offers count (dbt's int_partners__offer_outcomes), the age decay of their counts
(the query that adds them up), the fit of the prior (`rates`).

For a partner p and an outcome o, with counts weighted by 0.5 ** (age in days / half_life_days):

    expected_po  = sum over segments of trials_po(segment) * program's rate of o in that segment
    successes'   = successes_po * (program's rate * trials_po) / expected_po        indirect standardisation
    rate_po      = posterior mean of a Beta prior with successes' of trials_po        empirical Bayes, or prior_strength
    weight_p     = mean over outcomes, weighted by the rulebook, of rate_po / prior's mean, within floor and cap

Source of the standardisation: Breslow and Day 1987, vol. II, ch. 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from routing_jobs.performance.rates import shrink_rates
from routing_jobs.program.routing_rules import PerformanceRules

MICROS = 1_000_000
FOLLOWED_UP, WON = "followed_up", "won"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PartnerWeights:
    """The weight of every partner and what it rests on.

    Attributes:
        outcomes: One row a partner and outcome: partner_id, outcome, successes_micros, trials_micros (age-weighted),
            expected_micros (successes the program would have had with this partner's mix), offers (plain count), rate,
            lower, upper (95 %), weight_micros (the partner's one weight). Sorted by partner_id, outcome.
        partners: One row a partner, in the order given: partner_id, weight_micros, p_won_micros, newcomer_p_won_micros
            (null unless the partner has fewer offers than the rulebook's newcomer_offers).
        p_won: The program's chance that an offer is won.
    """

    outcomes: pd.DataFrame
    partners: pd.DataFrame
    p_won: float


def partner_weights(
    evidence: pd.DataFrame, partners: Sequence[str], rules: PerformanceRules, *, min_sample: int, has_say: bool = True
) -> PartnerWeights:
    """Weights from counts.

    Args:
        evidence: One row a partner, outcome (followed_up, opportunity, won) and segment: partner_id, outcome, segment,
            offers, trials_micros, successes_micros, integers.
        partners: Every partner_id of the roster.
        rules: `performance` of rulebook/routing.yaml.
        min_sample: Matured offers needed before the program's own win rate is used.
        has_say: False where the rulebook's criteria leave performance out of the score; then every weight is 1.

    Returns:
        A weight for each partner of the roster; one without offers has the prior's mean, weight 1.
    """
    roster = sorted(partners)
    rows = [_outcome(evidence, roster, outcome, rules) for outcome in sorted({*rules.outcomes, FOLLOWED_UP})]
    everything = pd.concat(rows)
    weight = _weight(everything, rules) if has_say else np.ones(len(roster))
    micros = np.rint(weight * MICROS).astype(np.int64)
    outcomes = everything.drop(columns="ratio").assign(weight_micros=np.tile(micros, len(rows)))
    outcomes = outcomes.sort_values(["partner_id", "outcome"], ignore_index=True)
    p_won = _chance_of_winning(evidence, outcomes, min_sample)
    offers = outcomes.loc[outcomes["outcome"] == FOLLOWED_UP, "offers"].to_numpy(dtype=np.int64)
    scored = pd.DataFrame({"partner_id": pd.Series(roster, dtype="str"), "weight_micros": micros})
    scored["p_won_micros"] = _probability(p_won * weight)
    newcomer = _probability(np.full(len(roster), p_won * rules.cap))
    is_newcomer = (offers < rules.newcomer_offers) & has_say
    scored["newcomer_p_won_micros"] = pd.array(newcomer, dtype="Int64")
    scored.loc[~is_newcomer, "newcomer_p_won_micros"] = pd.NA
    return PartnerWeights(outcomes, scored, p_won)


def _weight(outcomes: pd.DataFrame, rules: PerformanceRules) -> Floats:
    total = sum(rules.outcomes.values())
    weighted = [
        outcomes.loc[outcomes["outcome"] == name, "ratio"].to_numpy(dtype=np.float64) * (share / total)
        for name, share in rules.outcomes.items()
    ]
    weight: Floats = np.clip(np.sum(weighted, axis=0), rules.floor, rules.cap)
    return weight


def _probability(values: Floats) -> NDArray[np.int64]:
    return np.clip(np.rint(values * MICROS), 1, MICROS).astype(np.int64)


def _outcome(evidence: pd.DataFrame, roster: list[str], outcome: str, rules: PerformanceRules) -> pd.DataFrame:
    """One row a partner: counts, expected successes, rate with interval, and the ratio to the program's rate."""
    rows = evidence[evidence["outcome"] == outcome]
    expected = rows["trials_micros"] * _segment_rates(rows)
    sums = rows.assign(expected_micros=expected).groupby("partner_id")[
        ["offers", "successes_micros", "trials_micros", "expected_micros"]
    ]
    counts = sums.sum().reindex(roster, fill_value=0)
    trials = counts["trials_micros"].to_numpy(dtype=np.float64) / MICROS
    successes = counts["successes_micros"].to_numpy(dtype=np.float64) / MICROS
    wanted = counts["expected_micros"].to_numpy(dtype=np.float64) / MICROS
    pooled = float(successes.sum() / trials.sum()) if trials.sum() else 0.0
    adjustment = np.divide(pooled * trials, wanted, out=np.ones_like(trials), where=wanted > 0)
    shrunk = _shrink(np.clip(successes * adjustment, 0, trials), trials, pooled, rules.prior_strength)
    alpha, beta = shrunk.attrs["prior"]
    return pd.DataFrame(
        {
            "partner_id": pd.Series(roster, dtype="str"),
            "outcome": outcome,
            "successes_micros": counts["successes_micros"].to_numpy(dtype=np.int64),
            "trials_micros": counts["trials_micros"].to_numpy(dtype=np.int64),
            "expected_micros": np.rint(wanted * MICROS).astype(np.int64),
            "offers": counts["offers"].to_numpy(dtype=np.int64),
            "rate": shrunk["rate"].to_numpy(),
            "lower": shrunk["lower"].to_numpy(),
            "upper": shrunk["upper"].to_numpy(),
            "ratio": shrunk["rate"].to_numpy() / (alpha / (alpha + beta)),
        }
    )


def _segment_rates(rows: pd.DataFrame) -> pd.Series:
    """The program's rate in each row's segment, itself shrunk: a segment with two offers says little."""
    segments = rows.groupby("segment")[["successes_micros", "trials_micros"]].sum().sort_index() / MICROS
    rates = shrink_rates(segments["successes_micros"], segments["trials_micros"])["rate"]
    return rows["segment"].map(rates).astype(float)


def _shrink(successes: Floats, trials: Floats, pooled: float, strength: float | None) -> pd.DataFrame:
    if strength is None or not trials.sum():
        return shrink_rates(successes, trials)
    from scipy.special import betaincinv

    smallest = 1e-9
    alpha, beta = max(pooled * strength, smallest), max((1 - pooled) * strength, smallest)
    rate = (alpha + successes) / (alpha + beta + trials)
    lower = np.minimum(betaincinv(alpha + successes, beta + trials - successes, 0.025), rate)
    upper = np.maximum(betaincinv(alpha + successes, beta + trials - successes, 0.975), rate)
    frame = pd.DataFrame({"rate": rate, "lower": lower, "upper": upper})
    frame.attrs["prior"] = (alpha, beta)
    return frame


def _chance_of_winning(evidence: pd.DataFrame, outcomes: pd.DataFrame, min_sample: int) -> float:
    """The share of offers won; until enough have matured, the follow-up rate times the wins among matured offers.

    That conversion is estimated by the rule of succession, (wins + 1) / (matured + 2), so that it is never 0.
    """
    won = evidence[evidence["outcome"] == WON]
    matured, trials = int(won["offers"].sum()), int(won["trials_micros"].sum())
    wins = int(won["successes_micros"].sum())
    if matured >= min_sample and wins > 0:
        return wins / trials
    followed_up = outcomes[outcomes["outcome"] == FOLLOWED_UP]
    tried, kept = int(followed_up["trials_micros"].sum()), int(followed_up["successes_micros"].sum())
    rate = (kept + MICROS) / (tried + 2 * MICROS)
    return rate * (wins + MICROS) / (trials + 2 * MICROS)
