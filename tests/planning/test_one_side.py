"""Orders that are closed stay closed, and deciding again comes to an end."""

import numpy as np
import pytest

from benchmarks.generate import generate
from neutralizer.domain.orders import without_orders
from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible
from neutralizer.load.scenario import load
from neutralizer.planning import one_side
from neutralizer.planning.lots.search import Tries
from neutralizer.planning.lots.standard import Standard
from neutralizer.planning.lots.whole import Rounded, whole_lots
from neutralizer.planning.one_side import Answer, both_sides, one_sided
from neutralizer.program.solve import Solution, solve


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A small firm of one owner whose orders stand on both sides again and again."""
    folder = tmp_path_factory.mktemp("firm") / "case"
    generate(folder, 40, 6, 4, 150, 8, 6)
    return load(folder).scenario


def in_lots(scenario: Scenario, solution: Solution) -> Rounded:
    return whole_lots(solution, scenario, Standard.of(scenario), Tries())


def test_a_closed_order_is_not_given_by_rounding(firm: Scenario) -> None:
    """Not by the solver's last digits, not by an integer, not by a repair."""
    size = np.abs(solve(firm).trades.order) * firm.order_notional
    closed = size < np.quantile(size, 0.75)
    held = without_orders(firm, closed)
    solution = solve(held)
    assert not solution.trades.order[closed].any()
    order = in_lots(held, solution).trades.order
    assert order.any()
    assert not order[closed].any()


def test_deciding_again_ends(firm: Scenario) -> None:
    said: list[str] = []
    solution = solve(firm)
    first = Answer(firm, solution, in_lots(firm, solution))
    assert both_sides(first)
    last = one_sided(firm, first, in_lots, said.append)
    assert both_sides(last) == []
    assert 0 < len(said) <= one_side.ROUNDS


def test_a_loop_that_does_not_end_is_refused(
    firm: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers with both sides each time is stopped after ROUNDS, with the names."""
    monkeypatch.setattr(one_side, "ROUNDS", 2)
    monkeypatch.setattr(one_side, "ONE_BY_ONE", 1)
    monkeypatch.setattr(one_side, "answered", lambda held: (held, solution))
    solution = solve(firm)
    first = in_lots(firm, solution)
    with pytest.raises(Infeasible, match=r"in 2 tries .* still on both sides: BD in ") as refused:
        one_sided(firm, Answer(firm, solution, first), lambda s, a: first, lambda text: None)
    assert refused.value.reason == "both_sides"


def test_a_large_firm_closes_all_of_them_at_once(
    firm: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One solve a round there, not two for each tradable: every owner's smaller side is held at nothing."""
    asked: list[Scenario] = []

    def counted(held: Scenario) -> tuple[Scenario, Solution]:
        asked.append(held)
        return held, solve(held)

    monkeypatch.setattr(one_side, "LARGE", 0)
    monkeypatch.setattr(one_side, "answered", counted)
    said: list[str] = []
    solution = solve(firm)
    first = Answer(firm, solution, in_lots(firm, solution))
    both = both_sides(first)
    assert len(both) > 1
    last = one_sided(firm, first, in_lots, said.append)
    assert both_sides(last) == []
    assert len(asked) == len(said)
    told = [w for w in asked[0].warnings if w.endswith("the smaller side")]
    assert len(told) == len(both)
