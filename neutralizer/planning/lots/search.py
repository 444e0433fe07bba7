"""One search for whole lots: the rounding program with room in its limits, drawn in where the whole
numbers break one, let out where there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import without_cash
from neutralizer.planning.cash import cents, funded
from neutralizer.planning.lots.checked import Found, checked
from neutralizer.planning.lots.fine import round_fine
from neutralizer.planning.lots.grain import pool_rooms, rooms
from neutralizer.planning.lots.milp import Rounding, Slack, Wanted, attempt
from neutralizer.planning.lots.standard import Standard, excess
from neutralizer.planning.lots.tangents import CONE_ROOM
from neutralizer.program.build import pool_scales
from neutralizer.terms import limits, margin
from neutralizer.terms.rows import POOLS, Side

MOST_TRIES = 10  # rounding programs before a refusal
DIGIT = 1e-4  # of the least step: what doubles may miss an exact sum of whole lots by
TOUCH = 1e-9  # of a limit's scale: room against the rounding solver's own tolerance
# factors on the windows of integers, and of what is rounded after, of each attempt
NEAR = ((1.0, 1.0), (1.0, 1.0), (1.0, 1.0))
WIDER = ((10.0, np.inf), (10.0, np.inf))
ANYWHERE = ((np.inf, np.inf), (np.inf, np.inf))
Gives = Mapping[int, Slack]  # row -> what it may give


@dataclass
class Tries:
    """How many more rounding programs may be tried before a refusal."""

    left: int = MOST_TRIES

    def one(self) -> bool:
        """Takes one, where one is left."""
        self.left -= 1
        return self.left >= 0


def search(
    rounding: Rounding,
    standard: Standard,
    windows: tuple[tuple[float, float], ...],
    tries: Tries,
    gives: Gives | None = None,
) -> Found | None:
    """The first whole numbers that hold the standard; None where no attempt led to any."""
    scenario, grain = rounding.scenario, rounding.grain
    scale = limits.scales(scenario)
    room, pool_room = _first_rooms(rounding)
    for window, fine in windows:
        if not tries.one():
            return None
        b, loose = _right_hand_sides(rounding, standard, room, pool_room)
        drawn = bool(room.any() or pool_room.any())
        whole = attempt(rounding, Wanted(b, loose, window, fine, drawn, gives or {}))
        if whole is None:
            if rounding.proven:
                return None
            room, pool_room = room / 10, pool_room / 10
            continue
        rounded = round_fine(scenario, grain, whole)
        if rounded is None:
            continue
        found = checked(rounded, scenario, standard, grain)
        if found is not None:
            return found
        trades = without_cash(scenario, rounded.change, rounded.order)
        beyond = excess(scenario, trades, standard)
        paid = funded(scenario, trades, standard.pool_slack)
        room = np.where(beyond > 0, np.maximum(2 * room, room + 2 * beyond + TOUCH * scale), room)
        if paid is None:
            pool_room = pool_room + TOUCH * pool_scales(scenario) + cents(scenario)
        pool_room = 3 * pool_room
    return None


def _first_rooms(rounding: Rounding) -> tuple[Floats, Floats]:
    """What limits and pools set aside for what is rounded afterwards, and for their cones."""
    scenario, grain = rounding.scenario, rounding.grain
    room, pool_room = rooms(scenario, grain), pool_rooms(scenario, grain)
    if not grain.coarse_holding.all():
        room = room + CONE_ROOM * limits.scales(scenario) * _curved(scenario)
        pools_of_cones = scenario.accounts.pool[_margin_by_cone(scenario)]
        curved_pool = np.isin(np.arange(len(pool_room)), pools_of_cones)
        pool_room = pool_room + CONE_ROOM * pool_scales(scenario) * curved_pool
    return room, pool_room


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


def _right_hand_sides(
    rounding: Rounding, standard: Standard, room: Floats, pool_room: Floats
) -> tuple[Floats, dict[int, float]]:
    """The program's b with the solver's room given back, on later days too, the rooms drawn in, half steps let out."""
    solution, scenario = rounding.solution, rounding.scenario
    b, scale = solution.canonical.b.copy(), limits.scales(scenario)
    lower, upper = limits.bounds(scenario)
    half = standard.widened
    missed = np.maximum(half, DIGIT * limits.least_steps(scenario)) / scale
    loose: dict[int, float] = {}
    for row, which in solution.program.limit_rows.items():
        rows = solution.canonical.rows[row]
        if row.side is Side.EXACT:
            loose |= {int(r): float(v) for r, v in zip(rows, missed[which], strict=True) if v}
            continue
        band = np.where(np.isfinite(upper - lower), upper - lower, np.inf)[which] + 2 * half[which]
        drawn = np.minimum(room[which], band / 4)
        b[rows] += solution.program.room[row] + (half[which] - drawn) / scale[which]
    for row in solution.program.later_rows:
        b[solution.canonical.rows[row]] += solution.program.room[row]
    if POOLS in solution.canonical.rows:
        b[solution.canonical.rows[POOLS]] -= pool_room / pool_scales(scenario)
    return b, loose
