"""One row per opportunity and touch that led to it: its credit by the model that learns from all journeys, Markov.

Here: which journeys it learns from. One journey more changes every credit a little, so nothing is kept from the run
before. The other models are `int_attribution__credits`; the model itself, and rounding that adds up, are
`routing_jobs.attribution`.
"""

import json

import numpy as np
import pandas as pd
import pyarrow as pa


def model(dbt, session):
    """Journeys, dead ends -> credit_micros, revenue_minor by the removal effects of channels; none if nobody asks."""
    body = dbt.ref("stg_program__rulebooks").filter("file = 'attribution'").project("body").fetchone()[0]
    rules = json.loads(body)
    dbt.ref("int_attribution__credits")  # after it, not beside it: each holds millions of touches in memory
    wanted = "true" if "markov" in rules["models"] else "false"
    session.register("journeys", dbt.ref("int_attribution__journeys").filter(wanted))
    session.register("dead_ends", dbt.ref("int_attribution__dead_ends").filter(wanted))
    session.execute("""
        create or replace temp table credited as
        select *, row_number() over (order by journey_id, touched_at, touch_id) - 1 as position from journeys
    """)
    session.register("shares", _shares(session, rules))
    return session.sql("""
        select
            opportunity_id, touch_id, 'markov' as model, is_won, credit_micros, revenue_minor, campaign_id, lead_channel,
            partner_id, opportunity_at as created_at, closed_at
        from shares
        inner join credited using (position)
    """)


def _shares(session, rules):
    """Position, credit and amount of every touch that led to an opportunity."""
    from routing_jobs.attribution import credit_micros, credit_touches, read_journeys, split_minor

    channels = _number_channels(session)
    # a journey that led to nothing is numbered below 0
    touches = _touches(session, channels, """
        select journey_id, touched_at, converted_at, lead_channel, coalesce(is_won, false) as is_converting from credited
        union all
        select -traveller_number, touched_at, null, lead_channel, false
        from dead_ends
        inner join (
            select traveller_id, row_number() over () as traveller_number from (select distinct traveller_id from dead_ends)
        ) using (traveller_id)
    """)  # fmt: skip
    learned = credit_touches(read_journeys(touches), "markov", order=rules["markov_order"])[1]
    del touches
    credited = _touches(session, channels, """
        select journey_id, touched_at, converted_at, lead_channel, true as is_converting, amount_minor, position
        from credited
    """, "order by position")  # fmt: skip
    journey = credited["journey_id"].to_numpy()
    micros = credit_micros(_weights(read_journeys(credited), learned), journey)
    revenue = split_minor(credited["amount_minor"].to_numpy(), micros, journey)
    return pa.table({"position": np.arange(len(journey)), "credit_micros": micros, "revenue_minor": revenue})


def _number_channels(session):
    """Number the channels in table `channels`; their names in that order."""
    session.execute("""
        create or replace temp table channels as
        select lead_channel, cast(row_number() over (order by lead_channel) - 1 as smallint) as channel_number
        from (select lead_channel from credited union select lead_channel from dead_ends)
    """)
    return [name for (name,) in session.execute("select lead_channel from channels order by channel_number").fetchall()]


def _touches(session, channels, query, order=""):
    """The touches of a query with the number of their channel for its name: of ten million, names take a gigabyte."""
    touches = session.sql(f"""
        select * exclude (lead_channel) from ({query}) inner join channels using (lead_channel) {order}
    """).df()
    return touches.assign(channel=pd.Categorical.from_codes(touches.pop("channel_number"), channels))


def _weights(journeys, learned):
    """Each touch's share of its opportunity: open and lost ones are split by the same weights as won ones."""
    from routing_jobs.attribution.markov import shared_by_removal_effect

    effect = np.nan_to_num(shared_by_removal_effect(journeys, learned))
    # channels that no won journey needed: their journeys are split evenly
    weight = np.where(journeys.total(effect)[journeys.journey] > 0, effect, 1.0)
    shares = np.zeros(journeys.rows)
    shares[journeys.row] = weight / journeys.total(weight)[journeys.journey]
    return shares
