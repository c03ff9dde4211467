-- A batch's leads are those with a partner, those kept by the vendor and those set aside, each with a known code.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_routing_batch'}}}) }}
{% set batches = ref('rpt_routing_batch') %}
{% set lines = ref('stg_ledger__batch_lines') %}
{{ assert_equal_sums([
    ('lines', "select count(*) from " ~ lines, "select sum(lead_count) from " ~ batches),
    ('partner, direct or exception',
        "select sum(exception_count + direct_count) + (select count(*) from " ~ lines ~ " where partner_id is not null "
            ~ "and exception_code is null) from " ~ batches, "select sum(lead_count) from " ~ batches),
    ('exceptions by code', "select sum(" ~ exception_count_columns() | join(' + ') ~ ") from " ~ batches,
        "select sum(exception_count) from " ~ batches),
]) }}
