-- Every deal registration is in the report once, decided or not.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_deal_registration'}}}) }}
{% set registrations = ref('fct_deal_registration') %}
{% set report = ref('rpt_deal_registration') %}
{{ assert_equal_sums([
    ('registrations', "select sum(registration_count) from " ~ report, "select count(*) from " ~ registrations),
    ('decided or not', "select sum(decided_count + undecided_count) from " ~ report, "select count(*) from " ~ registrations),
]) }}
