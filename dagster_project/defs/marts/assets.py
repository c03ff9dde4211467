"""Marts: the second half of the dbt project, built once the batch is in the ledger."""

from dagster_project.defs.prepare.assets import LATER

MARTS = f"fqn:leadroute.intermediate.marts fqn:leadroute.marts {LATER}"
