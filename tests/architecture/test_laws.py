"""Laws of the house that a linter does not know: clock, guessing, interval arithmetic, names of modules."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE_ROOMS = ("routing", "performance", "sla", "attribution", "scoring", "identity")
CODE = ("routing_jobs", "dagster_project", "expectations")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=False).stdout
    found = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    return [path for path in found if path.is_file()] or [
        path for pattern in patterns for path in ROOT.glob(f"**/{pattern}") if ".venv" not in path.parts
    ]


def calls(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_a_pure_room_reads_no_clock_opens_nothing_and_draws_nothing_unseeded(room):
    forbidden = re.compile(
        r"(datetime|date)\.(now|utcnow|today)$|time\.(time|monotonic|perf_counter)$|^open$|^random\."
        r"|np\.random\.(?!default_rng)|\.read_(csv|parquet|text|bytes)$|\.write_(text|bytes)$"
    )
    modules = sorted((ROOT / "routing_jobs" / room).rglob("*.py"))
    assert modules
    for module in modules:
        found = [name for name in calls(ast.parse(module.read_text())) if forbidden.search(name)]
        assert not found, f"{module.relative_to(ROOT)} calls {found}"


def test_no_interval_arithmetic_in_sql_because_duckdb_merges_different_intervals():
    pattern = re.compile(r"[+-] *interval +[('0-9]", re.IGNORECASE)
    for path in tracked("dbt/*.sql", "routing_jobs/*.py", "expectations/*.py", "data/*.sql"):
        assert not pattern.search(path.read_text()), path.relative_to(ROOT)


def test_no_guessing_of_csv_dialects():
    pattern = re.compile(r"read_csv_auto|sniff_csv|ignore_errors *= *true", re.IGNORECASE)
    for path in tracked("dbt/*.sql", "routing_jobs/*.py", "dagster_project/*.py"):
        assert not pattern.search(path.read_text()), path.relative_to(ROOT)


def test_modules_are_named_for_what_they_hold():
    for top in CODE:
        for path in (ROOT / top).rglob("*.py"):
            assert path.stem not in VAGUE_NAMES, path.relative_to(ROOT)


def test_every_module_says_what_lives_in_it():
    for top in CODE:
        for path in (ROOT / top).rglob("*.py"):
            assert ast.get_docstring(ast.parse(path.read_text())), f"{path.relative_to(ROOT)} has no docstring"


def test_the_lock_names_no_index_and_hashes_every_package():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "index" not in lock
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)


def test_import_laws_hold():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0
