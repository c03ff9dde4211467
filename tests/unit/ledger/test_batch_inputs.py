"""What a batch keeps of its input: everything routing reads, and nothing that names a person."""

from pathlib import Path

import duckdb
import yaml

from routing_jobs.ledger.batch_inputs import RoutingSetting, missing_inputs, read_setting, stage_inputs
from routing_jobs.routing.steps import Relations

MODELS = Path(__file__).resolve().parents[3] / "dbt" / "models" / "intermediate" / "prepare"
PERSONAL = ("email", "phone", "first_name", "last_name", "full_name", "company", "website", "notes", "street", "city")


def columns_of_models():
    """Model -> its columns, of every model prepare declares."""
    declared = [yaml.safe_load(path.read_text())["models"] for path in MODELS.glob("_*.yml") if "unit" not in path.name]
    return {model["name"]: [column["name"] for column in model["columns"]] for models in declared for model in models}


def test_no_relation_routing_reads_names_a_person():
    declared = columns_of_models()
    for relation in Relations().names():
        columns = declared[relation.partition(".")[2]]
        found = [name for name in columns if any(name.startswith(word) for word in PERSONAL)]
        assert found == [], relation


def test_every_relation_is_kept_whole_and_a_missing_one_is_named(tmp_path):
    connection = duckdb.connect()
    connection.execute("create schema intermediate")
    for number, name in enumerate(Relations().names()):
        connection.execute(f"create table {name} as select range as id, {number} as relation from range(3)")
    setting = RoutingSetting(
        duckdb.sql("select timestamp '2026-03-02 08:00:00.000001'").fetchone()[0], "Asia/Tokyo", "JPY"
    )
    stage_inputs(connection, tmp_path, setting)
    assert missing_inputs(tmp_path) == []
    assert read_setting(tmp_path) == setting
    files = sorted(tmp_path.glob("input_*.parquet"))
    assert len(files) == len(Relations().names())
    for file in files:
        assert connection.execute("select count(*) from read_parquet(?)", [str(file)]).fetchone() == (3,)
    files[0].unlink()
    assert missing_inputs(tmp_path) == [files[0].name]
