"""What was checked, with its figure: compared, collected and printed as one table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One thing checked: by which reader, what, the figure seen, and whether it is as it must be."""

    reader: str
    what: str
    figure: str
    passed: bool


def compared(reader: str, what: str, expected: Mapping[str, Any], seen: Mapping[str, Any], figure: str) -> Finding:
    """Passed when `seen` holds exactly what `expected` does; `figure` is shown then, else the first differences.

    Nothing expected is a failure: a comparison of nothing proves nothing.
    """
    wrong = [
        f"{name}: expected {expected.get(name, 'none')}, got {seen.get(name, 'none')}"
        for name in sorted(expected.keys() | seen.keys(), key=str)
        if name not in expected or name not in seen or expected[name] != seen[name]
    ]
    if not expected:
        return Finding(reader, what, "nothing to compare with", passed=False)
    if wrong:
        return Finding(reader, what, f"{len(wrong)} differ: {'; '.join(wrong[:SHOWN])}", passed=False)
    return Finding(reader, what, figure, passed=True)


def print_findings(findings: Iterable[Finding]) -> bool:
    """Print the table; True when all passed and there were any."""
    listed = list(findings)
    table = Table("", "reader", "checked", "figures", box=None, pad_edge=False)
    for finding in listed:
        table.add_row("ok" if finding.passed else "FAILED", finding.reader, finding.what, finding.figure)
    Console(width=160, soft_wrap=False, highlight=False, markup=False).print(table)
    failed = sum(not finding.passed for finding in listed)
    print(f"{len(listed) - failed} of {len(listed)} checks passed")
    return bool(listed) and not failed
