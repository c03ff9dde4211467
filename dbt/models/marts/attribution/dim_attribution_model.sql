-- One row per attribution model the rulebook asks for: how it splits an opportunity among the touches before it.
with rules as (
    select
        settings.lookback_days,
        cast(json_extract(rulebooks.body, '$.half_life_hours') as double) as half_life_hours,
        cast(json_extract(rulebooks.body, '$.markov_order') as integer) as markov_order,
        case when {{ is_by_identity('rulebooks.body') }} then 'identity' else 'account' end as journey
    from {{ ref('stg_program__settings') }} as settings
    inner join {{ ref('stg_program__rulebooks') }} as rulebooks on rulebooks.file = 'attribution'
)

select
    models.model,
    case models.model
        when 'first_touch' then 'All to the first touch.'
        when 'last_touch' then 'All to the last touch.'
        when 'linear' then 'The same to every touch.'
        when 'time_decay' then 'In proportion to 0.5 ^ (hours before the last touch / half_life_hours).'
        when 'markov'
            then
                'In proportion to the removal effect of the touch''s channel: the share of won opportunities that '
                || 'would be lost if every journey that meets the channel were, in a Markov chain (start, channel '
                || 'after channel, won or not) of all journeys. Journeys to open or lost opportunities, and touches '
                || 'after the last opportunity or of those who had none, count as not won.'
        when 'shapley'
            then 'The same to every channel of the journey (the exact Shapley value), and among touches of one channel.'
        else
            'first_share to the first touch, lead_created_share to the last touch up to the capture of the '
            || 'opportunity''s lead, opportunity_share and last_share to the last touch, rest_share evenly to the '
            || 'touches at none of these. A touch at two places earns both; a share nobody earns goes to the others '
            || 'in proportion.'
    end as definition,
    shares.first as first_share,
    shares.lead as lead_created_share,
    shares.opportunity as opportunity_share,
    coalesce(shares.last, shares.won) as last_share,
    shares.rest as rest_share,
    case when models.model = 'time_decay' then rules.half_life_hours end as half_life_hours,
    case when models.model = 'markov' then rules.markov_order end as markov_order,
    rules.lookback_days,
    rules.journey
from {{ ref('int_attribution__models') }} as models
cross join rules
left join {{ ref('int_attribution__shares') }} as shares on models.model = shares.model
