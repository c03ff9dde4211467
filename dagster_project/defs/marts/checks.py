"""The gate before publishing."""

from dagster import AssetKey

from dagster_project.lib.gates import gate_check

marts = gate_check(
    "marts",
    AssetKey(["marts", "rpt_data_quality"]),
    "The numbers add up: stages, credits and money reconcile across marts.",
    [AssetKey(["marts", name]) for name in ("fct_lead", "fct_assignment", "fct_attribution_credit", "rpt_funnel")],
)
