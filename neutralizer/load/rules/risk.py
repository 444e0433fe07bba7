"""Rules about risk: complete, symmetric, positive semidefinite, of a believable size."""

import math
from itertools import pairwise

import numpy as np

from neutralizer.domain.arrays import Bools, Floats
from neutralizer.domain.scenario import NORMAL
from neutralizer.errors import Issues
from neutralizer.load.resolved.currencies import exposures, major
from neutralizer.load.resolved.risk import (
    correlation_spectrum,
    is_indefinite,
    root_of,
    volatility_scale,
)
from neutralizer.load.resolved.selectors import Selector
from neutralizer.load.resolved.tenors import months, tenor_names
from neutralizer.load.rules.instruments import in_play
from neutralizer.load.written.columns import SQUARE_TABLES
from neutralizer.load.written.inputs import Inputs, Square

SYMMETRY = 1e-9
RANK = 1e-12  # of a correlation, a row: what is no eigenvalue
FEWEST_DAYS = 20  # returns, below which an instrument has no risk of its own
DAYS_A_ROW = 2.0  # of a covariance, below which it rests on what its method assumes
_UNITS = "check risk.units: annual, or percent?"
BELIEVABLE = (1e-5, 0.3)  # daily volatility, fraction


def one_model(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """One covariance at most, over the same factors as the loadings; volatilities have their units."""
    if {"covariance", "factor_covariance"} <= inputs.given:
        remedy = "keep covariance or factor_covariance"
        where = (
            "scenario.yaml",
            inputs.line("tables", "risk", "covariance"),
            "tables.risk.covariance",
        )
        issues.error(*where, None, "two risk models at once", remedy)
    for kind, square in inputs.squares.items():
        if kind.startswith("factor_covariance"):
            _same_factors(inputs, square, issues)
    _same_kind(inputs, issues)
    table = inputs["instruments"]
    given = [c for c in ("volatility", "specific_volatility") if not np.isnan(table[c]).all()]
    if given and inputs.settings.tables.risk is None and "risk" not in inputs.broken and len(table):
        where = ("scenario.yaml", inputs.line("tables"), "tables.risk")
        issues.error(*where, None, f"{given[0]} has no units", "add risk: {units: daily_fraction}")


def tenors_are_in_order(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Buckets of expiry are written from the nearest on, and no factor has the name of one."""
    tenors = inputs.settings.tenors
    if any(months(a) >= months(b) for a, b in pairwise(tenors)):
        where = ("scenario.yaml", inputs.line("tenors"), "tenors", ", ".join(tenors))
        issues.error(*where, "not each later than the one before", "write [1m, 3m, 1y]")
    table, names = inputs["factors"], tenor_names(inputs)
    for row, name in enumerate(table["factor_id"]):
        if name in names:
            table.error(
                issues, row, "factor_id", "the name of a bucket of tenors", "name it otherwise"
            )


def _same_kind(inputs: Inputs, issues: Issues) -> None:
    """Every other risk model has the one covariance that the normal model has."""
    risk = inputs.settings.tables.risk
    normal = [k for k in SQUARE_TABLES if k in inputs.given]
    for name, model in sorted(risk.models.items()) if risk else ():
        own = [k for k in SQUARE_TABLES if getattr(model, k) is not None]
        if own != normal:
            reason = f"the model {name} has not the covariance that the normal one has"
            remedy = f"give it {normal[0]} alone" if normal else "give the normal model one first"
        elif name == NORMAL:
            reason, remedy = "the name of the model that stands in risk itself", "name it otherwise"
        else:
            continue
        where = inputs.line("tables", "risk", "models", name)
        issues.error("scenario.yaml", where, f"tables.risk.models.{name}", None, reason, remedy)


def _same_factors(inputs: Inputs, square: Square, issues: Issues) -> None:
    names = inputs["factors"]["factor_id"]
    for name in sorted(set(square.ids) ^ set(names)):
        reason = f"the factor {name} stands in factors or in factor_covariance only"
        remedy = "carry the same factors in both"
        if name in square.ids:
            square.error(issues, name, name, reason, remedy)
        elif name:
            inputs["factors"].error(issues, names.index(name), "factor_id", reason, remedy)


def currency_factors_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """A factor that is a currency multiplies notional, and is another than the base currency."""
    table = inputs["factors"]
    for row, currency in enumerate(table["currency"]):
        if currency and table["basis"][row] != "value":
            remedy = "write basis value, or leave currency blank and write loadings"
            table.error(issues, row, "currency", "the factor counts units", remedy)
        if currency == inputs.settings.base_currency:
            remedy = "name another, or leave it blank"
            table.error(issues, row, "currency", "the base currency does not move", remedy)


def risk_is_complete(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """What is held or may be traded has loadings, specific volatility, or a covariance row."""
    table = inputs["instruments"]
    row_of = {i: r for r, i in enumerate(table["instrument_id"])}
    loaded = set(inputs["loadings"]["instrument_id"])
    pairs = np.array([kind == "fx" for kind in select.columns["asset_class"]], dtype=bool)
    loaded |= {select.ids[i] for i, _, _ in exposures(inputs, select) if pairs[i]}
    dense = inputs.squares.get("covariance")
    covered = set(dense.ids) if dense else set()
    for i in np.flatnonzero(in_play(inputs, select)[0].any(axis=0)).tolist():
        name = select.ids[i]
        row = row_of[name]
        if len(inputs["factors"]) and name not in loaded:
            table.error(
                issues,
                row,
                "instrument_id",
                "no loading at all",
                "add a row to loadings, 0 if it is 0",
            )
        if dense and name not in covered:
            table.error(issues, row, "instrument_id", "no row in the covariance", "add it")
        if "factor_covariance" in inputs.squares and np.isnan(table["specific_volatility"][row]):
            table.error(
                issues,
                row,
                "specific_volatility",
                "required beside a factor covariance",
                "write it, 0 if it is 0",
            )


def covariances_are_sound(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Symmetric to 1e-9 of the correlation, and positive semidefinite to 1e-8 of its largest eigenvalue."""
    for square in inputs.squares.values():
        if not len(square.ids):
            continue
        apart = np.abs(square.matrix - square.matrix.T) / _sizes(square)
        if apart.max() > SYMMETRY:
            a, b = np.unravel_index(apart.argmax(), apart.shape)
            reason = f"the covariance is not symmetric: {square.matrix[b, a]:g} the other way round"
            square.error(issues, square.ids[a], square.ids[b], reason, "correct the pair")
        elif _variances_are_sound(square, issues):
            _positive(square, inputs.settings.checks.repair_psd == "yes", issues)


def _sizes(square: Square) -> Floats:
    """What a covariance of one makes a correlation of one; 1 beside a variance that is not above zero."""
    deviation = np.sqrt(np.maximum(np.diag(square.matrix), 0))
    size = np.outer(deviation, deviation)
    found: Floats = np.where(size > 0, size, 1.0)
    return found


def _variances_are_sound(square: Square, issues: Issues) -> bool:
    before = len(issues.errors)
    for k, name in enumerate(square.ids):
        variance = square.matrix[k, k]
        if variance < 0:
            square.error(issues, name, name, "a negative variance", "correct the diagonal")
        elif variance == 0 and square.matrix[k].any():
            reason = "a variance of zero beside a covariance that is not"
            square.error(issues, name, name, reason, "correct the diagonal")
    return len(issues.errors) == before


def _positive(square: Square, repair: bool, issues: Issues) -> None:
    _, eigenvalues, eigenvectors = correlation_spectrum(square)
    if not is_indefinite(eigenvalues):
        return
    involved = sorted(np.argsort(-np.abs(eigenvectors[:, 0]))[:3].tolist())
    names = ", ".join(square.ids[k] for k in involved)
    reason = f"not positive semidefinite: eigenvalue {eigenvalues[0]:.3g}, carried by {names}"
    if not repair:
        first = square.ids[involved[0]]
        remedy = "estimate it anew, or let --repair-psd repair it"
        square.error(issues, first, first, reason, remedy)
        return
    a, b, before, after = _moved_most(square)
    reason += f": repaired, most the correlation with {a}, from {before:.4g} to {after:.4g}"
    square.warning(issues, a, b, reason, "estimate it anew")


def _moved_most(square: Square) -> tuple[str, str, float, float]:
    """The pair whose correlation the repair moves most, and that correlation before and after."""
    of, root = _sizes(square), root_of(square)
    before, after = square.matrix / of, root @ root.T / of
    a, b = np.unravel_index(np.abs(after - before).argmax(), before.shape)
    return square.ids[a], square.ids[b], float(before[a, b]), float(after[a, b])


def covariances_have_rank(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Warns of a covariance with fewer independent rows than what is held: positions without risk in it."""
    held = {select.ids[i] for i in np.flatnonzero(in_play(inputs, select)[0].any(axis=0))}
    for kind, square in inputs.squares.items():
        risky = np.diag(square.matrix) > 0
        of_instruments = kind == "covariance" or kind.startswith("covariance.")
        own = [
            k
            for k, name in enumerate(square.ids)
            if risky[k] and (name in held or not of_instruments)
        ]
        if len(own) < 2:
            continue
        part = square.matrix[np.ix_(own, own)] / _sizes(square)[np.ix_(own, own)]
        rank = int(np.linalg.matrix_rank((part + part.T) / 2, tol=RANK * len(own), hermitian=True))
        if rank < len(own):
            first = square.ids[own[0]]
            what = "instruments that are held" if of_instruments else "factors"
            reason = f"rank {rank} for {len(own)} {what}: some positions have no risk in it"
            remedy = "estimate it from more days than rows, or shrink it"
            square.warning(issues, first, first, reason, remedy)


def days_are_enough(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Warns of a covariance that rests on fewer days than twice its rows, and of what has hardly any."""
    table, held = inputs["measured"], in_play(inputs, select)[0].any(axis=0)
    names = {select.ids[i] for i in np.flatnonzero(held)}
    rows = [
        r
        for r, name in enumerate(table["instrument_id"])
        if name in names and not np.isnan(table["n_days"][r])
    ]
    for row in rows:
        if table["n_days"][row] < FEWEST_DAYS:
            reason = "hardly any returns: its risk is that of its like"
            table.warning(issues, row, "n_days", reason, "look at what it is, or limit it apart")
    kind = next((k for k in SQUARE_TABLES if k in inputs.squares), None)
    count = len(inputs.squares[kind].ids) if kind == "factor_covariance" else len(names)
    days = [table["n_days"][r] for r in rows if table["n_days"][r] >= FEWEST_DAYS]
    if kind is not None and days and min(days) < DAYS_A_ROW * count:
        row = next(r for r in rows if table["n_days"][r] == min(days))
        what = "factors" if kind == "factor_covariance" else "instruments"
        reason = (
            f"{min(days):g} days for {count} {what}: true risk may well be above what is forecast"
        )
        table.warning(
            issues, row, "n_days", reason, "estimate from more days, or from fewer factors"
        )


def currencies_have_risk(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Warns of a foreign currency that is paid in, and that no factor moves."""
    if "factor_covariance" not in inputs.squares:
        return
    table, base = inputs["instruments"], inputs.settings.base_currency
    factors = inputs["factors"]
    moved = {c for c in factors["currency"] if c}
    played: Bools = np.asarray(in_play(inputs, select)[0].any(axis=0))
    rows: dict[str, list[int]] = {}
    for i in np.flatnonzero(played).tolist():
        currency = major(select.columns["currency"][i])
        named = any(currency in factor for factor in factors["factor_id"])
        paid = select.columns["payment"][i] == "fully_paid"
        if paid and currency not in {base, *moved} and not named:
            rows.setdefault(currency, []).append(select.rows[i])
    for currency, own in sorted(rows.items()):
        reason = f"{len(own)} paid in {currency}, and no factor is of it: its moves are in no risk"
        remedy = f"add a factor with currency {currency}, or leave it if that is meant"
        table.warning(issues, own[0], "currency", reason, remedy)


def volatilities_are_believable(inputs: Inputs, select: Selector, issues: Issues) -> None:
    """Warns of annual numbers given as daily, or percents as fractions."""
    table, scale = inputs["instruments"], volatility_scale(inputs)
    for column in ("volatility", "specific_volatility"):
        for row in _odd(table[column] * scale):
            reason = f"a daily volatility of {table[column][row] * scale:.3g}"
            table.warning(issues, row, column, reason, _UNITS)
    dense = inputs.squares.get("covariance")
    if dense is not None:
        daily = np.sqrt(np.maximum(np.diag(dense.matrix), 0)) * scale
        for k in _odd(daily):
            name = dense.ids[k]
            dense.warning(issues, name, name, f"a daily volatility of {daily[k]:.3g}", _UNITS)
    _factor_model_is_believable(inputs, scale, issues)


def _factor_model_is_believable(inputs: Inputs, scale: float, issues: Issues) -> None:
    """Warns at an instrument's first loading where its factors of notional give it an odd volatility."""
    square, factors = inputs.squares.get("factor_covariance"), inputs["factors"]
    if square is None:
        return
    of_notional = {
        f for f, b in zip(factors["factor_id"], factors["basis"], strict=True) if b == "value"
    }
    column = {f: k for k, f in enumerate(square.ids) if f in of_notional}
    table = inputs["loadings"]
    exposure: dict[str, Floats] = {}
    first: dict[str, int] = {}
    for row, (name, factor) in enumerate(
        zip(table["instrument_id"], table["factor_id"], strict=True)
    ):
        if factor in column:
            first.setdefault(name, row)
            exposure.setdefault(name, np.zeros(len(square.ids)))[column[factor]] = table["loading"][
                row
            ]
    for name, row in first.items():
        variance = float(exposure[name] @ square.matrix @ exposure[name])
        daily = math.sqrt(max(variance, 0.0)) * scale
        if _odd(np.array([daily])):
            reason = f"its factors give it a daily volatility of {daily:.3g}"
            table.warning(issues, row, "loading", reason, _UNITS)


def _odd(daily: Floats) -> list[int]:
    wrong = (daily > 0) & ((daily < BELIEVABLE[0]) | (daily > BELIEVABLE[1]))
    return [int(k) for k in np.flatnonzero(wrong)]
