"""The gate on a proposal, before it becomes a batch."""

from dagster import AssetKey

from dagster_project.lib.gates import gate_check

proposed_batch = gate_check(
    "proposed_batch",
    AssetKey(["routing", "line"]),
    "Every lead is placed or explained once, every hard rule holds when re-checked by other code, totals reconcile.",
)
