-- No lead is lost or doubled on its way into the mart, and every one has a history.
{{ config(meta={'dagster': {'ref': {'name': 'fct_lead'}}}) }}
{% set leads = ref('fct_lead') %}
{% set stages = ref('dim_stage') %}
{% set transitions = ref('fct_stage_transition') %}
{{ assert_equal_sums([
    ('leads', "select count(*) from " ~ leads, "select count(*) from " ~ ref('int_leads__enriched')),
    ('leads by stage', "select count(*) from " ~ leads ~ " inner join " ~ stages ~ " on current_stage = stage",
        "select count(*) from " ~ leads),
    ('leads with a history', "select count(distinct lead_id) from " ~ transitions, "select count(*) from " ~ leads),
    ('leads in exception with a code', "select count(exception_code) from " ~ leads,
        "select count(*) from " ~ leads ~ " where current_stage = 'exception'"),
]) }}
