"""One row per slice of offers, kind of wait and clock: by when half, and nine in ten, had happened.

Here: which offers make a slice. The curves are `routing_jobs.performance`; the waits `int_offers__waits`. A slice is a
cell of rpt_response_time, all offers, or those of one week, month, partner, tier, channel, grade, country or hop.
"""

import pandas as pd

SLICES = ("cell_id", "week", "month", "partner_id", "tier", "lead_channel", "grade", "country", "hop")
CLOCKS = ("elapsed", "business")
COLUMNS = {
    "n": "offer_count",
    "events": "event_count",
    "p50": "median_minutes",
    "p50_lower": "median_minutes_lower",
    "p50_upper": "median_minutes_upper",
    "p90": "p90_minutes",
    "p90_lower": "p90_minutes_lower",
    "p90_upper": "p90_minutes_upper",
}


def model(dbt, session):
    """Offers' waits -> percentiles in minutes, null where not reached, with 95 % intervals."""
    watched = dbt.ref("int_offers__watched").set_alias("watched")
    waits = dbt.ref("int_offers__waits").set_alias("waits").join(watched, "assignment_id").order("assignment_id")
    measured = waits.project(
        "answer_cause, is_followed_up, answer_elapsed_seconds, answer_business_seconds, "
        "follow_up_elapsed_seconds, follow_up_business_seconds"
    ).df()
    frames = [_slice_percentiles(measured, "all", pd.Series("all", index=measured.index))]
    for name in SLICES:
        keys = waits.project(f"coalesce(cast({name} as varchar), '') as slice_key").df()["slice_key"]
        frames.append(_slice_percentiles(measured, name.removesuffix("_id"), keys))
    return pd.concat(frames, ignore_index=True)


def _slice_percentiles(measured: pd.DataFrame, kind: str, keys: pd.Series) -> pd.DataFrame:
    """Every wait and clock of one way of slicing; `keys` names each offer's slice."""
    from routing_jobs.performance import incidence_percentiles, survival_percentiles

    parts = []
    for clock in CLOCKS:
        answer = measured[f"answer_{clock}_seconds"] / 60
        follow_up = measured[f"follow_up_{clock}_seconds"] / 60
        by_wait = {
            "answer": survival_percentiles(answer, measured["answer_cause"] > 0, keys),
            "accept": incidence_percentiles(answer, measured["answer_cause"], keys),
            "follow_up": survival_percentiles(follow_up, measured["is_followed_up"], keys),
        }
        parts += [
            frame.rename(columns=COLUMNS).rename_axis("slice_key").reset_index().assign(wait=wait, clock=clock)
            for wait, frame in by_wait.items()
        ]
    return pd.concat(parts, ignore_index=True).assign(slice=kind)
