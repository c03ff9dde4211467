-- One row per way of slicing and slice: how long the vendor's qualified leads waited from capture to the first
-- follow-up by any partner. Only leads captured at least 14 days ago tell: each could be watched as long, so that those
-- never followed up count as waiting longest and the median is not that of the followed up alone. Every way of slicing
-- holds all leads: filter one slice, never add several.
{% set days = [1, 2, 7, 14] %}

with settings as (
    select * from {{ ref('stg_program__settings') }}
),

leads as (
    select
        cast(date_trunc('month', leads.captured_date) as date) as month,
        leads.lead_channel,
        leads.capture_to_follow_up_minutes as minutes,
        {{ plus_days('leads.captured_at', days[-1]) }} <= settings.as_of as is_watched
    from {{ ref('fct_lead') }} as leads
    cross join settings
    where
        leads.direction = 'vendor'
        and leads.qualified_at is not null
        and leads.current_stage not in ('direct', 'duplicate', 'suppressed')
        and (leads.first_follow_up_at is null or leads.capture_to_follow_up_minutes is not null)
),

counted as (
    {% for slice, key in [('all', "'all'"), ('month', 'cast(month as varchar)'), ('lead_channel', 'lead_channel')] %}
        select
            '{{ slice }}' as slice,
            {{ key }} as slice_key,
            count(*) as lead_count,
            count(*) filter (where is_watched) as watched_count,
            {% for day in days %}
                count(*) filter (where is_watched and minutes <= {{ day * 1440 }}) as within_{{ day }}_days_count,
            {% endfor %}
            quantile_disc(coalesce(minutes, 1e300), 0.5) filter (where is_watched) as median_minutes
        from leads
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    slice,
    slice_key,
    lead_count,
    watched_count,
    {% for day in days %}
        within_{{ day }}_days_count,
        {{ rate('within_' ~ day ~ '_days_count', 'watched_count') }} as within_{{ day }}_days_rate,
        {{ wilson_lower('within_' ~ day ~ '_days_count', 'watched_count') }} as within_{{ day }}_days_rate_lower,
        {{ wilson_upper('within_' ~ day ~ '_days_count', 'watched_count') }} as within_{{ day }}_days_rate_upper,
    {% endfor %}
    case when median_minutes <= {{ days[-1] * 1440 }} then median_minutes end as median_minutes,
    coalesce(median_minutes <= {{ days[-1] * 1440 }}, false) as is_median_minutes_reached
from counted
