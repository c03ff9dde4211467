-- Won and open value is the same however it is split: by sourcing, and per model by source and by source and partner,
-- unattributed included. Spend is all there, once per model.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_source_attribution'}}}) }}
{% set deals = ref('fct_opportunity') %}
{% set models = "(select count(*) from " ~ ref('int_attribution__models') ~ ")" %}
{% set won = "select sum(amount_minor) filter (where is_won) from " ~ deals %}
{% set open = "select sum(amount_minor) filter (where is_won is null) from " ~ deals %}
{% set sources = ref('rpt_source_attribution') %}
{% set partners = ref('rpt_source_partner') %}
{{ assert_equal_sums([
    ('won by sourcing', "select sum(won_minor) from " ~ ref('rpt_sourcing'), won),
    ('open by sourcing', "select sum(pipeline_minor) from " ~ ref('rpt_sourcing'), open),
    ('won by source', "select sum(revenue_minor) from " ~ sources, "select " ~ models ~ " * (" ~ won ~ ")"),
    ('open by source', "select sum(pipeline_minor) from " ~ sources, "select " ~ models ~ " * (" ~ open ~ ")"),
    ('won by source and partner', "select sum(revenue_minor) from " ~ partners, "select " ~ models ~ " * (" ~ won ~ ")"),
    ('open by source and partner', "select sum(pipeline_minor) from " ~ partners, "select " ~ models ~ " * (" ~ open ~ ")"),
    ('spend', "select sum(spend_minor) from " ~ sources,
        "select " ~ models ~ " * sum(amount_minor) from " ~ ref('int_campaign_spend__converted')),
    ('accepted leads', "select sum(accepted_lead_count) from " ~ sources,
        "select " ~ models ~ " * count(accepted_at) from " ~ ref('fct_lead')),
]) }}
