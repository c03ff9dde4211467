"""What a killed run leaves behind: its dbt, which goes on writing the warehouse alone. The next run ends it first.

Processes are named by pid and start time, so that a later one with the same pid is not taken for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep

import psutil

from dagster_project.lib.manifest import target_folder
from routing_jobs.program.workspace import Workspace

_NOTE = "building"  # beside dbt's artefacts: the tag of the dbt that builds now


def process_tag(pid: int | None = None) -> str:
    """`pid:start time` of a living process, by default this one; psutil.NoSuchProcess for a gone one."""
    process = psutil.Process(pid)
    return f"{process.pid}:{process.create_time():.2f}"


def living_process(tag: str) -> psutil.Process | None:
    """The process a tag names, if it still is that one and not merely waiting to be reaped."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        process = psutil.Process(int(tag.partition(":")[0]))
        if process_tag(process.pid) == tag and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


@contextmanager
def noted(workspace: Workspace, pid: int) -> Iterator[None]:
    """For the block, note down that dbt builds as process `pid`; the caller holds the writer lock."""
    note = target_folder(workspace) / _NOTE
    with suppress(psutil.NoSuchProcess):  # it may have ended already
        note.write_text(process_tag(pid))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def end_left_behind(workspace: Workspace) -> bool:
    """Kill the dbt that a killed run left; whether there was one. The caller holds the writer lock: it has no other."""
    note = target_folder(workspace) / _NOTE
    if not note.is_file():
        return False
    tag = note.read_text()
    orphan = living_process(tag)
    if orphan is not None:
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
        while living_process(tag) is not None:  # its hold on the warehouse ends with it
            sleep(0.02)
    note.unlink(missing_ok=True)
    return orphan is not None
