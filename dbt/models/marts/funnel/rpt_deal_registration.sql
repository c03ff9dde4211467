-- One row per month of submission and partner: how registrations were decided, how fast, and what became of them.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

registrations as (
    select
        registrations.*,
        {{ local_month('registrations.submitted_at', 'settings.timezone') }} as cohort_month
    from {{ ref('fct_deal_registration') }} as registrations
    cross join settings
),

counted as (
    select
        cohort_month,
        partner_id,
        count(*) as registration_count,
        count(*) filter (where decided_at is not null) as decided_count,
        count(*) filter (where decided_at is null) as undecided_count,
        count(*) filter (where decided_at is not null and status != 'rejected') as approved_count,
        count(*) filter (where status = 'rejected') as rejected_count,
        count(*) filter (where status = 'expired') as expired_count,
        count(*) filter (where is_live) as live_count,
        count(*) filter (where is_conflict) as conflict_count,
        count(*) filter (where is_partner_sourced) as partner_sourced_count,
        count(*) filter (where is_decided_in_time is not null) as decision_window_closed_count,
        count(*) filter (where is_decided_in_time) as decided_in_time_count,
        count(*) filter (where decided_at is not null and not is_decided_in_time) as decided_late_count,
        count(*) filter (where has_opportunity) as opportunity_count,
        count(*) filter (where is_won) as won_count,
        cast(coalesce(sum(amount_minor), 0) as bigint) as amount_minor
    from registrations
    group by cohort_month, partner_id
)

select
    counted.*,
    cast(times.decision_median_minutes as double) as decision_median_minutes,
    times.decision_median_minutes is not null as is_decision_median_minutes_reached,
    {{ rate('decided_in_time_count', 'decision_window_closed_count') }} as decided_in_time_rate,
    {{ wilson_lower('decided_in_time_count', 'decision_window_closed_count') }} as decided_in_time_rate_lower,
    {{ wilson_upper('decided_in_time_count', 'decision_window_closed_count') }} as decided_in_time_rate_upper,
    {{ rate('opportunity_count', 'registration_count') }} as opportunity_rate,
    {{ rate('won_count', 'registration_count') }} as won_rate,
    {{ rate('expired_count', 'registration_count') }} as expired_rate
from counted
inner join {{ ref('int_registrations__decision_times') }} as times
    on counted.cohort_month = times.cohort_month and counted.partner_id = times.partner_id
