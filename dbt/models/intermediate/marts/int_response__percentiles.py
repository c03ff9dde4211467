"""One row per slice of offers, kind of wait and clock: by when half, and nine in ten, had happened.

Here: which offers make a slice. The curves are `routing_jobs.performance`; the waits `int_offers__waits`. A slice is a
cell of rpt_response_time, all offers, or those of one week, month, partner, tier, channel, grade, country or hop.
"""

import pandas as pd

SLICES = ("cell_id", "week", "month", "partner_id", "tier", "lead_channel", "grade", "country", "hop")
CLOCKS = ("elapsed", "business")
MEASURES = (
    "answer_cause",
    "is_followed_up",
    *(f"{wait}_{clock}_seconds" for wait in ("answer", "follow_up") for clock in CLOCKS),
)
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
    keys = ", ".join(f"coalesce(cast({name} as varchar), '') as {name}" for name in SLICES)
    measured = waits.project(f"{keys}, {', '.join(MEASURES)}").df()
    frames = [_slice_percentiles(measured, "all", pd.Series("all", index=measured.index))]
    frames += [_slice_percentiles(measured, name.removesuffix("_id"), measured.pop(name)) for name in SLICES]
    return pd.concat(frames, ignore_index=True)


def _slice_percentiles(measured: pd.DataFrame, kind: str, keys: pd.Series) -> pd.DataFrame:
    """Every wait and clock of one way of slicing; `keys` names each offer's slice."""
    from routing_jobs.performance import incidence_percentiles, survival_percentiles

    codes, names = pd.factorize(keys, sort=True)  # once for six curves: text takes longer to sort than the curves do
    parts = []
    for clock in CLOCKS:
        answer = measured[f"answer_{clock}_seconds"] / 60
        follow_up = measured[f"follow_up_{clock}_seconds"] / 60
        by_wait = {
            "answer": survival_percentiles(answer, measured["answer_cause"] > 0, codes),
            "accept": incidence_percentiles(answer, measured["answer_cause"], codes),
            "follow_up": survival_percentiles(follow_up, measured["is_followed_up"], codes),
        }
        parts += [
            frame.rename(columns=COLUMNS).assign(slice_key=names[frame.index], wait=wait, clock=clock)
            for wait, frame in by_wait.items()
        ]
    return pd.concat(parts, ignore_index=True).assign(slice=kind)
