"""One row per offer: how long the answer and the first follow-up took, elapsed and in the partner's business time.

Here: nothing but the call of `routing_jobs.sla`, the code that also sets the deadlines. What counts as an answer, and
how long an offer could be watched, is `int_offers__watched`. An offer watched as long, by the same calendar, as in the
run before keeps its waits; only the others are worked out.
"""

import numpy as np
import pandas as pd

from routing_jobs.warehouse.kept import kept_rows

MICROSECONDS = 1_000_000
CALENDAR = ["timezone", "calendar", "partner_country"]
DECIDES = ["released_at", "answer_watched_until", "follow_up_watched_until", *CALENDAR]


def model(dbt, session):
    """Watched offers -> four waits in whole seconds, and the hash of all that decides them."""
    from routing_jobs.program.rulebook import SlaRules

    body = dbt.ref("stg_program__rulebooks").filter("file = 'sla'").project("body").fetchone()[0]
    rules = SlaRules.model_validate_json(body)
    decides = ", ".join(DECIDES)
    watched = dbt.ref("int_offers__watched").project(f"assignment_id, {decides}, hash({decides}) as decided_by")
    kept = kept_rows(dbt, session)
    if kept is None:
        return _waits(watched, rules)
    same = watched.project("assignment_id, decided_by").set_alias("same")
    known = kept.set_alias("known").join(same, "assignment_id, decided_by", how="semi")
    new = watched.set_alias("watched").join(known, "assignment_id", how="anti")
    return known.union(session.from_df(_waits(new, rules)))


def _waits(offers, rules):
    """The waits of these offers."""
    from routing_jobs.sla import business_seconds_many

    watched = offers.df()
    calendars, which = _calendars(watched, rules)
    waits = watched[["assignment_id"]].astype("str")
    for wait in ("answer", "follow_up"):
        until = watched[f"{wait}_watched_until"]
        elapsed = (until - watched["released_at"]).to_numpy().astype("timedelta64[us]").astype(np.int64)
        waits[f"{wait}_elapsed_seconds"] = elapsed // MICROSECONDS
        waits[f"{wait}_business_seconds"] = business_seconds_many(watched["released_at"], until, calendars, which)
    return waits.assign(decided_by=watched["decided_by"])


def _calendars(watched, rules):
    """The distinct calendars partners keep, and the position of each row's."""
    from routing_jobs.sla import calendar_for

    keys = watched[CALENDAR].astype(object).where(watched[CALENDAR].notna(), None)
    which, distinct = pd.MultiIndex.from_frame(keys).factorize()
    cleaned = ([None if pd.isna(value) else value for value in key] for key in distinct)
    return [calendar_for(rules, timezone, country, calendar) for timezone, calendar, country in cleaned], which
