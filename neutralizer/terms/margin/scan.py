"""Scan margin: per product group the worst loss over the scan points, and what comes on top.

    scan   = max(0, mean of the worst k of Σ_i loss[i, s] · x_i)          k = 1: the worst point
    spread = charge · (Σ_i |delta_i · x_i| − |Σ_i delta_i · x_i|) / 2     one delta long, one short
    group  = max(scan + spread, short option minimum · short option units) + add-on · notional
    credit = rate · deltas in spreads of two groups · the least scan of one delta, off both

The spread's net relief, −charge/2 · |net delta|, is not convex. With a scan rate of at least half the
charge, the relief may be taken point by point, by the share and sign of the market's move there: that is
convex, never below the formula, and the formula itself where the market's largest move against the net
delta is the worst point. Where the rate is less, the program does without the relief, and it
always does without credits. Source: the method of the exchanges' SPAN, without
tiers and delivery charges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Ints, Matrix
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.tails import worst_mean, worst_weights
from neutralizer.domain.trades import Trades, entry_position
from neutralizer.terms.margin.needs import ARRAYS

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

NEEDS = ARRAYS
CURVED = False


@dataclass(frozen=True)
class _Group:
    """One product group in one account: its entries and what one unit of each does."""

    product: int  # product group
    own: Ints  # entries
    loss: Floats  # (n, points) base per unit
    delta: Floats  # (n,)
    charge: float
    short_option: Floats  # (n,) base per unit short
    add_on: Floats  # (n,) base per unit
    count: float  # worst points that are averaged

    @property
    def relieved(self) -> Floats:
        """(n, points) losses with the spread's relief, where that leaves the group convex."""
        moves = (self.loss * np.sign(self.delta)[:, None]).sum(axis=0)
        moves = moves / max(float(np.abs(moves).max(initial=0.0)), 1e-300)
        if not self.charge or not self.rate >= self.charge / 2:
            return self.loss
        found: Floats = self.loss - self.charge / 2 * self.delta[:, None] * moves
        return found

    @property
    def rate(self) -> float:
        """The least scan margin of one delta alone, long or short: nothing where it gains at every point."""
        with_delta = np.flatnonzero(self.delta)
        alone = [
            worst_mean(side * self.loss[k], self.count) for k in with_delta for side in (1.0, -1.0)
        ]
        return float(min(alone / np.repeat(np.abs(self.delta[with_delta]), 2), default=0.0))


def _groups(scenario: Scenario, own: Ints) -> Iterator[_Group]:
    """The product groups among one account's entries."""
    scan, which = scenario.scan, scenario.entries.instrument[own]
    notional = scenario.instruments.notional
    for g in np.unique(scan.group[which]).tolist():
        some = own[scan.group[which] == g]
        i = scenario.entries.instrument[some]
        yield _Group(
            g,
            some,
            scan.loss[i],
            scan.delta[i],
            float(scan.charge[g]),
            np.where(scan.is_option[i], scan.short_option[g], 0.0),
            scan.add_on[g] * notional[i],
            float(scenario.accounts.worst[scenario.entries.account[some[0]]]),
        )


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) base currency."""
    import cvxpy as cp

    entries = scenario.entries
    pairs = [
        (k, group)
        for k, a in enumerate(accounts)
        for group in _groups(scenario, np.flatnonzero(entries.account == a))
    ]
    if not pairs:
        return cp.Constant(np.zeros(len(accounts)))
    groups = [group for _, group in pairs]
    x = decision.entry
    size = 1 / scenario.instruments.notional[entries.instrument]

    def total(each: list[Floats]) -> Any:
        """(groups, N) one row a group, of a coefficient per unit."""
        row = np.repeat(np.arange(len(groups)), [len(g.own) for g in groups])
        own = np.concatenate([g.own for g in groups])
        shape = (len(groups), len(entries.account))
        return csr_array((np.concatenate(each) * size[own], (row, own)), shape=shape)

    asked = _worst(groups, size, x)
    asked = asked + _sized(decision, total([g.charge / 2 * np.abs(g.delta) for g in groups]))
    floor = total([g.short_option for g in groups])
    if floor.count_nonzero():
        some = np.flatnonzero(floor.sum(axis=0))
        sold = decision.shorts.of(decision.entry_rows[some])
        asked = cp.maximum(asked, floor[:, some] @ sold)
    asked = asked + _sized(decision, total([g.add_on for g in groups]))
    place = np.zeros((len(accounts), len(groups)))
    place[[k for k, _ in pairs], np.arange(len(groups))] = 1.0
    return decision.money * (place @ asked)


def _sized(decision: "Decision", weights: Matrix) -> Any:
    """(groups,) weights @ |x| of the entries that any of them counts."""
    some = np.flatnonzero(weights.sum(axis=0))
    if not len(some):
        return 0.0
    size = decision.entry[some] + 2 * decision.shorts.of(decision.entry_rows[some])
    return weights[:, some] @ size


def _worst(groups: list[_Group], size: Floats, x: Any) -> Any:
    """(groups,) the mean of each group's worst points, or zero. Groups of as many points go together."""
    import cvxpy as cp

    tables = [_telling(g) for g in groups]
    parts, order = [], []
    for count, points in sorted({(g.count, len(t)) for g, t in zip(groups, tables, strict=True)}):
        some = [k for k, g in enumerate(groups) if (g.count, len(tables[k])) == (count, points)]
        order += some
        if not points:
            parts.append(cp.Constant(np.zeros(len(some))))
            continue
        every = _stacked([groups[k] for k in some], [tables[k] for k in some], size)
        losses = cp.reshape(every @ x, (len(some), points), order="C")
        rows = range(len(some))
        parts.append(
            cp.max(cp.hstack([losses, np.zeros((len(some), 1))]), axis=1)
            if count == 1
            else cp.hstack([cp.pos(cp.sum_largest(losses[k], count) / count) for k in rows])
        )
    return cp.hstack(parts)[np.argsort(order)]


def _telling(group: _Group) -> Floats:
    """(points, n) losses by scan point without those that never decide: no loss at all, and, where the
    worst alone counts, a smaller multiple of another point's.
    """
    found: dict[bytes, tuple[float, Floats]] = {}
    losses = group.relieved.T
    if group.count != 1:
        return losses
    for row in losses:
        length = float(np.abs(row).max(initial=0.0))
        if length:
            way = np.round(row / length, 12) + 0.0
            known = found.get(way.tobytes(), (0.0, row))
            found[way.tobytes()] = max(known, (length, row), key=lambda pair: pair[0])
    kept = [row for _, row in found.values()]
    return np.array(kept).reshape(len(kept), len(group.own))


def _stacked(groups: list[_Group], tables: list[Floats], size: Floats) -> Matrix:
    """(groups · points, N) each group's losses over `size`, one point a row."""
    points, row, column, value = len(tables[0]), [], [], []
    for k, (g, table) in enumerate(zip(groups, tables, strict=True)):
        row.append(np.repeat(k * points + np.arange(points), len(g.own)))
        column.append(np.tile(g.own, points))
        value.append((table * size[g.own]).ravel())
    cells = (np.concatenate(value), (np.concatenate(row), np.concatenate(column)))
    return csr_array(cells, shape=(len(groups) * points, len(size)))


def _computed(group: _Group, x: Floats, exact: bool) -> Floats:
    """(n,) the group's margin entry by entry, base currency; the program's bound where not `exact`."""
    each = x[:, None] * (group.loss if exact else group.relieved)
    losses = each.sum(axis=0)
    weights = worst_weights(losses, group.count)
    found: Floats = each @ weights if weights @ losses > 0 else np.zeros(len(x))
    deltas = group.delta * x
    found = found + group.charge / 2 * np.abs(deltas)
    if exact:
        found = found - group.charge / 2 * np.sign(deltas.sum()) * deltas
    least = group.short_option * np.maximum(-x, 0)
    found = least if least.sum() > found.sum() else found
    return found + group.add_on * np.abs(x)


def _parts(trades: Trades, scenario: Scenario, own: Ints, exact: bool) -> Floats:
    x, found = entry_position(scenario, trades), np.zeros(len(scenario.entries.account))
    groups = list(_groups(scenario, own))
    for group in groups:
        found[group.own] = _computed(group, x[group.own], exact)
    if exact and scenario.scan.credits:
        for group, credit in zip(groups, _credited(scenario, groups, x, found), strict=True):
            found[group.own] *= 1 - credit
    return found[own]


def _credited(scenario: Scenario, groups: list[_Group], x: Floats, asked: Floats) -> Floats:
    """(groups,) the share of each group's margin that credits let go; never more than its scan, nor
    what short options and add-ons ask for.
    """
    place = {g.product: k for k, g in enumerate(groups)}
    left = np.array([float(g.delta @ x[g.own]) for g in groups])
    off = np.zeros(len(groups))
    for credit in scenario.scan.credits:
        pair = [place.get(p, -1) for p in credit.groups]
        if min(pair) < 0 or left[pair[0]] * left[pair[1]] >= 0:
            continue
        spreads = min(abs(left[k]) / r for k, r in zip(pair, credit.ratios, strict=True))
        for k, ratio in zip(pair, credit.ratios, strict=True):
            off[k] += credit.rate * spreads * ratio * groups[k].rate
            left[k] -= np.sign(left[k]) * spreads * ratio
    short = np.array([float(g.short_option @ np.maximum(-x[g.own], 0)) for g in groups])
    least = short + np.array([float(g.add_on @ np.abs(x[g.own])) for g in groups])
    total = np.array([float(asked[g.own].sum()) for g in groups])
    share = np.minimum(off, np.maximum(total - least, 0.0))
    found: Floats = np.divide(share, total, out=np.zeros_like(total), where=total > 0)
    return found


def parts(trades: Trades, scenario: Scenario, own: Ints) -> Floats:
    """What each entry of one account takes of the formula, base currency."""
    return _parts(trades, scenario, own, exact=True)


def overstated(trades: Trades, scenario: Scenario, own: Ints) -> float:
    """What the program's bound lies above the formula by, base currency, >= 0."""
    bound, formula = (_parts(trades, scenario, own, exact).sum() for exact in (False, True))
    return float(bound - formula)


def sensitivity(scenario: Scenario, own: Ints) -> Floats:
    """Each unit's own worst point, either way, with the charges and credits it may cause or undo."""
    found = np.zeros(len(scenario.entries.account))
    groups = {g.product: g for g in _groups(scenario, own)}
    per_delta = dict.fromkeys(groups, 0.0)
    for c in scenario.scan.credits:
        if set(c.groups) <= set(groups):
            whole = sum(r * groups[p].rate for p, r in zip(c.groups, c.ratios, strict=True))
            for p, r in zip(c.groups, c.ratios, strict=True):
                per_delta[p] += c.rate * whole / r
    for p, g in groups.items():
        worst = np.abs(g.loss).max(axis=1, initial=0.0)
        charged = (g.charge + per_delta[p]) * np.abs(g.delta)
        found[g.own] = worst + charged + g.short_option + g.add_on
    return found[own]
