"""Today held against yesterday: each test's docstring is what went wrong in between."""

import json
from pathlib import Path

import pytest

from neutralizer.domain.version import VERSION
from tests.tools.command_line import tree
from tests.tools.desks import desks, rows
from tests.tools.firm import Firm, in_process
from tests.tools.operations import acks, fills, ticket

BEFORE = ("as_of: 2024-06-27T16:00:00-04:00", "as_of: 2024-06-28T16:00:00-04:00")
PRICE = ("price: 100,", "price: 101,")
UNTIL = "2199-01-01T00:00:00+00:00"
WAIVER = ("--waived-by", "ben", "--waiver-reason", "stock split", "--until", UNTIL)
NEXT = (
    ("quantity: -60000}", "quantity: 0}"),
    ("quantity: 100000}", "quantity: 40000}\n    - {book_id: MM, instrument_id: FUT, quantity: -10}"),
)  # fmt: skip


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """Yesterday's run, released."""
    firm = Firm(tmp_path_factory.mktemp("firm"))
    assert firm.release(firm.approved(desks(firm.root / "yesterday"))).returncode == 0
    return firm


@pytest.fixture
def firm(released: Firm, tmp_path: Path) -> Firm:
    return released.copied(tmp_path / "firm")


def today(firm: Firm, *changes: tuple[str, str]) -> Path:
    return desks(firm.root / "today", BEFORE, *changes)


def check(firm: Firm, *words: object, scenario: Path | None = None) -> tuple[int, str]:
    """`check` against yesterday; the output tree is as it was."""
    before = tree(firm.root / "runs")
    folder = scenario or firm.root / "today"
    done = in_process("check", folder, "--previous", firm.root / "runs" / "run", *words)
    assert tree(firm.root / "runs") == before
    assert done.stdout == "" or done.returncode == 0
    return done.returncode, done.stderr


def test_a_day_that_follows_is_silent(firm: Firm) -> None:
    """Nothing: the positions are what the plan left, the price has moved by one."""
    today(firm, PRICE, *NEXT)
    assert check(firm) == (0, "")


JUMPS = {
    "a price in cents": (
        ("price: 100,", "price: 10000,"),
        "tables.instruments.0.price value='10000' was 100 in run",
        "ETF",
    ),
    "a price in thousands": (
        ("price: 4000,", "price: 4,"),
        "tables.instruments.1.price value='4' was 4000",
        "FUT",
    ),
    "a position in lots": (
        ("quantity: 100000}", "quantity: 400}"),
        "tables.positions.1.quantity value='400' was 40000",
        "MM/ETF",
    ),
    "a position in face": (
        ("quantity: 100000}", "quantity: 40000000}"),
        "tables.positions.1.quantity value='40000000' was 100000",
        "MM/ETF",
    ),
    "a loading in per cent": (
        ("{instrument_id: FUT, factor_id: MARKET, loading: 1}", "{instrument_id: FUT, factor_id: MARKET, loading: 100}"),
        "tables.risk.loadings.1.loading value='100' was 1 in run",
        "FUT",
    ),
    "a multiplier": (
        ("multiplier: 50,", "multiplier: 100,"),
        "tables.instruments.1.multiplier value='100' was 50 in run",
        "FUT",
    ),
    "a half spread in per cent": (
        ("half_spread_bps: 2,", "half_spread_bps: 20,"),
        "tables.instruments.0.half_spread_bps value='20' was 2 in run",
        "ETF",
    ),
    "a margin in per cent": (
        ("{instrument_id: FUT, long_rate: 0.05, short_rate: 0.05}", "{instrument_id: FUT, long_rate: 0.05, short_rate: 0.5}"),
        "short_rate value='0.5' was 0.05 in run",
        "FUT/",
    ),
    "an annual covariance": (
        ("MARKET: 0.0001}", "MARKET: 0.0252}"),
        "tables.risk.factor_covariance.0.MARKET value='0.0252' was 0.0001",
        "MARKET",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", JUMPS)
def test_a_jump_is_refused_unless_somebody_lets_it_pass(firm: Firm, name: str) -> None:
    change, reason, key = JUMPS[name]
    moved = () if change[0].startswith("price: 100") else (PRICE,)
    today(firm, change, *moved)
    code, said = check(firm)
    assert code == 3
    assert reason in said
    assert f" times; correct it, or let it pass with --accept-jump {key}" in said
    assert reason not in check(firm, "--accept-jump", key, *WAIVER)[1]


def test_a_small_position_may_jump(firm: Firm) -> None:
    """A dust of contracts has become fifty times as much: three per mille of the book."""
    short = "quantity: -60000}"
    dust = short + "\n    - {book_id: ARB, instrument_id: FUT, quantity: 0.002}"
    firm.run(desks(firm.root / "small", (short, dust)), out="small")
    desks(firm.root / "grown", BEFORE, PRICE, (short, dust.replace("0.002", "0.1")))
    done = in_process("check", firm.root / "grown", "--previous", firm.root / "runs" / "small")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("--accept-jump", "ETF"), 2, "need --waived-by, --waiver-reason and --until"),
        (("--waived-by", "ben"), 2, "need --waived-by"),
        (("--accept-jump", "ETF", *WAIVER[:4], "--until", "tomorrow"), 2, "write it as yyyy"),
        (("--accept-jump", "ETF", *WAIVER[:4], "--until", "2020-01-01T00:00:00Z"), 12, "the waiver of ben (stock split) expired at 2020-01-01"),
        (("--accept-jump", "FUT", *WAIVER), 3, "was 100 in run"),
        (("--accept-jump", "ETF", *WAIVER), 0, ""),
        (("--accept-jump", "ETF", "--accept-stale", "instrumnets", *WAIVER), 3, "ERROR --accept-stale value='instrumnets' no such table; name one of"),
    ],
)  # fmt: skip
def test_a_waiver_names_a_person_a_reason_and_an_end(
    firm: Firm, words: tuple[str, ...], code: int, reason: str
) -> None:
    today(firm, ("price: 100,", "price: 10000,"), *NEXT)
    got, said = check(firm, *words)
    assert got == code, said
    assert reason in said


def test_a_waiver_stands_in_the_manifest(firm: Firm) -> None:
    today(firm, ("price: 100,", "price: 1001,"), *NEXT)
    words = ("--previous", firm.root / "runs" / "run", "--accept-jump", "ETF")
    folder = firm.run(firm.root / "today", *words, *WAIVER, out="next")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["waivers"] == {
        "jumps": ["ETF"], "stale": [], "by": "ben", "reason": "stock split", "until": UNTIL,
    }  # fmt: skip
    first = json.loads((firm.root / "runs" / "run" / "manifest.json").read_text())
    assert manifest["previous"] == first["run_id"]
    assert firm.does("anna", "verify", folder).returncode == 0
    nobody = [w if w != "ben" else "anna" for w in WAIVER]
    done = firm.does("night", "run", firm.root / "today", "--dry-run", *words, *nobody)
    assert done.returncode == 12
    assert "anna may not waive: ask ben" in done.stderr


def test_prices_that_stand_still_are_refused(firm: Firm) -> None:
    """The price feed sent yesterday's file again."""
    third = ("  positions:\n", "    - {instrument_id: TWIN, asset_class: etf, currency: USD, price: 100, half_spread_bps: 2, specific_volatility: 0}\n  positions:\n")  # fmt: skip
    loading = ("    loadings:\n", "    loadings:\n      - {instrument_id: TWIN, factor_id: MARKET, loading: 1}\n")  # fmt: skip
    rate = ("  margin_rates:\n", "  margin_rates:\n    - {instrument_id: TWIN, long_rate: 0.15, short_rate: 0.15}\n")  # fmt: skip
    firm.run(desks(firm.root / "three", third, loading, rate), out="three")
    still = desks(firm.root / "still", BEFORE, third, loading, rate)
    words = ("check", still, "--previous", firm.root / "runs" / "three")
    done = in_process(*words)
    assert done.returncode == 10
    assert "every price is that of 2024-06-27 (run" in done.stderr
    assert "--accept-stale instruments" in done.stderr
    assert in_process(*words, "--accept-stale", "instruments", *WAIVER).returncode == 0


def test_positions_that_do_not_follow_are_told(firm: Firm) -> None:
    """The transfer was not booked, and nobody says so."""
    today(firm, PRICE, *NEXT[1:])
    code, said = check(firm)
    assert code == 0
    assert "NOTICE break: ARB ETF is -60000, 0 follows from run" in said
    assert "(-60000)" in said


def test_breaks_may_refuse(firm: Firm) -> None:
    today(firm, PRICE, *NEXT[1:], ("costs: {", "checks: {breaks: refuse}\ncosts: {"))
    code, said = check(firm)
    assert code == 3
    assert "ERROR positions break: ARB ETF is -60000, 0 follows" in said
    assert "find the trades that are missing" in said


def test_positions_roll_by_what_came_back(firm: Firm) -> None:
    """The transfer is booked, 4 of 10 contracts are filled, a client bought 7000 from ARB."""
    hedge, transfer = ticket(firm, "hedges"), ticket(firm, "internal_transfers")
    acks(firm, f"{transfer},BOOKED")
    fills(firm, f"{hedge},MM,FUT,-4", ",ARB,ETF,-7000")
    rolled = (
        ("quantity: -60000}", "quantity: -7000}"),
        ("quantity: 100000}", "quantity: 40000}\n    - {book_id: MM, instrument_id: FUT, quantity: -4}"),
        ("  risk:\n", f"  open_orders: [{{book_id: MM, instrument_id: FUT, quantity: -6, ticket_id: {hedge}}}]\n  risk:\n"),
    )  # fmt: skip
    today(firm, PRICE, *rolled)
    assert check(firm, "--handoff", firm.handoff) == (0, "")
    folder = firm.run(firm.root / "today", "--handoff", firm.handoff, out="next")
    assert [h["quantity"] for h in rows(folder / "hedges.csv")] == []
    fills(firm, f"{hedge},MM,FUT,-4")
    code, said = check(firm, "--handoff", firm.handoff)
    assert code == 0
    assert "NOTICE break: ARB ETF is -7000, 0 follows from run" in said


def test_what_came_back_late_is_not_of_this_day(firm: Firm) -> None:
    """A fill of after today's as_of is tomorrow's."""
    text = "fill_id,book_id,instrument_id,quantity,time\nF,ARB,ETF,-500,2024-06-28T16:00:01-04:00\n"
    (firm.handoff / "fills.csv").write_text(text)
    today(firm, PRICE)
    code, said = check(firm, "--handoff", firm.handoff)
    assert (code, "break" in said) == (0, False)
    assert "ARB ETF: 60000 were released and are open, open_orders has 0: bring the table" in said


def test_a_changed_earlier_run_proves_nothing(firm: Firm) -> None:
    path = firm.root / "runs" / "run" / "positions_next.csv"
    path.write_text(path.read_text().replace("40000", "50000"))
    today(firm, PRICE, *NEXT)
    assert check(firm)[0] == 11


def test_an_earlier_run_of_another_version_serves(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program was upgraded since: the run's id is that of the version that made it, and what is
    written is not written again; it is said, and such a run is not released.
    """
    for module in ("neutralizer.load.scenario", "neutralizer.records.manifest"):
        monkeypatch.setattr(f"{module}.VERSION", "99")
    today(firm, PRICE, *NEXT)
    assert check(firm) == (0, "")
    done = in_process("verify", firm.root / "runs" / "run")
    assert done.returncode == 0
    assert f"not written again: made by neutralizer {VERSION}" in done.stderr
