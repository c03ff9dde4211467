"""One row per touch of a journey with an opportunity: its credit in millionths, and the amount with it, by model.

Here: the models that look at one journey at a time. A journey that is as it was in the run before keeps its credits;
only the others are credited. Markov, which learns from all journeys together, is `int_attribution__learned`; what a
journey is, is `int_attribution__journeys`; the models, and rounding that adds up, are `routing_jobs.attribution`.
"""

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa

from routing_jobs.warehouse.kept import kept_rows

OF_A_JOURNEY = "lead_created_at, opportunity_at, converted_at, amount_minor"
OF_A_TOUCH = "touch_id, touched_at, lead_channel"
TOUCHES = 500_000  # credited at a time, which bounds memory
CREDIT = pa.struct([("model", pa.string()), ("credit_micros", pa.int64()), ("revenue_minor", pa.int64())])
SCHEMA = pa.schema(
    [
        ("opportunity_id", pa.string()),
        ("touch_id", pa.string()),
        ("decided_by", pa.uint64()),
        ("credits", pa.list_(CREDIT)),
    ]
)


def model(dbt, session):
    """Journeys -> per touch the credits in the order of the rulebook's models, and the hash of all that decides them."""
    body = dbt.ref("stg_program__rulebooks").filter("file = 'attribution'").project("body").fetchone()[0]
    converting = dbt.ref("int_attribution__journeys").filter("opportunity_id is not null")
    # exclusive or over the touches: no order of rows changes it. The hash of a hash, because DuckDB's hash of several
    # columns is itself an exclusive or with the last one: what two touches share, or swap, would cancel out
    decided = converting.aggregate(
        f"opportunity_id, bit_xor(hash(hash({OF_A_TOUCH}, {OF_A_JOURNEY}))) as decided_by", "opportunity_id"
    )
    kept = kept_rows(dbt, session)
    if kept is not None:
        kept = kept.set_alias("kept").join(decided.set_alias("decided"), "opportunity_id, decided_by", how="semi")
        known = kept.project("opportunity_id").distinct().set_alias("known")
        decided = decided.set_alias("decided").join(known, "opportunity_id", how="anti")
    touches = converting.set_alias("touches").join(decided.set_alias("decided"), "opportunity_id")
    new = session.from_arrow(_credited(touches, json.loads(body)))
    return new if kept is None else kept.union(new)


def _credited(relation, rules):
    """The rows of these journeys, whole journeys at a time."""
    columns = f"opportunity_id, journey_id, decided_by, {OF_A_TOUCH}, {OF_A_JOURNEY}"
    touches = relation.project(columns).order("journey_id, touched_at, touch_id").df()
    touches["channel"] = touches.pop("lead_channel").astype("category")
    journey = touches["journey_id"].to_numpy()
    starts = np.flatnonzero(np.r_[True, journey[1:] != journey[:-1]][: len(journey)])
    cuts = np.unique(np.r_[starts[np.searchsorted(starts, np.arange(0, len(journey), TOUCHES))], len(journey)])
    parts = (touches.iloc[start:end] for start, end in pairwise(cuts))
    return pa.RecordBatchReader.from_batches(SCHEMA, (_credits(part, rules) for part in parts))


def _credits(touches, rules):
    """The rows of one part."""
    from routing_jobs.attribution import credit_micros, credit_touches, read_journeys, split_minor

    journeys = read_journeys(touches.assign(is_converting=True))
    journey, amount = touches["journey_id"].to_numpy(), touches["amount_minor"].to_numpy()
    models = [name for name in rules["models"] if name != "markov"]
    micros = np.empty((len(touches), len(models)), dtype=np.int64)
    revenue = np.empty_like(micros)
    for column, name in enumerate(models):
        weights, half_life = rules["weights"].get(name), rules["half_life_hours"]
        earned = credit_touches(journeys, name, half_life_hours=half_life, weights=weights)[0]
        micros[:, column] = credit_micros(earned, journey)
        revenue[:, column] = split_minor(amount, micros[:, column], journey)
    names = pa.array(models, pa.string()).take(pa.array(np.tile(np.arange(len(models)), len(touches))))
    credits = pa.StructArray.from_arrays([names, micros.ravel(), revenue.ravel()], fields=list(CREDIT))
    offsets = pa.array(np.arange(len(touches) + 1, dtype=np.int32) * len(models))
    columns = [pa.array(touches[name], kind) for name, kind in zip(SCHEMA.names[:3], SCHEMA.types[:3], strict=True)]
    return pa.RecordBatch.from_arrays([*columns, pa.ListArray.from_arrays(offsets, credits)], schema=SCHEMA)
