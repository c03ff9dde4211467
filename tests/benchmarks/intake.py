"""Takes in a large CSV of leads and compares the time with what pyarrow.csv alone needs to read the bytes as text.

Run by `make bench`, or with a number of leads: `python tests/benchmarks/intake.py 100000`. Writes its own CSV, seeded.
"""

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from routing_jobs.intake import land
from routing_jobs.intake.versions import Arrival
from routing_jobs.program.loading import load_program
from routing_jobs.program.workspace import Workspace, open_workspace
from routing_jobs.warehouse.store import opened

LEADS = 1_000_000
MOST_TIMES_PYARROW = 25

_REPOSITORY = Path(__file__).parents[2]
_AS_OF = datetime(2026, 3, 1)
_COUNTRIES = (
    ("Germany", "+49 151 2{:07d}"), ("DE", "0151 2{:07d}"), ("United States", "(212) 5{:06d}"), ("USA", "+1 415 5{:06d}"),
    ("UK", "020 7{:07d}"), ("France", "06 1{:07d}"), ("FR", "+33 6 1{:07d}"), ("Poland", "+48 60{:07d}"),
    ("Italy", "+39 347 {:07d}"), ("Nederland", "06-1{:07d}"),
)  # fmt: skip
_CONTRACT = """
entity: leads
files: web/*.csv
source_system: web
columns:
  source_record_id: id
  captured_at: captured
  updated_at: updated
  email: email
  first_name: first_name
  last_name: last_name
  company: company
  website: website
  phone: phone
  country: country
  region: region
  postal_code: postal_code
  city: city
  latitude: latitude
  longitude: longitude
  industry: industry
  segment: segment
  employee_count: employees
  product_interest: products
  estimated_value: value
  currency: currency
  lead_channel: channel
  campaign_id: campaign
  consent_to_share: consent
  notes: notes
"""
_HEADER = [line.split(": ")[1] for line in _CONTRACT.split("columns:\n")[1].splitlines()]


class Book:
    """Numbers arrivals in memory."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = []

    def record_arrivals(
        self, files: Sequence[tuple[str, str, str, int]], as_of: datetime
    ) -> Mapping[tuple[str, str], int]:
        """The next numbers, in the order given."""
        for feed, digest, path, size in files:
            self._arrivals.append(Arrival(feed, digest, path, size, len(self._arrivals) + 1, as_of))
        return {(arrival.feed, arrival.file_sha256): arrival.arrival_seq for arrival in self._arrivals}

    def arrivals(self) -> Sequence[Arrival]:
        """All of them."""
        return self._arrivals


def lead_lines(count: int) -> Iterator[str]:
    """CSV lines of `count` leads, about 220 bytes each."""
    random.seed(7)
    started = datetime(2024, 1, 1)
    yield ",".join(_HEADER)
    for number in range(count):
        country, phone = random.choice(_COUNTRIES)
        company = random.randrange(count // 5 + 1)
        captured = started + timedelta(seconds=random.randrange(60_000_000))
        yield (
            f"00{number:08d},{captured:%Y-%m-%dT%H:%M:%SZ},{captured:%Y-%m-%d %H:%M:%S},"
            f"First.Last{number}@Company{company}.com,First{number % 997},Last{number % 7919},"
            f'"Company {company}, Ltd",https://www.company{company}.com/,{phone.format(random.randrange(10**6))},'
            f"{country},Region {number % 40},{number % 100000:05d},City {number % 3000},{number % 90}.{number % 997},"
            f"{number % 180}.{number % 991},industry {number % 12},mid,{number % 5000},router;switch,"
            f"{number % 90000}.50,EUR,web_form,C-{number % 300},{'yes' if number % 3 else 'no'},note {number}"
        )


def make_workspace(folder: Path, leads: int) -> Workspace:
    """A program with one feed and its landed file."""
    sample = _REPOSITORY / "data" / "sample"
    for name in ("program.yaml", *(f"rulebook/{file.name}" for file in (sample / "rulebook").glob("*.yaml"))):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((sample / name).read_text())
    (folder / "sources").mkdir()
    (folder / "sources" / "web.yaml").write_text(_CONTRACT)
    landed = folder / "landing" / "web" / "leads.csv"
    landed.parent.mkdir(parents=True)
    with landed.open("w") as file:
        file.writelines(line + "\n" for line in lead_lines(leads))
    return open_workspace(folder)


def read_with_pyarrow(path: Path) -> float:
    """Seconds pyarrow.csv needs to read every column as text; the best of three."""
    options = csv.ConvertOptions(column_types=dict.fromkeys(_HEADER, pa.string()))
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        csv.read_csv(path, convert_options=options)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main(arguments: Sequence[str]) -> int:
    """Print the table; exit code 1 if taking in takes more than MOST_TIMES_PYARROW times as long."""
    leads = int(arguments[0]) if arguments else LEADS
    with tempfile.TemporaryDirectory() as folder:
        workspace = make_workspace(Path(folder), leads)
        path = workspace.landing / "web" / "leads.csv"
        program = load_program(workspace)
        before = read_with_pyarrow(path)
        with opened(workspace) as connection:
            started = time.perf_counter()
            report = land(workspace, program, connection, Book(), _AS_OF)
            taken = time.perf_counter() - started
        after = read_with_pyarrow(path)
        size = path.stat().st_size
    alone = min(before, after)
    assert report.totals()["accepted"] == leads, report.totals()
    print(
        f"{leads:,} leads, {size / 1e6:,.0f} MB; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"
    )
    print(f"{'pyarrow.csv, all text':<24}{alone:8.2f} s{1:8.1f} x")
    for step, seconds in report.seconds.items():
        print(f"  {step:<22}{seconds:8.2f} s{seconds / alone:8.1f} x")
    print(f"{'taken in (steps overlap)':<24}{taken:8.2f} s{taken / alone:8.1f} x   limit {MOST_TIMES_PYARROW} x")
    return int(taken > MOST_TIMES_PYARROW * alone)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
