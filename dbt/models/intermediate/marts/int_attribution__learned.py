"""One row per opportunity and touch that led to it: its credit by the model that learns from all journeys, Markov.

Here: which journeys it learns from. One journey more changes every credit a little, so nothing is kept from the run
before. The other models are `int_attribution__credits`; the model itself, and rounding that adds up, are
`routing_jobs.attribution`.
"""

import json

import numpy as np
import pyarrow as pa


def model(dbt, session):
    """Journeys -> credit_micros and revenue_minor by the removal effects of channels; no rows where nobody asks."""
    body = dbt.ref("stg_program__rulebooks").filter("file = 'attribution'").project("body").fetchone()[0]
    rules = json.loads(body)
    journeys = dbt.ref("int_attribution__journeys")
    if "markov" not in rules["models"]:
        journeys = journeys.filter("false")
    session.register("deals", journeys.filter("opportunity_id is not null"))
    session.execute("""
        create or replace temp table credited as
        select *, row_number() over (order by journey_id, touched_at, touch_id) - 1 as position from deals
    """)
    session.register("shares", _shares(session, journeys, rules))
    return session.sql("""
        select
            opportunity_id, touch_id, 'markov' as model, is_won, credit_micros, revenue_minor, campaign_id, lead_channel,
            partner_id, opportunity_at as created_at, closed_at
        from shares
        inner join credited using (position)
    """)


def _shares(session, journeys, rules):
    """Position, credit and amount of every touch that led to an opportunity."""
    from routing_jobs.attribution import credit_micros, credit_touches, read_journeys, split_minor

    learning = journeys.project(
        "journey_id, touched_at, touch_id, converted_at, lead_channel as channel, coalesce(is_won, false) as is_converting"
    )
    touches = learning.order("journey_id, touched_at, touch_id").project("* exclude (touch_id)").df()
    touches["channel"] = touches["channel"].astype("category")
    learned = credit_touches(read_journeys(touches), "markov", order=rules["markov_order"])[1]
    credited = session.sql("""
        select journey_id, touched_at, converted_at, lead_channel as channel, amount_minor, true as is_converting
        from credited order by position
    """).df()
    credited["channel"] = credited["channel"].astype(touches["channel"].dtype)
    journey = credited["journey_id"].to_numpy()
    micros = credit_micros(_weights(read_journeys(credited), learned), journey)
    revenue = split_minor(credited["amount_minor"].to_numpy(), micros, journey)
    columns = {"position": np.arange(len(journey)), "credit_micros": micros, "revenue_minor": revenue}
    return pa.table(columns)


def _weights(journeys, learned):
    """Each touch's share of its opportunity: open and lost ones are split by the same weights as won ones."""
    from routing_jobs.attribution.markov import shared_by_removal_effect

    effect = np.nan_to_num(shared_by_removal_effect(journeys, learned))
    # channels that no won journey needed: their journeys are split evenly
    weight = np.where(journeys.total(effect)[journeys.journey] > 0, effect, 1.0)
    shares = np.zeros(journeys.rows)
    shares[journeys.row] = weight / journeys.total(weight)[journeys.journey]
    return shares
