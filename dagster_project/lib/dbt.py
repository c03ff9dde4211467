"""How dbt's models become Dagster assets: keys, groups, owners; and the dbt command that builds them."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator, DbtCliResource
from packaging.version import Version

WRITTEN_LATER = ("stg_gates__", "stg_routing__")  # views over what a run writes after prepare: built with the marts


class StageTranslator(DagsterDbtTranslator):
    """Asset key = [schema, table]; group = the stage a model belongs to; owner = who answers for it."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """[schema, table] for models and seeds, [source, table] for sources."""
        if dbt_resource_props["resource_type"] == "source":
            return AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return AssetKey([dbt_resource_props["schema"], dbt_resource_props.get("alias") or dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The stage: what routing reads is prepare, the rest is marts."""
        late = dbt_resource_props["name"].startswith(WRITTEN_LATER)
        path = dbt_resource_props["original_file_path"]
        return "marts" if late or path.startswith(("models/marts", "models/intermediate/marts")) else "prepare"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Analytics engineering answers for every model."""
        return ["team:analytics-engineering"]


class LeanDbt(DbtCliResource):
    """dbt's command without two things nothing here asks for, seconds each: `dbt --version` and an adapter.

    Dagster loads an adapter in its own process to fetch column metadata after a build; DuckDB lets one process write.
    """

    @property
    def _cli_version(self) -> Version:
        return Version(importlib.metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None  # its only caller takes None for an adapter that could not be made
