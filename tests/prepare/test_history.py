"""History folders: one reading of every form, nothing after the day, nothing filled."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neutralizer.errors import InputsRefused
from neutralizer.prepare.history.findings import findings
from neutralizer.prepare.history.folder import read_past
from neutralizer.prepare.history.returns import changes, returns
from tests.tools.past import LAST, frame, normal, past_of, write

LONG = """\
date,instrument_id,price,adjusted,volume,currency
2024-06-24,FUT,100,90,5,USD
2024-06-25,FUT,102,92,7,USD
2024-06-26,FUT,80,91,,USD
2024-06-24,NA,50,,1000,EUR
2024-06-26,NA,51,,2000,EUR
"""


def read(folder: Path, text: str, until: date = LAST, name: str = "prices.csv") -> object:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return read_past(folder, until)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputsRefused) as caught:
        read(folder, text)
    return [str(issue) for issue in caught.value.issues]


def test_a_long_table(tmp_path: Path) -> None:
    past = read(tmp_path, LONG)
    assert list(past.prices["price"].columns) == ["FUT", "NA"]  # NA stays a name
    assert past.currency == {"FUT": "USD", "NA": "EUR"}
    assert past.prices["price"]["FUT"].tolist() == [100.0, 102.0, 80.0]
    assert np.isnan(past.prices["price"]["NA"].iloc[1])
    assert past.prices["volume"]["NA"].iloc[2] == 2000


def test_wide_and_parquet_say_the_same(tmp_path: Path) -> None:
    prices = frame(normal(3, 30), ["A", "B", "C"]).round(4)
    prices.iloc[4, 1] = np.nan
    wide = read_past(write(tmp_path / "wide", prices), LAST)
    (tmp_path / "arrow").mkdir()
    long = prices.rename_axis("date").reset_index().melt("date", var_name="instrument_id", value_name="price")  # fmt: skip
    long["date"] = long["date"].dt.date
    long.to_parquet(tmp_path / "arrow" / "prices.parquet", index=False)
    typed = read_past(tmp_path / "arrow", LAST)
    for past in (wide, typed):
        pd.testing.assert_frame_equal(
            past.prices["price"],
            prices,
            check_names=False,
            check_freq=False,
            check_index_type=False,
        )


def test_a_sender_s_layout_is_named_by_history_yaml(tmp_path: Path) -> None:
    (tmp_path / "theirs.csv").write_text(
        "Tag;Name;Kurs\n27.06.2024;A;1.234,5\n26.06.2024;A;1.200\n"
    )
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts" / "bank.yaml").write_text(
        'format: {separator: ";", number: "1.234,56", date: dd.mm.yyyy}\n'
        "columns: {date: Tag, instrument_id: Name, price: Kurs}\n"
    )
    (tmp_path / "history.yaml").write_text(
        "prices: {file: theirs.csv, layout: layouts/bank.yaml}\n"
    )
    assert read_past(tmp_path, LAST).prices["price"]["A"].tolist() == [1200.0, 1234.5]


def test_nothing_later_is_read(tmp_path: Path) -> None:
    past = read(tmp_path, LONG, date(2024, 6, 25))
    assert past.prices["price"]["FUT"].tolist() == [100.0, 102.0]
    with pytest.raises(InputsRefused) as caught:
        read(tmp_path, LONG, date(2020, 1, 1))
    assert "no price up to 2020-01-01" in str(caught.value.issues[0])


def test_what_is_wrong_is_told_by_its_line(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, LONG + "2024-06-25,FUT,103,,,USD\n")
    assert "prices.csv:7:instrument_id" in told
    assert "a second row of 2024-06-25, first on line 3" in told
    assert any("not a date" in t and ":2:date" in t for t in refused(tmp_path, LONG.replace("2024-06-24,FUT", "24.06.2024,FUT")))  # fmt: skip
    assert any("USD before" in t for t in refused(tmp_path, LONG.replace("7,USD", "7,EUR")))
    assert any("unknown column" in t for t in refused(tmp_path, LONG.replace("volume", "vol")))


def test_a_folder_without_prices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputsRefused) as caught:
        read(tmp_path, "", LAST, "other.csv")
    assert "no prices" in str(caught.value.issues[0])


def test_a_file_outside_the_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "history.yaml").write_text("prices: ../prices.csv\n")
    with pytest.raises(InputsRefused, match="1 error"):
        read_past(tmp_path, LAST)


def test_returns_of_a_future_are_of_its_unadjusted_price(tmp_path: Path) -> None:
    """80 follows 102 because the contract rolled: back-adjusted it lost 1, on the 102 that were paid."""
    past = read(tmp_path, LONG)
    found = returns(past, {"FUT"})
    assert found["FUT"].tolist() == [2 / 100, -1 / 102]
    assert returns(past, set())["FUT"].tolist() == pytest.approx([2 / 90, -1 / 92])


def test_a_missing_day_is_missing(tmp_path: Path) -> None:
    assert returns(read(tmp_path, LONG), set())["NA"].isna().all()


def test_prices_below_nothing_and_at_nothing() -> None:
    prices = frame(np.zeros((3, 1)), ["CL"])
    prices["CL"] = [10.0, -20.0, 0.0, 5.0]
    found = returns(past_of(prices), {"CL"})["CL"]
    assert found.tolist()[:2] == [-3.0, 1.0]
    assert np.isnan(found.iloc[2])


def test_changes_of_rates() -> None:
    assert changes(frame(np.full((2, 1), 0.01), ["EUR"]))["EUR"].round(12).tolist() == [0.01, 0.01]


def test_what_looks_wrong_is_said() -> None:
    prices = frame(normal(5, 60, seed=3), ["FINE", "GAP", "JUMP", "STILL", "ZERO"])
    day = prices.index
    prices.loc[day[10:12], "GAP"] = np.nan
    prices.loc[day[20] :, "JUMP"] *= 2
    prices.loc[day[30:36], "STILL"] = prices.loc[day[30], "STILL"]
    prices.loc[day[40], "ZERO"] = 0.0
    past = past_of(prices)
    said = findings(past, returns(past, set()))
    assert said[0] == f"GAP has no price on {day[10].date()}, and 1 more"
    assert said[1] == f"JUMP moves +99.0% on {day[20].date()}, 99 robust deviations"
    stands = f"STILL stands at {prices.loc[day[30], 'STILL']:g} for 5 days from {day[30].date()}"
    assert said[2] == stands
    assert f"ZERO is 0 on {day[40].date()}" in said
    assert not any(text.startswith("FINE") for text in said)
