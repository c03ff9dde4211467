-- Every physical record landed has one fate, and every quarantined one a reason.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_data_quality'}}}) }}
{% set quality = ref('rpt_data_quality') %}
{% set files = ref('stg_intake__landed_files') %}
{{ assert_equal_sums([
    ('records by fate', "select sum(record_count) from " ~ quality ~ " where kind = 'intake'",
        "select sum(counted) from " ~ files),
    ('quarantined by reason', "select sum(record_count) from " ~ quality ~ " where kind = 'quarantine'",
        "select sum(quarantined) from " ~ files),
]) }}
