-- One row per touch that led to no opportunity: none of its account (or identity: attribution.yaml) was created at or
-- after it. What an account did after its last opportunity is a journey without an end, which is evidence too.
{{ config(materialized='view') }}

with settings as (
    select {{ is_by_identity('body') }} as is_by_identity
    from {{ ref('stg_program__rulebooks') }}
    where file = 'attribution'
),

last_opportunities as (
    select
        {{ traveller_id('opportunities') }} as traveller_id,
        max(opportunities.created_at) as created_at
    from {{ ref('int_opportunities__resolved') }} as opportunities
    cross join settings
    group by all
),

touches as (
    {{ travelled_touches() }}
)

select
    touches.traveller_id,
    touches.touch_id,
    touches.touched_at,
    touches.credited_channel as lead_channel
from touches
left join last_opportunities on touches.traveller_id = last_opportunities.traveller_id
where last_opportunities.created_at is null or touches.touched_at > last_opportunities.created_at
