-- One row per deal registration as a clock sees it: from submission to decision, or as long as it could be watched.
with settings as (
    select * from {{ ref('stg_program__settings') }}
)

select
    registrations.registration_id,
    registrations.partner_id,
    {{ local_month('registrations.submitted_at', 'settings.timezone') }} as cohort_month,
    {{ elapsed_minutes(
        'registrations.submitted_at',
        'greatest(registrations.submitted_at, coalesce(registrations.decided_at, settings.as_of))'
    ) }} as watched_minutes,
    registrations.decided_at is not null as is_decided
from {{ ref('int_registrations__resolved') }} as registrations
cross join settings
