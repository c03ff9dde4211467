-- One row per record that refers to a lead: the first way of naming it that is filled, and when the event was. A touch
-- carries along what else it says. A view: references may be e-mail addresses.
{{ config(materialized='view') }}

with settings as (
    select * from {{ ref('stg_program__settings') }}
),

records as (
    {% for entity, occurred_at in [
        ('touches', 'touched_at'), ('assignment_history', 'assigned_at'), ('partner_activity', 'occurred_at'),
        ('deal_registrations', 'submitted_at'), ('opportunities', 'created_at')
    ] %}
        select
            '{{ entity }}' as entity,
            {{ 'touch_id, channel, campaign_id,' if entity == 'touches' }}
            record_key,
            source_system,
            {{ occurred_at }} as event_at,
            lead_ref,
            assignment_id,
            lead_source_system,
            lead_source_record_id,
            lead_email
        from {{ ref('stg_feeds__' ~ entity) }}
        {% if not loop.last %}union all by name{% endif %}
    {% endfor %}
)

select
    records.* exclude (lead_ref),
    upper(trim(records.lead_ref)) as lead_ref,
    case
        when records.event_at > settings.as_of then 'future'
        when records.lead_ref is not null then 'lead_ref'
        when records.assignment_id is not null then 'assignment'
        when records.lead_source_record_id is not null then 'record'
        when records.lead_email is not null then 'email'
        else 'none'
    end as reference_kind
from records
cross join settings
