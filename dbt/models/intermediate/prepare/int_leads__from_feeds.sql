-- One row per lead the feeds have captured up to as_of, with its product line and what blank consent means for its
-- feed. A view: personal data stays where it landed.
{{ config(materialized='view') }}

with settings as (
    select * from {{ ref('stg_program__settings') }}
),

interests as (
    select lower(unnest(cast(json_extract_string(body, '$.express.interests[*]') as varchar[]))) as interest
    from {{ ref('stg_program__rulebooks') }}
    where file = 'routing'
),

express as (
    select coalesce(list(interest), []) as interests from interests
),

wanted as (
    select
        leads.*,
        list_transform(leads.product_interest, lambda item: lower(trim(item))) as wishes,
        express.interests
    from {{ ref('stg_feeds__leads') }} as leads
    cross join settings
    cross join express
    where leads.captured_at <= settings.as_of
),

asked as (
    select
        * exclude (wishes, interests),
        list_filter(wishes, lambda item: item != '' and not list_contains(interests, replace(item, ' ', '_')))[1]
            as product_code,
        coalesce(list_has_any(list_transform(wishes, lambda item: replace(item, ' ', '_')), interests), false)
            as asks_express
    from wanted
)

select
    asked.*,
    coalesce(products.product_line, asked.product_code) as product,
    coalesce(asked.consent_to_share, feeds.consent_when_blank = 'allow', false) as own_consent,
    coalesce(asked.lead_channel in ('partner_referral', 'deal_registration'), false) as is_partner_sourced,
    cast(null as varchar) as registration_id
from asked
left join {{ ref('stg_program__products') }} as products on asked.product_code = products.product
left join {{ ref('stg_program__feeds') }} as feeds on asked.feed = feeds.feed
