"""The options by which somebody lets something pass: all of them, or none."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

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
