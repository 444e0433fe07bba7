"""What came back of a release, as the cost model sees it; and a run on what a calibration wrote."""

import json
import shutil
from pathlib import Path

import pytest

from neutralizer.prepare.calibrate.ticket import InUse, Ticket
from neutralizer.studies.fills import Fills, fills_of
from tests.conftest import SCENARIOS
from tests.tools.command_line import neutralizer
from tests.tools.desks import desks, rows
from tests.tools.firm import Firm, released_firm
from tests.tools.operations import ticket

TWO = SCENARIOS / "two-desks"
HEAD = "exec_id,ticket_id,side,last_qty,last_px,time,start_px,start_time"
OPEN, LATER = "2024-06-28T09:30:00-04:00", "2024-06-28T11:30:00-04:00"
COSTS = """\
valid_until: 2024-06-27
asset_classes:
  future: {half_spread: 2, impact: 0.5}
"""


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that has released a run: MM sells 10 FUT at 4000, a multiplier of 50."""
    return released_firm().copied(tmp_path / "firm")


def fills(firm: Firm) -> Fills:
    return fills_of(firm.handoff, firm.root / "runs", lambda text: None)


def executed(firm: Firm, *lines: str) -> None:
    (firm.handoff / "executions_ALPHA.csv").write_text("\n".join([HEAD, *lines]) + "\n")


def sold(firm: Firm, number: int, quantity: int, price: float, time: str, start: str = ",") -> str:
    return f"E{number},{ticket(firm, 'hedges')},SELL,{quantity},{price},{time},{start}"


def test_a_ticket_is_what_was_paid_from_its_start(firm: Firm) -> None:
    """Sold at 3994 on the average where the market stood at 4002, two hours after it began."""
    executed(
        firm,
        sold(firm, 1, 4, 4000, OPEN.replace("09:30", "10:30"), f"4002,{OPEN}"),
        sold(firm, 2, 6, 3990, LATER.replace("11:30", "12:30")),
    )
    (one,) = fills(firm).tickets
    assert (one.asset_class, one.side, one.quantity, one.started) == ("future", "SELL", 10, True)
    assert one.notional == pytest.approx(10 * 4000 * 50)
    assert one.average == pytest.approx(3994)
    assert one.delay == pytest.approx(-2 / 4000)  # the market rose before it began to sell
    assert one.cost == pytest.approx(8 / 4000)
    assert one.half_spread == pytest.approx(0.5e-4)


def test_without_a_start_the_cost_is_against_the_plan(firm: Firm) -> None:
    executed(firm, sold(firm, 1, 10, 3990, LATER))
    (one,) = fills(firm).tickets
    assert not one.started
    assert one.cost == pytest.approx(10 / 4000)
    assert one.delay != one.delay


def test_volume_and_volatility_make_its_impact(tmp_path: Path) -> None:
    """Ten of a million a day, over two hours of a day; the plan's own coefficient and multiple are taken out."""
    firm = Firm(tmp_path / "firm")
    liquid = ("half_spread_bps: 0.5,", "half_spread_bps: 0.5, adv: 1000000, volatility: 0.01,")
    folder = desks(tmp_path / "liquid", liquid)
    (tmp_path / "costs.yaml").write_text(COSTS)
    run = firm.run(folder, "--costs", tmp_path / "costs.yaml")
    for name in ("anna", "cleo"):
        assert firm.approves(name, run).returncode == 0
    assert firm.release(run).returncode == 0
    executed(firm, sold(firm, 1, 10, 3990, LATER, f"4000,{OPEN}"))
    found = fills(firm)
    (one,) = found.tickets
    assert one.half_spread == pytest.approx(0.5e-4)
    assert one.impact == pytest.approx(0.01 * 1e-5**0.5)
    assert one.deviation == pytest.approx(0.01 * (2 / 24) ** 0.5)
    assert found.in_use("future") == InUse(2.0, 0.5)
    assert found.in_use("etf") == InUse(1.0, 1.0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("E1,{t},SELL,10,399000,2024-06-28T11:30:00-04:00,,", "a price in another unit than the plan's"),
        ("E1,{t},BUY,10,4000,2024-06-28T11:30:00-04:00,,", "executed on the other side"),
        ("E1,{t},,,,2024-06-28T11:30:00-04:00,,", "nothing executed"),
        ("E1,{t},SELL,11,4000,2024-06-28T11:30:00-04:00,,", "more executed than ordered"),
        ("E1,{t},SELL,10,4000,2199-06-28T11:30:00-04:00,,", "executed before the plan's prices, or after today"),
        ("E1,{t},SELL,10,4000,2019-06-28T11:30:00-04:00,,", "executed before the plan's prices, or after today"),
        ("E1,{t},SELL,10,-4000,2024-06-28T11:30:00-04:00,,", "a price that is not above zero"),
    ],
)  # fmt: skip
def test_what_says_nothing_is_left_out_and_said(firm: Firm, line: str, why: str) -> None:
    head = HEAD + (",status" if ",,,," in line else "")
    body = line.format(t=ticket(firm, "hedges")) + (",CANCELLED" if ",,,," in line else "")
    (firm.handoff / "executions_ALPHA.csv").write_text(f"{head}\n{body}\n")
    done = neutralizer(
        "calibrate", firm.handoff, "--runs", firm.root / "runs", "--out", firm.root / "c"
    )
    assert done.returncode == 3
    assert f"1 {why}" in done.stderr
    assert not (firm.root / "c").exists()


AMENDED = HEAD + ",status,ref_exec_id"


def amended(firm: Firm, *lines: str) -> Ticket:
    """Executions with corrections and busts: `{t}` is the ticket."""
    text = "\n".join([AMENDED, *lines]).format(t=ticket(firm, "hedges"))
    (firm.handoff / "executions_ALPHA.csv").write_text(text + "\n")
    (one,) = fills(firm).tickets
    return one


def test_a_correction_takes_the_place_of_what_it_corrects(firm: Firm) -> None:
    """Its start too; the time is that of the execution, not of the report that corrects it."""
    one = amended(
        firm,
        f"E1,{{t}},SELL,10,3990,{LATER},4100,{OPEN},TRADE,",
        f"E1,{{t}},SELL,10,3990,2024-07-05T11:30:00-04:00,4000,{OPEN},CORRECT,",
    )
    assert (one.start, one.day.isoformat(), one.quantity) == (4000.0, "2024-06-28", 10.0)
    assert one.cost == pytest.approx(10 / 4000)


def test_what_was_busted_says_nothing(firm: Firm) -> None:
    one = amended(
        firm,
        f"E1,{{t}},SELL,5,3990,{LATER},4300,2024-06-28T09:00:00-04:00,TRADE,",
        f"E2,{{t}},SELL,10,3990,{LATER},4000,{OPEN},TRADE,",
        "E1,{t},SELL,5,3990,2024-07-03T11:30:00-04:00,,,BUST,",
    )
    assert (one.start, one.day.isoformat(), one.quantity) == (4000.0, "2024-06-28", 10.0)


def test_what_brokers_and_books_report_counts_once(firm: Firm) -> None:
    executed(firm, sold(firm, 1, 10, 3990, LATER, f"4000,{OPEN}"))
    head = "fill_id,ticket_id,book_id,instrument_id,quantity,price,time\n"
    line = f"F1,{ticket(firm, 'hedges')},MM,FUT,-10,3990,{LATER}\n"
    (firm.handoff / "fills.csv").write_text(head + line)
    (one,) = fills(firm).tickets
    assert one.quantity == 10


def test_less_than_a_cent_is_told_too(firm: Firm) -> None:
    executed(firm, sold(firm, 1, 10, 3990, LATER).replace(",10,", ",0.000000001,"))
    done = neutralizer(
        "calibrate", firm.handoff, "--runs", firm.root / "runs", "--out", firm.root / "c"
    )
    assert done.returncode == 0, done.stderr


def test_a_copy_of_a_manifest_is_no_run(firm: Firm) -> None:
    executed(firm, sold(firm, 1, 10, 3990, LATER))
    (firm.root / "runs" / "zz").mkdir()
    shutil.copy(firm.root / "runs" / "run" / "manifest.json", firm.root / "runs" / "zz")
    assert len(fills(firm).tickets) == 1


def test_a_start_is_a_price_and_a_time(firm: Firm) -> None:
    executed(firm, sold(firm, 1, 10, 3990, LATER, "4000,"))
    done = neutralizer("status", firm.handoff)
    assert done.returncode == 3
    assert "executions_ALPHA.csv:2:start_time" in done.stderr
    executed(firm, sold(firm, 1, 10, 3990, OPEN, f"4000,{LATER}"))
    assert "after the row's own time" in neutralizer("status", firm.handoff).stderr


def test_a_run_folder_that_is_not_the_released_one_is_not_read(firm: Firm) -> None:
    executed(firm, sold(firm, 1, 10, 3990, LATER))
    manifest = firm.root / "runs" / "run" / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    done = neutralizer(
        "calibrate", firm.handoff, "--runs", firm.root / "runs", "--out", firm.root / "c"
    )
    assert done.returncode == 3
    assert "1 their run is not below the folder of runs" in done.stderr


def test_the_files_of_a_calibration(firm: Firm) -> None:
    executed(firm, sold(firm, 1, 10, 3990, LATER, f"4000,{OPEN}"))
    out = firm.root / "c"
    done = neutralizer("calibrate", firm.handoff, "--runs", firm.root / "runs", "--out", out)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert {p.name for p in out.iterdir()} == {
        "costs.yaml", "tca.csv", "calibration.json", "calibration.html",
    }  # fmt: skip
    (row,) = rows(out / "tca.csv")
    assert (row["cost_bps"], row["delay_bps"], row["cost_base"]) == ("25.000", "0.000", "5000.00")
    told = json.loads((out / "calibration.json").read_text())
    assert told["tickets"] == 1
    assert told["classes"][0]["why"].endswith("at least 20 are needed")
    assert "not identified" in (out / "calibration.html").read_text()
    assert "asset_classes: {}" in (out / "costs.yaml").read_text()


def test_a_run_takes_costs_from_a_file(tmp_path: Path) -> None:
    file, out = tmp_path / "costs.yaml", tmp_path / "run"
    file.write_text(COSTS)
    plain = neutralizer("run", TWO, "--out", tmp_path / "plain", "-q", "--no-baseline")
    done = neutralizer("run", TWO, "--out", out, "-q", "--no-baseline", "--costs", file)
    assert (plain.returncode, done.returncode) == (0, 0), done.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"]["costs"]["file"] == "costs.yaml"
    assert "costs.asset_classes.future.half_spread=2.0" in manifest["settings"]["set"]
    (before,), (after,) = (rows(tmp_path / name / "hedges.csv") for name in ("plain", "run"))
    assert float(after["half_spread_cost"]) == pytest.approx(2 * float(before["half_spread_cost"]))
    assert neutralizer("verify", out).returncode == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("asset_classes: {futur: {impact: 1}}\n", "costs.yaml:1 asset_classes.futur"),
        ("asset_classes:\n  future: {impact: -1}\n", "costs.yaml:2 asset_classes.future.impact"),
        ("impact_coeficient: 1\n", "costs.yaml:1 impact_coeficient"),
        (
            "valid_until: 2020-01-01\nvalid_until: 2030-01-01\n",
            "costs.yaml:2 valid_until duplicate key",
        ),
    ],
)
def test_mistakes_of_a_costs_file_are_told_by_its_lines(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "costs.yaml").write_text(text)
    done = neutralizer("run", TWO, "--dry-run", "--costs", tmp_path / "costs.yaml")
    assert done.returncode == 3
    assert says in done.stderr
    assert "neutralizer calibrate" in done.stderr or "keep one of them" in done.stderr


def test_costs_that_no_longer_hold_stop_a_run(tmp_path: Path) -> None:
    (tmp_path / "costs.yaml").write_text(COSTS.replace("06-27", "06-26"))
    words = ("run", TWO, "--dry-run", "-q", "--no-baseline", "--costs", tmp_path / "costs.yaml")
    done = neutralizer(*words)
    assert done.returncode == 10
    assert "costs hold until 2024-06-26, the business date is 2024-06-27" in done.stderr
    moved = neutralizer(*words, "--set", "costs.valid_until=2030-01-01")
    assert moved.returncode == 2
    assert "--accept-stale costs" in moved.stderr
    waived = ("--accept-stale", "costs", "--waived-by", "ben", "--waiver-reason", "x", "--until", "2199-01-01T00:00:00Z")  # fmt: skip
    assert neutralizer(*words, *waived).returncode == 0
