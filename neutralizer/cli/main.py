"""The command line: words in, exit code out. No command is imported before it is asked for."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

import click

from neutralizer.cli.headings import GroupedCommands
from neutralizer.cli.talk import say_issues, show
from neutralizer.domain.version import VERSION as __version__
from neutralizer.errors import DOES_NOT_FIT

if TYPE_CHECKING:
    from neutralizer.errors import NeutralizerError

CANNOT_WRITE, FAULT, CLOSED_PIPE = 9, 70, 128 + signal.SIGPIPE
STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STANDS = "what was asked for is done and stands; only its output was not written"
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


def main() -> NoReturn:
    """Runs a command and ends with its exit code; a fault of the program itself is 70, never 1."""
    from neutralizer.records.commit import COMMIT

    _fill_closed()
    COMMIT.begin()
    with _signals_end_the_command():
        code = _code()
        if COMMIT.stands and code not in (0, DOES_NOT_FIT):
            _say(STANDS)
            code = 0
        _drain()
        sys.exit(code)


def _code() -> int:
    """Runs the command named on the command line; its exit code, the output written out."""
    try:
        code = cli.main(standalone_mode=False)  # what a command exits with; else it returns nothing
        sys.stdout.flush()
        return code or 0
    except SystemExit as done:  # click ends a closed pipe with 1, which is kept for no fault
        return CLOSED_PIPE if done.code == 1 else int(done.code or 0)
    except click.ClickException as usage:
        usage.show()
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 128 + signal.SIGINT
    except Exception as error:
        try:
            return _refused(error)
        except OSError:  # nor can that be said
            return getattr(error, "exit_code", CANNOT_WRITE)


def _fill_closed() -> None:
    """Nothing takes the place of a closed input or output: else a file of ours would, and be written to."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 -- for as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115


def _say(text: str) -> None:
    """On stderr, if anybody can hear it."""
    with suppress(OSError):
        show(text, err=True)


def _drain() -> None:
    """What cannot be written now could not be at the interpreter's end either, which would fail there."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())


@contextmanager
def _signals_end_the_command() -> Iterator[None]:
    """SIGTERM, SIGHUP and Ctrl-C end a command like an exception, so that what was staged is removed, and
    no command whose work is done; afterwards the process does at each what it did before. Python lets
    only the main thread ask for that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, _terminated)
        for number in STOP
        if signal.getsignal(number) != signal.SIG_IGN  # as nohup and & ask
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _say_conflicts(error: "NeutralizerError") -> None:
    from neutralizer.report.refused import conflict_rows
    from neutralizer.report.why_not import conflicts_page

    show("\n" + conflicts_page(conflict_rows(error)), err=True)


def _refused(error: Exception) -> int:
    """Says what is wrong on stderr; the exit code."""
    from neutralizer.errors import InputsRefused, NeutralizerError

    if isinstance(error, InputsRefused):
        say_issues(error.issues)
        return error.exit_code
    if isinstance(error, NeutralizerError):
        show(f"ERROR {error}", err=True)
        if getattr(error, "conflicts", ()):
            _say_conflicts(error)
        return error.exit_code
    if isinstance(error, OSError):
        what = error.filename or "the output"
        show(f"ERROR cannot read or write {what}: {error.strerror}", err=True)
        return CANNOT_WRITE
    show(f"ERROR a fault of neutralizer itself, please report: {error!r}", err=True)
    if "NEUTRALIZER_TRACEBACK" in os.environ:
        raise error
    return FAULT


def _terminated(number: int, frame: object) -> None:
    from neutralizer.records.commit import COMMIT

    if not COMMIT.late(number):
        raise SystemExit(128 + number)
