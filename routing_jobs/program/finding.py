"""One thing a check found: how bad it is, what it is about, what to do."""

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """An `error` makes routing wrong or impossible, a `warning` makes it worse than it could be."""

    severity: Literal["error", "warning"]
    subject: str  # path in a file, or the table a roster finding comes from
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """The finding as --json shows it."""
        return asdict(self)


def listed(values: list[str], most: int = 5) -> str:
    """`a, b, c and 4 more`."""
    shown = ", ".join(values[:most])
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"


def counted(number: int, noun: str) -> str:
    """`1 lead`, `2,000 leads`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
