"""What was given up for what, factor by factor: the same exposure, carried by cheaper capital."""

from neutralizer.report.page.data import Row, Run, number
from neutralizer.report.page.parts import Column, Part, Section, Table, Text, numbers, shown
from neutralizer.report.words import amount, change, short, whole

MOST_FACTORS = 6  # factors in sentences
ROLES = {"given_up": "given\u00a0up", "taken_up": "taken\u00a0up", "kept": "kept"}
SPENT = ("margin", "carry")  # columns with a before and an after


def section(run: Run) -> Section | None:
    """Sentences and totals by factor, then every instrument that moved."""
    rows = run.rows("capital.csv")
    if not rows:
        return None
    factors: dict[str, list[Row]] = {}
    for row in rows:
        factors.setdefault(row["factor_id"], []).append(row)
    ordered = sorted(factors.items(), key=lambda kv: -sum(map(_moved, kv[1])))
    said = [_sentence(name, some) for name, some in ordered[:MOST_FACTORS]]
    parts: list[Part] = [Text(said), _totals(ordered, rows, run.money), _all(rows, run.money)]
    return Section("capital", "What was given up for what", _lead(rows, run.money), parts)


def _lead(rows: list[Row], money: str) -> str:
    cash = sum(number(r, "cash_change") for r in rows)
    freed = f", cash {'freed' if cash > 0 else 'used'} {short(abs(cash))}" if round(cash) else ""
    return f"In the instruments that may hedge: {_spent(rows)}{freed}, {money}."


def _spent(rows: list[Row]) -> str:
    """What the change ties up or frees, in words."""
    changes = {name: _change(rows, name) for name in SPENT}
    said = [
        f"{n} {'down' if x < 0 else 'up'} {short(abs(x))}" for n, x in changes.items() if round(x)
    ]
    return ", ".join(said) or "margin and carry as before"


def _moved(row: Row) -> float:
    return abs(number(row, "notional_after") - number(row, "notional_before"))


def _change(rows: list[Row], name: str) -> float:
    return sum(number(r, f"{name}_after") - number(r, f"{name}_before") for r in rows)


def _sentence(factor: str, rows: list[Row]) -> str:
    given, taken = (_side(rows, role) for role in ("given_up", "taken_up"))
    words = " for ".join(
        x for x in (f"{given} given up" * bool(given), f"{taken} taken up" * bool(taken)) if x
    )
    return f"{factor or 'No factor'}: {words or 'nothing moved'}; {_spent(rows)}."


def _side(rows: list[Row], role: str) -> str:
    some = sorted(
        (r for r in rows if r["role"] == role), key=lambda r: (-_moved(r), r["instrument_id"])
    )
    if not some:
        return ""
    names = ", ".join(r["instrument_id"] for r in some[:3])
    rest = f" and {len(some) - 3} more" if len(some) > 3 else ""
    return f"{short(sum(map(_moved, some)))} of {names}{rest}"


def _totals(factors: list[tuple[str, list[Row]]], rows: list[Row], money: str) -> Table:
    columns = [
        Column("main factor"),
        *numbers("given up", "taken up", "exposure before", "after", "margin", "carry", "cash"),
    ]
    found = [(name or "(none)", *_sums(some, True)) for name, some in factors]
    caption = f"By main factor, {money}: notional moved, change of margin and carry, cash freed (+)"
    return Table(caption, columns, found, ("all", *_sums(rows, False)))


def _sums(rows: list[Row], exposures: bool) -> list[str]:
    """Exposures are in the factor's own unit, so they have no total over factors."""
    moved = [sum(_moved(r) for r in rows if r["role"] == role) for role in ("given_up", "taken_up")]
    ends = [sum(number(r, c) for r in rows) for c in ("exposure_before", "exposure_after")]
    spent = [_change(rows, name) for name in SPENT]
    cash = sum(number(r, "cash_change") for r in rows)
    shown_ends = [amount(x) if exposures else "" for x in ends]
    return [*map(whole, moved), *shown_ends, *map(change, [*spent, cash])]


def _all(rows: list[Row], money: str) -> Table:
    columns = [
        *map(Column, ("instrument", "class", "factor", "role")),
        *numbers("notional before", "after", "exposure before", "after"),
        *numbers("margin", "carry", "cash"),
    ]
    found = []
    for r in sorted(
        rows, key=lambda r: (r["factor_id"], r["role"], -_moved(r), r["instrument_id"])
    ):
        about = [r[c] for c in ("instrument_id", "asset_class", "factor_id")]
        ends = [whole(number(r, c)) for c in ("notional_before", "notional_after")]
        ends += [amount(number(r, c)) for c in ("exposure_before", "exposure_after")]
        spent = [change(_change([r], name)) for name in SPENT]
        role = ROLES.get(r["role"], r["role"])
        found.append((*about, role, *ends, *spent, change(number(r, "cash_change"))))
    some, more = shown(found, "capital.csv")
    caption = f"Every hedge instrument that moved ({len(rows):,}), {money}"
    return Table(caption, columns, some, (), more)
