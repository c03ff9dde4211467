-- One row per way of slicing and slice: the figures of rpt_response_time for all offers, and for those of one week,
-- month, partner, tier, channel, grade, country or hop. Percentiles cannot be added up, so each slice has its own.
-- Every way of slicing holds all offers: filter one slice, never add several.
{% set slices = ['week', 'month', 'partner_id', 'tier', 'lead_channel', 'grade', 'country', 'hop'] %}

with offers as (
    select
        offers.*,
        watched.answer_cause,
        watched.is_followed_up,
        watched.week,
        watched.month,
        watched.tier,
        watched.lead_channel,
        watched.grade,
        watched.country
    from {{ ref('fct_assignment') }} as offers
    inner join {{ ref('int_offers__watched') }} as watched on offers.assignment_id = watched.assignment_id
),

counted as (
    select
        'all' as slice,
        'all' as slice_key,
        {{ response_counts() }}
    from offers
    having count(*) > 0
    {% for slice in slices %}
        union all
        select
            '{{ slice.replace('_id', '') }}',
            coalesce(cast({{ slice }} as varchar), ''),
            {{ response_counts() }}
        from offers
        group by {{ slice }}
    {% endfor %}
)

select
    counted.slice,
    counted.slice_key,
    {{ response_measures('counted', 'percentiles') }}
from counted
inner join {{ ref('int_response__percentiles_by_slice') }} as percentiles
    on counted.slice = percentiles.slice and counted.slice_key = percentiles.slice_key
