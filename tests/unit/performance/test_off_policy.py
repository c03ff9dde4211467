"""Off-policy estimates against programs whose truth is known."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_jobs.performance.off_policy import estimate_off_policy

PARTNERS = 4


@dataclass
class KnownProgram:
    """Units with partners of known chances: the true rate of any rules is a sum, not an estimate."""

    chance: np.ndarray  # unit kind x partner: probability of a follow-up
    logged: np.ndarray  # unit kind x partner: chance to get the unit, rows sum to 1
    target: np.ndarray  # the same of the other rules; rows may sum to less

    @property
    def truth(self) -> float:
        return float((self.target * self.chance).sum() / self.target.sum())

    def offers(self, rng: np.random.Generator, count: int, model: np.ndarray) -> dict[str, np.ndarray]:
        kind = rng.integers(len(self.chance), size=count)
        draw = rng.random(count)[:, None]
        partner = (draw > self.logged[kind].cumsum(axis=1)).sum(axis=1).clip(max=PARTNERS - 1)
        return {
            "reward": (rng.random(count) < self.chance[kind, partner]).astype(float),
            "propensity": self.logged[kind, partner],
            "target": self.target[kind, partner],
            "target_total": self.target[kind].sum(axis=1),
            "target_supported": (self.target[kind] * (self.logged[kind] > 0)).sum(axis=1),
            "predicted": model[kind, partner],
            "target_predicted": (self.target[kind] * model[kind]).sum(axis=1),
        }


def a_program(seed: int, *, may_leave_unplaced: bool) -> KnownProgram:
    rng = np.random.default_rng(seed)
    kinds = 5
    target = rng.dirichlet(np.ones(PARTNERS), kinds)
    if may_leave_unplaced:
        target *= rng.uniform(0.3, 1.0, (kinds, 1))
    return KnownProgram(
        chance=rng.uniform(0.05, 0.95, (kinds, PARTNERS)),
        logged=0.3 / PARTNERS + 0.7 * rng.dirichlet(np.ones(PARTNERS), kinds),
        target=target,
    )


@pytest.mark.parametrize("may_leave_unplaced", [False, True])
@pytest.mark.parametrize("is_model_right", [False, True])
def test_the_truth_is_met_without_bias_and_within_19_of_20_intervals(is_model_right, may_leave_unplaced):
    program = a_program(7, may_leave_unplaced=may_leave_unplaced)
    rng = np.random.default_rng(11)
    model = program.chance if is_model_right else np.full_like(program.chance, 0.9)
    repetitions, truth = 2_000, program.truth
    found = [estimate_off_policy(**program.offers(rng, 1_000, model)) for _ in range(repetitions)]
    for name in ("ips", "self_normalised", "doubly_robust"):
        estimates = [getattr(one, name) for one in found]
        rates = np.array([estimate.rate for estimate in estimates])
        error = rates.std(ddof=1) / np.sqrt(repetitions)
        slack = 0.002 if name == "self_normalised" else 0.0  # a ratio's bias is of order 1 / n
        assert abs(rates.mean() - truth) < 4 * error + slack, name
        covered = np.mean([estimate.lower <= truth <= estimate.upper for estimate in estimates])
        assert 0.93 < covered < 0.97, (name, covered)


def test_a_right_prediction_narrows_the_interval_and_the_plain_mean_of_the_logged_offers_is_wrong():
    program = a_program(7, may_leave_unplaced=False)
    offers = program.offers(np.random.default_rng(3), 5_000, program.chance)
    found = estimate_off_policy(**offers)
    width = {name: getattr(found, name).upper - getattr(found, name).lower for name in ("ips", "doubly_robust")}
    assert width["doubly_robust"] < width["ips"]
    assert abs(found.logged_rate - program.truth) > 0.05  # or the program above would prove nothing
    assert abs(found.doubly_robust.rate - program.truth) < 0.05


def test_a_hand_worked_case():
    """40 offers of even odds; the target always picks the partner of the first 20, 15 of which were followed up."""
    picked = np.repeat([1.0, 0.0], 20)
    reward = np.concatenate([np.repeat([1.0, 0.0], [15, 5]), np.repeat([1.0, 0.0], [4, 16])])
    ones, half = np.ones(40), np.full(40, 0.5)
    few = estimate_off_policy(reward, half, picked, ones, ones, half, half)
    assert few.too_little is not None  # an effective sample of 20
    assert "20.0 offers" in few.too_little
    assert (few.ips, few.self_normalised, few.doubly_robust) == (None, None, None)
    twice = [np.concatenate([values, values]) for values in (reward, half, picked, ones, ones, half, half)]
    found = estimate_off_policy(*twice)
    assert found.effective_sample == pytest.approx(40)
    assert found.support == 1
    assert found.logged_rate == pytest.approx(19 / 40)
    assert found.ips.rate == pytest.approx(0.75)  # 30 follow-ups, twice the weight, of 80
    assert found.self_normalised.rate == pytest.approx(0.75)
    assert found.doubly_robust.rate == pytest.approx(0.75)  # 0.5 + (30 * 2 * 0.5 - 10 * 2 * 0.5) / 80
    # linearised: sqrt(sum w^2 (r - 0.75)^2) / sum w = sqrt(4 * (30 * 0.0625 + 10 * 0.5625)) / 80
    error = np.sqrt(4 * (30 * 0.0625 + 10 * 0.5625)) / 80
    assert found.self_normalised.lower == pytest.approx(0.75 - 1.959963984540054 * error)


def test_offers_that_could_not_be_made_are_not_judged():
    ones = np.ones(200)
    found = estimate_off_policy(ones, ones, ones, ones, 0.8 * ones, ones, ones)
    assert found.support == pytest.approx(0.8)
    assert "20% of the offers by these rules" in found.too_little
    assert estimate_off_policy(ones, ones, ones, ones, 0.95 * ones, ones, ones).too_little is None


def test_no_offers_say_so():
    found = estimate_off_policy([], [], [], [], [], [], [])
    assert (found.offers, found.logged_rate, found.effective_sample) == (0, None, 0.0)
    assert "no offer" in found.too_little


@given(st.integers(30, 200), st.integers(0, 2**31))
def test_the_same_rules_are_judged_as_their_own_mean(count, seed):
    rng = np.random.default_rng(seed)
    reward, ones = rng.integers(0, 2, count).astype(float), np.ones(count)
    found = estimate_off_policy(reward, ones, ones, ones, ones, 0.5 * ones, 0.5 * ones)
    for estimate in (found.ips, found.self_normalised, found.doubly_robust):
        assert estimate.rate == pytest.approx(reward.mean())
        assert 0 <= estimate.lower <= estimate.rate <= estimate.upper <= 1


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [(0, 1.5, r"reward\[1\] = 1.5"), (1, 0.0, r"propensity\[1\] = 0.0; expected above 0"), (2, float("nan"), "nan")],
)
def test_a_value_out_of_range_is_named(position, value, message):
    arrays = [np.full(3, 0.5) for _ in range(7)]
    arrays[position][1] = value
    with pytest.raises(ValueError, match=message):
        estimate_off_policy(*arrays)


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        estimate_off_policy([1.0], [1.0, 1.0], [1.0], [1.0], [1.0], [1.0], [1.0])
