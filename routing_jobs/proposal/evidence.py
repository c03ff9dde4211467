"""What partners did, read from the warehouse and weighed by the performance room: route_performance.

Lives here: the query that adds offers up, and where its result is stored. Not here: which offers count (dbt), what the
counts mean (`routing_jobs.performance.weights`).
"""

import duckdb
import pandas as pd

from routing_jobs.performance.weights import PartnerWeights, partner_weights
from routing_jobs.program.routing_rules import Criterion, RoutingRules
from routing_jobs.proposal.arrays import registered
from routing_jobs.routing.steps import Relations

# Integers throughout: the sum of micros is the same whatever the order of the rows.
_EVIDENCE = """
with offers as (
    select
        partner_id,
        coalesce(segment, '') as segment,
        follow_up_window_closed,
        is_followed_up_in_time,
        is_opportunity_matured,
        has_opportunity,
        is_won_matured,
        is_won,
        cast(round(1000000 * power(0.5, greatest(age_days, 0) / $half_life)) as bigint) as micros
    from {relations.offer_outcomes}
    where not is_left_out
),

outcomes as (
    select partner_id, segment, micros, 'followed_up' as outcome, is_followed_up_in_time as is_success
    from offers where follow_up_window_closed
    union all
    select partner_id, segment, micros, 'opportunity' as outcome, has_opportunity as is_success
    from offers where is_opportunity_matured
    union all
    select partner_id, segment, micros, 'won' as outcome, is_won as is_success
    from offers where is_won_matured
)

select
    partner_id,
    outcome,
    segment,
    cast(count(*) as bigint) as offers,
    cast(sum(micros) as bigint) as trials_micros,
    cast(coalesce(sum(micros) filter (where is_success), 0) as bigint) as successes_micros
from outcomes
group by partner_id, outcome, segment
order by partner_id, outcome, segment
"""


def weigh_partners(
    connection: duckdb.DuckDBPyConnection, rules: RoutingRules, in_force: dict[str, Criterion], relations: Relations
) -> PartnerWeights:
    """The weight of every partner of the roster, stored as route_performance and in routing.partner_performance."""
    query = _EVIDENCE.format(relations=relations)
    evidence = connection.execute(query, {"half_life": rules.performance.half_life_days}).df()
    roster = f"select partner_id from {relations.partners} order by partner_id"  # noqa: S608 - a name from Relations
    partners = [row[0] for row in connection.execute(roster).fetchall()]
    criterion = in_force.get("performance")
    weights = partner_weights(
        evidence,
        partners,
        rules.performance,
        min_sample=rules.value.min_sample,
        has_say=criterion is not None,
    )
    _store(connection, weights, is_scored=criterion is not None and criterion.rule == "prefer")
    return weights


def _store(connection: duckdb.DuckDBPyConnection, weights: PartnerWeights, *, is_scored: bool) -> None:
    partners = weights.partners.copy()
    if not is_scored:  # weights may still break ties, but the chance to win is everybody's
        partners["p_won_micros"] = max(round(weights.p_won * 1_000_000), 1)
        partners["newcomer_p_won_micros"] = pd.array([pd.NA] * len(partners), dtype="Int64")
    with registered(connection, "arriving_partners", partners):
        connection.execute("""
            create or replace temp table route_performance as
            select
                cast(partner_id as varchar) as partner_id,
                cast(weight_micros as bigint) as weight_micros,
                cast(p_won_micros as bigint) as p_won_micros,
                cast(newcomer_p_won_micros as bigint) as newcomer_p_won_micros
            from arriving_partners
        """)
    with registered(connection, "arriving_outcomes", weights.outcomes):
        connection.execute("""
            insert into routing.partner_performance by name
            select outcomes.*, performance.p_won_micros
            from arriving_outcomes as outcomes
            inner join route_performance as performance on outcomes.partner_id = performance.partner_id
        """)
