-- One row per marketing touch tied to a lead. A view over rows that are stored once already.
{{ config(materialized='view') }}

select
    touch_id,
    lead_id,
    identity_id,
    account_id,
    touched_at,
    channel as lead_channel,
    campaign_id
from {{ ref('int_touches__resolved') }}
where lead_id is not null
