"""A scenario around a sender's positions: what is in the file, and nothing that is not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from neutralizer.cli.main import cli
from neutralizer.errors import InputsRefused
from neutralizer.load.scenario import Loaded, load
from neutralizer.prepare.around import Sent, around
from neutralizer.report.look.facts import facts
from tests.load.layouts.senders import CUSTODIAN, IB_ACTIVITY, IB_FLEX

NOW = datetime(2024, 6, 28, 16, tzinfo=UTC)
OWN = b"book_id,instrument_id,quantity\nA,X,10\nB,X,-4\nB,Y,3\n"
LONG_PRICES = b"Symbol,Close\nX,20.5\nY,7\nZ,3\n"
WIDE = b"Date,X,Y\n2024-06-27,19,6.5\n2024-06-28,20.5,7\n"


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def reasons(folder: Path) -> list[str]:
    with pytest.raises(InputsRefused) as refused:
        load(folder)
    return [f"{x.file}:{x.column} {x.reason}" for x in refused.value.issues]


def loaded_whole(folder: Path) -> Loaded:
    text = (
        (folder / "instruments.csv")
        .read_text()
        .replace("X,,", "X,equity,")
        .replace("Y,,", "Y,etf,")
    )
    (folder / "instruments.csv").write_text(text)
    return load(folder)


def test_a_statement_of_a_broker_is_a_whole_scenario(tmp_path: Path) -> None:
    """Its asset classes, prices and multipliers stand in it."""
    folder = written(tmp_path, around("one", Sent("U1.csv", IB_ACTIVITY.encode()), None, NOW))
    s = load(folder).scenario
    assert s.books.ids == ("BOOK",)
    (row,) = facts(s)["books"]
    assert row["largest"] == {"ESU4": -828225.0, "AAPL": pytest.approx(252744.0)}
    (limit,) = s.limits
    assert limit.upper == 1_090_000
    assert limit.description == "proposal: today's use"
    assert (folder / "in/U1.csv").read_bytes() == IB_ACTIVITY.encode()


@pytest.mark.parametrize("prices", [LONG_PRICES, WIDE])
def test_prices_stand_a_row_or_a_column_each(prices: bytes, tmp_path: Path) -> None:
    files = around("own", Sent("own.csv", OWN), Sent("prices.csv", prices), NOW)
    s = loaded_whole(written(tmp_path, files)).scenario
    assert dict(zip(s.tradables.ids, s.tradables.price.tolist(), strict=True)) == {
        "X": 20.5,
        "Y": 7.0,
    }
    assert {x.limit_id: x.upper for x in s.limits} == {"A-gross": 205, "B-gross": 103}
    assert not s.holdings.before[s.tradables.cap[s.holdings.instrument] > 0].any()
    assert all(f["may_trade"] == {"A": 1, "B": 2}[f["book"]] for f in facts(s)["mandates"])


def test_what_is_not_in_the_file_is_asked_for_not_guessed(tmp_path: Path) -> None:
    folder = written(tmp_path, around("own", Sent("own.csv", OWN), None, NOW))
    assert reasons(folder) == [
        *["instruments.csv:asset_class required value is blank"] * 2,
        *["instruments.csv:price no price"] * 2,
    ]


def test_a_foreign_currency_asks_for_its_rate(tmp_path: Path) -> None:
    folder = written(tmp_path, around("flex", Sent("flex.csv", IB_FLEX.encode()), None, NOW))
    assert reasons(folder) == ["scenario.yaml:tables.fx.0.rate required value is blank"]
    text = (folder / "scenario.yaml").read_text().replace("rate: }", "rate: 1.07}")
    (folder / "scenario.yaml").write_text(text)
    assert load(folder).scenario.books.ids == ("U1", "U2")


def test_names_that_are_no_ids_are_mapped(tmp_path: Path) -> None:
    sent = Sent("b.csv", CUSTODIAN.encode("latin-1"))
    files = around("b", sent, None, NOW)
    assert files["layouts/books.csv"].decode() == "Portfolio,book_id\nNord,Nord\nSüd,Sud\n"
    folder = written(tmp_path, files)
    assert [x for x in reasons(folder) if "duplicate key Sud/DE0007164600" in x]
    layout = folder / "layouts/positions.yaml"
    layout.write_text(layout.read_text() + "add: [quantity]\n")
    assert not [x for x in reasons(folder) if "duplicate" in x]


@pytest.mark.parametrize(
    ("positions", "prices", "reason"),
    [
        (b"", None, "the file is empty"),
        (b"Symbol,Quantity\n", None, "no positions in it"),
        (b"Symbol,Quantity\nX,1O\n", None, "not a number"),
        (OWN, b"Symbol,Close\nQ,20.5\n", "no price of what is held"),
    ],
)
def test_what_cannot_be_read_is_refused(
    positions: bytes, prices: bytes | None, reason: str
) -> None:
    with pytest.raises(InputsRefused) as refused:
        around("x", Sent("p.csv", positions), prices and Sent("q.csv", prices), NOW)
    assert refused.value.issues[0].reason == reason


def test_the_command_writes_it_once(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(OWN)
    words = ["init", str(tmp_path / "new"), "--positions", str(tmp_path / "own.csv")]
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert (tmp_path / "new/scenario.yaml").is_file()
    assert CliRunner().invoke(cli, words).exception is not None
    both = ["init", str(tmp_path / "other"), "--positions", "x.csv", "--from", "rates"]
    assert CliRunner().invoke(cli, both).exit_code == 2
