-- One row per partner with work open or capacity to take it, as of the run: what is open, overdue, how old, how many
-- things need a person. An offer counts as one intervention however many deadlines it has missed.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

open_offers as (
    select
        offers.partner_id,
        offers.is_stalled,
        coalesce(
            offers.responded_at is null and offers.first_follow_up_at is null
            and offers.accept_due_at < settings.as_of, false
        ) as is_accept_overdue,
        coalesce(offers.first_follow_up_at is null and offers.follow_up_due_at < settings.as_of, false)
            as is_follow_up_overdue,
        {{ elapsed_days('offers.released_at', 'settings.as_of') }} as age_days
    from {{ ref('int_offers') }} as offers
    cross join settings
    where offers.is_open
),

offers as (
    select
        partner_id,
        count(*) as open_count,
        count(*) filter (where is_accept_overdue) as accept_overdue_count,
        count(*) filter (where is_follow_up_overdue) as follow_up_overdue_count,
        count(*) filter (where is_stalled) as stalled_count,
        count(*) filter (where age_days <= 2) as open_0_2_days_count,
        count(*) filter (where age_days between 3 and 7) as open_3_7_days_count,
        count(*) filter (where age_days between 8 and 30) as open_8_30_days_count,
        count(*) filter (where age_days > 30) as open_over_30_days_count,
        max(age_days) as oldest_open_days,
        count(*) filter (where is_accept_overdue or is_follow_up_overdue or is_stalled) as offer_intervention_count
    from open_offers
    group by partner_id
),

registrations as (
    select
        partner_id,
        count(*) filter (where decided_at is null and status = 'submitted') as undecided_registration_count,
        count(*) filter (where decided_at is null and status = 'submitted' and not is_decided_in_time)
            as overdue_registration_count,
        count(*) filter (where is_conflict_open) as conflict_count
    from {{ ref('fct_deal_registration') }}
    group by partner_id
)

select
    settings.as_of,
    partners.partner_id,
    partners.channel_manager,
    partners.tier,
    partners.status,
    coalesce(offers.open_count, 0) as open_count,
    coalesce(offers.accept_overdue_count, 0) as accept_overdue_count,
    coalesce(offers.follow_up_overdue_count, 0) as follow_up_overdue_count,
    coalesce(offers.stalled_count, 0) as stalled_count,
    coalesce(offers.open_0_2_days_count, 0) as open_0_2_days_count,
    coalesce(offers.open_3_7_days_count, 0) as open_3_7_days_count,
    coalesce(offers.open_8_30_days_count, 0) as open_8_30_days_count,
    coalesce(offers.open_over_30_days_count, 0) as open_over_30_days_count,
    offers.oldest_open_days,
    coalesce(registrations.undecided_registration_count, 0) as undecided_registration_count,
    coalesce(registrations.overdue_registration_count, 0) as overdue_registration_count,
    coalesce(registrations.conflict_count, 0) as registration_conflict_count,
    partners.capacity,
    coalesce(limits.slots_used, 0) as slots_used,
    coalesce(limits.free_slots, 0) as free_slots,
    coalesce(offers.offer_intervention_count, 0) + coalesce(registrations.overdue_registration_count, 0)
    + coalesce(registrations.conflict_count, 0) as intervention_count
from {{ ref('dim_partner') }} as partners
cross join settings
left join {{ ref('int_partners__limits') }} as limits on partners.partner_id = limits.partner_id
left join offers on partners.partner_id = offers.partner_id
left join registrations on partners.partner_id = registrations.partner_id
where partners.status = 'active' or offers.open_count > 0 or registrations.undecided_registration_count > 0
