-- One row per lead, with all that routing and the marts may know of it; no names, e-mail addresses or phone numbers.
with identities as (
    select
        lead_id,
        first_lead_id,
        {{ identity_id('first_lead_id') }} as identity_id,
        is_contested
    from {{ ref('int_leads__identity') }}
),

amounts as (
    select * from {{ ref('int_amounts__converted') }} where entity in ('leads', 'deal_registrations')
),

-- before all joins, while the zone is one value: told from a column of zones, days take ten times as long
captured as (
    select
        leads.*,
        {{ local_date('leads.captured_at', 'settings.timezone') }} as captured_date
    from {{ ref('int_leads__captured') }} as leads
    cross join {{ ref('stg_program__settings') }} as settings
)

select
    leads.lead_id,
    leads.lead_ref,
    leads.source_system,
    leads.source_record_id,
    leads.record_key,
    leads.feed,
    identities.identity_id,
    coalesce(evidence.account_id, {{ account_id("'identity'", 'identities.identity_id') }}) as account_id,
    case when leads.is_partner_sourced then 'partner' else 'vendor' end as direction,
    case when leads.is_partner_sourced then leads.originating_partner_id end as sourcing_partner_id,
    leads.lead_channel,
    leads.campaign_id,
    leads.country_code as country,
    lower(trim(leads.region)) as region,
    leads.postal_code,
    leads.latitude,
    leads.longitude,
    lower(trim(leads.industry)) as industry,
    lower(trim(leads.segment)) as segment,
    languages.language,
    leads.employee_count,
    leads.product,
    leads.product_code,
    leads.asks_express,
    leads.captured_at,
    leads.captured_date,
    leads.updated_at,
    leads.email_domain,
    free_mail.domain is not null as is_free_mail,
    amounts.amount_minor as estimated_value_minor,
    consents.has_consent,
    consents.is_erased,
    identities.is_contested,
    leads.email_normalized is not null as has_email,
    leads.phone_e164 is not null as has_phone,
    leads.originating_partner_id,
    leads.registration_id,
    leads.is_closed
from captured as leads
inner join identities on leads.lead_id = identities.lead_id
inner join {{ ref('int_leads__consent') }} as consents on identities.first_lead_id = consents.first_lead_id
inner join {{ ref('int_leads__identity_evidence') }} as evidence on leads.lead_id = evidence.lead_id
left join amounts
    on
        amounts.entity = case when leads.registration_id is null then 'leads' else 'deal_registrations' end
        and leads.record_key = amounts.record_key
left join {{ ref('int_countries__languages') }} as languages on leads.country_code = languages.country
left join {{ ref('int_domains__shared') }} as free_mail
    on leads.email_domain = free_mail.domain and free_mail.kind = 'free_mail'
