"""What may be booked before the hedges, on a plan made by hand: the phases of lines and the state between."""

import pytest

from neutralizer.domain.scenario import Scenario
from neutralizer.domain.trades import nothing
from neutralizer.proof import prove
from neutralizer.proof.files import Files
from neutralizer.proof.ledger import rebuild
from neutralizer.terms.margin import cash
from neutralizer.terms.night import outside, worse
from tests.tools.hand_made import Places, written

FUTURES = (  # A has none, two tonight, one in the end
    "  limits:\n",
    "  limits:\n    - {limit_id: A-fut, measure: position, scope: 'book:A', target: FUT, upper: 1}\n",
)


def told(files: Files, *changes: tuple[str, str]) -> list[str]:
    """Faults of phases and of what is booked tonight."""
    faults = prove(written(*changes)[0], files)
    return [f for f in faults if "release_phase" in f or "tonight" in f]


def test_the_right_phases_are_proven() -> None:
    assert prove(*written()) == []


@pytest.mark.parametrize("phase", ["", "0", "3", "1.0"])
@pytest.mark.parametrize("file", ["internal_transfers.csv", "cash_transfers.csv", "hedges.csv"])
def test_a_phase_is_one_of_two(file: str, phase: str) -> None:
    files = written()[1]
    files.rows[file][0]["release_phase"] = phase
    (fault,) = told(files)
    assert fault.endswith(f"release_phase {phase or 'blank'} is none of its own")


def test_an_order_never_leaves_tonight() -> None:
    files = written()[1]
    files.rows["hedges.csv"][0]["release_phase"] = "1"
    (fault,) = told(files)
    assert fault.endswith("release_phase 1 is none of its own")


def test_a_line_may_wait_for_the_hedges() -> None:
    """Only the state in between is another then."""
    files = written()[1]
    for name in ("internal_transfers.csv", "cash_transfers.csv"):
        for row in files.rows[name]:
            row["release_phase"] = "2"
    assert told(files) == []


def test_cash_that_moves_with_the_hedges_is_not_in_the_pool_tonight() -> None:
    """Though it is there in the end: the written balance of the state between is refused."""
    files = written()[1]
    row = files.rows["cash_transfers.csv"][0]
    row["release_phase"] = "2"
    faults = [f for f in prove(written()[0], files) if "balance_after_transfers" in f]
    assert [f.split(":")[0] for f in faults] == [
        f"pool {name}" for name in sorted((row["from_pool"], row["to_pool"]))
    ]


def test_a_limit_that_is_worse_tonight_is_told() -> None:
    files = written(FUTURES)[1]
    assert told(files, FUTURES) == [
        "A-fut book:A is worse after what is booked tonight than before"
    ]
    for row in files.rows["internal_transfers.csv"]:
        if row["instrument_id"] == "FUT":
            row["release_phase"] = "2"
    assert told(files, FUTURES) == []


@pytest.mark.parametrize(("tonight", "back"), [(3, 1), (1, 1), (1, 2)])
def test_what_crosses_tonight_is_part_of_what_crosses(tonight: int, back: int) -> None:
    """More than all of it one way tonight, and some of it back with the hedges; then nothing in all, and
    then the other way.
    """
    files = written()[1]
    (row,) = (r for r in files.rows["internal_transfers.csv"] if r["instrument_id"] == "FUT")
    other = dict(row, ticket_id="TRF-back", from_book=row["to_book"], to_book=row["from_book"])
    other |= {"from_account": row["to_account"], "to_account": row["from_account"]}
    row["quantity"] = str(tonight)
    other |= {"quantity": str(back), "release_phase": "2"}
    files.rows["internal_transfers.csv"].append(other)
    whole = tonight - back
    assert [f for f in told(files) if "is no part of" in f] == [
        f"B FUT: {-tonight} crosses tonight, which is no part of the {-whole} that cross",
        f"A FUT: {tonight} crosses tonight, which is no part of the {whole} that cross",
    ]


def of(s: Scenario, book: str, instrument: str, units: float) -> list[str]:
    """What a change of one position leaves worse."""
    state = nothing(s)
    state.change[Places(s).holding(book, instrument)] = units
    return worse(s, state)


def test_inside_its_bounds_a_limit_may_move_and_outside_only_back() -> None:
    narrow = ("lower: -300, upper: 5000", "lower: -300, upper: 500")
    s = written(narrow)[0]  # A holds 1000.25
    assert outside(s, nothing(s))[0] == 500.25
    assert of(s, "A", "EQ", 0.25) == ["A-eq book:A"]
    assert of(s, "A", "EQ", -100) == []
    assert of(s, "A", "EQ", -1300) == []
    assert of(s, "A", "EQ", -1301) == []  # outside on the other side by less
    assert of(written()[0], "A", "EQ", 100) == []
    assert of(written()[0], "A", "EQ", 4000) == ["A-eq book:A"]


def test_a_pool_may_not_be_shorter_than_it_is() -> None:
    """P has 900,000 less its floor: a purchase of 20,000 shares at 50 takes more."""
    assert of(written()[0], "A", "EQ", 3000) == []
    wide = ("lower: -300, upper: 5000", "lower: -300, upper: 500000")
    assert "pool P" in of(written(wide)[0], "A", "EQ", 20000)


def test_the_state_between_has_what_leaves_tonight_and_no_more() -> None:
    """Of transfers and of cash; the state after has all of it."""
    s, files = written()
    files.rows["cash_transfers.csv"][0]["release_phase"] = "2"
    for row in files.rows["internal_transfers.csv"]:
        row["release_phase"] = "2" if row["instrument_id"] == "FUT" else "1"
    ledger, at = rebuild(s, files, []), Places(s)
    late = float(files.rows["cash_transfers.csv"][0]["amount"])
    between, after = ledger.after_transfers, ledger.after
    assert sorted(after.cash.tolist()) == [1000.5, 2000.0]
    assert sorted(between.cash.tolist()) == sorted({0.0, 1000.5, 2000.0} - {late})
    assert not between.order.any()
    moved = [between.change[at.holding(*pair)] for pair in (("B", "EQ"), ("A", "EQ"), ("A", "FUT"))]
    assert moved == [300.25, -300.25, 0.0]
    assert after.change[at.holding("A", "FUT")] == 1.0
    assert (between.borrowed == after.borrowed).all()


def test_a_pool_over_its_floor_may_come_nearer_to_it() -> None:
    """Of the half a dollar that P has over its floor two tenths may be spent, and no more than all of it."""
    free = float(cash.headroom(nothing(written()[0]), written()[0])[0])
    floor = ("minimum_balance: 100000", f"minimum_balance: {100000 + free - 0.5}")
    assert of(written(floor)[0], "A", "EQ", 0.003) == []
    assert of(written(floor)[0], "A", "EQ", 0.03) == ["pool P"]
