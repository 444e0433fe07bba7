"""A second way to the same optimum, written against the file formats alone.

The program here has one variable per (book, tradable) for what the book trades outside and one
per (book, instrument) for what it crosses; `neutralizer` decides changes and group orders instead.
Everything is counted in notional, in units of a typical holding (`size`, base currency).

    change[b,i]  = crossing[b,i] + sum_t legs[t,i] external[b,t]
    order[g,t]   = sum_{b in g} external[b,t],      sum_{b in g} crossing[b,i] = 0

Soft limits are not part of it.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import cvxpy as cp
import numpy as np
import scipy.sparse as sp
import yaml

Row = dict[str, Any]
Pair = tuple[str, str]
Array = np.ndarray[Any, Any]
Vector = np.ndarray[Any, np.dtype[np.float64]]

BPS = 1e-4
SIGNED = ("net", "position", "factor_exposure", "volatility")
DEFAULTS = {"payment": "fully_paid", "hedge_instrument": "no", "cross_eligible": "yes"}
VARIANCE_UNIT = {
    "daily_fraction": 1.0,
    "annual_fraction": 1 / 252,
    "annual_percent": 1e-4 / 252,
}
STRICT = {
    "tol_gap_abs": 1e-11,
    "tol_gap_rel": 1e-11,
    "tol_feas": 1e-11,
    "max_iter": 400,
    "accept_unknown": True,
}


@dataclass(frozen=True)
class Answer:
    """The continuous optimum; amounts in base currency, changes in units.

    `penalty` holds what waiting costs too. `dual_bound` is the solver's dual objective for cost + penalty. The dual point satisfies its
    equations to about 1e-9 of their scale only, so read it as a bound to 1e-6 of the cost.
    """

    status: Literal["optimal", "infeasible"]
    cost: float
    dual_bound: float
    penalty: float
    change: dict[Pair, float]
    terms: dict[str, float] = field(default_factory=dict)


def solve(folder: Path, alone: bool = False) -> Answer:
    """The least-cost answer for a scenario folder; `alone`: no book crosses with another."""
    return Program(read_scenario(folder), alone).solve()


# ---------------------------------------------------------------- reading


def number(row: Row, column: str, default: float = 0.0) -> float:
    """A cell as a number, or its default when it is blank."""
    text = row.get(column, "")
    return float(text) if text != "" else default


def read_rows(folder: Path, entry: Any) -> list[Row]:
    """A table: rows as they stand, or those of the CSV file that is named."""
    if isinstance(entry, dict):
        entry = entry["file"]
    if isinstance(entry, list):
        return entry
    with (folder / entry).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def read_square(rows: list[Row], ids: list[str]) -> Vector:
    """A square table in the order of `ids`; 0 where an id is not in it."""
    label = next(iter(rows[0]))
    by_id = {row[label]: row for row in rows}
    return np.array([[number(by_id.get(a, {}), b) for b in ids] for a in ids])


def root(covariance: Vector) -> Vector:
    """R with R'R = covariance."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    result: Vector = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return result


def selects(selector: str, identity: str, row: Row) -> bool:
    """Whether an instrument is what a selector (or a bare instrument id) means."""
    if selector in ("", "*", identity, f"instrument:{identity}"):
        return True
    column, _, value = selector.partition(":")
    return (
        ":" in selector
        and column != "instrument"
        and (row.get(column) or DEFAULTS.get(column, "")) == value
    )


def read_scenario(folder: Path) -> Scenario:
    """The scenario of a folder, every scalar as text."""
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    settings = yaml.load(text, Loader=yaml.BaseLoader)
    risk = dict(settings["tables"].get("risk", {}))
    units = risk.pop("units", "daily_fraction")
    entries = {**settings["tables"], **risk}
    entries.pop("risk", None)
    tables = {name: read_rows(folder, entry) for name, entry in entries.items()}
    return Scenario(settings, tables, units)


class Scenario:
    """The folder's tables by name, and what the formats say follows from them."""

    def __init__(self, settings: Row, tables: dict[str, list[Row]], risk_units: str) -> None:
        self.settings, self.tables = settings, tables
        self.variance_unit = VARIANCE_UNIT[risk_units]
        rates = {row["currency"]: number(row, "rate") for row in self.rows("fx")}
        self.fx = {self.settings["base_currency"]: 1.0, **rates}
        self.books = {row["book_id"]: row for row in self.rows("books")}
        self.tradables = {row["instrument_id"]: row for row in self.rows("instruments")}
        self.instruments = {
            i: row for i, row in self.tradables.items() if row["asset_class"] != "combination"
        }
        self.group_of = self._groups()

    def specificity(self, selector: str) -> int:
        """`instrument:` (or a bare id) beats a column, which beats `*`."""
        named = selector in self.instruments or selector.startswith("instrument:")
        return 0 if selector == "*" else 2 if named else 1

    def rows(self, table: str) -> list[Row]:
        """The rows of a table; none when the scenario has no such table."""
        return self.tables.get(table, [])

    def cost_setting(self, name: str, default: float) -> float:
        """A number of the `costs` section."""
        return number(self.settings.get("costs", {}), name, default)

    def _groups(self) -> dict[str, str]:
        groups = {book: book for book in self.books}
        for row in self.rows("crossing_groups"):
            members = row["books"]
            members = members if isinstance(members, list) else members.split(";")
            groups.update({book.strip(): row["group_id"] for book in members})
        return groups

    @cached_property
    def before(self) -> dict[Pair, float]:
        """Units held before, by (book, instrument)."""
        rows = self.rows("positions")
        return {(row["book_id"], row["instrument_id"]): number(row, "quantity") for row in rows}

    @cached_property
    def legs(self) -> dict[str, dict[str, float]]:
        """Units of each leg per unit of a tradable."""
        legs = {i: {i: 1.0} for i in self.instruments}
        for row in self.rows("combinations"):
            legs.setdefault(row["combination_id"], {})[row["instrument_id"]] = number(row, "ratio")
        return legs

    @cached_property
    def permission(self) -> dict[Pair, str]:
        """What each book may do in each instrument: trade, reduce or none."""
        best: dict[Pair, tuple[Any, ...]] = {}
        for row in self._mandates():
            named, selector, may = row["book_id"], row["selector"], row["may"]
            rank = (may == "none", named != "*", self.specificity(selector), may == "reduce", may)
            chosen = [i for i, cells in self.instruments.items() if selects(selector, i, cells)]
            for book in self.books if named == "*" else [named]:
                for i in chosen:
                    best[book, i] = max(best.get((book, i), rank), rank)
        return {pair: rank[-1] for pair, rank in best.items()}

    def _mandates(self) -> list[Row]:
        default = {"book_id": "*", "selector": "hedge_instrument:yes", "may": "trade"}
        return self.tables.get("mandates", [default])

    def may_change(self, book: str, instrument: str) -> bool:
        """Whether the book's position in the instrument may move at all."""
        if (book, instrument) in self.wishes:
            low, high = self.wish_box(book, instrument)
            return low < high
        may = self.permission.get((book, instrument), self.unnamed(book))
        return may == "trade" or (may == "reduce" and self.before.get((book, instrument), 0) != 0)

    def unnamed(self, book: str) -> str:
        """What a book may do in what no mandate names: reduce it, unless it has targets elsewhere."""
        return "none" if any(b == book for b, _ in self.wishes) else "reduce"

    @cached_property
    def wishes(self) -> dict[Pair, tuple[float, float, Row]]:
        """Target after and tolerance, in units, with its row, by (book, instrument)."""
        found = {}
        for row in self.rows("targets"):
            pair = (row["book_id"], row["instrument_id"])
            traded = self.before.get(pair, 0.0) + number(row, "trade")
            found[pair] = (number(row, "target", traded), number(row, "tolerance"), row)
        return found

    def wish_box(self, book: str, instrument: str) -> tuple[float, float]:
        """Between what a position with a target ends: where it is and the target, within its tolerance
        but never farther from it than before, and what a written mandate leaves; a trade row that names
        both lets it go anywhere.
        """
        target, tolerance, _ = self.wishes[book, instrument]
        before = self.before.get((book, instrument), 0.0)
        may = self.permission.get((book, instrument), "trade")
        names = (instrument, f"instrument:{instrument}")
        both = any(r["book_id"] == book and r["selector"] in names for r in self._mandates())
        if may == "trade" and both:
            return -math.inf, math.inf
        beyond = target + math.copysign(min(tolerance, abs(target - before)), target - before)
        low, high = min(before, beyond), max(before, beyond)
        if may == "reduce":
            low, high = max(low, min(before, 0.0)), min(high, max(before, 0.0))
        return (before, before) if may == "none" else (low, high)

    @cached_property
    def pool_of(self) -> dict[str, str]:
        """The pool on which each account draws."""
        return {row["account_id"]: row["pool_id"] for row in self.rows("accounts")}

    @cached_property
    def _book_accounts(self) -> dict[str, list[tuple[str, str]]]:
        rules: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in sorted(
            self.rows("book_accounts"), key=lambda r: -self.specificity(r["selector"])
        ):
            rules[row["book_id"]].append((row["selector"], row["account_id"]))
        return rules

    def account_of(self, book: str, instrument: str) -> str:
        """The account in which a book holds an instrument."""
        for selector, account in self._book_accounts.get(book, []):
            if selects(selector, instrument, self.instruments[instrument]):
                return account
        return str(self.books[book].get("account_id", ""))

    def price(self, row: Row) -> float:
        """Local price; the middle of bid and ask when it is blank."""
        return number(row, "price", (number(row, "bid") + number(row, "ask")) / 2)

    def value(self, row: Row) -> float:
        """Unit value: what a fully paid unit costs, base currency."""
        return self.price(row) * number(row, "multiplier", 1.0) * self.fx[row["currency"]]

    def notional(self, row: Row) -> float:
        """Unit notional: what basis points, volatilities and margin fractions are of."""
        local = abs(self.price(row) * number(row, "multiplier", 1.0))
        return number(row, "notional_per_unit", local) * self.fx[row["currency"]]

    def order_cost(self, row: Row) -> float:
        """Half spread and commission of one unit ordered outside, base currency."""
        fx, notional = self.fx[row["currency"]], self.notional(row)
        width = number(row, "ask") - number(row, "bid")
        spread = (
            number(row, "half_spread_bps") * BPS * notional
            + number(row, "half_spread_per_unit") * fx
            + width / 2 * number(row, "multiplier", 1.0) * fx
        )
        commission = number(row, "commission_bps") * BPS * notional
        return spread + commission + number(row, "commission_per_unit") * fx

    def impact(self, row: Row) -> tuple[float, float] | None:
        """Daily volatility and units a day, where both are known."""
        if row.get("adv", "") == "" or row.get("volatility", "") == "":
            return None
        return number(row, "volatility") * math.sqrt(self.variance_unit), number(row, "adv")


# ---------------------------------------------------------------- the program


def incidence(keys: Iterable[Any], columns: int) -> sp.csr_array:
    """One row per distinct key, one column per entry: adds up the entries of each key."""
    place: dict[Any, int] = {}
    rows = [place.setdefault(key, len(place)) for key in keys]
    cells = (np.ones(len(rows)), (rows, range(len(rows))))
    return sp.csr_array(cells, shape=(len(place), columns))


@dataclass(frozen=True)
class Scope:
    """The holdings a limit looks at and, per instrument they touch, their netting."""

    holdings: list[int]
    instruments: list[str]
    netting: sp.csr_array


class Program:
    """Variables, constraints and named cost terms of one scenario."""

    def __init__(self, scenario: Scenario, alone: bool) -> None:
        self.scenario, self.alone = scenario, alone
        self.constraints: list[Any] = []
        self.penalties: list[Any] = []
        self._exposure_of: dict[str, tuple[Any, Vector]] = {}
        self._tied: list[tuple[Any, sp.csr_array]] = []
        self._scope_of: dict[str, Scope] = {}
        self._index()
        self._variables()
        self.move({})
        self.costs = self._costs()
        self._mandates()
        self._wishes()
        self._participation()
        self._funding()
        for row in scenario.rows("limits"):
            self._limit(row)

    # -- axes

    def _party(self, book: str, tradable: str) -> Pair:
        """Who orders: the crossing group, or the book alone where it may not cross."""
        legs = self.scenario.legs[tradable]
        apart = any(self.scenario.instruments[i].get("cross_eligible") == "no" for i in legs)
        if self.alone or apart:
            return ("book", book)
        return ("group", self.scenario.group_of[book])

    def _index(self) -> None:
        s = self.scenario
        self.externals = [
            pair for t, row in s.tradables.items() for pair in self._may_order(t, row)
        ]
        touched = {(b, i) for b, t in self.externals for i in s.legs[t]}
        changeable = {(b, i) for b in s.books for i in s.instruments if s.may_change(b, i)}
        self.holdings = sorted(touched | changeable | set(s.before) | set(s.wishes))
        self.place = {pair: h for h, pair in enumerate(self.holdings)}
        held = [s.instruments[i] for _, i in self.holdings]
        self.notional: Vector = np.array([s.notional(row) for row in held])
        units: Vector = np.array([s.before.get(pair, 0.0) for pair in self.holdings])
        worth = np.abs(units * self.notional)
        self.size = float(np.median(worth[worth > 0])) if worth.any() else 1.0
        self.held_before: Vector = units * self.notional / self.size
        self.accounts = [s.account_of(b, i) for b, i in self.holdings]

    def _may_order(self, tradable: str, row: Row) -> list[Pair]:
        """The books that trade it outside: each leg is open to one of their party."""
        s, parties = self.scenario, defaultdict(list)
        if row.get("max_participation", "") != "" and number(row, "max_participation") == 0:
            return []
        for book in s.books:
            parties[self._party(book, tradable)].append(book)
        pairs: list[Pair] = []
        for members in parties.values():
            able = [{b for b in members if s.may_change(b, i)} for i in s.legs[tradable]]
            if all(able):
                pairs += [(book, tradable) for book in sorted(set().union(*able))]
        return pairs

    # -- variables

    def _variables(self) -> None:
        s = self.scenario
        self.reference = {
            t: max(abs(ratio) * s.notional(s.instruments[i]) for i, ratio in legs.items())
            for t, legs in s.legs.items()
        }
        self.external = cp.Variable(len(self.externals))
        self.orders = list(dict.fromkeys((self._party(b, t), t) for b, t in self.externals))
        keys = [(self._party(b, t), t) for b, t in self.externals]
        self.order = incidence(keys, len(keys)) @ self.external
        self.order_size = cp.Variable(len(self.orders), nonneg=True)
        self.change = cp.Variable(len(self.holdings))
        self.position: Any = self.held_before + self.change
        self.constraints += [
            self.order <= self.order_size,
            -self.order <= self.order_size,
            self.change == self._fills() @ self.external + self._crossings(),
        ]

    def move(self, units: dict[Pair, float]) -> None:
        """Let every expression take its value after a plan of outright orders."""
        plan = np.array([units.get(pair, 0.0) for pair in self.holdings])
        self.change.value = plan * self.notional / self.size
        net: dict[tuple[Pair, str], float] = defaultdict(float)
        for (book, i), amount in zip(self.holdings, self.change.value, strict=True):
            net[self._party(book, i), i] += amount
        self.order_size.value = np.abs([net.get(order, 0.0) for order in self.orders])
        for scaled, tied in self._tied:
            scaled.value = tied @ self.position.value

    def _fills(self) -> sp.csr_array:
        """What each unit traded outside adds to the book's holdings, leg by leg."""
        s, cells = self.scenario, []
        for column, (book, tradable) in enumerate(self.externals):
            for i, ratio in s.legs[tradable].items():
                weight = ratio * s.notional(s.instruments[i]) / self.reference[tradable]
                cells.append((weight, self.place[book, i], column))
        weights, rows, columns = zip(*cells, strict=True) if cells else ((), (), ())
        return sp.csr_array((weights, (rows, columns)), (len(self.holdings), len(self.externals)))

    def _crossings(self) -> Any:
        """What each holding gains inside its group; sums to zero per group and instrument."""
        parties: dict[Any, list[int]] = defaultdict(list)
        for h, (book, i) in enumerate(self.holdings):
            parties[self._party(book, i), i].append(h)
        sets = [holdings for holdings in parties.values() if len(holdings) > 1]
        crossing = cp.Variable(sum(map(len, sets)))
        owner = [n for n, holdings in enumerate(sets) for _ in holdings]
        where = [h for holdings in sets for h in holdings]
        self.constraints.append(incidence(owner, len(owner)) @ crossing == 0)
        cells = (np.ones(len(where)), (where, range(len(where))))
        return sp.csr_array(cells, shape=(len(self.holdings), len(where))) @ crossing

    def _mandates(self) -> None:
        s = self.scenario
        trade = [
            s.permission.get(pair, "reduce") == "trade" or pair in s.wishes
            for pair in self.holdings
        ]
        fixed = [h for h, pair in enumerate(self.holdings) if not s.may_change(*pair)]
        bounded = [h for h in range(len(trade)) if not trade[h] and h not in set(fixed)]
        sign = np.sign(self.held_before[bounded])
        shrink = cp.multiply(-sign, self.change[bounded])
        size = np.abs(self.held_before[bounded])
        self.constraints += [self.change[fixed] == 0, shrink >= 0, shrink <= size]

    def _wishes(self) -> None:
        """Positions with a target: where they may end, where they must, and what waiting costs."""
        for pair, (target, tolerance, row) in self.scenario.wishes.items():
            h = self.place[pair]
            unit = self.size / self.notional[h]
            low, high = self.scenario.wish_box(*pair)
            after = self.position[h]
            if math.isfinite(low) and low < high:
                self.constraints += [after >= low / unit, after <= high / unit]
            missing = cp.abs(after - target / unit) - tolerance / unit
            if row.get("may_wait", "no") == "yes":
                self.penalties.append(number(row, "waiting_bps") * BPS * cp.pos(missing))
            elif tolerance:
                self.constraints.append(missing <= 0)
            else:
                self.constraints.append(after == target / unit)

    def _traded(self) -> tuple[list[str], Any]:
        """The tradables that are ordered, and the orders of all parties in each, as sizes."""
        names = list(dict.fromkeys(t for _, t in self.orders))
        return names, incidence([t for _, t in self.orders], len(self.orders)) @ self.order_size

    def _participation(self) -> None:
        names, total = self._traded()
        rows = [self.scenario.tradables[t] for t in names]
        capped = [n for n, row in enumerate(rows) if row.get("max_participation", "") != ""]
        most = [
            number(rows[n], "max_participation") * number(rows[n], "adv") * self.reference[names[n]]
            for n in capped
        ]
        if capped:
            self.constraints.append(total[capped] <= np.array(most) / self.size)

    # -- costs, in units of `size`

    def _costs(self) -> dict[str, Any]:
        days = self.scenario.cost_setting("horizon_days", 1.0) / 360
        booking = self.scenario.cost_setting("booking_fee_bps", 0.1) * BPS
        funded = [(a, number(row, "funding_rate_bps")) for a, row in self._rated()]
        margin = sum((rate * self._margin(a) for a, rate in funded), cp.Constant(0.0))
        return {
            "spread_and_commission": self._per_order(self.scenario.order_cost) @ self.order_size,
            "tax": self._tax(),
            "market_impact": self._impact(),
            "booking_fee": booking * cp.norm1(self.change),
            "financing": days * self._financing(),
            "margin_funding": days * BPS * margin,
            "risk_charge": self._risk_charge(),
        }

    def _per_order(self, amount: Callable[[Row], float]) -> Vector:
        """An amount per unit of tradable, for each order, per unit of its variable."""
        rows = self.scenario.tradables
        return np.array([amount(rows[t]) / self.reference[t] for _, t in self.orders])

    def _tax(self) -> Any:
        notional = self.scenario.notional
        buy = self._per_order(lambda row: number(row, "buy_tax_bps") * BPS * notional(row))
        sell = self._per_order(lambda row: number(row, "sell_tax_bps") * BPS * notional(row))
        if not (buy.any() or sell.any()):
            return cp.Constant(0.0)
        return buy @ cp.pos(self.order) + sell @ cp.neg(self.order)

    def _impact(self) -> Any:
        """c sigma n gross (gross / ADV)^1/2, or its square: over the orders of all groups."""
        s = self.scenario
        names, total = self._traded()
        known = [(n, t, s.impact(s.tradables[t])) for n, t in enumerate(names)]
        rows = [(n, t, *pair) for n, t, pair in known if pair is not None]
        if not rows:
            return cp.Constant(0.0)
        quadratic = s.settings.get("costs", {}).get("impact", "three_halves") == "quadratic"
        power = 1.0 if quadratic else 0.5
        weight = [
            sigma
            * s.notional(s.tradables[t])
            / self.reference[t]
            # one unit of the variable is size / reference units of the tradable
            * (self.size / self.reference[t] / adv) ** power
            for _, t, sigma, adv in rows
        ]
        used = cp.power(total[[n for n, *_ in rows]], 1 + power)
        return s.cost_setting("impact_coefficient", 1.0) * (np.array(weight) @ used)

    def _financing(self) -> Any:
        rows = [self.scenario.instruments[i] for _, i in self.holdings]
        long: Vector = BPS * np.array([number(row, "long_financing_bps") for row in rows])
        short: Vector = BPS * np.array([number(row, "short_financing_bps") for row in rows])
        if not (long.any() or short.any()):
            return cp.Constant(0.0)
        return long @ self.position + (long + short) @ cp.neg(self.position)

    def _risk_charge(self) -> Any:
        aversion = self.scenario.cost_setting("risk_aversion", 0.0)
        if aversion == 0:
            return cp.Constant(0.0)
        return aversion * self.size * cp.sum_squares(self._risk("firm"))

    # -- margin and cash

    def _rated(self) -> list[tuple[str, Row]]:
        rows = self.scenario.rows("accounts")
        return [(row["account_id"], row) for row in rows if row.get("model", "") in ("", "rate")]

    def _margin_rates(self, account: str, instrument: str) -> tuple[float, float]:
        """Long and short margin as a fraction of notional; the account's own row comes first."""
        rows = self._margin_rows
        row = rows.get((instrument, account)) or rows[instrument, ""]
        cells = self.scenario.instruments[instrument]
        if row.get("per_unit", "") != "":
            per_unit = number(row, "per_unit") * self.scenario.fx[cells["currency"]]
            return (per_unit / self.scenario.notional(cells),) * 2
        return number(row, "long_rate"), number(row, "short_rate")

    @cached_property
    def _margin_rows(self) -> dict[Pair, Row]:
        rows = self.scenario.rows("margin_rates")
        return {(row["instrument_id"], row.get("account_id", "")): row for row in rows}

    def _margin(self, account: str) -> Any:
        scope = self._scope(f"account:{account}")
        if not scope.instruments:
            return cp.Constant(0.0)
        rates = np.array([self._margin_rates(account, i) for i in scope.instruments])
        net = self._net(scope)
        both = cp.maximum(cp.multiply(rates[:, 0], net), cp.multiply(-rates[:, 1], net))
        return cp.sum(both)

    def _outflow(self, account: Row) -> Any:
        """Cash that purchases of fully paid instruments take out of the account's pool."""
        scope = self._scope(f"account:{account['account_id']}")
        rows = [self.scenario.instruments[i] for i in scope.instruments]
        paid = [n for n, row in enumerate(rows) if row.get("payment") != "margined"]
        if not paid:
            return cp.Constant(0.0)
        cost = np.array(
            [self.scenario.value(rows[n]) / self.scenario.notional(rows[n]) for n in paid]
        )
        before = (scope.netting @ self.held_before)[paid]
        after = self._net(scope)[paid]
        if account.get("short_proceeds") == "free":
            return cost @ (after - before)
        return cost @ (cp.pos(after) - np.maximum(before, 0.0))

    def _funding(self) -> None:
        s = self.scenario
        pools = {row["pool_id"]: row for row in s.rows("pools")}
        rate = {p: s.fx[row["currency"]] for p, row in pools.items()}
        inflow: dict[str, Any] = {
            p: cp.Constant(
                (number(row, "cash") - number(row, "minimum_balance")) * rate[p] / self.size
            )
            for p, row in pools.items()
        }
        self._routes(inflow, rate)
        self._borrowing(pools, inflow, rate)
        rated = dict(self._rated())
        for account in s.rows("accounts"):
            name, pool = account["account_id"], account["pool_id"]
            inflow[pool] = inflow[pool] - self._outflow(account)
            if name in rated:
                inflow[pool] -= number(account, "margin_multiplier", 1.0) * self._margin(name)
        self.surplus = inflow
        self.constraints += [left >= 0 for left in inflow.values()]

    def _routes(self, inflow: dict[str, Any], rate: dict[str, float]) -> None:
        routes = self.scenario.rows("cash_routes")
        cash = cp.Variable(len(routes), nonneg=True)
        fees = np.array([number(row, "fee_bps") * BPS for row in routes])
        for r, row in enumerate(routes):
            source, target = row["from_pool"], row["to_pool"]
            inflow[source] = inflow[source] - cash[r]
            inflow[target] = inflow[target] + (1 - fees[r]) * cash[r]
            if row.get("capacity", "") != "":
                most = number(row, "capacity") * rate[source] / self.size
                self.constraints.append(cash[r] <= most)
        cash.value = np.zeros(len(routes))
        self.cash = cash
        self.costs["transfer_fee"] = fees @ cash if routes else cp.Constant(0.0)

    def _borrowing(
        self, pools: dict[str, Row], inflow: dict[str, Any], rate: dict[str, float]
    ) -> None:
        lenders = [p for p, row in pools.items() if number(row, "borrow_limit") > 0]
        borrowed = cp.Variable(len(lenders), nonneg=True)
        borrowed.value = np.zeros(len(lenders))
        self.lenders, self.borrowed = lenders, borrowed
        days = self.scenario.cost_setting("horizon_days", 1.0) / 360
        total: Any = cp.Constant(0.0)
        for n, p in enumerate(lenders):
            most = number(pools[p], "borrow_limit") * rate[p] / self.size
            self.constraints.append(borrowed[n] <= most)
            inflow[p] = inflow[p] + borrowed[n]
            total = total + days * number(pools[p], "borrow_rate_bps") * BPS * borrowed[n]
        self.costs["borrowing"] = total

    # -- scopes and risk

    def _scope(self, text: str) -> Scope:
        if text not in self._scope_of:
            chosen = [h for h in range(len(self.holdings)) if self._belongs(text, h)]
            names = [self.holdings[h][1] for h in chosen]
            cells = (np.ones(len(chosen)), (range(len(chosen)), chosen))
            pick = sp.csr_array(cells, shape=(len(chosen), len(self.holdings)))
            netting = incidence(names, len(names)) @ pick
            self._scope_of[text] = Scope(chosen, list(dict.fromkeys(names)), netting)
        return self._scope_of[text]

    def _belongs(self, text: str, holding: int) -> bool:
        """Whether a scope counts a holding."""
        s, (kind, _, name) = self.scenario, text.partition(":")
        book, account = self.holdings[holding][0], self.accounts[holding]
        own = {
            "firm": name,
            "book": book,
            "group": s.group_of[book],
            "entity": s.books[book].get("entity", ""),
            "account": account,
            "pool": s.pool_of.get(account, ""),
        }
        return bool(own[kind] == name)

    def _net(self, scope: Scope, target: str = "") -> Any:
        """Notional after, netted over the scope: one entry per instrument that is meant."""
        cells = self.scenario.instruments
        meant = [n for n, i in enumerate(scope.instruments) if selects(target, i, cells[i])]
        return (scope.netting[meant] if target else scope.netting) @ self.position

    @cached_property
    def _factors(self) -> list[Row]:
        return self.scenario.rows("factors")

    @cached_property
    def _loadings(self) -> dict[Pair, float]:
        rows = self.scenario.rows("loadings")
        return {(row["instrument_id"], row["factor_id"]): number(row, "loading") for row in rows}

    def _exposure_matrix(self, scope: Scope) -> Vector:
        """Exposure to each factor (rows) of one unit of notional of each instrument (columns)."""
        s = self.scenario
        matrix = np.zeros((len(self._factors), len(scope.instruments)))
        for n, i in enumerate(scope.instruments):
            for k, factor in enumerate(self._factors):
                loading = self._loadings.get((i, factor["factor_id"]), 0.0)
                per_unit = factor.get("basis") == "unit"
                matrix[k, n] = loading / s.notional(s.instruments[i]) if per_unit else loading
        return matrix

    def _exposures(self, text: str) -> tuple[Any, Vector]:
        """Factor exposures of a scope, each in a scale of its own: tied to the positions once."""
        if text not in self._exposure_of:
            scope = self._scope(text)
            matrix = self._exposure_matrix(scope)
            largest = np.abs(matrix).max(axis=1, initial=0.0)
            scale = np.where(largest > 0, largest, 1.0)
            scaled = cp.Variable(len(self._factors))
            tied = matrix / scale[:, None] @ scope.netting
            scaled.value = tied @ self.position.value
            self._tied.append((scaled, tied))
            self.constraints.append(scaled == tied @ self.position)
            self._exposure_of[text] = scaled, scale
        return self._exposure_of[text]

    def _risk(self, text: str) -> Any:
        """The vector whose length is the daily volatility of the scope."""
        s, scope = self.scenario, self._scope(text)
        net = self._net(scope)
        if s.rows("covariance"):
            return self._dense_root[:, [self._column[i] for i in scope.instruments]] @ net
        exposure, scale = self._exposures(text)
        rows = [s.instruments[i] for i in scope.instruments]
        specific = np.array([number(row, "specific_volatility") for row in rows])
        own = cp.multiply(math.sqrt(s.variance_unit) * specific, net)
        return cp.hstack([(self._factor_root * scale) @ exposure, own])

    @cached_property
    def _column(self) -> dict[str, int]:
        return {i: n for n, i in enumerate(self.scenario.instruments)}

    @cached_property
    def _dense_root(self) -> Vector:
        rows, unit = self.scenario.rows("covariance"), self.scenario.variance_unit
        return root(unit * read_square(rows, list(self._column)))

    @cached_property
    def _factor_root(self) -> Vector:
        rows, unit = self.scenario.rows("factor_covariance"), self.scenario.variance_unit
        return root(unit * read_square(rows, [row["factor_id"] for row in self._factors]))

    # -- limits

    def _limit(self, row: Row) -> None:
        if row.get("kind") == "soft":
            raise ValueError(f"limit {row['limit_id']} is soft: not part of this program")
        if row["scope"] == "book:*":
            for book in self.scenario.books:
                self._limit({**row, "scope": f"book:{book}"})
            return
        measured, unit = self.measure(row)
        if row.get("lower", "") == row.get("upper", "") and row.get("on_breach") != "improve":
            self.constraints.append(measured == number(row, "upper") / unit)
            return
        for column, sign in (("upper", 1.0), ("lower", -1.0)):
            if row.get(column, "") != "":
                self._bound(row, sign * measured, sign * number(row, column) / unit, unit)

    def _bound(self, row: Row, measured: Any, most: float, unit: float) -> None:
        """measured <= most (both in `unit`); a limit to be improved starts from where it stands."""
        before = measured.value
        if row.get("on_breach") == "improve" and before > most:
            self.constraints.append(measured <= before)
            price = number(row, "penalty") * unit / self.size
            self.penalties.append(price * cp.pos(measured - most))
        elif most == 0 and row["measure"] not in SIGNED:
            self.constraints += self._nothing(row)
        else:
            self.constraints.append(measured <= most)

    def measure(self, row: Row) -> tuple[Any, float]:
        """A limit's measure and what one of it is worth in the unit of its bounds."""
        measure, text, target = row["measure"], row["scope"], row.get("target", "")
        if measure == "volatility":
            return cp.norm(self._risk(text)), self.size
        if measure == "factor_exposure":
            k = [factor["factor_id"] for factor in self._factors].index(target)
            exposure, scale = self._exposures(text)
            return exposure[k], self.size * float(scale[k])
        if measure == "margin":
            return sum(map(self._margin, self._rated_in(text)), cp.Constant(0.0)), self.size
        if measure == "turnover":
            return cp.norm1(self.change[self._targeted(text, target)]), self.size
        if measure == "external":
            weights = self._per_order(self.scenario.notional) * self._ordered(text, target)
            return weights @ self.order_size, self.size
        if measure == "position":
            name = target.removeprefix("instrument:")
            notional = self.scenario.notional(self.scenario.instruments[name])
            return cp.sum(self._net(self._scope(text), target)), self.size / notional
        return self._position_measure(measure, self._scope(text), target)

    def _position_measure(self, measure: str, scope: Scope, target: str) -> tuple[Any, float]:
        """Sums of the netted positions, their largest as a share of the gross before."""
        net = self._net(scope, target)
        if measure == "concentration":
            gross = float(np.abs(scope.netting @ self.held_before).sum())
            return cp.norm_inf(net), 1 / gross if gross else math.inf
        sums = {"net": net, "gross": cp.abs(net), "long": cp.pos(net), "short": cp.neg(net)}
        return cp.sum(sums[measure]), self.size

    def _nothing(self, row: Row) -> list[Any]:
        """A size of at most zero, said linearly: a sum of sizes leaves a solver no room there."""
        measure, text, target = row["measure"], row["scope"], row.get("target", "")
        if measure == "margin":
            scopes = [self._scope(f"account:{name}") for name in self._rated_in(text)]
            return [self._net(scope) == 0 for scope in scopes]
        if measure == "turnover":
            return [self.change[self._targeted(text, target)] == 0]
        if measure == "external":
            return [self.order[np.flatnonzero(self._ordered(text, target))] == 0]
        net = self._net(self._scope(text), target)
        return [net <= 0 if measure == "long" else net >= 0 if measure == "short" else net == 0]

    def _targeted(self, text: str, target: str) -> list[int]:
        """The holdings of a scope in the instruments that are meant."""
        cells, names = self.scenario.instruments, [i for _, i in self.holdings]
        return [h for h in self._scope(text).holdings if selects(target, names[h], cells[names[h]])]

    def _rated_in(self, text: str) -> list[str]:
        """The accounts with margin that a scope means."""
        kind, _, name = text.partition(":")
        return [a for a, row in self._rated() if row[f"{kind}_id"] == name]

    def _ordered(self, text: str, target: str) -> Array:
        """Which orders a scope means: the firm's, or those of one group and of its books."""
        s, group = self.scenario, text.partition(":")[2]
        owners = [name if kind == "group" else s.group_of[name] for (kind, name), _ in self.orders]
        meant = [selects(target, t, s.tradables[t]) for _, t in self.orders]
        within = [text == "firm" or owner == group for owner in owners]
        ordered: Array = np.array(meant, bool) & np.array(within, bool)
        return ordered

    # -- solve

    def solve(self) -> Answer:
        """Solves on one scale of the objective after another until the gap is closed."""
        for scale in (1e4, 1e6, 1e2, 1.0, 1e8):
            answer = self._attempt(scale)
            if answer is not None:
                return answer
        raise RuntimeError("no scale of the objective gave an answer within the gap")

    def _attempt(self, scale: float) -> Answer | None:
        total = scale * (sum(self.costs.values()) + sum(self.penalties))
        problem = cp.Problem(cp.Minimize(total), self.constraints)
        data, chain, inverse = problem.get_problem_data(cp.CLARABEL, solver_opts=STRICT)
        raw = chain.solve_via_data(problem, data, solver_opts=STRICT)
        solution = chain.invert(raw, inverse)
        if solution.status == cp.INFEASIBLE:
            return Answer("infeasible", math.nan, math.nan, math.nan, {})
        if solution.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
            return None
        problem.unpack(solution)
        bound = (solution.opt_val - raw.obj_val + raw.obj_val_dual) * self.size / scale
        answer = self._answer(bound)
        gap = abs(answer.cost + answer.penalty - bound)
        return answer if gap <= 1e-7 * abs(bound) + 1e-9 * self.size else None

    def _answer(self, bound: float) -> Answer:
        """The solver's point, in base currency and units."""
        terms = {name: float(term.value) * self.size for name, term in self.costs.items()}
        penalty = float(sum(term.value for term in self.penalties)) * self.size
        units = np.asarray(self.change.value) * self.size / self.notional
        change = dict(zip(self.holdings, map(float, units), strict=True))
        return Answer("optimal", sum(terms.values()), bound, penalty, change, terms)
