"""Contracts that end: the windows in which they are given up, and who may trade what they are rolled into."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.calendar import business_days, earlier
from neutralizer.domain.scenario import Books, Holdings, Limit
from neutralizer.load.resolved.days import execution_date
from neutralizer.load.resolved.quantities import HELD, quantities
from neutralizer.load.resolved.selectors import Selector, specificity
from neutralizer.load.written.inputs import Inputs

RULE = re.compile("(expiry|first_notice)-([0-9]{1,3})b")
NEXT = "next"


@dataclass(frozen=True)
class Window:
    """An open one: of which row and instrument, and the business days from the day it is looked at to its last,
    both counted; and as many from the first of them on which anything is decided.
    """

    row: int
    instrument: int
    left: int  # 0 after the last day
    last: date
    whole: int

    def share(self, gradual: bool) -> float:
        """The most of the position before that may be left at the end of the day."""
        if self.left <= 1:
            return 0.0
        return (self.left - 1) / self.whole if gradual else 1.0


def windows(inputs: Inputs, select: Selector) -> list[Window]:
    """Those that are open on the execution date, by instrument; each by the row that names it most closely."""
    table, today, calendar = inputs["rolls"], execution_date(inputs), inputs.settings.calendar
    found = []
    for instrument, row in sorted(governing(inputs, select).items()):
        last = last_day(inputs, select, row, instrument)
        if last is None:
            continue
        opens = earlier(last, int(table["days"][row]) - 1, calendar)
        if today >= opens:
            first = max(opens, inputs.sets_out or today)
            left, whole = (business_days(day, last, calendar) for day in (today, first))
            found.append(Window(row, instrument, left, last, whole))
    return found


def governing(inputs: Inputs, select: Selector) -> dict[int, int]:
    """The row of each instrument that one selects: the one that names it most closely."""
    best: dict[int, tuple[int, int]] = {}
    for row, selector in enumerate(inputs["rolls"]["selector"]):
        mask = select(selector)
        rank = specificity(selector, select)
        for instrument in () if mask is None else np.flatnonzero(mask).tolist():
            if rank > best.get(instrument, (-1, 0))[0]:
                best[instrument] = (rank, row)
    return {instrument: row for instrument, (_, row) in best.items()}


def last_day(inputs: Inputs, select: Selector, row: int, instrument: int) -> date | None:
    """The business day at whose end a contract is held no more; None where its rule has no date to count from."""
    table, calendar = inputs["rolls"], inputs.settings.calendar
    written: date | None = table["last_day"][row]
    if written is not None:
        return earlier(written, 0, calendar)
    rule = RULE.fullmatch(table["rule"][row])
    if rule is None:
        return None
    end: date | None = inputs["instruments"][rule.group(1)][select.rows[instrument]]
    return None if end is None else earlier(end, int(rule.group(2)), calendar)


def into(inputs: Inputs, select: Selector, row: int, instrument: int) -> int | None:
    """The instrument that one is rolled into; None where the row names none, or there is no next one."""
    name = inputs["rolls"]["into"][row]
    if name != NEXT:
        return select.index.get(name)
    of = inputs["instruments"]
    expiry = [of["expiry"][r] for r in select.rows]
    same = list(zip(select.columns["underlying"], select.columns["asset_class"], strict=True))
    own = expiry[instrument]
    later = [
        (end, k)
        for k, end in enumerate(expiry)
        if end and own and end > own and same[k] == same[instrument] and same[k][0]
    ]
    return min(later)[1] if later else None


def taking_up(inputs: Inputs, select: Selector, books: Sequence[str]) -> Bools:
    """(B, I) which books may trade an instrument because they hold what is rolled into it now."""
    held = [quantities(inputs[t], select, books)[0] for t in HELD] if len(inputs["rolls"]) else []
    found = np.zeros((len(books), len(select.ids)), dtype=bool)
    for w in windows(inputs, select) if held else ():
        new = into(inputs, select, w.row, w.instrument)
        if new is not None:
            found[:, new] |= (held[0] + held[1])[:, w.instrument] != 0
    return found


def roll_limits(
    inputs: Inputs, select: Selector, books: Books, holdings: Holdings, lots: Floats
) -> Iterator[Limit]:
    """One limit for each contract whose window is open and each book that holds it, or might: it only shrinks,
    by an equal part a day where that is asked (rounded up to whole lots, units), and is zero at the end.
    """
    table = inputs["rolls"]
    for w in windows(inputs, select):
        name, share = select.ids[w.instrument], w.share(table["gradual"][w.row] == "yes")
        for h in np.flatnonzero(holdings.instrument == w.instrument).tolist():
            b = int(holdings.book[h])
            before = float(holdings.before[h])
            most = _in_lots(abs(before) * share, float(lots[w.instrument]), abs(before))
            yield Limit(
                limit_id=f"roll-{name}",
                measure="position",
                scope=f"book:{books.ids[b]}",
                target=name,
                lower=-most if before < 0 else 0.0,
                upper=most if before > 0 else 0.0,
                improve=False,
                penalty=0.0,
                owner=table["owner"][w.row],
                description=_said(name, w),
                scope_holdings=np.flatnonzero(holdings.book == b),
                holdings=np.array([h], dtype=np.int64),
                books=frozenset([b]),
            )


def _in_lots(units: float, lot: float, most: float) -> float:
    """Units rounded up to whole lots, and no more than there are."""
    return min(math.ceil(units / lot * (1 - 1e-12)) * lot, most)


def _said(name: str, w: Window) -> str:
    if w.left <= 1:
        return f"{name} is held no more after {w.last.isoformat()}"
    return f"{name} only shrinks, to nothing by {w.last.isoformat()}, {w.left - 1} business days after this one"
