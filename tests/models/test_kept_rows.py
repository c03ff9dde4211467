"""What models keep from run to run comes out as if built from scratch, over a program's history drawn at random.

Each step of a history adds, corrects and takes away records of every kind, merges and parts buyers and companies, lets
late references find their lead, moves as_of, and now and then changes rates or the rulebook. The warehouse that is kept
and one built anew must then hold the same rows in every table of intermediate and marts.
"""

import random
from datetime import datetime, timedelta
from typing import Any

import duckdb

from routing_jobs.program.entities import ENTITIES
from routing_jobs.program.loading import load_program
from routing_jobs.program.tables import write_program_tables
from routing_jobs.warehouse.kept import KEPT, forget_other_basis

PARTNERS = ("acme", "bolt", "core")
COUNTRIES = ("DE", "FR", "US")
CHANNELS = ("email", "webinar", "search", "social", None)
FORMS = ("", " Ltd", " GmbH", ", Inc.")


class Program:
    """A world whose records are laid anew at each run, in a warehouse that stays."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.warehouse = world.workspace.warehouse

    def run(self, history: "History", edits: list[tuple[str, str, str]]) -> bool:
        """Lay the history's records, edit the program's files, run every model; whether another basis was forgotten."""
        world = self.world
        if self.warehouse.exists():
            with duckdb.connect(str(self.warehouse)) as connection:
                for name in ENTITIES:
                    connection.execute(f"delete from raw.{name}")
        world.rows.clear()
        world.as_of = history.as_of
        history.lay(world)
        world._write()
        for path, old, new in edits:
            file = world.workspace.root / path
            assert old in file.read_text()
            file.write_text(file.read_text().replace(old, new))
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            program = load_program(world.workspace)
            write_program_tables(connection, world.workspace, program, world.as_of, "run-1")
            is_forgotten = forget_other_basis(connection)
        finished = world.dbt("run")
        assert finished.returncode == 0, finished.stdout[-6000:]
        return is_forgotten


class History:
    """The records of a program, changed step by step."""

    def __init__(self, seed: int, as_of: datetime) -> None:
        self.draw = random.Random(seed)
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.as_of = as_of
        self.leads = 0

    def step(self) -> None:
        """New records, corrections, records gone; as_of eleven days later."""
        self.as_of += timedelta(days=11)
        for _ in range(12):
            self._add_lead()
        for key in self.draw.sample(sorted(self.records), k=min(len(self.records), 12)):
            self._correct(key)
        for key in self.draw.sample(sorted(self.records), k=6):
            if key[0] not in ("leads", "partners"):
                del self.records[key]

    def lay(self, world: Any) -> None:
        """The records, and the roster, as the world's."""
        for number, partner in enumerate(PARTNERS):
            world.add("partners", partner_id=partner, country=COUNTRIES[number], timezone="Europe/Berlin")
            world.add("partner_contacts", partner_id=partner, email=f"desk@{partner}.example")
            world.add("partner_territories", partner_id=partner, country=COUNTRIES[number])
        for (entity, _), record in sorted(self.records.items()):
            world.add(entity, **record)

    def _before(self, days: float) -> Any:
        return self.as_of - timedelta(days=self.draw.uniform(0, days))

    def _add_lead(self) -> None:
        self.leads += 1
        name, buyer = f"lead-{self.leads}", self.draw.randrange(self.leads)
        firm = buyer // 3
        self.records["leads", name] = {
            "source_record_id": name, "captured_at": self._before(40), "email": f"b{buyer}@firm{firm}.com",
            "company": f"Firm {firm}{self.draw.choice(FORMS)}", "country": self.draw.choice(COUNTRIES),
            "website": self.draw.choice((f"www.firm{firm}.com", None)), "first_name": "Ada", "last_name": f"L{buyer}",
            "estimated_value": self.draw.choice((None, 100.5, 9000)), "currency": self.draw.choice(("EUR", "USD")),
        }  # fmt: skip
        for number in range(self.draw.randrange(6)):
            self._add_touch(f"{name}-{number}")
        self._add_offers(name)
        if self.draw.random() < 0.6:
            self._add_deal(name)

    def _reference(self) -> dict[str, Any]:
        """A lead there is, or one that may come."""
        number = self.draw.randrange(1, self.leads + 4)
        if self.draw.random() < 0.5:
            return {"lead_source_system": "crm", "lead_source_record_id": f"lead-{number}"}
        return {"lead_email": f"b{number}@firm{number // 3}.com"}

    def _add_touch(self, name: str) -> None:
        self.records["touches", name] = {
            "touch_id": name, "touched_at": self._before(60), "channel": self.draw.choice(CHANNELS),
            "campaign_id": self.draw.choice(("C1", "C2", None)), **self._reference(),
        }  # fmt: skip

    def _add_offers(self, name: str) -> None:
        reference = {"lead_source_system": "crm", "lead_source_record_id": name}
        for hop in range(self.draw.randrange(3)):
            assigned_at = self._before(20) + timedelta(days=hop)
            self.records["assignment_history", f"{name}-{hop}"] = {
                "partner_id": self.draw.choice(PARTNERS), "assigned_at": assigned_at, **reference,
                "response": self.draw.choice(("accepted", "declined", None)),
                "responded_at": self.draw.choice((None, assigned_at + timedelta(hours=self.draw.randrange(90)))),
            }  # fmt: skip
            self.records["partner_activity", f"{name}-{hop}"] = {
                "activity_id": f"{name}-{hop}", "partner_id": self.draw.choice(PARTNERS),
                "activity_type": self.draw.choice(("contacted", "qualified", "note")),
                "occurred_at": assigned_at + timedelta(hours=self.draw.randrange(200)),
                "reported_at": self._before(5), **reference,
            }  # fmt: skip

    def _add_deal(self, name: str) -> None:
        created_at = self._before(15)
        is_won = self.draw.choice((None, True, False))
        named = self.draw.choice(({"account": f"Firm {self.leads // 3}"}, self._reference()))
        self.records["opportunities", name] = {
            "opportunity_id": name, "created_at": created_at, "amount": self.draw.choice((100.01, 77, 12000)),
            "currency": self.draw.choice(("EUR", "USD")), "is_won": is_won, "stage": "s",
            "closed_at": None if is_won is None else created_at + timedelta(days=self.draw.randrange(20)), **named,
        }  # fmt: skip

    def _correct(self, key: tuple[str, str]) -> None:
        other = self.draw.randrange(1, self.leads + 1)
        change = {
            "leads": {"email": f"b{other}@firm{other // 3}.com", "company": f"Firm {other // 3}"},
            "touches": {"channel": self.draw.choice(CHANNELS), "touched_at": self._before(50)},
            "opportunities": {"is_won": True, "closed_at": self._before(3), "amount": 55},
            "assignment_history": {"response": "accepted", "responded_at": self._before(10)},
            "partner_activity": {"activity_type": "qualified"},
        }[key[0]]
        self.records[key] |= change


def differing(kept: Program, anew: Program) -> dict[str, tuple[int, int]]:
    """Tables that differ: rows only the kept warehouse has, rows only the new one has."""
    with duckdb.connect(str(kept.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{anew.warehouse}' as anew (read_only)")
        tables = connection.execute(
            "select distinct table_schema || '.' || table_name from information_schema.tables "
            "where table_schema in ('intermediate', 'marts') and table_catalog = current_database() order by 1"
        ).fetchall()
        assert {"intermediate.int_leads__enriched", "marts.fct_touch", *KEPT} <= {name for (name,) in tables}
        found = {}
        for (name,) in tables:
            sides = (name, f"anew.{name}")
            one, other = (
                connection.execute(f"select count(*) from (from {a} except all from {b})").fetchone()[0]
                for a, b in (sides, sides[::-1])
            )
            if one or other:
                found[name] = (one, other)
        return found


NEW_RATE = ("reference/exchange_rates.csv", "0.80", "0.83")
NEW_RULES = [("rulebook/sla.yaml", "17:00", "15:30"), ("rulebook/attribution.yaml", "336", "100")]
EDITS = [[], [NEW_RATE], [NEW_RATE, *NEW_RULES], [NEW_RATE, *NEW_RULES]]


def test_a_kept_warehouse_holds_the_rows_of_one_built_anew(new_world):
    kept = Program(new_world())
    history = History(1, kept.world.as_of)
    forgotten = []
    for edits in EDITS:
        history.step()
        forgotten.append(kept.run(history, edits))
        if len(forgotten) % 2 == 0:  # after a step of data and rates, and after one that follows new rules
            anew = Program(new_world())
            anew.run(history, edits)
            assert differing(kept, anew) == {}, f"step {len(forgotten)}"
    assert forgotten == [True, False, True, False]  # rates are data, rules are not
    with duckdb.connect(str(kept.warehouse), read_only=True) as connection:
        left = connection.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
    assert left == []  # what dbt hands rows over in
