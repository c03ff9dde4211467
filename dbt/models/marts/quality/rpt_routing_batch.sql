-- One row per batch: what it routed, what it could not, how near the best possible it came, and who handled it when.
with lines as (
    select
        batch_id,
        count(distinct partner_id) as partner_count,
        count(*) filter (where exception_code is not null) as exception_count,
        count(*) filter (where exception_code is null and partner_id is null) as direct_count,
        count(*) filter (where is_held) as held_count,
    {% for code in exception_codes() %}
        count(*) filter (where exception_code = '{{ code }}')
            as exception_{{ code | lower }}_count{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('stg_ledger__batch_lines') }}
    group by batch_id
)

select
    batches.batch_id,
    batches.status,
    batches.is_express,
    batches.as_of,
    batches.lead_count,
    batches.unit_count,
    batches.assigned_count,
    coalesce(lines.exception_count, 0) as exception_count,
    {% for code in exception_codes() %}
        coalesce(lines.exception_{{ code | lower }}_count, 0) as exception_{{ code | lower }}_count,
    {% endfor %}
    coalesce(lines.direct_count, 0) as direct_count,
    coalesce(lines.partner_count, 0) as partner_count,
    coalesce(lines.held_count, 0) as held_count,
    batches.override_count,
    batches.objective,
    batches.upper_bound,
    batches.gap,
    batches.band_cost,
    batches.rulebook_version,
    batches.proposed_at,
    batches.reviewed_by,
    batches.approved_at,
    batches.approved_by,
    batches.released_at,
    {{ elapsed_minutes('batches.proposed_at', 'batches.released_at') }} as propose_to_release_minutes
from {{ ref('stg_ledger__batches') }} as batches
left join lines on batches.batch_id = lines.batch_id
