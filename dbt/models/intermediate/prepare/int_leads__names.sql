-- One row per name a reference may use for a lead: a hash of it, and one of the leads it stands for with all that is
-- taken over from them. Hashes, so that no e-mail address is written again.
with leads as (
    select
        captured.lead_id,
        captured.lead_ref,
        captured.source_record_id,
        captured.email_normalized,
        hash(hash(
            captured.lead_id,
            captured.source_system,
            captured.captured_at,
            enriched.identity_id,
            enriched.account_id,
            enriched.lead_channel
        )) as lead_mark
    from {{ ref('int_leads__captured') }} as captured
    inner join {{ ref('int_leads__enriched') }} as enriched on captured.lead_id = enriched.lead_id
),

names as (
    {% for kind, name in [
        ('lead_ref', 'lead_ref'), ('record', 'source_record_id'), ('email', 'email_normalized')
    ] %}
        select
            hash('{{ kind }}', {{ name }}) as name_mark,
            lead_mark
        from leads
        where {{ name }} is not null
        union all
    {% endfor %}
    select
        hash('assignment', assignments.assignment_id) as name_mark,
        leads.lead_mark
    from {{ ref('stg_ledger__assignments') }} as assignments
    inner join leads on assignments.lead_id = leads.lead_id
)

select
    name_mark,
    bit_xor(lead_mark) as leads_mark
from names
group by name_mark
