"""Credit and revenue: which touches count, what nobody touched, spend that brought nothing, who brought and who closed.

O1 (1,000.01 EUR, won): T1 in December, T2, and T3 at the very instant it was created; T0 lies before the lookback of 90
days, T4 after. O2 (open) and O3, O5 (partners' own) have no touches; O4 (lost) has T5.
"""

import pytest

pytestmark = pytest.mark.xdist_group("marts")


def credits(marts, opportunity_id, model):
    return marts.execute(
        "select touch_id, credit_micros, revenue_minor from fct_attribution_credit "
        "where opportunity_id = ? and model = ? order by 1",
        [opportunity_id, model],
    ).fetchall()


def test_touches_up_to_the_opportunity_and_within_the_lookback_earn_credit(marts):
    assert credits(marts, "O1", "first_touch") == [("T1", 1_000_000, 100_001), ("T2", 0, 0), ("T3", 0, 0)]
    assert credits(marts, "O1", "last_touch") == [("T1", 0, 0), ("T2", 0, 0), ("T3", 1_000_000, 100_001)]


def test_a_third_each_adds_up_to_the_cent(marts):
    # Largest remainder: the odd millionth goes to the earliest touch. Of 100,001 cents each part loses by rounding down
    # (33,333.73, 33,333.63, 33,333.63): the two cents left go to the first two.
    assert credits(marts, "O1", "linear") == [("T1", 333_334, 33_334), ("T2", 333_333, 33_334), ("T3", 333_333, 33_333)]


def test_what_no_touch_earned_says_so(marts):
    assert credits(marts, "O2", "linear") == [("unattributed", 1_000_000, 40_000)]
    rows = marts.execute(
        "select opportunity_id, touch_id, lead_channel, partner_id from fct_attribution_credit "
        "where model = 'linear' and touch_id = 'partner_sourced' order by 1"
    ).fetchall()
    assert rows == [
        ("O3", "partner_sourced", "partner_sourced", "acme"),
        ("O5", "partner_sourced", "partner_sourced", "bolt"),
    ]


def test_revenue_stands_in_the_month_it_was_won(marts):
    rows = marts.execute(
        "select month, lead_channel, won_credit_micros, revenue_minor from rpt_source_attribution "
        "where model = 'linear' and revenue_minor > 0 order by 1, 2"
    ).fetchall()
    assert [(str(month), *rest) for month, *rest in rows] == [
        ("2026-03-01", "email", 333_334, 33_334),
        ("2026-03-01", "search", 333_333, 33_333),
        ("2026-03-01", "webinar", 333_333, 33_334),
        ("2026-04-01", "partner_sourced", 1_000_000, 70_000),
        ("2026-05-01", "partner_sourced", 1_000_000, 20_000),
    ]


def test_the_lost_deal_earns_neither_revenue_nor_pipeline(marts):
    rows = marts.execute("select sum(pipeline_minor) from rpt_source_attribution where model = 'linear'").fetchone()
    assert rows == (40_000,)  # O2 alone
    assert credits(marts, "O4", "linear") == [("T5", 1_000_000, 30_000)]  # its credit is kept


def test_spend_meets_what_it_brought_and_stays_where_it_brought_nothing(marts):
    rows = marts.execute(
        "select campaign_id, lead_channel, spend_minor, accepted_lead_count, revenue_minor, "
        "cost_per_accepted_lead_minor, "
        "cost_per_won_minor, roi, is_spend_only from rpt_source_roi where model = 'first_touch' and spend_minor > 0 "
        "order by 1"
    ).fetchall()
    assert rows == [
        ("BRAND", "print", 5_000, 0, 0, None, None, -1.0, True),
        # alder came by C1 and was accepted; 200.00 EUR for one won deal of 1,000.01
        ("C1", "email", 20_000, 1, 100_001, 20_000, 20_000, (100_001 - 20_000) / 20_000, False),
        # 100 USD in January at 0.90; the spend names no channel and takes its campaign's
        ("C2", "webinar", 9_000, 0, 0, None, None, -1.0, True),
    ]
    linear = marts.execute("select is_spend_only from rpt_source_roi where model = 'linear' and campaign_id = 'C2'")
    assert linear.fetchall() == [(False,)]  # in this model the webinar earned a third


def test_the_matrix_shows_who_brought_and_who_closed_at_which_offer(marts):
    rows = marts.execute(
        "select lead_channel, partner_id, hop, opportunity_count, pipeline_minor, "
        "revenue_minor from rpt_source_partner "
        "where model = 'last_touch' and pipeline_minor + revenue_minor > 0 order by 1, 2"
    ).fetchall()
    assert rows == [
        ("partner_sourced", "acme", 0, 1, 0, 20_000),
        ("partner_sourced", "bolt", 0, 1, 0, 70_000),
        ("search", "acme", 1, 1, 0, 100_001),
        ("unattributed", "acme", 2, 1, 40_000, 0),
    ]


def test_a_source_survives_from_hop_to_hop(marts):
    rows = marts.execute(
        "select hop, offered_count, survival_rate, accepted_count, won_count from rpt_source_survival "
        "where month = '2026-01-01' order by hop"
    ).fetchall()
    assert rows == [(1, 3, 1.0, 1, 1), (2, 2, 2 / 3, 1, 0), (3, 1, 1 / 3, 0, 0)]  # alder, birch, cedar


TEN = (
    "first_touch", "last_touch", "linear", "u_shaped", "w_shaped", "full_path", "time_decay", "position_based", "markov",
    "shapley",
)  # fmt: skip
# alder was captured after T1 and before T2, so T1 is first touch and lead creation; T3 opened the deal and closed it.
# In time decay T2 and T1 lie 13 and 44 days before T3, in half-lives of 14 days.
DECAYED = (0.5 ** (44 / 14), 0.5 ** (13 / 14), 1.0)
EXPECTED = {
    "u_shaped": (0.4, 0.2, 0.4),
    "position_based": (0.4, 0.2, 0.4),
    "w_shaped": (0.6, 0.1, 0.3),
    "full_path": (0.45, 0.1, 0.45),
    "time_decay": tuple(weight / sum(DECAYED) for weight in DECAYED),
    "markov": (1 / 3, 1 / 3, 1 / 3),  # the one won journey needs all three channels
    "shapley": (1 / 3, 1 / 3, 1 / 3),
}


@pytest.mark.parametrize("model", EXPECTED)
def test_each_model_credits_as_worked_out_by_hand(marts, model):
    found = [micros for _, micros, _ in credits(marts, "O1", model)]
    assert found == pytest.approx([1_000_000 * share for share in EXPECTED[model]], abs=1)


def test_every_model_credits_every_opportunity_whole_open_and_lost_ones_too(marts):
    rows = marts.execute(
        "select model, count(distinct opportunity_id), sum(credit_micros), sum(revenue_minor) "
        "from fct_attribution_credit group by model"
    ).fetchall()
    assert {model for model, *_ in rows} == set(TEN)
    assert {tuple(rest) for _, *rest in rows} == {(5, 5_000_000, 100_001 + 40_000 + 20_000 + 30_000 + 70_000)}
