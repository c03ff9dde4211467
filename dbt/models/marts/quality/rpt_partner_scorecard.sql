-- One row per month of offer and partner: volumes, rates with what they rest on and 95 % intervals, the weight routing
-- gives the partner now, its fair share against what it received, and its rank like for like: follow-ups against what
-- the program manages with the same mix of offers, both drawn towards the program's rate by as many average offers as
-- routing.yaml asks of a newcomer.
{% set rates = [('accepted', 'matured_accepted_count', 'matured_for_accepted_count'),
                ('followed_up_in_time', 'followed_up_in_time_count', 'follow_up_counted_count'),
                ('opportunity', 'matured_opportunity_count', 'matured_for_opportunity_count'),
                ('won', 'matured_won_count', 'matured_for_won_count')] %}

with newcomers as (
    select cast(json_extract(body, '$.performance.newcomer_offers') as integer) as newcomer_offers
    from {{ ref('stg_program__rulebooks') }}
    where file = 'routing'
),

funnel as (
    select * from {{ ref('rpt_partner_funnel') }}
),

weights as (
    select * from {{ ref('stg_routing__partner_performance') }} where outcome = 'followed_up'
),

partner_months as (
    select
        cohort_month as month,
        partner_id
    from funnel
    union
    select
        month,
        partner_id
    from {{ ref('int_partners__fair_share') }}
),

-- months routing proposed batches in: in the others nobody could receive or be due anything
batch_months as (
    select distinct month from {{ ref('int_partners__fair_share') }}
),

joined as (
    select
        partner_months.month,
        partner_months.partner_id,
        {% for column in ['offered', 'accepted', 'declined', 'expired', 'recalled', 'worked', 'partner_qualified',
                          'opportunity', 'won', 'matured_for_accepted', 'matured_accepted', 'matured_for_opportunity',
                          'matured_opportunity', 'matured_for_won', 'matured_won'] %}
            coalesce(funnel.{{ column }}_count, 0) as {{ column }}_count,
        {% endfor %}
        coalesce(funnel.pipeline_minor, 0) as pipeline_minor,
        coalesce(funnel.won_minor, 0) as won_minor,
        coalesce(likeness.counted_offer_count, 0) as follow_up_counted_count,
        coalesce(likeness.followed_up_count, 0) as followed_up_in_time_count,
        likeness.expected_follow_up_micros / 1000000.0 as expected_follow_up_count,
        (likeness.followed_up_count * 1000000.0 + newcomers.newcomer_offers * likeness.program_rate_micros)
        / nullif(likeness.expected_follow_up_micros + newcomers.newcomer_offers * likeness.program_rate_micros, 0)
            as like_for_like_index,
        case when batch_months.month is not null then coalesce(shares.received_lead_count, 0) end
            as received_lead_count,
        case when batch_months.month is not null then coalesce(shares.expected_lead_micros, 0) / 1000000.0 end
            as expected_lead_count,
        weights.rate as follow_up_rate_shrunk,
        weights.lower as follow_up_rate_shrunk_lower,
        weights.upper as follow_up_rate_shrunk_upper,
        weights.weight_micros as performance_weight_micros
    from partner_months
    cross join newcomers
    left join funnel on partner_months.month = funnel.cohort_month and partner_months.partner_id = funnel.partner_id
    left join {{ ref('int_partners__fair_share') }} as shares
        on partner_months.month = shares.month and partner_months.partner_id = shares.partner_id
    left join {{ ref('int_partners__like_for_like') }} as likeness
        on partner_months.month = likeness.month and partner_months.partner_id = likeness.partner_id
    left join batch_months on partner_months.month = batch_months.month
    left join weights on partner_months.partner_id = weights.partner_id
)

select
    *,
    {% for name, successes, trials in rates %}
        {{ rate(successes, trials) }} as {{ name }}_rate,
        {{ wilson_lower(successes, trials) }} as {{ name }}_rate_lower,
        {{ wilson_upper(successes, trials) }} as {{ name }}_rate_upper,
    {% endfor %}
    case
        when like_for_like_index is not null
            then cast(rank() over (
                partition by month, like_for_like_index is not null order by like_for_like_index desc nulls last
            ) as integer)
    end as like_for_like_rank
from joined
