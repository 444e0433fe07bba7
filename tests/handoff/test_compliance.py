"""That crossings were fair can be shown, and nobody sees the other side of a wall."""

import csv
import hashlib
import hmac
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from neutralizer.load.scenario import load
from neutralizer.proof import prove
from neutralizer.records.finished import finished
from neutralizer.report.files import parsed
from neutralizer.verify import loaded_of
from tests.conftest import ROOT, SCENARIOS
from tests.tools.desks import Row, desks, rows
from tests.tools.firm import Firm, in_process, without_firm_files

QUOTES = ("price: 100, price_rule", "price: 100, price_time: '2024-06-27T15:55:00-04:00', bid: 99.98, ask: 100.02, price_rule")  # fmt: skip
MARKS = (
    ("quantity: -60000}", "quantity: -60000, mark_price: 100.5}"),
    ("quantity: 100000}", "quantity: 100000, mark_price: 99.9}"),
)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose books value the ETF at prices of their own, and whose price has quotes."""
    root = tmp_path_factory.mktemp("marked")
    spread = ("half_spread_bps: 2, hedge_instrument: yes, specific_volatility: 0, settlement_days: 1", "half_spread_bps: 2, hedge_instrument: yes, specific_volatility: 0, settlement_days: 1")  # fmt: skip
    done = in_process("run", desks(root / "s", QUOTES, spread, *MARKS), "--out", root / "run", "-q", "--no-baseline")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return root / "run"


def test_every_transfer_has_its_evidence(marked: Path) -> None:
    (line,) = rows(marked / "evidence.csv")
    (ticket,) = rows(marked / "internal_transfers.csv")
    assert line == {
        "ticket_id": ticket["ticket_id"],
        "instrument_id": "ETF", "from_book": "MM", "to_book": "ARB", "quantity": ticket["quantity"],
        "currency": "USD", "price": "100", "price_rule": "CLOSE", "price_source": "",
        "price_time": "2024-06-27T15:55:00-04:00", "age_seconds": "300", "bid": "99.98", "ask": "100.02",
        "beyond_quotes_bps": "0.00", "from_mark": "99.9", "to_mark": "100.5",
        "mark_dispersion_bps": "60.00", "from_profit": "6000.00", "to_profit": "30000.00",
    }  # fmt: skip
    assert in_process("verify", marked).returncode == 0


def test_what_is_not_said_is_blank(tmp_path: Path) -> None:
    """No quotes, no marks, no time: nothing is made up."""
    out = tmp_path / "run"
    assert (
        in_process("run", desks(tmp_path / "s"), "--out", out, "-q", "--no-baseline").returncode
        == 0
    )
    (line,) = rows(out / "evidence.csv")
    blank = {k for k, v in line.items() if v == ""}
    assert blank == {
        "price_source", "price_time", "age_seconds", "bid", "ask", "beyond_quotes_bps", "from_mark",
        "to_mark", "mark_dispersion_bps", "from_profit", "to_profit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("bid", "99.99", "bid 99.99 is not 99.98"),
        ("ask", "", "ask blank is not 100.02"),
        ("age_seconds", "30", "age_seconds 30 is not 300"),
        ("from_mark", "100", "from_mark 100 is not 99.9"),
        ("to_profit", "0.00", "to_profit 0.00 is not 30000"),
        ("mark_dispersion_bps", "0.00", "mark_dispersion_bps 0.00 is not 60"),
        ("price", "99", "is not what the ticket says"),
        ("ticket_id", "TRF-0", "TRF-0 is no transfer"),
    ],
)
def test_wrong_evidence_is_caught(marked: Path, column: str, value: str, fault: str) -> None:
    run = finished(marked)
    files = parsed(run.files)
    files["evidence.csv"][0][column] = value
    assert any(fault in found for found in prove(loaded_of(run).scenario, files))


def test_evidence_is_of_every_transfer(marked: Path) -> None:
    run = finished(marked)
    files = parsed(run.files)
    files["evidence.csv"].clear()
    assert any("evidence.csv lacks TRF" in found for found in prove(loaded_of(run).scenario, files))


def test_a_mark_far_from_the_price_is_refused(tmp_path: Path) -> None:
    """A book values at 110 what crosses at 100."""
    far = ("quantity: -60000}", "quantity: -60000, mark_price: 110}")
    done = in_process("check", desks(tmp_path / "s", far))
    assert done.returncode == 3
    assert (
        "tables.positions.0.mark_price value='110' the price is 100: 9.1% apart, 5.0% allowed; correct"
        in done.stderr
    )
    wide = ("costs: {", "checks: {mark_price: 0.1}\ncosts: {")
    assert in_process("check", desks(tmp_path / "t", far, wide)).returncode == 0


def test_marks_in_pence_are_compared_in_pence(tmp_path: Path) -> None:
    pence = ("currency: USD, price: 100, price_rule", "currency: USX, price: 10000, price_rule")
    mark = ("quantity: -60000}", "quantity: -60000, mark_price: 10050}")
    folder = desks(tmp_path / "s", pence, mark)
    assert in_process("check", folder).returncode == 0
    marks = load(folder).scenario.holdings.mark
    assert sorted(m for m in marks.tolist() if m == m) == [100.5]


def three_days(root: Path) -> Path:
    """Three days of runs: the ETF closes at 100, 101, 99."""
    for day, price in (("27", "100"), ("28", "101"), ("29", "99")):
        folder = desks(
            root / day,
            ("as_of: 2024-06-27T", f"as_of: 2024-06-{day}T"),
            ("price: 100,", f"price: {price},"),
        )
        done = in_process("run", folder, "--out", root / "runs" / day, "-q", "--no-baseline")
        assert done.returncode == 0, done.stderr
    return root / "runs"


def test_the_review_says_whom_the_crosses_favoured(tmp_path: Path) -> None:
    """ARB received before a rise of one and before a fall of two; the last day is not judged yet."""
    (tmp_path / "runs").mkdir()
    runs = three_days(tmp_path)
    done = in_process("crosses", runs, "--from", "2024-06-27", "--to", "2024-07-01", "--csv")
    assert done.returncode == 0, done.stderr
    (line,) = csv.DictReader(io.StringIO(done.stdout))
    quantities = [
        float(rows(runs / d / "internal_transfers.csv")[0]["quantity"]) for d in ("27", "28")
    ]
    assert (line["book_a"], line["book_b"], line["crosses"], line["judged"]) == (
        "ARB",
        "MM",
        "3",
        "2",
    )
    assert float(line["moved_to_a"]) == pytest.approx(quantities[0] - 2 * quantities[1], abs=0.01)
    assert (line["first"], line["last"]) == ("2024-06-27", "2024-07-01")  # of a Saturday
    page = in_process("crosses", runs, "--from", "2024-06-27", "--to", "2024-06-27").stdout
    assert "ARB / MM" in page
    assert "60,000.00" in page
    none = in_process("crosses", runs, "--from", "2023-01-01", "--to", "2023-12-31")
    assert none.stdout == "no transfers between these days\n"
    assert in_process("crosses", tmp_path / "no", "--from", "2023-01-01", "--to", "2023-12-31").returncode == 3  # fmt: skip
    assert in_process("crosses", runs, "--from", "x", "--to", "2023-12-31").returncode == 2


def test_a_superseded_run_is_not_reviewed_twice(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    first = firm.approved(SCENARIOS / "two-desks")
    assert firm.release(first).returncode == 0
    changed = desks(tmp_path / "changed", ("quantity: 100000}", "quantity: 120000}"))
    words = ("--supersede", first, "--handoff", firm.handoff, "--reason", "late")
    firm.run(changed, *words, name="cleo", out="second")
    said = firm.does("anna", "crosses", tmp_path / "runs", "--from", "2024-06-27", "--to", "2024-06-27", "--csv")  # fmt: skip
    (line,) = csv.DictReader(io.StringIO(said.stdout))
    assert line["crosses"] == "1"


def test_what_was_booked_before_it_was_superseded_is_reviewed(tmp_path: Path) -> None:
    """The transfer stands, only its hedge is taken back: the superseding run has none of its own."""
    firm = Firm(tmp_path)
    first = firm.approved(SCENARIOS / "two-desks")
    assert firm.release(first).returncode == 0
    (booked,) = csv.DictReader(io.StringIO((first / "internal_transfers.csv").read_text()))
    acks = f"ticket_id,status,time\n{booked['ticket_id']},BOOKED,2024-06-27T18:00:00-04:00\n"
    (firm.handoff / "acks.csv").write_text(acks)
    changes = (("quantity: -60000}", "quantity: 0}"), ("quantity: 100000}", "quantity: 40001}"))
    changed = desks(tmp_path / "changed", *changes)
    words = ("--supersede", first, "--handoff", firm.handoff, "--reason", "booked")
    firm.run(changed, *words, name="cleo", out="second")
    said = firm.does("anna", "crosses", tmp_path / "runs", "--from", "2024-06-27", "--to", "2024-06-27", "--csv")  # fmt: skip
    (line,) = csv.DictReader(io.StringIO(said.stdout))
    assert (line["crosses"], line["notional"]) == ("1", "6000000.00")


@pytest.fixture(scope="module", params=["equity-desks", "multi-asset"])
def walled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A run, on a machine of a firm that has a key for views."""
    without_firm_files()
    out = tmp_path_factory.mktemp("walled") / "run"
    done = in_process("run", SCENARIOS / request.param, "--out", out, "-q", "--no-baseline")
    assert done.returncode == 0, done.stderr
    key = out.parent / "view.key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEUTRALIZER_VIEW_KEY", str(key))
        yield out


KEY = bytes(range(32))


def of_the_view(walled: Path, ticket: str, book: str) -> str:
    """HMAC of run, ticket and book."""
    words = "\0".join((finished(walled).run_id, ticket, book)).encode()
    return "V-" + hmac.new(KEY, words, hashlib.sha256).hexdigest()[:20]


def test_a_view_s_ids_are_traced_by_the_firm_only(walled: Path, tmp_path: Path) -> None:
    """Ten of ten counterparties were found by hashing the few tickets that there could be."""
    books = loaded_of(finished(walled)).scenario.books.ids
    own = {r["ticket_id"] for n in TABLED for r in rows(walled / n)}
    seen = dict[str, str]()
    for book in books:
        out = tmp_path / book
        assert in_process("view", walled, "--book", book, "--out", out).returncode == 0
        for name in TABLED:
            ids = [r["ticket_id"] for r in rows(out / name)]
            assert ids == sorted(ids)
            assert set(ids) <= {of_the_view(walled, t, book) for t in own}
            assert all(seen.setdefault(i, book) == book for i in ids), "another for each book"
    text = "".join(p.read_text() for p in tmp_path.rglob("*.csv"))
    assert not [t for t in own if t in text]


TABLED = ("internal_transfers.csv", "evidence.csv", "hedge_allocations.csv")


def test_without_the_firm_s_key_there_is_no_view(
    walled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = loaded_of(finished(walled)).scenario.books.ids[0]
    words = ("view", walled, "--book", book, "--out", tmp_path / "v")
    bad = tmp_path / "view.key"
    bad.write_bytes(b"short")
    bad.chmod(0o600)
    for key, reason in (
        ("", "there is no key"),
        (tmp_path / "no", "cannot be read"),
        (bad, "under 32"),
    ):
        monkeypatch.setenv("NEUTRALIZER_VIEW_KEY", str(key))
        done = in_process(*words)
        assert (done.returncode, reason in done.stderr) == (3, True), done
    bad.write_bytes(KEY)
    bad.chmod(0o640)
    assert "others may read it" in in_process(*words).stderr
    assert not (tmp_path / "v").exists()


def test_a_view_names_no_other_book(walled: Path, tmp_path: Path) -> None:
    """Every other book's id is searched for in every file of every book's view."""
    books = loaded_of(finished(walled)).scenario.books
    accounts = {r["account_id"] for r in rows(walled / "margin_movements.csv")}
    for book in books.ids:
        out = tmp_path / book
        assert in_process("view", walled, "--book", book, "--out", out).returncode == 0
        text = "\n".join(path.read_text() for path in sorted(out.iterdir()))
        for other in set(books.ids) - {book}:
            assert not re.search(rf"(?<![A-Za-z0-9-]){re.escape(other)}(?![A-Za-z0-9-])", text), (
                other
            )
        own = {r["account_id"] for r in rows(out / "hedge_allocations.csv")}
        assert own <= accounts
        whole = [r for r in rows(walled / "positions_after.csv") if r["book_id"] == book]
        assert rows(out / "positions_after.csv") == whole


def test_a_view_keeps_one_s_own_side(walled: Path, tmp_path: Path) -> None:
    """Quantities, prices and dates stay: a book can book from its view."""
    book = next(iter(rows(walled / "internal_transfers.csv")))["to_book"]
    in_process("view", walled, "--book", book, "--out", tmp_path / "v")
    seen: list[Row] = rows(tmp_path / "v" / "internal_transfers.csv")
    whole = {
        of_the_view(walled, r["ticket_id"], book): r
        for r in rows(walled / "internal_transfers.csv")
    }
    assert len(seen) == sum(book in (r["from_book"], r["to_book"]) for r in whole.values())
    for row in seen:
        ticket = whole[row["ticket_id"]]
        kept = ("quantity", "price", "settle_date", "instrument_id", "settlement_amount")
        assert {k: row[k] for k in kept} == {k: ticket[k] for k in kept}
        other = "to" if ticket["from_book"] == book else "from"
        assert row[f"{other}_book"] == ticket["crossing_group"]
        assert row[f"{other}_account"] == row[f"{other}_entity"] == ""


def test_a_view_of_nobody(walled: Path, tmp_path: Path) -> None:
    done = in_process("view", walled, "--book", "NOBODY", "--out", tmp_path / "v")
    assert done.returncode == 3
    assert "no such book" in done.stderr
    (tmp_path / "there").mkdir()
    book = loaded_of(finished(walled)).scenario.books.ids[0]
    assert in_process("view", walled, "--book", book, "--out", tmp_path / "there").returncode == 7


CARD = (ROOT / "neutralizer" / "load" / "firm" / "model_card.yaml").read_text()
WAIVER = ("--accept-stale", "model_card", "--waived-by", "ben", "--waiver-reason", "x", "--until", "2199-01-01T00:00:00Z")  # fmt: skip


def test_the_card_s_page_is_the_docs_page() -> None:
    page = in_process("model-card").stdout
    assert page == (ROOT / "docs" / "model_card.md").read_text()


def test_an_expired_card_refuses_unless_waived(tmp_path: Path) -> None:
    """The model was last found sound for business dates until yesterday."""
    card = tmp_path / "card.yaml"
    card.write_text(re.sub(r"valid_until: .*", "valid_until: 2024-06-26", CARD))
    words = ("run", SCENARIOS / "two-desks", "--no-baseline", "-q", "--out", tmp_path / "run")
    done = in_process(*words, NEUTRALIZER_MODEL_CARD=str(card))
    assert done.returncode == 10
    assert "holds until 2024-06-26, the business date is 2024-06-27: ask its owner" in done.stderr
    assert not (tmp_path / "run").exists()
    assert in_process(*words, *WAIVER, NEUTRALIZER_MODEL_CARD=str(card)).returncode == 0
    assert in_process("verify", tmp_path / "run").returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("owner:", "woner:", "woner"),
        ("valid_until: 2027-12-31", "valid_until: soon", "valid_until"),
        (CARD, "", "the file is empty"),
    ],
)
def test_a_card_that_cannot_be_read_stops_every_run(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    card = tmp_path / "card.yaml"
    card.write_text(CARD.replace(old, new))
    done = in_process("check", SCENARIOS / "two-desks", NEUTRALIZER_MODEL_CARD=str(card))
    assert done.returncode == 3
    assert reason in done.stderr


def test_the_card_is_hashed_into_the_manifest(marked: Path) -> None:
    import hashlib
    import json

    settings = json.loads((marked / "manifest.json").read_text())["settings"]
    assert settings["model_card"] == hashlib.sha256(CARD.encode()).hexdigest()
    shutil.rmtree(marked.parent / "s")
