"""Gate *marts*, before publishing: the numbers add up across tables, credit is exact, no personal data leaves."""

from expectations.declare import Dataset, Gate, between, holds, not_null, unique

_REPORT = "`leadroute run --full-refresh`; if it stays, report it: two marts disagree"
_RATES = "add the rate to reference/exchange_rates.csv, or correct the currency in the feed"

TABLES = (
    "dim_attribution_model", "dim_campaign", "dim_date", "dim_deadline", "dim_partner", "dim_partner_history",
    "dim_program", "dim_stage", "fct_assignment", "fct_attribution_credit", "fct_candidate",
    "fct_deal_registration", "fct_lead", "fct_opportunity", "fct_spend", "fct_stage_transition", "fct_touch",
    "rpt_conversion", "rpt_coverage", "rpt_data_quality", "rpt_deal_registration", "rpt_first_follow_up",
    "rpt_funnel", "rpt_lead_quality", "rpt_open_work", "rpt_partner_funnel", "rpt_partner_scorecard",
    "rpt_recycling", "rpt_response_curve", "rpt_response_summary", "rpt_response_time", "rpt_routing_batch",
    "rpt_source_attribution", "rpt_source_partner", "rpt_source_roi", "rpt_source_survival", "rpt_sourcing",
    "rpt_value_lost",
)  # fmt: skip

_EXPECTED_TABLES = f"""
select
    expected.table_name,
    built.table_name is not null as is_built
from (select unnest({list(TABLES)!r}) as table_name) as expected
left join information_schema.tables as built
    on expected.table_name = built.table_name and built.table_schema = 'marts'
order by expected.table_name
"""  # noqa: S608 - the list above

_COLUMNS = """
select
    table_name || '.' || column_name as column_key,
    not regexp_matches(
        column_name, '(^|_)(email|phone|first_name|last_name|full_name|notes|website|company|street|address)($|_)'
    ) as is_free_of_personal_data
from duckdb_columns()
where schema_name = 'marts'
order by column_key
"""

_LEADS = """
select
    leads.lead_id,
    stages.stage is not null as stage_is_known,
    leads.captured_at
from marts.fct_lead as leads
left join marts.dim_stage as stages on leads.current_stage = stages.stage
order by leads.lead_id
"""

_CREDITS = """
with credits as (
    select
        opportunity_id,
        model,
        sum(credit_micros) as credit_micros,
        sum(revenue_minor) as revenue_minor
    from marts.fct_attribution_credit
    group by opportunity_id, model
)

select
    opportunities.opportunity_id,
    coalesce(credits.credit_micros = 1000000, false) as credit_is_whole,
    coalesce(credits.revenue_minor = opportunities.amount_minor, false) as revenue_is_whole
from marts.fct_opportunity as opportunities
cross join (select distinct model from marts.fct_attribution_credit) as models
left join credits
    on opportunities.opportunity_id = credits.opportunity_id and models.model = credits.model
order by opportunities.opportunity_id, models.model
"""

_CREDITS_COUNT = """
select
    (select count(*) from marts.fct_opportunity)
    * (
        select coalesce(max(json_array_length(json_extract(body, '$.models'))), 0)
        from program.rulebook where file = 'attribution'
    )
"""

_AMOUNTS = """
select
    entity || ':' || md5(record_key) as amount_key,
    problem is null as has_rate
from intermediate.int_amounts__converted
where entity = 'opportunities'
order by amount_key
"""

_OPEN = """
select
    account_id || '/' || coalesce(product, '') as account_product,
    count(distinct partner_id) as partner_count
from intermediate.int_offers
where is_open and source <> 'history'
group by account_id, product
order by account_product
"""

# A total and the sum of its parts, each computed from its own table.
_TOTALS = (
    (
        "leads in every stage",
        "select count(*) from marts.fct_lead",
        "select count(distinct lead_id) from intermediate.int_leads__identity",
    ),
    ("leads in the funnel", "select sum(captured_count) from marts.rpt_funnel", "select count(*) from marts.fct_lead"),
    (
        "won in the funnel",
        "select sum(won_count) from marts.rpt_funnel",
        "select count(*) from marts.fct_lead where current_stage = 'won'",
    ),
    (
        "offers in the partner funnel",
        "select sum(offered_count) from marts.rpt_partner_funnel",
        "select count(*) from marts.fct_assignment",
    ),
    (
        "offers in response time",
        "select sum(offer_count) from marts.rpt_response_time",
        "select count(*) from marts.fct_assignment",
    ),
    (
        "offers by recycling hop",
        "select sum(offer_count) from marts.rpt_recycling",
        "select count(*) from marts.fct_assignment",
    ),
    (
        "won money by sourcing",
        "select sum(won_minor) from marts.rpt_sourcing",
        "select sum(amount_minor) from marts.fct_opportunity where is_won",
    ),
    (
        "pipeline by sourcing",
        "select sum(pipeline_minor) from marts.rpt_sourcing",
        "select sum(amount_minor) from marts.fct_opportunity where is_won is null",
    ),
    (
        "records of every file",
        "select sum(record_count) from marts.rpt_data_quality where kind = 'intake'",
        "select sum(counted) from raw.landed_file",
    ),
    (
        "revenue by source, each model",
        "select sum(revenue_minor) from marts.rpt_source_attribution",
        "select sum(amount_minor) * (select count(distinct model) from marts.fct_attribution_credit) "
        "from marts.fct_opportunity where is_won",
    ),
)
_TOTALS_ROWS = " union all ".join(
    f"select '{name}' as total, coalesce(({whole}), 0) = coalesce(({parts}), 0) as is_equal"
    for name, whole, parts in _TOTALS
)

MARTS = Gate(
    name="marts",
    subject=tuple(f"marts.{table}" for table in TABLES),
    datasets=(
        Dataset(
            name="tables",
            rows=_EXPECTED_TABLES,
            count=f"select {len(TABLES)}",
            key="table_name",
            minimum_rows=len(TABLES),
            checks=(holds("is_built", "a mart is missing", _REPORT),),
        ),
        Dataset(
            name="columns",
            rows=_COLUMNS,
            count="select count(*) from information_schema.columns where table_schema = 'marts'",
            key="column_key",
            minimum_rows=1,
            checks=(holds("is_free_of_personal_data", "a mart would show personal data", "take the column out"),),
        ),
        Dataset(
            name="leads",
            rows=_LEADS,
            count="select count(distinct lead_id) from intermediate.int_leads__identity",
            key="lead_id",
            minimum_rows=1,
            checks=(
                unique("lead_id", _REPORT),
                not_null("captured_at", _REPORT),
                holds("stage_is_known", "a lead is in no known stage", _REPORT),
            ),
        ),
        Dataset(
            name="credits",
            rows=_CREDITS,
            count=_CREDITS_COUNT,
            key="opportunity_id",
            checks=(
                holds("credit_is_whole", "credit does not sum to 1,000,000 for an opportunity and model", _REPORT),
                holds("revenue_is_whole", "credited revenue is not the opportunity's amount", _REPORT),
            ),
        ),
        Dataset(
            name="amounts",
            rows=_AMOUNTS,
            count="select count(*) from raw.opportunities where is_current and not is_closed and amount is not null",
            key="amount_key",
            checks=(holds("has_rate", "an opportunity's amount has no exchange rate on its day", _RATES),),
        ),
        Dataset(
            name="open_assignments",
            rows=_OPEN,
            count="select count(distinct account_id || '/' || coalesce(product, '')) from intermediate.int_offers "
            "where is_open and source <> 'history'",
            key="account_product",
            checks=(between("partner_count", 1, 1, "`leadroute assignment recall` all but one"),),
        ),
        Dataset(
            name="totals",
            rows=_TOTALS_ROWS,
            count=f"select {len(_TOTALS)}",
            key="total",
            minimum_rows=len(_TOTALS),
            checks=(holds("is_equal", "a total is not the sum of its parts", _REPORT),),
        ),
    ),
)
