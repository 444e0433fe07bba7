"""Runs in the window of a roll: through the listed spread where that is cheaper, inside where books are opposed."""

import csv
import io
from pathlib import Path

import pytest

from neutralizer.errors import Infeasible
from neutralizer.run import Options, Outcome, run
from neutralizer.verify import verify

Row = dict[str, str]
ROLL = """\
format: 1
name: roll
as_of: 2024-07-01T16:00:00-04:00
calendar: XNYS
base_currency: USD
tables:
  books: [{book_id: A, entity: X}, {book_id: B, entity: X}]
  crossing_groups: [{group_id: house, books: [A, B]}]
  risk: {units: daily_fraction}
  instruments:
    - {instrument_id: CLN4, asset_class: future, currency: USD, price: 78, multiplier: 1000, half_spread_bps: 1.5, adv: 200000, volatility: 0.02, underlying: CL, expiry: 2024-07-05, payment: margined}
    - {instrument_id: CLQ4, asset_class: future, currency: USD, price: 77.5, multiplier: 1000, half_spread_bps: 1.5, adv: 300000, volatility: 0.02, underlying: CL, expiry: 2024-08-02, payment: margined}
    - {instrument_id: SPREAD, asset_class: combination, currency: USD, price: 0.5, multiplier: 1000, notional_per_unit: 78000, half_spread_bps: 0.5, adv: 100000, volatility: 0.001}
  combinations:
    - {combination_id: SPREAD, instrument_id: CLN4, ratio: 1}
    - {combination_id: SPREAD, instrument_id: CLQ4, ratio: -1}
  positions:
    - {book_id: A, instrument_id: CLN4, quantity: 300}
    - {book_id: B, instrument_id: CLN4, quantity: -120}
  mandates: [{book_id: "*", selector: "*", may: reduce}]
  rolls: [{selector: "underlying:CL", rule: expiry-3b, days: 5, into: next, gradual: yes, owner: Rosa}]
  limits:
    - {limit_id: A-net, measure: net, scope: "book:A", lower: 23000000, upper: 24000000}
    - {limit_id: B-net, measure: net, scope: "book:B", lower: -10000000, upper: -9000000}
"""
EXPLICIT = """\
    - {limit_id: rA, measure: position, scope: "book:A", target: CLN4, lower: 0, upper: 0}
    - {limit_id: rB, measure: position, scope: "book:B", target: CLN4, lower: 0, upper: 0}
"""


def made(tmp_path: Path, *changes: tuple[str, str]) -> Outcome:
    text = ROLL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder = tmp_path / "roll"
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(text)
    return run(folder, tmp_path / "run", Options(replace=True))


def table(outcome: Outcome, name: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(outcome.files[name].decode())))


def traded(outcome: Outcome) -> dict[str, float]:
    return {
        r["instrument_id"]: float(r["quantity"]) * (1 if r["side"] == "BUY" else -1)
        for r in table(outcome, "hedges.csv")
    }


def test_what_is_opposed_crosses_and_the_rest_goes_through_the_spread(tmp_path: Path) -> None:
    """120 cross in both months; 180 are left, for which half a basis point beats twice one and a half."""
    found = made(tmp_path)
    assert traded(found) == {"SPREAD": -180}
    assert {r["instrument_id"] for r in table(found, "internal_transfers.csv")} == {"CLN4", "CLQ4"}
    held = {(r["limit_id"], r["scope"]): r for r in table(found, "limits.csv")}
    assert held["roll-CLN4", "book:A"]["after"] == held["roll-CLN4", "book:B"]["after"] == "0"
    assert held["roll-CLN4", "book:A"]["owner"] == "Rosa"
    assert any(r["limit_id"] == "roll-CLN4" for r in table(found, "reasons.csv"))
    verify(tmp_path / "run")


def test_legs_are_taken_where_the_spread_is_dear(tmp_path: Path) -> None:
    found = made(tmp_path, ("half_spread_bps: 0.5", "half_spread_bps: 40"))
    assert "SPREAD" not in traded(found)
    assert traded(found)["CLN4"] == -180


def test_a_roll_is_what_its_limits_and_mandates_say(tmp_path: Path) -> None:
    row = '  rolls: [{selector: "underlying:CL", rule: expiry-3b, days: 5, into: next, gradual: yes, owner: Rosa}]\n'
    rolled = made(tmp_path)
    free = ("may: reduce}", 'may: reduce}, {book_id: "*", selector: CLQ4, may: trade}')
    written = made(tmp_path, (row, ""), ("  limits:\n", "  limits:\n" + EXPLICIT), free)
    assert written.summary.plan_cost == rolled.summary.plan_cost
    for name in ("hedges.csv", "internal_transfers.csv"):
        columns = ("instrument_id", "side", "from_book", "to_book", "quantity")
        own, other = (
            [[r.get(c) for c in columns] for r in table(x, name)] for x in (rolled, written)
        )
        assert own == other


def test_who_may_not_give_it_up_is_told_by_name(tmp_path: Path) -> None:
    """A book that may not change the contract cannot leave it: the roll is in conflict with the mandate."""
    none = ("may: reduce}", "may: reduce}, {book_id: A, selector: CLN4, may: none}")
    with pytest.raises(Infeasible):
        made(tmp_path, none)
    conflicts = (tmp_path / "run.refused" / "conflicts.csv").read_text()
    assert "roll-CLN4" in conflicts


def test_an_option_that_ends_tonight_is_a_finding(tmp_path: Path) -> None:
    """The next business day after Wednesday, July 3 is the 5th: what expires on the 4th is not there then."""
    option = (
        "    - {instrument_id: PUT, asset_class: option, currency: USD, price: 2, multiplier: 1000, half_spread_bps: 9, "
        "notional_per_unit: 78000, expiry: 2024-07-04, payment: fully_paid}\n"
    )
    held = "    - {book_id: A, instrument_id: PUT, quantity: 10}\n"
    changes = (
        ("2024-07-01T", "2024-07-03T"),
        ("  instruments:\n", "  instruments:\n" + option),
        ("  positions:\n", "  positions:\n" + held),
    )
    said = [x for x in made(tmp_path, *changes).summary.findings if "PUT" in x]
    assert len(said) == 1
    assert "PUT expires on 2024-07-04, before the next business day, 2024-07-05" in said[0]
    later = made(tmp_path, *changes, ("expiry: 2024-07-04", "expiry: 2024-07-05"))
    assert not [x for x in later.summary.findings if "PUT" in x]
