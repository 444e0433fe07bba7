"""What somebody let pass: whether they may, what there is to pass, and that it is told."""

from datetime import UTC, datetime

from neutralizer.domain.record import Waivers
from neutralizer.errors import InputsRefused, Issue, NotApproved
from neutralizer.gate.calibrated import NAME as COSTS
from neutralizer.load.firm.model_card import NAME as CARD
from neutralizer.load.firm.roles import permitted
from neutralizer.load.scenario import Loaded


def let_pass(waivers: Waivers) -> list[str]:
    """Who reads a run must know what somebody let pass in it."""
    if waivers.until is None:
        return []
    what = ", ".join((*waivers.jumps, *waivers.stale))
    return [
        f"{waivers.by} let {what} pass until {waivers.until.isoformat(timespec='minutes')}: {waivers.reason}"
    ]


def still_holds(waivers: Waivers) -> None:
    if waivers.until is not None and waivers.until <= datetime.now(UTC):
        raise NotApproved(
            f"the waiver of {waivers.by} ({waivers.reason}) expired at {waivers.until.isoformat()}: "
            "correct the data, or ask for another"
        )
    if waivers.written():
        permitted(waivers.by, "waive")


def names_tables(waivers: Waivers, loaded: Loaded) -> None:
    """What is let pass is there."""
    known = [*sorted(loaded.inputs.given), "risk", CARD, COSTS]
    for name in waivers.stale:
        if name not in known:
            remedy = "name one of " + ", ".join(known)
            raise InputsRefused([Issue("--accept-stale", 0, "", name, "no such table", remedy)])
