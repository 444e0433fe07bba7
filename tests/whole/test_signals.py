"""From a history to a table that a run takes."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from neutralizer.domain.arrays import Floats
from tests.tools.command_line import neutralizer
from tests.tools.desks import desks, rows
from tests.tools.past import write
from tests.tools.spreads import LIQUID, reverting, walk


def history(folder: Path, etf: Floats, fut: Floats, days: int) -> Path:
    """Wide prices, of which the last `days` are after the scenario's."""
    index = pd.bdate_range(end="2024-06-27", periods=len(etf) - days)
    index = index.append(pd.bdate_range("2024-06-28", periods=days))
    ends = (np.exp(x - x[-1 - days]) for x in (etf, fut))  # at the scenario's prices on its day
    prices = pd.DataFrame(dict(zip(("ETF", "FUT"), ends, strict=True)), index) * [100, 4000]
    return write(folder, prices)


def test_the_table_is_the_run_s_and_tomorrow_changes_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    common, apart = walk(rng), reverting(rng, 5)
    apart[-1] = 0.02  # ETF is dear
    folder = desks(tmp_path / "desks", *LIQUID)
    (tmp_path / "h").mkdir()
    (tmp_path / "later").mkdir()
    history(tmp_path / "h", common + apart, common, 0)
    more = np.append(common, common[-1] + np.arange(1, 6) * 0.1)
    history(tmp_path / "later", more + np.append(apart, np.zeros(5)), more, 5)
    for name in ("h", "later"):
        out = tmp_path / f"{name}.out"
        done = neutralizer("signals", tmp_path / name, "--scenario", folder, "--out", out)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("1 pairs in 1 families, 1 revert\n  ETF")
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert "Each leg of a spread" in (out / "signals.html").read_text()
    one, other = ((tmp_path / f"{n}.out" / "dislocations.csv").read_text() for n in ("h", "later"))
    assert one == other
    assert {r["instrument_id"] for r in rows(tmp_path / "h.out" / "dislocations.csv")} == {"ETF", "FUT"}  # fmt: skip
    (folder / "dislocations.csv").write_text(one)
    text = (folder / "scenario.yaml").read_text()
    text = text.replace("  positions:\n", "  dislocations: dislocations.csv\n  positions:\n", 1)
    (folder / "scenario.yaml").write_text(text)
    sides = []
    for budget in ("0", "100000"):
        done = neutralizer(
            "run", folder, "--out", tmp_path / f"run{budget}", "--no-baseline", "-q",
            "--set", f"costs.dislocation_budget={budget}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        sides.append({r["instrument_id"]: r["side"] for r in rows(tmp_path / f"run{budget}" / "hedges.csv")})  # fmt: skip
    assert sides[0] == {"FUT": "SELL"}
    assert sides[1]["ETF"].startswith("SELL")
    told = json.loads((tmp_path / "run100000" / "summary.json").read_text())
    assert told["dislocation"]["plan"] > 0
