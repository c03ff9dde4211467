"""Leads become routing units: the leads of one account and product line, going to one partner, taking one slot.

Lives here: which leads are set apart with an exception of their own, what a unit is worth, which units are express. Not
here: who may take a unit (`precedence`, `candidates`).

One buyer gets one offer at a time: of an identity's leads in a batch the one most worth routing is routed, the others
are exceptions. A lead no territory covers leaves its unit rather than hold the others back.

route_fate   a row per routable lead: its unit, or the exception that sets it apart
route_unit   a row per unit, numbered by unit_id: the lead that speaks for it, value, age decay, whether it holds a slot,
             the mode it is placed in, the pool whose partners take turns, its turn in line
"""

from routing_jobs.program.routing_rules import RoutingRules
from routing_jobs.routing.steps import Relations, Step, table

GREATEST_TOTAL = 2**62  # of a batch's scores, in millionths of the currency


def unit_steps(rules: RoutingRules, relations: Relations, micros_per_minor: int, seed: str) -> list[Step]:
    """The steps up to route_unit, over what `eligibility_steps` made.

    `micros_per_minor`: millionths of the currency in one minor unit (10,000 for cents). `seed` decides which units are
    reserved for newcomers; the same seed and unit give the same draw.
    """
    values = {
        "default_minor": rules.value.default_minor,
        "half_life": rules.age_decay.half_life_days,
        "express_leads": rules.express.max_leads if rules.express else 0,
        "micros_per_minor": micros_per_minor,
        "greatest_minor": GREATEST_TOTAL // rules.criteria.greatest_preference() // micros_per_minor,
        "newcomer_micros": round(rules.performance.newcomer_share * 1_000_000),
        "seed": seed,
        "usual_mode": rules.mode,
    }
    mode, conditions = _mode(rules)
    values |= conditions
    return [
        table("route_refusal", _REFUSALS.format(relations=relations), values),
        table("route_chance", _CHANCES, values),
        table("route_fate", _FATES, values),
        table("route_unit_lead", _UNIT_LEADS, values),
        table("route_unit", _UNITS.format(relations=relations, mode=mode), values),
        table("route_unit_kind", _UNIT_KINDS, values),
    ]


def _mode(rules: RoutingRules) -> tuple[str, dict[str, object]]:
    """The mode of a unit as an expression over its speaker, and the values it binds."""
    cases: list[str] = []
    values: dict[str, object] = {}
    for number, override in enumerate(rules.overrides):
        tests: list[str] = []
        for name, wanted in override.conditions().items():
            bound = f"override_{number}_{name}"
            values[bound] = list(wanted)
            tests.append(f"coalesce(list_contains(${bound}, {_SPEAKER[name]}), false)")
        values[f"override_{number}_mode"] = override.mode
        cases.append(f"when {' and '.join(tests)} then $override_{number}_mode")
    return (f"case {' '.join(cases)} else $usual_mode end" if cases else "$usual_mode"), values


# What an override may ask of the lead that speaks for a unit; keys of route_lead are in lower case but for the country.
_SPEAKER = {
    "segment": "speaker.segment",
    "country": "lower(speaker.country)",
    "product": "speaker.product",
    "grade": "lower(speaker.grade)",
    "lead_channel": "lower(speaker.lead_channel)",
}

_REFUSALS = """
select lead.lead_id, partner.partner_ix, refusals.reason, refusals.at
from {relations.refusals} as refusals
inner join route_lead as lead on refusals.lead_id = lead.lead_id
inner join route_partner as partner on refusals.partner_id = partner.partner_id
"""

# How many partners with room would take the lead: for kinds, less those that refused the lead.
_CHANCES = """
with open_pairs as (
    select pair.kind_ix, pair.partner_ix
    from route_kind_partner as pair
    inner join route_room as room on pair.partner_ix = room.partner_ix
    where pair.code = 0 and room.free_slots > 0
),

by_kind as (
    select kind_ix, count(*) as partners from open_pairs group by kind_ix
),

refused as (
    select lead.lead_id, count(distinct refusal.partner_ix) as partners
    from route_refusal as refusal
    inner join route_lead as lead on refusal.lead_id = lead.lead_id
    inner join open_pairs on lead.kind_ix = open_pairs.kind_ix and refusal.partner_ix = open_pairs.partner_ix
    group by lead.lead_id
)

select
    lead.lead_id,
    coalesce(by_kind.partners, 0) > coalesce(refused.partners, 0) as is_placeable
from route_lead as lead
left join by_kind on lead.kind_ix = by_kind.kind_ix
left join refused on lead.lead_id = refused.lead_id
"""

_FATES = """
with ranked as (
    select
        lead.lead_id,
        lead.unit_id,
        gap.exception_code as gap_code,
        case
            when lead.identity_exception is not null then lead.identity_exception
            when row_number() over (
                partition by coalesce(lead.identity_id, lead.lead_id), lead.identity_exception is null
                order by chance.is_placeable desc, lead.score desc nulls last, lead.captured_at, lead.lead_id
            ) > 1 then 'AMBIGUOUS_IDENTITY'
        end as apart_code
    from route_lead as lead
    inner join route_chance as chance on lead.lead_id = chance.lead_id
    left join route_place_gap as gap on lead.place_ix = gap.place_ix
),

judged as (
    select
        *,
        bool_or(apart_code is null and gap_code is null) over (partition by unit_id) as has_place
    from ranked
),

fates as (
    select
        lead_id,
        unit_id,
        gap_code,
        coalesce(apart_code, case when has_place then gap_code end) as exception_code
    from judged
)

select
    lead_id,
    exception_code,
    gap_code,
    case
        when exception_code is null then unit_id
        else 'unit-' || substr(md5(unit_id || chr(31) || lead_id), 1, 20)
    end as unit_id
from fates
"""

# The first lead of a unit speaks for it: what it wants is what the unit is scored on. Units are numbered here, so that
# what follows goes by number.
_UNIT_LEADS = """
with numbers as (
    select unit_id, cast(row_number() over (order by unit_id) - 1 as integer) as unit_ix
    from (select distinct unit_id from route_fate where exception_code is null)
)

select
    numbers.unit_ix,
    lead.lead_id,
    lead.kind_ix,
    row_number() over (
        partition by numbers.unit_ix order by lead.score desc nulls last, lead.captured_at, lead.lead_id
    ) = 1 as is_speaker,
    nullif(greatest(lead.estimated_value_minor, 0), 0) as own_minor,
    greatest(lead.age_days, 0) as age_days,
    lead.hop,
    coalesce(lead.direction, 'vendor') <> 'partner' as holds_slot,
    coalesce(lead.is_express, false) as asks_express,
    lead.captured_at
from route_fate as fate
inner join numbers on fate.unit_id = numbers.unit_id
inner join route_lead as lead on fate.lead_id = lead.lead_id
where fate.exception_code is null
"""

_UNITS = """
with gathered as (
    select
        unit_ix,
        min(lead_id) filter (where is_speaker) as lead_id,
        count(*) as lead_count,
        max(own_minor) as own_minor,
        min(age_days) as age_days,
        max(hop) as hop,
        bool_or(holds_slot) as holds_slot,
        bool_or(asks_express) as asks_express,
        min(captured_at) as captured_at,
        min(kind_ix) <> max(kind_ix) as has_several_kinds
    from route_unit_lead
    group by unit_ix
),

several as (
    select lead.unit_ix, count(distinct lead.kind_ix) as kinds
    from route_unit_lead as lead
    inner join gathered on lead.unit_ix = gathered.unit_ix
    where gathered.has_several_kinds
    group by lead.unit_ix
),

express as (
    select
        unit_ix,
        sum(lead_count) over (order by captured_at, unit_ix rows unbounded preceding) <= $express_leads as is_express
    from gathered
    where asks_express
),

-- the turn in line: the best speaker first
queue as (
    select
        gathered.unit_ix,
        cast(row_number() over (
            order by speaker.score desc nulls last, gathered.captured_at, gathered.unit_ix
        ) - 1 as integer) as turn
    from gathered
    inner join route_lead as speaker on gathered.lead_id = speaker.lead_id
),

valued as (
    select
        gathered.* exclude (asks_express, captured_at, has_several_kinds),
        fate.unit_id,
        fate.gap_code,
        speaker.account_id,
        speaker.product,
        speaker.kind_ix,
        speaker.country,
        {mode} as mode,
        coalesce(speaker.country, '') || '/' || coalesce(speaker.product, '') as pool,
        case when reference.median_won_minor is not null then 'reference' else 'default' end as usual_source,
        coalesce(
            case when gathered.own_minor is not null then least(gathered.own_minor, caps.cap_minor) end,
            cast(round(reference.median_won_minor) as bigint),
            $default_minor
        ) as given_minor
    from gathered
    inner join route_lead as speaker on gathered.lead_id = speaker.lead_id
    inner join route_fate as fate on gathered.lead_id = fate.lead_id
    left join {relations.value_cap} as caps on true
    left join {relations.value_references} as reference
        on
            reference.product is not distinct from speaker.product_line
            and reference.segment is not distinct from speaker.segment_name
            and reference.country is not distinct from speaker.country
),

pools as (
    select pool, cast(row_number() over (order by pool) - 1 as integer) as pool_ix
    from (select distinct pool from valued)
),

-- a total beyond what integers hold: nobody counts for more than an equal share of it
bound as (
    select case
        when sum(cast(given_minor as hugeint)) > $greatest_minor then $greatest_minor // count(*)
    end as most_minor
    from valued
),

bounded as (
    select
        valued.* exclude (given_minor),
        cast(least(valued.given_minor, bound.most_minor) as bigint) as value_minor,
        cast(round(1000000 * power(0.5, valued.age_days / $half_life)) as bigint) as age_decay_micros
    from valued
    cross join bound
)

select
    bounded.unit_ix,
    bounded.unit_id,
    bounded.lead_id,
    bounded.lead_count,
    coalesce(several.kinds, 1) as kinds,
    bounded.account_id,
    bounded.product,
    bounded.mode,
    bounded.pool,
    pools.pool_ix,
    queue.turn,
    bounded.kind_ix,
    bounded.country,
    bounded.gap_code,
    bounded.hop,
    bounded.holds_slot,
    coalesce(express.is_express, false) as is_express,
    bounded.value_minor,
    case
        when bounded.own_minor > bounded.value_minor then 'own_capped'
        when bounded.own_minor is not null then 'own'
        else bounded.usual_source
    end as value_source,
    bounded.age_days,
    bounded.age_decay_micros,
    cast(
        cast(bounded.value_minor as hugeint) * $micros_per_minor * bounded.age_decay_micros // 1000000 as bigint
    ) as worth_micros,
    md5_number_lower($seed || chr(31) || bounded.unit_id || chr(31) || bounded.hop) % 1000000 < $newcomer_micros
        as is_for_newcomers
from bounded
inner join pools on bounded.pool = pools.pool
inner join queue on bounded.unit_ix = queue.unit_ix
left join several on bounded.unit_ix = several.unit_ix
left join express on bounded.unit_ix = express.unit_ix
"""

_UNIT_KINDS = "select distinct unit_ix, kind_ix from route_unit_lead"
