-- One row per opportunity created up to as_of, with its lead, buyer and partner where they are known. What closes
-- after as_of is still open.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

opportunities as (
    select
        opportunities.* exclude (closed_at, is_won, lost_reason),
        coalesce(opportunities.closed_at > settings.as_of, false) as closes_later,
        opportunities.closed_at,
        opportunities.is_won,
        opportunities.lost_reason
    from {{ ref('stg_feeds__opportunities') }} as opportunities
    cross join settings
)

select
    opportunities.opportunity_id,
    matched.lead_id,
    coalesce(leads.account_id, matched.own_account_id) as account_id,
    leads.identity_id,
    leads.product,
    coalesce(opportunities.partner_id, registrations.partner_id, offers.partner_id) as partner_id,
    opportunities.registration_id,
    opportunities.stage,
    opportunities.created_at,
    case
        when opportunities.is_won is not null and not opportunities.closes_later
            then coalesce(opportunities.closed_at, opportunities.created_at)
    end as closed_at,
    case when not opportunities.closes_later then opportunities.is_won end as is_won,
    opportunities.amount,
    coalesce(amounts.currency, opportunities.currency) as currency,
    amounts.amount_minor,
    case when not opportunities.closes_later then opportunities.lost_reason end as lost_reason
from opportunities
inner join {{ ref('int_opportunities__matched') }} as matched
    on opportunities.opportunity_id = matched.opportunity_id
left join {{ ref('int_leads__enriched') }} as leads on matched.lead_id = leads.lead_id
left join {{ ref('stg_feeds__deal_registrations') }} as registrations
    on opportunities.registration_id = registrations.registration_id
left join {{ ref('int_amounts__converted') }} as amounts
    on amounts.entity = 'opportunities' and opportunities.record_key = amounts.record_key
left join {{ ref('int_offers__evidence') }} as evidence
    on evidence.event_id = 'opportunity-' || opportunities.opportunity_id
left join {{ ref('int_offers__folded') }} as offers on evidence.assignment_id = offers.assignment_id
