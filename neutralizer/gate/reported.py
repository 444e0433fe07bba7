"""What brokers and books report themselves, held against what we compute."""

import numpy as np

from neutralizer.domain.trades import sums, without_pending
from neutralizer.errors import Issues
from neutralizer.load.resolved.instruments import prices
from neutralizer.load.scenario import Loaded
from neutralizer.terms import margin

DUST = 1e-4  # of a book's gross value: its net may be as small


def market_value_agrees(loaded: Loaded, issues: Issues) -> None:
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


def margin_agrees(loaded: Loaded, issues: Issues) -> None:
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


def marks_agree(loaded: Loaded, issues: Issues) -> None:
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
            remedy = "correct the price or the mark, or set checks.mark_price"
            table.error(issues, row, "mark_price", reason, remedy)
