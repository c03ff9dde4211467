"""Accounts, references, buyers, consent, scores and qualification, each on a few hand-written leads.

Every case has a company and people of its own, so that cases do not touch each other.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

AS_OF = datetime.fromisoformat("2026-06-15 12:00")


def days_ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def lead_id(record_id: str, system: str = "crm") -> str:
    return "lead-" + hashlib.md5(f"{system}\x1f{record_id}".encode()).hexdigest()[:20]


def lead_ref(record_id: str) -> str:
    return "LR-" + hashlib.md5(f"lead_ref{lead_id(record_id)}".encode()).hexdigest()[:14].upper()


@pytest.fixture(scope="module")
def leads(new_world: Callable[[], Any]) -> duckdb.DuckDBPyConnection:
    world = new_world()
    for fill in (accounts, references, buyers, consents, scores, repeats, amounts, oddities):
        fill(world)
    return world.build()


@pytest.fixture(scope="module")
def value(leads: duckdb.DuckDBPyConnection) -> Callable[..., Any]:
    """One column of one lead in a model of prepare."""

    def of(record_id: str, column: str, model: str = "int_leads__enriched", system: str = "crm") -> Any:
        query = f"select {column} from intermediate.{model} where lead_id = ?"
        row = leads.execute(query, [lead_id(record_id, system)]).fetchone()
        return None if row is None else row[0]

    return of


def accounts(world: Any) -> None:
    world.add("leads", source_record_id="site", website="one.example", company="One Works GmbH")
    world.add("leads", source_record_id="mail", email="ann@post.one.example", company="whatever")
    world.add("leads", source_record_id="named", email="bob@gmail.com", company="ONE WORKS")
    world.add("leads", source_record_id="abroad", email="cid@gmail.com", company="One Works", country="FR")
    world.add("leads", source_record_id="twin-a", website="oak.example", company="Twin Ltd")
    world.add("leads", source_record_id="twin-b", website="elm.example", company="Twin Ltd")
    world.add("leads", source_record_id="twin-c", email="dan@gmail.com", company="Twin Ltd")
    world.add("leads", source_record_id="same-label", website="north.com", email="e@north.de", company="North")
    world.add("leads", source_record_id="other-land", email="f@north.de", company="Nord")
    world.add(
        "leads", source_record_id="agency-work", website="client.example", email="g@agency.example", company="Client"
    )
    world.add("leads", source_record_id="agency", email="h@agency.example", company="Agency")
    world.add("leads", source_record_id="nobody-1", email="i@gmail.com", company=None)
    world.add("leads", source_record_id="nobody-2", email="j@gmail.com", company="n/a")
    world.add("leads", source_record_id="social", website="facebook.com", email="k@gmail.com", company="Social K")
    world.add("leads", source_record_id="social-2", website="facebook.com", email="l@gmail.com", company="Social L")


def test_a_website_and_a_mail_host_of_one_registered_domain_are_one_account(value: Callable[..., Any]) -> None:
    assert value("site", "account_id") == value("mail", "account_id")


def test_a_company_name_joins_the_only_domain_of_that_name_and_country(value: Callable[..., Any]) -> None:
    assert value("named", "account_id") == value("site", "account_id")
    assert value("abroad", "account_id") != value("site", "account_id")


def test_a_name_several_companies_share_joins_none_of_them(value: Callable[..., Any]) -> None:
    assert len({value(name, "account_id") for name in ("twin-a", "twin-b", "twin-c")}) == 3


def test_domains_join_only_where_two_kinds_of_evidence_agree(value: Callable[..., Any]) -> None:
    assert value("same-label", "account_id") == value("other-land", "account_id")
    assert value("agency-work", "account_id") != value("agency", "account_id")


def test_shared_domains_join_nobody(value: Callable[..., Any]) -> None:
    ids = {value(name, "account_id") for name in ("nobody-1", "nobody-2", "social", "social-2")}
    assert len(ids) == 4 and None not in ids
    assert value("nobody-1", "is_free_mail") and not value("mail", "is_free_mail")


def references(world: Any) -> None:
    world.add("leads", source_record_id="r1", email="ref@ref.example", company="Ref", captured_at=days_ago(20))
    world.add("leads", source_record_id="r2", email="ref@ref.example", company="Ref", captured_at=days_ago(10))
    world.add("leads", source_record_id="77", source_system="events", company="Ref Events")
    world.add("leads", source_record_id="77", source_system="webinars", company="Ref Webinars")
    world.add("leads", source_record_id="78", source_system="events", company="Ref Events 2")
    for touch_id, reference, touched in (
        ("by-ref", {"lead_ref": lead_ref("r1").lower()}, 5),
        ("by-record", {"lead_source_system": "events", "lead_source_record_id": "77"}, 5),
        ("by-own-system", {"source_system": "webinars", "lead_source_record_id": "77"}, 5),
        ("by-only-id", {"lead_source_record_id": "78"}, 5),
        ("two-records", {"lead_source_record_id": "77"}, 5),
        ("latest-by-mail", {"lead_email": " REF@ref.example "}, 5),
        ("between", {"lead_email": "ref@ref.example"}, 15),
        ("before-all", {"lead_email": "ref@ref.example"}, 30),
        ("first-filled", {"lead_ref": "LR-NONE", "lead_email": "ref@ref.example"}, 5),
        ("stranger", {"lead_email": "nobody@ref.example"}, 5),
        ("empty", {}, 5),
        ("tomorrow", {"lead_email": "ref@ref.example"}, -1),
    ):
        world.add("touches", touch_id=touch_id, touched_at=days_ago(touched), **reference)
    world.add(
        "assignment_history",
        partner_id="p",
        assigned_at=days_ago(30),
        lead_email="ref@ref.example",
        response="accepted",
    )


@pytest.mark.parametrize(
    ("touch_id", "lead"),
    [
        ("by-ref", lead_id("r1")),
        ("by-record", lead_id("77", "events")),
        ("by-own-system", lead_id("77", "webinars")),
        ("by-only-id", lead_id("78", "events")),
        ("latest-by-mail", lead_id("r2")),
        ("between", lead_id("r1")),
        ("before-all", lead_id("r1")),
    ],
)
def test_a_touch_finds_its_lead(leads: duckdb.DuckDBPyConnection, touch_id: str, lead: str) -> None:
    query = "select lead_id from intermediate.int_touches__resolved where touch_id = ?"
    assert leads.execute(query, [touch_id]).fetchall() == [(lead,)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("two-records", "unknown_record"),
        ("first-filled", "unknown_lead_ref"),
        ("stranger", "unknown_email"),
        ("empty", "no_reference"),
        ("tomorrow", "after_as_of"),
    ],
)
def test_a_reference_that_means_no_lead_is_listed(leads: duckdb.DuckDBPyConnection, record: str, reason: str) -> None:
    query = "select reason from intermediate.int_references__unresolved where entity = 'touches' and record_key = ?"
    assert leads.execute(query, [record]).fetchall() == [(reason,)]


def test_only_a_touch_may_come_before_its_lead(leads: duckdb.DuckDBPyConnection) -> None:
    query = "select reason from intermediate.int_references__unresolved where entity = 'assignment_history'"
    assert leads.execute(query).fetchall() == [("unknown_email",)]


def buyers(world: Any) -> None:
    def lead(record_id: str, age: float, **values: Any) -> None:
        world.add(
            "leads", source_record_id=record_id, captured_at=days_ago(age), company=f"Firm of {record_id}", **values
        )

    lead("b2", 40, email="kim@kim.example", phone="+4930111111")
    lead("b1", 50, email="KIM@kim.example ", source_system="events")
    lead("b3", 30, phone="+4930111111", email=None)
    lead("b4", 45, email="max@gmail.com", phone="+4930222222", first_name="Max", last_name="Lind")
    lead("b5", 44, email="eva@gmail.com", phone="+4930222222", first_name="Eva", last_name="Lind")
    # two partners hold leads of one address: the merge waits, and the third lead is in doubt
    lead("c1", 60, email="doubt@doubt.example")
    lead("c2", 50, email="doubt@doubt.example")
    lead("c3", 5, email="doubt@doubt.example")
    for record_id, partner_id, age in (("c1", "p-one", 9), ("c2", "p-two", 8)):
        world.add(
            "assignment_history", partner_id=partner_id, assigned_at=days_ago(age), lead_source_record_id=record_id,
            lead_source_system="crm", response="accepted", responded_at=days_ago(age),
        )  # fmt: skip


def test_a_buyer_is_named_by_the_earliest_lead(value: Callable[..., Any]) -> None:
    first = "idn-" + lead_id("b1", "events")[5:]
    assert value("b1", "identity_id", system="events") == first
    assert value("b2", "identity_id") == first
    assert value("b3", "identity_id") == first


def test_a_phone_does_not_join_different_names(value: Callable[..., Any]) -> None:
    assert value("b4", "identity_id") != value("b5", "identity_id")


def test_a_merge_of_what_two_partners_hold_waits(value: Callable[..., Any]) -> None:
    assert value("c1", "identity_id") != value("c2", "identity_id")
    assert value("c3", "is_contested")
    assert value("c3", "identity_exception", "int_routing__leads") == "AMBIGUOUS_IDENTITY"
    assert value("c1", "lead_id", "int_routing__leads") is None


def consents(world: Any) -> None:
    world.add("program.feed", feed="lists", entity="leads", source_system="lists", consent_when_blank="allow")
    world.add("leads", source_record_id="blank", email="l@blank.example", company="Blank", consent_to_share=None)
    world.add("leads", source_record_id="no", email="m@no.example", company="No", consent_to_share=False)
    world.add(
        "leads", source_record_id="allowed", source_system="lists", email="n@allowed.example", company="Allowed",
        consent_to_share=None,
    )  # fmt: skip
    world.add(
        "leads", source_record_id="refused", source_system="lists", email="o@refused.example", company="Refused",
        consent_to_share=False,
    )  # fmt: skip
    world.add("leads", source_record_id="erased", email="z@erased.example", company="Erased")
    world.add("leads", source_record_id="erased-too", email="z@erased.example", company="Erased", phone="+4930333333")
    world.add("ledger.suppressed_lead", record_key="crm\x1ferased-too")
    world.add("leads", source_record_id="yes", email="p@mixed.example", company="Mixed", captured_at=days_ago(3))
    world.add("leads", source_record_id="later-no", email="p@mixed.example", company="Mixed", consent_to_share=False)


def test_blank_consent_is_refusal_unless_the_feed_allows_it(value: Callable[..., Any]) -> None:
    for record_id in ("blank", "no"):
        assert value(record_id, "qualification", "int_leads__qualified") == "suppressed"
        assert value(record_id, "reason", "int_leads__qualified") == "NO_CONSENT"
    assert value("allowed", "qualification", "int_leads__qualified", "lists") == "qualified"
    assert value("refused", "qualification", "int_leads__qualified", "lists") == "suppressed"


def test_the_most_restrictive_consent_of_a_buyer_counts_for_all_its_leads(value: Callable[..., Any]) -> None:
    assert value("yes", "qualification", "int_leads__qualified") == "suppressed"


def test_an_erased_person_who_comes_back_is_suppressed(value: Callable[..., Any]) -> None:
    assert value("erased", "qualification", "int_leads__qualified") == "suppressed"
    assert value("erased", "reason", "int_leads__qualified") == "ERASED"


def scores(world: Any) -> None:
    world.add("leads", source_record_id="s-touched", email="q@touched.example", company="Touched", lead_channel="other")
    for number in range(4):
        world.add("touches", touch_id=f"s{number}", touched_at=days_ago(30), lead_source_record_id="s-touched")
    world.add("touches", touch_id="s-future", touched_at=days_ago(-2), lead_source_record_id="s-touched")
    world.add("leads", source_record_id="s-low", email="r@low.example", company=None, lead_channel="event")
    world.add(
        "leads", source_record_id="s-express", email="s@express.example", company="Express", lead_channel="event",
        product_interest=["Demo Request", " core ROUTER ", "Firewall"],
    )  # fmt: skip
    world.add("leads", source_record_id="s-student", email="t@student.example", company="Uni", segment="Student")
    world.add(
        "leads", source_record_id="s-new", email="u@new.example", company="New", product_interest=["Time Machine"]
    )


def test_engagement_halves_after_thirty_idle_days(value: Callable[..., Any]) -> None:
    # 60 for the company; four touches are 16 points, thirty days ago: 8
    assert value("s-touched", "score", "int_leads__scored") == 68
    assert value("s-touched", "parts", "int_leads__scored") == '{"company_known": 60, "touches": 8}'


def test_a_low_score_leaves_a_lead_captured_and_a_rule_ends_it(value: Callable[..., Any]) -> None:
    assert value("s-low", "score", "int_leads__scored") == 25
    assert value("s-low", "qualification", "int_leads__qualified") == "captured"
    assert value("s-student", "qualification", "int_leads__qualified") == "disqualified"
    assert value("s-student", "reason", "int_leads__qualified") == "student"


def test_the_first_product_counts_and_a_request_is_none(value: Callable[..., Any]) -> None:
    assert value("s-express", "product_code") == "core router"
    assert value("s-express", "product") == "routers"
    assert value("s-express", "grade", "int_leads__scored") == "A"
    assert value("s-express", "is_express", "int_routing__leads") is True
    assert value("s-new", "product") == "time machine"


def repeats(world: Any) -> None:
    def lead(record_id: str, age: float, **values: Any) -> None:
        values = {"email": "v@repeat.example", "company": "Repeat", **values}
        world.add("leads", source_record_id=record_id, captured_at=days_ago(age), **values)

    lead("d0", 200)
    lead("d60", 140)
    lead("d120", 80)
    lead("d130", 70, product_interest=["Firewall"])
    lead("low", 50, email="w@upgrade.example", company=None)
    lead("high", 40, email="w@upgrade.example", company="Upgrade")
    lead("higher", 30, email="w@upgrade.example", company="Upgrade")


def test_a_repeat_within_the_window_of_the_standing_lead_is_a_duplicate(value: Callable[..., Any]) -> None:
    assert value("d60", "duplicate_of_lead_id", "int_leads__qualified") == lead_id("d0")
    assert value("d120", "qualification", "int_leads__qualified") == "qualified"
    assert value("d130", "qualification", "int_leads__qualified") == "qualified"


def test_no_qualified_lead_is_lost_to_an_unqualified_one(value: Callable[..., Any]) -> None:
    assert value("low", "qualification", "int_leads__qualified") == "captured"
    assert value("high", "qualification", "int_leads__qualified") == "qualified"
    assert value("higher", "duplicate_of_lead_id", "int_leads__qualified") == lead_id("high")


def test_one_lead_of_a_buyer_is_routed_at_a_time(leads: duckdb.DuckDBPyConnection) -> None:
    query = "select identity_id from intermediate.int_routing__leads group by identity_id having count(*) > 1"
    assert leads.execute(query).fetchall() == []


def amounts(world: Any) -> None:
    for record_id, amount, currency, captured in (
        ("m-eur", "1000.005", "EUR", "2026-06-01"),
        ("m-none", "7", None, "2026-06-01"),
        ("m-old-usd", "100", "USD", "2026-05-31"),
        ("m-new-usd", "100", "USD", "2026-06-01"),
        ("m-jpy", "-12345", "JPY", "2026-06-01"),
        ("m-gbp", "100", "GBP", "2026-06-01"),
        ("m-odd", "100", "Taler", "2026-06-01"),
    ):
        world.add(
            "leads", source_record_id=record_id, email=f"{record_id}@amount.example", company=record_id,
            estimated_value=amount, currency=currency, captured_at=datetime.fromisoformat(captured),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("record_id", "minor"),
    [
        ("m-eur", 100001),  # 1000.005 EUR, halves away from zero
        ("m-none", 700),
        ("m-old-usd", 9000),
        ("m-new-usd", 8000),
        ("m-jpy", -7407),  # -12345 x 0.006 = -74.07
        ("m-gbp", None),
        ("m-odd", None),
    ],
)
def test_amounts_convert_at_the_newest_rate_of_their_day(value: Callable[..., Any], record_id: str, minor: int) -> None:
    assert value(record_id, "estimated_value_minor") == minor


def test_an_amount_without_rate_is_listed(leads: duckdb.DuckDBPyConnection) -> None:
    query = "select reason from intermediate.int_references__unresolved where record_key = ?"
    assert leads.execute(query, ["crm\x1fm-gbp"]).fetchall() == [("missing_rate",)]
    assert leads.execute(query, ["crm\x1fm-odd"]).fetchall() == [("unknown_currency",)]


def oddities(world: Any) -> None:
    world.add("leads", source_record_id="o-future", company="Future", captured_at=days_ago(-1))
    world.add("leads", source_record_id="o-gone", email="x@gone.example", company="Gone", is_closed=True)
    world.add("leads", source_record_id="o-swiss", email="y@swiss.example", company="Swiss", country="CH")


def test_what_comes_after_as_of_is_no_lead_yet(leads: duckdb.DuckDBPyConnection, value: Callable[..., Any]) -> None:
    assert value("o-future", "lead_id") is None
    query = "select reason from intermediate.int_references__unresolved where record_key = ?"
    assert leads.execute(query, ["crm\x1fo-future"]).fetchall() == [("after_as_of",)]


def test_a_lead_gone_from_its_source_stays_a_lead(value: Callable[..., Any]) -> None:
    assert value("o-gone", "qualification", "int_leads__qualified") == "disqualified"


def test_a_country_tells_the_language_only_where_it_has_one(value: Callable[..., Any]) -> None:
    assert value("site", "language") == "de"
    assert value("o-swiss", "language") is None


def test_every_lead_is_judged_once(leads: duckdb.DuckDBPyConnection) -> None:
    counts = [
        leads.execute(f"select count(*), count(distinct lead_id) from intermediate.{model}").fetchone()
        for model in ("int_leads__captured", "int_leads__enriched", "int_leads__scored", "int_leads__qualified")
    ]
    assert len(set(counts)) == 1 and counts[0][0] == counts[0][1] > 40
