-- One row per lead: what the feeds captured, and one for each partner-sourced deal registration. There the partner
-- brought the buyer, so nothing is passed on and consent is not in question. A view: personal data stays where it
-- landed.
{{ config(materialized='view') }}

with registered as (
    select
        registrations.*,
        matched.own_product
    from {{ ref('stg_feeds__deal_registrations') }} as registrations
    inner join {{ ref('int_registrations__matched') }} as matched
        on registrations.registration_id = matched.registration_id
    where matched.is_partner_sourced
)

select * from {{ ref('int_leads__from_feeds') }}
union all by name
select
    {{ lead_id("'leadroute:deal_registration'", 'registration_id') }} as lead_id,
    {{ lead_ref("'leadroute:deal_registration'", 'registration_id') }} as lead_ref,
    'leadroute:deal_registration' as source_system,
    registration_id as source_record_id,
    submitted_at as captured_at,
    email,
    company,
    website,
    lower(trim(product)) as product_code,
    own_product as product,
    amount as estimated_value,
    currency,
    'deal_registration' as lead_channel,
    partner_id as originating_partner_id,
    email_normalized,
    email_domain,
    website_domain,
    currency_code,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at,
    false as is_closed,
    false as asks_express,
    true as own_consent,
    true as is_partner_sourced,
    registration_id
from registered
