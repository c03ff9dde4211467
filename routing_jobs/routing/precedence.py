"""Precedence: which partner, if any, has a claim on a unit before scores are looked at (SPEC section 6).

Lives here: claims, their order, their conflicts. Not here: whether the claimed partner can take it (`candidates`).

A live registration, a named account and an exclusive territory bind: if their partner cannot take the unit, it is an
exception and nobody else is asked. An originating partner and an incumbent are asked first: if they cannot take it, or
turned it down before, the others are. Claims are no way around a hard rule.

route_claim        a row per unit, rule and partner named
route_precedence   a row per unit with a claim: the rule that decides, its partner, or the conflict
"""

from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.routing.steps import Relations, Step, table

BINDING = ("live_registration", "named_account", "exclusive_territory")
DIRECT = "direct"  # a named account kept by the vendor's own team names this instead of a partner


def precedence_steps(rules: RoutingRules, relations: Relations) -> list[Step]:
    """The steps up to route_precedence, over what `unit_steps` made."""
    values = {"precedence": list(rules.precedence), "binding": list(BINDING)}
    claims = "\nunion all".join(_CLAIMS[rule] for rule in rules.precedence) or _NO_CLAIMS
    return [
        table("route_unit_refusal", _UNIT_REFUSALS, values),
        table("route_claim", claims.format(relations=relations), values),
        table("route_precedence", _PRECEDENCE, values),
    ]


_UNIT_REFUSALS = """
select
    lead.unit_ix,
    refusal.partner_ix,
    bool_or(refusal.reason = 'declined') as is_declined,
    max(refusal.at) as last_at
from route_refusal as refusal
inner join route_unit_lead as lead on refusal.lead_id = lead.lead_id
group by lead.unit_ix, refusal.partner_ix
"""

_CLAIMS = {
    "live_registration": """
select distinct unit.unit_ix, 'live_registration' as rule, registrations.partner_id
from route_unit as unit
inner join {relations.live_registrations} as registrations
    on
        unit.account_id = registrations.account_id
        and (registrations.product is null or lower(trim(registrations.product)) = unit.product)
""",
    # an entry for the product line goes before one for every product
    "named_account": """
select unit.unit_ix, 'named_account' as rule, accounts.partner_id
from route_unit as unit
inner join {relations.named_accounts} as accounts
    on
        unit.account_id = accounts.account_id
        and (accounts.product is null or lower(trim(accounts.product)) = unit.product)
qualify rank() over (partition by unit.unit_ix order by accounts.product is null) = 1
""",
    "originating_partner": """
select distinct unit.unit_ix, 'originating_partner' as rule, lead.originating_partner_id as partner_id
from route_unit_lead as unit
inner join route_lead as lead on unit.lead_id = lead.lead_id
inner join route_partner as partner on lead.originating_partner_id = partner.partner_id
left join route_unit_refusal as refusal
    on unit.unit_ix = refusal.unit_ix and partner.partner_ix = refusal.partner_ix
where refusal.unit_ix is null
""",
    # of several incumbents the latest
    "incumbent": """
select unit.unit_ix, 'incumbent' as rule, incumbents.partner_id
from route_unit as unit
inner join {relations.incumbents} as incumbents
    on unit.account_id = incumbents.account_id and lower(trim(incumbents.product)) is not distinct from unit.product
inner join route_partner as partner on incumbents.partner_id = partner.partner_id
left join route_unit_refusal as refusal
    on unit.unit_ix = refusal.unit_ix and partner.partner_ix = refusal.partner_ix
where refusal.unit_ix is null
qualify row_number() over (
    partition by unit.unit_ix order by incumbents.since desc nulls last, incumbents.partner_id
) = 1
""",
    # the longest match of the place decides
    "exclusive_territory": """
select distinct unit_ix, 'exclusive_territory' as rule, partner_id
from (
    select unit_kind.unit_ix, partner.partner_id
    from route_unit_kind as unit_kind
    inner join route_kind_partner as pair on unit_kind.kind_ix = pair.kind_ix and pair.exclusive_rank is not null
    inner join route_partner as partner on pair.partner_ix = partner.partner_ix and not partner.is_terminated
    qualify rank() over (
        partition by unit_kind.unit_ix, unit_kind.kind_ix order by pair.exclusive_rank desc
    ) = 1
)
""",
}
_NO_CLAIMS = """
select
    cast(null as integer) as unit_ix,
    cast(null as varchar) as rule,
    cast(null as varchar) as partner_id
where false
"""

_PRECEDENCE = """
with ordered as (
    select *, list_position($precedence, rule) as rule_order from route_claim
),

heads as (
    select
        unit_ix,
        arg_min(rule, rule_order) as rule,
        count(distinct partner_id) filter (where rule = 'live_registration') as registered,
        count(distinct partner_id) filter (where rule <> 'exclusive_territory') as claiming,
        count(distinct partner_id) filter (where rule = 'exclusive_territory') as exclusive
    from ordered
    group by unit_ix
)

select
    heads.unit_ix,
    heads.rule,
    list_contains($binding, heads.rule) as is_binding,
    case
        when heads.registered > 1 then 'REGISTRATION_CONFLICT'
        when heads.claiming > 1 then 'PRECEDENCE_CONFLICT'
        when heads.rule = 'exclusive_territory' and heads.exclusive > 1 then 'PRECEDENCE_CONFLICT'
    end as exception_code,
    string_agg(distinct claims.partner_id, ', ' order by claims.partner_id) as claimants,
    min(claims.partner_id) filter (where claims.rule = heads.rule) as partner_id,
    min(partner.partner_ix) filter (where claims.rule = heads.rule) as partner_ix
from heads
inner join ordered as claims on heads.unit_ix = claims.unit_ix
left join route_partner as partner on claims.partner_id = partner.partner_id
group by all
"""
