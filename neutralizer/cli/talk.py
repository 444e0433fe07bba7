"""What the commands share: options, and talk on stderr."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import date

    from neutralizer.errors import Issue

OVERRIDES = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one setting."
)
REPAIR = click.option(
    "--repair-psd", is_flag=True, help="Repair a covariance that is not positive semidefinite."
)
FOLDER = click.Path(path_type=Path)


PREVIOUS = click.option(
    "--previous", type=FOLDER, help="An earlier run's folder, to hold the inputs against."
)
HANDOFF = click.option(
    "--handoff", type=FOLDER, help="The folder that operations read and write back into."
)


def with_repair(overrides: tuple[str, ...], repair_psd: bool) -> tuple[str, ...]:
    """The overrides that --repair-psd is short for."""
    return (*overrides, "checks.repair_psd=yes") if repair_psd else overrides


def whoever() -> str:
    """Who is at the keyboard, as the system has it."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this number, as in some containers
        return str(os.getuid())


BY = click.option(
    "--as",
    "by",
    metavar="NAME",
    envvar="NEUTRALIZER_AS",
    default=whoever,
    help="Who you are, as roles.yaml has it.",
)
JOURNAL = click.option(
    "--journal",
    type=FOLDER,
    envvar="NEUTRALIZER_JOURNAL",
    help="The folder of the journal.",
)


def day(text: str) -> "date":
    """A date that was asked for. Raises UsageError."""
    from neutralizer.load.written.values import day as read

    try:
        return read(text)
    except ValueError as error:
        raise click.UsageError(f"{text}: {error}") from None


def progress(quiet: bool, verbose: bool) -> Callable[[str], None]:
    """A word per stage, on a terminal or when asked; silence in cron."""
    if quiet or not (verbose or sys.stderr.isatty()):
        return lambda text: None
    return lambda text: click.echo(f"{text} …", err=True)


def say_issues(issues: "tuple[Issue, ...]") -> None:
    """One line each on stderr, errors in red on a terminal."""
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for issue in issues:
        text = str(issue)
        red = colour and text.startswith("ERROR")
        click.echo(click.style(text, fg="red") if red else text, err=True)


def say_notices(notices: "Sequence[str]") -> None:
    """One line each on stderr: what a person should know that is not about the plan."""
    for notice in notices:
        click.echo(f"NOTICE {notice}", err=True)
