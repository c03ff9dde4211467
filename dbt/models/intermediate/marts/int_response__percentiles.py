"""One row per slice of offers, kind of wait and clock: by when half, and nine in ten, had happened.

Here: which offers make a slice. The curves are `routing_jobs.performance`; the waits `int_offers__waits`. A slice is a
cell of rpt_response_time, all offers, or those of one week, month, partner, tier, channel, grade, country or hop.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    table = waits.project(f"'all' as \"all\", {keys}, {', '.join(MEASURES)}").to_arrow_table()
    measured = {name: table.column(name).to_numpy() for name in MEASURES}
    orders = {
        (wait, clock): np.argsort(measured[f"{wait}_{clock}_seconds"], kind="stable")
        for wait in ("answer", "follow_up")
        for clock in CLOCKS
    }
    return pa.concat_tables(_slice_percentiles(measured, orders, name, table.column(name)) for name in ("all", *SLICES))


def _slice_percentiles(measured, orders, name, keys):
    """Every wait and clock of one way of slicing; `keys` names each offer's slice, `orders` sorts offers by each wait."""
    from routing_jobs.performance import incidence_percentiles, survival_percentiles

    codes, names = _numbered(keys)
    cause, is_followed_up = measured["answer_cause"], measured["is_followed_up"].astype(bool)
    parts = []
    for clock in CLOCKS:
        by_answer, by_follow_up = orders["answer", clock], orders["follow_up", clock]
        answer = measured[f"answer_{clock}_seconds"][by_answer] / 60
        follow_up = measured[f"follow_up_{clock}_seconds"][by_follow_up] / 60
        answered, answer_codes, follow_up_codes = cause[by_answer], codes[by_answer], codes[by_follow_up]
        by_wait = {
            "answer": survival_percentiles(answer, answered > 0, answer_codes),
            "accept": incidence_percentiles(answer, answered, answer_codes),
            "follow_up": survival_percentiles(follow_up, is_followed_up[by_follow_up], follow_up_codes),
        }
        for wait, frame in by_wait.items():
            said = {"slice": name.removesuffix("_id"), "wait": wait, "clock": clock}
            columns = {what: pa.repeat(value, len(frame)) for what, value in said.items()}
            columns["slice_key"] = names.take(pa.array(frame.index, pa.int64()))
            columns |= {column: pa.array(frame[figure], from_pandas=True) for figure, column in COLUMNS.items()}
            parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def _numbered(keys):
    """Per offer the number of its slice, and the slices' names in that order."""
    coded = keys.combine_chunks().dictionary_encode()
    order = pc.sort_indices(coded.dictionary)
    number = np.empty(len(order), dtype=np.int64)
    number[order.to_numpy()] = np.arange(len(order))
    return number[coded.indices.to_numpy()], coded.dictionary.take(order)
