"""What the clock says of a scenario: too old, not yet, of another day."""

from datetime import UTC, datetime, timedelta

from neutralizer.errors import InputsRefused, InputsTooOld, Issue
from neutralizer.load.scenario import Loaded

LATEST = timedelta(days=1)  # of as_of after the clock: a day may be dated by its end


def is_live(loaded: Loaded, live: timedelta | None) -> None:
    now, as_of = datetime.now(UTC), loaded.scenario.as_of
    if live is not None and abs(now - as_of) > live:
        apart = str(abs(now - as_of)).partition(".")[0]
        side = "before" if as_of < now else "after"
        raise InputsTooOld(
            f"as_of is {apart} {side} the clock, {live} is allowed: bring today's data"
        )


def is_past(loaded: Loaded) -> None:
    """Raises InputsRefused where as_of is over a day after the clock: a date was mistyped."""
    as_of = loaded.scenario.as_of
    if as_of > datetime.now(UTC) + LATEST:
        reason = "over a day after this machine's clock"
        remedy = "correct the date, or the clock"
        line = loaded.inputs.line("as_of")
        issue = Issue("scenario.yaml", line, "as_of", as_of.isoformat(), reason, remedy)
        raise InputsRefused([issue])
