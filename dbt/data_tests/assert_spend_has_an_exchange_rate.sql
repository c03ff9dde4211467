-- A spend record whose currency is unknown or has no rate on its day would silently cost nothing.
{{ config(meta={'dagster': {'ref': {'name': 'int_campaign_spend__converted'}}}) }}
select
    campaign_id,
    spend_date,
    currency
from {{ ref('int_campaign_spend__converted') }}
where amount_minor is null
