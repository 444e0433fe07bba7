"""What a run uses of margin and cash, base currency."""

from decimal import Decimal

from neutralizer.face import Run
from neutralizer.records.writing import csv_rows


def margin_after(run: Run) -> float:
    """What the pools have to carry after it."""
    return _summed(run, "pools.csv", "pool_id", "margin_after")


def cash_moved(run: Run) -> float:
    """What it sends between pools."""
    return _summed(run, "cash_transfers.csv", "from_pool", "amount")


def _summed(run: Run, file: str, pool: str, column: str) -> float:
    pools = run.scenario.loaded.scenario.pools
    fx = dict(zip(pools.ids, pools.fx.tolist(), strict=True))
    rows = csv_rows(run.files[file])[1]
    return float(sum(float(Decimal(r[column])) * fx[r[pool]] for r in rows))
