"""The command line: words in, exit code out. Nothing heavy is imported before a command runs."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from neutralizer.cli import handoff, inputs, runs
from neutralizer.cli.headings import GroupedCommands
from neutralizer.cli.talk import say_issues
from neutralizer.domain.version import VERSION as __version__

if TYPE_CHECKING:
    from neutralizer.errors import NeutralizerError

CANNOT_WRITE, FAULT, CLOSED_PIPE = 9, 70, 128 + signal.SIGPIPE
WIDEST = 120  # columns of help, where the terminal has them


@click.group(
    cls=GroupedCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
)
@click.version_option(__version__, prog_name="neutralizer")
def cli() -> None:
    """Passes risk between a firm's books, hedges what is left, moves the cash, writes the tickets.

    A scenario is a folder with a scenario.yaml; begin with `neutralizer init NAME`.
    """


for command in (
    *inputs.COMMANDS,
    *runs.COMMANDS,
    *handoff.COMMANDS,
):
    cli.add_command(command)


def main() -> NoReturn:
    """Runs a command and ends with its exit code; a fault of the program itself is 70, never 1."""
    with _sigterm_ends_the_command():
        _main()


def _main() -> NoReturn:
    try:
        cli.main(standalone_mode=False)
        sys.exit(0)
    except SystemExit as done:  # click ends a closed pipe with 1, which is kept for no fault
        sys.exit(CLOSED_PIPE if done.code == 1 else done.code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as usage:
        usage.show()
        sys.exit(2)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        sys.exit(_refused(error))


@contextmanager
def _sigterm_ends_the_command() -> Iterator[None]:
    """SIGTERM ends a command like an exception, so that what was staged is removed; afterwards the
    process does at SIGTERM what it did before. Python lets only the main thread ask for that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _say_conflicts(error: "NeutralizerError") -> None:
    from neutralizer.report.refused import conflict_rows
    from neutralizer.report.why_not import conflicts_page

    click.echo("\n" + conflicts_page(conflict_rows(error)), err=True)


def _refused(error: Exception) -> int:
    """Says what is wrong on stderr; the exit code."""
    from neutralizer.errors import InputsRefused, NeutralizerError

    if isinstance(error, InputsRefused):
        say_issues(error.issues)
        return error.exit_code
    if isinstance(error, NeutralizerError):
        click.echo(f"ERROR {error}", err=True)
        if getattr(error, "conflicts", ()):
            _say_conflicts(error)
        return error.exit_code
    if isinstance(error, OSError):
        what = error.filename or "the output"
        click.echo(f"ERROR cannot read or write {what}: {error.strerror}", err=True)
        return CANNOT_WRITE
    click.echo(f"ERROR a fault of neutralizer itself, please report: {error!r}", err=True)
    if "NEUTRALIZER_TRACEBACK" in os.environ:
        raise error
    return FAULT


def _terminated(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)
