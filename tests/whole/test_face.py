"""`import neutralizer as nz`: tables against files, runs as frames, and nothing touched that is not its own."""

import csv
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import neutralizer as nz
from neutralizer.domain.asked import Asked
from neutralizer.records.journal import begin
from neutralizer.report.files import TABLES
from neutralizer.report.tables.numbers import NUMBERS
from neutralizer.run import Options, run
from neutralizer.tickets import REGISTRY
from neutralizer.verify import verify
from tests.conftest import ROOT, SCENARIOS
from tests.tools.command_line import neutralizer

TICKETS = ("internal_transfers.csv", "hedges.csv", "hedge_allocations.csv", "cash_transfers.csv")
TWO = SCENARIOS / "two-desks"


def given(name: str, **how: Any) -> dict[str, Any]:
    """A scenario of the project as a caller would hold it: frames for what are files."""
    folder = SCENARIOS / name
    root = yaml.safe_load((folder / "scenario.yaml").read_text())
    root["as_of"] = root["as_of"].isoformat() if root["as_of"].tzinfo else root["as_of"]
    tables = root.pop("tables")
    risk = tables.pop("risk")

    def frame(entry: Any) -> Any:
        if isinstance(entry, str) and entry.endswith(".csv"):
            return pd.read_csv(folder / entry, **how)
        return pd.DataFrame(entry) if isinstance(entry, list) else entry

    tables = {k: frame(v) for k, v in tables.items()}
    return root | tables | {"risk": {k: frame(v) for k, v in risk.items()}}


def as_of(name: str) -> str:
    """As it is written: YAML's own reader moves it to UTC."""
    text = (SCENARIOS / name / "scenario.yaml").read_text()
    return next(x.split(": ", 1)[1] for x in text.splitlines() if x.startswith("as_of"))


@pytest.fixture(scope="module")
def from_files() -> dict[str, Any]:
    """Files of the runs of two scenarios, as the command line decides them."""
    options = Options(dry_run=True, baseline=False, report=False)
    return {n: run(SCENARIOS / n, None, options) for n in ("two-desks", "equity-desks")}


@pytest.mark.parametrize("how", [{"dtype": str, "keep_default_na": False}, {"dtype": str}, {}])
@pytest.mark.parametrize("name", ["two-desks", "equity-desks"])
def test_frames_are_the_scenario_that_files_are(
    name: str, how: dict[str, Any], from_files: dict[str, Any]
) -> None:
    """Whether pandas read them as text or by its own types: one run, the same tickets."""
    found = nz.scenario(**given(name, **how) | {"as_of": as_of(name)})
    done = nz.solve(found, baseline=False, report=False)
    expected = from_files[name]
    assert done.run_id == done.summary.run_id == expected.summary.run_id
    for file in (*TICKETS, "limits.csv", "positions_next.csv"):
        assert done.files[file] == expected.files[file], file


@pytest.fixture(scope="module")
def two() -> nz.Run:
    return nz.solve(nz.read(TWO), baseline=False)


def test_what_is_read_is_the_same_run(two: nz.Run, from_files: dict[str, Any]) -> None:
    again = nz.solve(nz.read(str(TWO)), baseline=False, report=False)
    assert again.run_id == from_files["two-desks"].summary.run_id
    assert again.files["hedges.csv"] == from_files["two-desks"].files["hedges.csv"]
    assert two.run_id != again.run_id  # what is asked for makes the id: a page


def test_tables_without_pandas(from_files: dict[str, Any]) -> None:
    """Rows and columns of plain Python, numbers as they come."""
    root = given("two-desks") | {"as_of": as_of("two-desks")}
    plain = {
        k: v.to_dict("list") if isinstance(v, pd.DataFrame) else v
        for k, v in root.items()
        if k != "risk"
    }
    plain["crossing_groups"] = [{"group_id": "house", "books": ["ARB", "MM"]}]
    plain["risk"] = {
        k: v.to_dict("records") if isinstance(v, pd.DataFrame) else v
        for k, v in root["risk"].items()
    }
    done = nz.solve(nz.scenario(**plain), baseline=False, report=False)
    assert done.run_id == from_files["two-desks"].summary.run_id


def test_a_covariance_may_carry_its_ids_in_the_index(from_files: dict[str, Any]) -> None:
    root = given("equity-desks") | {"as_of": as_of("equity-desks")}
    square = root["risk"]["factor_covariance"].set_index("factor_id")
    for frame in (square, square.rename_axis(None)):
        risk = root["risk"] | {"factor_covariance": frame}
        found = nz.scenario(**root | {"risk": risk})
        assert found.loaded.run_id(Asked()) == nz.read(SCENARIOS / "equity-desks").loaded.run_id(
            Asked()
        )


def refused(**changes: Any) -> list[str]:
    with pytest.raises(nz.InputsRefused) as caught:
        nz.scenario(**given("two-desks") | {"as_of": as_of("two-desks")} | changes)
    return [str(issue) for issue in caught.value.issues]


def test_every_mistake_is_named_by_frame_and_row() -> None:
    positions = pd.DataFrame(
        {"book_id": ["ARB", "MM", "X"], "instrument_id": ["ETF"] * 3, "quantity": [-6e4, None, 1]}
    )
    said = refused(positions=positions, costs={"booking_fee_bps": -1})
    assert len(said) == 3
    assert said[0].startswith("ERROR settings:costs.booking_fee_bps value='-1' not a valid value")
    assert said[1].startswith("ERROR positions:2:quantity value='' required value is blank")
    assert said[2].startswith("ERROR positions:3:book_id value='X' ")


def test_a_table_that_is_missing_and_one_that_nobody_knows() -> None:
    assert "ERROR settings:tables.position unknown key" in "\n".join(
        refused(position=pd.DataFrame({"a": [1]}))
    )
    assert "ERROR settings:tables.positions required key is missing; add it" in refused(
        positions=None
    )


def test_blank_is_blank_however_it_is_said() -> None:
    root = given("two-desks") | {"as_of": as_of("two-desks")}
    plain = nz.scenario(**root).loaded.run_id(Asked())
    for blank in (None, float("nan"), pd.NA, pd.NaT, ""):
        positions = root["positions"].assign(mark_price=[blank] * 2)
        assert nz.scenario(**root | {"positions": positions}).loaded.run_id(Asked()) == plain


def edited(tmp_path: Path, name: str, old: str, new: str, file: str = "scenario.yaml") -> Path:
    for path in (SCENARIOS / name).iterdir():
        if path.is_file():
            data = path.read_bytes()
            if path.name == file:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode(), 1)
            (tmp_path / path.name).write_bytes(data)
    return tmp_path


def test_with_limit_is_the_file_edited(tmp_path: Path) -> None:
    """In YAML and in a CSV, of a folder and of frames."""
    path = edited(tmp_path, "two-desks", "upper: 2000000,", "upper: 3000000,")
    expected = nz.read(path).loaded.run_id(Asked())
    assert nz.read(TWO).with_limit("MM-market", upper=3e6).loaded.run_id(Asked()) == expected
    frames = nz.scenario(**given("two-desks") | {"as_of": as_of("two-desks")})
    assert frames.with_limit("MM-market", upper="3000000").loaded.run_id(Asked()) == expected
    assert frames.loaded.run_id(Asked()) == nz.read(TWO).loaded.run_id(Asked()), (
        "the first is as it was"
    )


def test_with_limit_in_a_csv(tmp_path: Path) -> None:
    text = (SCENARIOS / "equity-desks" / "limits.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    row = next(r for r in rows if r["upper"])
    changed = nz.read(SCENARIOS / "equity-desks").with_limit(
        row["limit_id"], upper=float(row["upper"]) * 2, priority=2
    )
    found = changed.loaded.inputs["limits"]
    k = found["limit_id"].index(row["limit_id"])
    assert (found["upper"][k], found["priority"][k]) == (float(row["upper"]) * 2, 2)


def test_a_limit_that_is_not_there() -> None:
    with pytest.raises(nz.InputsRefused) as caught:
        nz.read(TWO).with_limit("MM", upper=1)
    assert str(caught.value.issues[0]) == (
        "ERROR limits:limit_id value='MM' no such limit; "
        "name one of ARB-market, MM-market, firm-volatility"
    )
    with pytest.raises(nz.InputsRefused) as caught:
        nz.read(TWO).with_limit("MM-market", upper="much")
    assert str(caught.value.issues[0]).startswith("ERROR limits:2:upper value='much' not a number")


def test_with_settings_is_set(tmp_path: Path) -> None:
    expected = run(
        TWO,
        None,
        Options(overrides=("costs.booking_fee_bps=0.2",), dry_run=True, baseline=False),
    )
    changed = nz.read(TWO).with_settings(costs={"booking_fee_bps": 0.2})
    assert nz.solve(changed, baseline=False).run_id == expected.summary.run_id
    again = changed.with_limit("MM-market", upper=3e6).with_settings(costs={"booking_fee_bps": 0.1})
    back = nz.read(TWO).with_limit("MM-market", upper=3e6)
    assert again.loaded.run_id(Asked()) == back.loaded.run_id(Asked())
    with pytest.raises(nz.InputsRefused):
        nz.read(TWO).with_settings(costs={"fee": 1})


@pytest.mark.parametrize("source", ["files", "frames", "limit", "setting"])
def test_what_is_written_is_proven_by_the_command_line(source: str, tmp_path: Path) -> None:
    found = nz.read(TWO)
    if source == "frames":
        found = nz.scenario(**given("two-desks") | {"as_of": as_of("two-desks")})
    elif source == "limit":
        found = found.with_limit("MM-market", upper=3e6)
    elif source == "setting":
        found = found.with_settings(costs={"booking_fee_bps": 0.2})
    done = nz.solve(found, baseline=False)
    (tmp_path / "journal").mkdir()
    begin(tmp_path / "journal")
    done.write(tmp_path / "run", journal=tmp_path / "journal", by="anna")
    assert verify(tmp_path / "run") == done.summary
    assert neutralizer("verify", tmp_path / "run").returncode == 0
    written = {p.name: p.read_bytes() for p in (tmp_path / "run").iterdir() if p.is_file()}
    assert written.items() >= {k: v for k, v in done.files.items() if "/" not in k}.items()
    inputs = {p.name for p in (tmp_path / "run" / "inputs").iterdir()}
    assert ("positions.csv" in inputs) == (source in ("frames", "limit"))
    assert "anna" in (tmp_path / "journal" / "journal.jsonl").read_text()
    with pytest.raises(nz.FolderTaken):
        nz.solve(nz.read(TWO), baseline=False, report=False).write(tmp_path / "run")


def test_the_run_is_told_in_frames(two: nz.Run) -> None:
    (transfer,) = two.transfers.to_dict("records")
    assert transfer["quantity"] == Decimal(60000)
    assert isinstance(transfer["quantity"], Decimal)
    assert (transfer["from_book"], transfer["to_book"]) == ("MM", "ARB")
    assert two.limits["lower"].iloc[2] is None, "blank"
    assert sum(two.costs["amount"]) > 0
    assert "60,000 ETF MM > ARB" in two.explain(transfer["ticket_id"])
    assert "limits that cost" in two.explain()
    assert two.report._repr_html_().startswith('<iframe srcdoc="&lt;!')
    with pytest.raises(KeyError):
        two.explain("TRF-0")


def test_every_table_of_a_run_is_a_frame(two: nz.Run) -> None:
    """And every file of a run is among them."""
    tables = {k: v.file for k, v in vars(nz.Run).items() if hasattr(v, "file")}
    assert set(tables.values()) == {*TABLES, *(t.FILE for t in REGISTRY)}
    for name in tables:
        frame = getattr(two, name)
        for column in frame:
            kinds = {type(cell) for cell in frame[column]}
            assert kinds <= ({Decimal, type(None)} if column in NUMBERS else {str}), (name, column)


def test_every_number_is_one_and_nothing_else_looks_like_one(
    from_files: dict[str, Any], two: nz.Run
) -> None:
    """Of the columns that are text, ids alone may be read as a number."""
    known = {c for columns in TABLES.values() for c in columns}
    known |= {c for t in REGISTRY for c in t.COLUMNS}
    assert known >= NUMBERS
    for outcome in from_files.values():
        for file in {*TABLES, *TICKETS}:
            for row in csv.DictReader(outcome.files[file].decode().splitlines()):
                for column, text in row.items():
                    if column not in NUMBERS and not column.endswith("_id") and text:
                        with pytest.raises(ArithmeticError):
                            Decimal(text)


def test_roles_and_caps_hold_what_is_written_and_not_what_is_solved(
    two: nz.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = tmp_path / "roles.yaml"
    roles.write_text("people: {anna: {may: [prepare]}}\n")
    caps = tmp_path / "caps.yaml"
    caps.write_text("currency: USD\nlargest_order: 1\n")
    monkeypatch.setenv("NEUTRALIZER_ROLES", str(roles))
    monkeypatch.setenv("NEUTRALIZER_CAPS", str(caps))
    assert nz.solve(nz.read(TWO), baseline=False).run_id == two.run_id
    with pytest.raises(nz.NotApproved, match="bob may not prepare"):
        two.write(tmp_path / "run", by="bob")
    with pytest.raises(nz.ProofFailed, match="the firm allows"):
        two.write(tmp_path / "run", by="anna")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["caps.yaml", "roles.yaml", "run.refused"]
    monkeypatch.delenv("NEUTRALIZER_CAPS")
    two.write(tmp_path / "run", by="anna")


def test_infeasible_is_raised_as_it_is() -> None:
    tight = nz.read(TWO).with_limit("firm-volatility", upper=0).with_limit("MM-market", lower=1.5e6)
    with pytest.raises(nz.Infeasible) as caught:
        nz.solve(tight, baseline=False)
    assert caught.value.exit_code == 4
    assert caught.value.conflicts


def test_nothing_global_is_touched(tmp_path: Path) -> None:
    signals = [s for s in signal.Signals if s not in (signal.SIGKILL, signal.SIGSTOP)]
    here = (Path.cwd(), sys.stdout, sys.stderr, os.environ.copy())
    before = (*here, [signal.getsignal(s) for s in signals])
    nz.solve(nz.read(TWO), baseline=False).write(tmp_path / "run")
    here = (Path.cwd(), sys.stdout, sys.stderr, os.environ.copy())
    assert (*here, [signal.getsignal(s) for s in signals]) == before


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    nz.solve(nz.read(TWO), baseline=False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import neutralizer", "numpy cvxpy pandas pydantic scipy click"),
        ("import neutralizer; neutralizer.InputsRefused", "numpy cvxpy pandas pydantic"),
        ("import neutralizer as nz; nz.read('scenarios/two-desks')", "pandas"),
    ],
)
def test_nothing_is_loaded_before_it_is_asked_for(code: str, never: str) -> None:
    code += "; import sys; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert not set(never.split()) & set(done.stdout.decode().split())


def test_every_name_is_there() -> None:
    assert all(hasattr(nz, name) for name in nz.__all__)
    assert set(nz.__all__) <= set(dir(nz))
    errors = {n for n, v in vars(sys.modules["neutralizer.errors"]).items()
              if isinstance(v, type) and issubclass(v, nz.NeutralizerError)}  # fmt: skip
    assert errors <= set(nz.__all__)
    assert (ROOT / "neutralizer" / "py.typed").is_file()
    with pytest.raises(AttributeError):
        nz.nothing  # noqa: B018


def test_what_gives_nothing_away_gives_nothing_away() -> None:
    with pytest.raises(ValueError, match="transfers_only"):
        nz.solve(nz.read(TWO), transfers_only=True, best_effort=True)


def test_what_disagrees_with_a_report_is_named_by_row_too() -> None:
    root = given("two-desks") | {"as_of": as_of("two-desks")}
    found = nz.scenario(**root | {"positions": root["positions"].assign(mark_price=[None, 200])})
    with pytest.raises(nz.InputsRefused) as caught:
        nz.solve(found, baseline=False)
    assert str(caught.value.issues[0]).startswith("ERROR positions:2:mark_price value='200'")


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"risk": 3}, "risk"),
        ({"tables": "x"}, "tables"),
        ({"risk": {"models": [1]}}, "risk.models"),
        ({"risk": {"models": {"a": 3}}}, "risk.models.a"),
    ],
)
def test_what_is_to_be_given_by_name_says_so(given: dict[str, Any], where: str) -> None:
    with pytest.raises(nz.InputsRefused) as refused:
        nz.scenario(**given)
    assert where in [i.column for i in refused.value.issues]


def test_a_bound_that_is_no_number_is_an_issue_of_its_limit() -> None:
    with pytest.raises(nz.InputsRefused) as refused:
        nz.read(TWO).with_limit("MM-market", upper=[1])
    assert [(i.file, i.column) for i in refused.value.issues] == [("limits", "upper")]
