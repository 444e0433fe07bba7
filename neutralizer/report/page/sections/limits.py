"""Where every limit stands in its band, before and after, and what its relief would save."""

from neutralizer.report.page.data import Row, Run, bound, number
from neutralizer.report.page.parts import Cell, Cells, Column, Figure, Section, Table, numbers
from neutralizer.report.page.pictures.bands import EDGE, Band, bands
from neutralizer.report.words import amount, count, cut, percent, round_number
from neutralizer.terms.limits.facts import FACTOR_UNITS, MONEY, SHARE_OF_GROSS, UNITS
from neutralizer.terms.limits.registry import REGISTRY

MOST_LIMITS = 25  # limits in the picture
KEY = "○ before  ◆ after tonight  ● after  ✕ after, outside  ◁ ▷ beyond the picture"


def section(run: Run) -> Section | None:
    """The picture and table of what is tight, then every limit."""
    rows = run.limits()
    if not rows:
        return None
    tight = sorted(rows, key=_rank)
    first = [r for r in tight if _notable(r)]
    told = (first or tight)[:MOST_LIMITS]
    alt = f"Position in its band, before and after, of {count(len(told), 'limit')}; the table has the numbers."
    figure = Figure(
        bands([_band(r) for r in told], alt),
        _tight(told, run.money),
        "Each row is one limit: the grey box is what is allowed, scaled to the same width. " + KEY,
    )
    return Section("limits", "Exposures against their limits", _lead(rows), [figure, _all(rows)])


def _lead(rows: list[Row]) -> str:
    outside = sum(r["status"] in ("BREACH", "IMPROVED") for r in rows)
    binds = sum(r["binding"] == "yes" for r in rows)
    kept = "every one is kept" if not outside else f"{count(outside, 'is', 'are')} outside"
    if not binds:
        return f"Of {count(len(rows), 'limit')}, {kept}. None binds."
    return (
        f"Of {count(len(rows), 'limit')}, {kept}. {count(binds, 'limit')} "
        f"{'binds' if binds == 1 else 'bind'}: without {'it' if binds == 1 else 'them'} the plan would cost less."
    )


def _notable(row: Row) -> bool:
    return row["binding"] == "yes" or row["status"] != "OK"


def _rank(row: Row) -> tuple[bool, bool, float, str, str]:
    """Outside first, then what binds, then what is nearest its bound."""
    band = _band(row)
    return (
        not band.outside,
        not _notable(row),
        -abs(band.after) if not _notable(row) else 0.0,
        row["limit_id"],
        row["scope"],
    )


def _band(row: Row) -> Band:
    low, high = bound(row, "lower"), bound(row, "upper")
    amounts = [number(row, c) for c in ("before", "after_transfers", "after")]
    scaled = [_place(x, low, high, amounts) for x in amounts]
    exact = low is not None and low == high
    box = (0.0, 0.0) if exact else (-1.0 if low is not None else min(0.0, *scaled), 1.0)
    if high is None:
        box = (-1.0, max(0.0, *scaled))
    low_end, high_end = max(box[0], -EDGE), min(box[1], EDGE)
    return Band(_label(row), low_end, high_end, scaled[0], scaled[1], scaled[2], _outside(row))


def _place(x: float, low: float | None, high: float | None, amounts: list[float]) -> float:
    """An amount on the band's scale: bounds at -1 and 1; a bound that is exact at 0."""
    if low is not None and high is not None:
        half = (high - low) / 2
        middle = (high + low) / 2
        return (x - middle) / (half or max(abs(a - middle) for a in amounts) or 1.0)
    side, end = (-1.0, low or 0.0) if high is None else (1.0, high)
    if side * end > 0:
        return x / abs(end)
    return side + (x - end) / (max(abs(a - end) for a in amounts) or 1.0)


def _outside(row: Row) -> bool:
    return row["status"] in ("BREACH", "IMPROVED")


def _label(row: Row) -> str:
    """The limit's name, with its scope where the name does not say it."""
    tail = row["scope"].split(":", 1)[-1]
    name = row["limit_id"]
    return cut(name if tail in name or tail == "firm" else f"{name} {tail}", 22)


def _name(row: Row) -> Cell:
    return Cell(row["limit_id"], f"{row['scope']} · {_measure(row)}")


def _measure(row: Row) -> str:
    return " ".join(x for x in (row["measure"].replace("factor_", ""), row["target"]) if x)


def _allowed(row: Row) -> str:
    low, high = bound(row, "lower"), bound(row, "upper")
    if low is None or high is None:
        return f"≤\u00a0{amount(high)}" if high is not None else f"≥\u00a0{amount(low or 0.0)}"
    if low == high:
        return f"exactly\u00a0{amount(low)}"
    return f"±\u00a0{amount(high)}" if low == -high else f"{amount(low)} … {amount(high)}"


def _unit(row: Row, money: str) -> str:
    """The unit of a limit's amounts, as a reader says it."""
    unit = REGISTRY[row["measure"]].UNIT
    words = {FACTOR_UNITS: row["target"], UNITS: "unit", SHARE_OF_GROSS: "share", MONEY: money}
    return words[unit]


def _relief(row: Row, units: int, money: str) -> Cell:
    saved = number(row, "shadow_price") * units
    return Cell(amount(saved), f"per {units:,} {_unit(row, money)}") if saved > 0 else Cell("")


def _status(row: Row) -> Cell:
    words = {
        "OK": "at\u00a0its\u00a0bound" if row["binding"] == "yes" else "kept",
        "OK_TO_A_LOT": "kept to within a lot",
        "BREACH": "BROKEN",
        "IMPROVED": "outside, closer than before",
    }
    return Cell(words.get(row["status"], row["status"]), tone="bad" if _outside(row) else "")


def _tight(rows: list[Row], money: str) -> Table:
    columns = [
        Column("limit"),
        *numbers("before", "after"),
        Column("allowed"),
        *numbers(f"relief saves, {money}"),
    ]
    units = round_number(number(r, "shadow_price") for r in rows)
    found = [
        (
            _name(r),
            amount(number(r, "before")),
            amount(number(r, "after")),
            Cell(_allowed(r), _status(r).text if _outside(r) else "", tone=_status(r).tone),
            _relief(r, units, money),
        )
        for r in rows
    ]
    caption = "Limits in the picture" if any(map(_notable, rows)) else "No limit binds; the nearest"
    return Table(caption, columns, found)


def _all(rows: list[Row]) -> Table:
    columns = [
        Column("limit"),
        Column("scope"),
        Column("measure"),
        *numbers("before", "tonight", "after", "allowed", "headroom", "used"),
        Column("state"),
        Column("owner"),
    ]
    found: list[Cells] = []
    for r in rows:
        amounts = [amount(number(r, c)) for c in ("before", "after_transfers", "after")]
        used = percent(number(r, "utilisation")) if r["utilisation"] else ""
        room = amount(number(r, "headroom"))
        names = (r["limit_id"], r["scope"], _measure(r))
        found.append((*names, *amounts, _allowed(r), room, used, _status(r), r["owner"]))
    return Table(f"Every limit ({len(rows)})", columns, found)
