"""`rulebook check`: the rulebook judged by itself and against the roster as the last run left it."""

from dataclasses import dataclass
from datetime import date

from routing_jobs.program.as_of import local_day
from routing_jobs.program.finding import Finding
from routing_jobs.program.loading import Program
from routing_jobs.program.rulebook_check import check_rulebook
from routing_jobs.program.workspace import Workspace


@dataclass(frozen=True)
class Checked:
    """What `rulebook check` says of a program; `roster` says as of when, or why the roster was not looked at."""

    roster: str
    findings: list[Finding]

    @property
    def errors(self) -> list[Finding]:
        """What has to be mended."""
        return [finding for finding in self.findings if finding.severity == "error"]


def check(workspace: Workspace, program: Program, today: date) -> Checked:
    """Check the program's rulebook, alone and against the roster as of the last run (`today` where there was none)."""
    roster, day, found = _check_roster(workspace, program, today)
    return Checked(roster, [*check_rulebook(program, day), *found])


def _check_roster(workspace: Workspace, program: Program, today: date) -> tuple[str, date, list[Finding]]:
    if not workspace.warehouse.is_file():
        return "not checked: nothing has been taken in yet; `leadroute run` does", today, []
    import duckdb

    from routing_jobs.program.roster_check import check_roster
    from routing_jobs.warehouse.store import opened

    try:
        with opened(workspace, read_only=True) as connection:
            row = connection.execute("select as_of from program.setting").fetchone()
            day = local_day(row[0], program.config.timezone) if row else today
            return f"as of {day}", day, check_roster(connection, program, day)
    except duckdb.CatalogException:
        return "not checked: no run has been finished yet", today, []
    except duckdb.IOException:
        return f"not checked: {_who_is_busy(workspace)}", today, []


def _who_is_busy(workspace: Workspace) -> str:
    from routing_jobs.program.lock import holder

    who = holder(workspace)
    if not who:
        return "the warehouse is in use by another program"
    return f"busy with `{who.get('command')}`, process {who.get('pid')}"
