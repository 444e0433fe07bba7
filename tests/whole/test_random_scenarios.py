"""Drawn scenarios, two hundred where time does not matter: what is published holds exactly on the written files."""

import json
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings

from neutralizer.errors import Infeasible
from neutralizer.records.writing import csv_rows
from neutralizer.run import Options, run
from neutralizer.verify import verify
from tests.conftest import SCENARIOS, TORTURE
from tests.tools.strategies import Folder, Shape, folder, shapes
from tests.tools.whole_lots import may_have_whole_lots

DRAWN, PARTS = 200 if TORTURE else 100, 10
PUBLISHED_AT_LEAST = 3 * DRAWN // 4


@cache
def drawn() -> tuple[Shape, ...]:
    """All of them, the same in every process."""
    found: list[Shape] = []

    @seed(1)
    @settings(
        max_examples=DRAWN,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(shapes())
    def each(shape: Shape) -> None:
        found.append(shape)

    each()
    return tuple(found)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_published_holds(part: int, tmp_path: Path) -> None:
    """One part of them: what is published holds, and its share of those at least is published."""
    seen: Counter[str] = Counter()
    for k, shape in enumerate(drawn()[part::PARTS]):
        seen[outcome(folder(shape), tmp_path / str(k))] += 1
    assert seen.total() == DRAWN // PARTS
    assert seen["published"] >= PUBLISHED_AT_LEAST // PARTS, seen


def outcome(scenario: Folder, path: Path) -> str:
    """`published`, proven and computed again from its files, or the reason why there is no plan."""
    inputs, out = scenario.write(path / "scenario"), path / "run"
    try:
        run(inputs, out, Options(baseline=False))
    except Infeasible as refusal:
        if refusal.reason == "no_lots":
            assert not may_have_whole_lots(inputs), "a whole-lot answer was missed"
        return refusal.reason
    verify(out)
    _holds_on_the_files(out)
    return "published"


def test_no_lots_is_said_where_there_are_none(tmp_path: Path) -> None:
    """Shares stand still; the net may only be kept by half a future."""
    shutil.copytree(SCENARIOS / "two-desks", tmp_path / "scenario")
    path = tmp_path / "scenario" / "scenario.yaml"
    before = path.read_text()
    book = yaml.load(before, Loader=yaml.BaseLoader)
    book["tables"]["limits"] = [
        {"limit_id": "MM-shares", "measure": "position", "scope": "book:MM", "target": "ETF",
         "lower": "100000", "upper": "100000"},
        {"limit_id": "ARB-shares", "measure": "position", "scope": "book:ARB", "target": "ETF",
         "lower": "-60000", "upper": "-60000"},
        {"limit_id": "net", "measure": "net", "scope": "firm",
         "lower": "4099800", "upper": "4100200"},
    ]  # fmt: skip
    path.write_text(yaml.safe_dump(book))
    assert not may_have_whole_lots(path.parent)
    with pytest.raises(Infeasible) as refusal:
        run(path.parent, tmp_path / "run", Options())
    assert refusal.value.reason == "no_lots"
    assert "there is none" in str(refusal.value)
    assert [p.name for p in tmp_path.iterdir() if "run" in p.name] == ["run.refused"]


def _holds_on_the_files(out: Path) -> None:
    """The plainest arithmetic a clerk could do, on the files alone."""
    table = {p.name: csv_rows(p.read_bytes())[1] for p in out.glob("*.csv")}
    moved: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    filled: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in table["internal_transfers.csv"]:
        moved[row["from_book"], row["instrument_id"]] -= Decimal(row["quantity"])
        moved[row["to_book"], row["instrument_id"]] += Decimal(row["quantity"])
    for row in table["hedge_allocations.csv"]:
        sign = 1 if row["side"] == "BUY" else -1
        filled[row["book_id"], row["instrument_id"]] += sign * Decimal(row["quantity"])
    for row in table["positions_after.csv"]:
        key = (row["book_id"], row["instrument_id"])
        assert Decimal(row["transferred"]) == moved.pop(key, Decimal(0))
        assert Decimal(row["hedged"]) == filled.pop(key, Decimal(0))
        total = sum(Decimal(row[c]) for c in ("quantity_before", "transferred", "hedged"))
        assert Decimal(row["quantity_after"]) == total
    assert not any(moved.values())
    assert not any(filled.values())
    for row in table["limits.csv"]:
        assert row["status"] in ("OK", "OK_TO_A_LOT", "IMPROVED"), row
    for row in table["pools.csv"]:
        assert Decimal(row["headroom"]) >= 0, row
    summary = json.loads((out / "summary.json").read_text())
    total = sum((Decimal(row["amount"]) for row in table["costs.csv"]), Decimal(0))
    assert total == Decimal(str(summary["plan_cost"]))
