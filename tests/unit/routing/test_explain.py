"""Explanations: each kind of line says why, and the shortfall is the number that flips the solver's choice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_jobs.routing import solve
from routing_jobs.routing.exclusions import EXCLUSIONS
from routing_jobs.routing.explain import explain, shortfall

EURO = 1_000_000


def line(partner_id="P1", **facts):
    usual = {"partner_id": partner_id, "source": "routed", "rule": "best_score", "exception_code": None}
    return {"lead_id": "L1", "remedy": None, "owner": None} | usual | facts


def candidate(partner_id, score=None, rank=None, reason=None, **facts):
    weighed = None if rank is None else score
    usual = {
        "p_won_micros": 40_000,
        "value_minor": 500_000,
        "age_decay_micros": 500_000,
        "preference_micros": 1_250_000,
        "value_source": "default",
        "is_eligible": reason is None,
    }
    own = {"partner_id": partner_id, "score": score, "banded_score": weighed, "rank": rank, "exclusion_reason": reason}
    return usual | own | facts


def slots(price=0, *, full=False, leads=0, claims=0):
    return {
        "capacity": 1,
        "assigned": int(full),
        "price": price,
        "extra_leads": leads,
        "extra_claims": claims,
    }


def told(line_, candidates, prices, outside=None):
    return " ".join(explain(line_, candidates, prices, outside or {}, {"P1": "Acme"}, "EUR").sentences)


def test_a_first_choice_shows_its_score_as_a_product():
    text = told(
        line(), [candidate("P1", 125 * EURO, 1), candidate("P2", 100 * EURO, 2)], {"P1": slots(), "P2": slots()}
    )
    assert "It goes to Acme (P1), its first choice among 2" in text
    assert "Score 125.00 EUR: chance to win 4.00 % x value 5,000.00 EUR (the program's default) x age 0.500" in text
    assert "Not P2: it scores 25.00 EUR less." in text
    assert "P2 came closest: at the batch's prices it was 25.00 EUR short." in text


def test_a_later_choice_says_what_the_better_partners_slots_are_worth():
    candidates = [candidate("P1", 100 * EURO, 2), candidate("P2", 112 * EURO, 1)]
    text = told(line(), candidates, {"P1": slots(), "P2": slots(20 * EURO, full=True)})
    assert "its choice number 2 of 2" in text
    assert (
        "Not P2: it scores 12.00 EUR more, but other leads gain more from its slots (one more would add 20.00 EUR)"
        in text
    )
    assert "P2 came closest: at the batch's prices it was 8.00 EUR short." in text


def test_one_more_slot_is_named_where_it_would_have_done():
    candidates = [candidate("P1", 100 * EURO, 2), candidate("P2", 112 * EURO, 1)]
    text = told(line(), candidates, {"P1": slots(), "P2": slots(12 * EURO, full=True)})
    assert "P2 came closest: with one more slot it could have got the lead." in text


@pytest.mark.parametrize(
    ("kind", "why"),
    [({"leads": 1}, "leads that would find no partner otherwise"), ({"claims": 1}, "leads it has a claim on")],
)
def test_slots_other_leads_need_more_than_value_are_said_so(kind, why):
    candidates = [candidate("P1", 100 * EURO, 2), candidate("P2", 112 * EURO, 1)]
    text = told(line(), candidates, {"P1": slots(), "P2": slots(900 * EURO, full=True, **kind)})
    assert why in text
    assert "900" not in text


@pytest.mark.parametrize("exclusion", EXCLUSIONS, ids=lambda exclusion: exclusion.code)
def test_each_exclusion_is_a_sentence(exclusion):
    text = told(line(), [candidate("P1", EURO, 1), candidate("P2", EURO, reason=exclusion.code)], {"P1": slots()})
    assert f"Not P2: it {exclusion.sentence}." in text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("live_registration", "live deal registration"),
        ("named_account", "named account"),
        ("originating_partner", "brought the lead"),
        ("incumbent", "incumbent"),
        ("exclusive_territory", "territory to itself"),
        ("distributor", "a distributor was asked"),
        ("widen", "anywhere in the country"),
        ("default_partner", "default partner"),
    ],
)
def test_each_rule_is_named(rule, words):
    assert words in told(line(rule=rule), [candidate("P1", EURO, 1)], {"P1": slots()})


def test_an_exception_says_who_came_closest_and_what_to_do():
    lost = line(None, source=None, rule=None, exception_code="ALL_PAUSED", remedy="Wait.", owner="ops")
    candidates = [candidate("P1", EURO, reason="NOT_CERTIFIED"), candidate("P2", EURO, reason="PAUSED")]
    text = told(lost, candidates, {}, {"OUTSIDE_COUNTRY": 1, "OUTSIDE_AREA": 4})
    assert "No partner: ALL_PAUSED. Wait. Owner: ops." in text
    assert "P2 came closest: it is paused." in text
    assert "Left out: 1 partner without a territory in the lead's country." in text
    assert "Left out: 4 partners with territories in the country" in text


def test_a_lead_crowded_out_names_its_first_choice():
    lost = line(None, source=None, rule=None, exception_code="ALL_AT_LIMIT", remedy="Wait.", owner="ops")
    text = told(lost, [candidate("P1", EURO, 1)], {"P1": slots(2 * EURO, full=True)})
    assert "With one more slot, Acme (P1) would be its first choice." in text


def test_overrides_direct_leads_and_the_tie_band_are_said():
    assert "chosen by hand" in told(line("P2", source="override"), [candidate("P1", EURO, 1)], {"P1": slots()})
    assert "vendor's own team" in told(line(None, source="direct"), [], {})
    banded = candidate("P1", 95 * EURO, 1) | {"banded_score": 100 * EURO}
    assert "Within the tie band it counts as 100.00 EUR." in told(line(), [banded], {"P1": slots()})


def test_the_table_has_every_candidate_in_the_units_own_order():
    candidates = [candidate("P3", EURO, reason="PAUSED"), candidate("P2", EURO, 2), candidate("P1", 2 * EURO, 1)]
    table = explain(line(), candidates, {"P1": slots(), "P2": slots()}, {}, {}, "EUR").table
    assert [(row["partner_id"], row["rank"], row["is_assigned"]) for row in table] == [
        ("P1", 1, True),
        ("P2", 2, False),
        ("P3", None, False),
    ]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_with_less_than_the_shortfall_the_lead_stays(seed):
    generator = np.random.default_rng(seed)
    units, partners = 5, 3
    score = generator.integers(10, 60, (units, partners))
    capacity = generator.integers(1, 3, partners)

    def solved(scores):
        return solve(np.arange(units + 1) * partners, np.tile(np.arange(partners), units), scores.ravel(), capacity)

    before = solved(score)
    unit = int(generator.integers(units))
    if before.assigned[unit] < 0:
        return
    prices = {str(p): {"price": int(before.price[p])} for p in range(partners)}
    chosen = {"partner_id": str(before.assigned[unit]), "banded_score": int(score[unit, before.assigned[unit]])}
    rival = int(generator.choice([p for p in range(partners) if p != before.assigned[unit]]))
    need = shortfall(chosen, {"partner_id": str(rival), "banded_score": int(score[unit, rival])}, prices)
    raised = score.copy()
    raised[unit, rival] += need - 1
    # still optimal: the assignment as it was
    kept = sum(raised[u, p] for u, p in enumerate(before.assigned) if p >= 0)
    assert solved(raised).objective == kept


def test_a_waterfall_says_that_better_partners_were_full_when_the_leads_turn_came():
    candidates = [candidate("P1", 100 * EURO, 2), candidate("P2", 112 * EURO, 1)]
    text = told(line(rule="waterfall"), candidates, {"P1": slots(), "P2": slots(20 * EURO, full=True)})
    assert "its choice number 2 of 2; see below for those before. Leads were served one after the other." in text
    assert "Not P2: it scores 12.00 EUR more, but it was full when the lead's turn came." in text
    assert "prices" not in text


def test_a_round_robin_says_whose_turn_it_was_and_does_not_speak_of_scores_as_reasons():
    candidates = [candidate("P1", 100 * EURO, 3), candidate("P2", 112 * EURO, 2), candidate("P3", 120 * EURO, 1)]
    prices = {"P1": slots(), "P2": slots(20 * EURO, full=True), "P3": slots()}
    text = told(line(rule="round_robin", pool="DE/routers"), candidates, prices)
    assert "It was the turn of Acme (P1) among 3 that could take it in DE/routers." in text
    assert "Not P2: it was not its turn, or it was full by then." in text
    assert "Not P3: it was not its turn." in text


def test_a_partner_a_waterfall_lead_wanted_less_is_not_said_to_have_been_full_because_it_filled_up_later():
    candidates = [candidate("P1", 100 * EURO, 1), candidate("P2", 100 * EURO, 2)]
    text = told(line(rule="waterfall"), candidates, {"P1": slots(), "P2": slots(full=True)})
    assert "Not P2: it scores the same: the tiebreaks decided, the last of them whose turn it was." in text


@pytest.mark.parametrize(
    ("score", "compared"),
    [(100, "it scores the same"), (90, "it scores 10.00 EUR less"), (120, "it scores 20.00 EUR more")],
)
def test_what_a_claim_or_a_person_decided_is_put_down_to_them_not_to_scores_or_tiebreaks(score, compared):
    candidates = [candidate("P1", 100 * EURO, 1, is_claim=True), candidate("P2", score * EURO, 2)]
    prices = {"P1": slots(), "P2": slots(full=True)}
    assert f"Not P2: {compared}; the claim decided." in told(line(rule="incumbent"), candidates, prices)
    by_hand = line(source="override", rule="override", mode="round_robin")
    assert f"Not P2: {compared}; a person decided." in told(by_hand, candidates, prices)


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("optimal", "it has a claim, but its slots go to leads it has a claim on"),
        ("waterfall", "it has a claim, but it was full when the lead's turn came"),
        ("round_robin", "it has a claim, but it was full when the lead's turn came"),
    ],
)
def test_a_claim_that_could_not_be_met_is_named(mode, why):
    candidates = [candidate("P1", 100 * EURO, 2), candidate("P2", 90 * EURO, 1, is_claim=True)]
    rule = "best_score" if mode == "optimal" else mode
    text = told(line(rule=rule, mode=mode), candidates, {"P1": slots(), "P2": slots(full=True, claims=1)})
    assert f"Not P2: {why}." in text


def test_a_partner_asked_before_a_fallback_was_full_whatever_it_scores():
    candidates = [candidate("P1", 100 * EURO, 1, stage="distributor"), candidate("P2", 90 * EURO, 1, stage="primary")]
    text = told(line(rule="distributor", mode="optimal"), candidates, {"P1": slots(), "P2": slots(full=True)})
    assert "Not P2: every slot it had went to other leads." in text


def test_a_territory_whose_slots_place_other_leads_is_said_so():
    candidates = [candidate("P1", 100 * EURO, 2), candidate("P2", 112 * EURO, 1, area="DE/bavaria")]
    prices = {"P1": slots(), "P2": slots(), ("P2", "DE/bavaria"): slots(20 * EURO, full=True, leads=1)}
    text = told(line(), candidates, prices)
    assert "but its slots in DE/bavaria go to leads that would find no partner otherwise." in text
    assert "so more slots there are what could change it" in text


def test_a_full_territory_is_named_and_its_price_counts():
    candidates = [candidate("P1", 100 * EURO, 2), candidate("P2", 112 * EURO, 1, area="DE/bavaria")]
    prices = {"P1": slots(), "P2": slots(), ("P2", "DE/bavaria"): slots(20 * EURO, full=True)}
    text = told(line(), candidates, prices)
    assert "other leads gain more from its slots in DE/bavaria (one more would add 20.00 EUR)" in text
    assert "P2 came closest: at the batch's prices it was 8.00 EUR short." in text
    full = [candidate("P1", 100 * EURO, 1), candidate("P2", 112 * EURO, 2, "AT_LIMIT", area="DE/bavaria")]
    assert "Not P2: it has no free slot in DE/bavaria." in told(line(), full, prices)


def test_a_lead_that_takes_no_slot_is_not_told_about_slots():
    candidates = [candidate("P1", 100 * EURO, 1), candidate("P2", 90 * EURO, 2)]
    prices = {"P1": slots(900 * EURO, full=True), "P2": slots(full=True)}
    text = told(line(holds_slot=False), candidates, prices)
    assert "It is partner-sourced and takes no slot." in text
    assert "P2 came closest: at the batch's prices it was 10.00 EUR short." in text
    assert "one more slot" not in text


@pytest.mark.parametrize(
    ("own", "there", "needed", "worth"),
    [
        (True, True, "one more slot in DE/bavaria and one more in all", " in DE/bavaria and in all (one more of both"),
        (False, True, "one more slot in DE/bavaria", " in DE/bavaria (one more"),
        (True, False, "one more slot", " (one more"),
    ],
)
def test_every_slot_that_is_missing_is_named(own, there, needed, worth):
    full = own + there
    prices = {
        "P1": slots(),
        "P2": slots(12 * EURO // full if own else 0, full=own),
        ("P2", "DE/bavaria"): slots(12 * EURO // full if there else 0, full=there),
    }
    both = [candidate("P1", 100 * EURO, 2), candidate("P2", 112 * EURO, 1, area="DE/bavaria")]
    text = told(line(), both, prices)
    assert f"P2 came closest: with {needed} it could have got the lead." in text
    assert f"gain more from its slots{worth} would add 12.00 EUR)" in text
    lost = line(None, source=None, rule=None, exception_code="ALL_AT_LIMIT", remedy="Wait.", owner="ops")
    assert f"With {needed}, P2 would be its first choice." in told(lost, both[1:], prices)
