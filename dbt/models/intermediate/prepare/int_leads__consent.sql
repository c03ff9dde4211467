-- One row per buyer: whether it may be passed to a partner. The most restrictive of its leads counts, and one erased
-- address suppresses them all.
select
    identities.first_lead_id,
    bool_and(leads.own_consent) as has_consent,
    bool_or(suppressed.lead_id is not null) as is_erased
from {{ ref('int_leads__identity') }} as identities
inner join {{ ref('int_leads__captured') }} as leads on identities.lead_id = leads.lead_id
left join {{ ref('int_leads__suppressed') }} as suppressed on identities.lead_id = suppressed.lead_id
group by identities.first_lead_id
