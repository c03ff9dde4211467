"""Gate verdicts as the ledger keeps them: what was judged, by content hash, and whether every check passed.

The gates themselves live in `expectations`. Here a verdict is stored, and refused where it is missing or failed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from sqlalchemy import Connection, func, select

from routing_jobs.ledger.ledger import Ledger
from routing_jobs.ledger.tables import GATE_VERDICT
from routing_jobs.program.errors import GateRefusedError

BATCH_GATE = "proposed_batch"
_SHOWN = 5


class CheckVerdict(Protocol):
    """The result of one check of a gate; `expectations.Verdict` is one."""

    @property
    def run_id(self) -> str:
        """The run, or the review, it was judged in."""
        ...

    @property
    def gate(self) -> str:
        """Name of the gate."""
        ...

    @property
    def check_name(self) -> str:
        """Name of the check."""
        ...

    @property
    def subject_sha256(self) -> str:
        """Content hash of what was judged."""
        ...

    @property
    def passed(self) -> bool:
        """Whether the rows passed."""
        ...

    @property
    def rows_seen(self) -> int:
        """Rows it looked at."""
        ...

    @property
    def rows_failed(self) -> int:
        """Rows that broke the rule."""
        ...

    @property
    def message(self) -> str:
        """What was found, without personal data."""
        ...

    @property
    def remedy(self) -> str:
        """What to do about it."""
        ...


def record_verdicts(ledger: Ledger, verdicts: Sequence[CheckVerdict], as_of: datetime) -> None:
    """Write verdicts down: one event per gate and subject, all of its checks in it."""
    if not verdicts:
        return

    def subject(verdict: CheckVerdict) -> tuple[str, str, str]:
        return verdict.gate, verdict.subject_sha256, verdict.run_id

    with ledger.writing(as_of) as transaction:
        for (gate, subject_sha256, run_id), group in groupby(sorted(verdicts, key=subject), key=subject):
            checks = sorted((_check(verdict) for verdict in group), key=lambda check: str(check["check_name"]))
            transaction.append(
                "gate", subject_sha256, "gate_judged", {"gate": gate, "run_id": run_id, "checks": checks}
            )


def _check(verdict: CheckVerdict) -> dict[str, Any]:
    return {
        "check_name": verdict.check_name,
        "passed": bool(verdict.passed),
        "rows_seen": int(verdict.rows_seen),
        "rows_failed": int(verdict.rows_failed),
        "message": verdict.message,
        "remedy": verdict.remedy,
    }


def read_verdict(connection: Connection, gate: str, subject_sha256: str) -> list[dict[str, Any]]:
    """The checks of the newest verdict of `gate` on this subject; [] where it was never judged."""
    mine = (GATE_VERDICT.c.gate == gate, GATE_VERDICT.c.subject_sha256 == subject_sha256)
    newest = select(func.max(GATE_VERDICT.c.seq)).where(*mine).scalar_subquery()
    query = select(GATE_VERDICT).where(*mine, GATE_VERDICT.c.seq == newest).order_by(GATE_VERDICT.c.check_name)
    return [dict(row) for row in connection.execute(query).mappings()]


def require_verdict(connection: Connection, gate: str, subject_sha256: str) -> None:
    """GateRefusedError unless the newest stored verdict of `gate` on exactly this content passed every check."""
    checks = read_verdict(connection, gate, subject_sha256)
    if not checks:
        raise GateRefusedError(
            f"Gate {gate} has no verdict on content {subject_sha256[:12]}: it was not judged, so nothing goes on. "
            "Run `leadroute run` again; a batch that people changed is judged when it is approved."
        )
    failed = [check for check in checks if not check["passed"]]
    if failed:
        raise GateRefusedError(
            f"Gate {gate} refused content {subject_sha256[:12]}: {len(failed)} of {len(checks)} checks failed.\n"
            + "\n".join(_failures(failed))
        )


def _failures(failed: Iterable[dict[str, Any]]) -> list[str]:
    listed = list(failed)
    lines = [
        f"  {check['check_name']}: {check['rows_failed']} of {check['rows_seen']} rows. {check['message']} "
        f"{check['remedy']}"
        for check in listed[:_SHOWN]
    ]
    return lines if len(listed) <= _SHOWN else [*lines, f"  and {len(listed) - _SHOWN} more"]
