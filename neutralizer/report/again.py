"""A run's files written again, from the inputs and what is to be booked, and held against what is there.

What is read of the files: quantities of transfers, orders and allocations, amounts of cash, loans and
pledges, and what is claimed (claims.py). Every other cell follows. It is the second half of the proof:
the first recomputes positions, limits, margin, cash and costs with code of its own.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any

from neutralizer.domain.asked import Asked
from neutralizer.domain.money import NUMBER as CELL
from neutralizer.domain.money import cent, decimal, payable
from neutralizer.domain.plan import Allocation, CashTransfer, Hedge, Plan, Transfer
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.superseded import Superseded
from neutralizer.load.written.plain import read_json
from neutralizer.proof import Files
from neutralizer.proof.files import Row
from neutralizer.proof.horizon import FILE, done
from neutralizer.proof.ledger import Ledger, rebuild
from neutralizer.records.manifest import INPUTS, REPORT, SUMMARY
from neutralizer.records.writing import csv_rows
from neutralizer.report.claims import claimed
from neutralizer.report.files import TABLES, booked, run_files
from neutralizer.report.page import render
from neutralizer.tickets import REGISTRY

MOST = 10  # faults of one file that are said
SAID = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
NINE = 9  # decimals of what has no coins


def unlike(
    scenario: Scenario,
    read: Files,
    files: Mapping[str, bytes],
    asked: Asked,
    run_id: str,
    ages: dict[str, str],
    old: Superseded | None,
) -> list[str]:
    """What is written and does not follow, as sentences; an empty list where everything does. Raises
    KeyError, ValueError, ArithmeticError where what is to be booked cannot be read.
    """
    faults: list[str] = []
    plan = plan_of(scenario, read, rebuild(scenario, read, faults))
    later = done(scenario, read[FILE])
    booking = booked(plan, scenario, run_id, old, later)
    inputs = {n.removeprefix(INPUTS): data for n, data in files.items() if n.startswith(INPUTS)}
    found = run_files(booking, claimed(read), replace(asked, report=False), ages, inputs)
    for name in (*(t.FILE for t in REGISTRY), *TABLES):
        faults += _first(name, _rows(csv_rows(files[name])[1], csv_rows(found[name])[1]))
    written, follows = (read_json(x[SUMMARY]) for x in (files, found))
    unit = cent(scenario.base_currency)
    faults += _first(SUMMARY, unlike_values("", written, follows, unit))
    return faults + _page(files, asked)


def _page(files: Mapping[str, bytes], asked: Asked) -> list[str]:
    """The page is a function of the other files as they are written, to the byte."""
    if (REPORT in files) != asked.report:
        return [f"{REPORT} was {'asked for' if asked.report else 'not asked for'}"]
    if asked.report and files[REPORT] != render(files):
        return [f"{REPORT} does not show what the other files say"]
    return []


def plan_of(scenario: Scenario, read: Files, ledger: Ledger) -> Plan:
    """What is to be booked, out of parties, quantities and amounts alone."""
    zero = Decimal(0)
    return Plan(
        transfers=tuple(_transfers(scenario, read, ledger)),
        hedges=tuple(sorted(_hedges(read, ledger), key=lambda x: (x.order, x.part))),
        cash=tuple(sorted(_cash(scenario, read), key=lambda x: x.route)),
        transferred=tuple(ledger.transferred.get(key, zero) for key in ledger.holding),
        hedged=tuple(ledger.hedged.get(key, zero) for key in ledger.holding),
        trades=ledger.after,
        after_transfers=ledger.after_transfers,
    )


def _transfers(scenario: Scenario, read: Files, ledger: Ledger) -> Iterator[Transfer]:
    book = scenario.holdings.book
    for row in read["internal_transfers.csv"]:
        ends = (row["from_book"], row["to_book"])
        giver, taker = (ledger.holding[name, row["instrument_id"]] for name in ends)
        group = scenario.books.group[int(book[giver])]
        phase = int(row["release_phase"])
        yield Transfer(group, giver, taker, decimal(row["quantity"]), phase)


def _hedges(read: Files, ledger: Ledger) -> Iterator[Hedge]:
    """A short sale is the second part of its order where the order also sells what is held."""
    filled: dict[str, list[Allocation]] = defaultdict(list)
    for row in read["hedge_allocations.csv"]:
        sign = 1 if row["side"] == "BUY" else -1
        holding = ledger.holding[row["book_id"], row["instrument_id"]]
        filled[row["ticket_id"]].append(Allocation(holding, sign * decimal(row["quantity"])))
    rows = read["hedges.csv"]
    sold = {ledger.order_of_ticket[r["ticket_id"]] for r in rows if r["side"] == "SELL"}
    for row in rows:
        ticket, side, quantity = row["ticket_id"], row["side"], decimal(row["quantity"])
        order = ledger.order_of_ticket[ticket]
        part = int(side == "SELL_SHORT" and order in sold)
        share = float(quantity / abs(ledger.orders[order]))
        fills = tuple(sorted(filled[ticket], key=lambda x: x.holding))
        yield Hedge(order, part, side, quantity, share, fills)


def _cash(scenario: Scenario, read: Files) -> Iterator[CashTransfer]:
    pools, routes = scenario.pools, scenario.routes
    ends = zip(routes.source, routes.target, strict=True)
    known = {(pools.ids[a], pools.ids[b]): r for r, (a, b) in enumerate(ends)}
    for row in read["cash_transfers.csv"]:
        route = known[row["from_pool"], row["to_pool"]]
        amount = payable(decimal(row["amount"]), pools.currency[int(routes.source[route])])
        yield CashTransfer.of(scenario, route, amount, int(row["release_phase"]))


def _first(name: str, faults: Iterator[str]) -> list[str]:
    """As many as help, with the name of their file."""
    return [f"{name}: {fault}" for fault in islice(faults, MOST)]


def _rows(written: list[Row], follow: list[Row]) -> Iterator[str]:
    if len(written) != len(follow):
        yield f"{len(written)} lines are written, {len(follow)} follow"
    for line, (row, own) in enumerate(zip(written, follow, strict=False), 2):
        for column, text in own.items():
            if row[column] != text and not _same_cell(row[column], text):
                yield f"line {line}: {column} {row[column]!r} is written, {text!r} follows"


def _same_cell(written: str, follows: str) -> bool:
    """Two numbers without exponents and of as many decimals, apart by one unit of the last of them: the
    last digit is the machine's. Of numbers of nine decimals the zeros at their end are not written.
    """
    if not (CELL.fullmatch(written) and CELL.fullmatch(follows)):
        return False
    digits = {len(x.partition(".")[2]) for x in (written, follows)}
    return ((len(digits) == 1 and digits != {0}) or max(digits) == NINE) and _near(written, follows)


def _near(written: str, follows: str) -> bool:
    """Apart by no more than one unit of the last decimal, of the two the one that has more of them."""
    a, b = (Decimal(x.replace(",", "")) for x in (written, follows))
    last = min(int(x.as_tuple().exponent) for x in (a, b))
    return abs(a - b) <= Decimal(1).scaleb(last)


def unlike_values(path: str, written: Any, follows: Any, cent: Decimal) -> Iterator[str]:
    """What is written and does not follow, through objects and lists of JSON, with its path."""
    if isinstance(follows, dict) and isinstance(written, dict):
        for key in sorted(written.keys() | follows.keys()):
            if (key in written) != (key in follows):
                yield f"{path}{key} is {'written' if key in written else 'missing'}"
            else:
                yield from unlike_values(f"{path}{key}.", written[key], follows[key], cent)
    elif isinstance(follows, list) and isinstance(written, list) and len(written) == len(follows):
        for k, (a, b) in enumerate(zip(written, follows, strict=True), 1):
            yield from unlike_values(f"{path}{k}.", a, b, cent)
    elif not (_same_value(written, follows, cent) or _same_finding(path, written, follows)):
        yield f"{path.rstrip('.')} {written!r} is written, {follows!r} follows"


def _same_value(written: Any, follows: Any, cent: Decimal) -> bool:
    """Amounts to a cent, all else exactly."""
    if type(written) is not type(follows):
        return False
    if isinstance(follows, float):
        return bool(abs(Decimal(repr(written)) - Decimal(repr(follows))) <= cent)
    return bool(written == follows)


def _same_finding(path: str, written: Any, follows: Any) -> bool:
    """A sentence of `findings`: its words exactly, its numbers to one unit of their last digit."""
    if not path.startswith("findings.") or not isinstance(written, str):
        return False
    a, b = SAID.findall(written), SAID.findall(follows)
    return SAID.split(written) == SAID.split(follows) and all(map(_near, a, b))
