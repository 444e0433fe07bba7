"""Cash is conserved to the cent, margin is what the models say, costs are what is reported."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.calendar import later
from neutralizer.domain.money import cent, decimal, minor_unit, payable, rounded
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import Trades, nothing
from neutralizer.proof.files import Files, Row, same
from neutralizer.proof.ledger import Ledger
from neutralizer.terms import margin
from neutralizer.terms.costs.attribution import by_book
from neutralizer.terms.margin import cash, collateral


def prove(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """cash_transfers, pools, margin_movements and costs."""
    sent, received = _routes(scenario, files, faults)
    _pools(scenario, files, ledger, sent, received, faults)
    _margins(scenario, files, ledger, faults)
    _costs(scenario, files, ledger, faults)


def _routes(
    scenario: Scenario, files: Files, faults: list[str]
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Each line follows a route within its capacity; its fee and what arrives are the route's."""
    pools, routes = scenario.pools, scenario.routes
    known = {
        (pools.ids[a], pools.ids[b]): r
        for r, (a, b) in enumerate(zip(routes.source, routes.target, strict=True))
    }
    sent: dict[str, Decimal] = defaultdict(Decimal)
    received: dict[str, Decimal] = defaultdict(Decimal)
    used: set[tuple[str, str]] = set()
    for row in files["cash_transfers.csv"]:
        ends = (row["from_pool"], row["to_pool"])
        if ends not in known or ends in used:
            faults.append(f"{row['ticket_id']}: no route {ends[0]} to {ends[1]}, or used twice")
            continue
        used.add(ends)
        faults += [f"{row['ticket_id']}: {f}" for f in _route(scenario, known[ends], row)]
        sent[ends[0]] += decimal(row["amount"])
        received[ends[1]] += decimal(row["received"])
    return sent, received


def _route(scenario: Scenario, r: int, row: Row) -> list[str]:
    pools, routes = scenario.pools, scenario.routes
    a, b = int(routes.source[r]), int(routes.target[r])
    amount = decimal(row["amount"])
    fee = payable(float(amount) * float(routes.fee[r]), pools.currency[a], up=True)
    arrives = payable(float(amount - fee) * float(pools.fx[a] / pools.fx[b]), pools.currency[b])
    faults = []
    if not 0 < float(amount) <= routes.capacity[r] or amount % minor_unit(pools.currency[a]):
        faults.append(f"amount {amount} is not above zero, within capacity and in whole cents")
    day = later(scenario.business_date, int(routes.days[r]), scenario.calendar).isoformat()
    if row["value_date"] != day:
        faults.append(f"value_date {row['value_date']} is not {day}")
    if (row["currency"], row["received_currency"]) != (pools.currency[a], pools.currency[b]):
        faults.append("the currencies are not the pools'")
    if (decimal(row["fee"]), decimal(row["received"])) != (fee, arrives):
        faults.append(
            f"fee {row['fee']} and received {row['received']} are not {fee} and {arrives}"
        )
    return faults


def _pools(
    scenario: Scenario,
    files: Files,
    ledger: Ledger,
    sent: dict[str, Decimal],
    received: dict[str, Decimal],
    faults: list[str],
) -> None:
    """Balances follow from cash, routes and outflows; every floor holds after margin."""
    pools = scenario.pools
    rows = {row["pool_id"]: row for row in files["pools.csv"]}
    if set(rows) != set(pools.ids) or len(rows) != len(files["pools.csv"]):
        faults.append("pools.csv does not hold every pool once")
        return
    plain, inside = (_without_routes(t, scenario) for t in (ledger.after, ledger.after_transfers))
    called = cash.requirements(ledger.after, scenario)
    before = cash.requirements(nothing(scenario), scenario)
    stress, posted = (
        cash.stress_calls(ledger.after, scenario),
        _pledges(scenario, files, ledger, faults),
    )
    free = cash.rungs(replace(ledger.after, cash=0 * ledger.after.cash), scenario)
    today, tonight = _today(scenario, files), _tonight(files)
    for p, name in enumerate(pools.ids):
        row, moved = rows[name], float(received[name] - sent[name])
        balance, borrowed = float(plain[p]) + moved, float(decimal(row["borrowed"]))
        late = float(today[name] - sent[name])
        least = min(free[:2, p].min() + moved, free[2:, p].min() + late)
        for column, value in (
            ("balance_before", float(pools.cash[p])),
            ("received", float(received[name])),
            ("sent", float(sent[name])),
            ("outflow", float(pools.cash[p] - plain[p])),
            ("balance_after_transfers", float(inside[p]) + float(tonight[name])),
            ("balance_after", balance),
            ("margin_before", float(before[p])),
            ("margin_after", float(called[p])),
            ("minimum_balance", float(pools.minimum_balance[p])),
            ("headroom", float(free[0, p]) + moved),
            ("stress_call", float(stress[p])),
            ("collateral", float(posted[p])),
            ("next_morning", float(free[2, p]) + late),
        ):
            if not np.isfinite(value):
                faults += [f"pool {name}: {column} is asked of nobody"] if row[column] else []
            elif not same(row[column], value):
                faults.append(f"pool {name}: {column} {row[column]} is not {value:.2f}")
        if not 0 <= borrowed <= pools.borrow_limit[p]:
            faults.append(f"pool {name} borrows {borrowed}, its limit is {pools.borrow_limit[p]:g}")
        if least < -float(pools.shortfall[p]):
            faults.append(f"pool {name} ends {-least:.2f} below its floor")


def _today(scenario: Scenario, files: Files) -> dict[str, Decimal]:
    """What each pool receives on the day itself."""
    pools, routes = scenario.pools, scenario.routes
    same_day = {
        (pools.ids[a], pools.ids[b])
        for a, b, d in zip(routes.source, routes.target, routes.days, strict=True)
        if d == 0
    }
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in files["cash_transfers.csv"]:
        if (row["from_pool"], row["to_pool"]) in same_day:
            found[row["to_pool"]] += decimal(row["received"])
    return found


def _tonight(files: Files) -> dict[str, Decimal]:
    """What each pool receives, less what it sends, by the tickets of phase 1."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in files["cash_transfers.csv"]:
        if row["release_phase"] == "1":
            found[row["from_pool"]] -= decimal(row["amount"])
            found[row["to_pool"]] += decimal(row["received"])
    return found


def _pledges(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> Floats:
    """(P,) what the lines of collateral.csv count for; each is known, there, and worth what it says."""
    c, s = scenario.collateral, scenario
    there, worth = collateral.available(ledger.after, s), collateral.value(s)
    place = {
        (s.pools.ids[p], s.instruments.ids[i]): k
        for k, (p, i) in enumerate(zip(c.pool, c.instrument, strict=True))
    }
    for row in files["collateral.csv"]:
        name = f"collateral {row['instrument_id']} of {row['pool_id']}"
        k = place.pop((row["pool_id"], row["instrument_id"]), None)
        if k is None:
            faults.append(f"{name} may not be posted, or is a duplicate")
            continue
        pool, quantity = int(c.pool[k]), float(decimal(row["quantity"]))
        local = quantity * worth[k] / s.pools.fx[pool]
        if not 0 < quantity <= there[k] * (1 + 1e-12):
            faults.append(f"{name}: {row['quantity']} are posted, {there[k]:g} are there")
        if not same(row["value"], local) or not same(row["counted"], local * (1 - c.haircut[k])):
            faults.append(f"{name}: {row['value']} counting {row['counted']} is not its value")
    return collateral.counted(ledger.after, s)


def _without_routes(trades: Trades, scenario: Scenario) -> Floats:
    """(P,) balances before any cash is moved: what moves is added as written, to the cent."""
    return cash.balances(replace(trades, cash=0 * trades.cash), scenario)


def _margins(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """Margin of every account, rounded up, in its pool's currency, with the multiplier."""
    accounts, pools = scenario.accounts, scenario.pools
    states = (nothing(scenario), ledger.after_transfers, ledger.after)
    called = [
        margin.amounts(s, scenario) * accounts.multiplier / pools.fx[accounts.pool] for s in states
    ]
    rows = {row["account_id"]: row for row in files["margin_movements.csv"]}
    if set(rows) != set(accounts.ids) or len(rows) != len(files["margin_movements.csv"]):
        faults.append("margin_movements.csv does not hold every account once")
        return
    for a, name in enumerate(accounts.ids):
        currency = pools.currency[accounts.pool[a]]
        written = [
            decimal(rows[name][c])
            for c in ("margin_before", "margin_after_transfers", "margin_after")
        ]
        expected = [rounded(float(m[a]), currency, up=True) for m in called]
        if written != expected or decimal(rows[name]["change"]) != expected[2] - expected[0]:
            faults.append(f"account {name}: margins {written} are not {expected}")


def _costs(scenario: Scenario, files: Files, ledger: Ledger, faults: list[str]) -> None:
    """Each book pays what its fills and holdings cost, to the cent; all of it is plan_cost."""
    expected = by_book(scenario, ledger.after, ledger.fills)
    written = {(row["book_id"], row["term"]): decimal(row["amount"]) for row in files["costs.csv"]}
    if len(written) != len(files["costs.csv"]):
        faults.append("costs.csv holds a book and term twice")
    for book, term in sorted(expected.keys() | written.keys()):
        found = written.get((book, term), Decimal(0))
        own = expected.get((book, term), Decimal(0))
        if abs(found - own) > cent(scenario.base_currency):
            faults.append(f"costs.csv: {book or 'no book'} {term} is {found}, not {own}")
    whole = sum(written.values(), Decimal(0))
    if whole != Decimal(str(files.summary.plan_cost)):
        faults.append(f"costs.csv sums to {whole}, plan_cost is {files.summary.plan_cost}")
