-- One row per month of first offer and channel: how many leads were offered to a partner, and of those old enough to
-- judge (sla.yaml, matures_after_days), how many had an opportunity within as many days of their first offer.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

maturity as (
    select max(matures_after_days) as window_days
    from {{ ref('stg_program__maturities') }}
    where stage = 'opportunity'
),

leads as (
    select
        {{ local_month('leads.first_released_at', 'settings.timezone') }} as month,
        leads.lead_channel,
        {{ plus_days('leads.first_released_at', 'maturity.window_days') }} <= settings.as_of as is_matured,
        {{ is_within_days('leads.first_released_at', 'leads.opportunity_at', 'maturity.window_days') }}
        or coalesce(leads.opportunity_at < leads.first_released_at, false) as has_opportunity
    from {{ ref('fct_lead') }} as leads
    cross join settings
    cross join maturity
    where leads.first_released_at is not null
),

counted as (
    select
        month,
        lead_channel,
        count(*) as released_count,
        count(*) filter (where is_matured) as matured_released_count,
        count(*) filter (where is_matured and has_opportunity) as matured_opportunity_count
    from leads
    group by month, lead_channel
)

select
    *,
    {{ rate('matured_opportunity_count', 'matured_released_count') }} as matured_opportunity_rate,
    {{ wilson_lower('matured_opportunity_count', 'matured_released_count') }} as matured_opportunity_rate_lower,
    {{ wilson_upper('matured_opportunity_count', 'matured_released_count') }} as matured_opportunity_rate_upper
from counted
