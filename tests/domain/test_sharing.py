"""What a broker executed is shared fairly: no book gives a unit back, and the end is the proof's allocation."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from neutralizer.domain.came_back import Ack, Executions, Fill, Report, Trade, executed
from neutralizer.domain.sharing import Order, filled, orders, received, shares, strange

START = datetime(2024, 6, 28, 9, 30, tzinfo=UTC)
SEQUENCES = 2000


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def drawn(rng: np.random.Generator) -> tuple[Order, list[Trade]]:
    """An order of one to nine books, in whole units, in hundredths or in quarters, and fills that complete it."""
    scale = Decimal(("1", "0.01", "0.25")[int(rng.integers(3))])
    sign = int(rng.choice([-1, 1]))
    legs = {f"B{k}": sign * int(rng.integers(1, 400)) * scale for k in range(rng.integers(1, 10))}
    steps = abs(int(sum(legs.values()) / scale))
    cuts = sorted({0, steps, *rng.integers(1, steps + 1, int(rng.integers(1, 12))).tolist()})
    side = "BUY" if sign > 0 else str(rng.choice(["SELL", "SELL_SHORT"]))
    trades = [
        Trade(
            f"E{k}",
            "T",
            "",
            side,
            (b - a) * scale,
            Decimal(int(rng.integers(9000, 9100))) / 100,
            at(k),
        )
        for k, (a, b) in enumerate(pairwise(cuts))
    ]
    return Order("T", "X", side, steps * scale, {"X": legs}, {"X": scale}), trades


def states(order: Order, trades: list[Trade]) -> Iterator[dict[tuple[str, str], Decimal]]:
    for n in range(len(trades) + 1):
        yield shares(order, trades[:n], ended=False)


@pytest.mark.parametrize("seed", range(20))
def test_no_book_gives_a_unit_back_and_the_end_is_the_allocation(seed: int) -> None:
    for k in range(SEQUENCES // 20):
        order, trades = drawn(np.random.default_rng([seed, k]))
        legs = order.legs["X"]
        unit = order.step("X")
        path = list(states(order, trades))
        for n, (before, after) in enumerate(pairwise(path), 1):
            done = sum(t.quantity for t in trades[:n])
            assert all(abs(after[p]) >= abs(before[p]) for p in after), (seed, k)
            assert done - len(legs) * unit < abs(sum(after.values())) <= done
            assert all(q % unit == 0 for q in after.values())
            fair = {
                b: Fraction(q) * Fraction(done) / Fraction(order.quantity) for b, q in legs.items()
            }
            assert all(abs(Fraction(after[b, "X"]) - fair[b]) < unit for b in legs)
        assert path[-1] == {(b, "X"): q for b, q in legs.items()}


@pytest.mark.parametrize("seed", range(20))
def test_an_order_that_ends_early_is_shared_to_the_last_unit(seed: int) -> None:
    """Largest remainders, as the proof has it; no book then has less than while it filled."""
    for k in range(SEQUENCES // 20):
        order, trades = drawn(np.random.default_rng([7, seed, k]))
        kept = trades[: len(trades) // 2]
        fills, end = shares(order, kept, ended=False), shares(order, kept, ended=True)
        assert abs(sum(end.values())) == sum(t.quantity for t in kept)
        assert all(abs(end[p]) >= abs(fills[p]) for p in end)


def test_what_is_received_by_a_time() -> None:
    """Floors while it fills, all of it when the broker says that it is over; another ticket's fills too."""
    row = {"ticket_id": "T", "instrument_id": "X", "side": "SELL", "step": "1"}
    tables = {
        "hedges": [row | {"quantity": "10"}],
        "hedge_allocations": [
            row | {"book_id": "A", "quantity": "7"},
            row | {"book_id": "B", "quantity": "3"},
        ],
    }
    trades = tuple(
        Trade(f"E{k}", "T", "", "SELL", Decimal(q), Decimal(p), at(k))
        for k, (q, p) in enumerate([(4, 90), (1, 91), (-4, 90)])
    )
    fills = (Fill("", "A", "Y", Decimal(5), at(1)), Fill("T", "A", "X", Decimal(-7), at(1)))
    known = Executions((Ack("T", "CANCELLED", at(5)),), fills, trades)
    found = {m: received(tables, known, at(m)) for m in (-1, 0, 1, 2, 5)}
    assert found[-1] == {}
    assert found[0] == {("A", "X"): -2, ("B", "X"): -1}
    assert found[1] == {("A", "X"): -3, ("B", "X"): -1, ("A", "Y"): 5}
    assert found[2] == {("A", "X"): 0, ("B", "X"): 0, ("A", "Y"): 5}
    assert found[5] == {("A", "X"): -1, ("B", "X"): 0, ("A", "Y"): 5}
    assert received(tables, known) == found[5]
    (order,) = orders(tables)
    assert [str(m) for m in strange(order, known)] == [
        "T came back by executions and by fills: its fills are not read"
    ]


def combination() -> Order:
    """Sell ten of: one FUT against half a BND. A has two thirds."""
    legs = {
        "FUT": {"A": Decimal(-6), "B": Decimal(-4)},
        "BND": {"A": Decimal(3), "B": Decimal(2)},
    }
    return Order("T", "C", "SELL", Decimal(10), legs)


def test_a_combination_is_shared_leg_by_leg() -> None:
    order = combination()
    whole = [Trade("E", "T", "", "SELL", Decimal(5), Decimal("1.25"), at(0))]
    assert shares(order, whole, ended=False) == {
        ("A", "FUT"): -3, ("B", "FUT"): -2, ("A", "BND"): 1, ("B", "BND"): 1,
    }  # fmt: skip
    assert filled(order, "BND", whole).price_of == "C"
    legs = [
        Trade("E1", "T", "FUT", "SELL", Decimal(10), Decimal(100), at(0)),
        Trade("E2", "T", "BND", "BUY", Decimal(2), Decimal(90), at(1)),
    ]
    both = shares(order, [*whole, *legs], ended=False)
    assert both == {("A", "FUT"): -6, ("B", "FUT"): -4, ("A", "BND"): 1, ("B", "BND"): 0}
    bond = filled(order, "BND", [*whole, *legs])
    assert (bond.quantity, bond.average, bond.price_of) == (2, 90, "BND")


def test_books_on_both_sides_wait_for_the_end() -> None:
    order = Order("T", "X", "BUY", Decimal(5), {"X": {"A": Decimal(9), "B": Decimal(-4)}})
    trades = [Trade("E", "T", "", "BUY", Decimal(3), Decimal(1), at(0))]
    assert set(shares(order, trades, ended=False).values()) == {0}
    ended = shares(order, trades, ended=True)
    assert sum(ended.values()) == 3
    assert ended == {("A", "X"): 5, ("B", "X"): -2}


def report(exec_id: str, minute: int, status: str = "TRADE", **other: object) -> Report:
    known = {
        "sender": "S", "exec_id": exec_id, "status": status, "refers_to": "", "ticket_id": "T",
        "instrument_id": "", "side": "BUY", "quantity": Decimal(4), "price": Decimal(90),
    }  # fmt: skip
    return Report(**(known | {"time": at(minute)} | other))  # type: ignore[arg-type]


def sums(*reports: Report) -> tuple[Decimal, list[str]]:
    trades, _, misfits = executed(reports)
    return sum((t.quantity for t in trades), Decimal(0)), [str(m) for m in misfits]


def test_corrections_and_busts() -> None:
    """By the execution's own id, or by an id of their own that names it; each takes back what it names."""
    one = report("E1", 0)
    own, other = report("E1", 5, "BUST"), report("E2", 5, "BUST", refers_to="E1")
    more = report("E2", 3, "CORRECT", refers_to="E1", quantity=Decimal(6), price=Decimal(91))
    assert sums(one, own) == sums(one, other) == (0, [])
    trades, _, misfits = executed([more, one])
    assert [(t.quantity, t.price) for t in trades] == [(4, 90), (-4, 90), (6, 91)]
    assert not misfits
    for name in ("E1", "E2"):
        assert sums(one, more, report("E3", 9, "BUST", refers_to=name)) == (0, [])
    moved = report("E2", 3, "CORRECT", refers_to="E1", ticket_id="OTHER")
    trades, _, _ = executed([one, moved])
    assert [(t.ticket_id, t.quantity) for t in trades] == [("T", 4), ("T", -4), ("OTHER", 4)]


def test_reports_that_contradict_each_other_do_not_fit() -> None:
    one = report("E1", 0)
    assert sums(one, one) == (4, []), "said twice"
    assert sums(one, report("E1", 0, sender="OTHER")) == (8, []), "another sender"
    assert sums(one, report("E1", 24 * 60)) == (8, []), "another date"
    quantity, told = sums(one, report("E1", 1, quantity=Decimal(5)))
    assert (quantity, len(told)) == (4, 1)
    assert "E1 of S was reported as BUY 4 at 90" in told[0]
    assert sums(one, report("E9", 1, "BUST")) == (
        4, ["T: E9 of S busts an execution that was not reported before"]
    )  # fmt: skip
    twice = [report("E1", m, "BUST") for m in (1, 2)]
    assert sums(one, *twice) == (0, ["T: E1 of S busts an execution that was taken back before"])
    early = report("E1", -1, "BUST")
    assert sums(one, early)[0] == 4
    wrong = report("E1", 1, "BUST", ticket_id="OTHER")
    assert sums(one, wrong) == (4, ["OTHER: E1 of S busts an execution of T"])


@pytest.mark.parametrize(
    ("status", "word"),
    [("CANCELLED", "CANCELLED"), ("EXPIRED", "CANCELLED"), ("REJECTED", "REJECTED")],
)
def test_a_broker_ends_an_order(status: str, word: str) -> None:
    trades, acks, _ = executed(
        [report("E1", 0), report("E2", 1, status, quantity=None, price=None)]
    )
    assert len(trades) == 1
    assert acks == [Ack("T", word, at(1))]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"side": "BUY"}, "T is executed by E: BUY 3 X, it is to SELL X"),
        ({"side": "SELL_SHORT"}, "T is executed by E: SELL_SHORT 3 X, it is to SELL"),
        ({"instrument_id": "Y"}, "T is executed by E: SELL 3 Y, which it does not order"),
        (
            {"quantity": Decimal("2.5")},
            "T is executed by E: SELL 2.5 X, a part of what can be traded",
        ),
        ({"quantity": Decimal(11)}, "T is executed by 11 X, it is for no more than 10"),
        ({"quantity": Decimal(-1)}, "T is executed by -1 X, it is for no more than 10"),
        ({"time": at(9)}, f"T is CANCELLED, and executed by E at {at(9).isoformat()}"),
    ],
)
def test_an_execution_that_is_no_part_of_its_order_does_not_fit(
    changes: dict[str, object], told: str
) -> None:
    order = Order("T", "X", "SELL", Decimal(10), {"X": {"A": Decimal(-10)}})
    given = {
        "exec_id": "E", "ticket_id": "T", "instrument_id": "", "side": "SELL",
        "quantity": Decimal(3), "price": Decimal(1), "time": at(0),
    } | changes  # fmt: skip
    known = Executions((Ack("T", "CANCELLED", at(5)),), (), (Trade(**given),))  # type: ignore[arg-type]
    assert [str(m) for m in strange(order, known)] == [told]
