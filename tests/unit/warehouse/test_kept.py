"""Kept rows: what makes them go, and that over any history each model that keeps rows holds what it would hold anew."""

import importlib.util
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing_jobs.program.loading import load_program
from routing_jobs.program.tables import write_program_tables
from routing_jobs.program.workspace import Workspace
from routing_jobs.warehouse import kept

REPOSITORY = Path(__file__).resolve().parents[3]
MODELS = {path.stem: path for path in (REPOSITORY / "dbt" / "models").rglob("*.py")}
PROGRAM = load_program(Workspace(REPOSITORY / "data" / "sample"))
START = datetime.fromisoformat("2026-02-27 15:00")


class Dbt:
    """What a Python model is given by dbt, over tables of one connection."""

    def __init__(self, session: duckdb.DuckDBPyConnection, model: str) -> None:
        self._session = session
        self.this = SimpleNamespace(schema="intermediate", identifier=model)
        self.materialized = "table"

    def config(self, materialized: str, **_: str) -> None:
        """How dbt is to store what the model returns."""
        self.materialized = materialized

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        """The relation of a model."""
        return self._session.table(name)


def run(session: duckdb.DuckDBPyConnection, model: str, inputs: dict[str, str]) -> list[tuple[Any, ...]]:
    """Replace the inputs (name -> SQL), build the model as dbt does, return its rows sorted."""
    session.execute("create schema if not exists intermediate")
    for name, query in inputs.items():
        session.execute(f"create or replace table {name} as {query}")
    rules = {name: rules.model_dump_json() for name, rules in PROGRAM.rules.items()}
    bodies = ", ".join(f"('{name}', '{body.replace(chr(39), chr(39) * 2)}')" for name, body in rules.items())
    session.execute(f"create or replace table stg_program__rulebooks as from (values {bodies}) as t (file, body)")
    specification = importlib.util.spec_from_file_location(model, MODELS[model])
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    dbt = Dbt(session, model)
    session.register("built", module.model(dbt, session))
    session.execute(f"create table intermediate.{model}__dbt_tmp as from built")
    session.unregister("built")
    if dbt.materialized == "table":
        session.execute(f"drop table if exists intermediate.{model}")
    session.execute(f"create table if not exists intermediate.{model} as from intermediate.{model}__dbt_tmp limit 0")
    session.execute(f"insert into intermediate.{model} from intermediate.{model}__dbt_tmp")
    session.execute(f"drop table intermediate.{model}__dbt_tmp")
    return sorted(session.execute(f"from intermediate.{model}").fetchall(), key=repr)


def values(rows: list[dict[str, Any]], types: dict[str, str]) -> str:
    """A query that gives these rows in these columns."""
    columns = ", ".join(f"cast(row['{name}'] as {kind}) as {name}" for name, kind in types.items())
    if not rows:
        return f"select {', '.join(f'cast(null as {kind}) as {name}' for name, kind in types.items())} where false"
    texts = [{name: None if row[name] is None else str(row[name]) for name in types} for row in rows]
    literals = ", ".join(
        "{" + ", ".join(f"'{k}': {'null::varchar' if v is None else repr(v)}" for k, v in row.items()) + "}"
        for row in texts
    )
    return f"select {columns} from (select unnest([{literals}]) as row)"


WORDS = st.sampled_from(["Acme", "Acme GmbH", "ACME Ltd.", "Bolt, Inc.", "none", "GmbH", "Ärzte e.V.", "Core & Co"])
HOSTS = st.sampled_from(["mail.acme.co.uk", "acme.co.uk", "acme.com", "www.acme.com", "bolt.de", "x.y.unknownsuffix"])
MOMENTS = st.integers(0, 400).map(lambda hours: START + timedelta(hours=hours))
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York"])


KEYS = [f"k{number}" for number in range(4)]


@st.composite
def histories(draw: Any, key: str, fields: dict[str, st.SearchStrategy[Any]]) -> list[list[dict[str, Any]]]:
    """States of a table: from one to the next a single field of a row changes, or a row comes or goes."""
    rows = draw(st.dictionaries(st.sampled_from(KEYS), st.fixed_dictionaries(fields), min_size=1))
    states = []
    for _ in range(4):
        states.append([{key: name, **row} for name, row in sorted(rows.items())])
        name, field = draw(st.sampled_from(KEYS)), draw(st.sampled_from(["", *fields]))
        if field and name in rows:
            rows = {**rows, name: {**rows[name], field: draw(fields[field])}}
        elif name in rows:
            rows = {other: row for other, row in rows.items() if other != name}
        else:
            rows = {**rows, name: draw(st.fixed_dictionaries(fields))}
    return states


CLOCKS = histories(
    "clock_id",
    {
            "clock_name": st.sampled_from(["release_to_acceptance", "release_to_follow_up", "report_grace"]),
            "started_at": MOMENTS, "grade": st.sampled_from(["A", "B", None]), "tier": st.sampled_from(["gold", None]),
            "segment": st.none(), "timezone": ZONES, "country": st.sampled_from(["DE", "US", None]),
            "calendar": st.sampled_from(["default", "gulf"]),
    },
)  # fmt: skip
CLOCK_TYPES = dict.fromkeys(
    ("clock_id", "clock_name", "grade", "tier", "segment", "timezone", "country", "calendar"), "varchar"
) | {"started_at": "timestamp"}
WATCHED = histories(
    "assignment_id",
    {
            "answer_watched_until": MOMENTS, "follow_up_watched_until": MOMENTS, "timezone": ZONES,
            "calendar": st.sampled_from(["default", "gulf"]), "partner_country": st.sampled_from(["DE", None]),
    },
)  # fmt: skip
WATCHED_TYPES = dict.fromkeys(("assignment_id", "timezone", "calendar", "partner_country"), "varchar") | dict.fromkeys(
    ("released_at", "answer_watched_until", "follow_up_watched_until"), "timestamp"
)
DEALS = histories(
    "opportunity_id",
    {
            "amount_minor": st.integers(0, 10_001), "closes_after": st.sampled_from([0, 40]),
            "lead_after": st.sampled_from([None, 3]), "partner_id": st.sampled_from(["acme", None]),
            "is_won": st.sampled_from([None, True, False]),
            "touches": st.dictionaries(
                st.sampled_from("abcde"), st.tuples(st.integers(0, 5), st.sampled_from(["email", "web", "event"])),
                min_size=1,
            ),
    },
)  # fmt: skip
JOURNEY_TYPES = dict.fromkeys(
    ("opportunity_id", "touch_id", "lead_channel", "campaign_id", "partner_id"), "varchar"
) | dict.fromkeys(
    ("touched_at", "lead_created_at", "opportunity_at", "converted_at", "closed_at"), "timestamp"
) | {"journey_id": "bigint", "amount_minor": "bigint", "is_won": "boolean"}  # fmt: skip


def journeys(deals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Touches of journeys, one to a deal, numbered by the deals there are."""
    return [
        {
            "journey_id": number, "opportunity_id": deal["opportunity_id"], "touch_id": f"{deal['opportunity_id']}{name}",
            "touched_at": START + timedelta(hours=hour), "lead_channel": channel, "amount_minor": deal["amount_minor"],
            "campaign_id": "C1" if channel == "email" else None, "partner_id": deal["partner_id"],
            "is_won": deal["is_won"], "opportunity_at": START + timedelta(hours=6),
            "converted_at": START + timedelta(hours=6 + deal["closes_after"]),
            "closed_at": None if deal["is_won"] is None else START + timedelta(hours=6 + deal["closes_after"]),
            "lead_created_at": None if deal["lead_after"] is None else START + timedelta(hours=deal["lead_after"]),
        }
        for number, deal in enumerate(sorted(deals, key=lambda deal: deal["opportunity_id"]))
        for name, (hour, channel) in deal["touches"].items()
    ]  # fmt: skip


def texts_of(column: str, texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[dict[str, Any]]]]:
    """States of a table of distinct texts."""
    states = st.lists(st.sets(texts, max_size=4), min_size=2, max_size=4)
    return states.map(lambda found: [[{column: text} for text in sorted(state)] for state in found])


# model -> its input, the input's columns, and its states
CASES = {
    "int_companies__parsed": ("int_companies__written", {"company": "varchar"}, texts_of("company", WORDS)),
    "int_domains__parsed": ("int_domains__written", {"domain": "varchar"}, texts_of("domain", HOSTS)),
    "int_clocks__due": ("int_clocks__started", CLOCK_TYPES, CLOCKS),
    "int_offers__waits": (
        "int_offers__watched",
        WATCHED_TYPES,
        WATCHED.map(lambda states: [[{"released_at": START, **row} for row in state] for state in states]),
    ),
    "int_attribution__credits": (
        "int_attribution__journeys",
        JOURNEY_TYPES,
        DEALS.map(lambda states: [journeys(state) for state in states]),
    ),
}


@pytest.mark.parametrize("model", CASES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_over_any_history_a_model_holds_what_it_would_hold_anew(model, data):
    name, types, states = CASES[model]
    with duckdb.connect(config={"threads": 1}) as session:
        for state in data.draw(states):
            with duckdb.connect(config={"threads": 1}) as anew:
                inputs = {name: values(state, types)}
                assert run(session, model, inputs) == run(anew, model, inputs)


def changed_deals() -> list[tuple[str, dict[str, Any]]]:
    """What a deal of two touches may become without a touch coming or going."""
    deal = {"opportunity_id": "k0", "amount_minor": 0, "closes_after": 0, "lead_after": None}
    deal |= {"partner_id": None, "is_won": None}
    deal["touches"] = {"a": (0, "email"), "b": (1, "web")}
    return [
        ("as it was", deal),
        ("another amount", {**deal, "amount_minor": 1}),
        ("closed later", {**deal, "closes_after": 40}),
        ("a lead between", {**deal, "lead_after": 1}),
        ("won", {**deal, "is_won": True}),
        ("of a partner", {**deal, "partner_id": "acme"}),
        ("channels swapped", {**deal, "touches": {"a": (0, "web"), "b": (1, "email")}}),
        ("instants swapped", {**deal, "touches": {"a": (1, "email"), "b": (0, "web")}}),
        ("both touches later", {**deal, "touches": {"a": (2, "email"), "b": (3, "web")}}),
    ]


def test_what_the_touches_of_a_deal_share_or_swap_decides_its_credits_too():
    model = "int_attribution__credits"
    decided = {}
    with duckdb.connect() as session:
        for name, deal in changed_deals():
            rows = run(session, model, {"int_attribution__journeys": values(journeys([deal]), JOURNEY_TYPES)})
            decided[name] = rows[0][-1]
    assert len(set(decided.values())) == len(decided)


def test_a_run_killed_between_deleting_and_appending_credits_loses_none():
    model, states = "int_attribution__credits", [journeys([deal]) for _, deal in changed_deals()[:2]]
    with duckdb.connect() as session, duckdb.connect() as anew:
        run(session, model, {"int_attribution__journeys": values(states[0], JOURNEY_TYPES)})
        session.execute(f"delete from intermediate.{model}")
        now = {"int_attribution__journeys": values(states[1], JOURNEY_TYPES)}
        assert run(session, model, now) == run(anew, model, now) != []


def test_a_rulebook_of_markov_alone_earns_nothing_here_and_leaves_the_columns_as_they_are(monkeypatch):
    alone = PROGRAM.rules["attribution"].model_copy(update={"models": ("markov",)})
    rules = {**PROGRAM.rules, "attribution": alone}
    monkeypatch.setitem(globals(), "PROGRAM", SimpleNamespace(rules=rules))
    model, state = "int_attribution__credits", journeys([changed_deals()[0][1]])
    with duckdb.connect() as session:
        rows = run(session, model, {"int_attribution__journeys": values(state, JOURNEY_TYPES)})
        assert [(models, micros, revenue) for _, _, models, _, micros, revenue, *_ in rows] == [([], [], [])] * 2
        columns = dict(
            session.execute(f"select column_name, column_type from (describe intermediate.{model})").fetchall()
        )
    assert (columns["models"], columns["credit_micros"]) == ("VARCHAR[]", "BIGINT[]")


def test_every_model_that_keeps_rows_is_listed_and_tried():
    models = {path.stem: path.read_text() for path in (REPOSITORY / "dbt" / "models").rglob("int_*.*")}
    in_python = {name for name, text in models.items() if "kept_rows(" in text}
    in_sql = {name for name, text in models.items() if "is_missing(" in text}  # tried in tests/models/test_kept_rows.py
    assert in_python == CASES.keys()
    assert {name.split(".")[1] for name in kept.KEPT} == in_python | in_sql


def test_a_model_that_is_not_listed_may_keep_nothing():
    with duckdb.connect() as session, pytest.raises(ValueError, match="int_new is not listed in KEPT"):
        kept.kept_rows(Dbt(session, "int_new"), session)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        write(connection)
        kept.forget_other_basis(connection)
        connection.execute("create schema intermediate")
        connection.execute("create table intermediate.int_clocks__due as select 1 as due_at")
        yield connection


def write(connection: duckdb.DuckDBPyConnection, days: int = 0, **changed: Any) -> None:
    """The sample's program as one run writes it."""
    program = SimpleNamespace(**(vars(PROGRAM) | changed)) if changed else PROGRAM
    write_program_tables(
        connection, Workspace(REPOSITORY / "data" / "sample"), program, START + timedelta(days), f"run-{days}"
    )


def has_kept(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(connection.execute("select 1 from duckdb_tables() where table_name = 'int_clocks__due'").fetchall())


def test_another_run_and_other_rates_leave_kept_rows(warehouse):
    write(warehouse, days=1)
    warehouse.execute("update program.exchange_rate set rate = rate * 2")
    assert not kept.forget_other_basis(warehouse)
    assert has_kept(warehouse)


@pytest.mark.parametrize(
    "change",
    [
        "update program.rulebook set body = body || ' '",
        "update program.setting set timezone = 'Asia/Tokyo'",
        "delete from program.maturity",
        "delete from program.basis",
    ],
)
def test_another_program_ends_kept_rows(warehouse, change):
    warehouse.execute(change)
    assert kept.forget_other_basis(warehouse)
    assert not has_kept(warehouse)
    assert not kept.forget_other_basis(warehouse)


def test_another_library_ends_kept_rows(warehouse, monkeypatch):
    version = kept.metadata.version
    monkeypatch.setattr(kept.metadata, "version", lambda name: "0" if name == "duckdb" else version(name))
    assert kept.forget_other_basis(warehouse)


def test_other_code_ends_kept_rows(warehouse, monkeypatch, tmp_path):
    monkeypatch.setattr(kept, "_ROOT", tmp_path)
    model = tmp_path / "dbt" / "models" / "a.sql"
    model.parent.mkdir(parents=True)
    forgotten = []
    for text in ("select 1", "select 1", "select 2"):
        model.write_text(text)
        forgotten.append(kept.forget_other_basis(warehouse))
    assert forgotten == [True, False, True]


def test_a_run_killed_while_forgetting_forgets_again(warehouse, monkeypatch):
    class Killed(BaseException):
        pass

    class Connection:
        def __getattr__(self, name):
            return getattr(warehouse, name)

        def execute(self, query, *arguments):
            if query.startswith("insert into program.basis"):
                raise Killed
            return warehouse.execute(query, *arguments)

    warehouse.execute("delete from program.tier")
    with pytest.raises(Killed):
        kept.forget_other_basis(Connection())
    assert has_kept(warehouse)
    assert kept.forget_other_basis(warehouse)
