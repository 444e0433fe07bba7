"""Every option that more than one command has, and what is made of them."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import date

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


Command = Callable[..., Any]


def WAIVERS(command: Command) -> Command:
    """Adds the options and gives the command one `waivers`."""

    @wraps(command)
    def with_waivers(**words: Any) -> Any:
        names = ("accept_jump", "accept_stale", "waived_by", "waiver_reason", "until")
        jumps, stale, by, reason, until = (words.pop(name) for name in names)
        return command(waivers=_waivers(jumps, stale, by, reason, until), **words)

    for option in reversed(_OPTIONS):
        with_waivers = option(with_waivers)
    return with_waivers


_OPTIONS = (
    click.option(
        "--accept-jump", multiple=True, metavar="ID", help="Let an id move over ten times."
    ),
    click.option(
        "--accept-stale", multiple=True, metavar="TABLE", help="Let a table be too old; model_card."
    ),
    click.option("--waived-by", default="", metavar="NAME", help="Who lets it pass."),
    click.option("--waiver-reason", default="", metavar="TEXT", help="Why."),
    click.option("--until", default="", metavar="INSTANT", help="2024-06-28T23:00:00-04:00"),
)


def _waivers(
    jumps: tuple[str, ...], stale: tuple[str, ...], by: str, reason: str, until: str
) -> Any:
    """Raises UsageError where a part is missing."""
    from neutralizer.domain.record import NO_WAIVERS, Waivers
    from neutralizer.load.written.values import identifier, instant

    accepted, said = bool(jumps or stale), (by, reason.strip(), until)
    if not accepted and not any(said):
        return NO_WAIVERS
    if not accepted or not all(said):
        raise click.UsageError(
            "--accept-jump and --accept-stale need --waived-by, --waiver-reason and --until"
        )
    try:
        return Waivers(jumps, stale, identifier(by), reason, instant(until))
    except ValueError as error:
        raise click.UsageError(f"--waived-by or --until: {error}") from None
