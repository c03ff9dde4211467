"""One row per attribution model that shares credit out by place: what each place earns, as the rulebook has it."""

import json

import pyarrow as pa

PLACES = ("first", "lead", "opportunity", "last", "won", "rest")


def model(dbt, session):
    """Model -> share of each place, null where the model has no such place."""
    from routing_jobs.attribution.rules import SHARES

    body = dbt.ref("stg_program__rulebooks").filter("file = 'attribution'").project("body").fetchone()[0]
    rules = json.loads(body)
    shares = {name: SHARES[name] | rules["weights"].get(name, {}) for name in rules["models"] if name in SHARES}
    columns = {place: pa.array([of.get(place) for of in shares.values()], pa.float64()) for place in PLACES}
    return pa.table({"model": pa.array(shares, pa.string())} | columns)
