"""A run over several days: what is written of them, what verify proves, what is refused."""

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from neutralizer.domain.scenario import Scenario
from neutralizer.errors import Infeasible, InputsRefused, NotSolved, ProofFailed
from neutralizer.load.scenario import load
from neutralizer.program import priorities
from neutralizer.records.manifest import NAME as MANIFEST
from neutralizer.records.manifest import described
from neutralizer.records.writing import csv_bytes, csv_rows
from neutralizer.report.terminal import page
from neutralizer.run import Options, run
from neutralizer.verify import verify
from tests.conftest import ROOT, SCENARIOS

DESK = ROOT / "examples" / "multi-day" / "scenario"


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("days") / "run"
    run(DESK, out, Options())
    return out


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    return csv_rows((folder / name).read_bytes())[1]


def changed(to: Path, **changes: Any) -> Path:
    """The desk with other settings or tables."""
    document = yaml.load((DESK / "scenario.yaml").read_text(), Loader=yaml.BaseLoader)
    for key, value in changes.items():
        (document if key == "horizon" else document["tables"])[key] = value
    to.mkdir()
    (to / "scenario.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return to


def sealed(folder: Path) -> None:
    """The folder with all hashes made to fit."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name in manifest["outputs"]:
        manifest["outputs"][name] = described(name, (folder / name).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def test_a_ticket_says_which_day_it_serves(decided: Path) -> None:
    """The expiry on Thursday would breach Friday's limit, and Friday's market cannot take it all."""
    (hedge,) = rows(decided, "hedges.csv")
    assert (hedge["side"], hedge["instrument_id"]) == ("SELL", "ETF")
    reason = rows(decided, "reasons.csv")[0]
    assert (reason["limit_id"], reason["date"]) == ("delta-market", "2024-06-28")
    assert float(reason["share"]) > 0.99
    summary = verify(decided)
    assert summary.horizon is not None
    assert [d.date for d in summary.horizon.by_day] == ["2024-06-26", "2024-06-27", "2024-06-28"]
    assert summary.horizon.exceeded == 0
    assert "deciding day by day has no plan" in summary.horizon.no_comparison
    files = {p.name: p.read_bytes() for p in decided.iterdir() if p.is_file()}
    assert "all 3 days" in page(summary, files)
    assert b"The days ahead" in files["report.html"]
    last = [r for r in rows(decided, "horizon_limits.csv") if r["date"] == "2024-06-28"]
    assert {r["limit_id"] for r in last} == {"delta-market", "clients-market", "USD"}
    assert float(last[-2]["after"]) == pytest.approx(4e6, rel=1e-4)


def test_knowing_the_block_costs_less_than_not(decided: Path, tmp_path: Path) -> None:
    unknown = run(DESK.parent / "unknown", tmp_path / "unknown", Options(baseline=False)).summary
    known = verify(decided)
    assert unknown.horizon is not None
    assert known.horizon is not None
    assert unknown.horizon.cost > 1.5 * known.horizon.cost
    assert unknown.external_notional > 1.9 * known.external_notional


def test_lots_of_today_leave_the_days_after_it_within_their_limits(tmp_path: Path) -> None:
    """Futures, bonds, currencies and pools at their floors: what is too small to be written breaks nothing, and no
    day by itself is cheaper.
    """
    out = tmp_path / "out"
    options = Options(overrides=("horizon.days=3",))
    summary = run(SCENARIOS / "multi-asset", out, options).summary
    assert summary.horizon is not None
    assert summary.horizon.exceeded == 0
    for impact in ("remembered", "fresh"):
        saved = summary.horizon.saved(impact)
        assert saved is not None
        assert saved > 0
    verify(out)


def test_one_day_is_the_program_of_today_to_the_byte(tmp_path: Path) -> None:
    source = SCENARIOS / "two-desks"
    shutil.copytree(source, tmp_path / "one")
    text = (source / "scenario.yaml").read_text()
    (tmp_path / "one" / "scenario.yaml").write_text(text + "horizon: {days: 1}\n")
    for name, folder in (("a", source), ("b", tmp_path / "one")):
        run(folder, tmp_path / name, Options())
    for file in (tmp_path / "a").iterdir():
        if file.is_file() and file.name != MANIFEST:
            assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


FORGED = [
    ("horizon.csv", "quantity", lambda x: str(2 * float(x))),
    ("horizon.csv", "after", lambda x: "0"),
    ("horizon.csv", "kind", lambda x: "order" if x == "change" else "change"),
    ("horizon.csv", "date", lambda x: "2024-06-27"),
    ("horizon_limits.csv", "after", lambda x: "1"),
    ("horizon_limits.csv", "upper", lambda x: "9"),
]


@pytest.mark.parametrize(("name", "column", "other"), FORGED)
def test_what_is_changed_is_seen(
    decided: Path, tmp_path: Path, name: str, column: str, other: Any
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(decided, copy)
    header, lines = csv_rows((copy / name).read_bytes())
    for line in lines:
        line[column] = other(line[column]) if line[column] else line[column]
    (copy / name).write_bytes(csv_bytes(header, lines))
    sealed(copy)
    with pytest.raises(ProofFailed):
        verify(copy)


def test_a_sum_of_the_days_is_written_again(decided: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(decided, copy)
    told = json.loads((copy / "summary.json").read_text())
    told["horizon"]["cost"] = 1.0
    (copy / "summary.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    sealed(copy)
    with pytest.raises(ProofFailed, match=r"horizon\.cost"):
        verify(copy)


def test_today_is_decided_alone_where_its_days_have_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsolved(*_: object) -> None:
        raise NotSolved("for want of an answer")

    real = priorities.solve
    monkeypatch.setattr(priorities, "kept_ahead", unsolved)
    monkeypatch.setattr(priorities, "solve", lambda s: unsolved() if s.horizon else real(s))
    out = tmp_path / "out"
    summary = run(DESK, out, Options()).summary
    assert priorities.ALONE in summary.findings
    assert summary.lines.total == 0
    assert any(x.startswith("EXPECTED on 2024-06-28: delta-market") for x in summary.findings)
    verify(out)


def test_a_roll_over_days_on_the_oil_curves_is_booked_today(shared: Path, tmp_path: Path) -> None:
    """A gradual roll beside the curves' own limits: opposed books cross, the rest goes through the listed spread."""
    shutil.copytree(shared / "oil-2022-02-07", tmp_path / "oil")
    text = (tmp_path / "oil" / "scenario.yaml").read_text()
    roll = "{selector: 'FUT:CL01', last_day: 2022-02-09, days: 3, into: 'FUT:CL02', gradual: yes}"
    text = text.replace("tables:\n", f"tables:\n  rolls: [{roll}]\n", 1)
    (tmp_path / "oil" / "scenario.yaml").write_text(text)
    out = tmp_path / "out"
    options = Options(overrides=("horizon.days=3",), baseline=False)
    summary = run(tmp_path / "oil", out, options).summary
    assert summary.breaches.after == 0
    assert not any("those of today alone" in x for x in summary.findings)
    assert any(r["limit_id"] == "roll-FUT:CL01" for r in rows(out, "limits.csv"))
    assert "SPR:CL01-CL02" in {r["instrument_id"] for r in rows(out, "hedges.csv")}
    verify(out)


def test_lots_of_today_alone_where_none_are_found_with_its_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("neutralizer.planning.lots.in_lots")
    real = module._in_lots

    def none(s: Scenario, *rest: Any) -> Any:
        if s.horizon is not None:
            raise Infeasible("no_lots", "for want of lots")
        return real(s, *rest)

    monkeypatch.setattr(module, "_in_lots", none)
    out = tmp_path / "out"
    summary = run(DESK, out, Options(baseline=False)).summary
    (said,) = (x for x in summary.findings if "they are those of today alone" in x)
    assert said.endswith("reasons and shadow prices are of the days together")
    assert summary.horizon is not None
    assert summary.lines.total == 0
    verify(out)


def test_what_today_cannot_keep_is_refused_for_today(tmp_path: Path) -> None:
    """Nobody may trade, and the book is beyond its limit tonight: no later day has a part in it."""
    still = [{"book_id": "*", "selector": "*", "may": "none"}]
    limit = {"limit_id": "small", "measure": "gross", "scope": "book:DELTA", "upper": 1_000_000}
    desk = changed(tmp_path / "s", mandates=still, limits=[limit])
    with pytest.raises(Infeasible) as refused:
        run(desk, tmp_path / "out", Options())
    assert {c["limit_id"] for c in refused.value.conflicts} >= {"small"}


FLOW = {"date": "2024-06-28", "book_id": "CLIENTS", "instrument_id": "ETF", "quantity": 1}
WRONG = [
    ({"flows": [FLOW | {"date": "2024-06-26"}]}, "not after the execution date, 2024-06-26"),
    ({"flows": [FLOW | {"date": "2024-06-29"}]}, "no business day"),
    ({"flows": [FLOW | {"instrument_id": "FUTM", "date": "2024-06-28"}]}, "after FUTM expires, 2024-06-27"),
    ({"flows": [FLOW | {"instrument_id": "XYZ"}]}, "no such instrument"),
    ({"flows": [FLOW | {"probability": 0}]}, "probability"),
    ({"flows": [FLOW, dict(FLOW)]}, "duplicate"),
    ({"horizon": {"days": 0}}, "greater than or equal to 1"),
    ({"horizon": {"days": 2.5}}, "valid integer"),
    ({"horizon": {"days": 3, "decay": {"sector:none": 0.1}}}, "it selects nothing"),
    ({"targets": [{"book_id": "CLIENTS", "instrument_id": "ETF", "target": 0}]}, "targets say themselves what waiting costs"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_what_cannot_come_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputsRefused) as refused:
        load(changed(tmp_path / "s", **changes))
    assert any(said in str(issue) for issue in refused.value.issues), [
        str(x) for x in refused.value.issues
    ]


def test_what_comes_later_than_is_decided_is_told(tmp_path: Path) -> None:
    far = changed(tmp_path / "s", flows=[FLOW | {"date": "2024-07-03"}])
    told = [str(issue) for issue in load(far).warnings]
    assert any("1 of 1 lines come after 2024-06-28" in x for x in told), told
