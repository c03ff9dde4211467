"""What must be true of the marts as a whole: the contract's tables and columns, names that tell types, nobody's name."""

import json
import re

import pytest

pytestmark = pytest.mark.xdist_group("marts")

# The key columns SPEC section 10 names, table by table.
CONTRACT = {
    "dim_partner": "partner_id partner_name partner_type tier status country channel_manager capacity joined_on",
    "dim_partner_history": "partner_id tier status valid_from valid_to",
    "dim_campaign": "campaign_id",
    "dim_date": "date_day fiscal_quarter",
    "fct_lead": "lead_id source_system source_record_id identity_id account_id direction lead_channel campaign_id country "
    "region industry segment product score grade current_stage exception_code disqualify_reason lost_reason partner_id "
    "captured_at qualified_at first_released_at accepted_at first_follow_up_at opportunity_at won_at lost_at "
    "capture_to_release_minutes hops won_amount_minor",
    "fct_assignment": "assignment_id batch_id lead_id partner_id tier_at_release hop source released_at accept_due_at "
    "responded_at response decline_reason recall_reason follow_up_due_at first_follow_up_at is_accepted_in_time "
    "is_followed_up_in_time accept_minutes accept_business_minutes follow_up_minutes follow_up_business_minutes status "
    "rulebook_version",
    "fct_candidate": "batch_id lead_id partner_id is_eligible exclusion_reason score rank is_assigned",
    "fct_stage_transition": "lead_id stage entered_at exited_at is_regression",
    "fct_deal_registration": "registration_id status submitted_at decided_at expires_at partner_id lead_id is_conflict",
    "fct_opportunity": "opportunity_id lead_id partner_id registration_id sourcing sourcing_partner_id stage created_at "
    "closed_at is_won amount currency amount_minor",
    "fct_touch": "touch_id lead_id touched_at campaign_id",
    "fct_attribution_credit": "opportunity_id touch_id model is_won credit_micros revenue_minor campaign_id lead_channel "
    "partner_id",
    "rpt_funnel": "cohort_month direction lead_channel campaign_id country segment grade product captured_count won_count "
    "pipeline_minor won_minor",
    "rpt_partner_funnel": "cohort_month partner_id offered_count accepted_count worked_count partner_qualified_count "
    "opportunity_count won_count",
    "rpt_response_time": "week partner_id tier lead_channel grade country hop offer_count answered_count "
    "never_answered_count answered_in_time_rate answered_in_time_rate_lower follow_up_median_minutes "
    "follow_up_p90_business_minutes accept_median_business_minutes is_accept_p90_minutes_reached",
    "rpt_source_attribution": "month model lead_channel campaign_id pipeline_minor revenue_minor won_credit_micros "
    "spend_minor cost_per_accepted_lead_minor roi",
    "rpt_source_partner": "month model lead_channel partner_id hop revenue_minor",
    "rpt_sourcing": "fiscal_quarter sourcing pipeline_minor won_minor win_rate median_cycle_days",
    "rpt_partner_scorecard": "month partner_id offered_count accepted_rate accepted_rate_lower matured_for_accepted_count "
    "performance_weight_micros expected_lead_count received_lead_count like_for_like_rank",
    "rpt_open_work": "as_of partner_id channel_manager open_count slots_used intervention_count",
    "rpt_coverage": "country industry product eligible_partner_count free_slots exception_count",
    "rpt_lead_quality": "source_system score_band reason reason_count reason_rate",
    "rpt_recycling": "hop offer_count value_lost_minor",
    "rpt_deal_registration": "decision_median_minutes opportunity_rate expired_count conflict_count",
    "rpt_routing_batch": "batch_id lead_count unit_count assigned_count exception_count objective upper_bound gap "
    "band_cost override_count reviewed_by proposed_at released_at",
    "rpt_data_quality": "run_id gate check_name rows_seen rows_failed verdict feed reason_code",
}
# A name tells a type: DESIGN section 3.
TYPES = {
    r".*_at": {"TIMESTAMP"},
    r"(is|has)_.*": {"BOOLEAN"},
    r".*_date|.*month|week|date_day": {"DATE"},
    r".*_(minor|micros)": {"BIGINT"},
    r".*_minutes": {"DOUBLE"},
    r".*_rate(_lower|_upper)?|roi": {"DOUBLE"},
    r".*_count": {"BIGINT", "DOUBLE"},  # expected counts have fractions
    r".*_id": {"VARCHAR"},
}


def columns(marts):
    rows = marts.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts' order by all"
    ).fetchall()
    found = {}
    for table, column, data_type in rows:
        found.setdefault(table, {})[column] = data_type
    return found


@pytest.mark.parametrize("table", CONTRACT)
def test_every_table_of_the_contract_has_its_columns(marts, table):
    assert set(CONTRACT[table].split()) - set(columns(marts)[table]) == set()


def test_names_tell_types(marts):
    wrong = [
        f"{table}.{column}: {data_type}"
        for table, described in columns(marts).items()
        for column, data_type in described.items()
        for pattern, expected in TYPES.items()
        if re.fullmatch(pattern, column)
        and data_type not in expected
        and (table, column) != ("dim_partner", "joined_on")
    ]
    assert wrong == []


def test_tables_are_dimensions_facts_or_reports(marts):
    assert [name for name in columns(marts) if not name.startswith(("dim_", "fct_", "rpt_"))] == []


def test_nobodys_name_address_or_number_is_in_any_mart(marts):
    assert [
        (table, column)
        for table, described in columns(marts).items()
        for column in described
        if re.search(r"email|phone|first_name|last_name|full_name|company|website|notes", column)
    ] == []
    for table in columns(marts):
        text = str(marts.execute(f"select * from {table}").fetchall()).lower()
        assert "@" not in text and "works" not in text, table  # every buyer's address and company name


def test_every_rule_of_the_marts_holds_in_its_unit_test(unit_tests):
    assert len(unit_tests) >= 7
    assert {name: outcome for name, outcome in unit_tests.items() if outcome != "pass"} == {}


@pytest.fixture(scope="module")
def manifest(world, marts):
    return json.loads((world.target / "manifest.json").read_text())


def test_a_data_test_with_several_parents_says_which_asset_it_judges(manifest):
    singular = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "test" and not node.get("test_metadata")
    ]
    assert singular
    names = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    for node in singular:
        judged = node["config"]["meta"]["dagster"]["ref"]["name"]
        assert judged in names, node["name"]
        assert node["name"].startswith("assert_"), node["name"]


def test_every_mart_is_exposed_to_its_readers(manifest, marts):
    exposed = {
        parent.split(".")[-1]
        for exposure in manifest["exposures"].values()
        for parent in exposure["depends_on"]["nodes"]
    }
    assert exposed == set(columns(marts))


def test_each_headline_number_is_a_metric(manifest):
    metrics = {metric["name"] for metric in manifest["metrics"].values()}
    assert metrics >= {
        "won_minor", "pipeline_minor", "released_to_pipeline_rate", "followed_up_in_time_rate", "answered_in_time_rate",
        "cost_per_accepted_lead_minor", "value_lost_minor", "leads_unplaced", "win_rate",
    }  # fmt: skip
