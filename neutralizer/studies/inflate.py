"""Whether an estimate holds for the books that the program itself decides, and what makes it hold.

A program looks for books whose forecast risk is small, and finds those whose risk is understated. So
inventories are drawn on days of the past, each decided anew by the program under what the method said on
that day, and held for the days after. What is fitted on the first half of the days is shown on the second.
"""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.domain.steps import steps
from neutralizer.errors import Infeasible, InputsRefused, Issue, Issues, NotSolved
from neutralizer.load.scenario import load
from neutralizer.load.written.canonical import Parts, canonical, parts_of
from neutralizer.load.written.folder import Folder
from neutralizer.load.written.inputs import read_inputs
from neutralizer.prepare.estimate import methods
from neutralizer.prepare.estimate.borrowed import extended, peers_of
from neutralizer.prepare.estimate.covariance import Covariance
from neutralizer.prepare.estimate.estimate import Estimate, exposed_of
from neutralizer.prepare.estimate.tables import measured_table, risk_tables
from neutralizer.prepare.estimate.walk_forward import judged_days
from neutralizer.program.priorities import answered

DAYS, HELD = 40, 10  # dates in each half, and days that each decision is held for
FEWEST = 10  # dates with a plan, below which nothing is fitted
SEED = 12
ROUNDS, CLOSE = 5, 0.01  # of the fit, and how near to 1 it ends
MOST = {"dense": 0.9, "factors": 8.0}  # shrinkage; times more specific variance


@dataclass(frozen=True)
class Half:
    """Bias of the program's books over some days, before and after."""

    days: int
    before: float
    after: float


@dataclass(frozen=True)
class Inflation:
    """`amount`: correlations shrunk by this share, or specific variance grown by this share."""

    amount: float
    halves: tuple[Half, Half]
    covariance: Covariance
    words: str

    def written(self) -> dict[str, Any]:
        """As plain values, for quality.json and its page."""
        first, second = (
            {"days": h.days, "before": round(h.before, 3), "after": round(h.after, 3)}
            for h in self.halves
        )
        amount = round(self.amount, 4)
        return {"words": self.words, "amount": amount, "first_half": first, "second_half": second}


def inflated(
    folder: Path, overrides: tuple[str, ...], found: Estimate, say: Callable[[str], None]
) -> Inflation:
    """Raises InputsRefused where the scenario does not load with the estimate, or hardly any draw has a plan."""
    issues = Issues()
    inputs = read_inputs(Folder(folder), overrides, issues)
    study = _Study(parts_of(inputs), found, say)
    first, second = study.dates()
    amount, plain, fitted = _fit(study, first)
    before = study.bias(second, 0.0)
    after = before if amount == 0 else study.bias(second, amount)
    halves = Half(study.days(first), plain, fitted), Half(study.days(second), before, after)
    return Inflation(amount, halves, grown(found.covariance, amount), _words(found, amount, halves))


def grown(covariance: Covariance, amount: float) -> Covariance:
    """Correlations shrunk towards none by a share; of a factor model specific variances grown by it."""
    if covariance.specific is None or covariance.loadings is None or covariance.factors is None:
        own = np.diag(np.diag(covariance.matrix))
        return Covariance((1 - amount) * covariance.matrix + amount * own)
    matrix = covariance.matrix + amount * np.diag(covariance.specific)
    specific = (1 + amount) * covariance.specific
    return Covariance(matrix, covariance.loadings, covariance.factors, specific, covariance.names)


def _fit(study: "_Study", dates: list[int]) -> tuple[float, float, float]:
    """The least amount that brings the bias to 1, the bias without it and with it; nothing where it is below."""
    low, plain = 0.0, study.bias(dates, 0.0)
    if plain <= 1 + CLOSE:
        return 0.0, plain, plain
    high = MOST["dense" if study.found.covariance.loadings is None else "factors"]
    amount, bias, low_bias, high_bias = high, plain, plain, study.bias(dates, high)
    if high_bias >= 1:
        return high, plain, high_bias
    for _ in range(ROUNDS):
        amount = low + (high - low) * (low_bias - 1) / (low_bias - high_bias)
        bias = study.bias(dates, amount)
        if abs(bias - 1) <= CLOSE:
            break
        if bias > 1:
            low, low_bias = amount, bias
        else:
            high, high_bias = amount, bias
    return amount, plain, bias


def _words(found: Estimate, amount: float, halves: tuple[Half, Half]) -> str:
    what = (
        f"correlations are shrunk by {amount:.1%}"
        if found.covariance.loadings is None
        else f"specific variances are {1 + amount:.2f} times those estimated"
    )
    if amount == 0:
        what = "nothing is changed: on the first half the program's books are not riskier than forecast"
    return f"Inventories drawn, decided by the program and held {HELD} days: {what}."


class _Study:
    """Draws and decisions: the same inventories on the same days, whatever the covariance is grown by."""

    def __init__(self, parts: Parts, found: Estimate, say: Callable[[str], None]) -> None:
        self.parts, self.found, self.say = parts, found, say
        self.ids = [x.name for x in (*found.panel.instruments, *found.panel.thin)]
        self.gain = np.zeros((len(found.panel.days), len(self.ids)))
        known = len(found.panel.instruments)
        self.gain[:, :known] = np.nan_to_num(found.panel.total)
        self.forecast: dict[int, Covariance] = {}
        self.without_plan: set[int] = set()

    def dates(self) -> tuple[list[int], list[int]]:
        """Days on which something is decided, in the first half of those that are judged and in the second."""
        every = judged_days(self.found.panel)
        last = len(self.found.panel.days) - HELD
        first, stop = every[0], last
        middle = (first + stop) // 2
        halves = [
            sorted({int(d) for d in np.linspace(a, b, DAYS)})
            for a, b in ((first, middle - HELD), (middle, stop))
        ]
        for day, covariance in methods.forecasts(
            self.found.choice.method, self.found.panel, halves[0] + halves[1]
        ):
            self.forecast[day] = self._whole(covariance)
        return halves[0], halves[1]

    def _whole(self, covariance: Covariance) -> Covariance:
        """With every instrument of the scenario; what was not known on the day has no gain in the study."""
        panel = self.found.panel
        unknown = np.isnan(np.diag(covariance.matrix))
        part = panel.without(unknown)
        peers = [peers_of(x, part.instruments) for x in part.thin]
        whole = extended(covariance.of(~unknown), peers, exposed_of(part, covariance))
        names = [x.name for x in (*part.instruments, *part.thin)]
        return whole.of(np.array([names.index(name) for name in self.ids]))

    def bias(self, dates: list[int], amount: float) -> float:
        """Root of the mean square of P&L over forecast. Raises InputsRefused."""
        squares = []
        for day in steps(dates, f"risk grown by {amount:.3f}: deciding past day", self.say):
            covariance = self.forecast.get(day)
            after = None if covariance is None else self._decided(day, grown(covariance, amount))
            if after is None or covariance is None:
                self.without_plan.add(day)
                continue
            variance = after @ grown(covariance, amount).matrix @ after
            gains = self.gain[day : day + HELD] @ after
            squares.append(gains**2 / max(float(variance), np.finfo(float).tiny))
        if len(squares) < FEWEST:
            reason = f"only {len(squares)} of {len(dates)} drawn inventories have a plan"
            remedy = "estimate without it, or widen the scenario's limits"
            raise InputsRefused([Issue("--inflate", 0, "", None, reason, remedy)])
        return float(np.sqrt(np.mean(squares)))

    def days(self, dates: list[int]) -> int:
        """Days on which books were held."""
        return HELD * len(set(dates) - self.without_plan)

    def _decided(self, day: int, covariance: Covariance) -> Floats | None:
        """(N,) notional after of what has a forecast and gains, of the firm; None where the draw has no plan."""
        parts = self._with(covariance, day)
        with suppress(Infeasible, NotSolved):
            scenario, solution = answered(load(canonical(parts)).scenario)
            h = scenario.holdings
            after = h.before + solution.trades.change
            units = np.bincount(h.instrument, after, len(scenario.instruments.ids))
            of = dict(
                zip(scenario.instruments.ids, units * scenario.instruments.notional, strict=True)
            )
            return np.array([of.get(name, 0.0) for name in self.ids])
        return None

    def _with(self, covariance: Covariance, day: int) -> Parts:
        """The scenario with a covariance of its own and with inventories that are drawn for the day."""
        root: dict[str, Any] = deepcopy(self.parts.root)
        tables = dict(self.parts.tables)
        new = risk_tables(self.found, covariance)
        new["measured"] = measured_table(replace(self.found, covariance=covariance))
        risk = dict(root.get("tables", {}).get("risk") or {})
        for name in ("covariance", "factor_covariance", *(new if "loadings" in new else ())):
            risk.pop(name, None)
            tables.pop(name, None)
        risk.pop("models", None)
        tables = {k: v for k, v in tables.items() if "@" not in k} | new
        root.setdefault("tables", {})["risk"] = risk | {"units": self.found.facts.units}
        root.pop("freshness", None)
        if covariance.specific is not None:
            tables["instruments"] = _blanked(tables["instruments"], "specific_volatility")
        tables["positions"] = _drawn(tables["positions"], np.random.default_rng((SEED, day)))
        return Parts(root, tables, self.parts.as_of, self.parts.files)


def _blanked(cells: list[list[str]], column: str) -> list[list[str]]:
    header, *rows = cells
    if column not in header:
        return cells
    k = header.index(column)
    return [header, *([*row[:k], "", *row[k + 1 :]] for row in rows)]


def _drawn(cells: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    """Each position long or short at random, and between nothing and twice what it is."""
    header, *rows = cells
    k = header.index("quantity")
    signs, sizes = rng.choice([-1.0, 1.0], len(rows)), rng.uniform(0, 2, len(rows))
    drawn = [f"{round(float(r[k]) * s * z)}" for r, s, z in zip(rows, signs, sizes, strict=True)]
    return [header, *([*r[:k], q, *r[k + 1 :]] for r, q in zip(rows, drawn, strict=True))]
