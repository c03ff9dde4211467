"""What happened to the offers of replayed batches, and what that says about the draft.

Reads the published marts (fct_assignment: which offers count, which were followed up in time), so the rate has one
definition. Lives here: gathering rows. Not here: the estimators (`routing_jobs.performance.off_policy`).
"""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from routing_jobs.performance.off_policy import OffPolicy, estimate_off_policy
from routing_jobs.program.workspace import Workspace

_COLUMNS = ("reward", "propensity", "target", "target_total", "target_supported", "predicted", "target_predicted")
_OFFER_COLUMNS = """
    batch_id varchar, lead_id varchar, partner_id varchar, source varchar, is_follow_up_counted boolean,
    is_followed_up_in_time boolean"""

Arrays = dict[str, NDArray[np.float64]]


def published_offers(workspace: Workspace) -> Path | None:
    """The newest published fct_assignment; None before the first release. The link is resolved: one release."""
    current = workspace.published / "current"
    if not current.exists():
        return None
    file = current.resolve() / "parquet" / "fct_assignment.parquet"
    return file if file.is_file() else None


def read_offers(connection: duckdb.DuckDBPyConnection, file: Path | None) -> None:
    """simulation.offer: a row per offer the replayed batches led to; empty where nothing is published."""
    connection.execute(f"create table simulation.offer ({_OFFER_COLUMNS})")
    if file is not None:
        connection.execute(
            """
            insert into simulation.offer by name
            select batch_id, lead_id, partner_id, source, is_follow_up_counted, is_followed_up_in_time
            from read_parquet(?)
            where batch_id in (select batch_id from stored.line)
            """,
            [str(file)],
        )


def what_happened(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """lead_id -> what came of its offer: followed_up, not_followed_up, or open (no verdict yet); if it had one."""
    return dict(connection.execute(_HAPPENED).fetchall())


_HAPPENED = """
select lead_id, case
    when not is_follow_up_counted then 'open'
    when is_followed_up_in_time then 'followed_up'
    else 'not_followed_up'
end
from simulation.offer order by lead_id
"""


def gather(connection: duckdb.DuckDBPyConnection) -> Arrays:
    """A row per unit whose offer, as routed, has an outcome and a propensity; columns as `estimate_off_policy` takes.

    Units a person gave to another partner are left out: nobody knows how likely that was. So are units whose
    propensities under the draft were not estimated.
    """
    columns = connection.execute(_EVIDENCE).fetchnumpy()
    return {name: np.asarray(columns[name], dtype=np.float64) for name in _COLUMNS}


# Propensities are millionths; predictions are partners' shrunk follow-up rates as the batch knew them.
_EVIDENCE = """
with taken as (
    select
        logged.batch_id,
        logged.unit_id,
        logged.partner_id,
        logged.propensity_micros,
        offer.is_followed_up_in_time
    from stored.candidate as logged
    inner join simulation.offer as offer
        on
            logged.batch_id = offer.batch_id
            and logged.lead_id = offer.lead_id
            and logged.partner_id = offer.partner_id
    where
        logged.is_assigned
        and logged.propensity_micros > 0
        and offer.is_follow_up_counted
        and offer.source in ('routed', 'express')
),

target as (
    select
        candidate.unit_id,
        candidate.partner_id,
        least(sum(candidate.propensity_micros), 1000000) as micros
    from after.candidate as candidate
    where candidate.propensity_micros is not null
    group by candidate.unit_id, candidate.partner_id
),

unknown as (
    select unit_id from after.candidate
    where is_eligible
    group by unit_id
    having count(propensity_micros) < count(*)
),

logged as (
    select batch_id, unit_id, partner_id, sum(propensity_micros) as micros
    from stored.candidate group by batch_id, unit_id, partner_id
),

summed as (
    select
        taken.batch_id,
        taken.unit_id,
        sum(target.micros) as total,
        sum(target.micros) filter (where logged.micros > 0) as supported,
        sum(target.micros * fact.follow_up_micros / 1000000.0) as predicted
    from taken
    inner join target on taken.unit_id = target.unit_id
    inner join simulation.partner_fact as fact on target.partner_id = fact.partner_id
    left join logged
        on
            taken.batch_id = logged.batch_id
            and taken.unit_id = logged.unit_id
            and target.partner_id = logged.partner_id
    group by taken.batch_id, taken.unit_id
)

select
    cast(coalesce(taken.is_followed_up_in_time, false) as integer) as reward,
    least(taken.propensity_micros, 1000000) / 1000000.0 as propensity,
    coalesce(target.micros, 0) / 1000000.0 as target,
    least(coalesce(summed.total, 0), 1000000) / 1000000.0 as target_total,
    least(coalesce(summed.supported, 0), 1000000) / 1000000.0 as target_supported,
    fact.follow_up_micros / 1000000.0 as predicted,
    least(coalesce(summed.predicted, 0), 1000000) / 1000000.0 as target_predicted
from taken
inner join simulation.partner_fact as fact on taken.partner_id = fact.partner_id
left join target on taken.unit_id = target.unit_id and taken.partner_id = target.partner_id
left join summed on taken.batch_id = summed.batch_id and taken.unit_id = summed.unit_id
anti join unknown on taken.unit_id = unknown.unit_id
order by taken.batch_id, taken.unit_id
"""


def judge(gathered: list[Arrays]) -> OffPolicy:
    """The estimate over all replays."""
    return estimate_off_policy(
        **{name: np.concatenate([arrays[name] for arrays in gathered] or [np.empty(0)]) for name in _COLUMNS}
    )


def as_json(judged: OffPolicy) -> dict[str, Any]:
    """The estimate as --json shows it."""
    estimates: dict[str, Any] = {
        name: None if (estimate := getattr(judged, name)) is None else vars(estimate)
        for name in ("ips", "self_normalised", "doubly_robust")
    }
    plain = ("offers", "logged_rate", "effective_sample", "support", "too_little")
    return {name: getattr(judged, name) for name in plain} | estimates
