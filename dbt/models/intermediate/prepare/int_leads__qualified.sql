-- One row per lead: qualified, duplicate, disqualified, suppressed or (score too low so far) captured, with the
-- reason.
with direct as (
    select distinct
        account_id,
        product
    from {{ ref('int_routing__named_accounts') }}
    where partner_id = 'direct'
)

select
    judged.lead_id,
    case when duplicates.lead_id is not null then 'duplicate' else judged.judgement end as qualification,
    case when duplicates.lead_id is null then judged.reason end as reason,
    duplicates.duplicate_of_lead_id,
    case when judged.judgement = 'qualified' and duplicates.lead_id is null then judged.captured_at end
        as qualified_at,
    judged.product,
    judged.score,
    judged.grade,
    judged.is_offered,
    exists(
        select 1 from direct
        where direct.account_id = leads.account_id and coalesce(direct.product = leads.product, direct.product is null)
    ) as is_direct
from {{ ref('int_leads__judged') }} as judged
inner join {{ ref('int_leads__enriched') }} as leads on judged.lead_id = leads.lead_id
left join {{ ref('int_leads__duplicates') }} as duplicates on judged.lead_id = duplicates.lead_id
