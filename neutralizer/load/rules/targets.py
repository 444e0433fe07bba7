"""Rules about what each book wants to trade."""

from collections.abc import Iterator

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.money import plain
from neutralizer.domain.wishes import target_name
from neutralizer.errors import Issues
from neutralizer.load.resolved.barriers import groups_of
from neutralizer.load.resolved.mandates import expired
from neutralizer.load.resolved.restrictions import restricted
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.targets import Wishes, wishes
from neutralizer.load.rules.instruments import in_play
from neutralizer.load.written.inputs import Inputs

WHOLE = 1e-9  # of a lot: what counts as a whole number of them


def targets_say_one_thing(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A row has a target or a trade; what may wait has its price; its limit's name is its own."""
    table, taken = inputs["targets"], set(inputs["limits"]["limit_id"])
    unread = {row for row, _ in table.unread}
    both = ~np.isnan(table["target"]) & ~np.isnan(table["trade"])
    none = np.isnan(table["target"]) & np.isnan(table["trade"])
    for row in np.flatnonzero(both).tolist():
        reason = "target and trade on one row"
        table.error(issues, row, "trade", reason, "keep one: units after, or units more")
    for row in sorted(set(np.flatnonzero(none).tolist()) - unread):
        reason = "neither target nor trade"
        table.error(issues, row, "target", reason, "write units after, or units more")
    unpriced = np.isnan(table["waiting_bps"])
    for row, waits in enumerate(table["may_wait"]):
        if waits == "yes" and unpriced[row]:
            remedy = "write what a notional left costs in basis points, or may_wait no"
            table.error(issues, row, "waiting_bps", "required with may_wait yes", remedy)
    for row, pair in enumerate(zip(table["book_id"], table["instrument_id"], strict=True)):
        if target_name(*pair) in taken:
            reason = f"its limit would be {target_name(*pair)}, which stands in limits"
            table.error(issues, row, "instrument_id", reason, "rename the one in limits")


def targets_are_allowed(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """No row of mandates, no restricted list and no expiry stands between the position and its target."""
    table, books = inputs["targets"], sorted(set(inputs["books"]["book_id"]))
    if not len(table):
        return
    its = wishes(inputs, select, books)
    gone, bars = expired(inputs, select), restricted(inputs, select, books)
    out = (its.lower > its.high) | (its.upper < its.low)
    for w in np.flatnonzero(out).tolist():
        b, i, row = int(its.book[w]), int(its.instrument[w]), int(its.row[w])
        buys = its.target[w] > its.before[w]
        if gone[i]:
            reason, remedy = "expired before the execution date", "take the row out"
        elif (bars.no_buy if buys else bars.no_sell)[b, i]:
            word = "no_buy" if buys else "no_sell"
            reason, remedy = (
                f"{word} on the restricted list",
                "take the row out, or lift the restriction",
            )
        else:
            least, most = plain(float(its.low[w])), plain(float(its.high[w]))
            reason = f"mandates leave {books[b]} {least} to {most} of it"
            remedy = "change the mandate, or the target"
        stated = f"wanted is {plain(float(its.target[w]))}, held {plain(float(its.before[w]))}"
        table.error(issues, row, _column(inputs, row), f"{stated}: {reason}", remedy)


def targets_are_whole(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """What is to be traded is a whole number of lots where the book trades alone, of a unit or of what
    is traded in less where another book may take the rest, where it may close the position as well; within the
    tolerance.
    """
    table, books = inputs["targets"], sorted(set(inputs["books"]["book_id"]))
    if not len(table):
        return
    its = wishes(inputs, select, books)
    for w, (grain, crosses) in enumerate(_grains(inputs, select, its, books)):
        change = its.target[w] - its.before[w]
        nearest = its.before[w] + round(change / grain) * grain
        room = WHOLE * max(grain, abs(change))
        if (its.target[w] == 0 and crosses) or its.lower[w] - room <= nearest <= its.upper[
            w
        ] + room:
            continue
        row, off = int(its.row[w]), abs(nearest - its.target[w])
        reason = f"{plain(abs(change))} units to trade, which is no whole number of {plain(grain)}"
        remedy = f"write a target of {plain(nearest)}, or a tolerance of {plain(float(off))}"
        table.error(issues, row, _column(inputs, row), reason, remedy)


def _grains(
    inputs: Inputs, select: Selector, its: Wishes, books: list[str]
) -> Iterator[tuple[float, bool]]:
    """Of each wish the least that its book can trade: a lot, or less where others of its group may take it."""
    lots = inputs["instruments"]["lot_size"][select.rows]
    changes, group_of = in_play(inputs, select)[1], groups_of(inputs)
    groups = np.array([group_of.get(b, b) for b in books], dtype=object)
    eligible = [x != "no" for x in select.columns["cross_eligible"]]
    no_cross = restricted(inputs, select, books).no_cross
    for b, i in zip(its.book.tolist(), its.instrument.tolist(), strict=True):
        others = (groups == groups[b]) & (np.arange(len(books)) != b) & ~no_cross[:, i]
        crosses = eligible[i] and not no_cross[b, i] and bool(changes[others, i].any())
        yield (min(1.0, float(lots[i])) if crosses else float(lots[i])), crosses


def _column(inputs: Inputs, row: int) -> str:
    """Where the wish is written."""
    found: Floats = inputs["targets"]["target"]
    return "trade" if np.isnan(found[row]) else "target"
