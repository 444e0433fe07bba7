"""What the commands say on stderr: progress on a terminal, issues, notices."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from neutralizer.domain.words import printable

if TYPE_CHECKING:
    from neutralizer.errors import Issue


def show(text: str, err: bool = False) -> None:
    """Words for a person, on stdout or stderr; nothing that somebody else wrote steers the terminal."""
    click.echo(printable(text), err=err)


def progress(quiet: bool, verbose: bool) -> Callable[[str], None]:
    """A word per stage, on a terminal or when asked; silence in cron."""
    if quiet or not (verbose or sys.stderr.isatty()):
        return lambda text: None
    return lambda text: show(f"{text} …", err=True)


def say_issues(issues: "tuple[Issue, ...]") -> None:
    """One line each on stderr, one for many that say the same, errors in red on a terminal."""
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    from neutralizer.errors import grouped

    for issue in grouped(issues):
        text = printable(str(issue))
        red = colour and text.startswith("ERROR")
        click.echo(click.style(text, fg="red") if red else text, err=True)


def say_notices(notices: "Sequence[str]") -> None:
    """One line each on stderr: what a person should know that is not about the plan."""
    for notice in notices:
        show(f"NOTICE {notice}", err=True)
