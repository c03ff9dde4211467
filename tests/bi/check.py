"""Opens a published release in real BI tools and other readers, and prints what each could do: `make bi-check`.

The published files themselves are only read; whatever publishes does so in a copy. Environments of the readers lie below
`--environments`, one folder each: superset, metricflow, readers.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from file_checks import check_following, check_tables
from findings import Finding, print_findings
from metric_checks import check_metrics
from published import NotPublishedError, Release, current_release
from superset_checks import check_superset, check_superset_during_publishes
from superset_server import running_superset

from routing_jobs.program.workspace import Workspace


def main() -> int:
    """0 when everything passed, 1 when something failed, 2 when there is nothing to check."""
    options = _options()
    try:
        release = current_release(Workspace(options.workspace))
    except NotPublishedError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(f"Checking {release.folder}", flush=True)
    with tempfile.TemporaryDirectory(prefix="leadroute-bi-") as folder:
        passed = print_findings(_told(_findings(options, release, Path(folder).resolve())))
    return 0 if passed else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True, help="a program that was run")
    parser.add_argument("--environments", type=Path, required=True, help="folder of the readers' environments")
    parser.add_argument("--publishes", type=int, default=20, help="publishes of all tables under Superset")
    parser.add_argument("--quick-publishes", type=int, default=100, help="publishes of three tables under a reader")
    return parser.parse_args()


def _findings(options: argparse.Namespace, release: Release, folder: Path) -> Iterator[Finding]:
    readers, metricflow, superset = (
        (options.environments / name).absolute() / "bin" / "python" for name in ("readers", "metricflow", "superset")
    )
    yield from to_the_end("readers", check_tables(readers, release))
    yield from to_the_end("MetricFlow", check_metrics(metricflow, release, folder / "metrics"))
    followed = check_following(readers, release, folder / "followed", options.quick_publishes)
    yield from to_the_end("a looping reader", followed)
    yield from to_the_end("Superset", _in_superset(superset, readers, options.publishes, release, folder))


def _in_superset(superset: Path, readers: Path, publishes: int, release: Release, folder: Path) -> Iterator[Finding]:
    with running_superset(superset, folder / "superset") as server:
        yield from to_the_end("Superset", check_superset(server, release))
        yield from check_superset_during_publishes(server, readers, release, folder / "live", publishes)


def to_the_end(area: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of one area; an error in it is a finding too, and leaves the other areas to be checked."""
    try:
        yield from findings
    except Exception as error:  # of whatever kind: a reader that fails is what is looked for
        yield Finding(area, "ran to its end", f"{type(error).__name__}: {error}", passed=False)


def _told(findings: Iterator[Finding]) -> Iterator[Finding]:
    """The same findings, each named as it comes: the whole takes minutes."""
    for finding in findings:
        print(f"  {'ok' if finding.passed else 'FAILED'}  {finding.reader}: {finding.what}", flush=True)
        yield finding


if __name__ == "__main__":
    sys.exit(main())
