-- Reports of leads hold every lead once, and its money.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_funnel'}}}) }}
{% set leads = ref('fct_lead') %}
{% set funnel = ref('rpt_funnel') %}
{% set quality = ref('rpt_lead_quality') %}
{% set coverage = ref('rpt_coverage') %}
{{ assert_equal_sums([
    ('funnel, captured', "select sum(captured_count) from " ~ funnel, "select count(*) from " ~ leads),
    ('funnel, released', "select sum(released_count) from " ~ funnel,
        "select count(*) from " ~ leads ~ " where furthest_order >= 4"),
    ('funnel, won', "select sum(won_count) from " ~ funnel, "select count(*) from " ~ leads ~ " where furthest_order >= 10"),
    ('funnel, won value', "select sum(won_minor) from " ~ funnel, "select sum(won_amount_minor) from " ~ leads),
    ('funnel, pipeline', "select sum(pipeline_minor) from " ~ funnel, "select sum(pipeline_minor) from " ~ leads),
    ('lead quality', "select sum(reason_count) from " ~ quality ~ " where subject = 'lead'", "select count(*) from " ~ leads),
    ('coverage, exceptions', "select sum(exception_count) from " ~ coverage,
        "select count(*) from " ~ leads ~ " where current_stage = 'exception' and furthest_order >= 2"),
    ('coverage, exceptions by age',
        "select sum(exception_0_2_days_count + exception_3_7_days_count + exception_over_7_days_count) from " ~ coverage,
        "select sum(exception_count) from " ~ coverage),
]) }}
