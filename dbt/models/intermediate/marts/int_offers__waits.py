"""One row per offer: how long the answer and the first follow-up took, elapsed and in the partner's business time.

Here: nothing but the call of `routing_jobs.sla`, the code that also sets the deadlines. What counts as an answer, and
how long an offer could be watched, is `int_offers__watched`.
"""

import numpy as np

MICROSECONDS = 1_000_000
CALENDAR = ["timezone", "calendar", "partner_country"]


def model(dbt, session):
    """Watched offers -> the same rows with four waits in whole seconds."""
    from routing_jobs.program.rulebook import SlaRules
    from routing_jobs.sla import business_seconds_many

    body = dbt.ref("stg_program__rulebooks").filter("file = 'sla'").project("body").fetchone()[0]
    watched = dbt.ref("int_offers__watched").df()
    calendars, which = _calendars(watched, SlaRules.model_validate_json(body))
    for wait in ("answer", "follow_up"):
        until = watched[f"{wait}_watched_until"]
        elapsed = (until - watched["released_at"]).to_numpy().astype("timedelta64[us]").astype(np.int64)
        watched[f"{wait}_elapsed_seconds"] = elapsed // MICROSECONDS
        watched[f"{wait}_business_seconds"] = business_seconds_many(watched["released_at"], until, calendars, which)
    return watched.drop(columns=CALENDAR)


def _calendars(watched, rules):
    """The distinct calendars partners keep, and the position of each row's."""
    from routing_jobs.sla import calendar_for

    keys = watched[CALENDAR].astype(object).where(watched[CALENDAR].notna(), None)
    distinct = keys.drop_duplicates().sort_values(CALENDAR, na_position="first").reset_index(drop=True)
    calendars = [calendar_for(rules, row.timezone, row.partner_country, row.calendar) for row in distinct.itertuples()]
    positions = {tuple(row): position for position, row in enumerate(distinct.itertuples(index=False, name=None))}
    which = np.fromiter((positions[row] for row in keys.itertuples(index=False, name=None)), np.int64, len(keys))
    return calendars, which
