"""One row per opportunity and touch that led to it: by each model its credit in millionths, and the amount with it.

Here: the models that look at one journey at a time, side by side in lists. An opportunity whose journey is as it was in
the run before keeps its rows; only the others are credited. Markov, which learns from all journeys together, is `int_attribution__learned`;
what a journey is, is `int_attribution__journeys`; the models, and rounding that adds up, are `routing_jobs.attribution`.
"""

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa

from routing_jobs.warehouse.kept import kept_rows

DECIDING = (
    "touch_id, touched_at, lead_channel, campaign_id, lead_created_at, opportunity_at, converted_at, closed_at, "
    "is_won, amount_minor, partner_id"
)
TOUCHES = 500_000  # credited at a time, which bounds memory
SHARES = pa.schema([("position", pa.int64()), ("micros", pa.list_(pa.int64())), ("revenue", pa.list_(pa.int64()))])


def model(dbt, session):
    """Journeys -> rows of the opportunities to credit anew; rows that no present journey decides are deleted."""
    dbt.config(materialized="incremental", incremental_strategy="append")
    body = dbt.ref("stg_program__rulebooks").filter("file = 'attribution'").project("body").fetchone()[0]
    rules = json.loads(body)
    models = [name for name in rules["models"] if name != "markov"]
    session.register("deals", dbt.ref("int_attribution__journeys"))
    # exclusive or over the touches: no order of rows changes it. The hash of a hash, because DuckDB's hash of several
    # columns is itself an exclusive or with the last one: what two touches share, or swap, would cancel out
    session.execute(f"""
        create or replace temp table decided as
        select opportunity_id, bit_xor(hash(hash({DECIDING}))) as decided_by from deals group by opportunity_id
    """)
    if kept_rows(dbt, session) is not None:
        _forget_others(session, f"{dbt.this.schema}.{dbt.this.identifier}")
    session.execute("""
        create or replace temp table credited as
        select *, row_number() over (order by journey_id, touched_at, touch_id) - 1 as position
        from deals
        inner join decided using (opportunity_id)
    """)
    touches = session.sql("""
        select journey_id, touched_at, lead_channel as channel, lead_created_at, opportunity_at, converted_at, amount_minor
        from credited order by position
    """).to_arrow_table()
    session.register("shares", pa.RecordBatchReader.from_batches(SHARES, _shares(touches, rules, models)))
    return session.sql(f"""
        select
            opportunity_id, touch_id, {models!r}::varchar[] as models, is_won, micros as credit_micros,
            revenue as revenue_minor, campaign_id, lead_channel, partner_id, opportunity_at as created_at, closed_at,
            decided_by
        from shares
        inner join credited using (position)
    """)


def _forget_others(session, table):
    """Delete what is not decided as it is held, or no longer at all; `decided` is left with what has no rows then."""
    session.execute(f"create or replace temp table held as select distinct opportunity_id, decided_by from {table}")
    session.execute(
        f"delete from {table} where opportunity_id in "
        "(select opportunity_id from held anti join decided using (opportunity_id, decided_by))"
    )
    session.execute("delete from decided where (opportunity_id, decided_by) in (from held)")


def _shares(touches, rules, models):
    """Per touch its credit and amount in every model, whole journeys at a time."""
    channel = touches.column_names.index("channel")
    touches = touches.set_column(channel, "channel", touches["channel"].dictionary_encode()).to_pandas()
    channels = touches["channel"].cat
    touches["channel"] = channels.reorder_categories(sorted(channels.categories))
    journey = touches["journey_id"].to_numpy()
    starts = np.flatnonzero(np.r_[True, journey[1:] != journey[:-1]][: len(journey)])
    cuts = np.unique(np.r_[starts[np.searchsorted(starts, np.arange(0, len(journey), TOUCHES))], len(journey)])
    for start, end in pairwise(cuts.tolist()):
        credits = _credits(touches.iloc[start:end], rules, models)
        offsets = pa.array(np.arange(end - start + 1, dtype=np.int32) * len(models))
        lists = [pa.ListArray.from_arrays(offsets, pa.array(values.ravel())) for values in credits]
        yield pa.RecordBatch.from_arrays([pa.array(np.arange(start, end)), *lists], schema=SHARES)


def _credits(touches, rules, models):
    """Micros and minor units, each touches x models."""
    from routing_jobs.attribution import credit_micros, credit_touches, read_journeys, split_minor

    journeys = read_journeys(touches.assign(is_converting=True))
    journey, amount = touches["journey_id"].to_numpy(), touches["amount_minor"].to_numpy()
    micros = np.empty((len(touches), len(models)), dtype=np.int64)
    revenue = np.empty_like(micros)
    for column, name in enumerate(models):
        weights, half_life = rules["weights"].get(name), rules["half_life_hours"]
        earned = credit_touches(journeys, name, half_life_hours=half_life, weights=weights)[0]
        micros[:, column] = credit_micros(earned, journey)
        revenue[:, column] = split_minor(amount, micros[:, column], journey)
    return micros, revenue
