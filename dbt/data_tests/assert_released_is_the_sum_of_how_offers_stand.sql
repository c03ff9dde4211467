-- Every offer made stands in exactly one way, and every report of offers holds it once.
{{ config(meta={'dagster': {'ref': {'name': 'fct_assignment'}}}) }}
{% set offers = ref('fct_assignment') %}
{% set summary = ref('rpt_response_summary') %}
{% set total = "select count(*) from " ~ offers %}
{{ assert_equal_sums([
    ('offers', total, "select count(*) from " ~ ref('int_offers')),
    ('offers by status',
        "select count(*) from " ~ offers ~ " where status in ('open', 'accepted', 'declined', 'expired', 'recalled', "
            ~ "'disqualified', 'won', 'lost')", total),
    ('open offers', "select count(*) from " ~ offers ~ " where is_open",
        "select count(*) from " ~ offers ~ " where status in ('open', 'accepted')"),
    ('partner funnel', "select sum(offered_count) from " ~ ref('rpt_partner_funnel'), total),
    ('scorecard', "select sum(offered_count) from " ~ ref('rpt_partner_scorecard'), total),
    ('recycling', "select sum(offer_count) from " ~ ref('rpt_recycling'), total),
    ('source survival', "select sum(offered_count) from " ~ ref('rpt_source_survival'), total),
    ('lead quality', "select sum(reason_count) from " ~ ref('rpt_lead_quality') ~ " where subject = 'offer'", total),
    ('response time', "select sum(offer_count) from " ~ ref('rpt_response_time'), total),
    ('response summary, every slice', "select sum(offer_count) from " ~ summary,
        "select (select count(distinct slice) from " ~ summary ~ ") * count(*) from " ~ offers),
    ('open work', "select sum(open_count) from " ~ ref('rpt_open_work'), "select count(*) from " ~ offers ~ " where is_open"),
]) }}
