"""Two hundred drawn scenarios: what is published holds exactly on the written files."""

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings

from neutralizer.errors import Infeasible
from neutralizer.records.writing import csv_rows
from neutralizer.run import Options, run
from neutralizer.verify import verify
from tests.conftest import SCENARIOS
from tests.tools.strategies import Folder, scenarios
from tests.tools.whole_lots import may_have_whole_lots

DRAWN = 200
PUBLISHED_AT_LEAST = 150


def test_two_hundred_scenarios() -> None:
    seen: Counter[str] = Counter()

    @seed(1)
    @settings(
        max_examples=DRAWN,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios())
    def each(drawn: Folder) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, out = drawn.write(Path(name) / "scenario"), Path(name) / "run"
            try:
                run(folder, out, Options(baseline=False))
            except Infeasible as refusal:
                seen[refusal.reason] += 1
                if refusal.reason == "no_lots":
                    assert not may_have_whole_lots(folder), "a whole-lot answer was missed"
                return
            seen["published"] += 1
            verify(out)
            _holds_on_the_files(out)

    each()
    assert sum(seen.values()) >= DRAWN
    assert seen["published"] >= PUBLISHED_AT_LEAST, seen


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
