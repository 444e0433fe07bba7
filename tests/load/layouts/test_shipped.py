"""Each layout that ships reads its sender's file to what a person would write by hand."""

from typing import Any

import pytest

from neutralizer.errors import Issues
from neutralizer.load.layouts.layout import read_layout
from neutralizer.load.layouts.read import shipped
from tests.load.layouts.senders import (
    CUSTODIAN,
    FIX_BLOTTER,
    IB_ACTIVITY,
    IB_FLEX,
    PYSYSTEM_INSTRUMENTS,
    PYSYSTEM_POSITIONS,
    WIDE_PRICES,
    in_files,
    workbook,
)

BY_CURRENCY = b"Symbol,Currency,instrument_id\nAAPL,USD,APPLE\nESU4,USD,ES-SEP\n"
PRTU = workbook(
    [
        ["PRTU", None],
        [],
        ["Portfolio Name", "Security ID", "Position"],
        ["GLOB", "AAPL US Equity", 1200],
        ["GLOB", "ESU4 Index", -3.0],
    ]
)
CASES: dict[str, tuple[str, dict[str, Any], dict[str, bytes], list[tuple[str, ...]]]] = {
    "ib_activity": (
        "positions", {"file": "in/U1.csv", "set": {"book_id": "MM1"}},
        {"in/U1.csv": IB_ACTIVITY.encode(), "layouts/symbols.csv": BY_CURRENCY},
        [("instrument_id", "quantity", "mark_price", "book_id"), ("APPLE", "1200", "210.62", "MM1"), ("ES-SEP", "-3", "5521.5", "MM1")],
    ),
    "ib_flex": (
        "positions", {"file": "flex.csv"},
        {
            "flex.csv": IB_FLEX.encode(), "layouts/accounts.csv": b"ClientAccountID,book_id\nU1,MM1\nU2,MM2\n",
            "layouts/symbols.csv": b"instrument_id,Symbol,CurrencyPrimary\nAPPLE,AAPL,USD\nSAP.DE,SAP,EUR\n",
        },
        [("book_id", "instrument_id", "quantity", "mark_price"), ("MM1", "APPLE", "1200", "210.62"), ("MM2", "SAP.DE", "-40", "189.5")],
    ),
    "custodian": (
        "positions", {"file": "bestand.csv"},
        {
            "bestand.csv": CUSTODIAN.encode("latin-1"), "layouts/portfolios.csv": "Portfolio,book_id\nSüd,S\nNord,N\n".encode(),
            "layouts/securities.csv": b"ISIN,Currency,instrument_id\nDE0007164600,EUR,SAP\nFR0000120271,EUR,TTE\n",
        },
        [("book_id", "instrument_id", "quantity"), ("S", "SAP", "1300.00"), ("N", "TTE", "-300")],
    ),
    "bloomberg_prtu": (
        "positions", {"file": "prtu.xlsx"},
        {
            "prtu.xlsx": PRTU, "layouts/portfolios.csv": b"Portfolio Name,book_id\nGLOB,G\n",
            "layouts/securities.csv": b"Security ID,instrument_id\nAAPL US Equity,APPLE\nESU4 Index,ES-SEP\n",
        },
        [("book_id", "instrument_id", "quantity"), ("G", "APPLE", "1200"), ("G", "ES-SEP", "-3")],
    ),
    "pysystemtrade_positions": (
        "positions", {"file": "p.csv", "set": {"book_id": "CTA"}}, {"p.csv": PYSYSTEM_POSITIONS.encode()},
        [("instrument_id", "quantity", "book_id"), ("CORN_20241200", "-12", "CTA"), ("EUROSTX_20240900", "7", "CTA")],
    ),
    "pysystemtrade_instruments": (
        "instruments", {"file": "config.csv"},
        {
            "config.csv": PYSYSTEM_INSTRUMENTS.encode(),
            "layouts/contracts.csv": b"symbol,instrument_id\nCORN,CORN_20241200\nEUROSTX,EUROSTX_20240900\n",
            "layouts/prices.csv": b"symbol,price\nCORN,420.25\nEUROSTX,4894\n",
            "layouts/spreads.csv": b"symbol,half_spread_per_unit\nCORN,6.25\nEUROSTX,5\n",
        },
        [
            ("instrument_id", "asset_class", "payment", "currency", "multiplier", "price", "half_spread_per_unit", "commission_per_unit", "underlying", "sector"),
            ("CORN_20241200", "future", "margined", "USD", "50.0", "420.25", "6.25", "2.81", "CORN", "Ags"),
            ("EUROSTX_20240900", "future", "margined", "EUR", "10.0", "4894", "5", "1.9", "EUROSTX", "Equity"),
        ],
    ),
    "fix_blotter": (
        "open_orders", {"file": "blotter.csv"},
        {
            "blotter.csv": FIX_BLOTTER.encode(), "layouts/accounts.csv": b"Account,book_id\nA7,MM1\nA8,MM2\n",
            "layouts/symbols.csv": b"Symbol,instrument_id\nAAPL,APPLE\nESU4,ES-SEP\n",
        },
        [("book_id", "instrument_id", "quantity", "ticket_id"), ("MM1", "APPLE", "300", "O1"), ("MM1", "ES-SEP", "-4", "O2"), ("MM2", "APPLE", "-50", "O3")],
    ),
    "wide_prices": (
        "instruments", {"file": "prices.csv"}, {"prices.csv": WIDE_PRICES.encode()},
        [("instrument_id", "price"), ("AAPL", "210.62"), ("SAP", "189.54")],
    ),
}  # fmt: skip


def test_every_layout_that_ships_is_shown() -> None:
    assert CASES.keys() == shipped().keys()


@pytest.mark.parametrize("name", sorted(CASES))
def test_it_reads_what_a_person_would_write(name: str) -> None:
    table, entry, files, expected = CASES[name]
    told = in_files(table, {**entry, "layout": name}, files)
    assert told.errors == []
    assert told.raw is not None
    assert [told.raw.header, *map(tuple, told.raw.rows)] == expected


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_sender_s_bytes_and_the_layout_are_inputs(name: str) -> None:
    """A layout that ships stands among the inputs as well: another version may ship another."""
    table, entry, files, _ = CASES[name]
    told = in_files(table, {**entry, "layout": name}, files)
    assert told.kept == {**files, f"layouts/{name}.yaml": shipped()[name].read_bytes()}


def test_rows_that_are_left_are_counted() -> None:
    table, entry, files, _ = CASES["ib_activity"]
    told = in_files(table, {**entry, "layout": "ib_activity"}, files)
    assert told.left == [
        "positions: rows of in/U1.csv that are left: DataDiscriminator Lot (2), Header Total (1)"
    ]


def test_a_copy_in_the_folder_is_taken_before_the_one_that_ships() -> None:
    table, entry, files, _ = CASES["wide_prices"]
    own = shipped()["wide_prices"].read_bytes().replace(b"value", b"{of: value, times: 100}")
    told = in_files(
        table, {**entry, "layout": "wide_prices"}, {**files, "layouts/wide_prices.yaml": own}
    )
    assert [row["price"] for row in told.rows] == ["21062.00", "18954.00"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_layout_that_ships_is_one(name: str) -> None:
    issues = Issues()
    assert read_layout(f"{name}.yaml", shipped()[name].read_bytes(), issues) is not None
    assert issues.found == []
