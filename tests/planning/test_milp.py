"""The rounding program of two desks: its rows, what it answers, and when none is a proof.

ARB gives MM's 60,000 ETF their buyer, and MM sells ten futures of 200,000 to come within 2 million.
"""

import importlib
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import neutralizer as nz
from neutralizer.domain.arrays import Floats
from neutralizer.domain.orders import without_orders
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.planning.lots import milp
from neutralizer.planning.lots.grain import all_coarse, grain_of
from neutralizer.planning.lots.integers import Integers, Whole
from neutralizer.planning.lots.milp import Rounding, Slack, Wanted, _rows, attempt, start
from neutralizer.program.solve import Solution
from neutralizer.program.solvers.process import in_child
from neutralizer.terms import limits
from neutralizer.terms.rows import Owner, Row, Side
from tests.conftest import SCENARIOS
from tests.tools.small import FRACTIONS, solved

ARB_AT_50 = (("MARKET, lower: -1000000, upper: 1000000", "MARKET, lower: 50, upper: 50"),)
DEAR = (
    ("half_spread_bps: 2,", "half_spread_bps: 2, adv: 1000000, volatility: 0.01,"),
    ("half_spread_bps: 0.5,", "half_spread_bps: 0.5, adv: 1000, volatility: 0.01,"),
)

UPPER, EXACT = (
    Row(Owner.LIMIT, side, measure="factor_exposure") for side in (Side.UPPER, Side.EXACT)
)


def rounding(
    changes: tuple[tuple[str, str], ...] = (), coarse: bool = True
) -> tuple[Rounding, Floats]:
    """A rounding, with every holding an integer, and right-hand sides with the solver's room given
    back.
    """
    s, solution = solved(*changes)
    grain = all_coarse(grain_of(s)) if coarse else grain_of(s)
    return start(solution, grain, s), bounds(solution)


def bounds(solution: Solution, lower_by: float = 0.0) -> Floats:
    b = solution.canonical.b.copy()
    for name, room in solution.program.room.items():
        b[solution.canonical.rows[name]] += room
    b[solution.canonical.rows[UPPER]] -= lower_by
    return b


def closes(s: Scenario, whole: Whole) -> bool:
    """Whether every row's changes are what its orders fill, and all are whole, exactly."""
    rows, orders = s.orders.change_rows @ whole.change, s.orders.order_rows @ whole.order
    step = s.instruments.step[s.holdings.instrument]
    return bool(
        np.allclose(rows, orders, rtol=0, atol=1e-9)
        and (whole.change == whole.steps * step + whole.remainder).all()
        and (whole.order == whole.lots * s.tradables.lot[s.orders.tradable]).all()
    )


def test_the_cheapest_whole_lots_within_the_window() -> None:
    """Ten futures are 2,000,000 to the dollar: enough. With the room kept that the solver had, two
    tenths of a dollar are missing: an ETF more is sold, for two cents, and not a future for twelve
    dollars. The search may stop within 5e-4 of the cost of 260: 13 cents above one ETF, which are
    six more.
    """
    found, b = rounding()
    whole = attempt(found, Wanted(b, {}, 1.0))
    assert whole is not None
    assert whole.change.tolist() == [60000, -60000, -10]
    assert whole.lots.tolist() == [0, -10]
    whole = attempt(found, Wanted(found.solution.canonical.b, {}, 1.0))
    assert whole is not None
    assert -7 <= whole.lots[0] <= -1
    assert whole.lots[1] == -10
    assert closes(found.scenario, whole)
    assert found.seconds > 0


def test_fine_holdings_stay_continuous() -> None:
    """The two tenths of a dollar are two thousandths of an ETF, which is not rounded here."""
    found, _ = rounding(coarse=False)
    whole = attempt(found, Wanted(found.solution.canonical.b, {}, 1.0))
    assert whole is not None
    assert whole.lots.tolist() == [0, -10]
    assert whole.order == pytest.approx([-0.002, -10], abs=1e-6)


def test_a_closed_order_is_not_given() -> None:
    """Without futures MM has to sell 20,000 ETF, of which the answer orders none: beyond the window
    there is nothing, and without a window exactly those.
    """
    s, solution = solved()
    held = without_orders(s, np.array([False, True]))
    found = start(solution, all_coarse(grain_of(s)), held)
    assert attempt(found, Wanted(bounds(solution), {}, 1.0)) is None
    whole = attempt(found, Wanted(bounds(solution), {}, np.inf))
    assert whole is not None
    assert whole.lots.tolist() == [-20000, 0]
    assert closes(s, whole)


def test_a_fraction_moves_whole_or_stays() -> None:
    """ARB is short 60,000.4 and MM long 100,000.3: each gives its own fraction or none, never a
    part.
    """
    found, b = rounding(FRACTIONS)
    whole = attempt(found, Wanted(b, {}, 1.0))
    assert whole is not None
    moved = round(float(whole.remainder[0]), 9)
    assert moved in (0.0, 0.4, 0.3, 0.7)
    assert whole.remainder == pytest.approx([moved, -moved, 0], abs=1e-12)
    assert closes(found.scenario, whole)


def test_none_is_a_proof_only_where_everything_was_looked_at() -> None:
    """A limit drawn in beyond what is possible. Only where all are integers and there is no window
    is it proven that there is none.
    """
    _, solution = solved()
    impossible = bounds(solution, lower_by=1e3)
    for coarse, window, proof in ((True, 1.0, False), (False, np.inf, False), (True, np.inf, True)):
        found, _ = rounding(coarse=coarse)
        assert attempt(found, Wanted(impossible, {}, window)) is None
        assert found.proven is proof


def test_an_equality_may_miss_by_what_it_is_let_and_no_more() -> None:
    """ARB is to be long 50 dollars, and an ETF is 100: no whole number does, unless it may miss by
    50.
    """
    found, b = rounding(ARB_AT_50)
    canonical, s = found.solution.canonical, found.scenario
    (row,) = canonical.rows[EXACT].tolist()
    (k,) = found.solution.program.limit_rows[EXACT].tolist()
    half = 50 / limits.scales(s)[k]
    assert attempt(found, Wanted(b, {}, 1.0)) is None
    assert attempt(found, Wanted(b, {row: 0.99 * half}, 1.0)) is None
    whole = attempt(found, Wanted(b, {row: 1.001 * half}, 1.0))
    assert whole is not None
    assert s.holdings.before[0] + whole.change[0] in (0, 1)


def test_costs_that_curve_are_followed_by_tangents() -> None:
    """Impact makes cones of both orders. The answer's own tangents and those of the tips are
    there from the start, and every attempt leaves those that it needed, none of which cuts off the answer.
    """
    found, b = rounding(DEAR)
    cones = [c for c in found.solution.canonical.cones if c.kind == "power"]
    assert (len(cones), len(found.tangents.rows)) == (2, 4)
    whole = attempt(found, Wanted(b, {}, 1.0))
    assert whole is not None
    assert closes(found.scenario, whole)
    for row, end in zip(found.tangents.rows, found.tangents.bounds, strict=True):
        assert float((row @ found.solution.x)[0]) <= end + 1e-6


def test_rows_are_the_programs_then_tangents_then_ties() -> None:
    """Each row over its largest coefficient, from the base on: equalities both ways, and loose where
    they are let; inequalities one way; a tangent at most its bound; ties to nothing, switches to at
    most one.
    """
    s, solution = solved(*FRACTIONS)
    found, b = rounding(FRACTIONS)
    found.tangents.rows.append(solution.canonical.a[[0]].tocsr())
    found.tangents.bounds.append(7.0)
    integers = Integers(solution, found.grain, s, 1.0)
    matrix, low, high, exact = _rows(found, integers, Wanted(b, {0: 0.5}, 1.0))
    equal = np.concatenate(
        [np.full(c.stop - c.start, c.kind == "zero") for c in solution.canonical.cones]
    )
    count = len(b)
    assert matrix.shape == (count + 1 + 7, len(solution.x) + 2 + 3 + 2)
    own = matrix.tocsr()[:count, : len(solution.x)].toarray()
    wanted = solution.canonical.a.toarray() * integers.unit
    size = np.abs(wanted).max(axis=1)
    assert own == pytest.approx(wanted / size[:, None])
    rest = (b - solution.canonical.a @ integers.base) / size
    slack = np.eye(1, count)[0] / 2 / size
    assert low[:count] == pytest.approx(np.where(equal, rest - slack, -np.inf))
    assert high[:count] == pytest.approx(rest + slack)
    assert low[count] == -np.inf
    assert high[count] * size[0] == pytest.approx(7 - solution.canonical.a[[0]] @ integers.base)
    assert low[count + 1 :].tolist() == [0] * 5 + [-np.inf] * 2
    assert high[count + 1 :].tolist() == [0] * 5 + [1] * 2
    assert exact


def test_what_gives_is_the_least_in_steps() -> None:
    """ARB is to be long 50 dollars, and an ETF is 100: half a step is given, one way or the other."""
    found, b = rounding(ARB_AT_50)
    (row,) = found.solution.canonical.rows[EXACT].tolist()
    (k,) = found.solution.program.limit_rows[EXACT].tolist()
    step = float(limits.steps(found.scenario)[k] / limits.scales(found.scenario)[k])
    whole = attempt(found, Wanted(b, {}, np.inf, gives={row: Slack(step, 1.0)}))
    assert whole is not None
    assert found.scenario.holdings.before[0] + whole.change[0] in (0, 1)
    assert not found.proven


def test_what_is_known_is_found_again_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no node to look at and no heuristic, the known whole numbers are the answer."""
    first, b = rounding()
    known = attempt(first, Wanted(b, {}, 1.0))
    assert known is not None
    handed: list[dict[str, Any]] = []
    monkeypatch.setattr(milp, "in_child", lambda task, *_: stopped(handed, task))
    found, b = rounding()
    found.known = known
    assert attempt(found, Wanted(b, {}, np.inf, np.inf)) is None
    assert attempt(found, Wanted(b, {}, 1.0)) is None
    assert [len(task["start"]) > 0 for task in handed] == [True, True, False, False]
    handed[0]["settings"] |= {"mip_max_nodes": 0, "mip_heuristic_effort": 0.0}
    answer = in_child(handed[0], 10.0, 2**33)
    of_integers = handed[0]["integer"]
    assert answer["x"] is not None
    assert np.rint(answer["x"])[of_integers].tolist() == handed[0]["start"][of_integers].tolist()


def stopped(handed: list[dict[str, Any]], task: dict[str, Any]) -> dict[str, Any]:
    """What a search tells that found nothing in its time; keeps the task."""
    handed.append(task)
    return {"x": None, "status": "Node limit", "seconds": 0.0, "nodes": 1, "bound": -np.inf}


def test_what_runs_in_circles_is_asked_again_with_the_solver_s_own_tolerance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once: what is searched after it sets out with that. A search has time by its size, not by the run's."""
    handed: list[dict[str, Any]] = []

    def circles(task: dict[str, Any], *rest: Any) -> dict[str, Any]:
        handed.append(deepcopy(task))
        if task["settings"]["mip_feasibility_tolerance"] < 1e-6:
            return stopped([], task) | {"status": "Time limit reached", "nodes": 0}
        return in_child(task, *rest)

    monkeypatch.setattr(milp, "in_child", circles)
    found, b = rounding()
    whole = attempt(found, Wanted(b, {}, 1.0))
    assert whole is not None
    assert closes(found.scenario, whole)
    assert attempt(found, Wanted(b, {}, 1.0)) is not None
    told = [task["settings"] for task in handed]
    assert [x["mip_feasibility_tolerance"] for x in told][:2] == [1e-9, 1e-6]
    assert {x["mip_feasibility_tolerance"] for x in told[2:]} == {1e-6}
    columns = len(handed[0]["c"])
    assert told[0]["time_limit"] == 5 + 0.05 * columns < found.scenario.time_limit / 6


def test_exact_bounds_on_many_shares_are_no_contradiction() -> None:
    """Targets of hundreds of thousands of single shares, which must be met to the share: HiGHS found none, for the last
    digits of a sum of doubles.
    """
    rng = np.random.default_rng(5)
    names = [f"S{k:02}" for k in range(50)]
    price = rng.uniform(2, 900, len(names)).round(2)
    books = ("A", "B", "C")
    held = {(b, n): int(rng.integers(10_000, 9_000_000)) for b in books for n in names}
    root: Any = {
        "name": "exact", "as_of": "2024-06-27T16:00:00-04:00", "base_currency": "USD",
        "books": [{"book_id": b, "entity": b} for b in books],
        "crossing_groups": [{"group_id": "family", "books": list(books), "cross_entity": "yes"}],
        "instruments": [
            {"instrument_id": n, "asset_class": "equity", "currency": "USD", "price": p, "half_spread_bps": 8, "adv": 3_000_000, "volatility": 0.03}
            for n, p in zip(names, price.tolist(), strict=True)
        ],
        "risk": {"units": "daily_fraction"},
        "positions": [{"book_id": b, "instrument_id": n, "quantity": q} for (b, n), q in held.items()],
        "targets": [
            {"book_id": b, "instrument_id": n, "trade": int(rng.integers(1, q // 3)) * int(rng.choice([-1, 1]))}
            for (b, n), q in held.items()
        ],
    }  # fmt: skip
    run = nz.solve(nz.scenario(**root), report=False, baseline=False)
    assert run.summary.wishes.met == len(held)
    assert run.summary.breaches.after == 0


def test_exact_bounds_are_held_to_the_step_of_what_crosses() -> None:
    """An order is 100,000 units, a transfer one: the search may not miss an exact bound by whole transfers."""
    root: Any = {
        "name": "wide", "as_of": "2024-06-27T16:00:00-04:00", "base_currency": "USD",
        "books": [{"book_id": b, "entity": "X"} for b in ("A", "B")],
        "crossing_groups": [{"group_id": "house", "books": ["A", "B"]}],
        "instruments": [{"instrument_id": "I", "asset_class": "equity", "currency": "USD", "price": 10, "half_spread_bps": 5, "lot_size": 100_000}],
        "positions": [{"book_id": "A", "instrument_id": "I", "quantity": 345_678}, {"book_id": "B", "instrument_id": "I", "quantity": 54_322}],
        "mandates": [{"book_id": "*", "selector": "*", "may": "trade"}],
        "limits": [{"limit_id": "exact", "measure": "position", "scope": "book:A", "target": "I", "lower": 212_345, "upper": 212_345}],
    }  # fmt: skip
    s = nz.scenario(**root)
    assert limits.least_steps(s.loaded.scenario).tolist() == [1.0]
    run = nz.solve(s, report=False, baseline=False)
    after = run.positions_after.set_index("book_id")["quantity_after"]
    assert (int(after["A"]), len(run.hedges)) == (212_345, 0)


def test_lots_that_exceed_nothing_are_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search before found none, and the nearest that was looked for keeps every limit: it is the plan."""
    module = importlib.import_module("neutralizer.planning.lots.in_lots")

    def none(*_: object) -> None:
        raise Infeasible("no_lots", "there is none")

    monkeypatch.setattr(module, "whole_lots", none)
    run = nz.solve(nz.read(SCENARIOS / "two-desks"), report=False, baseline=False)
    assert run.summary.breaches.after == 0
    assert run.summary.plan_cost == pytest.approx(260)
