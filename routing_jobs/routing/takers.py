"""Who would take which kind of lead today, whatever happened to the single lead: what coverage is counted from.

Territory, fit, contact and fallbacks are the steps that proposals run; what a partner did before never makes it a taker
or not. Lives here: the order of those steps, and their union. Not here: the rules (`eligibility`, `criteria`), which
fallbacks there are (`candidates`), history of a single lead: claims, refusals, consent (`candidates`, `precedence`).

route_taker   a row per kind and partner routing may give such leads to: whether only as a fallback, the territory with
              a capacity of its own that limits it there, the slots left in that territory
"""

from datetime import date

from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.routing.candidates import PRIMARY, Rung, room_steps, rungs
from routing_jobs.routing.eligibility import default_partner_steps, eligibility_steps, widened_steps
from routing_jobs.routing.steps import Relations, Step, table

_PREPARED_BY = {"widen": widened_steps, "default_partner": default_partner_steps}


def taker_steps(rules: RoutingRules, day: date, relations: Relations) -> list[Step]:
    """The steps up to route_taker; `day` is as_of in the program's zone.

    Of `relations` leads, partners, territories, specializations and open units are read.
    """
    asked = rungs(rules)
    prepared = [step for rung in asked if rung.name in _PREPARED_BY for step in _PREPARED_BY[rung.name](rules, day)]
    return [
        table("route_performance", _NOBODYS_PERFORMANCE.format(relations=relations), {}),
        *eligibility_steps(rules, day, relations),
        *room_steps(relations),
        *prepared,
        table("route_taker", _TAKERS.format(pairs="\n    union all".join(_pairs(rung) for rung in asked)), {}),
    ]


def _pairs(rung: Rung) -> str:
    """Kinds and partners of one round of asking that fail no rule; no lead is claimed here."""
    return f"""
    select pair.kind_ix, pair.partner_ix, pair.area_ix, {rung is not PRIMARY} as is_fallback
    from {rung.pairs} as pair
    inner join route_partner as partner on pair.partner_ix = partner.partner_ix
    cross join (select cast(null as integer) as claimant_ix) as wanted
    where pair.code = 0 and {rung.only}"""  # noqa: S608 - names and expressions of this room


_NOBODYS_PERFORMANCE = """
select
    partner_id,
    cast(null as bigint) as weight_micros,
    cast(null as bigint) as p_won_micros,
    cast(null as bigint) as newcomer_p_won_micros
from {relations.partners}
"""

# A partner that is asked first in its own territory may be a fallback too: the first counts.
_TAKERS = """
with pairs as ({pairs}
)

select
    pairs.kind_ix,
    partner.partner_id,
    bool_and(pairs.is_fallback) as is_fallback,
    arg_min(area_room.area, pairs.is_fallback) as area,
    arg_min(area_room.free_slots, pairs.is_fallback) as area_free_slots
from pairs
inner join route_partner as partner on pairs.partner_ix = partner.partner_ix
left join route_area_room as area_room on pairs.area_ix = area_room.area_ix
group by pairs.kind_ix, partner.partner_id
"""
