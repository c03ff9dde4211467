"""One row per lead: its score by rulebook/scoring.yaml, and what it is made of."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pandas as pd


def model(dbt, session):
    """Lead -> fit_points, engagement_points, score, grade, disqualify_reason, parts."""
    from routing_jobs.program.rulebook import ScoringRules
    from routing_jobs.scoring import needed_columns, score

    body = dbt.ref("stg_program__rulebooks").filter("file = 'scoring'").project("body").fetchone()[0]
    as_of, timezone = dbt.ref("stg_program__settings").project("as_of, timezone").fetchone()
    rules = ScoringRules.model_validate_json(body)
    columns = ["lead_id", *needed_columns(rules)]
    leads = dbt.ref("int_leads__scoring_input").project(", ".join(columns)).order("lead_id").df()
    scores = score(leads, rules, as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)))
    return pd.concat([leads["lead_id"].astype("str"), scores], axis="columns")
