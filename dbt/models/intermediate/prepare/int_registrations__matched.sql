-- One row per deal registration submitted up to as_of: the lead it is about. That is the lead it names, else the
-- latest lead of its account (or e-mail) and product line captured in the 90 days before it. Without one it is
-- partner-sourced and will be a lead of its own.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

leads as (
    select
        leads.*,
        accounts.account_id
    from {{ ref('int_leads__from_feeds') }} as leads
    left join {{ ref('int_accounts__resolved') }} as accounts
        on accounts.entity = 'leads' and leads.record_key = accounts.record_key
),

written as (
    select * from {{ ref('int_references__written') }} where entity = 'deal_registrations'
),

{{ resolve_lead_references('written', ref('int_leads__from_feeds')) }},

registrations as (
    select
        registrations.registration_id,
        registrations.record_key,
        registrations.submitted_at,
        registrations.email_normalized,
        coalesce(products.product_line, lower(trim(registrations.product))) as product,
        accounts.account_id,
        looked_up.lead_id as named_lead_id,
        looked_up.reference_kind
    from {{ ref('stg_feeds__deal_registrations') }} as registrations
    cross join settings
    left join {{ ref('stg_program__products') }} as products
        on lower(trim(registrations.product)) = products.product
    left join {{ ref('int_accounts__resolved') }} as accounts
        on accounts.entity = 'deal_registrations' and registrations.record_key = accounts.record_key
    left join looked_up on registrations.record_key = looked_up.record_key
    where registrations.submitted_at <= settings.as_of
),

matches as (
    select
        registrations.registration_id,
        leads.lead_id,
        leads.captured_at
    from registrations
    inner join leads
        on
            registrations.account_id = leads.account_id
            and (registrations.product is null or registrations.product = leads.product)
            and {{ is_within_days('leads.captured_at', 'registrations.submitted_at', 90) }}
    union
    select
        registrations.registration_id,
        leads.lead_id,
        leads.captured_at
    from registrations
    inner join leads
        on
            registrations.email_normalized = leads.email_normalized
            and (registrations.product is null or registrations.product = leads.product)
            and {{ is_within_days('leads.captured_at', 'registrations.submitted_at', 90) }}
),

latest as (
    select
        registration_id,
        arg_max(lead_id, (captured_at, lead_id)) as lead_id
    from matches
    group by registration_id
)

select
    registrations.registration_id,
    registrations.record_key,
    registrations.reference_kind,
    registrations.named_lead_id,
    coalesce(registrations.named_lead_id, latest.lead_id) as matched_lead_id,
    coalesce(registrations.named_lead_id, latest.lead_id) is null as is_partner_sourced,
    registrations.account_id as own_account_id,
    registrations.product as own_product
from registrations
left join latest on registrations.registration_id = latest.registration_id
