-- One row per marketing touch: the hash of all that int_touches__resolved says of it is worked out from.
with named as (
    select
        *,
        case reference_kind
            when 'lead_ref' then lead_ref
            when 'assignment' then assignment_id
            when 'record' then lead_source_record_id
            when 'email' then lead_email
        end as lead_name
    from {{ ref('int_references__written') }}
    where entity = 'touches'
)

select
    hash(named.touch_id) as touch_mark,
    hash(hash(
        named.touch_id,
        named.record_key,
        named.event_at,
        named.channel,
        named.campaign_id,
        named.source_system,
        named.lead_source_system,
        named.reference_kind,
        named.lead_name,
        names.leads_mark
    )) as decided_by
from named
left join {{ ref('int_leads__names') }} as names on hash(named.reference_kind, named.lead_name) = names.name_mark
