"""The `leadroute` command itself: finds the command, opens nothing, and turns every error into one exit code.

What the commands do lives in the modules named in COMMANDS, imported late so that `--help` stays instant.
"""

import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from routing_jobs.program.errors import ConfigurationError, LeadrouteError
from routing_jobs.program.workspace import DEFAULT_WORKSPACE, ENVIRONMENT_VARIABLE

DEBUG_VARIABLE = "LEADROUTE_DEBUG"
COMPLETION_VARIABLE = "_LEADROUTE_COMPLETE"  # set by the shell, as click's completion scripts do
EXIT_UNEXPECTED, EXIT_USAGE = 1, 2
EXIT_INTERRUPTED, EXIT_READER_GONE = 130, 141  # what a shell reports for SIGINT and SIGPIPE

# name -> (module:attribute, line in --help); in the order of SPEC section 12
COMMANDS = {
    "init": ("setup:init", "Write a commented starter workspace."),
    "generate": ("setup:generate", "Write a realistic synthetic program with its truth file."),
    "source": ("sources:source", "Dry-run a feed's contract on a file, or draft one."),
    "doctor": ("setup:doctor", "Check this machine and the workspace, with a remedy for each finding."),
    "run": ("run:run", "Take in, qualify, propose a batch, pass the gates, publish the marts."),
    "batch": ("batches:batch", "Review a proposed batch and release it."),
    "assignment": ("batches:assignment", "Recall or reassign one released assignment."),
    "explain": ("explain:explain", "Say why a lead went to its partner, and why not to the others."),
    "simulate": ("simulate:simulate", "Replay past batches under a draft rulebook; changes nothing."),
    "exceptions": ("explain:exceptions", "List the leads routing could not place, and what to do."),
    "rulebook": ("understand:rulebook", "Check the rulebook, compare two, put one in force."),
    "outbox": ("outbox:outbox", "List and deliver the messages of released batches."),
    "quarantine": ("quarantine:quarantine", "Look at records that were set aside, and retry them."),
    "publish": ("publishing:publish", "List the published releases, or go back to an earlier one."),
    "ledger": ("care:ledger", "Verify the ledger's hash chain."),
    "backup": ("care:backup", "Copy everything that cannot be recomputed."),
    "restore": ("care:restore", "Bring a backup back into a workspace."),
    "rebuild": ("run:rebuild", "Rebuild the warehouse from archive, batches and ledger."),
}
# Read by the tools underneath when they are imported; what the user has set stays.
TELEMETRY_OFF = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
}
NOT_IN_THIS_RELEASE = ("sweep", "console", "erase")


class LazyGroup(click.Group):
    """Lists COMMANDS without importing them; imports the module of the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command, imported now; a usage error if there is none of that name."""
        if cmd_name in NOT_IN_THIS_RELEASE:
            raise click.UsageError(f"`{cmd_name}` is planned; this release does not have it.", ctx)
        if cmd_name not in COMMANDS:
            close = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            raise click.UsageError(f"no command `{cmd_name}`." + (f" Did you mean `{close[0]}`?" if close else ""), ctx)
        module_name, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(f"routing_jobs.cli.{module_name}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The listing of `leadroute --help`, from COMMANDS alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"leadroute {version('leadroute')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done; 1 unexpected; 2 usage or configuration; 3 a gate refused; 4 busy.",
)
@click.option(
    "--workspace",
    "-w",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"The program's folder; else {ENVIRONMENT_VARIABLE}, else {DEFAULT_WORKSPACE}.",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def leadroute(ctx: click.Context, workspace: Path | None) -> None:
    """Runs a channel lead program: feeds in, leads routed in reviewed batches, marts out.

    Start with `leadroute run`, then `leadroute batch list`.
    """
    ctx.obj = workspace


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `leadroute` script; exits with the code of SPEC section 12."""
    sys.exit(run_command(list(sys.argv[1:] if arguments is None else arguments)))


def run_command(arguments: list[str]) -> int:
    """Run one command line and give its exit code; errors are on standard error, a traceback never."""
    for name, value in TELEMETRY_OFF.items():
        os.environ.setdefault(name, value)
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _silence_stdout()
        return EXIT_READER_GONE
    except (click.Abort, KeyboardInterrupt):
        click.echo("leadroute: interrupted; running the command again continues where it stopped.", err=True)
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except LeadrouteError as error:
        _show(error)
        return error.exit_code
    except Exception as error:
        return _unexpected(error, arguments)


def _dispatch(arguments: list[str]) -> int:
    """What click's own `main` does, but for a gone reader and Ctrl-C, which it would end with code 1."""
    completion = os.environ.get(COMPLETION_VARIABLE)
    if completion:
        from click.shell_completion import shell_complete

        return shell_complete(leadroute, {}, "leadroute", COMPLETION_VARIABLE, completion)
    try:
        with leadroute.make_context("leadroute", arguments) as ctx:
            leadroute.invoke(ctx)
    except click.exceptions.Exit as done:
        return done.exit_code
    return 0


def _show(error: LeadrouteError) -> None:
    from routing_jobs.cli.output import printable

    problems = error.problems if isinstance(error, ConfigurationError) else [str(error)]
    for problem in problems:
        click.echo(f"leadroute: {printable(problem)}", err=True)
    if len(problems) > 1:
        click.echo(f"leadroute: {len(problems)} problems", err=True)


def _unexpected(error: Exception, arguments: list[str]) -> int:
    """One line without the error's own text, which may quote a lead; LEADROUTE_DEBUG=1 shows everything."""
    if os.environ.get(DEBUG_VARIABLE) == "1":
        traceback.print_exception(error)
        return EXIT_UNEXPECTED
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).parts[-3:-2] == ("routing_jobs",)] or frames[-1:]
    place = f"{Path(ours[-1].filename).parent.name}/{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    command = next((argument for argument in arguments if argument in COMMANDS), "leadroute")
    click.echo(
        f"leadroute: unexpected {type(error).__name__} at {place} in `{command}`. "
        f"Set {DEBUG_VARIABLE}=1 to see the traceback (it may show personal data).",
        err=True,
    )
    return EXIT_UNEXPECTED


def _silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


if __name__ == "__main__":
    main()
