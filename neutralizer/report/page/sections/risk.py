"""What the firm's volatility comes from, before and after."""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Cell, Cells, Column, Figure, Part, Section, Table, numbers
from neutralizer.report.page.pictures.pairs import Pair, pairs
from neutralizer.report.words import amount, cut, percent, short, whole

MOST_FACTORS = 18  # factors in the picture
STATES = (
    ("before", "before"),
    ("after_transfers", "after tonight"),
    ("after", "after"),
    ("stand_alone", "each book alone"),
)


def section(run: Run) -> Section | None:
    """Shares of the firm's daily variance by factor, and its volatility."""
    rows = run.rows("risk.csv")
    known = [(name, getattr(run.summary.firm_volatility, key)) for key, name in STATES]
    states = [(name, x) for name, x in known if x is not None]
    if not rows and not states:
        return None
    parts: list[Part] = [_figure(rows)] if any(r["variance_before"] for r in rows) else []
    if rows and not parts:
        parts.append(_table(rows, 0.0))
    table = Table(
        f"Firm volatility, {run.money} a day",
        [Column("state"), *numbers("volatility")],
        [(name, whole(x)) for name, x in states],
    )
    return Section(
        "risk", "Where the risk comes from", _lead(dict(states), run.money), [*parts, table]
    )


def _lead(states: dict[str, float], money: str) -> str:
    before, after = states.get("before"), states.get("after")
    if not before or after is None:
        return "The firm's exposure to each factor."
    if round(after) == round(before):
        return f"The firm's volatility stays at {short(after)} {money} a day: transfers inside do not change it."
    word = "falls" if after < before else "RISES"
    return (
        f"The firm's volatility {word} from {short(before)} to {short(after)} {money} a day "
        f"({percent(after / before - 1)}). Transfers inside leave the firm's own risk as it is; orders change it."
    )


def _figure(rows: list[Row]) -> Figure:
    total = sum(number(r, "variance_before") for r in rows) or 1.0
    told = sorted(
        rows, key=lambda r: -max(abs(number(r, c)) for c in ("variance_before", "variance_after"))
    )
    kept = {id(r) for r in told[:MOST_FACTORS]}
    bars = [_pair(r, total) for r in rows if id(r) in kept]
    alt = "Share of the firm's variance by factor, before and after; the table has the numbers."
    return Figure(
        pairs(bars, "risk", alt),
        _table(rows, total),
        "Contribution to the firm's daily variance; the variance before is 100 %. "
        "Hollow bar: before. Filled bar: after. A factor that hedges another contributes less than nothing.",
    )


def _pair(row: Row, total: float) -> Pair:
    before, after = (number(row, c) / total for c in ("variance_before", "variance_after"))
    return Pair(cut(row["factor_id"], 18), before, after, f"{_share(before)} → {_share(after)}")


def _share(x: float) -> str:
    return percent(x, 1 if abs(x) < 0.0995 else 0)


def _table(rows: list[Row], total: float) -> Table:
    """Exposures in the factor's own unit; variance as a share of the firm's before."""
    priced = ("variance before", "after") if total else ()
    columns = [Column("factor"), *numbers("exposure before", "after tonight", "after", *priced)]
    found: list[Cells] = []
    for r in rows:
        cells = [
            _exposure(r, c)
            for c in ("exposure_before", "exposure_after_transfers", "exposure_after")
        ]
        shares = [
            _share(number(r, c) / total) for c in ("variance_before", "variance_after") if total
        ]
        found.append((Cell(r["factor_id"], r.get("unit", "")), *cells, *shares))
    if not total:
        return Table("Exposure of the firm", columns, found)
    sums = [sum(number(r, c) for r in rows) for c in ("variance_before", "variance_after")]
    firm = ("firm", "", "", "", *(_share(x / total) for x in sums))
    return Table("Exposure and share of the variance", columns, found, firm)


def _exposure(row: Row, column: str) -> str:
    return amount(number(row, column)) if row.get(column) else ""
