"""What others report, held against what we reckon, before anything is decided."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from neutralizer.domain.record import NO_WAIVERS, Waivers
from neutralizer.domain.trades import sums, without_pending
from neutralizer.errors import InputsRefused, InputsTooOld, NotApproved
from neutralizer.gate import previous as earlier
from neutralizer.gate.open_orders import not_on_its_way
from neutralizer.issues import Issue, Issues
from neutralizer.load.firm.model_card import NAME as CARD
from neutralizer.load.firm.model_card import expired
from neutralizer.load.firm.roles import permitted
from neutralizer.load.resolved.instruments import prices
from neutralizer.load.scenario import Loaded, load
from neutralizer.terms import margin

LATEST = timedelta(days=1)  # of as_of after the clock: a day may be dated by its end
DUST = 1e-4  # of a book's gross value: its net may be as small


@dataclass(frozen=True)
class Against:
    """What a scenario is held against, beside the reports in it."""

    live: timedelta | None = None  # how far as_of may lie from the clock
    day: date | None = None  # the business date that it must be of
    previous: Path | None = None  # the folder of an earlier run
    handoff: Path | None = None  # what operations wrote back
    waivers: Waivers = NO_WAIVERS


NOTHING_ELSE = Against()


def checked(root: Path, overrides: tuple[str, ...] = (), against: Against = NOTHING_ELSE) -> Loaded:
    """A scenario that was read and agrees with what it is held against.

    Raises InputsRefused, InputsTooOld, NotApproved where a waiver has expired or is by who may not, Tampered.
    """
    _still_holds(against.waivers)
    loaded = load(root, overrides, frozenset(against.waivers.stale))
    _is_live(loaded, against.live)
    _is_past(loaded)
    if against.day not in (None, loaded.scenario.business_date):
        raise InputsTooOld(
            f"the scenario is of {loaded.scenario.business_date}, not of {against.day}"
        )
    _names_tables(against.waivers, loaded)
    late = expired(loaded.scenario.business_date)
    if late and CARD not in against.waivers.stale:
        raise InputsTooOld(late)
    issues = Issues()
    _market_value_agrees(loaded, issues)
    _margin_agrees(loaded, issues)
    _marks_agree(loaded, issues)
    if against.previous is not None:
        loaded = _follows(loaded, against.previous, against, issues)
    if issues.errors:
        raise InputsRefused(issues.found)
    told = list(loaded.notices) + _waived(against.waivers)
    if against.handoff is not None:
        told += not_on_its_way(loaded, against.handoff)
    return replace(loaded, notices=tuple(told))


def _waived(waivers: Waivers) -> list[str]:
    """Who reads a run must know what somebody let pass in it."""
    if waivers.until is None:
        return []
    what = ", ".join((*waivers.jumps, *waivers.stale))
    return [
        f"{waivers.by} let {what} pass until {waivers.until.isoformat(timespec='minutes')}: {waivers.reason}"
    ]


def _follows(loaded: Loaded, folder: Path, against: Against, issues: Issues) -> Loaded:
    """With jumps and breaks against an earlier run: among the issues, or only told."""
    before = earlier.previous(folder)
    follows = earlier.rolled(loaded, before, against.handoff)
    earlier.jumps(loaded, before, follows, against.waivers, issues)
    told = earlier.standing_still(loaded, before, against.waivers)
    found = earlier.breaks(loaded, follows)
    sentences = list(earlier.break_sentences(found, before))
    if loaded.inputs.settings.checks.breaks == "report":
        told += sentences
    else:
        remedy = "find the trades that are missing, or set checks.breaks=report"
        for sentence in sentences:
            issues.error("positions", 0, "", None, sentence, remedy)
    return replace(loaded, notices=tuple(told), previous=before.run.run_id)


def _still_holds(waivers: Waivers) -> None:
    if waivers.until is not None and waivers.until <= datetime.now(UTC):
        raise NotApproved(
            f"the waiver of {waivers.by} ({waivers.reason}) expired at {waivers.until.isoformat()}: "
            "mend the data, or ask for another"
        )
    if waivers.written():
        permitted(waivers.by, "waive")


def _names_tables(waivers: Waivers, loaded: Loaded) -> None:
    """What is let pass is there."""
    known = [*sorted(loaded.inputs.given), "risk", CARD]
    for name in waivers.stale:
        if name not in known:
            remedy = "name one of " + ", ".join(known)
            raise InputsRefused([Issue("--accept-stale", 0, "", name, "no such table", remedy)])


def _is_live(loaded: Loaded, live: timedelta | None) -> None:
    now, as_of = datetime.now(UTC), loaded.scenario.as_of
    if live is not None and abs(now - as_of) > live:
        apart = str(abs(now - as_of)).partition(".")[0]
        side = "before" if as_of < now else "after"
        raise InputsTooOld(
            f"as_of is {apart} {side} the clock, {live} is allowed: bring today's data"
        )


def _is_past(loaded: Loaded) -> None:
    """Raises InputsRefused where as_of is over a day after the clock: a date was mistyped."""
    as_of = loaded.scenario.as_of
    if as_of > datetime.now(UTC) + LATEST:
        reason = "over a day after this machine's clock"
        remedy = "mend the date, or the clock"
        line = loaded.inputs.line("as_of")
        issue = Issue("scenario.yaml", line, "as_of", as_of.isoformat(), reason, remedy)
        raise InputsRefused([issue])


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


def _marks_agree(loaded: Loaded, issues: Issues) -> None:
    """What a book values its position at is near the price at which it crosses, to `checks.mark_price`."""
    table, priced = loaded.inputs["positions"], loaded.inputs["instruments"]
    allowed = loaded.inputs.settings.checks.mark_price
    local = prices(priced, list(range(len(priced))))
    price = dict(zip(priced["instrument_id"], local.tolist(), strict=True))
    for row in np.flatnonzero(np.isfinite(table["mark_price"])).tolist():
        mark, ours = float(table["mark_price"][row]), price[table["instrument_id"][row]]
        largest = max(abs(mark), abs(ours))
        if abs(mark - ours) > allowed * largest:
            apart = abs(mark - ours) / largest
            reason = f"the price is {ours:,.6g}: {apart:.1%} apart, {allowed:.1%} allowed"
            remedy = "mend the price or the mark, or set checks.mark_price"
            table.error(issues, row, "mark_price", reason, remedy)
