"""What others report, held against what we reckon, before anything is decided."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from neutralizer import margin
from neutralizer.domain.record import NO_WAIVERS, Waivers
from neutralizer.domain.trades import sums, without_pending
from neutralizer.errors import InputsRefused, InputsTooOld, NotApproved
from neutralizer.issues import Issues
from neutralizer.load.scenario import Loaded, load

DUST = 1e-4  # of a book's gross value: its net may be as small


def checked(
    root: Path,
    overrides: tuple[str, ...] = (),
    live: timedelta | None = None,
    waivers: Waivers = NO_WAIVERS,
) -> Loaded:
    """A scenario that was read and agrees with the reports in it, and with the clock where `live` is
    asked. Raises InputsRefused, InputsTooOld, NotApproved where a waiver has expired.
    """
    _still_holds(waivers)
    loaded = load(root, overrides, frozenset(waivers.stale))
    _is_live(loaded, live)
    issues = Issues()
    _market_value_agrees(loaded, issues)
    _margin_agrees(loaded, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    return loaded


def _still_holds(waivers: Waivers) -> None:
    if waivers.until is not None and waivers.until <= datetime.now(UTC):
        raise NotApproved(
            f"the waiver of {waivers.by} ({waivers.reason}) expired at {waivers.until.isoformat()}: "
            "mend the data, or ask for another"
        )


def _is_live(loaded: Loaded, live: timedelta | None) -> None:
    now, as_of = datetime.now(UTC), loaded.scenario.as_of
    if live is not None and abs(now - as_of) > live:
        apart = str(abs(now - as_of)).partition(".")[0]
        side = "before" if as_of < now else "after"
        raise InputsTooOld(
            f"as_of is {apart} {side} the clock, {live} is allowed: bring today's data"
        )


def _market_value_agrees(loaded: Loaded, issues: Issues) -> None:
    """What each book's fully paid positions are worth is what its report says, to
    `checks.reported_market_value`: pence for pounds, face for lots and a turned sign are found here.
    """
    s, table = loaded.scenario, loaded.inputs["books"]
    allowed = loaded.inputs.settings.checks.reported_market_value
    h, paid = s.holdings, s.instruments.fully_paid[s.holdings.instrument]
    held = h.before - h.pending
    each = np.where(paid, s.instruments.value[h.instrument] * held, 0.0)
    ours, gross = (sums(h.book, x, len(s.books.ids)) for x in (each, np.abs(each)))
    for row, name in enumerate(table["book_id"]):
        theirs, b = float(table["reported_market_value"][row]), s.books.ids.index(name)
        apart, largest = abs(ours[b] - theirs), max(abs(ours[b]), abs(theirs))
        if apart > max(allowed * largest, DUST * gross[b]):
            reason = (
                f"its positions are worth {ours[b]:,.2f}: {apart / largest:.1%} apart, "
                f"{allowed:.1%} allowed"
            )
            remedy = (
                "check signs, lots, multipliers and currencies; or set checks.reported_market_value"
            )
            table.error(issues, row, "reported_market_value", reason, remedy)


def _margin_agrees(loaded: Loaded, issues: Issues) -> None:
    """What each account's model asks for now is what its broker says, to `checks.reported_margin`."""
    s, table = loaded.scenario, loaded.inputs["accounts"]
    allowed = loaded.inputs.settings.checks.reported_margin
    called = (
        margin.amounts(without_pending(s), s) * s.accounts.multiplier / s.pools.fx[s.accounts.pool]
    )
    ours = dict(zip(s.accounts.ids, called.tolist(), strict=True))
    for row, name in enumerate(table["account_id"]):
        theirs = float(table["reported_margin"][row])
        if np.isfinite(theirs) and abs(ours[name] - theirs) > allowed * max(ours[name], theirs):
            apart = abs(ours[name] - theirs) / max(ours[name], theirs)
            reason = (
                f"the model asks for {ours[name]:,.2f}: {apart:.1%} apart, {allowed:.1%} allowed"
            )
            remedy = "check units, arrays and positions; or set checks.reported_margin"
            table.error(issues, row, "reported_margin", reason, remedy)
