"""One row per slice of offers, kind of wait and clock: by when half, and nine in ten, had happened.

Here: which offers make a slice. The curves are `routing_jobs.performance`; the waits `int_offers__waits`. A slice is a
cell of rpt_response_time, all offers, or those of one week, month, partner, tier, channel, grade, country or hop.
"""

import numpy as np
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
    orders = {
        (wait, clock): np.argsort(measured[f"{wait}_{clock}_seconds"].to_numpy(), kind="stable")
        for wait in ("answer", "follow_up")
        for clock in CLOCKS
    }
    frames = [_slice_percentiles(measured, orders, "all", pd.Series("all", index=measured.index))]
    frames += [_slice_percentiles(measured, orders, name.removesuffix("_id"), measured[name]) for name in SLICES]
    return pd.concat(frames, ignore_index=True)


def _slice_percentiles(measured, orders, kind, keys):
    """Every wait and clock of one way of slicing; `keys` names each offer's slice, `orders` sorts offers by each wait."""
    from routing_jobs.performance import incidence_percentiles, survival_percentiles

    codes, names = pd.factorize(keys, sort=True)  # once for six curves: text takes longer to sort than the curves do
    cause, is_followed_up = measured["answer_cause"].to_numpy(), measured["is_followed_up"].to_numpy(dtype=bool)
    parts = []
    for clock in CLOCKS:
        by_answer, by_follow_up = orders["answer", clock], orders["follow_up", clock]
        answer = measured[f"answer_{clock}_seconds"].to_numpy()[by_answer] / 60
        follow_up = measured[f"follow_up_{clock}_seconds"].to_numpy()[by_follow_up] / 60
        answered, follow_up_codes = cause[by_answer], codes[by_follow_up]
        by_wait = {
            "answer": survival_percentiles(answer, answered > 0, codes[by_answer]),
            "accept": incidence_percentiles(answer, answered, codes[by_answer]),
            "follow_up": survival_percentiles(follow_up, is_followed_up[by_follow_up], follow_up_codes),
        }
        parts += [
            frame.rename(columns=COLUMNS).assign(slice_key=names[frame.index], wait=wait, clock=clock)
            for wait, frame in by_wait.items()
        ]
    return pd.concat(parts, ignore_index=True).assign(slice=kind)
