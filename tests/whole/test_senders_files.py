"""A run from senders' files: the same run as from files of ours, their bytes kept, hashed and proven."""

import json
import shutil
from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused, Tampered
from neutralizer.load.scenario import load
from neutralizer.load.shown import shown
from neutralizer.run import Options, run
from neutralizer.verify import verify
from tests.conftest import SCENARIOS

CUSTODIAN = "Depot;Papier;Stück lang;Stück kurz\nMärkte;ETF;100.000,00;\nTotal;;;\n"
BROKER = "Account,Sym,Qty,Side,Type\nARB,ETF,60000,S,Fund\nARB,USD,5000,B,Cash\n"
LAYOUTS = {
    "layouts/custodian.yaml": "format: {encoding: latin-1, separator: ';', number: '1.234,56', footer: Total}\n"
    "columns: {book_id: {of: Depot, by: {Märkte: MM}}, instrument_id: Papier, quantity: {long: Stück lang, short: Stück kurz}}\n",
    "layouts/broker.yaml": "where: {Type: [Fund]}\nleave: {Type: [Cash]}\n"
    "columns: {book_id: Account, instrument_id: Sym, quantity: {size: Qty, side: Side, negative: [S]}}\n",
}
ENTRY = """\
  positions:
    files: [{file: in/custodian.csv, layout: custodian}, {file: in/broker.csv, layout: broker}]
"""


@pytest.fixture
def senders(tmp_path: Path) -> Path:
    """scenarios/two-desks, whose positions come from a custodian and a broker."""
    folder = tmp_path / "senders"
    shutil.copytree(SCENARIOS / "two-desks", folder)
    text = (folder / "scenario.yaml").read_text()
    start, end = text.index("  positions:"), text.index("  risk:")
    (folder / "scenario.yaml").write_text(text[:start] + ENTRY + text[end:])
    files = {"in/custodian.csv": CUSTODIAN.encode("latin-1"), "in/broker.csv": BROKER.encode()}
    for name, data in (files | {n: t.encode() for n, t in LAYOUTS.items()}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_the_run_is_the_one_from_files_of_ours(senders: Path, tmp_path: Path) -> None:
    ours = run(SCENARIOS / "two-desks", tmp_path / "ours", Options(baseline=False))
    theirs = run(senders, tmp_path / "theirs", Options(baseline=False))
    assert theirs.summary.run_id == ours.summary.run_id
    for name in ("internal_transfers.csv", "hedges.csv", "hedge_allocations.csv"):
        assert theirs.files[name] == ours.files[name]
    verify(tmp_path / "theirs")
    manifest = json.loads((tmp_path / "theirs/manifest.json").read_text())
    assert {"in/custodian.csv", "in/broker.csv", *LAYOUTS} <= set(manifest["inputs"])
    assert manifest["settings"]["rows_left"] == [
        "positions: rows of in/broker.csv that are left: Type Cash (1)"
    ]
    kept = tmp_path / "theirs/inputs/layouts/broker.yaml"
    kept.write_text(kept.read_text().replace("negative: [S]", "negative: [B]"))
    with pytest.raises(Tampered):
        verify(tmp_path / "theirs")


def test_an_error_is_told_where_its_sender_wrote_it(senders: Path) -> None:
    (senders / "in/broker.csv").write_text(BROKER.replace("ARB,ETF", "ARB,ETG"))
    with pytest.raises(InputsRefused) as refused:
        load(senders)
    assert "ERROR in/broker.csv:2:Sym value='ETG' no such instrument" in str(
        refused.value.issues[0]
    )


def test_one_key_of_two_senders_names_both_files(senders: Path) -> None:
    (senders / "in/broker.csv").write_text(BROKER.replace("ARB,ETF", "MM,ETF"))
    with pytest.raises(InputsRefused) as refused:
        load(senders)
    assert "duplicate key MM/ETF, first on line 2 of in/custodian.csv" in str(
        refused.value.issues[0]
    )


def test_a_table_is_shown_as_it_was_understood(senders: Path) -> None:
    table, elsewhere, left = shown(senders, "positions")
    assert table == b"book_id,instrument_id,quantity\nMM,ETF,100000.00\nARB,ETF,-60000\n"
    assert elsewhere == 0
    assert len(left) == 1


def test_a_table_is_shown_while_others_are_wrong(senders: Path) -> None:
    (senders / "in/broker.csv").write_text(BROKER.replace("60000,S", "60000,s"))
    assert shown(senders, "limits")[1] == 1
    with pytest.raises(InputsRefused):
        shown(senders, "positions")
    with pytest.raises(InputsRefused):
        shown(senders, "fx")
