"""Commands that set up: `init` a workspace, `generate` a synthetic program, `doctor` for machine and workspace."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from routing_jobs.cli.options import json_option
from routing_jobs.cli.output import emit, print_line, print_table, say

if TYPE_CHECKING:
    from routing_jobs.cli.doctor import Check

EXIT_FAILED = 2


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def init(directory: Path, as_json: bool) -> None:
    """Write a commented starter workspace into DIRECTORY, which must be empty or not exist."""
    from routing_jobs.program.starting import write_starter

    written = write_starter(directory)

    def show() -> None:
        for name in written:
            print_line(f"  {directory / name}")
        print_line(
            "Next: read program.yaml and rulebook/, describe your files in sources/, put them below landing/, then"
        )
        print_line(f"  leadroute --workspace {directory} rulebook check")
        print_line(f"  leadroute --workspace {directory} run")

    emit({"workspace": str(directory), "written": written}, as_json, show)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--leads", default=1000, show_default=True, type=int, help="Distinct leads over all feeds.")
@click.option("--partners", default=60, show_default=True, type=int, help="Partners on the roster.")
@click.option("--days", default=365, show_default=True, type=int, help="Length of the program's past.")
@click.option("--touches-per-lead", default=4.0, show_default=True, type=float, help="Marketing touches, on average.")
@click.option("--seed", default=7, show_default=True, type=int, help="The same seed writes the same bytes.")
@click.option("--replace", is_flag=True, help="Write over a program that is there.")
@json_option
def generate(
    directory: Path,
    leads: int,
    partners: int,
    days: int,
    touches_per_lead: float,
    seed: int,
    replace: bool,
    as_json: bool,
) -> None:
    """Write a realistic, messy synthetic program into DIRECTORY, with the truth about each of its records."""
    from routing_jobs.generator import generate as write_program

    landed = write_program(
        directory,
        leads=leads,
        partners=partners,
        days=days,
        seed=seed,
        touches_per_lead=touches_per_lead,
        progress=say,
        replace=replace,
    )

    def show() -> None:
        print_table(["feed", "records"], sorted(landed.items()))
        print_line(f"Next: leadroute --workspace {directory} run")

    emit({"workspace": str(directory), "seed": seed, "records": landed}, as_json, show)


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check this machine and the workspace; exit code 2 when something has to be mended before a run."""
    from routing_jobs.cli.doctor import examine

    checks = examine(ctx.find_root().obj)
    is_healthy = all(check.status != "fail" for check in checks)
    payload = {"healthy": is_healthy, "checks": [check.as_dict() for check in checks]}
    emit(payload, as_json, lambda: _show_checks(checks))
    if not is_healthy:
        ctx.exit(EXIT_FAILED)


def _show_checks(checks: "list[Check]") -> None:
    print_table(
        ["check", "status", "found", "remedy"],
        [(check.name, check.status, check.found, check.remedy) for check in checks],
    )
