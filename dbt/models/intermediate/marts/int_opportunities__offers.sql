-- One row per opportunity that an offer led to, as the offers' evidence has it: the last offer of its lead to its
-- partner made before it.
select
    opportunities.opportunity_id,
    offers.assignment_id,
    offers.hop,
    opportunities.is_won,
    opportunities.amount_minor
from {{ ref('int_opportunities__resolved') }} as opportunities
inner join {{ ref('int_offers__evidence') }} as evidence
    on evidence.event_type = 'opportunity' and evidence.event_id = 'opportunity-' || opportunities.opportunity_id
inner join {{ ref('int_offers') }} as offers on evidence.assignment_id = offers.assignment_id
