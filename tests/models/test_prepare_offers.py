"""Offers, registrations, opportunities and what routing reads of them, each on a few hand-written records.

as_of is Monday 2026-06-15 12:00 UTC; partners are in Berlin (UTC+2) and open from 9 to 17 on weekdays.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

AS_OF = datetime.fromisoformat("2026-06-15 12:00")
LONG_AGO = AS_OF - timedelta(days=200)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}")


def days_ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def lead_id(record_id: str, system: str = "crm") -> str:
    return "lead-" + hashlib.md5(f"{system}\x1f{record_id}".encode()).hexdigest()[:20]


@pytest.fixture(scope="module")
def offers(new_world: Callable[[], Any]) -> duckdb.DuckDBPyConnection:
    world = new_world()
    for fill in (roster, answers, clocks, own_assignments, stalled, deals, routable, outcomes):
        fill(world)
    return world.build()


@pytest.fixture(scope="module")
def offer(offers: duckdb.DuckDBPyConnection) -> Callable[..., dict[str, Any]]:
    """The one offer of a lead (to a partner, where it had several)."""

    def of(record_id: str, partner_id: str | None = None) -> dict[str, Any]:
        query = "select * from intermediate.int_offers where lead_id = ? and partner_id = coalesce(?, partner_id)"
        found = offers.execute(query, [lead_id(record_id), partner_id]).to_arrow_table().to_pylist()
        assert len(found) == 1
        return found[0]

    return of


@pytest.fixture(scope="module")
def routability(offers: duckdb.DuckDBPyConnection) -> dict[str, str]:
    query = "select lead_id, routability from intermediate.int_leads__routability"
    return dict(offers.execute(query).fetchall())


@pytest.fixture(scope="module")
def partner(offers: duckdb.DuckDBPyConnection) -> Callable[[str], dict[str, Any]]:
    def of(partner_id: str) -> dict[str, Any]:
        query = "select * from intermediate.int_routing__partners where partner_id = ?"
        return offers.execute(query, [partner_id]).to_arrow_table().to_pylist()[0]

    return of


def lead(world: Any, record_id: str, captured_at: datetime = LONG_AGO, **values: Any) -> None:
    own = {"email": f"buyer@{record_id}.example", "company": f"Firm {record_id}"}
    world.add("leads", source_record_id=record_id, captured_at=captured_at, **{**own, **values})


def offered(world: Any, record_id: str, partner_id: str, assigned_at: datetime, **values: Any) -> None:
    world.add(
        "assignment_history", lead_source_system="crm", lead_source_record_id=record_id, partner_id=partner_id,
        assigned_at=assigned_at, **values,
    )  # fmt: skip


def activity(
    world: Any, name: str, record_id: str, partner_id: str, kind: str, occurred_at: datetime, **values: Any
) -> None:
    reference = {} if "assignment_id" in values else {"lead_source_system": "crm", "lead_source_record_id": record_id}
    world.add(
        "partner_activity", activity_id=name, partner_id=partner_id, activity_type=kind, occurred_at=occurred_at,
        **reference, **values,
    )  # fmt: skip


def roster(world: Any) -> None:
    for partner_id in ("p1", "p2", "clocked"):
        world.add("partners", partner_id=partner_id, timezone="Europe/Berlin")
        world.add("partner_contacts", partner_id=partner_id, email=f"desk@{partner_id}.example")


def answers(world: Any) -> None:
    for record_id in ("implied", "noted", "refused", "moved-on", "moved-deal", "bad", "before", "late-refusal"):
        lead(world, record_id)
    for record_id in ("implied", "noted", "refused", "moved-on", "moved-deal", "bad", "late-refusal"):
        offered(world, record_id, "p1", days_ago(20))
    activity(world, "a1", "implied", "p1", "contacted", days_ago(18))
    activity(world, "a2", "implied", "p1", "accepted", days_ago(17))
    activity(world, "a3", "noted", "p1", "note", days_ago(2))
    activity(world, "a4", "refused", "p1", "declined", days_ago(19), reason="no_capacity")
    offered(world, "moved-on", "p2", days_ago(10))
    activity(world, "a5", "moved-deal", "p1", "meeting", days_ago(12))
    offered(world, "moved-deal", "p2", days_ago(10))
    world.add(
        "opportunities", opportunity_id="moved", created_at=days_ago(11), partner_id="p1", lead_source_system="crm",
        lead_source_record_id="moved-deal",
    )  # fmt: skip
    activity(world, "a6", "bad", "p1", "accepted", days_ago(19))
    activity(world, "a7", "bad", "p1", "disqualified", days_ago(15), reason="not_a_buyer")
    activity(world, "a9", "late-refusal", "p1", "accepted", days_ago(19))
    activity(world, "a10", "late-refusal", "p1", "declined", days_ago(14), reason="no_capacity")
    offered(world, "before", "p1", days_ago(5))
    activity(world, "a8", "before", "p1", "contacted", days_ago(6))


def test_activity_on_an_open_offer_implies_acceptance(offer: Callable[..., dict[str, Any]]) -> None:
    found = offer("implied")
    assert (found["status"], found["response"]) == ("accepted", "accepted")
    assert found["responded_at"] == found["first_follow_up_at"] == days_ago(18)


def test_a_note_is_activity_but_no_answer_and_no_follow_up(offer: Callable[..., dict[str, Any]]) -> None:
    found = offer("noted")
    assert (found["status"], found["response"], found["first_follow_up_at"]) == ("open", None, None)
    assert found["last_activity_at"] == days_ago(2)


def test_a_decline_closes_the_offer_also_after_acceptance(offer: Callable[..., dict[str, Any]]) -> None:
    assert (offer("refused")["status"], offer("refused")["decline_reason"]) == ("declined", "no_capacity")
    found = offer("late-refusal")
    assert (found["status"], found["response"], found["closed_at"]) == ("declined", "accepted", days_ago(14))


def test_an_unanswered_offer_that_another_followed_was_recalled(offer: Callable[..., dict[str, Any]]) -> None:
    first = offer("moved-on", "p1")
    assert (first["status"], first["recall_reason"], first["closed_at"]) == ("recalled", None, days_ago(10))
    assert offer("moved-on", "p2")["status"] == "open" and offer("moved-on", "p2")["hop"] == 2
    assert offer("moved-deal", "p1")["status"] == "accepted"


def test_a_disqualification_is_a_follow_up_and_ends_the_offer(offer: Callable[..., dict[str, Any]]) -> None:
    found = offer("bad")
    assert (found["status"], found["decline_reason"], found["first_follow_up_at"]) == (
        "disqualified", "not_a_buyer", days_ago(15),
    )  # fmt: skip


def test_activity_from_before_the_offer_is_listed_and_counts_nothing(
    offers: duckdb.DuckDBPyConnection, offer: Callable[..., dict[str, Any]]
) -> None:
    assert offer("before")["status"] == "open"
    query = "select reason from intermediate.int_references__unresolved where record_key = ?"
    assert offers.execute(query, ["portal\x1fa8"]).fetchall() == [("no_offer_by_then",)]


def clocks(world: Any) -> None:
    friday = at("06-05 14:00")  # Friday 16:00 in Berlin: one of eight hours is left
    for record_id in ("in-time", "late-report", "open-window"):
        lead(world, record_id)
    offered(world, "in-time", "clocked", friday)
    activity(world, "k1", "in-time", "clocked", "attempted", at("06-09 14:00"))
    offered(world, "late-report", "clocked", friday)
    activity(world, "k2", "late-report", "clocked", "contacted", at("06-08 10:00"), reported_at=at("06-12 10:00"))
    offered(world, "open-window", "clocked", at("06-15 07:30"))


def test_deadlines_count_business_time(offer: Callable[..., dict[str, Any]]) -> None:
    found = offer("in-time")
    assert found["accept_due_at"] == at("06-08 14:00")  # Monday 16:00 in Berlin
    assert found["follow_up_due_at"] == at("06-09 14:00")
    assert found["is_followed_up_in_time"] is True  # at the very instant
    assert found["is_accepted_in_time"] is False


def test_a_follow_up_reported_after_the_grace_happened_but_not_in_time(offer: Callable[..., dict[str, Any]]) -> None:
    found = offer("late-report")  # Monday 12:00 in Berlin, grace until Wednesday 12:00, reported on Friday
    assert found["first_follow_up_at"] == at("06-08 10:00")
    assert found["is_followed_up_in_time"] is False


def test_flags_stay_open_while_the_window_is(offer: Callable[..., dict[str, Any]]) -> None:
    found = offer("open-window")
    assert found["is_followed_up_in_time"] is None and found["is_accepted_in_time"] is None


def own_assignments(world: Any) -> None:
    lead(world, "own")
    offer = {
        "assignment_id": "asg-1", "batch_id": "B1", "lead_id": lead_id("own"), "unit_id": "u", "identity_id": "i",
        "account_id": "a", "product": "routers", "partner_id": "p2", "tier_at_release": "silver", "hop": 1,
        "source": "routed", "status": "open", "released_at": days_ago(6), "accept_due_at": days_ago(5),
        "follow_up_due_at": days_ago(3), "rulebook_version": "1",
    }  # fmt: skip
    world.add("ledger.assignment", **offer)
    event = "act-" + hashlib.sha256(b"portal\x1fown-1").hexdigest()[:20]
    world.add(
        "ledger.assignment_event", event_id=event, assignment_id="asg-1", lead_id=lead_id("own"), partner_id="p2",
        event_type="contacted", occurred_at=days_ago(4), reported_at=days_ago(4), source="portal",
    )  # fmt: skip
    activity(world, "own-1", "own", "p2", "contacted", days_ago(4), assignment_id="asg-1")
    activity(world, "own-2", "own", "p2", "qualified", days_ago(3), assignment_id="asg-1")
    offered(world, "own", "p2", days_ago(5.9))  # the vendor's system tells us of our own offer
    offered(world, "own", "p1", days_ago(40), response="declined", responded_at=days_ago(39))


def test_an_own_offer_in_a_history_file_counts_once(offer: Callable[..., dict[str, Any]]) -> None:
    found = offer("own", "p2")
    assert (found["assignment_id"], found["source"], found["tier_at_release"]) == ("asg-1", "routed", "silver")
    assert (found["status"], found["first_follow_up_at"]) == ("accepted", days_ago(4))
    assert offer("own", "p1")["status"] == "declined"


def test_a_report_the_ledger_holds_counts_once(offers: duckdb.DuckDBPyConnection) -> None:
    query = "select event_type, source from intermediate.int_offers__evidence where assignment_id = 'asg-1' order by 1"
    assert offers.execute(query).fetchall() == [("contacted", "ledger"), ("qualified", "feed")]


def stalled(world: Any) -> None:
    for record_id in ("quiet", "quiet-deal", "busy"):
        lead(world, record_id)
    world.add("partners", partner_id="slow")
    offered(world, "quiet", "slow", days_ago(50), response="accepted", responded_at=days_ago(31))
    offered(world, "quiet-deal", "slow", days_ago(60), response="accepted", responded_at=days_ago(59))
    world.add(
        "deal_registrations", registration_id="quiet-reg", partner_id="slow", submitted_at=days_ago(50),
        company="Firm quiet-deal", status="approved", decided_at=days_ago(49), lead_source_system="crm",
        lead_source_record_id="quiet-deal",
    )  # fmt: skip
    offered(world, "busy", "slow", days_ago(50), response="accepted", responded_at=days_ago(30))


def test_an_offer_without_activity_for_thirty_days_is_stalled(
    offer: Callable[..., dict[str, Any]], routability: dict[str, str], partner: Callable[[str], dict[str, Any]]
) -> None:
    assert offer("quiet")["is_stalled"] and offer("quiet")["is_open"]
    assert not offer("busy")["is_stalled"]
    assert not offer("quiet-deal")["is_stalled"]  # a deal is being worked
    assert routability[lead_id("quiet")] == "STALLED_NO_UPDATE"
    assert routability[lead_id("busy")] == "offered"
    assert partner("slow")["slots_used"] == 1  # only `busy`


def deals(world: Any) -> None:
    lead(world, "known", days_ago(80), website="known.example")
    lead(world, "aged", days_ago(100), website="aged.example")
    lead(world, "won", days_ago(150))
    lead(world, "by-account", days_ago(100), company="Account Only")
    offered(world, "won", "p1", days_ago(140), response="accepted", responded_at=days_ago(139))

    def register(registration_id: str, partner_id: str, submitted: float, **values: Any) -> None:
        values = {"product": "Edge Router", "status": "submitted", **values}
        world.add(
            "deal_registrations", registration_id=registration_id, partner_id=partner_id,
            submitted_at=days_ago(submitted), **values,
        )  # fmt: skip

    register("of-known", "p1", 10, website="known.example", amount="100", currency="USD")
    register("other-line", "p1", 10, website="known.example", product="Firewall")
    register("of-aged", "p1", 5, website="aged.example", email="new@aged.example")
    register("rival-1", "p1", 60, website="rival.example", status="approved", decided_at=days_ago(58))
    register("rival-2", "p2", 20, website="rival.example")
    register("lapsed", "p1", 120, website="lapsed.example", status="approved", decided_at=days_ago(118))
    register("extended", "p1", 120, website="longer.example", status="approved", expires_at=days_ago(-9))
    register("refused", "p1", 30, website="nope.example", status="rejected", decided_at=days_ago(29))
    register("future-no", "p1", 3, website="soon.example", status="rejected", decided_at=days_ago(-1))
    for opportunity_id, reference, created, values in (
        ("won-1", {"lead_source_system": "crm", "lead_source_record_id": "won"}, 100,
         {"is_won": True, "closed_at": days_ago(50), "amount": "1000", "currency": "USD", "partner_id": "p1"}),
        ("by-registration", {"registration_id": "of-aged"}, 2, {"amount": "10"}),
        ("by-account-1", {"account": "account only ltd."}, 40, {"partner_id": "p2"}),
        ("stranger", {"account": "Who Is This"}, 40, {"partner_id": "p2"}),
        ("closes-later", {"lead_source_system": "crm", "lead_source_record_id": "known"}, 5,
         {"is_won": False, "closed_at": days_ago(-3), "lost_reason": "price"}),
    ):  # fmt: skip
        world.add("opportunities", opportunity_id=opportunity_id, created_at=days_ago(created), **reference, **values)


def registration(offers: duckdb.DuckDBPyConnection, registration_id: str) -> dict[str, Any]:
    query = "select * from intermediate.int_registrations__resolved where registration_id = ?"
    return offers.execute(query, [registration_id]).to_arrow_table().to_pylist()[0]


def test_a_registration_is_of_the_lead_of_its_account_and_line_in_the_90_days_before(
    offers: duckdb.DuckDBPyConnection,
) -> None:
    found = registration(offers, "of-known")
    assert (found["lead_id"], found["is_partner_sourced"]) == (lead_id("known"), False)
    assert found["amount_minor"] == 8000  # 100 USD at 0.80


@pytest.mark.parametrize("registration_id", ["other-line", "of-aged"])
def test_without_such_a_lead_it_is_partner_sourced_and_makes_one(
    offers: duckdb.DuckDBPyConnection, registration_id: str
) -> None:
    found = registration(offers, registration_id)
    made = lead_id(registration_id, "leadroute:deal_registration")
    assert (found["lead_id"], found["is_partner_sourced"]) == (made, True)
    query = """select direction, sourcing_partner_id, lead_channel, qualification
               from intermediate.int_leads__enriched join intermediate.int_leads__qualified using (lead_id)
               where lead_id = ?"""
    assert offers.execute(query, [made]).fetchall() == [("partner", "p1", "deal_registration", "qualified")]


@pytest.mark.parametrize(
    ("registration_id", "is_live", "is_conflict"),
    [
        ("rival-1", True, True),
        ("rival-2", True, True),
        ("lapsed", False, False),
        ("extended", True, False),
        ("refused", False, False),
        ("future-no", True, False),
        ("of-known", True, False),
    ],
)
def test_a_registration_protects_until_it_expires(
    offers: duckdb.DuckDBPyConnection, registration_id: str, is_live: bool, is_conflict: bool
) -> None:
    found = registration(offers, registration_id)
    assert (found["is_live"], found["is_conflict"]) == (is_live, is_conflict)


def opportunity(offers: duckdb.DuckDBPyConnection, opportunity_id: str) -> dict[str, Any]:
    query = "select * from intermediate.int_opportunities__resolved where opportunity_id = ?"
    return offers.execute(query, [opportunity_id]).to_arrow_table().to_pylist()[0]


def test_an_opportunity_finds_its_lead_by_reference_registration_or_account(offers: duckdb.DuckDBPyConnection) -> None:
    assert opportunity(offers, "won-1")["lead_id"] == lead_id("won")
    found = opportunity(offers, "by-registration")
    assert found["lead_id"] == lead_id("of-aged", "leadroute:deal_registration")
    assert found["partner_id"] == "p1"
    assert opportunity(offers, "by-account-1")["lead_id"] == lead_id("by-account")
    assert opportunity(offers, "stranger")["lead_id"] is None
    assert opportunity(offers, "stranger")["account_id"] is not None


def test_a_win_converts_at_the_close_date_and_closes_the_offer(
    offers: duckdb.DuckDBPyConnection, offer: Callable[..., dict[str, Any]]
) -> None:
    assert opportunity(offers, "won-1")["amount_minor"] == 90000  # 0.90 in April; 0.80 from June
    assert (offer("won")["status"], offer("won")["closed_at"]) == ("won", days_ago(50))


def test_what_closes_after_as_of_is_open(offers: duckdb.DuckDBPyConnection) -> None:
    found = opportunity(offers, "closes-later")
    assert (found["is_won"], found["closed_at"], found["lost_reason"]) == (None, None, None)


def routable(world: Any) -> None:
    for record_id in ("fresh", "thrice", "kept", "kept-line", "kept-other", "in-review", "late-word", "referral"):
        lead(world, record_id, days_ago(20))
    for hop, partner_id in enumerate(("p1", "p2", "p3")):
        offered(world, "thrice", partner_id, days_ago(15 - hop), response="declined", responded_at=days_ago(14.5 - hop))
    lead(world, "colleague", days_ago(3), email="other@busy.example", company="Firm busy", website="busy.example")
    lead(
        world,
        "busy-too",
        days_ago(4),
        email="third@busy.example",
        website="busy.example",
        product_interest=["Firewall"],
    )
    world.add("named_accounts", website="kept.example", partner_id="Direct")
    world.add("named_accounts", account="Firm kept-line", partner_id="direct", product="Firewall")
    world.add("named_accounts", website="kept-other.example", partner_id="direct", valid_to=days_ago(1).date())
    world.add("ledger.batch", batch_id="B2", status="in_review")
    world.add(
        "ledger.batch_line", batch_id="B2", lead_id=lead_id("in-review"), partner_id="p3", is_held=False,
        is_overridden=False,
    )  # fmt: skip
    world.add("ledger.batch", batch_id="B3", status="proposed")
    world.add(
        "ledger.batch_line", batch_id="B3", lead_id=lead_id("fresh"), partner_id="p3", is_held=False,
        is_overridden=False,
    )  # fmt: skip
    offered(world, "late-word", "p1", days_ago(12), response="expired", responded_at=days_ago(9))
    activity(world, "late-word", "late-word", "p1", "contacted", days_ago(10), reported_at=days_ago(2))
    lead(world, "referred", days_ago(2), lead_channel="partner_referral", originating_partner_id="p3", company=None)
    offered(world, "referred", "p3", days_ago(1), response="accepted", responded_at=days_ago(1))
    world.add("partners", partner_id="p3", timezone="Pacific/Auckland", daily_limit=3, monthly_limit=2, capacity=5)
    world.add("partners", partner_id="zero", capacity=0)
    world.add("partners", partner_id="paused", status="paused", paused_until=AS_OF.date())
    world.add("partners", partner_id="pausing", paused_until=days_ago(-1).date())
    world.add("partners", partner_id="gone", is_closed=True)
    world.add("partners", partner_id="odd-zone", timezone="Mars/Base")
    world.add("partner_contacts", partner_id="odd-zone", email="x@odd.example", bounced_at=days_ago(1))
    lead(world, "auckland", days_ago(30))
    # 11:30 UTC on Sunday is 23:30 there; as_of is 00:00 on Tuesday there, so this was not "today"
    offered(world, "auckland", "p3", at("06-14 11:30"))


@pytest.mark.parametrize(
    ("record_id", "expected"),
    [
        ("fresh", "routable"),
        ("thrice", "exhausted"),
        ("kept", "direct"),
        ("kept-line", "routable"),
        ("kept-other", "routable"),
        ("in-review", "reserved"),
        ("late-word", "CONTESTED_AFTER_RECALL"),
        ("won", "finished"),
        ("bad", "finished"),
        ("refused", "routable"),
        ("colleague", "account_has_open_offer"),
        ("busy-too", "routable"),
    ],
)
def test_what_may_be_routed(routability: dict[str, str], record_id: str, expected: str) -> None:
    assert routability[lead_id(record_id)] == expected


def test_the_next_hop_and_refusals_are_known(offers: duckdb.DuckDBPyConnection) -> None:
    query = "select hop, age_days from intermediate.int_routing__leads where lead_id = ?"
    assert offers.execute(query, [lead_id("refused")]).fetchall() == [(2, 200)]
    query = 'select partner_id, reason, "at" from intermediate.int_routing__refusals where lead_id = ?'
    assert offers.execute(query, [lead_id("refused")]).fetchall() == [("p1", "declined", days_ago(19))]


def test_limits_count_units_in_the_partners_own_days(partner: Callable[[str], dict[str, Any]]) -> None:
    found = partner("p3")
    # the reserved line and `auckland`, this month `thrice` too; no partner-sourced lead, no untouched proposal
    assert (found["slots_used"], found["used_today"], found["used_this_month"]) == (2, 1, 3)
    assert (found["capacity"], found["batch_limit"], found["free_slots"]) == (5, 25, 0)
    assert partner("zero")["free_slots"] == 0


@pytest.mark.parametrize(
    ("partner_id", "is_active", "has_contact"),
    [
        ("p1", True, True),
        ("paused", True, False),
        ("pausing", False, False),
        ("gone", False, False),
        ("odd-zone", True, False),
    ],
)
def test_who_takes_leads_now(
    partner: Callable[[str], dict[str, Any]], partner_id: str, is_active: bool, has_contact: bool
) -> None:
    assert (partner(partner_id)["is_active_now"], partner(partner_id)["has_valid_contact"]) == (is_active, has_contact)


def test_an_unknown_zone_is_the_programs(partner: Callable[[str], dict[str, Any]]) -> None:
    assert partner("odd-zone")["timezone"] == "Europe/Berlin"


def outcomes(world: Any) -> None:
    lead(world, "fair-no")
    offered(world, "fair-no", "p2", days_ago(30))
    activity(world, "f1", "fair-no", "p2", "declined", days_ago(29.9), reason="not_a_buyer")
    for number, amount in enumerate(("100", "200", "900", "1000")):
        lead(world, f"value-{number}", estimated_value=amount, currency="EUR", segment="Large", country="AT")
        world.add(
            "opportunities", opportunity_id=f"v{number}", created_at=days_ago(90), lead_source_system="crm",
            lead_source_record_id=f"value-{number}", is_won=True, closed_at=days_ago(60), amount=amount,
            partner_id="p9",
        )  # fmt: skip


def test_reference_values_are_lower_medians_of_enough_wins(offers: duckdb.DuckDBPyConnection) -> None:
    query = "select product, segment, country, median_won_minor, n from intermediate.int_values__reference"
    assert offers.execute(query).fetchall() == [("routers", "large", "AT", 20000, 4)]
    # the 95th percentile of 100, 200, 900, 1000 is the fourth
    assert offers.execute("select cap_minor from intermediate.int_values__cap").fetchall() == [(100000,)]


@pytest.mark.parametrize(
    ("record_id", "partner_id", "expected"),
    [
        ("in-time", "clocked", (True, True, None)),
        ("late-report", "clocked", (True, False, None)),
        ("open-window", "clocked", (False, False, None)),
        ("late-word", "p1", (True, False, None)),
        ("fair-no", "p2", (True, False, "fault_of_the_lead")),
        ("refused", "p1", (True, False, None)),
        ("moved-on", "p1", (True, False, None)),
    ],
)
def test_what_an_offer_says_about_its_partner(
    offers: duckdb.DuckDBPyConnection, record_id: str, partner_id: str, expected: tuple[Any, ...]
) -> None:
    query = """select follow_up_window_closed, is_followed_up_in_time, left_out_reason
               from intermediate.int_partners__offer_outcomes where lead_id = ? and partner_id = ?"""
    assert offers.execute(query, [lead_id(record_id), partner_id]).fetchall() == [expected]


def test_maturity_and_wins_of_offers(offers: duckdb.DuckDBPyConnection) -> None:
    query = """select is_opportunity_matured, has_opportunity, is_won_matured, is_won
               from intermediate.int_partners__offer_outcomes where lead_id = ?"""
    assert offers.execute(query, [lead_id("won")]).fetchall() == [(True, True, False, True)]


def test_an_incumbent_has_won_or_is_winning_within_the_months(offers: duckdb.DuckDBPyConnection) -> None:
    query = """select partner_id from intermediate.int_routing__incumbents
               join intermediate.int_leads__enriched using (account_id, product) where lead_id = ?"""
    assert offers.execute(query, [lead_id("won")]).fetchall() == [("p1",)]
    assert offers.execute(query, [lead_id("by-account")]).fetchall() == [("p2",)]
