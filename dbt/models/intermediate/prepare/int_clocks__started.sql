-- One row per clock of history's offers (answer, first follow-up) and of every report of a follow-up that says when
-- it was made (grace): when it started and all that says how long it runs. Own offers carry their deadlines.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

offers as (
    select
        offers.assignment_id,
        offers.released_at,
        offers.follow_up_due_at,
        scored.grade,
        coalesce(offers.tier_at_release, partners.tier) as tier,
        leads.segment,
        coalesce(clocks.timezone, settings.timezone) as timezone,
        clocks.country,
        coalesce(clocks.calendar, 'default') as calendar
    from {{ ref('int_offers__folded') }} as offers
    cross join settings
    inner join {{ ref('int_leads__enriched') }} as leads on offers.lead_id = leads.lead_id
    inner join {{ ref('int_leads__scored') }} as scored on offers.lead_id = scored.lead_id
    left join {{ ref('stg_feeds__partners') }} as partners on offers.partner_id = partners.partner_id
    left join {{ ref('int_partners__clocks') }} as clocks on offers.partner_id = clocks.partner_id
),

clock_names as (
    select 'release_to_acceptance' as clock_name
    union all
    select 'release_to_follow_up' as clock_name
)

select
    clock_names.clock_name || '/' || offers.assignment_id as clock_id,
    clock_names.clock_name,
    offers.released_at as started_at,
    offers.grade,
    offers.tier,
    offers.segment,
    offers.timezone,
    offers.country,
    offers.calendar
from offers
cross join clock_names
where offers.follow_up_due_at is null
union all
select
    'report_grace/' || evidence.assignment_id || '/' || evidence.event_id as clock_id,
    'report_grace' as clock_name,
    evidence.occurred_at as started_at,
    offers.grade,
    offers.tier,
    offers.segment,
    offers.timezone,
    offers.country,
    offers.calendar
from {{ ref('int_offers__evidence') }} as evidence
inner join offers on evidence.assignment_id = offers.assignment_id
where evidence.reported_at > evidence.occurred_at
