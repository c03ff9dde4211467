"""A rulebook in a folder of its own, beside the one a program runs by: a draft, or a copy of an earlier one."""

from pathlib import Path

from routing_jobs.program.errors import ConfigurationError
from routing_jobs.program.loading import load_rulebook
from routing_jobs.program.model import Model
from routing_jobs.program.rulebook import RULEBOOK_FILES


def read_draft(folder: Path) -> dict[str, Model]:
    """The rulebook's four models by name; ConfigurationError with every problem of every file, by path."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder}: expected a folder with {', '.join(f'{name}.yaml' for name in RULEBOOK_FILES)}; "
            "copy the workspace's rulebook/ and change the copy"
        )
    problems: list[str] = []
    rules = load_rulebook(folder, problems)
    if problems:
        raise ConfigurationError(*(f"{folder}: {problem.removeprefix('rulebook/')}" for problem in problems))
    return rules
