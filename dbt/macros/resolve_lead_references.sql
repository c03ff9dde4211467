{#- Which lead each reference means. `references` is a relation like int_references__written, `leads` one of leads with
    lead_id, lead_ref, source_system, source_record_id, email_normalized, captured_at; `carried` are the columns of the
    references to have beside reference_kind and lead_id. Only the first way that is filled counts; a record id without
    its system is tried in the referring feed's own system, then as the only record of that id; an e-mail means the
    latest lead captured with it at or before the event. A touch alone may come before its lead: then the first lead
    captured with that e-mail. -#}
{% macro resolve_lead_references(references, leads, carried=['entity', 'record_key', 'event_at']) -%}
-- what names a lead, read once for all the ways of naming it
named_leads as materialized (
    select
        lead_id,
        lead_ref,
        source_system,
        source_record_id,
        email_normalized,
        captured_at
    from {{ leads }}
),

by_record as (
    select
        source_record_id,
        min(lead_id) as lead_id
    from named_leads
    group by source_record_id
    having count(*) = 1
),

by_email as (
    select
        email_normalized,
        captured_at,
        min(lead_id) as lead_id
    from named_leads
    where email_normalized is not null
    group by email_normalized, captured_at
),

first_by_email as (
    select
        email_normalized,
        arg_min(lead_id, captured_at) as lead_id,
        min(captured_at) as captured_at,
        count(*) > 1 as has_several
    from by_email
    group by email_normalized
),

by_address as (
    select
        refs.*,
        first_by_email.has_several,
        case when refs.event_at >= first_by_email.captured_at or refs.entity = 'touches' then first_by_email.lead_id end
            as first_lead_id
    from {{ references }} as refs
    left join first_by_email on refs.lead_email = first_by_email.email_normalized
    where refs.reference_kind = 'email'
),

looked_up as (
    select
        {% for column in carried %}refs.{{ column }}, {% endfor %}
        refs.reference_kind,
        case refs.reference_kind
            when 'lead_ref' then by_ref.lead_id
            when 'assignment' then assignments.lead_id
            when 'record'
                then case
                    when refs.lead_source_system is not null then own_record.lead_id
                    else coalesce(own_record.lead_id, by_record.lead_id)
                end
        end as lead_id
    from {{ references }} as refs
    left join named_leads as by_ref on refs.lead_ref = by_ref.lead_ref
    left join {{ ref('stg_ledger__assignments') }} as assignments on refs.assignment_id = assignments.assignment_id
    left join named_leads as own_record
        on
            refs.lead_source_record_id = own_record.source_record_id
            and coalesce(refs.lead_source_system, refs.source_system) = own_record.source_system
    left join by_record on refs.lead_source_record_id = by_record.source_record_id
    where refs.reference_kind != 'email'
    union all
    select
        {% for column in carried %}{{ column }}, {% endfor %}
        reference_kind,
        first_lead_id as lead_id
    from by_address
    where not coalesce(has_several, false)
    union all
    select
        {% for column in carried %}by_address.{{ column }}, {% endfor %}
        by_address.reference_kind,
        coalesce(by_email.lead_id, by_address.first_lead_id) as lead_id
    from by_address
    asof left join by_email
        on by_address.lead_email = by_email.email_normalized and by_address.event_at >= by_email.captured_at
    where by_address.has_several
)
{%- endmacro %}
