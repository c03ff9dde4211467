-- One row per source system, channel, score band, subject and reason: how many leads were disqualified, how many offers
-- declined, for what: a decline for a fault of the lead too, though its offer counts as disqualified. Duplicates and
-- suppressed leads have reasons of their own; `none` holds the rest, so that the reasons of a source, channel and band
-- add up to its leads and its offers.
with leads as (
    select
        *,
        case
            when score >= 80 then '80-100'
            when score >= 60 then '60-79'
            when score >= 40 then '40-59'
            when score >= 20 then '20-39'
            else '0-19'
        end as score_band
    from {{ ref('fct_lead') }}
),

subjects as (
    select
        source_system,
        lead_channel,
        score_band,
        'lead' as subject,
        case
            when current_stage in ('duplicate', 'suppressed') then 'stage_' || current_stage
            else coalesce(disqualify_reason, 'none')
        end as reason
    from leads
    union all
    select
        leads.source_system,
        leads.lead_channel,
        leads.score_band,
        'offer' as subject,
        case
            when offers.response = 'declined' or offers.status = 'declined'
                then coalesce(offers.decline_reason, 'not_given')
            else 'none'
        end as reason
    from {{ ref('fct_assignment') }} as offers
    inner join leads on offers.lead_id = leads.lead_id
),

counted as (
    select
        *,
        count(*) as reason_count
    from subjects
    group by all
),

totalled as (
    select
        *,
        cast(sum(reason_count) over (partition by source_system, lead_channel, score_band, subject) as bigint)
            as subject_count
    from counted
)

select
    *,
    {{ rate('reason_count', 'subject_count') }} as reason_rate,
    {{ wilson_lower('reason_count', 'subject_count') }} as reason_rate_lower,
    {{ wilson_upper('reason_count', 'subject_count') }} as reason_rate_upper
from totalled
