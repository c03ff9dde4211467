-- One row per marketing touch of a known lead, up to as_of.
with settings as (
    select * from {{ ref('stg_program__settings') }}
)

select
    touches.touch_id,
    leads.lead_id,
    leads.identity_id,
    leads.account_id,
    touches.touched_at,
    touches.channel,
    touches.campaign_id
from {{ ref('stg_feeds__touches') }} as touches
cross join settings
inner join {{ ref('int_references__resolved') }} as named
    on named.entity = 'touches' and touches.record_key = named.record_key
inner join {{ ref('int_leads__enriched') }} as leads on named.lead_id = leads.lead_id
where touches.touched_at <= settings.as_of
