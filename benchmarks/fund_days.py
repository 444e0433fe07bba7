"""What six real funds traded on one day, as targets.

`write(FOLDER, DATA)` makes a scenario of `positions_ark` (fund holdings and day-on-day changes, gathered
from public disclosures; not in the project) and of the costs in a scenario of the same names.
"""

import csv
import gzip
from pathlib import Path

DAY, BEFORE = "2021-04-14", "2021-04-13"
SETTINGS = """\
format: 1
name: fund-day
as_of: {day}T16:00:00-04:00
base_currency: USD
tables:
  books: books.csv
  instruments: instruments.csv
  positions: positions.csv
  targets: targets.csv
  crossing_groups: [{{group_id: family, books: [{books}], cross_entity: yes}}]
  risk: {{units: daily_fraction}}
"""
Row = dict[str, str]


def write(
    folder: Path, data: Path, costs: Path, waiting: str = "", day: str = DAY, before: str = BEFORE
) -> int:
    """The day's trades in whole shares, and how many; `waiting`: basis points, where all may wait.

    data: the folder positions_ark; costs: an instruments.csv with half_spread_bps, adv and volatility by EQ:ticker.
    """
    folder.mkdir(parents=True)
    held = [r for r in _rows(data / "fund_holdings_2020-10_2021-09.csv.gz") if r["date"] == before]
    traded = [r for r in _rows(data / "transactions_2020-10_2021-09.csv.gz") if r["date"] == day]
    positions = {(r["fund"], r["ticker"]): float(r["shares"]) for r in held if r["ticker"]}
    wishes = {
        (r["fund"], r["ticker"]): float(r["deltaShares"])
        for r in traded
        if r["ticker"] and abs(float(r["deltaShares"])) >= 1
    }
    price = {r["ticker"]: float(r["market value($)"]) / float(r["shares"]) for r in held}
    price |= {
        r["ticker"]: float(r["stockPrice"]) for r in traded if r["ticker"] and r["stockPrice"]
    }
    known = {r["instrument_id"].removeprefix("EQ:"): r for r in _rows(costs)}
    funds = sorted({fund for fund, _ in positions | wishes})
    names = sorted({ticker for _, ticker in positions | wishes})
    _put(folder / "books.csv", "book_id,entity", [(f, f) for f in funds])
    columns = ("half_spread_bps", "adv", "volatility", "commission_bps")
    _put(
        folder / "instruments.csv",
        "instrument_id,asset_class,currency,price," + ",".join(columns),
        [
            (n, "equity", "USD", f"{price[n]:.4f}", *((known[n][c] for c in columns) if n in known else ("8", "", "", "")))
            for n in names
        ],
    )  # fmt: skip
    _put(
        folder / "positions.csv",
        "book_id,instrument_id,quantity",
        [(f, t, f"{q:.0f}") for (f, t), q in sorted(positions.items())],
    )
    may = ("yes", waiting) if waiting else ("no", "")
    _put(
        folder / "targets.csv",
        "book_id,instrument_id,trade,may_wait,waiting_bps",
        [(f, t, f"{q:.0f}", *may) for (f, t), q in sorted(wishes.items())],
    )
    text = SETTINGS.format(day=day, books=", ".join(funds))
    still = [fund for fund in funds if all(fund != f for f, _ in wishes)]
    if still:  # who trades nothing is nobody's warehouse
        rows = [f'{{book_id: {fund}, selector: "*", may: none}}' for fund in still]
        text += f"  mandates: [{', '.join(rows)}]\n"
    (folder / "scenario.yaml").write_text(text)
    return len(wishes)


def _rows(path: Path) -> list[Row]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    rows = csv.DictReader(text.splitlines())
    return [r | {"ticker": r["ticker"].strip()} if "ticker" in r else r for r in rows]


def _put(path: Path, header: str, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header.split(","))
        out.writerows(rows)
