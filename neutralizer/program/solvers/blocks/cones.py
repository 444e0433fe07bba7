"""The symmetric cones of a program, all at once: {0}, what is not negative, and second-order cones u₀ >= |u₁|.

Every vector is one array in which the zero cone stands first, then the nonnegative rows, then one second-order cone
after the other. Formulas: Vandenberghe, The CVXOPT linear and quadratic cone program solvers, 2010, sections 4 and 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TINY = 1e-300  # a determinant that rounding has eaten


class Cones:
    """How many rows are held at zero, how many are not negative, and how many each second-order cone has."""

    def __init__(self, zero: int, nonneg: int, soc: Sequence[int]) -> None:
        sizes = np.array(soc, dtype=np.int64)
        self.zero, self.flat = zero, zero + nonneg
        self.rows = self.flat + int(sizes.sum())
        self.starts = np.cumsum(sizes) - sizes  # of each cone, from the first row that is of one
        self.sizes = sizes
        self.owner = np.repeat(np.arange(len(sizes)), sizes)  # of each such row
        self.heads = self.flat + self.starts
        self.degree = nonneg + len(sizes)
        self.identity = np.zeros(self.rows)
        self.identity[zero : self.flat] = 1.0
        self.identity[self.heads] = 1.0

    def parts(self, u: Floats) -> tuple[Floats, Floats, Floats]:
        """The nonnegative rows, the heads u₀, and u₁ with a zero in each head's place."""
        tails = u[self.flat :].copy()
        tails[self.starts] = 0.0
        return u[self.zero : self.flat], u[self.heads], tails

    def sums(self, u: Floats) -> Floats:
        """Of the rows of each second-order cone."""
        return np.add.reduceat(u, self.starts) if len(self.starts) else np.zeros(0)

    def whole(self, flat: Floats, heads: Floats, tails: Floats) -> Floats:
        """One vector of its parts; zero in the zero cone."""
        found = np.zeros(self.rows)
        found[self.zero : self.flat], found[self.flat :] = flat, tails
        found[self.heads] = heads
        return found

    def product(self, u: Floats, v: Floats) -> Floats:
        """u ∘ v = (u·v, u₀ v₁ + v₀ u₁), and u v where they are flat."""
        a, u0, u1 = self.parts(u)
        b, v0, v1 = self.parts(v)
        return self.whole(
            a * b, u0 * v0 + self.sums(u1 * v1), u0[self.owner] * v1 + v0[self.owner] * u1
        )

    def quotient(self, u: Floats, v: Floats) -> Floats:
        """The w with u ∘ w = v."""
        a, u0, u1 = self.parts(u)
        b, v0, v1 = self.parts(v)
        head = (u0 * v0 - self.sums(u1 * v1)) / self.determinant(u)
        return self.whole(b / a, head, (v1 - head[self.owner] * u1) / u0[self.owner])

    def determinant(self, u: Floats) -> Floats:
        """u₀² - |u₁|² of each second-order cone."""
        _, u0, u1 = self.parts(u)
        norm = np.sqrt(self.sums(u1 * u1))
        return np.maximum((u0 - norm) * (u0 + norm), TINY)

    def margin(self, u: Floats) -> float:
        """The smallest eigenvalue: how far inside u is."""
        a, u0, u1 = self.parts(u)
        low = np.concatenate([a, u0 - np.sqrt(self.sums(u1 * u1))])
        return float(low.min(initial=np.inf))

    def clipped(self, u: Floats, low: float, high: float) -> Floats:
        """The same with every eigenvalue, which is u₀ ± |u₁| or a flat row itself, between both."""
        a, u0, u1 = self.parts(u)
        norm = np.sqrt(self.sums(u1 * u1))
        first, second = np.clip(u0 - norm, low, high), np.clip(u0 + norm, low, high)
        slope = (second - first) / np.maximum(2 * norm, TINY)
        return self.whole(np.clip(a, low, high), (first + second) / 2, slope[self.owner] * u1)

    def step(self, u: Floats, du: Floats) -> float:
        """The largest a <= 1 that keeps u + a du inside, where u is."""
        a, u0, u1 = self.parts(u)
        b, v0, v1 = self.parts(du)
        falls = b < 0
        most = float((-a[falls] / b[falls]).min(initial=1.0))
        if not len(u0):
            return most
        # Smallest root of |u₁ + a v₁|² = (u₀ + a v₀)²: of p a² + 2 q a + r, r > 0.
        p = (v0 - _norm(self, v1)) * (v0 + _norm(self, v1))
        q, r = u0 * v0 - self.sums(u1 * v1), self.determinant(u)
        inside = np.sqrt(np.maximum(q * q - p * r, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.where(q < 0, r / (-q + inside), np.where(p < 0, (q + inside) / -p, np.inf))
        real = (q * q >= p * r) & (root > 0)
        return min(most, float(root[real].min(initial=1.0)))


def _norm(cones: Cones, tails: Floats) -> Floats:
    return np.sqrt(cones.sums(tails * tails))


@dataclass(frozen=True)
class Scaling:
    """W of Nesterov and Todd: W z = W⁻¹ s. Flat rows: w = √(s/z). Second-order cones: η (2 v vᵀ - J)^½ with the
    unit vector `v`, J = diag(1, -1, …).
    """

    cones: Cones
    w: Floats  # (flat rows,)
    eta: Floats  # (cones,)
    heads: Floats  # (cones,) of v
    tails: Floats  # (rows of cones,) of v, zero in each head's place

    @staticmethod
    def of(cones: Cones, s: Floats, z: Floats) -> "Scaling":
        """Of two vectors inside."""
        (a, s0, s1), (b, z0, z1) = cones.parts(s), cones.parts(z)
        long, short = np.sqrt(cones.determinant(s)), np.sqrt(cones.determinant(z))
        s0, z0, s1, z1 = s0 / long, z0 / short, s1 / long[cones.owner], z1 / short[cones.owner]
        twice = 2 * np.sqrt((1 + s0 * z0 + cones.sums(s1 * z1)) / 2)
        heads, tails = (s0 + z0) / twice, (s1 - z1) / twice[cones.owner]
        return Scaling(cones, np.sqrt(a / b), np.sqrt(long / short), heads, tails)

    def times(self, u: Floats, inverse: bool = False) -> Floats:
        """W u, or W⁻¹ u."""
        a, u0, u1 = self.cones.parts(u)
        sign, owner = (-1.0 if inverse else 1.0), self.cones.owner
        w, eta = (1 / self.w, 1 / self.eta) if inverse else (self.w, self.eta)
        along = self.cones.sums(self.tails * u1)
        head = self.heads * u0 + sign * along
        tail = u1 + (sign * u0 + along / (1 + self.heads))[owner] * self.tails
        return self.cones.whole(w * a, eta * head, eta[owner] * tail)

    def squared(self, u: Floats, inverse: bool = False) -> Floats:
        """W² u = η² (2 v (v·u) - J u), or W⁻² u, which has J v in place of v."""
        a, u0, u1 = self.cones.parts(u)
        sign, owner = (-1.0 if inverse else 1.0), self.cones.owner
        w, eta = (self.w**-2, self.eta**-2) if inverse else (self.w**2, self.eta**2)
        twice = 2 * (self.heads * u0 + sign * self.cones.sums(self.tails * u1))
        tail = u1 + (sign * twice)[owner] * self.tails
        return self.cones.whole(w * a, eta * (twice * self.heads - u0), eta[owner] * tail)
