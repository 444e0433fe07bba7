"""An estimate as files of a scenario, in the scenario's own units of risk."""

import math
from collections.abc import Sequence

import numpy as np

from neutralizer.domain.arrays import Floats
from neutralizer.load.written.canonical import Cells, csv_of
from neutralizer.prepare.estimate.covariance import Covariance
from neutralizer.prepare.estimate.estimate import Estimate

SCALE = {
    "daily_fraction": 1.0,
    "annual_fraction": math.sqrt(252),
    "annual_percent": 100 * math.sqrt(252),
}
MEASURED = (
    "instrument_id",
    "volatility",
    "specific_volatility",
    "adv",
    "half_spread_bps",
    "n_days",
)


def files(found: Estimate) -> dict[str, bytes]:
    """The tables, and the lines of scenario.yaml that name them."""
    risk = risk_tables(found, found.covariance)
    tables = {"measured": measured_table(found)} | risk
    return {f"{name}.csv": csv_of(cells) for name, cells in tables.items()} | {
        "tables.yaml": _lines(found, sorted(risk))
    }


def _number(value: float, digits: int = 10) -> str:
    return "" if math.isnan(value) else f"{value + 0.0:.{digits}g}"


def measured_table(found: Estimate) -> Cells:
    """What fills the blank columns of instruments."""
    scale = SCALE[found.facts.units]
    rows = [
        [
            x.name,
            _number(x.volatility * scale, 6),
            _number(specific * scale, 6),
            _number(x.adv, 6),
            _number(x.half_spread_bps, 4),
            str(x.days),
        ]
        for x, specific in zip(found.measured, found.specific, strict=True)
    ]
    return [list(MEASURED), *sorted(rows)]


def risk_tables(found: Estimate, covariance: Covariance) -> dict[str, Cells]:
    """A covariance of the estimate's instruments, in its order, as tables; specific volatilities are measured."""
    c, names, scale = covariance, [x.name for x in found.measured], SCALE[found.facts.units]
    if c.loadings is None or c.factors is None or c.specific is None:
        return {"covariance": _square("instrument_id", names, c.matrix * scale**2)}
    currencies = found.panel.currencies
    factors = [["factor_id", "basis", "currency"]]
    factors += [[f, "value", f if f in currencies else ""] for f in c.names]
    loadings = [["instrument_id", "factor_id", "loading"]]
    pairs = {x.name for x in found.panel.instruments if x.asset_class == "fx"}
    for name, row in zip(names, c.loadings, strict=True):
        own = [(f, b) for f, b in zip(c.names, row, strict=True) if f not in currencies]
        if name not in pairs or any(b for _, b in own):
            loadings += [[name, f, _number(b)] for f, b in own]
    return {
        "factors": factors,
        "loadings": loadings,
        "factor_covariance": _square("factor_id", c.names, c.factors * scale**2),
    }


def _square(label: str, names: Sequence[str], matrix: Floats) -> Cells:
    """Symmetric to the last digit, sorted by id."""
    order = sorted(range(len(names)), key=lambda k: names[k])
    whole = (matrix + matrix.T) / 2
    ids = [names[k] for k in order]
    return [
        [label, *ids],
        *([n, *(_number(v) for v in whole[k, order])] for n, k in zip(ids, order, strict=True)),
    ]


def _lines(found: Estimate, names: list[str]) -> bytes:
    risk = "".join(f", {name}: {name}.csv" for name in names)
    beside = (
        ""
        if "loadings" in names
        else (
            "# Where limits on factors need them, keep factors and loadings in risk, and take factor_covariance out.\n"
        )
    )
    text = (
        "# Put these files into the scenario's folder, and these lines under tables: in its scenario.yaml.\n"
        f"{beside}"
        f"  risk: {{units: {found.facts.units}{risk}}}\n"
        "  measured: measured.csv\n"
    )
    return text.encode()


def condition(matrix: Floats) -> float:
    """Of the correlations: largest eigenvalue over the least."""
    deviation = np.sqrt(np.diag(matrix))
    kept = deviation > 0
    safe = matrix[np.ix_(kept, kept)] / np.outer(deviation[kept], deviation[kept])
    eigenvalues = np.linalg.eigvalsh(safe)
    return float(eigenvalues[-1] / eigenvalues[0]) if eigenvalues[0] > 0 else math.inf
