"""targets.csv: what each book wanted to trade, what was done of it, what is left and why."""

from collections.abc import Mapping
from decimal import Decimal

from neutralizer.domain.money import plain, rounded, significant
from neutralizer.domain.plan import Booking
from neutralizer.terms import waiting

Row = dict[str, str]
FILE = "targets.csv"
COLUMNS = tuple(
    "book_id instrument_id before wanted_after lower upper may_wait unit_notional wanted crossed ordered left "
    "notional_left waiting why scope shadow_price owner".split()
)
NOTHING = 1e-9  # of a position: what is no more left than met


def rows(booking: Booking, why: Mapping[tuple[str, str], Row]) -> list[Row]:
    """A line for each target, by book and instrument. Units signed: wanted = wanted_after − before, and left is
    what is missing to its tolerance; notional_left and waiting in base currency. Why: the limit that
    keeps it from its target, with its shadow price, or `cost`; claimed.
    """
    s, plan, found = booking.scenario, booking.plan, list[Row]()
    waits = waiting.amounts(plan.trades, s).tolist()
    for w, h in enumerate(s.targets.holding.tolist()):
        book = s.books.ids[s.holdings.book[h]]
        instrument = s.instruments.ids[s.holdings.instrument[h]]
        before, moved, filled = s.holdings.exact[h], plan.transferred[h], plan.hedged[h]
        ends = (s.targets.target[w], s.targets.lower[w], s.targets.upper[w])
        target, lower, upper = (Decimal(repr(float(x))) for x in ends)
        after = before + moved + filled
        left = max(lower - after, Decimal(0)) + min(upper - after, Decimal(0))
        unit = float(s.holding_notional[h])
        found.append(
            {
                "book_id": book,
                "instrument_id": instrument,
                "before": plain(before),
                "wanted_after": plain(target),
                "lower": plain(lower),
                "upper": plain(upper),
                "may_wait": "yes" if s.targets.waits[w] else "no",
                "unit_notional": significant(unit),
                "wanted": plain(target - before),
                "crossed": plain(moved),
                "ordered": plain(filled),
                "left": plain(left),
                "notional_left": str(rounded(abs(float(left)) * unit, s.base_currency)),
                "waiting": str(rounded(waits[w], s.base_currency)),
                **_why(why.get((book, instrument)) if left else None),
                "owner": s.targets.owner[w],
            }
        )
    return sorted(found, key=lambda r: (r["book_id"], r["instrument_id"]))


def waiting_by_book(booking: Booking) -> dict[str, Decimal]:
    """What each book's lines sum to, base currency."""
    found: dict[str, Decimal] = {}
    for r in rows(booking, {}):
        found[r["book_id"]] = found.get(r["book_id"], Decimal(0)) + Decimal(r["waiting"])
    return found


def _why(row: Row | None) -> Row:
    return {c: (row or {}).get(c, "") for c in ("why", "scope", "shadow_price")}
