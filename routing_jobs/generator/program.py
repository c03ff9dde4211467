"""Generates a whole synthetic program: configuration, partners, leads and all that follows from them, and the truth.

`generate` is the one function others call. What leads and partners are like is decided in the other modules.
"""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from routing_jobs.generator.leads import chunks
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.planted import make_planted
from routing_jobs.generator.program_writer import ProgramWriter
from routing_jobs.generator.staged import has_staged
from routing_jobs.program.errors import ConfigurationError

DEFAULT_END = date(2026, 3, 3)  # a program of any length lies in the past
TEMPLATES = Path(__file__).parent / "templates"
WRITTEN = ("program.yaml", "rulebook", "sources", "reference", "landing", "truth")  # what a program consists of
Progress = Callable[[str], None]


def generate(
    directory: str | Path,
    leads: int = 1000,
    partners: int = 60,
    days: int = 365,
    seed: int = 7,
    start: date | None = None,
    touches_per_lead: float = 4,
    progress: Progress | None = None,
    replace: bool = False,
) -> dict[str, int]:
    """Write a synthetic program into `directory`; the same arguments give the same bytes.

    Args:
        directory: The workspace to write; what it holds of a program already is replaced only with `replace`,
            and its state/ and published/ are never touched.
        leads: Distinct lead records over all feeds; broken and repeated records come on top.
        partners: Partners; from 22 on, cases with a known exception code are planted.
        days: Length of the program's past; it ends at noon after the last day.
        seed: Any whole number from 0.
        start: First day; by default so many days before DEFAULT_END.
        touches_per_lead: Marketing touches, on average.
        progress: Told what is being done.
        replace: Write over a program that is there.

    Returns:
        Physical records landed, by feed.

    Raises:
        ConfigurationError: The numbers leave no room for a program, or one is there already.
    """
    folder = Path(directory)
    plan = Plan(leads, partners, days, seed, start or _default_start(days), touches_per_lead)
    present = [name for name in WRITTEN if (folder / name).exists()]
    if present and not replace:
        raise ConfigurationError(
            f"{folder}: {', '.join(present)} is here already; name a new folder, or replace the program on purpose."
        )
    tell = progress or (lambda message: None)
    tell(f"writing the rulebook and {partners} partners")
    write_configuration(folder)
    writer = ProgramWriter(plan, folder)
    writer.write_small_files()
    done = 0
    for chunk in chunks(plan, writer.campaigns):
        writer.write_chunk(chunk)
        done += len(chunk)
        tell(f"{done:,} of {leads:,} leads with touches, offers, reports and deals")
    if has_staged(plan):
        writer.write_planted(make_planted(plan, writer.roster))
    return writer.finish()


def _default_start(days: int) -> date:
    """So many days before DEFAULT_END; before 2001, which `Plan` refuses, for more than fit in between."""
    return DEFAULT_END - timedelta(days=min(days, 10_000))


def write_configuration(folder: Path) -> None:
    """Copy program.yaml, the rulebook and the feed contracts; clear what an earlier program landed."""
    for name in WRITTEN[1:]:
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    folder.mkdir(parents=True, exist_ok=True)
    for template in sorted(path for path in TEMPLATES.rglob("*") if path.suffix in (".yaml", ".sql")):
        target = folder / template.relative_to(TEMPLATES)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(template.read_bytes())
