"""One row per kind of wait, clock and step: the curves over all offers that the percentiles are read from.

Here: thinning the curves to steps a chart can show. The curves themselves are `routing_jobs.performance`.
"""

import numpy as np
import pandas as pd

MOST_STEPS = 200  # more than a chart has pixels to tell apart
CLOCKS = ("elapsed", "business")


def model(dbt, session):
    """Offers' waits -> share answered, accepted, declined and followed up after so many minutes."""
    from routing_jobs.performance import cumulative_incidence, kaplan_meier

    watched = dbt.ref("int_offers__watched").project("assignment_id, answer_cause, is_followed_up").set_alias("watched")
    waits = dbt.ref("int_offers__waits").set_alias("waits").join(watched, "assignment_id").df()
    frames = []
    for clock in CLOCKS:
        answer = waits[f"answer_{clock}_seconds"] / 60
        follow_up = waits[f"follow_up_{clock}_seconds"] / 60
        accepted = cumulative_incidence(answer, waits["answer_cause"], of_interest=1)
        declined = cumulative_incidence(answer, waits["answer_cause"], of_interest=2)
        curves = {
            "answer": _share_done(kaplan_meier(answer, waits["answer_cause"] > 0)),
            "accept": accepted.rename(columns={"incidence": "share"}),
            "decline": declined.rename(columns={"incidence": "share"}),
            "follow_up": _share_done(kaplan_meier(follow_up, waits["is_followed_up"])),
        }
        frames += [_thinned(curve).assign(wait=wait, clock=clock) for wait, curve in curves.items()]
    return pd.concat(frames, ignore_index=True)


def _share_done(curve: pd.DataFrame) -> pd.DataFrame:
    """A survival curve turned over: the share for which it has happened."""
    done = {"share": 1 - curve["survival"], "lower": 1 - curve["upper"], "upper": 1 - curve["lower"]}
    return curve.drop(columns="survival").assign(**done)


def _thinned(curve: pd.DataFrame) -> pd.DataFrame:
    """The steps with an event and the events so far, evenly thinned to at most MOST_STEPS; the last one always stays."""
    steps = curve[curve["events"] > 0].assign(events_so_far=lambda kept: kept["events"].cumsum())
    if len(steps) > MOST_STEPS:
        steps = steps.iloc[np.unique(np.linspace(0, len(steps) - 1, MOST_STEPS).astype(int))]
    return steps.rename(columns={"time": "minutes"})
