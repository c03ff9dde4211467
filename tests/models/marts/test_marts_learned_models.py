"""Markov and Shapley in the marts, on six journeys small enough to solve with pen and paper.

| account | touches | deal |
| --- | --- | --- |
| ash | email, webinar | won |
| beech | email | none |
| cherry | webinar | won |
| date | email, event | lost |
| elder | search, search, social | won |
| fig | event, display | open |

From the start a walk goes to email with 1/2, to webinar, search and event with 1/6 each. Email leads on to webinar,
event and nothing with 1/3 each; webinar and social always convert; search repeats itself or leads to social with 1/2.
P(won) = 1/2 * 1/3 + 1/6 + 1/6 = 1/2. Without email 1/3 is left: removal effect 1 - 2/3 = 1/3; without webinar 1/6: 2/3;
without search, or social, 1/3: 1/3 each. Event and display bring nothing: 0.
"""

import pytest

pytestmark = pytest.mark.xdist_group("marts")

JOURNEYS = {
    "ash": ("email", "webinar"),
    "beech": ("email",),
    "cherry": ("webinar",),
    "date": ("email", "event"),
    "elder": ("search", "search", "social"),
    "fig": ("event", "display"),
}
DEALS = {"ash": True, "cherry": True, "date": False, "elder": True, "fig": None}
MARKOV = {
    "ash": [("email", 333_333), ("webinar", 666_667)],  # 1/3 to 2/3
    "cherry": [("webinar", 1_000_000)],
    "date": [("email", 1_000_000), ("event", 0)],  # a lost deal is split by the same weights
    "elder": [("search", 333_334), ("search", 333_333), ("social", 333_333)],  # 1/3 each, the odd one to the first
    "fig": [("event", 500_000), ("display", 500_000)],  # channels without effect: evenly
}
# v(S) counts won journeys within S: each channel of a journey gets an equal part, its touches share that.
SHAPLEY = {
    "ash": [("email", 500_000), ("webinar", 500_000)],
    "cherry": [("webinar", 1_000_000)],
    "date": [("email", 500_000), ("event", 500_000)],
    "elder": [("search", 250_000), ("search", 250_000), ("social", 500_000)],
    "fig": [("event", 500_000), ("display", 500_000)],
}


@pytest.fixture(scope="module")
def journeys(new_world):
    world = new_world()
    first = world.as_of.replace(month=3, day=2)
    for name, channels in JOURNEYS.items():
        reference = {"lead_source_system": "crm", "lead_source_record_id": name}
        world.add("leads", source_record_id=name, captured_at=first, email=f"buyer@{name}.example", company=name)
        for number, channel in enumerate(channels):
            world.add("touches", touch_id=f"{name}-{number}", touched_at=first.replace(day=3 + number), channel=channel,
                      **reference)  # fmt: skip
        if name in DEALS:
            closed_at = None if DEALS[name] is None else first.replace(day=20)
            world.add("opportunities", opportunity_id=name, created_at=first.replace(day=10), closed_at=closed_at,
                      is_won=DEALS[name], amount=100.01, currency="EUR", stage="s", **reference)  # fmt: skip
    connection = world.build("+fct_attribution_credit", "assert_credit_sums_exactly")
    yield connection
    connection.close()


@pytest.mark.parametrize(("model", "expected"), [("markov", MARKOV), ("shapley", SHAPLEY)])
def test_deals_are_split_as_solved_by_hand(journeys, model, expected):
    rows = journeys.execute(
        "select opportunity_id, lead_channel, credit_micros from marts.fct_attribution_credit where model = ? "
        "order by touch_id",
        [model],
    ).fetchall()
    found = {name: [(channel, micros) for deal, channel, micros in rows if deal == name] for name in DEALS}
    assert found == expected


def test_revenue_follows_the_credit_to_the_cent(journeys):
    rows = journeys.execute(
        "select touch_id, revenue_minor from marts.fct_attribution_credit where model = 'markov' "
        "and opportunity_id in ('ash', 'elder', 'fig') order by touch_id"
    ).fetchall()
    assert rows == [
        ("ash-0", 3_334),  # 3,333.6633 and 6,667.3367: the cent left goes where more was cut off
        ("ash-1", 6_667),
        ("elder-0", 3_334),  # 3,333.673..., 3,333.663... twice: two cents left for the first two
        ("elder-1", 3_334),
        ("elder-2", 3_333),
        ("fig-0", 5_001),  # half a cent each: the earlier touch has it
        ("fig-1", 5_000),
    ]
