"""The gate after intake."""

from dagster import AssetKey

from dagster_project.lib.gates import gate_check

arrivals = gate_check(
    "arrivals",
    AssetKey(["raw", "landed_file"]),
    "Required feeds came, in time, mostly whole; every record of every file has one fate.",
)
