-- One row per lead: qualified, duplicate, disqualified, suppressed or (score too low so far) captured, with the
-- reason.
with named as (
    select
        account_id,
        product,
        bool_and(partner_id = 'direct') as is_direct
    from {{ ref('int_routing__named_accounts') }}
    group by account_id, product
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
    coalesce(of_line.is_direct, of_account.is_direct, false) as is_direct
from {{ ref('int_leads__judged') }} as judged
inner join {{ ref('int_leads__enriched') }} as leads on judged.lead_id = leads.lead_id
left join named as of_line on leads.account_id = of_line.account_id and leads.product = of_line.product
left join named as of_account on leads.account_id = of_account.account_id and of_account.product is null
left join {{ ref('int_leads__duplicates') }} as duplicates on judged.lead_id = duplicates.lead_id
