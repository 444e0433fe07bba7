"""Scan margin: per product group the worst loss over the scan points, and what comes on top.

    scan   = max(0, mean of the worst k of Σ_i loss[i, s] · x_i)          k = 1: the worst point
    spread = charge · (Σ_i |delta_i · x_i| − |Σ_i delta_i · x_i|) / 2     one delta long, one short
    group  = max(scan + spread, short option minimum · short option units) + add-on · notional

The spread's net relief, −charge/2 · |net delta|, is not convex. With a scan rate of at least half the
charge, the relief may be taken point by point, with the sign of the market's move there: that is convex,
never below the formula, and the formula itself where the worst point moves against the net delta. Where
the rate is less, the program does without the relief. Source: the method of the exchanges' SPAN, without
tiers, inter-product credits and delivery charges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.scenario import Floats, Ints, Scenario
from neutralizer.domain.tails import worst_weights
from neutralizer.domain.trades import Trades, entry_position

if TYPE_CHECKING:
    from neutralizer.decision import Decision


@dataclass(frozen=True)
class _Group:
    """One product group in one account: its entries and what one unit of each does."""

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
        moves = np.sign((self.loss * np.sign(self.delta)[:, None]).sum(axis=0))
        if not self.charge or not self._rate >= self.charge / 2:
            return self.loss
        found: Floats = self.loss - self.charge / 2 * self.delta[:, None] * moves
        return found

    @property
    def _rate(self) -> float:
        """The least scan margin of one delta alone, long or short."""
        with_delta = np.flatnonzero(self.delta)
        alone = [
            worst_weights(side * self.loss[k], self.count) @ (side * self.loss[k])
            for k in with_delta
            for side in (1.0, -1.0)
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

    scanned = cp.pos(_worst(groups, size, x))
    charged = total([g.charge / 2 * np.abs(g.delta) for g in groups])
    spread = charged @ cp.abs(x) if charged.nnz else 0.0
    asked = scanned + spread
    floor = total([g.short_option for g in groups])
    asked = cp.maximum(asked, floor @ cp.neg(x)) if floor.count_nonzero() else asked
    added = total([g.add_on for g in groups])
    asked = asked + added @ cp.abs(x) if added.count_nonzero() else asked
    place = np.zeros((len(accounts), len(groups)))
    place[[k for k, _ in pairs], np.arange(len(groups))] = 1.0
    return decision.money * (place @ asked)


def _worst(groups: list[_Group], size: Floats, x: Any) -> Any:
    """(groups,) the mean of each group's worst points."""
    import cvxpy as cp

    points = groups[0].loss.shape[1]
    row, column, value = [], [], []
    for k, g in enumerate(groups):
        row.append(np.tile(k * points + np.arange(points), len(g.own)))
        column.append(np.repeat(g.own, points))
        value.append((g.relieved * size[g.own][:, None]).ravel())
    shape = (len(groups) * points, x.shape[0])
    every = csr_array(
        (np.concatenate(value), (np.concatenate(row), np.concatenate(column))), shape=shape
    )
    losses = cp.reshape(every @ x, (len(groups), points), order="C")
    if all(g.count == 1 for g in groups):
        return cp.max(losses, axis=1)
    return cp.hstack([cp.sum_largest(losses[k], g.count) / g.count for k, g in enumerate(groups)])


def _reckoned(group: _Group, x: Floats, exact: bool) -> Floats:
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
    for group in _groups(scenario, own):
        found[group.own] = _reckoned(group, x[group.own], exact)
    return found[own]


def parts(trades: Trades, scenario: Scenario, own: Ints) -> Floats:
    """What each entry of one account takes of the formula, base currency."""
    return _parts(trades, scenario, own, exact=True)


def overstated(trades: Trades, scenario: Scenario, own: Ints) -> float:
    """What the program's bound lies above the formula by, base currency, >= 0."""
    bound, formula = (_parts(trades, scenario, own, exact).sum() for exact in (False, True))
    return float(bound - formula)


def sensitivity(scenario: Scenario, own: Ints) -> Floats:
    """Each unit's own worst point, either way, with the charges it may cause."""
    found = np.zeros(len(scenario.entries.account))
    for g in _groups(scenario, own):
        worst = np.abs(g.loss).max(axis=1, initial=0.0)
        found[g.own] = worst + g.charge * np.abs(g.delta) + g.short_option + g.add_on
    return found[own]
