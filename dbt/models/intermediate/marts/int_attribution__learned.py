"""One row per touch of a journey with an opportunity: its credit by the model that learns from all journeys, Markov.

Here: which journeys it learns from. One journey more changes every credit a little, so nothing is kept from the run
before. The other models are `int_attribution__credits`; the model itself, and rounding that adds up, are
`routing_jobs.attribution`.
"""

import json

import numpy as np

ORDER = "journey_id, touched_at, touch_id"


def model(dbt, session):
    """Journeys -> credit_micros and revenue_minor by the removal effects of channels; no rows where nobody asks."""
    from routing_jobs.attribution import credit_micros, credit_touches, read_journeys, split_minor

    body = dbt.ref("stg_program__rulebooks").filter("file = 'attribution'").project("body").fetchone()[0]
    rules = json.loads(body)
    journeys = dbt.ref("int_attribution__journeys")
    if "markov" not in rules["models"]:
        journeys = journeys.filter("false")
    columns = "journey_id, touched_at, converted_at, lead_channel as channel, is_won as is_converting"
    touches = journeys.order(ORDER).project(f"{columns}, opportunity_id is not null as has_opportunity").df()
    touches["channel"] = touches["channel"].astype("category")
    is_credited = touches.pop("has_opportunity").to_numpy(dtype=bool)
    learned = credit_touches(read_journeys(touches), "markov", order=rules["markov_order"])[1]
    credited = touches[is_credited].assign(is_converting=True)
    deals = journeys.filter("opportunity_id is not null").order(ORDER)
    rows = deals.project("opportunity_id, touch_id, amount_minor").df()
    journey = credited["journey_id"].to_numpy()
    rows["credit_micros"] = credit_micros(_shares(read_journeys(credited), learned), journey)
    rows["revenue_minor"] = split_minor(rows.pop("amount_minor").to_numpy(), rows["credit_micros"].to_numpy(), journey)
    return rows.astype({"opportunity_id": "str", "touch_id": "str"})


def _shares(journeys, learned):
    """Each touch's share of its opportunity: open and lost ones are split by the same weights as won ones."""
    from routing_jobs.attribution.markov import shared_by_removal_effect

    effect = np.nan_to_num(shared_by_removal_effect(journeys, learned))
    # channels that no won journey needed: their journeys are split evenly
    weight = np.where(journeys.total(effect)[journeys.journey] > 0, effect, 1.0)
    shares = np.zeros(journeys.rows)
    shares[journeys.row] = weight / journeys.total(weight)[journeys.journey]
    return shares
