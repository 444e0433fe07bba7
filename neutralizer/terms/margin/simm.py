"""ISDA SIMM: weighted sensitivities joined by correlations, per bucket, risk class and product class.

    WS_l  = weight · CR · Σ_i amount[l, i] · x_i          CR = max(1, √(|Σ amount| / threshold)), by issuer or currency
    K_b   = √(Σ WS² + Σ ρ f WS WS)                        f = min(CR) / max(CR), 1 within a currency
    S_b   = Σ WS, clipped to ±K_b
    delta = √(Σ K² + Σ γ g S S) + K of the residual bucket
    curvature = max(0, Σ CVR + λ √(Σ K² + Σ γ² S S)), for interest rates over the volatility ratio squared
    product class = √(Σ ψ · margin · margin) over the risk classes, and SIMM their sum

The clip is not convex. The program joins buckets without the sign of S, at the greatest |γ| of the family:
convex, never below the formula at the same CR, and the formula itself for one bucket. CR is that of the
position before; `at_its_concentration` says what it must be for an answer. Source: ISDA SIMM methodology, version 2.6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neutralizer.domain.arrays import Floats, Ints
from neutralizer.domain.scenario import Scenario
from neutralizer.domain.simm import Bucket, Family, Simm
from neutralizer.domain.trades import Trades, entry_position
from neutralizer.terms.margin.needs import SENSITIVITIES

if TYPE_CHECKING:
    from neutralizer.terms.decision import Decision

NEEDS = SENSITIVITIES
CURVED = True

CLOSE = 0.005  # base currency: half of what is written
NEAR = 1e-3  # how far above the concentration that is reached the program may compute
TAIL = 2.5758293035489004**2 - 1  # of curvature: the normal quantile at 99.5 %, squared, less 1


def _scales(simm: Simm, ratios: Floats) -> Floats:
    """(L,) weight · CR."""
    found: Floats = simm.weight * np.append(ratios, 1.0)[simm.group]
    return found


def _correlation(bucket: Bucket, simm: Simm, ratios: Floats) -> Floats:
    """(n, n) correlation within, times f between different concentration groups."""
    own = np.append(ratios, 1.0)[simm.group[bucket.lines]]
    alike = np.minimum.outer(own, own) / np.maximum.outer(own, own)
    found: Floats = bucket.correlation * (alike if bucket.ratio < 0 else 1.0)
    return found


def _between(family: Family, ratios: Floats) -> Floats:
    """(B, B) correlation of buckets, times g where they are currencies; residual ones join nothing."""
    own = np.append(ratios, 1.0)[[b.ratio for b in family.buckets]]
    found: Floats = family.between * np.minimum.outer(own, own) / np.maximum.outer(own, own)
    apart = np.array([b.residual for b in family.buckets])
    found[apart, :] = found[:, apart] = 0.0
    return found


def _joined(family: Family, simm: Simm, s: Floats, ratios: Floats) -> tuple[float, Floats]:
    """The formula of one family and its slope by line, at fixed ratios."""
    scale, slopes = _scales(simm, ratios), []
    sizes: list[float] = []
    nets: list[float] = []
    net_slopes: list[Floats] = []
    for bucket in family.buckets:
        weighed = scale[bucket.lines] * s[bucket.lines]
        way: Floats = _correlation(bucket, simm, ratios) @ weighed
        size = float(np.sqrt(max(float(weighed @ way), 0.0)))
        steep = scale[bucket.lines] * way / size if size else np.zeros(len(way))
        net = float(weighed.sum())
        clipped = abs(net) > size
        nets.append(float(np.clip(net, -size, size)))
        net_slopes.append(np.sign(net) * steep if clipped else scale[bucket.lines])
        sizes.append(size)
        slopes.append(steep)
    widths, centres = np.array(sizes), np.array(nets)
    apart = np.array([b.residual for b in family.buckets])
    cross = _between(family, ratios)
    np.fill_diagonal(cross, 0.0)
    together = float(
        np.sqrt(max(np.sum(widths[~apart] ** 2) + float(centres @ cross @ centres), 0.0))
    )
    over = 1 / together if together else 0.0
    slope = np.zeros(len(s))
    for k, bucket in enumerate(family.buckets):
        if bucket.residual:
            slope[bucket.lines] += slopes[k]
        else:
            slope[bucket.lines] += over * (
                widths[k] * slopes[k] + float(cross[k] @ centres) * net_slopes[k]
            )
    found = together + float(widths[apart].sum())
    return (found, slope) if family.measure != "curvature" else _curved(family, s, found, slope)


def _curved(family: Family, s: Floats, size: float, slope: Floats) -> tuple[float, Floats]:
    """Curvature from its own sum and the joined size."""
    own = np.concatenate([b.lines for b in family.buckets])
    whole = float(np.abs(s[own]).sum())
    tilt = min(float(s[own].sum()) / whole, 0.0) if whole else 0.0
    steep = TAIL * (1 + tilt) - tilt
    found = float(s[own].sum()) + steep * size
    if found <= 0:
        return 0.0, np.zeros(len(s))
    straight = np.zeros(len(s))
    straight[own] = 1.0
    return family.factor * found, family.factor * (straight + steep * slope)


def _classes(simm: Simm) -> Iterator[tuple[str, list[tuple[str, list[Family]]]]]:
    """Product classes, their risk classes, and the families of each."""
    for product in sorted({f.product for f in simm.families}):
        own = [f for f in simm.families if f.product == product]
        names = sorted({f.risk_class for f in own})
        yield product, [(name, [f for f in own if f.risk_class == name]) for name in names]


def formula(simm: Simm, s: Floats) -> tuple[float, Floats, dict[tuple[str, str, str], float]]:
    """SIMM of sensitivities s, base currency; its slope by line at fixed concentration; and its lines:
    margin by (product class, risk class, measure).
    """
    ratios = simm.concentration(s)
    total, slope = 0.0, np.zeros(len(s))
    lines: dict[tuple[str, str, str], float] = {}
    for product, classes in _classes(simm):
        margins, slopes = np.zeros(len(classes)), np.zeros((len(classes), len(s)))
        for k, (name, families) in enumerate(classes):
            for family in families:
                amount, way = _joined(family, simm, s, ratios)
                lines[product, name, family.measure] = amount
                margins[k] += amount
                slopes[k] += way
        names = [name for name, _ in classes]
        psi = np.array([[simm.classes.get((a, b), float(a == b)) for b in names] for a in names])
        size = float(np.sqrt(max(margins @ psi @ margins, 0.0)))
        factor = simm.multiplier.get(product, 1.0)
        total += factor * size
        if size:
            slope += factor * (psi @ margins / size) @ slopes
    return total, slope, lines


def _greatest(correlation: Floats) -> float:
    """The greatest absolute correlation of two."""
    off = np.abs(correlation - np.diag(np.diag(correlation)))
    return min(float(off.max(initial=0.0)), 1.0)


def _root(correlation: Floats) -> Floats:
    """R with Rᵀ R = correlation, negative eigenvalues of rounding left out."""
    values, vectors = np.linalg.eigh(correlation)
    found: Floats = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return found


class _Numbers:
    """The bound in numpy. `norm` and what follows have the same names in cvxpy."""

    @staticmethod
    def norm(x: Any) -> Any:
        return np.linalg.norm(x)

    hstack, pos = staticmethod(np.hstack), staticmethod(lambda x: np.maximum(x, 0.0))


def _bound(simm: Simm, s: Any, ratios: Floats, kind: Any) -> Any:
    """The convex bound of sensitivities s, as a number or as an expression."""
    scale, total = _scales(simm, ratios), 0.0
    for product, classes in _classes(simm):
        margins = []
        for _, families in classes:
            each = [_bound_of(f, simm, s, ratios, scale, kind) for f in families]
            margins.append(sum(each[1:], each[0]))
        names = [name for name, _ in classes]
        psi = max(
            (simm.classes.get((a, b), 0.0) for a in names for b in names if a != b), default=0.0
        )
        total = total + simm.multiplier.get(product, 1.0) * _together(margins, psi, kind)
    return total


def _bound_of(family: Family, simm: Simm, s: Any, ratios: Floats, scale: Floats, kind: Any) -> Any:
    def size(bucket: Bucket) -> Any:
        root = _root(_correlation(bucket, simm, ratios)) * scale[bucket.lines]
        return kind.norm(root @ s[bucket.lines])

    joined = [size(b) for b in family.buckets if not b.residual]
    apart = [size(b) for b in family.buckets if b.residual]
    found = _together(joined, _greatest(_between(family, ratios)), kind)
    found = sum(apart, found)
    if family.measure == "curvature":
        straight = sum(s[b.lines].sum() for b in family.buckets)
        found = family.factor * kind.pos(straight + TAIL * found)
    return found


def _together(sizes: list[Any], rho: float, kind: Any) -> Any:
    """√(Σ size² + ρ Σ size size'), with one ρ >= 0 for all pairs: convex and rising in each size."""
    if len(sizes) <= 1:
        return sum(sizes[1:], sizes[0]) if sizes else 0.0
    parts = [np.sqrt(1 - rho) * x for x in sizes] + [np.sqrt(rho) * sum(sizes[1:], sizes[0])]
    return kind.norm(kind.hstack(parts))


def _own(scenario: Scenario, account: int) -> Ints:
    found: Ints = np.flatnonzero(scenario.entries.account == account)
    return found


def _sensitivities(scenario: Scenario, own: Ints, x: Floats) -> Floats:
    """(L,) of entries `own` with x units each."""
    found: Floats = scenario.simm.amount[:, scenario.entries.instrument[own]] @ x
    return found


def expression(decision: "Decision", scenario: Scenario, accounts: Sequence[int]) -> Any:
    """(len(accounts),) base currency."""
    import cvxpy as cp

    found = []
    for a in accounts:
        own = _own(scenario, a)
        which = scenario.entries.instrument[own]
        a_unit = scenario.simm.amount[:, which].multiply(1 / scenario.instruments.notional[which])
        held = _held(scenario.simm, a_unit.tocsr())
        s = a_unit.tocsr() @ decision.entry[own] if len(own) else np.zeros(a_unit.shape[0])
        found.append(_bound(held, s, scenario.simm.ratios[a], cp))
    return decision.money * cp.hstack(found)


def _held(simm: Simm, amount: Any) -> Simm:
    """Without the buckets in which an account can have nothing."""
    alive = np.diff(amount.indptr) > 0
    families = []
    for f in simm.families:
        some = np.array([bool(alive[b.lines].any()) for b in f.buckets])
        if some.any():
            buckets = tuple(b for b, keep in zip(f.buckets, some, strict=True) if keep)
            families.append(replace(f, buckets=buckets, between=f.between[np.ix_(some, some)]))
    return replace(simm, families=tuple(families))


def parts(trades: Trades, scenario: Scenario, own: Ints) -> Floats:
    """Each entry's share, x · ∂margin/∂x at fixed concentration: together they are the formula."""
    x = entry_position(scenario, trades)[own]
    _, slope, _ = formula(scenario.simm, _sensitivities(scenario, own, x))
    found: Floats = x * (scenario.simm.amount[:, scenario.entries.instrument[own]].T @ slope)
    return found


def overstated(trades: Trades, scenario: Scenario, own: Ints) -> float:
    """What the program's bound lies above the formula by, base currency; below zero only where the
    concentration has risen.
    """
    if not len(own):
        return 0.0
    account = int(scenario.entries.account[own[0]])
    s = _sensitivities(scenario, own, entry_position(scenario, trades)[own])
    bound = _bound(scenario.simm, s, scenario.simm.ratios[account], _Numbers)
    return float(bound) - formula(scenario.simm, s)[0]


def at_its_concentration(trades: Trades, scenario: Scenario, last: bool) -> Scenario:
    """The same scenario where the program's margin fits the concentration after the trades; else one on
    the way there. last: a margin above the formula will do, one below it never does.
    """
    x, ratios, moved = entry_position(scenario, trades), scenario.simm.ratios.copy(), False
    for a, model in enumerate(scenario.accounts.model):
        own = _own(scenario, a)
        if model != "simm":
            continue
        now = scenario.simm.concentration(_sensitivities(scenario, own, x[own]))
        if (now > ratios[a]).any():
            ratios[a] = np.maximum(ratios[a], now)
        elif overstated(trades, scenario, own) < -CLOSE:
            ratios[a] = now  # names join less where only one of them is concentrated
        elif not last and (ratios[a] > now * (1 + NEAR)).any():
            ratios[a] = np.sqrt(ratios[a] * now)
        else:
            continue
        moved = True
    return replace(scenario, simm=replace(scenario.simm, ratios=ratios)) if moved else scenario


def sensitivity(scenario: Scenario, own: Ints) -> Floats:
    """Each unit's own bound."""
    found = np.zeros(len(own))
    for k, i in enumerate(scenario.entries.instrument[own].tolist()):
        s = scenario.simm.amount[:, [i]].toarray()[:, 0]
        ratios = scenario.simm.ratios[scenario.entries.account[own[k]]]
        found[k] = float(_bound(scenario.simm, s, ratios, _Numbers))
    return found
