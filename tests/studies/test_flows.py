"""What happened besides the plan, met by a path that holds something else."""

from decimal import Decimal

import pytest

from neutralizer.studies.backtest.flows import Action, Begun, acted, begun, known

KEY = ("A", "S")


def one(own: str, planned: str, recorded: str) -> Begun:
    return begun(*({KEY: Decimal(x)} if x != "0" else {} for x in (own, planned, recorded)))


@pytest.mark.parametrize(
    ("own", "planned", "recorded", "after", "scaled", "closed"),
    [
        ("100", "100", "130", "130", 0, 0),  # the recorded path
        ("80", "100", "130", "110", 0, 0),  # 30 came
        ("0", "100", "130", "30", 0, 0),
        ("80", "100", "0", "0", 0, 0),  # sold out: 80 − 100 would be short
        ("120", "100", "0", "0", 0, 1),  # and here 20 would be left
        ("0", "100", "0", "0", 0, 1),
        ("20", "100", "50", "10", 1, 0),  # half was sold: 20 − 50 would turn
        ("-20", "-100", "-50", "-10", 1, 0),
        ("25", "100", "50", "12", 1, 0),  # in whole units
        ("2.5", "100", "50", "1.25", 1, 0),  # unless it was in none
        ("60", "100", "-50", "-90", 0, 0),  # that was turned by who sold 150
        ("-40", "0", "30", "-10", 0, 0),
        ("-10", "0", "30", "20", 0, 0),  # 30 came from nothing
    ],
)
def test_one_position(
    own: str, planned: str, recorded: str, after: str, scaled: int, closed: int
) -> None:
    found = one(own, planned, recorded)
    assert found.positions.get(KEY, Decimal(0)) == Decimal(after)
    expected = closed if (own, recorded) != ("80", "0") else 1
    assert (found.scaled, found.closed) == (scaled, expected)


def test_splits_and_new_symbols() -> None:
    held = {("A", "S"): Decimal(10), ("A", "T"): Decimal(3), ("B", "S"): Decimal(-4)}
    actions = [
        Action("2024-03-04", "S", Decimal(2), "S"),
        Action("2024-03-04", "S", Decimal(1), "T"),
    ]
    assert acted(held, actions) == {("A", "T"): Decimal(23), ("B", "T"): Decimal(-8)}
    assert acted(held, []) == held
    assert known(held, {"T"}) == ({("A", "T"): Decimal(3)}, 2)
