"""What a sweep may change, and what is said of a grid that does not fit."""

from pathlib import Path

import numpy as np
import pytest

import neutralizer as nz
from neutralizer.domain.asked import Asked
from neutralizer.domain.cases import PLUS, TIMES, TO, Axis, Change, cases_of
from neutralizer.errors import InputsRefused
from neutralizer.load.grid import read_grid
from tests.conftest import SCENARIOS

TWO, DESKS = SCENARIOS / "two-desks", SCENARIOS / "equity-desks"


def grid(text: str, folder: Path = DESKS) -> tuple[Axis, ...]:
    return read_grid("grid.yaml", text.encode(), nz.read(folder).loaded)


def test_axes_in_order_and_every_combination() -> None:
    axes = grid(
        "limits.ARB-volatility.upper: {times: [0.8, 1]}\n"
        "costs.impact_coefficient: [0.3, 0.5, 0.8]\n"
        "costs.booking_fee_bps: {plus: [0.1]}\n"
    )
    assert [(a.name, a.values) for a in axes] == [
        ("limits.ARB-volatility.upper times", ("0.8", "1")),
        ("costs.impact_coefficient", ("0.3", "0.5", "0.8")),
        ("costs.booking_fee_bps plus", ("0.1",)),
    ]
    cases = cases_of(axes)
    assert cases[0].changes == ()
    assert [tuple(c.value for c in case.changes) for case in cases[1:4]] == [
        ("0.8", "0.3", "0.1"),
        ("0.8", "0.5", "0.1"),
        ("0.8", "0.8", "0.1"),
    ]
    assert len(cases) == 7


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (
            Change("limits.ARB-volatility.upper", TIMES, "0.5"),
            lambda s: s.with_limit("ARB-volatility", upper=86_000),
        ),
        (
            Change("limits.ARB-volatility.upper", TO, "90000"),
            lambda s: s.with_limit("ARB-volatility", upper=90_000),
        ),
        (
            Change("limits.ARB-volatility.priority", TO, "2"),
            lambda s: s.with_limit("ARB-volatility", priority=2),
        ),
        (
            Change("costs.booking_fee_bps", PLUS, "0.2"),
            lambda s: s.with_settings(costs={"booking_fee_bps": "0.3"}),
        ),
        (
            Change("costs.impact_coefficient", TO, "1"),
            lambda s: s.with_settings(costs={"impact_coefficient": 1}),
        ),
    ],
)
def test_a_change_is_what_the_same_edit_is(change: Change, same: object) -> None:
    base = nz.read(DESKS)
    there, here = same(base).loaded, base.changed([change]).loaded  # type: ignore[operator]
    assert here.run_id(Asked()) == there.run_id(Asked()) != base.loaded.run_id(Asked())


def test_every_row_and_part_of_a_key() -> None:
    base = nz.read(DESKS)
    spread = [float(x) for x in base.loaded.inputs["instruments"]["half_spread_bps"]]
    twice = base.changed([Change("instruments.*.half_spread_bps", TIMES, "2")])
    assert list(twice.loaded.inputs["instruments"]["half_spread_bps"]) == [2 * x for x in spread]
    none = base.changed([Change("positions.ARB/*.quantity", TIMES, "0")])
    held = none.loaded.scenario
    own = held.holdings.book == held.books.ids.index("ARB")
    assert not held.holdings.before[own].any()
    assert held.holdings.before[~own].any()


def test_exactly_the_decimal() -> None:
    found = nz.read(DESKS).changed([Change("limits.ARB-volatility.upper", TIMES, "1.1")])
    limit = next(x for x in found.loaded.scenario.limits if x.limit_id == "ARB-volatility")
    assert limit.upper == 189_200.0


def test_walls_merged_join_books_of_one_owner(tmp_path: Path) -> None:
    """Two desks without a crossing group cross nothing; merged they cost what they cost in one."""
    text = (TWO / "scenario.yaml").read_text()
    group = "  crossing_groups:\n    - {group_id: house, books: [ARB, MM]}\n"
    assert group in text
    (tmp_path / "scenario.yaml").write_text(text.replace(group, ""))
    apart = nz.read(tmp_path)
    kept, merged = (apart.changed([Change("walls", TO, x)]) for x in ("kept", "merged"))
    costs = [
        nz.solve(s, baseline=False, report=False).summary.objective
        for s in (apart, kept, merged, nz.read(TWO))
    ]
    assert costs[0] == costs[1] > costs[2] == costs[3]


def test_merged_walls_leave_owners_and_barred_pairs_apart() -> None:
    """The affiliate's fund joins nobody."""
    base = nz.read(DESKS)
    merged = base.changed([Change("walls", TO, "merged")]).loaded.scenario
    assert merged.books.group == base.loaded.scenario.books.group


def test_a_carrier_left_out_is_not_ordered() -> None:
    base = nz.read(TWO)
    ordered = set(nz.solve(base, baseline=False, report=False).hedges["instrument_id"])
    assert ordered
    left = base.changed([Change("without", TO, next(iter(ordered)))])
    found = nz.solve(left, baseline=False, report=False)
    assert set(found.hedges["instrument_id"])
    assert not ordered & set(found.hedges["instrument_id"])
    none = base.changed([Change("without", TO, "none")])
    assert none.loaded.run_id(Asked()) == base.changed([]).loaded.run_id(Asked())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty or not a mapping"),
        ("- a\n", "the file is empty or not a mapping"),
        ("a: 3\n", "no values"),
        ("costs.booking_fee_bps: {times: 3}\n", "no values"),
        ("costs.booking_fee_bps: {by: [3]}\n", "no values"),
        ("walls: {times: [3]}\n", "no values"),
        ("costs.booking_fee_bps: [1, 2, 1]\n", "a value twice"),
        ("costs.boking_fee_bps: [1]\n", "did you mean booking_fee_bps?"),
        ("tables.limits: [1]\n", "no such setting"),
        ("costs: [1]\n", "several settings"),
        ("costs.impact: {times: [2]}\n", "not a number in the scenario"),
        ("limits.ARB-volatility: [1]\n", "not a cell; write limits.LIMIT_ID.COLUMN"),
        ("limits.ARB-volatility.uper: [1]\n", "did you mean upper?"),
        ("limits.ARB-volatilty.upper: [1]\n", "did you mean ARB-volatility?"),
        ("limits.ARB-volatility.limit_id: [1]\n", "the key of a row"),
        ("limits.ARB-volatility.lower: {times: [2]}\n", "blank in the scenario"),
        ("limits.ARB-volatility.upper: {times: [x]}\n", "x is not a number"),
        ("positions.ARB.quantity: [1]\n", "no such row of positions; name its book_id/instrument_id"),
        ("walls: [gone]\n", "not a word for walls; write kept or merged"),
        ("without: [SPYY]\n", "selects no instrument"),
        ("a: &x [1]\n", "grid.yaml:1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InputsRefused) as refused:
        grid(text)
    told = "\n".join(map(str, refused.value.issues))
    assert said in told
    assert "grid.yaml" in told


def test_the_line_of_a_mistake() -> None:
    with pytest.raises(InputsRefused) as refused:
        grid("# a comment\nwalls: [kept]\nlimits.none.upper: [1]\n")
    (issue,) = refused.value.issues
    assert (issue.line, issue.column) == (3, "limits.none.upper")


def test_changes_compose_whatever_their_order() -> None:
    """Volatility and correlation of one covariance; an assumption of a setting that is changed too."""
    base = nz.read(SCENARIOS / "multi-asset")
    wider, closer = (
        Change("assume.volatility", TO, "1.1"),
        Change("assume.correlation_to_zero", TO, "0.5"),
    )
    ((name, was),) = base.loaded.inputs.squares.items()
    expected = 1.21 * (0.5 * was.matrix + 0.5 * np.diag(np.diag(was.matrix)))
    for changes in ((wider, closer), (closer, wider)):
        found = base.changed(changes).loaded.inputs.squares[name].matrix
        assert found == pytest.approx(expected, rel=1e-12)
    dearer, less = Change("costs.impact_coefficient", TO, "2"), Change("assume.impact", TO, "0.5")
    for changes in ((dearer, less), (less, dearer)):
        assert base.changed(changes).loaded.inputs.settings.costs.impact_coefficient == 1.0


def test_what_does_not_fit_together_is_refused_and_no_fault() -> None:
    blank, twice = (
        Change("limits.ARB-volatility.upper", TO, ""),
        Change("limits.ARB-volatility.upper", TIMES, "2"),
    )
    with pytest.raises(InputsRefused) as refused:
        nz.read(DESKS).changed([blank, twice])
    assert "blank in the scenario" in str(refused.value.issues[0])


def test_too_many_cases() -> None:
    values = ", ".join(map(str, range(400)))
    with pytest.raises(InputsRefused, match="1 error"):
        grid(f"costs.booking_fee_bps: [{values}]\ncosts.impact_coefficient: [{values}]\n")
