"""Which stored batches are replayed, and the rulebook each was made with. Reads the ledger and batch folders only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from routing_jobs.ledger import Ledger
from routing_jobs.ledger.batch_files import read_rulebook
from routing_jobs.ledger.batch_inputs import missing_inputs
from routing_jobs.ledger.batches import Batch, batch_folder, list_batches, read_batch
from routing_jobs.program.as_of import local_day
from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.finding import listed
from routing_jobs.program.model import Model
from routing_jobs.program.rulebook import RULEBOOK_FILES

USUAL_DAYS = 90
_ENDED = ("rejected", "superseded", "rolled_back")
Rules = Mapping[str, Model]


class NothingToReplayError(ConfigurationError):
    """No batch was proposed yet, or none of those asked for keeps what routing read."""


@dataclass(frozen=True)
class Choice:
    """What is asked for: one batch, or those of program-local days; everything None means the usual ones."""

    batch_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Replayable:
    """Batches made of one input under one rulebook (the express batch of a run and the other): one replay."""

    batches: tuple[Batch, ...]
    folders: tuple[Path, ...]
    rules: Rules

    @property
    def batch_ids(self) -> list[str]:
        """The batches, oldest first."""
        return [batch.batch_id for batch in self.batches]


@dataclass(frozen=True)
class Chosen:
    """What will be replayed, oldest first, and a sentence for each batch that cannot be."""

    replays: list[Replayable]
    skipped: list[str]


def choose_batches(ledger: Ledger, reading: Connection, choice: Choice, timezone: str) -> Chosen:
    """The batches asked for that can be replayed.

    Usual: the newest batch and those of the 90 days before it that were not rejected, superseded or rolled back.

    Raises:
        ConfigurationError: There is no such batch.
        NothingToReplayError: None of them can be replayed.
    """
    wanted = _wanted(reading, choice, timezone)
    groups: dict[tuple[Any, ...], list[Batch]] = {}
    rules: dict[str, Rules] = {}
    skipped = []
    for batch in wanted:
        problem = _cannot_be_replayed(ledger, batch, rules)
        if problem:
            skipped.append(f"batch {batch.batch_id} {problem}")
        else:
            groups.setdefault((batch.input_sha256, batch.rulebook_sha256, batch.as_of), []).append(batch)
    if not groups:
        raise NothingToReplayError(
            "There is no batch to replay"
            + (f": {listed(skipped)}. " if skipped else ". ")
            + "`leadroute run` proposes one; `leadroute batch list` shows those there are."
        )
    replays = [
        Replayable(
            tuple(batches), tuple(batch_folder(ledger, batch.batch_id) for batch in batches), rules[batches[0].batch_id]
        )
        for batches in groups.values()
    ]
    return Chosen(replays, skipped)


def _wanted(reading: Connection, choice: Choice, timezone: str) -> Sequence[Batch]:
    if choice.batch_id is not None:
        return [read_batch(reading, choice.batch_id)]
    batches = list_batches(reading)
    days = {batch.batch_id: local_day(batch.as_of, timezone) for batch in batches}
    standing = [batch for batch in batches if batch.status not in _ENDED]
    if choice.first_day is not None or choice.last_day is not None:
        first, last = choice.first_day or date.min, choice.last_day or date.max
        return [batch for batch in standing if first <= days[batch.batch_id] <= last]
    if not batches:
        return []
    newest = batches[-1]
    first = days[newest.batch_id] - timedelta(days=USUAL_DAYS)
    return [batch for batch in batches if batch is newest or (batch in standing and days[batch.batch_id] >= first)]


def _cannot_be_replayed(ledger: Ledger, batch: Batch, rules: dict[str, Rules]) -> str | None:
    """Why not, as the end of a sentence that begins with the batch; where it can be, its rules are noted."""
    folder = batch_folder(ledger, batch.batch_id)
    if not folder.is_dir():
        return "has no files beside the ledger any more (a backup brings them back)"
    if batch.input_sha256 is None:
        return "was made by hand, not by a run"
    if missing_inputs(folder):
        return "was made by an earlier version, which did not keep what routing read"
    try:
        rules[batch.batch_id] = stored_rules(folder)
    except ConfigurationError as error:
        return str(error)
    return None


def stored_rules(folder: Path) -> dict[str, Model]:
    """The rulebook a batch was made with; ConfigurationError where this version does not understand it."""
    body = read_rulebook(folder)
    try:
        return {name: model.model_validate(body[name]) for name, model in RULEBOOK_FILES.items()}
    except (ValidationError, KeyError) as error:
        raise ConfigurationError("was made with a rulebook this version does not understand") from error
