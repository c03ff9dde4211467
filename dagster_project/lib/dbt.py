"""How dbt's models become Dagster assets: keys, groups, owners; and the manifest, parsed once per change."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator

from routing_jobs.program.errors import LeadrouteError
from routing_jobs.program.workspace import Workspace

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt"
WAREHOUSE_VARIABLE = "LEADROUTE_WAREHOUSE"
WRITTEN_LATER = ("stg_gates__", "stg_routing__")  # views over what a run writes after prepare: built with the marts
_PARSED_SUFFIXES = {".sql", ".yml", ".yaml", ".py", ".md", ".csv"}


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


def target_folder(workspace: Workspace) -> Path:
    """Where dbt keeps the parsed project and its artefacts for this workspace."""
    return workspace.state / "dbt"


def ensure_manifest(workspace: Workspace) -> Path:
    """The path of manifest.json, parsed anew only when the dbt project changed."""
    target = target_folder(workspace)
    target.mkdir(parents=True, exist_ok=True)
    os.environ[WAREHOUSE_VARIABLE] = str(workspace.warehouse)
    manifest, stamp = target / "manifest.json", target / "project.sha256"
    fingerprint = _project_fingerprint()
    if manifest.is_file() and stamp.is_file() and stamp.read_text() == fingerprint:
        return manifest
    command = [
        str(Path(sys.executable).with_name("dbt")), "--quiet", "parse", "--project-dir", str(DBT_PROJECT),
        "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target / "logs"),
    ]  # fmt: skip
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise LeadrouteError(f"dbt cannot parse the project in {DBT_PROJECT}:\n{finished.stdout}{finished.stderr}")
    stamp.write_text(fingerprint)
    return manifest


def _project_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT.rglob("*")):
        inside = path.relative_to(DBT_PROJECT)
        if path.is_file() and path.suffix in _PARSED_SUFFIXES and inside.parts[0] not in {"target", "logs"}:
            digest.update(f"{inside}\n".encode() + path.read_bytes())
    return digest.hexdigest()
