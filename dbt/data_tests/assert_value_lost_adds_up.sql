-- What offers lost in worth is the same by month and partner as by hop.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_value_lost'}}}) }}
{% set months = "select sum(value_lost_minor) from " ~ ref('rpt_value_lost') %}
{% set hops = " from " ~ ref('rpt_recycling') %}
{{ assert_equal_sums([
    ('all', months, "select sum(value_lost_minor)" ~ hops),
    ('declined', months ~ " where status = 'declined'", "select sum(declined_value_lost_minor)" ~ hops),
    ('expired', months ~ " where status = 'expired'", "select sum(expired_value_lost_minor)" ~ hops),
    ('recalled', months ~ " where status = 'recalled'", "select sum(recalled_value_lost_minor)" ~ hops),
]) }}
