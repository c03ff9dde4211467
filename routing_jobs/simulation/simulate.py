"""`simulate`: every chosen batch replayed under its own rulebook, then under the draft, and all of it summed up.

Lives here: the order of the work and the totals. Not here: what is shown (`page`, the command line), the decisions
(`replay`), the comparison of one replay (`comparison`).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.event import instant_text
from routing_jobs.performance.off_policy import OffPolicy
from routing_jobs.program.config import ProgramConfig
from routing_jobs.program.rulebook import rulebook_hash
from routing_jobs.program.rulebook_diff import Difference, diff_rulebooks
from routing_jobs.program.workspace import Workspace
from routing_jobs.simulation.comparison import Comparison, Row, Side, compare
from routing_jobs.simulation.evidence import as_json, gather, judge, published_offers, read_offers, what_happened
from routing_jobs.simulation.replay import SelfCheck, replayed, self_check
from routing_jobs.simulation.stored_batches import (
    Choice,
    NothingToReplayError,
    Replayable,
    Rules,
    choose_batches,
)
from routing_jobs.simulation.unreplayed import unreplayed

MICROS = 1_000_000
_SUMMED = ("leads", "placed", "kept", "expected_won_minor", "expected_follow_ups")


@dataclass(frozen=True)
class Replay:
    """One replay and whether its own rulebook still decides as it did."""

    source: Replayable
    check: SelfCheck
    comparison: Comparison


@dataclass(frozen=True)
class Fairness:
    """How far leads received are from equal chance, as shares of all leads: 0.02 is two of a hundred leads too many.

    `largest` names the partner that is farthest off; both are over partners that received or should have had any.
    """

    largest: float
    largest_partner_id: str | None
    mean: float


@dataclass(frozen=True)
class Simulation:
    """What the draft would have changed; `differences` and `not_replayed` are against the newest batch's rulebook."""

    draft_sha256: str
    currency: str
    replays: list[Replay]
    skipped: list[str]
    differences: list[Difference]
    not_replayed: list[tuple[Difference, str]]
    off_policy: OffPolicy
    partners: list[Row]
    before_fairness: Fairness
    after_fairness: Fairness

    @property
    def changes(self) -> list[Row]:
        """Every lead whose fate differs, oldest batch first."""
        return [change for replay in self.replays for change in replay.comparison.changes]

    def total(self, side: str) -> Side:
        """`before` or `after` over all replays; objectives are added up."""
        return total_side([getattr(replay.comparison, side) for replay in self.replays])

    def as_dict(self) -> dict[str, Any]:
        """Everything, as --json shows it."""
        return self.summary() | {"partners": self.partners, "changes": self.changes}

    def summary(self) -> dict[str, Any]:
        """The figures without rows of leads and partners: what the ledger keeps beside an activation."""
        return {
            "draft_sha256": self.draft_sha256,
            "currency": self.currency,
            "batches": [_replay_figures(replay) for replay in self.replays],
            "skipped": self.skipped,
            "differences": [difference.as_dict() for difference in self.differences],
            "not_replayed": [{**one.as_dict(), "why": why} for one, why in self.not_replayed],
            "changed": dict(sorted(Counter(change["kind"] for change in self.changes).items())),
            "changed_happened": dict(sorted(Counter(change["happened"] for change in self.changes).items())),
            "before": vars(self.total("before")) | {"fairness": vars(self.before_fairness)},
            "after": vars(self.total("after")) | {"fairness": vars(self.after_fairness)},
            "off_policy": as_json(self.off_policy),
        }


def simulate(
    workspace: Workspace,
    config: ProgramConfig,
    draft: Rules,
    choice: Choice,
    say: Callable[[str], None] = lambda _line: None,
) -> Simulation:
    """Replay the chosen batches under `draft`; nothing is written anywhere.

    Raises:
        NothingToReplayError: There is no batch to replay.
        ConfigurationError: There is no such batch, or a criterion of the draft needs facts the roster lacks.
    """
    if not workspace.batches.is_dir():
        raise NothingToReplayError(f"{workspace.root}: no batch has been proposed yet; `leadroute run` proposes one.")
    with Ledger.open(workspace) as ledger, ledger.reading() as reading:
        chosen = choose_batches(ledger, reading, choice, config.timezone)
    offers = published_offers(workspace)
    replays, evidence = [], []
    for source in chosen.replays:
        say(f"  replaying {', '.join(source.batch_ids)} ...")
        with replayed(source, draft, config) as connection:
            comparison = compare(connection)
            read_offers(connection, offers)
            happened = what_happened(connection)
            for change in comparison.changes:
                change["happened"] = happened.get(change["lead_id"], "not_released")
            evidence.append(gather(connection))
            replays.append(Replay(source, self_check(connection, source), comparison))
    differences = diff_rulebooks(chosen.replays[-1].rules, draft)
    partners = _sum_partners(replays)
    return Simulation(
        draft_sha256=rulebook_hash(draft),
        currency=config.currency,
        replays=replays,
        skipped=chosen.skipped,
        differences=differences,
        not_replayed=unreplayed(differences),
        off_policy=judge(evidence),
        partners=partners,
        before_fairness=fairness(partners, "before"),
        after_fairness=fairness(partners, "after"),
    )


def total_side(sides: list[Side]) -> Side:
    """Figures of several replays added up."""
    codes: Counter[str] = Counter()
    for side in sides:
        codes.update(side.exceptions)
    figures = {name: sum(getattr(side, name) for side in sides) for name in (*_SUMMED, "objective", "upper_bound")}
    return Side(exceptions=dict(sorted(codes.items())), **figures)


def fairness(partners: list[Row], side: str) -> Fairness:
    """Received against expected shares of one side, over partners that have either."""
    received = {row["partner_id"]: row[f"{side}_leads"] for row in partners}
    expected = {row["partner_id"]: row[f"{side}_expected_micros"] for row in partners}
    of_received, of_expected = sum(received.values()), sum(expected.values())
    off = {
        partner: abs(
            (received[partner] / of_received if of_received else 0.0)
            - (expected[partner] / of_expected if of_expected else 0.0)
        )
        for partner in received
        if received[partner] or expected[partner]
    }
    if not off:
        return Fairness(0.0, None, 0.0)
    farthest = min(off, key=lambda partner: (-off[partner], partner))
    return Fairness(off[farthest], farthest, sum(off.values()) / len(off))


def _sum_partners(replays: list[Replay]) -> list[Row]:
    """A row a partner, its figures added up over all replays; by partner_id."""
    sums: dict[str, Counter[str]] = {}
    for replay in replays:
        for row in replay.comparison.partners:
            counted = sums.setdefault(row["partner_id"], Counter())
            counted.update({name: value for name, value in row.items() if name != "partner_id"})
    return [{"partner_id": partner, **sums[partner]} for partner in sorted(sums)]


def _replay_figures(replay: Replay) -> dict[str, Any]:
    return {
        "batch_ids": replay.source.batch_ids,
        "as_of": instant_text(replay.source.batches[0].as_of),
        "rulebook_sha256": replay.source.batches[0].rulebook_sha256,
        "self_check": {"passed": replay.check.passed, **vars(replay.check)},
        "before": vars(replay.comparison.before),
        "after": vars(replay.comparison.after),
        "changed": dict(sorted(Counter(change["kind"] for change in replay.comparison.changes).items())),
    }
