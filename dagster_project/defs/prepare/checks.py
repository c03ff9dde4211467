"""The gate before routing."""

from dagster import AssetKey

from dagster_project.lib.gates import gate_check

routing_input = gate_check(
    "routing_input",
    AssetKey(["intermediate", "int_routing__leads"]),
    "What routing reads is whole: every routable lead and partner once, with all that the rules need.",
    [AssetKey(["intermediate", "int_routing__partners"])],
)
