"""Mehrotra's predictor and corrector on the homogeneous self-dual embedding, with Gondzio's correctors.

min c·x, A x + s = b, s in K; the dual max -b·z, Aᵀz + c = 0, z in K. With τ, κ >= 0 beside, every step solves

    Aᵀ dz + c dτ         = -η (Aᵀz + c τ)
    A dx + ds - b dτ     = -η (A x + s - b τ)
    c·dx + b·dz + dκ     = -η (c·x + b·z + κ),      λ ∘ (W dz + W⁻¹ ds) = -(λ ∘ λ + corrections - σ μ e),

η = 1 - σ. An answer is x / τ; where τ goes to zero before κ does, there is none. Andersen, Roos and Terlaky, On
implementing a primal-dual interior-point method for conic quadratic optimization, 2003; Gondzio, Multiple centrality
corrections in a primal-dual method for linear programming, 1996.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, diags_array

from .cones import Cones, Floats, Scaling
from .system import Factored, System

STEPS = 100
BACK = 0.99  # of the way to the boundary
GAP, PRIMAL, DUAL = 1e-6, 1e-8, 1e-7  # relative gap and residuals at which an iterate is an answer
SHORT, WORSE = (
    1e-3,
    8,
)  # a step, and steps without a better iterate, after which none is to be expected
CORRECTORS, LOW, HIGH, GAINS = (
    2,
    0.1,
    10.0,
    0.1,
)  # Gondzio's: how many, which products stay, what a step must gain
EXACT = 0.1  # of what an iterate leaves of an equation: as exact is a direction
BEGIN = 1e-8, 1e-8  # as exact are the first iterate's two equations
ROUNDS, FLOOR, CEILING = 10, 1e-4, 1e4  # of equilibration


@dataclass(frozen=True)
class Point:
    """An iterate of the embedding."""

    x: Floats
    s: Floats
    z: Floats
    tau: float
    kappa: float

    def moved(self, by: "Point", far: float) -> "Point":
        """So far along a direction."""
        return Point(
            self.x + far * by.x,
            self.s + far * by.s,
            self.z + far * by.z,
            self.tau + far * by.tau,
            self.kappa + far * by.kappa,
        )


@dataclass(frozen=True)
class Left:
    """What an iterate leaves of the equations, and its complementarity μ."""

    x: Floats
    z: Floats
    tau: float
    mu: float


@dataclass(frozen=True)
class Judged:
    """How good an iterate is: relative gap, residuals of both sides."""

    gap: float
    primal: float
    dual: float

    @property
    def good(self) -> bool:
        """Whether it is an answer."""
        return self.gap <= GAP and self.primal <= PRIMAL and self.dual <= DUAL

    @property
    def worst(self) -> float:
        """How far from one."""
        return max(self.gap / GAP, self.primal / PRIMAL, self.dual / DUAL)


def solved(c: Floats, a: Any, b: Floats, cones: list[tuple[str, int, float]]) -> dict[str, Any]:
    """x and z of min c·x, A x + s = b, s in the cones, which stand in the order zero, nonneg, soc. Raises TooDense
    where the rows fall into no parts, numpy.linalg.LinAlgError.
    """
    its = _cones(cones)
    scaled = _equilibrated(csr_array(a), its)
    unit = max(float(np.abs(scaled.columns * c).max(initial=0.0)), 1e-12)
    method = Method(scaled.a, scaled.rows * b, scaled.columns * c / unit, its)
    point, judged, status, steps = method.run()
    return {
        "x": scaled.columns * point.x / point.tau,
        "z": scaled.rows * point.z / point.tau * unit,
        "status": status,
        "iterations": steps,
        "primal_residual": judged.primal,
        "dual_residual": judged.dual,
    }


class Method:
    """The iterations on one equilibrated program."""

    def __init__(self, a: csr_array, b: Floats, c: Floats, cones: Cones) -> None:
        self.a, self.at, self.b, self.c, self.cones = a, csr_array(a.T), b, c, cones
        self.system = System(a, b, cones)

    def run(self) -> tuple[Point, Judged, str, int]:
        """The best iterate, how good it is, what it is called, and after how many steps."""
        point = self._start()
        best, found, since = point, self._judged(point), 0
        for step in range(STEPS):
            if found.good:
                return best, found, "Solved", step
            try:
                point, far = self._stepped(point)
            except np.linalg.LinAlgError:
                break
            judged = self._judged(point)
            since += 1
            if judged.worst < found.worst:
                best, found, since = point, judged, 0
            if far < SHORT or since >= WORSE:
                break
        return best, found, "Solved" if found.good else "Stalled", step + 1

    def _start(self) -> Point:
        """The least norms of s and z, brought inside."""
        cones = self.cones
        unit = Scaling.of(cones, cones.identity, cones.identity)
        factored = Factored(self.system, unit)
        x, z = factored.solve(np.zeros_like(self.c), self.b, BEGIN)
        s = self._inside(-z)
        z = factored.solve(-self.c, np.zeros_like(self.b), BEGIN)[1]
        return Point(
            x, s, np.where(np.arange(cones.rows) < cones.zero, z, self._inside(z)), 1.0, 1.0
        )

    def _inside(self, u: Floats) -> Floats:
        u = np.where(np.arange(len(u)) < self.cones.zero, 0.0, u)
        short = 1.0 - self.cones.margin(u)
        return u + max(short, 0.0) * self.cones.identity

    def _left(self, p: Point) -> Left:
        return Left(
            self.at @ p.z + self.c * p.tau,
            self.a @ p.x + p.s - self.b * p.tau,
            float(self.c @ p.x + self.b @ p.z + p.kappa),
            float(p.s @ p.z + p.tau * p.kappa) / (self.cones.degree + 1),
        )

    def _judged(self, p: Point) -> Judged:
        left = self._left(p)
        cost, bound = float(self.c @ p.x) / p.tau, -float(self.b @ p.z) / p.tau
        return Judged(
            abs(cost - bound) / (1 + abs(cost)),
            _largest(left.z) / p.tau / (1 + _largest(self.b)),
            _largest(left.x) / p.tau / (1 + _largest(self.c)),
        )

    def _stepped(self, p: Point) -> tuple[Point, float]:
        """The next iterate, and how far it went."""
        left = self._left(p)
        newton = Newton(self, p, left, Factored(self.system, Scaling.of(self.cones, p.s, p.z)))
        first = newton.direction(0.0, np.zeros(self.cones.rows), 0.0)
        far = self._far(p, first)
        sigma = (1 - far) ** 3
        scaling = newton.scaling
        second = self.cones.product(scaling.times(first.s, inverse=True), scaling.times(first.z))
        product = first.tau * first.kappa
        direction = newton.direction(sigma, second, product)
        far = self._far(p, direction)
        target = max(sigma, 1e-2) * left.mu
        for _ in range(CORRECTORS):
            hoped = min(1.0, 1.2 * far + 0.2)
            trial = p.moved(direction, hoped)
            both = self.cones.product(scaling.times(trial.s, inverse=True), scaling.times(trial.z))
            second = second + both - self.cones.clipped(both, LOW * target, HIGH * target)
            both_tau = trial.tau * trial.kappa
            product += both_tau - min(max(both_tau, LOW * target), HIGH * target)
            corrected = newton.direction(sigma, second, product)
            farther = self._far(p, corrected)
            if farther < far + GAINS * (hoped - far):
                break
            direction, far = corrected, farther
        return p.moved(direction, BACK * far), far

    def _far(self, p: Point, d: Point) -> float:
        """The step to the boundary, at most one."""
        far = min(self.cones.step(p.s, d.s), self.cones.step(p.z, d.z))
        for value, change in ((p.tau, d.tau), (p.kappa, d.kappa)):
            far = min(far, -value / change) if change < 0 else far
        return far


class Newton:
    """The directions from one iterate."""

    def __init__(self, of: Method, p: Point, left: Left, factored: Factored) -> None:
        self.of, self.p, self.left, self.factored = of, p, left, factored
        self.scaling = factored.scaling
        self.scaled = self.scaling.times(p.z)  # λ
        self.enough = (
            EXACT * max(_largest(left.x), DUAL * p.tau * (1 + _largest(of.c))),
            EXACT * max(_largest(left.z), PRIMAL * p.tau * (1 + _largest(of.b))),
        )
        # The answer for (-c, b), of which x and z, over τ, leave (-r_x, 2 s - r_z), over τ, since W² z = s.
        x, z = factored.solve(-left.x / p.tau, (2 * p.s - left.z) / p.tau, self.enough)
        self.x, self.z = p.x / p.tau + x, p.z / p.tau + z

    def direction(self, sigma: float, corrections: Floats, product: float) -> Point:
        """Towards σ μ, with what is taken off the products of s and z, and off that of τ and κ."""
        of, p, left, cones = self.of, self.p, self.left, self.of.cones
        eta = 1 - sigma
        aim = (
            cones.product(self.scaled, self.scaled) + corrections - sigma * left.mu * cones.identity
        )
        d = self.scaling.times(cones.quotient(self.scaled, aim))
        d_kappa = p.kappa * p.tau + product - sigma * left.mu
        x, z = self.factored.solve(-eta * left.x, d - eta * left.z, self.enough)
        above = -eta * left.tau + d_kappa / p.tau - of.c @ x - of.b @ z
        tau = float(above / (-p.kappa / p.tau + of.c @ self.x + of.b @ self.z))
        x, z = x + tau * self.x, z + tau * self.z
        s = -d - self.scaling.squared(z)
        return Point(x, s, z, tau, (-d_kappa - p.kappa * tau) / p.tau)


@dataclass(frozen=True)
class Equilibrated:
    """E A D and the diagonals of E and D."""

    a: csr_array
    rows: Floats
    columns: Floats


def _equilibrated(a: csr_array, cones: Cones) -> Equilibrated:
    """Rows and columns brought to a largest entry of one (Ruiz, 2001); the rows of a second-order cone alike."""
    found = Equilibrated(a, np.ones(a.shape[0]), np.ones(a.shape[1]))
    for _ in range(ROUNDS):
        size = abs(found.a)
        rows, columns = (_of_each_row(x) for x in (size, size.T))
        mean = cones.sums(rows[cones.flat :]) / cones.sizes
        rows[cones.flat :] = mean[cones.owner]
        rows = np.clip(found.rows / np.sqrt(rows), FLOOR, CEILING)
        columns = np.clip(found.columns / np.sqrt(columns), FLOOR, CEILING)
        scaled = csr_array(diags_array(rows) @ a @ diags_array(columns))
        found = Equilibrated(scaled, rows, columns)
    return found


def _of_each_row(size: Any) -> Floats:
    """Its largest entry; one where it is empty."""
    found: Floats = size.max(axis=1).toarray().ravel()
    return np.where(found > 0, found, 1.0)


def _largest(u: Floats) -> float:
    return float(np.abs(u).max(initial=0.0))


def _cones(cones: list[tuple[str, int, float]]) -> Cones:
    sizes = {kind: [n for its, n, _ in cones if its == kind] for kind in ("zero", "nonneg", "soc")}
    return Cones(sum(sizes["zero"]), sum(sizes["nonneg"]), sizes["soc"])
