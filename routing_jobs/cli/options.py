"""Options and arguments that many commands share. Nothing slow is imported until a command runs."""

import functools
import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def with_workspace(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command the opened Workspace as its first argument (ConfigurationError if there is none)."""

    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, *arguments: Any, **options: Any) -> Any:
        from routing_jobs.program.workspace import open_workspace

        return ctx.invoke(command, open_workspace(ctx.find_root().obj), *arguments, **options)

    return wrapped


def json_option(command: Command) -> Command:
    """`--json`, as argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")(command)


def as_of_option(command: Command) -> Command:
    """`--as-of`, as the text given (or None); `program.as_of.parse_as_of` reads it in the program's zone."""
    return click.option(
        "--as-of",
        "as_of",
        metavar="INSTANT",
        help="The instant to act at: 2026-03-01T08:00:00Z, or a date (its end) or time in the program's zone",
    )(command)


def _operating_system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("this user has no name here; say who acts with --actor") from None


def actor_option(command: Command) -> Command:
    """`--actor`, as argument `actor`: who decides; the OS user unless given."""
    return click.option(
        "--actor",
        default=_operating_system_user,
        metavar="PERSON",
        show_default="the OS user",
        help="Who acts, as program.yaml names people.",
    )(command)
