"""Whole lots: a mixed-integer program near the continuous answer, then an exact re-check.

Every limit is re-evaluated on the whole numbers with no tolerance; where one is broken its room grows
and the program is solved again, then the window widens. Where nothing is found the run says so.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.summary import NOTHING_MOVED
from neutralizer.domain.trades import Trades, nothing, without_cash
from neutralizer.errors import Infeasible
from neutralizer.planning.cash import funded
from neutralizer.planning.lots.fine import round_fine
from neutralizer.planning.lots.grain import Grain, all_coarse, all_fine, grain_of, pool_rooms, rooms
from neutralizer.planning.lots.integers import Whole
from neutralizer.planning.lots.milp import Rounding, attempt, start
from neutralizer.planning.lots.minimum_sizes import small_lines
from neutralizer.planning.lots.repair import Beyond, repair
from neutralizer.planning.lots.standard import Standard, excess
from neutralizer.planning.lots.tangents import CONE_ROOM
from neutralizer.program.build import pool_scales
from neutralizer.program.certificate import cost_of
from neutralizer.program.solve import Solution
from neutralizer.terms import limits, margin
from neutralizer.terms.rows import POOLS, Side

WINDOWS = (1.0, 1.0, 1.0, 1.0, 1.0, 10.0, 10.0)  # factors on the window; fine ones rounded after
LAST_WINDOWS = (10.0, np.inf, np.inf)  # every holding an integer
MOST_INTEGERS = 600  # beyond it the last windows would only burn time
NEAREST_PREMIUM = 5e-4  # of the cost: what plain rounding may cost
TOUCH = 1e-9  # of a limit's scale: room against the rounding solver's own tolerance


@dataclass(frozen=True)
class Rounded:
    """Whole-lot trades, with what finding them took."""

    whole: Whole
    trades: Trades
    report: dict[str, Any]


def nothing_moved(scenario: Scenario) -> Rounded:
    """No trades at all, which leave no limit and no pool worse than before."""
    change, order = np.zeros(len(scenario.holdings.book)), np.zeros(len(scenario.orders.tradable))
    whole = Whole(change, order, change, order, change)
    report = {"name": NOTHING_MOVED, "seconds": 0.0, "nodes": 0, "small_lines": 0}
    return Rounded(whole, nothing(scenario), report)


def whole_lots(solution: Solution, scenario: Scenario, standard: Standard) -> Rounded:
    """The cheapest whole-lot trades found. Raises Infeasible with reason `no_lots`."""
    grain = grain_of(scenario)
    rounding = start(solution, grain, scenario)
    found = _nearest(rounding, scenario, standard)
    found = found or _search(rounding, scenario, standard, WINDOWS)
    if found is None and len(scenario.holdings.book) <= MOST_INTEGERS:
        rounding.grain = all_coarse(grain)
        found = _search(rounding, scenario, standard, LAST_WINDOWS)
    if found is None:
        proven = "there is none" if rounding.proven else "none was found, which is no proof"
        raise Infeasible(
            "no_lots",
            f"the limits can be kept, but not in whole lots: {proven}; "
            "widen the narrowest band, or allow smaller lots",
        )
    whole, trades = found
    report = {
        "name": "highs" if rounding.seconds else "nearest",
        "seconds": rounding.seconds,
        "nodes": rounding.nodes,
        "small_lines": int(sum(np.count_nonzero(z) for z in small_lines(scenario, trades))),
    }
    return Rounded(whole, trades, report)


def _nearest(
    rounding: Rounding, scenario: Scenario, standard: Standard
) -> tuple[Whole, Trades] | None:
    """The continuous answer with every row rounded to the nearest whole lots: enough where it is whole
    already, or where lots are so fine that no limit and no cost notices.
    """
    best, grain = rounding.solution, rounding.grain
    if grain.remainder.any():
        return None
    everything_fine = all_fine(grain)
    nothing_yet = np.zeros_like(best.trades.change)
    whole = Whole(
        best.trades.change,
        best.trades.order,
        nothing_yet,
        np.zeros_like(best.trades.order),
        nothing_yet,
    )
    found = _checked(round_fine(scenario, everything_fine, whole), scenario, standard, grain)
    if found is None:
        return None
    dearer = sum(cost_of(found[1], scenario)) - sum(cost_of(best.trades, scenario))
    return found if dearer <= NEAREST_PREMIUM * best.certificate.basis else None


def _checked(
    rounded: Whole | None, scenario: Scenario, standard: Standard, grain: Grain
) -> tuple[Whole, Trades] | None:
    """Whole lots with their cash, where every limit, cap and pool holds exactly, after small repairs."""
    if rounded is None:
        return None
    repaired = repair(scenario, grain, rounded, _beyond(scenario, standard))
    trades = without_cash(scenario, repaired.change, repaired.order)
    paid = funded(scenario, trades, standard.pool_slack)
    if paid is None or excess(scenario, trades, standard).any():
        return None
    return (repaired, paid) if _may_be_ordered(scenario, trades) else None


def _beyond(scenario: Scenario, standard: Standard) -> Beyond:
    return lambda whole: excess(
        scenario, without_cash(scenario, whole.change, whole.order), standard
    )


def _curved(scenario: Scenario) -> Floats:
    """(limits,) 1 where a limit is a cone, which the rounding program knows by tangents only."""
    by_cone = _margin_by_cone(scenario)
    return np.array(
        [
            limits.REGISTRY[x.measure].CURVED or by_cone[list(x.accounts)].any()
            for x in scenario.limits
        ],
        dtype=float,
    )


def _margin_by_cone(scenario: Scenario) -> Bools:
    """(A,) whether the margin of an account is a cone."""
    models = scenario.accounts.model
    return np.array([margin.REGISTRY[name].CURVED for name in models], dtype=bool)


def _search(
    rounding: Rounding,
    scenario: Scenario,
    standard: Standard,
    windows: tuple[float, ...],
) -> tuple[Whole, Trades] | None:
    grain, scale = rounding.grain, limits.scales(scenario)
    room, pool_room = rooms(scenario, grain), pool_rooms(scenario, grain)
    if not grain.coarse_holding.all():
        room = room + CONE_ROOM * scale * _curved(scenario)
        pools_of_cones = scenario.accounts.pool[_margin_by_cone(scenario)]
        curved_pool = np.isin(np.arange(len(pool_room)), pools_of_cones)
        pool_room = pool_room + CONE_ROOM * pool_scales(scenario) * curved_pool
    for window in windows:
        b, loose = _right_hand_sides(rounding, scenario, standard, room, pool_room)
        whole = attempt(rounding, b, loose, window)
        if whole is None:
            rounding.proven &= not (room.any() or pool_room.any())
            room, pool_room = room / 10, pool_room / 10
            continue
        rounded = round_fine(scenario, grain, whole)
        if rounded is None:
            continue
        found = _checked(rounded, scenario, standard, grain)
        if found is not None:
            return found
        trades = without_cash(scenario, rounded.change, rounded.order)
        beyond = excess(scenario, trades, standard)
        paid = funded(scenario, trades, standard.pool_slack)
        room = np.where(beyond > 0, np.maximum(2 * room, room + 2 * beyond + TOUCH * scale), room)
        pool_room = 3 * pool_room + TOUCH * pool_scales(scenario) * (paid is None)
    return None


def _may_be_ordered(scenario: Scenario, trades: Trades) -> bool:
    """Whether no closed order is given and no tradable is traded beyond its cap."""
    tradable = scenario.orders.tradable
    if trades.order[scenario.orders.closed].any():
        return False
    traded = np.bincount(
        tradable, weights=np.abs(trades.order), minlength=len(scenario.tradables.ids)
    )
    return bool((traded[tradable] <= scenario.tradables.cap[tradable]).all())


def _right_hand_sides(
    rounding: Rounding, scenario: Scenario, standard: Standard, room: Floats, pool_room: Floats
) -> tuple[Floats, dict[int, float]]:
    """The program's b with the solver's room given back, the rooms drawn in, half steps let out."""
    solution = rounding.solution
    b, scale = solution.canonical.b.copy(), limits.scales(scenario)
    lower, upper = limits.bounds(scenario)
    half = standard.widened
    loose: dict[int, float] = {}
    for row, which in solution.program.limit_rows.items():
        rows = solution.canonical.rows[row]
        if row.side is Side.EXACT:
            loose |= {
                int(r): float(v) for r, v in zip(rows, (half / scale)[which], strict=True) if v
            }
            continue
        band = np.where(np.isfinite(upper - lower), upper - lower, np.inf)[which] + 2 * half[which]
        drawn = np.minimum(room[which], band / 4)
        b[rows] += solution.program.room[row] + (half[which] - drawn) / scale[which]
    if POOLS in solution.canonical.rows:
        b[solution.canonical.rows[POOLS]] -= pool_room / pool_scales(scenario)
    return b, loose
