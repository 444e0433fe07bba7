"""Every ticket line by itself: parties, barriers, prices, lots, sides, fills."""

from collections import defaultdict
from decimal import Decimal

from neutralizer.domain.money import decimal
from neutralizer.domain.scenario import Scenario
from neutralizer.proof.files import Files, Row, same
from neutralizer.proof.ledger import Ledger
from neutralizer.proof.walls import passed_fractions

ZERO = Decimal(0)


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """Transfers, hedges and allocations."""
    seen: set[str] = set()
    for name in ("internal_transfers.csv", "hedges.csv", "cash_transfers.csv"):
        for row in files[name]:
            if row["ticket_id"] in seen:
                faults.append(f"{row['ticket_id']} is a duplicate")
            seen.add(row["ticket_id"])
            if row["run_id"] != files.summary.run_id:
                faults.append(f"{row['ticket_id']} belongs to another run")
    for row in files["internal_transfers.csv"]:
        faults += [f"{row['ticket_id']}: {fault}" for fault in _transfer(scenario, ledger, row)]
    if files.transfers_only and files["hedges.csv"]:
        faults.append("transfers only were asked for, and hedges.csv holds orders")
    for row in files["hedges.csv"]:
        faults += [f"{row['ticket_id']}: {fault}" for fault in _hedge(scenario, row)]
    _fills(scenario, files, ledger, faults)
    _lots(scenario, files, ledger, faults)
    _short_sales(scenario, files, ledger, faults)


def _terms(scenario: Scenario, row: Row, price: str) -> list[str]:
    """Price, multiplier, currency and labels are the inputs' own."""
    t = scenario.tradables
    if row["instrument_id"] not in t.ids:
        return [f"there is no instrument {row['instrument_id']}"]
    k = t.ids.index(row["instrument_id"])
    faults = []
    for name, written, value in (
        ("price", row[price], t.price[k]),
        ("multiplier", row["multiplier"], t.multiplier[k]),
    ):
        if decimal(written) != Decimal(repr(float(value))):
            faults.append(f"{name} {written} is not the input's {value:g}")
    labels = {
        "currency": t.currency[k],
        "isin": t.isin[k],
        "price_rule": t.price_rule[k],
        "price_source": t.price_source[k],
        "price_time": t.price_time[k],
        "business_date": scenario.business_date.isoformat(),
    }
    faults += [f"{n} {row[n]!r} is not {v!r}" for n, v in labels.items() if row[n] != v]
    quantity = decimal(row["quantity"])
    if quantity <= 0:
        faults.append(f"quantity {row['quantity']} is not above zero")
    if not same(row["notional_base"], float(quantity) * float(t.notional[k])):
        faults.append(f"notional_base {row['notional_base']} is not quantity x unit notional")
    return faults


def _transfer(scenario: Scenario, ledger: Ledger, row: Row) -> list[str]:
    faults = _terms(scenario, row, "price")
    books, t = scenario.books, scenario.tradables
    for side in ("from", "to"):
        if row[f"{side}_book"] not in books.ids:
            return [*faults, f"there is no book {row[f'{side}_book']}"]
        faults += _side(scenario, ledger, row, side)
    if row["from_book"] == row["to_book"]:
        faults.append("a book gives to itself")
    if row["instrument_id"] not in t.ids:
        return faults
    k = t.ids.index(row["instrument_id"])
    if not t.cross_eligible[k] or t.is_combination[k]:
        faults.append(f"{row['instrument_id']} may not cross")
    paid = k < len(scenario.instruments.ids) and scenario.instruments.fully_paid[k]
    value = decimal(row["quantity"]) * decimal(row["price"]) * decimal(row["multiplier"])
    if not same(row["settlement_amount"], float(value if paid else ZERO)):
        faults.append(
            f"settlement_amount {row['settlement_amount']} is not quantity x price x multiplier"
        )
    return faults + _steps(scenario, ledger, row, k)


def _side(scenario: Scenario, ledger: Ledger, row: Row, side: str) -> list[str]:
    """The book that gives or receives: its group, entity and account, and whether it may cross."""
    books, name, faults = scenario.books, row[f"{side}_book"], []
    b = books.ids.index(name)
    if books.group[b] != row["crossing_group"]:
        faults.append(
            f"{name} is not in {row['crossing_group']}: an information barrier is crossed"
        )
    if books.entity[b] != row[f"{side}_entity"]:
        faults.append(f"{side}_entity {row[f'{side}_entity']} is not {name}'s")
    account = _account(scenario, ledger, name, row["instrument_id"])
    if account is not None and account != row[f"{side}_account"]:
        faults.append(f"{side}_account {row[f'{side}_account']} is not {name}'s")
    h = ledger.holding.get((name, row["instrument_id"]))
    if h is not None and scenario.holdings.barred[h]:
        faults.append(f"{name} may not cross {row['instrument_id']}: it is restricted")
    return faults


def _steps(scenario: Scenario, ledger: Ledger, row: Row, k: int) -> list[str]:
    """Whole steps, or a fraction that is what one of the books has below its step, moved whole, alone or
    beside whole steps that go either way; through a central book what any book of the group has.
    """
    if k >= len(scenario.instruments.ids):
        return []
    step = Decimal(repr(float(scenario.instruments.step[k])))
    rest = decimal(row["quantity"]) % step
    own = passed_fractions(scenario, ledger, row, step) if rest else set()
    for side in ("from_book", "to_book"):
        h = ledger.holding.get((row[side], row["instrument_id"]))
        fraction = scenario.holdings.exact[h] % step if h is not None else ZERO
        own |= {abs(fraction), (step - abs(fraction)) % step}
    return (
        []
        if rest == 0 or rest in own
        else [f"quantity {row['quantity']} is not in whole steps of {step}"]
    )


def _account(scenario: Scenario, ledger: Ledger, book: str, instrument: str) -> str | None:
    h = ledger.holding.get((book, instrument))
    if h is None:
        return None
    a = int(scenario.holdings.account[h])
    return scenario.accounts.ids[a] if a >= 0 else ""


def _hedge(scenario: Scenario, row: Row) -> list[str]:
    faults = _terms(scenario, row, "reference_price")
    if row["side"] not in ("BUY", "SELL", "SELL_SHORT"):
        faults.append(f"side {row['side']} is not known")
    if row["execution_date"] != scenario.execution_date.isoformat():
        faults.append(f"execution_date {row['execution_date']} is not the scenario's")
    return faults


def _sums() -> dict[tuple[str, str], Decimal]:
    return defaultdict(Decimal)


def _fills(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """Per ticket and leg the allocations sum to ratio · quantity, exactly, inside the group."""
    t, given = scenario.tradables, _sums()
    hedges = {row["ticket_id"]: row for row in files["hedges.csv"]}
    for row in files["hedge_allocations.csv"]:
        hedge = hedges.get(row["ticket_id"])
        quantity = decimal(row["quantity"])
        if hedge is None or quantity <= 0:
            faults.append(f"{row['ticket_id']}: an allocation without a hedge, or not above zero")
            continue
        given[row["ticket_id"], row["instrument_id"]] += (
            quantity if row["side"] == "BUY" else -quantity
        )
        faults += [f"{row['ticket_id']}: {f}" for f in _fill(scenario, ledger, hedge, row)]
    for ticket, hedge in hedges.items():
        if hedge["instrument_id"] not in t.ids:
            continue
        k = t.ids.index(hedge["instrument_id"])
        sign = 1 if hedge["side"] == "BUY" else -1
        row_ = t.legs[[k]]
        for i, ratio in zip(row_.indices.tolist(), row_.data.tolist(), strict=True):
            wanted = sign * Decimal(repr(float(ratio))) * decimal(hedge["quantity"])
            found = given.pop((ticket, scenario.instruments.ids[i]), ZERO)
            if found != wanted:
                faults.append(
                    f"{ticket}: fills of {scenario.instruments.ids[i]} sum to {found}, not {wanted}"
                )
    faults += [f"{ticket}: fills of {i}, which is no leg" for ticket, i in given]


def _fill(scenario: Scenario, ledger: Ledger, hedge: Row, row: Row) -> list[str]:
    """One allocation: its account and book, its side as the order's, in whole steps."""
    book, name, faults = row["book_id"], row["instrument_id"], []
    account = _account(scenario, ledger, book, name)
    if account is not None and account != row["account_id"]:
        faults.append(f"account {row['account_id']} is not {book}'s")
    order = ledger.order_of_ticket.get(row["ticket_id"])
    if order is None or not _may_fill(scenario, ledger, order, book, name):
        faults.append(f"{book} is not in the group that orders")
    sold = "SELL_SHORT" if hedge["side"] == "SELL_SHORT" else "SELL"
    if row["side"] not in ("BUY", sold):
        faults.append(f"a {hedge['side']} is filled by a {row['side']}")
    if name in scenario.instruments.ids:
        step = Decimal(repr(float(scenario.instruments.step[scenario.instruments.ids.index(name)])))
        if decimal(row["quantity"]) % step:
            faults.append(f"a fill of {row['quantity']} {name} is not in whole steps of {step}")
    return faults


def _may_fill(scenario: Scenario, ledger: Ledger, order: int, book: str, instrument: str) -> bool:
    """Whether a book is of the party that orders; what it holds of a leg has to be, too: what may not
    cross is ordered for each book alone.
    """
    if book not in {scenario.books.ids[b] for b in scenario.orders.books[order]}:
        return False
    h, t = ledger.holding.get((book, instrument)), int(scenario.orders.tradable[order])
    leg = (
        h is not None
        and int(scenario.holdings.instrument[h]) in scenario.tradables.legs[[t]].indices
    )
    return not leg or int(scenario.orders.row[h]) in ledger.rows[order]


def _lots(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """Orders in whole lots, one side per group and tradable, within participation."""
    t, orders = scenario.tradables, scenario.orders
    sides: dict[int, set[bool]] = defaultdict(set)
    for row in files["hedges.csv"]:
        order = ledger.order_of_ticket.get(row["ticket_id"])
        if order is not None:
            sides[order].add(row["side"] == "BUY")
    for order, both in sides.items():
        if len(both) > 1:
            faults.append(
                f"{orders.group[order]} buys and sells {t.ids[orders.tradable[order]]} outside"
            )
    traded: dict[int, Decimal] = defaultdict(Decimal)
    for order, quantity in ledger.orders.items():
        k = int(orders.tradable[order])
        traded[k] += abs(quantity)
        if quantity % Decimal(repr(float(t.lot[k]))) != 0:
            faults.append(f"order of {quantity} {t.ids[k]} is not in whole lots of {t.lot[k]:g}")
    for k, quantity in traded.items():
        if float(quantity) > t.cap[k]:
            faults.append(f"{quantity} of {t.ids[k]} is over the participation cap of {t.cap[k]:g}")


def _short_sales(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """SELL only what the owner has after the transfers; SELL_SHORT only what is beyond it."""
    owner = dict(zip(scenario.books.ids, scenario.books.owner, strict=True))
    i = scenario.instruments
    regulated = {
        name
        for k, name in enumerate(i.ids)
        if i.fully_paid[k] and i.asset_class[k] in ("equity", "etf")
    }
    outright = {r["ticket_id"] for r in files["hedges.csv"] if r["instrument_id"] in regulated}
    has: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (book, name), h in ledger.holding.items():
        held = scenario.holdings.exact[h] - scenario.holdings.incoming[h]
        has[owner[book], name] += held + ledger.transferred.get((book, name), ZERO)
    sold: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in files["hedge_allocations.csv"]:
        if row["ticket_id"] in outright and row["book_id"] in owner:
            sold[owner[row["book_id"]], row["instrument_id"], row["side"]] += decimal(
                row["quantity"]
            )
    for name_of, name in sorted({(o, n) for o, n, _ in sold}):
        step = Decimal(repr(float(i.step[i.ids.index(name)])))
        most = max(has[name_of, name], ZERO) // step * step
        sells, shorts = sold[name_of, name, "SELL"], sold[name_of, name, "SELL_SHORT"]
        if sells != min(most, sells + shorts):
            faults.append(f"{name_of} has {most} {name} and sells {sells}, {shorts} of it short")
