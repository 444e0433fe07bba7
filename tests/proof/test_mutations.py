"""Wrong tickets are caught by the proof itself, with the manifest out of the way."""

import json
from collections.abc import Callable

import pytest

from neutralizer.load.scenario import Loaded
from neutralizer.proof import prove
from neutralizer.proof.files import Files, Row
from neutralizer.report.files import parsed
from tests.tools.finished import NAMES
from tests.tools.finished import finished as finished_run

Mutation = Callable[[dict[str, list[Row]]], None]


@pytest.fixture(scope="module", params=NAMES)
def finished(request: pytest.FixtureRequest) -> tuple[Loaded, dict[str, bytes]]:
    """A scenario and the files of its run."""
    return finished_run(request.param)


def fresh(files: dict[str, bytes]) -> Files:
    return parsed(dict(files))


def test_the_files_as_written_are_proven(finished: tuple[Loaded, dict[str, bytes]]) -> None:
    loaded, files = finished
    assert prove(loaded.scenario, fresh(files)) == []


def first(rows: list[Row], **wanted: str) -> Row:
    return next(r for r in rows if all(r[k] == v for k, v in wanted.items()))


def other(rows: list[Row], column: str, value: str) -> str:
    return next((r[column] for r in rows if r[column] != value), "NOBODY")


def one_lot_moved(rows: dict[str, list[Row]]) -> None:
    hedge = rows["hedges.csv"][0]
    hedge["quantity"] = str(int(hedge["quantity"]) + 1)


def one_share_moved_between_books(rows: dict[str, list[Row]]) -> None:
    transfer = rows["internal_transfers.csv"][0]
    transfer["quantity"] = str(int(transfer["quantity"]) + 1)


def allocation_moved(rows: dict[str, list[Row]]) -> None:
    row = rows["hedge_allocations.csv"][0]
    row["book_id"] = other(rows["positions_after.csv"], "book_id", row["book_id"])


def side_swapped(rows: dict[str, list[Row]]) -> None:
    hedge = rows["hedges.csv"][0]
    hedge["side"] = "SELL" if hedge["side"] == "BUY" else "BUY"


def both_sides_swapped(rows: dict[str, list[Row]]) -> None:
    """Hedge, allocations and positions alike: only the limits, mandates and costs can tell."""
    for name, column in (("hedges.csv", "side"), ("hedge_allocations.csv", "side")):
        for row in rows[name]:
            row[column] = "SELL" if row[column] == "BUY" else "BUY"


def hedge_dropped(rows: dict[str, list[Row]]) -> None:
    ticket = rows["hedges.csv"].pop()["ticket_id"]
    kept = [r for r in rows["hedge_allocations.csv"] if r["ticket_id"] != ticket]
    rows["hedge_allocations.csv"][:] = kept


def transfer_dropped(rows: dict[str, list[Row]]) -> None:
    rows["internal_transfers.csv"].pop()


def transfer_doubled(rows: dict[str, list[Row]]) -> None:
    rows["internal_transfers.csv"].append(dict(rows["internal_transfers.csv"][0]))


def position_dropped(rows: dict[str, list[Row]]) -> None:
    rows["positions_after.csv"].pop()


def book_renamed(rows: dict[str, list[Row]]) -> None:
    rows["internal_transfers.csv"][0]["to_book"] = "ELSEWHERE"


def account_renamed(rows: dict[str, list[Row]]) -> None:
    rows["hedge_allocations.csv"][0]["account_id"] = "ELSEWHERE"


def price_changed(rows: dict[str, list[Row]]) -> None:
    row = rows["internal_transfers.csv"][0]
    row["price"] = str(float(row["price"]) * 1.01)


def reference_price_changed(rows: dict[str, list[Row]]) -> None:
    row = rows["hedges.csv"][0]
    row["reference_price"] = str(float(row["reference_price"]) + 1)


def group_renamed(rows: dict[str, list[Row]]) -> None:
    rows["internal_transfers.csv"][0]["crossing_group"] = "another"


def direction_turned(rows: dict[str, list[Row]]) -> None:
    row = rows["internal_transfers.csv"][0]
    row["from_book"], row["to_book"] = row["to_book"], row["from_book"]


def limit_dropped(rows: dict[str, list[Row]]) -> None:
    rows["limits.csv"].pop()


def limit_flattered(rows: dict[str, list[Row]]) -> None:
    rows["limits.csv"][0]["after"] = "0"
    rows["limits.csv"][0]["before"] = "0"


def pool_flattered(rows: dict[str, list[Row]]) -> None:
    rows["pools.csv"][0]["headroom"] = str(float(rows["pools.csv"][0]["headroom"]) + 1)


def margin_flattered(rows: dict[str, list[Row]]) -> None:
    rows["margin_movements.csv"][0]["margin_after"] = "1.00"


def cost_flattered(rows: dict[str, list[Row]]) -> None:
    rows["costs.csv"][0]["amount"] = "0.00"


def run_renamed(rows: dict[str, list[Row]]) -> None:
    rows["hedges.csv"][0]["run_id"] = "000000000000"


def not_a_number(rows: dict[str, list[Row]]) -> None:
    rows["hedges.csv"][0]["quantity"] = "nan"


MUTATIONS: tuple[Mutation, ...] = (
    one_lot_moved, one_share_moved_between_books, allocation_moved, side_swapped,
    both_sides_swapped, hedge_dropped, transfer_dropped, transfer_doubled, position_dropped,
    book_renamed, account_renamed, price_changed, reference_price_changed, group_renamed,
    direction_turned, limit_dropped, limit_flattered, pool_flattered, margin_flattered,
    cost_flattered, run_renamed, not_a_number,
)  # fmt: skip


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda m: m.__name__)
def test_mutation_is_caught(finished: tuple[Loaded, dict[str, bytes]], mutate: Mutation) -> None:
    loaded, files = finished
    changed = fresh(files)
    mutate(changed.rows)
    assert prove(loaded.scenario, changed), mutate.__name__


def test_a_consistent_crossing_of_the_barrier_is_caught(
    finished: tuple[Loaded, dict[str, bytes]],
) -> None:
    """A transfer between groups with positions and sums all corrected to fit."""
    loaded, files = finished
    changed, books = fresh(files), loaded.scenario.books
    transfers = changed.rows["internal_transfers.csv"]
    outsider = next((b for b, g in zip(books.ids, books.group, strict=True) if g == b), None)
    if outsider is None:
        pytest.skip("every book of this scenario is in the group")
    row = transfers[0]
    quantity, old = int(row["quantity"]), row["to_book"]
    row |= {"to_book": outsider, "to_entity": books.entity[books.ids.index(outsider)]}
    after = changed.rows["positions_after.csv"]
    for book, sign in ((old, -1), (outsider, 1)):
        for found in (
            r for r in after if (r["book_id"], r["instrument_id"]) == (book, row["instrument_id"])
        ):
            for column in ("transferred", "quantity_after"):
                found[column] = str(int(found[column]) + sign * quantity)
    faults = prove(loaded.scenario, changed)
    assert any("information barrier" in fault for fault in faults)


def test_a_cash_transfer_that_grew_is_caught(finished: tuple[Loaded, dict[str, bytes]]) -> None:
    loaded, files = finished
    changed = fresh(files)
    if not changed.rows["cash_transfers.csv"]:
        pytest.skip("no cash moves in this scenario")
    changed.rows["cash_transfers.csv"][0]["amount"] = "1.00"
    assert prove(loaded.scenario, changed)


def test_plan_cost_is_proven(finished: tuple[Loaded, dict[str, bytes]]) -> None:
    loaded, files = finished
    summary = json.loads(files["summary.json"])
    changed = parsed(files | {"summary.json": json.dumps(summary | {"plan_cost": 1.0}).encode()})
    assert any("plan_cost" in fault for fault in prove(loaded.scenario, changed))
