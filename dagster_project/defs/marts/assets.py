"""Marts: the second half of the dbt project, built once the batch is in the ledger."""

from dagster_project.defs.prepare.assets import WRITTEN_LATER

MARTS = f"path:models/intermediate/marts path:models/marts {WRITTEN_LATER}"
