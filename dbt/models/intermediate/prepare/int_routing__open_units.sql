-- One row per partner and unit (account and product line) that takes one of its slots: where the lead that speaks for
-- it is. A partner's territory with a capacity of its own is filled by these.
with leads as (
    select
        partner_id,
        account_id,
        product,
        lead_id
    from {{ ref('int_offers') }}
    where is_open
    union
    select
        partner_id,
        account_id,
        product,
        lead_id
    from {{ ref('int_batches__reserved') }}
    where partner_id is not null
)

select
    slots.partner_id,
    slots.account_id,
    slots.product,
    enriched.product_code,
    enriched.country,
    enriched.region,
    upper(replace(enriched.postal_code, ' ', '')) as postal_code
from {{ ref('int_routing__slots') }} as slots
inner join leads
    on
        slots.partner_id = leads.partner_id
        and slots.account_id = leads.account_id
        and slots.product is not distinct from leads.product
inner join {{ ref('int_leads__enriched') }} as enriched on leads.lead_id = enriched.lead_id
inner join {{ ref('int_leads__scored') }} as scored on leads.lead_id = scored.lead_id
where slots.holds_slot
qualify row_number() over (
    partition by slots.partner_id, slots.account_id, slots.product
    order by scored.score desc nulls last, enriched.captured_at asc, enriched.lead_id asc
) = 1
