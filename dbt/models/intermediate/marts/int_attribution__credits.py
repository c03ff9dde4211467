"""One row per model and touch of a journey with an opportunity: its credit in millionths, and the amount with it.

Here: which journeys each model learns from. What a journey is, is `int_attribution__journeys`; the models, and rounding
that adds up, are `routing_jobs.attribution`.
"""

import json

import numpy as np
import pyarrow as pa

COLUMNS = (
    "journey_touch_id, journey_id, touched_at, lead_channel as channel, lead_created_at, opportunity_at, converted_at, "
    "is_won, opportunity_id is not null as has_opportunity, amount_minor"
)
SCHEMA = pa.schema(
    [
        ("journey_touch_id", pa.int64()),
        ("model", pa.string()),
        ("credit_micros", pa.int64()),
        ("revenue_minor", pa.int64()),
    ]
)


def model(dbt, session):
    """Journeys -> credits, one model at a time, so that ten models need no more memory than one."""
    from routing_jobs.attribution import read_journeys

    body = dbt.ref("stg_program__rulebooks").filter("file = 'attribution'").project("body").fetchone()[0]
    rules = json.loads(body)
    touches = dbt.ref("int_attribution__journeys").project(COLUMNS).order("journey_touch_id").df()
    touches["channel"] = touches["channel"].astype("category")
    journeys = read_journeys(touches.assign(is_converting=touches["has_opportunity"]))
    batches = (_credits(touches, journeys, name, rules) for name in rules["models"])
    return pa.RecordBatchReader.from_batches(SCHEMA, batches)


def _credits(touches, journeys, name, rules):
    """The rows of one model."""
    from routing_jobs.attribution import credit_micros, split_minor

    earned = _shares(touches, journeys, name, rules)
    rows = touches["has_opportunity"].to_numpy()
    journey = touches["journey_id"].to_numpy()[rows]
    micros = credit_micros(earned[rows], journey)
    revenue = split_minor(touches["amount_minor"].to_numpy()[rows], micros, journey)
    columns = [touches["journey_touch_id"].to_numpy()[rows], [name] * len(micros), micros, revenue]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, SCHEMA.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _shares(touches, journeys, name, rules):
    """Each touch's share of its opportunity: open and lost ones are split by the same weights as won ones."""
    from routing_jobs.attribution import credit_touches, read_journeys
    from routing_jobs.attribution.markov import shared_by_removal_effect

    if name != "markov":
        weights = rules["weights"].get(name)
        return credit_touches(journeys, name, half_life_hours=rules["half_life_hours"], weights=weights)[0]
    won = read_journeys(touches.assign(is_converting=touches["is_won"]))
    learned = credit_touches(won, name, order=rules["markov_order"])[1]
    converting = journeys.converting()
    effect = np.nan_to_num(shared_by_removal_effect(converting, learned))
    # channels that no won journey needed: their journeys are split evenly
    weight = np.where(converting.total(effect)[converting.journey] > 0, effect, 1.0)
    shares = np.zeros(len(touches))
    shares[converting.row] = weight / converting.total(weight)[converting.journey]
    return shares
