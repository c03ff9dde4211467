"""Who may take which kind of lead: the rulebook turned into SQL text over named relations, run by others.

Leads that want the same (place, product, industry, ...) are one *kind*; partners are matched to kinds, not to leads, so
that a million leads cost a join over a few ten thousand kinds. Partners meet leads on country first: no cross join.
Lives here: territory and fit. Not here: what depends on the single lead (`units`, `precedence`, `candidates`).

route_partner        a row per partner of the roster, numbered best tier first
route_lead           a row per routable lead: normalised keys, its place and kind
route_place          a row per distinct (country, region, postal code, product)
route_area           a row per territory with a capacity of its own
route_match          a row per place and partner whose territory covers it, with the territory that limits it, if any
route_kind           a row per distinct want of a place
route_kind_partner   a row per kind and partner that passed territory: first rule failed, preference, tie
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.routing import criteria
from routing_jobs.routing.steps import Relations, Step, table

# A territory row covers a place; a part it leaves blank covers everything.
COVERS = """
    (territory.region is null or territory.region = place.region)
    and (territory.postal_prefix is null or starts_with(place.postal_key, territory.postal_prefix))
    and (territory.product is null or territory.product in (place.product, place.product_code))"""

# The same, were the parts that are unknown about the place known to fit.
_MIGHT_COVER = """
    (territory.region is null or place.region is null or territory.region = place.region)
    and (
        territory.postal_prefix is null or place.postal_key is null
        or starts_with(place.postal_key, territory.postal_prefix)
    )
    and (territory.product is null or territory.product in (place.product, place.product_code))"""


def eligibility_steps(rules: RoutingRules, day: date, relations: Relations) -> list[Step]:
    """The steps up to route_kind_partner; `day` is as_of in the program's zone, for criteria with effective dates."""
    values = criteria.parameters(rules) | {"no_tier": len(rules.tiers) + 1}
    has_distance = "proximity" in rules.criteria_on(day)
    # every identifier below comes from Relations or this module; values are bound
    return [
        table("route_partner", _PARTNERS.format(relations=relations), values),
        table("route_territory", _TERRITORIES.format(relations=relations), values),
        table("route_area", _AREAS, values),
        table("route_lead", _leads(relations, has_distance), values),
        table("route_place", _PLACES, values),
        table("route_match", match_query(COVERS, limits=True), values),
        table("route_place_gap", _GAPS, values),
        table("route_kind", _KINDS, values),
        table("route_kind_partner", kind_partner_query(rules, day, "route_match"), values),
    ]


def widened_steps(rules: RoutingRules, day: date) -> list[Step]:
    """route_kind_partner_widen: partners with any territory in the country for the product, wherever exactly."""
    values = criteria.parameters(rules)
    in_country = "(territory.product is null or territory.product in (place.product, place.product_code))"
    return [
        table("route_match_widen", match_query(in_country, limits=False), values),
        table("route_kind_partner_widen", kind_partner_query(rules, day, "route_match_widen"), values),
    ]


def default_partner_steps(rules: RoutingRules, day: date) -> list[Step]:
    """route_kind_partner_default_partner: the default partner for every place, whatever its territory."""
    values: Mapping[str, Any] = criteria.parameters(rules) | {"default_partner": rules.default_partner}
    return [
        table("route_match_default_partner", _DEFAULT_MATCH, values),
        table(
            "route_kind_partner_default_partner", kind_partner_query(rules, day, "route_match_default_partner"), values
        ),
    ]


def match_query(covers: str, *, limits: bool) -> str:
    """A row per place and partner with a territory row that covers it.

    The most specific exclusive row counts; of all rows the most specific, of equals the smallest, `limits` the partner
    there (area_ix; -1 where it has no capacity of its own).
    """
    side = """
    select place.place_ix, territory.partner_ix, territory.exclusive_rank, territory.area_ix, territory.precision
    from route_place as place
    inner join route_territory as territory on {join}
    where {covers}"""
    national = side.format(join="territory.country = place.country", covers=covers)
    worldwide = side.format(join="territory.country is null", covers=covers)
    return f"""
select
    place_ix,
    partner_ix,
    max(exclusive_rank) as exclusive_rank,
    {"arg_max(area_ix, precision)" if limits else "-1"} as area_ix
from ({national}
    union all{worldwide}
)
group by place_ix, partner_ix
"""  # noqa: S608 - the parts are constants of this module


def kind_partner_query(rules: RoutingRules, day: date, match: str) -> str:
    """A row per kind and partner of `match`: the number of the first rule it fails, preference in micros, tie."""
    in_force = rules.criteria_on(day)
    return f"""
select
    kind.kind_ix,
    partner.partner_ix,
    cast({criteria.exclusion(rules, in_force)} as utinyint) as code,
    {criteria.preference(rules, in_force)} as preference_micros,
    {criteria.tie(rules, in_force)} as tie,
    match.exclusive_rank,
    match.area_ix
from route_kind as kind
inner join {match} as match on kind.place_ix = match.place_ix
inner join route_partner as partner on match.partner_ix = partner.partner_ix
"""  # noqa: S608 - expressions and names of this room; values are bound


_PARTNERS = """
with specializations as (
    select
        partner_id,
        list(code) filter (where kind = 'vertical') as verticals,
        list(code) filter (where kind = 'segment') as segments,
        list(code) filter (where kind = 'language') as languages,
        list(code) filter (where kind = 'product_certification') as certifications
    from {relations.specializations}
    group by partner_id
)

select
    cast(
        row_number() over (order by coalesce(partners.tier_order, $no_tier), partners.partner_id) - 1 as integer
    ) as partner_ix,
    partners.partner_id,
    coalesce(partners.tier_order, $no_tier) as tier_order,
    coalesce(partners.status = 'terminated', false) as is_terminated,
    coalesce(partners.is_active_now, false) as is_active_now,
    coalesce(partners.has_valid_contact, false) as has_valid_contact,
    coalesce(lower(trim(partners.partner_type)) = 'distributor', false) as is_distributor,
    partners.response_commitment_hours,
    partners.latitude,
    partners.longitude,
    coalesce(specializations.verticals, []) as verticals,
    coalesce(specializations.segments, []) as segments,
    coalesce(specializations.languages, []) as languages,
    coalesce(specializations.certifications, []) as certifications,
    performance.weight_micros,
    performance.p_won_micros,
    performance.newcomer_p_won_micros
from {relations.partners} as partners
inner join route_performance as performance on partners.partner_id = performance.partner_id
left join specializations on partners.partner_id = specializations.partner_id
"""

# The rank orders rows: a longer postal prefix before a region before a product before a country.
_TERRITORIES = """
with territories as (
    select
        partner.partner_ix,
        territories.country,
        lower(trim(territories.region)) as region,
        upper(replace(territories.postal_prefix, ' ', '')) as postal_prefix,
        lower(trim(territories.product)) as product,
        territories.is_exclusive,
        case when territories.capacity is not null then greatest(territories.capacity, 0) end as capacity,
        8 * coalesce(length(replace(territories.postal_prefix, ' ', '')), 0)
        + 4 * cast(territories.region is not null as integer)
        + 2 * cast(territories.product is not null as integer)
        + cast(territories.country is not null as integer) as rank
    from {relations.territories} as territories
    inner join route_partner as partner on territories.partner_id = partner.partner_id
)

select
    partner_ix,
    country,
    region,
    postal_prefix,
    product,
    capacity,
    case when is_exclusive then rank end as exclusive_rank,
    case
        when capacity is null then -1
        else cast(row_number() over (
            partition by capacity is null
            order by
                partner_ix, country nulls first, region nulls first, postal_prefix nulls first, product nulls first,
                capacity, is_exclusive
        ) - 1 as integer)
    end as area_ix,
    -- of rows equally specific the one with the smallest capacity goes first
    cast(rank as bigint) * 2000000000000 - coalesce(capacity, 1000000000000) as precision
from territories
"""

_AREAS = """
select
    area_ix,
    partner_ix,
    capacity,
    concat_ws('/', coalesce(country, 'anywhere'), region, postal_prefix, product) as area
from route_territory
where area_ix >= 0
"""


def _leads(relations: Relations, has_distance: bool) -> str:
    """Leads with normalised keys; a postal code is cut to the longest prefix any territory of the country asks for."""
    place = ["country", "region", "postal_key", "product", "product_code"]
    want = [*place, "industry", "segment", "language", *(["latitude", "longitude"] if has_distance else [])]
    return _LEADS.format(
        relations=relations,
        want=", ".join(want),
        place_order=", ".join(f"{name} nulls last" for name in place),
        want_order=", ".join(f"{name} nulls last" for name in want),
        same_want=" and ".join(f"leads.{name} is not distinct from kinds.{name}" for name in want),
    )


# Kinds are numbered, not leads: a sort of all leads by all that they want would cost more than the rest of the step.
_LEADS = """
with prefixes as (
    select country, max(length(postal_prefix)) as digits
    from route_territory
    where postal_prefix is not null
    group by country
),

leads as (
    select
        leads.* exclude (region, product, product_code, industry, segment, language),
        lower(trim(leads.region)) as region,
        leads.product as product_line,
        lower(trim(leads.product)) as product,
        lower(trim(leads.product_code)) as product_code,
        leads.segment as segment_name,
        lower(trim(leads.industry)) as industry,
        lower(trim(leads.segment)) as segment,
        lower(trim(leads.language)) as language,
        nullif(left(
            upper(replace(leads.postal_code, ' ', '')), greatest(national.digits, worldwide.digits)
        ), '') as postal_key
    from {relations.leads} as leads
    left join prefixes as national on leads.country = national.country
    left join prefixes as worldwide on worldwide.country is null
),

kinds as (
    select
        *,
        cast(dense_rank() over (order by {place_order}) - 1 as integer) as place_ix,
        cast(row_number() over (order by {want_order}) - 1 as integer) as kind_ix
    from (select distinct {want} from leads)
)

select leads.*, kinds.place_ix, kinds.kind_ix
from leads
inner join kinds on {same_want}
"""

_PLACES = "select distinct place_ix, country, region, postal_key, product, product_code from route_lead"

# Why nobody covers a place, for places nobody covers.
_GAPS = f"""
with uncovered as (
    select place.*
    from route_place as place
    left join (select distinct place_ix from route_match) as covered on place.place_ix = covered.place_ix
    where covered.place_ix is null
),

nearly as (
    select distinct place.place_ix
    from uncovered as place
    inner join route_territory as territory on territory.country = place.country
    where {_MIGHT_COVER}
)

select
    uncovered.place_ix,
    case
        when uncovered.country is null then 'NO_COUNTRY'
        when nearly.place_ix is not null then 'NEEDS_REGION'
        else 'NO_TERRITORY_MATCH'
    end as exception_code
from uncovered
left join nearly on uncovered.place_ix = nearly.place_ix
"""  # noqa: S608 - the part is a constant of this module

_KINDS = """
select
    kind_ix,
    any_value(place_ix) as place_ix,
    any_value(product) as product,
    any_value(product_code) as product_code,
    any_value(industry) as industry,
    any_value(segment) as segment,
    any_value(language) as language,
    any_value(latitude) as latitude,
    any_value(longitude) as longitude
from route_lead
group by kind_ix
"""

_DEFAULT_MATCH = """
select place.place_ix, partner.partner_ix, cast(null as integer) as exclusive_rank, -1 as area_ix
from route_place as place
inner join route_partner as partner on partner.partner_id = $default_partner
"""
