"""What a run prints for people: a short summary, or one line fit for a cron mail."""

import textwrap

from neutralizer.domain.summary import Summary
from neutralizer.domain.wishes import is_wish
from neutralizer.records.writing import csv_rows
from neutralizer.report import words
from neutralizer.report.words import cut

Files = dict[str, bytes]

MOST_LINES = 12  # lines a section of an explanation shows before it says how many more there are


def short(value: float | None) -> str:
    """1.04m, 130.7m, 2.1bn, 950, with a minus that every terminal has; a dash for nothing."""
    return "-" if value is None else words.short(value).replace(words.MINUS, "-")


def one_line(summary: Summary) -> str:
    """OK 2024-06-28 equity-desks | 41 transfers 92.1m | 64 orders 130.7m | cost 1.04m, alone 2.71m | …"""
    lines, breaches = summary.lines, summary.breaches
    word = "LIMITS NOT KEPT" if summary.relaxed else "OK"
    return (
        f"{word} {summary.business_date} {summary.name}"
        f" | {lines.transfers} transfers {short(summary.crossed_notional)}"
        f" | {lines.orders} orders {short(summary.external_notional)}"
        f" | {_compared(summary)}"
        f" | breaches {breaches.before} > {breaches.after_transfers} > {breaches.after}"
    )


def _compared(summary: Summary) -> str:
    """What is paid, with what waiting costs where targets wait, and the same of each book alone."""
    waits = summary.waiting
    pairs = [(summary.plan_cost, waits.plan), (summary.stand_alone_cost, waits.stand_alone)]
    own, alone = (short(cost) + (f" + {short(w)} waiting" if w else "") for cost, w in pairs)
    return f"cost {own}, alone {alone}"


def page(summary: Summary, files: Files) -> str:
    """The summary in at most 80 columns."""
    parts = [
        one_line(summary).replace(" | ", "\n  "),
        tonight(summary),
        _costs(summary, files),
        _wishes(summary, files),
        _binding(files),
        _pools(files),
        _horizon(summary),
        _shock(summary),
        _findings(summary),
    ]
    return "\n\n".join(part for part in parts if part)


def tonight(summary: Summary) -> str:
    """What a clerk books when: before the hedges trade, and with them."""
    night, lines = summary.night, summary.lines
    if not lines.total:
        return ""
    first = [words.count(night.transfers, "transfer"), f"{night.cash_transfers} cash"]
    last = [words.count(night.transfers_with_hedges, "transfer"), f"{night.cash_with_hedges} cash"]
    found = [
        f"book tonight       {', '.join(first)}, {short(night.crossed_notional)} crossed",
        f"with the hedges    {', '.join([*last, words.count(lines.orders, 'order')])}, "
        f"{short(night.crossed_with_hedges)} crossed",
    ]
    if night.worse:
        names = f"all of it tonight would leave worse: {', '.join(night.worse[:5])}"
        names += f" and {len(night.worse) - 5} more" if len(night.worse) > 5 else ""
        found.append(textwrap.fill(names, 78, initial_indent="  ", subsequent_indent="    "))
    return "\n".join(found)


def _horizon(summary: Summary) -> str:
    """What the days that are decided with today are expected to bring and to cost."""
    ahead, money = summary.horizon, summary.base_currency
    if ahead is None:
        return ""
    lines = [f"{f'expected by day, {money}':<38}{'ordered':>14}{'crossed':>14}{'cost':>14}"]
    for d in ahead.by_day:
        cells = "".join(f"{x:>14,.0f}" for x in (d.external_notional, d.crossed_notional, d.cost))
        lines.append(f"  {d.date + (f' if it {d.path}' if d.path else ''):<36}{cells}")
    told = {
        f"all {ahead.days} days": ahead.cost,
        "saved over each day decided alone": ahead.saved(ahead.impact),
        "the same if the market forgot overnight": ahead.saved("fresh"),
        "each book alone": ahead.stand_alone,
    }
    lines += [f"  {k:<64}{v:>14,.0f}" for k, v in told.items() if v is not None]
    if ahead.no_comparison:
        lines += textwrap.wrap(
            ahead.no_comparison, 78, initial_indent="  ", subsequent_indent="    "
        )
    return "\n".join(lines)


def _shock(summary: Summary) -> str:
    shock, money = summary.shock, summary.base_currency
    if shock is None:
        return ""
    word = "survives" if shock.survives else "does NOT survive"
    lines = [
        f"shock {shock.shock_id}: the plan {word}",
        f"  {'loss of the firm':<24}{shock.loss:>18,.2f} {money}",
    ]
    lines += [f"  {'beyond its bound':<24}{x:>18,.6g} {name}" for name, x in shock.broken.items()]
    lines += [f"  {'pool short of':<24}{x:>18,.2f} {name}" for name, x in shock.short.items()]
    if shock.needed is None:
        lines += textwrap.wrap(
            f"no plan then: {shock.why_not}", 78, initial_indent="  ", subsequent_indent="    "
        )
    elif not shock.survives:
        needed = {
            "cost": "then needed, cost",
            "external_notional": "traded outside",
            "cash_moved": "cash moved",
            "borrowed": "borrowed",
        }
        lines += [f"  {word:<24}{shock.needed[k]:>18,.2f} {money}" for k, word in needed.items()]
    return "\n".join(lines)


def _costs(summary: Summary, files: Files) -> str:
    money = summary.base_currency
    rows = [(term, amount) for term, amount in summary.costs.items() if amount]
    lines = [f"cost by term, {money}"]
    lines += [f"  {term:<24}{amount:>18,.2f}" for term, amount in rows]
    lines.append(f"  {'plan':<24}{summary.plan_cost:>18,.2f}")
    lines.append(f"  {'before lots':<24}{summary.objective:>18,.2f}")
    whole, best = summary.penalty.plan, summary.penalty.objective
    if whole or best:
        lines.append(f"  {'penalty on improving':<24}{whole:>18,.2f} (before lots {best:,.2f})")
    waits = summary.waiting
    if waits.plan or waits.objective:
        lines.append(
            f"  {'waiting, not paid':<24}{waits.plan:>18,.2f} (before lots {waits.objective:,.2f})"
        )
    out = summary.dislocation
    if out.plan or out.objective:
        lines.append(
            f"  {'prices that are out':<24}{out.plan:>18,.2f} (before lots {out.objective:,.2f}; in no cost)"
        )
    if summary.stand_alone_cost is not None:
        more = f" (and waiting {waits.stand_alone:,.2f})" if waits.stand_alone else ""
        lines.append(f"  {'each book alone':<24}{summary.stand_alone_cost:>18,.2f}{more}")
        counted = " (waiting counted)" if summary.wishes.wanted else ""
        lines.append(f"  {'saving':<24}{summary.saving:>18,.2f}{counted}")
    if summary.saving_equal_risk is not None:
        lines.append(f"  {'saving at equal risk':<24}{summary.saving_equal_risk:>18,.2f}")
    by_book: dict[str, float] = {}
    for row in csv_rows(files["costs.csv"])[1]:
        by_book[row["book_id"]] = by_book.get(row["book_id"], 0.0) + float(row["amount"])
    lines += [f"\ncost by book, {money}"] if by_book else []
    lines += [f"  {cut(book or '(no book)', 24):<24}{x:>18,.2f}" for book, x in by_book.items()]
    return "\n".join(lines)


def _wishes(summary: Summary, files: Files) -> str:
    """How many wishes are met, and which are left, the dearest to wait for first."""
    told = summary.wishes
    if not told.wanted:
        return ""
    rows = [r for r in csv_rows(files["targets.csv"])[1] if r["left"] != "0"]
    rows.sort(key=lambda r: -float(r["waiting"]))
    head = f"targets: {told.met:,} of {told.wanted:,} met"
    lines = [head + (f", {told.waiting:,} wait at least in part" if told.waiting else "")]
    if rows:
        lines.append(f"  {'book and instrument':<32}{'wanted':>14}{'left':>14}  why")
    for r in rows[:MOST_LINES]:
        name = cut(f"{r['book_id']} {r['instrument_id']}", 31)
        cells = f"{amount(r['wanted']):>14}{amount(r['left']):>14}"
        lines.append(f"  {name:<32}{cells}  {cut(words.served(r['why'], r['scope']), 16)}")
    return "\n".join([*lines, *more(rows)])


def _binding(files: Files) -> str:
    rows = csv_rows(files["limits.csv"])[1]
    tight = [
        r
        for r in rows
        if (r["binding"] == "yes" or r["status"] != "OK")
        and not is_wish(r["limit_id"], r["scope"], r["target"])
    ]
    if not tight:
        return "no limit binds"
    head = f"{'limits that bind':<28}{'scope':<16}{'before':>17}{'after':>17}"
    lines = [_limit(row) for row in tight[:20]]
    more = [f"  and {len(tight) - 20} more in limits.csv"] if len(tight) > 20 else []
    return "\n".join([head, *lines, *more])


def _limit(row: dict[str, str]) -> str:
    name, scope = cut(row["limit_id"], 25), cut(row["scope"], 15)
    line = f"  {name:<26}{scope:<16}{amount(row['before']):>17}{amount(row['after']):>17}"
    return line if row["status"] == "OK" else f"{line}\n    {row['status']}"


def amount(text: str) -> str:
    """Thousands separated; digits after the point only for what is small."""
    return words.amount(float(text)).replace(words.MINUS, "-")


def _pools(files: Files) -> str:
    rows = csv_rows(files["pools.csv"])[1]
    if not rows:
        return ""
    lines = [f"{'pools':<18}{'balance before':>16}{'after':>16}{'margin':>15}{'headroom':>15}"]
    for r in rows:
        cells = (r["balance_before"], r["balance_after"], r["margin_after"], r["headroom"])
        shown = [f"{float(c):,.0f}" for c in cells]
        name = cut(f"{r['pool_id']} {r['currency']}", 15)
        lines.append(f"  {name:<16}{shown[0]:>16}{shown[1]:>16}{shown[2]:>15}{shown[3]:>15}")
    return "\n".join(lines)


def _findings(summary: Summary) -> str:
    import textwrap

    wrapped = [
        textwrap.fill(text, 78, initial_indent="  ", subsequent_indent="    ")
        for text in summary.findings
    ]
    return "\n".join(["findings", *wrapped]) if wrapped else ""


def more(rows: list[dict[str, str]]) -> list[str]:
    """A line that says how many rows were not shown, if any."""
    return [f"  and {len(rows) - MOST_LINES} more"] if len(rows) > MOST_LINES else []
