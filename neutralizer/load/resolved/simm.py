"""Sensitivities in the common risk interchange format, and SIMM parameters -> lines, buckets, families."""

from collections.abc import Iterable
from itertools import groupby

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.scenario import Entries
from neutralizer.domain.simm import NO_SIMM, Bucket, Family, Simm
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.simm_methodology import (
    HORIZON,
    RESIDUAL,
    Line,
    Row,
    Rules,
    days_of,
    line_of,
)
from neutralizer.load.written.inputs import Inputs
from neutralizer.load.written.simm_parameters import MILLION, Parameters

DOLLAR = "USD"  # what the thresholds are in
WORDS = ("product_class", "risk_type", "qualifier", "bucket", "label1", "label2")


def resolve_simm(
    inputs: Inputs, select: Selector, fx: dict[str, float], entries: Entries, accounts: int
) -> Simm:
    """Aligned with the instruments, at the concentration of the positions before; nothing without
    parameters. Raises BadParameters.
    """
    settings = inputs.settings
    if inputs.simm is None:
        return NO_SIMM
    found = simm_of(
        rows_of(inputs, select, fx),
        inputs.simm,
        len(select.ids),
        settings.simm.calculation_currency or settings.base_currency,
        fx.get(DOLLAR, 1.0),
        settings.simm.multipliers,
        accounts,
    )
    for a in range(accounts):
        own = entries.account == a
        s = found.amount[:, entries.instrument[own]] @ entries.before[own]
        found.ratios[a] = found.concentration(s)
    return found


def rows_of(inputs: Inputs, select: Selector, fx: dict[str, float]) -> list[Row]:
    """The rows of the table crif, in base currency."""
    table = inputs["crif"]
    rate = [fx[c] for c in table["amount_currency"]]
    columns = zip(
        (select.index[i] for i in table["instrument_id"]),
        *(table[w] for w in WORDS),
        (table["amount"] * rate).tolist(),
        strict=True,
    )
    return [Row(*cells) for cells in columns]


def simm_of(
    rows: Iterable[Row],
    parameters: Parameters,
    instruments: int,
    calculation: str,
    dollar: float,
    multiplier: dict[str, float],
    accounts: int,
) -> Simm:
    """The arrays. calculation: the calculation currency, whose own FX risk is none; dollar: base currency
    per US dollar, in which the thresholds are. Raises BadParameters.
    """
    lines: dict[Line, dict[int, float]] = {}
    for row in rows:
        if row.risk_type == "Risk_FX" and row.qualifier == calculation:
            continue
        vega = row.risk_type == "Risk_IRVol"
        for measure in ("vega", "curvature") if vega else ("delta",):
            scaling = (
                0.5 * min(1.0, HORIZON * parameters.days / days_of(row.label1.lower()))
                if measure == "curvature"
                else 1.0
            )
            own = lines.setdefault(line_of(row, measure), {})
            own[row.column] = own.get(row.column, 0.0) + row.amount * scaling
    order = sorted(lines)
    cells = [(k, c, v) for k, line in enumerate(order) for c, v in sorted(lines[line].items())]
    r, c, v = zip(*cells, strict=True) if cells else ((), (), ())
    amount = csr_array((list(v), (list(r), list(c))), shape=(len(order), instruments))
    rules = Rules(parameters, calculation)
    keys = [rules.group(line) for line in order]
    groups = sorted({k for k in keys if k is not None})
    return Simm(
        amount=amount,
        weight=np.array([rules.weight(line) for line in order], dtype=float),
        group=np.array([-1 if k is None else groups.index(k) for k in keys], dtype=np.int64),
        threshold=np.array([rules.threshold(k) * MILLION * dollar for k in groups], dtype=float),
        families=_families(order, groups, rules),
        classes=rules.classes({line.risk_class for line in order}),
        multiplier=multiplier,
        ratios=np.ones((accounts, len(groups))),
    )


def _families(order: list[Line], groups: list[tuple[str, ...]], rules: Rules) -> tuple[Family, ...]:
    found = []
    place = {line: k for k, line in enumerate(order)}
    for (product, name, measure), some in groupby(
        order, lambda x: (x.product, x.risk_class, x.measure)
    ):
        buckets, labels = [], []
        for label, own in groupby(list(some), lambda x: x.bucket):
            lines = list(own)
            correlation = np.array([[rules.within(a, b) for b in lines] for a in lines])
            scaled = name == "InterestRate" and measure != "curvature"
            keys = [key for key in map(rules.group, lines) if key is not None and scaled]
            which = np.array([place[x] for x in lines], dtype=np.int64)
            ratio = groups.index(keys[0]) if keys else -1
            buckets.append(Bucket(which, correlation, label == RESIDUAL, ratio))
            labels.append(label)
        between = np.array([[rules.between(name, measure, a, b) for b in labels] for a in labels])
        factor = rules.curvature() if measure == "curvature" else 1.0
        found.append(Family(product, name, measure, tuple(buckets), between, factor))
    return tuple(found)
