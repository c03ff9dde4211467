-- One row per opportunity created up to as_of: its lead, by the reference it carries, else by its registration,
-- else by its account: the latest lead of it captured by then, one offered to the opportunity's partner first.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

opportunities as (
    select
        opportunities.*,
        accounts.account_id
    from {{ ref('stg_feeds__opportunities') }} as opportunities
    cross join settings
    left join {{ ref('int_accounts__resolved') }} as accounts
        on accounts.entity = 'opportunities' and opportunities.record_key = accounts.record_key
    where opportunities.created_at <= settings.as_of
),

leads as (
    select
        leads.lead_id,
        leads.captured_at,
        accounts.account_id
    from {{ ref('int_leads__captured') }} as leads
    inner join {{ ref('int_accounts__resolved') }} as accounts
        on
            accounts.entity = case when leads.registration_id is null then 'leads' else 'deal_registrations' end
            and leads.record_key = accounts.record_key
),

offered as (
    select distinct
        lead_id,
        partner_id
    from {{ ref('int_offers__stated') }}
),

by_account as (
    select
        opportunities.opportunity_id,
        arg_max(
            leads.lead_id, (offers.lead_id is not null, leads.captured_at, leads.lead_id)
        ) as lead_id
    from opportunities
    inner join leads
        on opportunities.account_id = leads.account_id and opportunities.created_at >= leads.captured_at
    left join offered as offers
        on leads.lead_id = offers.lead_id and opportunities.partner_id = offers.partner_id
    group by opportunities.opportunity_id
),

by_registration as (
    select
        registration_id,
        coalesce(
            matched_lead_id, {{ lead_id("'leadroute:deal_registration'", 'registration_id') }}
        ) as lead_id
    from {{ ref('int_registrations__matched') }}
)

select
    opportunities.opportunity_id,
    opportunities.record_key,
    coalesce(
        named.lead_id,
        by_registration.lead_id,
        case when named.reference_kind = 'none' then by_account.lead_id end
    ) as lead_id,
    opportunities.account_id as own_account_id
from opportunities
left join {{ ref('int_references__resolved') }} as named
    on named.entity = 'opportunities' and opportunities.record_key = named.record_key
left join by_registration on opportunities.registration_id = by_registration.registration_id
left join by_account on opportunities.opportunity_id = by_account.opportunity_id
