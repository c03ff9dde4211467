"""One row per clock: when it runs out, by the calendar code that also measures (routing_jobs.sla)."""

import pandas as pd

SPAN = ["clock_name", "grade", "tier", "segment"]
CALENDAR = ["timezone", "country", "calendar"]


def model(dbt, session):
    """Clock -> due_at (UTC)."""
    from routing_jobs.program.rulebook import Duration, SlaRules
    from routing_jobs.sla import calendar_for, due_at_many

    def span_of(clock_name, grade, tier, segment):
        if clock_name == "report_grace":
            return Duration(business_days=rules.report_grace.business_days)
        return rules.clock(clock_name, grade=grade, tier=tier, segment=segment)

    body = dbt.ref("stg_program__rulebooks").filter("file = 'sla'").project("body").fetchone()[0]
    rules = SlaRules.model_validate_json(body)
    clocks = dbt.ref("int_clocks__started").order("clock_id").df()
    if clocks.empty:
        return clocks.rename(columns={"started_at": "due_at"})[["clock_id", "due_at"]].astype({"clock_id": "str"})
    which_span, spans = _distinct(clocks[SPAN])
    which_calendar, calendars = _distinct(clocks[CALENDAR])
    due = due_at_many(
        clocks["started_at"],
        [span_of(*span) for span in spans],
        which_span,
        [calendar_for(rules, *calendar) for calendar in calendars],
        which_calendar,
    )
    return pd.DataFrame({"clock_id": clocks["clock_id"], "due_at": due})


def _distinct(keys):
    """The position of each row's combination of keys, and the combinations, nulls as None."""
    which, combinations = pd.MultiIndex.from_frame(keys.astype(object).where(keys.notna(), None)).factorize()
    return which, [tuple(None if pd.isna(value) else value for value in key) for key in combinations]
