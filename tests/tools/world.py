"""A small whole scenario as files, and what its readers say of changes to it."""

import re
import stat
from pathlib import Path

import pytest

from neutralizer.errors import InputsRefused
from neutralizer.run import Options, run

TIME = "2024-06-27T15:59:00-04:00"


WORLD = {
    "scenario.yaml": """\
format: 1
name: two-desks
as_of: 2024-06-27T16:00:00-04:00
base_currency: USD
tables:
  books: books.csv
  instruments: instruments.csv
  positions: positions.csv
  risk: {units: daily_fraction, factors: factors.csv, loadings: loadings.csv, factor_covariance: factor_covariance.csv}
  fx: fx.csv
  accounts: accounts.csv
  pools: pools.csv
  cash_routes: cash_routes.csv
  margin_rates: margin_rates.csv
  mandates: mandates.csv
  limits: limits.csv
  combinations: combinations.csv
  crossing_groups: crossing_groups.csv
costs: {booking_fee_bps: 0.1}
""",
    "books.csv": """\
book_id,account_id,entity,description
ARB,PB,BD,Arbitrage desk
MM,PB,BD,Market maker
EUX,PBE,BD,Euro desk
""",
    "instruments.csv": """\
instrument_id,asset_class,currency,price,multiplier,payment,half_spread_bps,hedge_instrument,specific_volatility,price_time,sector,lot_size
ETF,etf,USD,100,,fully_paid,2,yes,0.001,2024-06-27T15:59:00-04:00,broad,1
FUT,future,USD,4000,50,margined,0.5,yes,0.001,,index,1
EQE,equity,EUR,50,,fully_paid,3,yes,0.01,,tech,1
ROLL,combination,USD,100,1,margined,1,no,,,,1
""",
    "positions.csv": """\
book_id,instrument_id,quantity
ARB,ETF,-60000
MM,ETF,100000
EUX,EQE,1000
""",
    "factors.csv": "factor_id,basis,description\nMARKET,value,the index\nEURO,value,the currency\n",
    "loadings.csv": """\
instrument_id,factor_id,loading
ETF,MARKET,1
FUT,MARKET,1
EQE,MARKET,0.9
EQE,EURO,1
""",
    "factor_covariance.csv": "factor_id,MARKET,EURO\nMARKET,0.0001,0.00001\nEURO,0.00001,0.00005\n",
    "fx.csv": "currency,rate\nEUR,1.07\n",
    "accounts.csv": "account_id,pool_id,margin_multiplier\nPB,USD,1\nPBE,EUR,1.2\n",
    "pools.csv": "pool_id,currency,cash,minimum_balance\nUSD,USD,10000000,1000000\nEUR,EUR,500000,0\n",
    "cash_routes.csv": "from_pool,to_pool,capacity,fee_bps\nUSD,EUR,1000000,1\nEUR,USD,,1\n",
    "margin_rates.csv": """\
instrument_id,account_id,long_rate,short_rate
ETF,,0.15,0.15
FUT,,0.05,0.05
EQE,,0.2,0.3
EQE,PBE,0.25,0.3
""",
    "mandates.csv": """\
book_id,selector,may
ARB,asset_class:etf,trade
MM,*,trade
EUX,instrument:EQE,trade
""",
    "limits.csv": """\
limit_id,measure,scope,target,lower,upper,description
ARB-market,factor_exposure,book:ARB,MARKET,-1000000,1000000,ARB within 1 million
MM-market,factor_exposure,book:MM,MARKET,-2000000,2000000,MM within 2 million
firm-volatility,volatility,firm,,,20000,at most this a day
fut-position,position,firm,FUT,-500,500,contracts
""",
    "combinations.csv": "combination_id,instrument_id,ratio\nROLL,FUT,1\nROLL,ETF,-2000\n",
    "crossing_groups.csv": "group_id,books\nhouse,ARB;MM\n",
}


Change = tuple[str, str, str]


def refusal(path: Path) -> list[str]:
    """The issues that a run of a folder is refused with, as lines, warnings left out. Nothing is left
    on the disk.
    """
    before = tree(path.parent)
    with pytest.raises(InputsRefused) as caught:
        run(path, path.parent / "runs" / "today", Options())
    assert caught.value.exit_code == 3
    assert tree(path.parent) == before
    lines = [str(issue) for issue in caught.value.issues if issue.severity == "ERROR"]
    for line in lines:
        assert line.isprintable(), ascii(line)
        assert re.match(r"ERROR \S.*\S; \S", line), line
    return lines


def write(path: Path, *changes: Change) -> Path:
    """The world in a folder, each change (file, old, new) made once; `old` must be there."""
    path.mkdir(exist_ok=True)
    files = dict(WORLD)
    for file, old, new in changes:
        assert old in files[file], (file, old)
        files[file] = files[file].replace(old, new, 1)
    for name, content in files.items():
        (path / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    return path


def tree(path: Path) -> dict[str, tuple[int, int, bytes]]:
    """What stands below a folder: times and sizes, and the bytes of what is not huge."""
    found = {}
    for p in sorted(path.rglob("*")):
        known = p.lstat()
        plain = stat.S_ISREG(known.st_mode) and known.st_size < 2**22
        content = b""
        if plain:
            with p.open("rb") as file:
                content = file.read()
        found[p.relative_to(path).as_posix()] = (known.st_mtime_ns, known.st_size, content)
    return found
