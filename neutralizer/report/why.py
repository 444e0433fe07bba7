"""Why, on a terminal: what binds, what it costs, what each line is for. At most 80 columns."""

import textwrap

from neutralizer.domain.executions import live
from neutralizer.domain.summary import Summary
from neutralizer.records.writing import rows_of
from neutralizer.report.terminal import MOST_LINES, Files, amount, more, one_line
from neutralizer.report.words import cut, served

Row = dict[str, str]
LEAST = 0.01  # a share that is worth a word
MOST_ADD = 6  # positions that are named for what they add to the firm's volatility


def plan_page(summary: Summary, files: Files) -> str:
    """What binds and what it costs, what else would save, and why the largest lines are there."""
    parts = [one_line(summary).replace(" | ", "\n  ")]
    priced = [r for r in live(rows_of(files, "limits.csv")) if float(r["shadow_price"] or 0) > 0]
    if priced:
        priced.sort(key=lambda r: -float(r["shadow_price"]) * _size(r))
        money = summary.base_currency
        head = f"{'limits that cost':<28}{'scope':<18}{'after':>14}{f'{money} saved a unit':>20}"
        lines = [
            f"  {cut(r['limit_id'], 25):<26}{cut(r['scope'], 17):<18}{amount(r['after']):>14}"
            f"{float(r['shadow_price']):>20.6g}" + _of_shock(r)
            for r in priced[:MOST_LINES]
        ]
        parts.append("\n".join([head, *lines, *more(priced)]))
    others = live(rows_of(files, "shadow_prices.csv"))
    if others:
        head = f"{'what else is short':<60}{'saved a unit':>20}"
        lines = [
            f"  {cut(r['kind'] + ' ' + r['name'], 38):<40}{cut('per ' + r['unit'], 16):<18}"
            f"{float(r['shadow_price']):>20.6g}"
            for r in others[:MOST_LINES]
        ]
        parts.append("\n".join([head, *lines, *more(others)]))
    parts += [_shocks(files, summary), _books(files, summary), _positions(files, summary)]
    parts += [_lines(files), "for one line: neutralizer explain DIR --line TICKET"]
    return "\n\n".join(part for part in parts if part)


def _of_shock(row: Row) -> str:
    """The shock that a limit of losses is about, on a line of its own."""
    return f"\n    in {row['worst_shock']}" if row.get("worst_shock") else ""


def _shocks(files: Files, summary: Summary) -> str:
    """What each shock costs the firm, worst first, and who loses most."""
    rows = rows_of(files, "shocks.csv")
    firm = sorted((r for r in rows if r["scope"] == "firm"), key=lambda r: -float(r["loss_after"]))
    if not firm:
        return ""
    states = ("loss_before", "loss_after_transfers", "loss_after")
    head = f"{f'loss by shock, {summary.base_currency}':<31}{'before':>16}{'after tonight':>16}{'after':>16}"
    lines = []
    for r in firm[:MOST_LINES]:
        cells = "".join(f"{amount(r[c]):>16}" for c in states)
        lines.append(f"  {cut(r['shock_id'], 28):<29}{cells}")
        own = [x for x in rows if x["scope"] != "firm" and x["shock_id"] == r["shock_id"]]
        most = max(own, key=lambda x: float(x["loss_after"]), default=None)
        if r["worst"] == "yes" and most is not None:
            book = most["scope"].removeprefix("book:")
            lines.append(
                f"    the worst; most of it in {cut(book, 20)}: {amount(most['loss_after'])}"
            )
    return "\n".join([head, *lines, *more(firm)])


def _books(files: Files, summary: Summary) -> str:
    """Volatility of the firm and of each book."""
    rows = [r for r in rows_of(files, "exposures.csv") if r["kind"] in ("firm", "book")]
    rows = [r for r in rows if r["volatility_after"]]
    if not rows:
        return ""
    states = ("volatility_before", "volatility_after_transfers", "volatility_after")
    head = f"{f'volatility a day, {summary.base_currency}':<31}{'before':>16}{'after tonight':>16}{'after':>16}"
    lines = [
        f"  {cut(r['name'] or 'the firm', 28):<29}" + "".join(f"{amount(r[c]):>16}" for c in states)
        for r in rows[: MOST_LINES + 1]
    ]
    return "\n".join([head, *lines, *more(rows[1:])])


def _positions(files: Files, summary: Summary) -> str:
    """What adds most to the firm's volatility or takes most from it, and what a cap leaves for other days."""
    rows = rows_of(files, "instrument_risk.csv")
    adds = [r for r in rows if float(r["contribution_after"])]
    adds.sort(key=lambda r: -abs(float(r["contribution_after"])))
    found = []
    if adds:
        head = (
            f"{f'adds to the volatility, {summary.base_currency}':<47}{'before':>16}{'after':>16}"
        )
        lines = [
            f"  {cut(r['instrument_id'], 44):<45}{amount(r['contribution_before']):>16}"
            f"{amount(r['contribution_after']):>16}"
            for r in adds[:MOST_ADD]
        ]
        found.append("\n".join([head, *lines]))
    late = [r for r in rows if r["more_days"]]
    if late:
        late.sort(key=lambda r: -float(r["more_days"]))
        lines = [
            f"  {cut(r['instrument_id'], 44):<45}takes another {float(r['more_days']):.1f} days"
            for r in late[:MOST_LINES]
        ]
        found.append("\n".join(["stopped by what may be traded a day", *lines, *more(late)]))
    return "\n\n".join(found)


def _lines(files: Files) -> str:
    reasons: dict[str, list[Row]] = {}
    for row in live(rows_of(files, "reasons.csv")):
        reasons.setdefault(row["ticket_id"], []).append(row)
    tickets = [*live(rows_of(files, "hedges.csv")), *live(rows_of(files, "internal_transfers.csv"))]
    tickets.sort(key=lambda r: -float(r["notional_base"]))
    found = []
    for row in tickets[:MOST_LINES]:
        found.append(f"  {row['ticket_id']}  {_what(row)}")
        why = [
            f"{_served(r)} {float(r['share']):.0%}"
            for r in reasons.get(row["ticket_id"], ())
            if r["share"] and float(r["share"]) >= LEAST
        ]
        text = ", ".join(why[:4]) or "no limit: what is cheapest"
        found.append(textwrap.fill(text, 79, initial_indent="      ", subsequent_indent="      "))
    return (
        "\n".join(["the largest lines and what they serve", *found, *more(tickets)])
        if found
        else ""
    )


def _what(row: Row) -> str:
    quantity = amount(row["quantity"])
    if "side" in row:
        return cut(f"{row['side']} {quantity} {row['instrument_id']}", 52)
    return cut(f"{quantity} {row['instrument_id']} {row['from_book']} > {row['to_book']}", 52)


def line_page(files: Files, ticket: str) -> str | None:
    """The arithmetic of one ticket, in basis points of its notional; None where there is no such."""
    rows = [r for r in live(rows_of(files, "reasons.csv")) if r["ticket_id"] == ticket]
    tickets = [
        r
        for name in ("hedges.csv", "internal_transfers.csv", "cash_transfers.csv")
        for r in live(rows_of(files, name))
        if r["ticket_id"] == ticket
    ]
    if not tickets:
        return None
    row = tickets[0]
    what = (
        _what(row)
        if "instrument_id" in row
        else (f"{amount(row['amount'])} {row['currency']} {row['from_pool']} > {row['to_pool']}")
    )
    return "\n".join(
        [f"{ticket}  {what}", "", *(_arithmetic(rows) if rows else ["no reason kept"])]
    )


def _arithmetic(rows: list[Row]) -> list[str]:
    first = rows[0]
    if not first["marginal_cost_bps"]:
        shares = [f"  {cut(_served(r), 50):<52}{r['share']:>8}" for r in rows]
        return ["what it serves, by share", *shares]
    spent = float(first["marginal_cost_bps"]) + float(first["fees_and_carry_bps"])
    found = [
        "one more unit of it, in basis points of its notional; sensitivities in the",
        "measure's unit per 10,000 of notional",
        f"  {'marginal external cost':<60}{float(first['marginal_cost_bps']):>14.4f}",
        f"  {'fees and carry':<60}{float(first['fees_and_carry_bps']):>14.4f}",
        f"  {'what it costs':<60}{spent:>14.4f}",
        "",
        f"{'what it relieves':<40}{'price x sensitivity':>22}",
    ]
    for r in rows:
        if not r["relief_bps"]:
            continue
        name = cut(_served(r), 37)
        product = (
            f"{float(r['shadow_price']):.4g} x {float(r['sensitivity']):.4g}"
            if r["shadow_price"]
            else ""
        )
        found.append(f"  {name:<38}{product:>22}{float(r['relief_bps']):>14.4f}")
    return [*found, f"  {'residual':<60}{float(first['residual_bps']):>14.4f}"]


def _served(row: Row) -> str:
    """What a line serves: a limit with its scope and its day, a pool, or carry, a mandate, a cap."""
    return served(row["limit_id"], row["scope"], row.get("date", ""))


def _size(row: Row) -> float:
    ends = [abs(float(row[c])) for c in ("lower", "upper") if row[c]]
    return max(ends, default=0.0) or 1.0
