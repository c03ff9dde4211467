"""Re-checks a proposal row by row, by other means than it was made: one flat query per promise over roster tables.

Nothing of the routing room is used here, neither its SQL nor its codes; rules are read from program.rulebook. Each
query gives one row per judged thing with a boolean per promise (SPEC section 13, rules 3 and 4); the gate *proposed
batch* requires every one to be true, and `violations` lists what is not. Not here: whether the choice is best, but for
the certificate, which is added up again from what was stored; distance, which is a round number of kilometres.
"""

from dataclasses import dataclass

import duckdb

# A line per routable lead: that it has one fate, and that its partner may take leads from there, today.
LINES = """
with refused as (
    select refusals.lead_id, refusals.partner_id
    from intermediate.int_routing__refusals as refusals
    cross join program.setting as settings
    inner join program.rulebook as rules on rules.file = 'routing'
    where
        refusals.reason = 'declined'
        or epoch_us(settings.as_of) - epoch_us(refusals.at)
        < cast(json_extract(rules.body, '$.limits.cool_down_days') as bigint) * 86400000000
)

select
    line.lead_id,
    line.partner_id,
    line.exception_code,
    lead.lead_id is not null as is_routable,
    cast(line.partner_id is not null as integer) + cast(line.exception_code is not null as integer)
    + cast(coalesce(line.source = 'direct', false) as integer) = 1 as has_one_fate,
    line.exception_code is null
    or (line.remedy is not null and line.owner is not null and line.due_at is not null) as exception_is_owned,
    line.partner_id is null or coalesce(consent.has_consent, false) as has_consent,
    line.partner_id is null or coalesce(partner.is_active_now, false) as partner_is_active,
    line.partner_id is null or coalesce(partner.has_valid_contact, false) as partner_can_be_reached,
    line.partner_id is null or line.rule in ('widen', 'default_partner') or exists (
        select 1 from intermediate.int_routing__territories as area
        where area.partner_id = line.partner_id
            and coalesce(area.country = lead.country, area.country is null)
            and coalesce(area.region = lower(lead.region), area.region is null)
            and (
                area.postal_prefix is null
                or coalesce(starts_with(replace(upper(lead.postal_code), ' ', ''), area.postal_prefix), false)
            )
            and coalesce(lower(area.product) in (lower(lead.product), lead.product_code), area.product is null)
    ) as territory_covers,
    line.partner_id is null or not exists (
        select 1 from refused where refused.lead_id = line.lead_id and refused.partner_id = line.partner_id
    ) as was_not_refused
from {lines} as line
left join intermediate.int_routing__leads as lead on line.lead_id = lead.lead_id
left join intermediate.int_leads__enriched as consent on line.lead_id = consent.lead_id
left join intermediate.int_routing__partners as partner on line.partner_id = partner.partner_id
order by line.lead_id
"""

# An assigned line: that its partner meets every criterion the rulebook requires on the day.
FIT = """
with rules as (
    select
        rulebook.body,
        cast(timezone(settings.timezone, timezone('UTC', settings.as_of)) as date) as today
    from program.rulebook as rulebook
    cross join program.setting as settings
    where rulebook.file = 'routing'
),

listed as (
    select unnest(json_keys(body, '$.criteria')) as name, body, today from rules
),

required as (
    select name
    from (select name, today, json_extract(body, '$.criteria.' || name) as criterion from listed)
    where json_extract_string(criterion, '$.rule') = 'require'
        and coalesce(cast(json_extract_string(criterion, '$.valid_from') as date), today) <= today
        and coalesce(cast(json_extract_string(criterion, '$.valid_to') as date), today) >= today
),

demanded as (
    select
        list(name) as names,
        any_value(json_extract_string(rules.body, '$.criteria.tier.at_least')) as lowest_tier,
        any_value(from_json(json_extract(rules.body, '$.tiers'), '["varchar"]')) as tiers,
        any_value(cast(json_extract(rules.body, '$.criteria.response_commitment.max_hours') as double)) as max_hours,
        any_value(list_transform(
            from_json(json_extract(rules.body, '$.regulated_verticals'), '["varchar"]'), lambda v: lower(v)
        )) as regulated
    from rules left join required on true
),

skills as (
    select
        partner_id,
        list(code) filter (where kind = 'product_certification') as certificates,
        list(code) filter (where kind = 'vertical') as verticals,
        list(code) filter (where kind = 'segment') as segments,
        list(code) filter (where kind = 'language') as languages
    from intermediate.int_routing__specializations
    group by partner_id
)

select
    line.lead_id,
    line.partner_id,
    not list_contains(names, 'product_certification') or coalesce(lead.product_code, lead.product) is null
    or coalesce(list_has_any(certificates, [lead.product_code, lower(lead.product)]), false) as is_certified,
    not (list_contains(names, 'vertical') or coalesce(list_contains(regulated, lower(lead.industry)), false))
    or lead.industry is null or verticals is null
    or list_contains(verticals, lower(lead.industry)) as serves_vertical,
    not list_contains(names, 'segment') or lead.segment is null or segments is null
    or list_contains(segments, lower(lead.segment)) as serves_segment,
    not list_contains(names, 'language') or lead.language is null or languages is null
    or list_contains(languages, lower(lead.language)) as speaks_language,
    not list_contains(names, 'tier')
    or coalesce(partner.tier_order <= list_position(tiers, lowest_tier), false) as has_the_tier,
    not list_contains(names, 'response_commitment')
    or coalesce(partner.response_commitment_hours <= max_hours, false) as commits_to_answer
from {lines} as line
cross join demanded
left join intermediate.int_routing__leads as lead on line.lead_id = lead.lead_id
left join intermediate.int_routing__partners as partner on line.partner_id = partner.partner_id
left join skills on line.partner_id = skills.partner_id
where line.partner_id is not null
order by line.lead_id
"""

# An assigned line again: one offer per buyer, one partner per account and product line, offers already open included.
SINGLES = """
with placed as (
    select lead_id, identity_id, account_id, coalesce(product, '') as product, partner_id
    from {lines} where partner_id is not null
),

standing as (
    select lead_id, identity_id, account_id, coalesce(product, '') as product, partner_id
    from intermediate.int_offers where is_open
)

select
    placed.lead_id,
    placed.partner_id,
    (select count(*) from placed as other where other.identity_id = placed.identity_id) = 1
    and not exists (select 1 from standing where standing.identity_id = placed.identity_id) as is_only_offer_of_buyer,
    (
        select count(distinct other.partner_id) from placed as other
        where other.account_id = placed.account_id and other.product = placed.product
    ) = 1
    and not exists (
        select 1 from standing
        where standing.account_id = placed.account_id and standing.product = placed.product
            and standing.partner_id <> placed.partner_id
    ) as is_only_partner_of_account
from placed
order by placed.lead_id
"""

# A partner of the roster or of a line: the slots the proposal takes against each limit, counted anew.
PARTNERS = """
with units as (
    select line.partner_id, line.is_express, line.unit_id
    from {lines} as line
    left join intermediate.int_routing__leads as lead on line.lead_id = lead.lead_id
    where line.partner_id is not null
    group by line.partner_id, line.is_express, line.unit_id
    having bool_or(lead.direction is distinct from 'partner')
),

taken as (
    select partner_id, sum(slots) as slots, max(slots) as slots_in_a_batch
    from (select partner_id, is_express, count(*) as slots from units group by partner_id, is_express)
    group by partner_id
)

select
    taken.partner_id,
    roster.partner_id is not null as is_on_the_roster,
    coalesce(taken.slots <= greatest(0, roster.capacity - roster.slots_used), false) as is_within_capacity,
    coalesce(taken.slots_in_a_batch <= roster.batch_limit, false) as is_within_batch_limit,
    roster.daily_limit is null or taken.slots <= greatest(0, roster.daily_limit - coalesce(roster.used_today, 0))
        as is_within_daily_limit,
    roster.monthly_limit is null
    or taken.slots <= greatest(0, roster.monthly_limit - coalesce(roster.used_this_month, 0))
        as is_within_monthly_limit
from taken
left join intermediate.int_routing__partners as roster on taken.partner_id = roster.partner_id
order by taken.partner_id
"""

# A territory with a capacity of its own: the units placed and standing that it is the closest description of.
AREAS = """
with areas as (
    select
        partner_id, country, region, postal_prefix, product, min(capacity) as capacity,
        (
            8 * coalesce(length(postal_prefix), 0) + 4 * cast(region is not null as integer)
            + 2 * cast(product is not null as integer) + cast(country is not null as integer)
        ) as closeness
    from intermediate.int_routing__territories
    group by all
),

new_units as (
    select line.partner_id, line.unit_id, lead.country, lead.region, lead.postal_code, lead.product, lead.product_code
    from {lines} as line
    inner join intermediate.int_routing__leads as lead on line.lead_id = lead.lead_id
    where line.partner_id is not null and coalesce(line.rule, '') not in ('widen', 'default_partner')
    qualify
        row_number() over (
            partition by line.unit_id order by lead.score desc nulls last, lead.captured_at, lead.lead_id
        ) = 1
        and bool_or(lead.direction is distinct from 'partner') over (partition by line.unit_id)
),

taken as (
    select 'new ' || unit_id as unit, partner_id, country, region, postal_code, product, product_code, true as is_new
    from new_units
    union all
    select
        'open ' || account_id || ' ' || coalesce(product, ''), partner_id, country, region, postal_code, product,
        product_code, false
    from intermediate.int_routing__open_units
),

placed as (
    select taken.unit, taken.is_new, areas.*
    from taken
    inner join areas
        on taken.partner_id = areas.partner_id
        and coalesce(areas.country = taken.country, areas.country is null)
        and coalesce(areas.region = lower(taken.region), areas.region is null)
        and (
            areas.postal_prefix is null
            or coalesce(starts_with(replace(upper(taken.postal_code), ' ', ''), areas.postal_prefix), false)
        )
        and coalesce(lower(areas.product) in (lower(taken.product), taken.product_code), areas.product is null)
    qualify row_number() over (
        partition by taken.unit, taken.partner_id
        order by areas.closeness desc, areas.capacity nulls last, areas.country, areas.region, areas.postal_prefix,
            areas.product
    ) = 1
)

select
    areas.partner_id || ' ' || concat_ws('/', areas.country, areas.region, areas.postal_prefix, areas.product)
        as territory,
    count(placed.unit) <= areas.capacity or not bool_or(placed.is_new) as is_within_territory_capacity
from areas
left join placed
    on
        areas.partner_id = placed.partner_id
        and areas.country is not distinct from placed.country
        and areas.region is not distinct from placed.region
        and areas.postal_prefix is not distinct from placed.postal_prefix
        and areas.product is not distinct from placed.product
where areas.capacity is not null
group by areas.partner_id, areas.country, areas.region, areas.postal_prefix, areas.product, areas.capacity
order by territory
"""

# A batch: for each of its modes weak duality from the stored candidates and prices (first round, units that take a slot),
# and no wasted slot.
BATCHES = """
with weights as (
    -- a unit placed outweighs all scores, a claim met all units
    select
        9223372036854775808::hugeint as unit,
        39614081257132168796771975168::hugeint as claim,
        json_extract_string(body, '$.objective') = 'coverage_then_value' as coverage_first
    from program.rulebook where file = 'routing'
),

prices as (
    select
        price.partner_id, null as area, price.is_express, price.mode, price.capacity, price.assigned,
        price.price // proof.score_divisor + price.extra_leads * weights.unit + price.extra_claims * weights.claim as price
    from routing.partner_price as price
    inner join routing.certificate as proof on price.is_express = proof.is_express and price.mode = proof.mode
    cross join weights
    union all
    select
        area.partner_id, area.area, area.is_express, area.mode, least(area.capacity, slots.capacity), area.assigned,
        area.price // proof.score_divisor + area.extra_leads * weights.unit + area.extra_claims * weights.claim
    from routing.area_price as area
    inner join routing.partner_price as slots
        on area.partner_id = slots.partner_id and area.is_express = slots.is_express and area.mode = slots.mode
    inner join routing.certificate as proof on area.is_express = proof.is_express and area.mode = proof.mode
    cross join weights
),

units as (
    select
        line.unit_id, any_value(line.is_express) as is_express, any_value(line.mode) as mode,
        count(line.partner_id) > 0 as is_placed
    from {lines} as line
    left join intermediate.int_routing__leads as lead on line.lead_id = lead.lead_id
    group by line.unit_id
    having bool_or(lead.direction is distinct from 'partner')
),

scores as (
    select
        units.is_express, units.mode, candidate.unit_id, candidate.partner_id, candidate.is_assigned,
        candidate.is_eligible, units.is_placed, candidate.area,
        greatest(candidate.banded_score // proof.score_divisor, 1)::hugeint
        + case when proof.mode = 'optimal' and weights.coverage_first then weights.unit else 0 end
        + case when proof.mode = 'optimal' and candidate.is_claim then weights.claim else 0 end as score
    from routing.candidate as candidate
    inner join units on candidate.unit_id = units.unit_id
    inner join routing.certificate as proof on units.is_express = proof.is_express and units.mode = proof.mode
    cross join weights
    where candidate.banded_score is not null and candidate.stage = 'primary'
),

priced as (
    select
        scores.*,
        price.price + coalesce(area.price, 0) as price,
        price.assigned < price.capacity and coalesce(area.assigned < area.capacity, true) as has_slot
    from scores
    inner join prices as price
        on
            scores.partner_id = price.partner_id
            and price.area is null
            and scores.is_express = price.is_express
            and scores.mode = price.mode
    left join prices as area
        on
            scores.partner_id = area.partner_id
            and scores.area = area.area
            and scores.is_express = area.is_express
            and scores.mode = area.mode
),

surplus as (
    select is_express, mode, sum(best) as total, sum(won) as won
    from (
        select
            is_express, mode,
            greatest(0, max(score - price)) as best,
            sum(score) filter (where is_assigned) as won
        from priced
        group by is_express, mode, unit_id
    )
    group by is_express, mode
),

rent as (
    select price.is_express, price.mode, sum(price.capacity * price.price) as total
    from prices as price
    where exists (
        select 1 from scores
        where
            scores.partner_id = price.partner_id
            and scores.is_express = price.is_express
            and scores.mode = price.mode
    )
    group by price.is_express, price.mode
),

wasted as (
    select is_express, mode, count(*) as slots
    from priced
    where not is_placed and is_eligible and has_slot
    group by is_express, mode
),

proofs as (
    select
        proof.is_express,
        -- mode optimal reaches what prices allow, goal by goal; the others are measured against it
        coalesce(rent.total, 0) + coalesce(surplus.total, 0)
        = case when proof.mode = 'optimal' then coalesce(surplus.won, 0) else proof.certified end
        and (proof.mode <> 'optimal' or coalesce(surplus.won, 0) % weights.unit = proof.certified) as adds_up,
        proof.upper_bound >= proof.objective and coalesce(proof.most_units >= proof.units, true) as bound_holds,
        coalesce(wasted.slots, 0) = 0 as no_slot_is_wasted
    from routing.certificate as proof
    cross join weights
    left join surplus on proof.is_express = surplus.is_express and proof.mode = surplus.mode
    left join rent on proof.is_express = rent.is_express and proof.mode = rent.mode
    left join wasted on proof.is_express = wasted.is_express and proof.mode = wasted.mode
)

select
    summary.is_express,
    summary.upper_bound >= summary.objective and coalesce(bool_and(proofs.bound_holds), true) as bound_holds,
    coalesce(bool_and(proofs.adds_up), true) as certificate_adds_up,
    coalesce(bool_and(proofs.no_slot_is_wasted), true) as no_slot_is_wasted
from routing.summary as summary
left join proofs on summary.is_express = proofs.is_express
group by summary.is_express, summary.upper_bound, summary.objective
order by summary.is_express
"""


@dataclass(frozen=True)
class Violation:
    """One promise one row breaks; `key` is a lead, a partner or a batch."""

    promise: str
    key: str


def violations(connection: duckdb.DuckDBPyConnection, lines: str = "routing.line") -> list[Violation]:
    """Every broken promise of the proposal whose lines are in the relation `lines` (columns of routing.line).

    The certificate is looked at only for the proposal in routing.line itself: lines changed by hand are no longer best.
    """
    queries = (LINES, FIT, SINGLES, PARTNERS, AREAS, *([BATCHES] if lines == "routing.line" else []))
    found: list[Violation] = []
    for query in queries:
        result = connection.execute(query.format(lines=lines))
        names = [column[0] for column in result.description or ()]
        for row in result.fetchall():
            broken = [name for name, value in zip(names[1:], row[1:], strict=True) if value is False]
            found.extend(Violation(name, str(row[0])) for name in broken)
    return found
