"""A second way to what of a plan may be booked tonight, written against the file formats alone.

Crossings are given: of each (book, instrument) between nothing and all of it moves, zero-sum in each
group, so that by itself it leaves no limit and no pool worse than before, unless it is inside its
bounds. In fractions, so that it is a bound on what whole steps come to.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np

from tests.tools.second_formulation import STRICT, Pair, Program, Row, number, read_scenario


def rows(files: Mapping[str, bytes], name: str) -> list[Row]:
    """A table of a run."""
    return list(csv.DictReader(io.StringIO(files[name].decode())))


def crossings(files: Mapping[str, bytes], phases: str = "12") -> dict[Pair, float]:
    """Units that each holding gains by transfers of some phases."""
    found: dict[Pair, float] = defaultdict(float)
    for row in rows(files, "internal_transfers.csv"):
        if row["release_phase"] in phases:
            found[row["from_book"], row["instrument_id"]] -= float(row["quantity"])
            found[row["to_book"], row["instrument_id"]] += float(row["quantity"])
    return dict(found)


def most(folder: Path, files: Mapping[str, bytes]) -> tuple[float, float]:
    """Notional that may cross tonight at most, and what crosses in all; base currency."""
    program = Night(folder, files)
    whole = sum(np.abs(program.units * program.notional)) / 2
    return program.most(), float(whole)


class Night(Program):
    """The same measures and pools, held to not worse than before."""

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        self.files = files
        super().__init__(read_scenario(folder), alone=False)

    def _mandates(self) -> None:
        moved = crossings(self.files)
        self.units = np.array([moved.get(pair, 0.0) for pair in self.holdings])
        whole = self.units * self.notional / self.size
        self.constraints += [
            self.external == 0,
            self.change >= np.minimum(whole, 0),
            self.change <= np.maximum(whole, 0),
        ]

    def _wishes(self) -> None:
        """Nobody comes farther from a target: what crosses is part of what leads there."""

    def _participation(self) -> None:
        """Nothing is ordered."""

    def _funding(self) -> None:
        count = len(self.constraints)
        super()._funding()
        pools = len(self.surplus)
        del self.constraints[len(self.constraints) - pools :]
        assert len(self.constraints) >= count
        rate = {p["pool_id"]: self.scenario.fx[p["currency"]] for p in self.scenario.rows("pools")}
        sent: dict[Pair, float] = defaultdict(float)
        for row in rows(self.files, "cash_transfers.csv"):
            sent[row["from_pool"], row["to_pool"]] += float(row["amount"])
        routes = [(r["from_pool"], r["to_pool"]) for r in self.scenario.rows("cash_routes")]
        if routes:
            amounts = np.array([sent[pair] * rate[pair[0]] / self.size for pair in routes])
            self.constraints.append(self.cash <= amounts)
        for row in rows(self.files, "pools.csv"):
            if row["pool_id"] in self.lenders:
                n = self.lenders.index(row["pool_id"])
                loan = float(row["borrowed"]) * rate[row["pool_id"]] / self.size
                self.constraints.append(self.borrowed[n] <= loan)
        for left in self.surplus.values():
            self.constraints.append(left >= min(0.0, float(left.value)))

    def _limit(self, row: Row) -> None:
        if row["scope"] == "book:*":
            for book in self.scenario.books:
                self._limit({**row, "scope": f"book:{book}"})
            return
        if row["measure"] in ("external", "turnover"):
            bound = number(row, "upper")
            if row["measure"] == "turnover":
                measured, unit = self.measure(row)
                self.constraints.append(measured <= bound / unit)
            return
        measured, unit = self.measure(row)
        before = float(measured.value)
        for column, sign in (("upper", 1.0), ("lower", -1.0)):
            if row.get(column, "") != "":
                bound = sign * number(row, column) / unit
                self.constraints.append(sign * measured <= max(bound, sign * before))

    def most(self) -> float:
        """Notional, base currency."""
        way = np.sign(self.units)
        problem: Any = cp.Problem(cp.Maximize(way @ self.change), self.constraints)
        problem.solve(
            solver=cp.CLARABEL, **{k: v for k, v in STRICT.items() if k != "accept_unknown"}
        )
        if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
            raise RuntimeError(f"the second night is {problem.status}")
        return float(problem.value) * self.size / 2
