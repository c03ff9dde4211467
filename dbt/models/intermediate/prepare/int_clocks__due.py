"""One row per clock: when it runs out, by the calendar code that also measures (routing_jobs.sla).

A clock that starts and runs as it did in the run before keeps its deadline; only the others are worked out.
"""

import pandas as pd

from routing_jobs.warehouse.kept import kept_rows

SPAN = ["clock_name", "grade", "tier", "segment"]
CALENDAR = ["timezone", "country", "calendar"]


def model(dbt, session):
    """Clock -> due_at (UTC), and the hash of all that decides it."""
    from routing_jobs.program.rulebook import SlaRules

    body = dbt.ref("stg_program__rulebooks").filter("file = 'sla'").project("body").fetchone()[0]
    rules = SlaRules.model_validate_json(body)
    decides = ", ".join(["started_at", *SPAN, *CALENDAR])
    started = dbt.ref("int_clocks__started").project(f"*, hash({decides}) as decided_by").set_alias("started")
    kept = kept_rows(dbt, session)
    if kept is None:
        return _due(started, rules)
    known = kept.set_alias("known").join(started.project("clock_id, decided_by"), "clock_id, decided_by", how="semi")
    return known.union(session.from_df(_due(started.join(known, "clock_id", how="anti"), rules)))


def _due(started, rules):
    """The deadlines of these clocks."""
    from routing_jobs.sla import calendar_for, due_at_many

    clocks = started.order("clock_id").df()
    kept = clocks[["clock_id"]].astype("str").assign(due_at=clocks["started_at"], decided_by=clocks["decided_by"])
    if clocks.empty:
        return kept
    which_span, spans = _distinct(clocks[SPAN])
    which_calendar, calendars = _distinct(clocks[CALENDAR])
    due = due_at_many(
        clocks["started_at"],
        [_span_of(rules, *span) for span in spans],
        which_span,
        [calendar_for(rules, *calendar) for calendar in calendars],
        which_calendar,
    )
    return kept.assign(due_at=due)


def _span_of(rules, clock_name, grade, tier, segment):
    from routing_jobs.program.rulebook import Duration

    if clock_name == "report_grace":
        return Duration(business_days=rules.report_grace.business_days)
    return rules.clock(clock_name, grade=grade, tier=tier, segment=segment)


def _distinct(keys):
    """The position of each row's combination of keys, and the combinations, nulls as None."""
    which, combinations = pd.MultiIndex.from_frame(keys.astype(object).where(keys.notna(), None)).factorize()
    return which, [tuple(None if pd.isna(value) else value for value in key) for key in combinations]
