"""A small program for tests of ledger and release: proposals of any size, a passed gate, a serving copy, people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import event

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.authority import Decision
from routing_jobs.ledger.batch_files import stage_frames
from routing_jobs.ledger.lines import CANDIDATE_SCHEMA, LINE_SCHEMA, PARTNER_SCHEMA, content_sha256
from routing_jobs.ledger.proposals import Proposal, ProposalOutcome, propose_batch
from routing_jobs.program.workspace import Workspace
from routing_jobs.release.deadlines import Deadlines

T0 = datetime(2026, 3, 2, 8)
RULEBOOK = {"routing": {"version": "7", "limits": {"max_hops": 3}}}
RULEBOOK_SHA = "f" * 64
ROLES = {
    "olivia": ("reviewer", "approver"),
    "raj": ("reviewer",),
    "ada": ("admin", "approver", "reviewer"),
    "adam": ("admin",),
    "pia": ("approver",),
    "nobody": (),
}
CONTACT_NAME, CONTACT_EMAIL = "Zoë Quill", "zoe.quill@buyer.example"


def roles_of(person: str) -> tuple[str, ...]:
    return ROLES.get(person, ())


def by(person: str, minutes: int = 0, version: int | None = None) -> Decision:
    return Decision(person, T0 + timedelta(minutes=minutes), roles_of, version)


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def verdict(content: str, *, gate: str = "proposed_batch", passed: bool = True) -> Any:
    return SimpleNamespace(
        run_id="run-1",
        gate=gate,
        check_name="lines__rows_are_complete",
        subject_sha256=content,
        passed=passed,
        rows_seen=3,
        rows_failed=0 if passed else 2,
        message="" if passed else "2 lines have no partner",
        remedy="",
    )


def line(number: int, partner: str | None = "P1", *, unit: int | None = None, **changes: Any) -> dict[str, Any]:
    place = number if unit is None else unit
    return {
        "lead_id": f"lead-{number:06d}",
        "unit_id": f"unit-{place:06d}",
        "identity_id": f"identity-{number:06d}",
        "account_id": f"account-{place:06d}",
        "product": "routers",
        "partner_id": partner,
        "hop": 1,
        "source": "routed",
        "exception_code": None if partner else "ALL_AT_LIMIT",
        "remedy": None,
        "owner": None,
        "due_at": None,
        "rule": "optimal" if partner else None,
        "score": 1000 + number,
    } | changes


def candidate(number: int, partner: str, *, unit: int | None = None, eligible: bool = True) -> dict[str, Any]:
    place = number if unit is None else unit
    return dict.fromkeys(CANDIDATE_SCHEMA.names) | {
        "unit_id": f"unit-{place:06d}",
        "lead_id": f"lead-{number:06d}",
        "partner_id": partner,
        "is_eligible": eligible,
        "exclusion_reason": None if eligible else "NOT_CERTIFIED",
        "score": 900 + number,
        "is_assigned": False,
    }


@dataclass
class World:
    ledger: Ledger

    @property
    def workspace(self) -> Workspace:
        return self.ledger.workspace

    def stage(self, lines: list[dict[str, Any]], candidates: list[dict[str, Any]], capacity: dict[str, int]) -> Path:
        units = {(row["unit_id"], row["partner_id"]) for row in lines}
        partners = [
            {"partner_id": partner, "capacity": slots, "assigned": sum(p == partner for _u, p in units), "price": 0}
            for partner, slots in capacity.items()
        ]
        return stage_frames(
            self.workspace.batches,
            pa.Table.from_pylist(lines, LINE_SCHEMA),
            pa.Table.from_pylist(candidates, CANDIDATE_SCHEMA),
            pa.Table.from_pylist(partners, PARTNER_SCHEMA),
            RULEBOOK,
        )

    def propose(
        self,
        lines: list[dict[str, Any]],
        *,
        minutes: int = 0,
        is_express: bool = False,
        judged: bool = True,
        supersede: str | None = None,
        candidates: list[dict[str, Any]] | None = None,
        capacity: dict[str, int] | None = None,
    ) -> ProposalOutcome:
        """Propose; by default P1, P2, P3 are eligible for every lead with plenty of room, P9 is not."""
        if candidates is None:
            candidates = [
                candidate(int(row["lead_id"][-6:]), partner, unit=int(row["unit_id"][-6:]), eligible=partner != "P9")
                for row in lines
                for partner in ("P1", "P2", "P3", "P9")
            ]
        folder = self.stage(lines, candidates, capacity or {"P1": 100, "P2": 100, "P3": 1, "P9": 100})
        content = content_sha256(pa.Table.from_pylist(lines, LINE_SCHEMA), RULEBOOK_SHA)
        if judged:
            self.judge(content, minutes)
        proposal = Proposal(folder, is_express, RULEBOOK_SHA, "7", run_id="run-1", objective=5, upper_bound=5, gap=0.0)
        return propose_batch(self.ledger, proposal, at(minutes), supersede=supersede)

    def judge(self, content: str, minutes: int = 0, *, passed: bool = True) -> None:
        self.ledger.record_verdicts([verdict(content, passed=passed)], at(minutes))

    def approve(self, batch_id: str, person: str = "olivia", minutes: int = 1) -> None:
        """Judge what stands and approve it."""
        from routing_jobs.ledger.batches import read_batch
        from routing_jobs.ledger.review import approve_batch

        with self.ledger.reading() as connection:
            self_content = read_batch(connection, batch_id).content_sha256
        self.judge(self_content, minutes)
        approve_batch(self.ledger, batch_id, by(person, minutes))

    def serve(
        self,
        leads: int,
        *,
        partners: tuple[str, ...] = ("P1", "P2", "P3"),
        without_consent: tuple[int, ...] = (),
        without_contact: tuple[str, ...] = (),
        inactive: tuple[str, ...] = (),
        texts: dict[int, dict[str, str]] | None = None,
    ) -> None:
        """Write a serving copy of leads 0..n-1 with the columns of `publish.serving`, and point `current` to it."""
        folder = self.workspace.serving / "000001"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "operations.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema serving")
            rows = [
                _lead(number, number not in without_consent, (texts or {}).get(number, {})) for number in range(leads)
            ]
            connection.register("leads", pa.Table.from_pylist(rows))
            connection.execute("create table serving.lead as select * from leads")
            connection.execute(
                "create table serving.partner (partner_id varchar, partner_name varchar, country varchar, calendar varchar)"
            )
            connection.execute(
                "create table serving.partner_limit (partner_id varchar, is_active_now boolean, tier varchar, "
                "timezone varchar, has_valid_contact boolean)"
            )
            for name in partners:
                connection.execute("insert into serving.partner values (?, ?, 'DE', null)", [name, f"Partner {name}"])
                limit = [name, name not in inactive, "gold", "Europe/Berlin", name not in without_contact]
                connection.execute("insert into serving.partner_limit values (?, ?, ?, ?, ?)", limit)
        current = self.workspace.serving / "current"
        current.unlink(missing_ok=True)
        current.symlink_to(folder)


def _lead(number: int, consents: bool, texts: dict[str, str]) -> dict[str, Any]:
    return {
        "lead_id": f"lead-{number:06d}",
        "lead_ref": f"LR-{number:06d}",
        "source_system": "web",
        "source_record_id": f"W{number}",
        "first_name": "Zoë",
        "last_name": "Quill",
        "company": f"Company {number}",
        "email_normalized": f"buyer{number}@company{number}.example",
        "phone_e164": f"+4930{1000000 + number}",
        "country": "DE",
        "region": "Bayern",
        "postal_code": "80331",
        "city": "München",
        "product_interest": ["Edge Router", "Firewall"],
        "notes": "please call",
        "grade": "A",
        "segment": "smb",
        "has_consent": consents,
    } | texts


def deadlines(_lead: Any, _partner: Any) -> Deadlines:
    return Deadlines(at(60 * 24), at(60 * 48))


def new_world(root: Path, *, is_durable: bool = True) -> World:
    """A program at `root`; not durable: commits are not synced, for tests that make thousands."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "program.yaml").write_text("name: test\n")
    ledger = Ledger.open(Workspace(root), clock=lambda: datetime(2030, 1, 1))
    if not is_durable:
        ledger.engine.dispose()
        event.listen(
            ledger.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF")
        )
    return World(ledger)
