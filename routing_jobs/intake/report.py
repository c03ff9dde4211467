"""What intake did: per file, per feed, per step. Plain data for the command line, Dagster and tests."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

COUNTS = ("records", "accepted", "duplicates", "filtered", "quarantined")


@dataclass(frozen=True)
class FileReport:
    """What became of one file's records. A derived row is one that the feed's `select` made."""

    feed: str
    path: str
    file_sha256: str
    arrival_seq: int
    records: int
    accepted: int
    duplicates: int
    filtered: int
    quarantined: int
    blank_lines: int = 0
    derived: int | None = None
    derived_duplicates: int | None = None
    derived_quarantined: int | None = None
    reason: str | None = None  # of a file that was set aside as a whole
    is_again: bool = False  # read again under a changed contract
    seconds: float = 0.0


@dataclass(frozen=True)
class Skipped:
    """A file, or a feed, that this run left alone, and why."""

    feed: str
    path: str
    why: str


@dataclass
class IntakeReport:
    """What one take-in did."""

    feeds: tuple[str, ...] = ()
    files: list[FileReport] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)  # step -> time

    def by_feed(self) -> dict[str, dict[str, int]]:
        """Feed -> counts of this take-in, zeros for a feed without new files (SPEC section 12, `run --json`)."""
        return {feed: sum_counts(file for file in self.files if file.feed == feed) for feed in self.feeds}

    def totals(self) -> dict[str, int]:
        """Counts over all feeds."""
        return sum_counts(self.files)

    def as_dict(self) -> dict[str, object]:
        """Everything, for JSON."""
        return {
            "feeds": self.by_feed(),
            "files": [asdict(file) for file in self.files],
            "skipped": [asdict(entry) for entry in self.skipped],
            "seconds": self.seconds,
        }


def sum_counts(files: Iterable[FileReport]) -> dict[str, int]:
    """The counts of several files added up."""
    totals = dict.fromkeys(COUNTS, 0)
    for file in files:
        for name in COUNTS:
            totals[name] += getattr(file, name)
    return totals
