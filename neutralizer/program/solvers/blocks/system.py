"""The linear equations of a step, [0 Aᵀ; A -W²] [x; z] = [f; g], by blocks.

z is eliminated where the cone is not zero. What is left, (Aᵀ W⁻² A) x = …, is dense only inside the parts, but for the
border: rows that tie parts together, and of each large second-order cone, whose W⁻² = η⁻² (2 q qᵀ - J), the row qᵀA.
With u for x and the duals of the parts' own zero rows, v for the border's, and a weight D of each border row:

    [K Cᵀ; C -D] [u; v] = [h; t],     S = D + C K⁻¹ Cᵀ,     S v = C K⁻¹ h - t,     u = K⁻¹ (h - Cᵀ v).

K falls into blocks, S is dense, as large as the border. What is added to their diagonals, and what rounding did, is
taken out again by conjugate residuals.
"""

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_array

from .batches import Batches
from .border import Border
from .cones import Cones, Floats, Ints, Scaling
from .parts import parts_of, rows_of

REFINED, FALLS = 10, 0.8  # steps at most, and as long as the error falls to so much


class System:
    """What stays the same from step to step: where each row belongs, and which cell each number goes to."""

    def __init__(self, a: csr_array, b: Floats, cones: Cones) -> None:
        """Raises TooDense where the rows fall into no parts."""
        part = parts_of(a, b, cones)
        self.a, self.at, self.cones = a, csr_array(a.T), cones
        self.rows = rows_of(a, cones, part)
        self.border = Border(a, cones, self.rows)
        self.batches = Batches(part, csr_array(a[self.rows.zero]), self.border)
        self.inside = csr_array(a[self.rows.weighted])
        self.eliminated = np.arange(cones.rows) >= cones.zero  # of which z = W⁻² (A x - g)
        self.eliminated[self.border.duals] = False
        self._small = _pairs_of_small(self.rows.small - cones.flat, cones)

    def weights(self, scaling: Scaling) -> csr_array:
        """W⁻¹ over the rows inside parts; of the tail of a large cone η⁻¹."""
        rows, cones, eta = self.rows, self.cones, 1 / scaling.eta
        tails = eta[cones.owner[rows.tails - cones.flat]]
        alone = np.concatenate([1 / scaling.w[rows.flat - cones.zero], tails])
        i, j, of_head = self._small
        q = np.where(of_head, 0.0, -scaling.tails)
        v0, its = scaling.heads[cones.owner], eta[cones.owner]
        value = np.where(
            of_head[i],
            np.where(of_head[j], v0[i], q[j]),
            np.where(of_head[j], q[i], (i == j) + q[i] * q[j] / (1 + v0[i])),
        )
        k, place = np.arange(len(alone)), np.zeros(len(of_head), dtype=np.int64)
        place[rows.small - cones.flat] = len(alone) + np.arange(len(rows.small))
        cells = np.append(k, place[i]), np.append(k, place[j])
        size = len(alone) + len(rows.small)
        return csr_array((np.append(alone, value * its[i]), cells), shape=(size, size))


class Factored:
    """The system with one scaling: K⁻¹ by blocks, and the factor of S."""

    def __init__(self, system: System, scaling: Scaling) -> None:
        """Raises numpy.linalg.LinAlgError."""
        self.of, self.scaling = system, scaling
        weighted = system.weights(scaling) @ system.inside
        self.inverses = system.batches.inverses(csr_array(weighted.T @ weighted))
        system.border.turn(scaling)
        self.c, self.ct = system.border.c, csr_array(system.border.c.T)
        s = system.batches.complement(self.inverses)
        s[np.diag_indices(len(s))] += system.border.weights(scaling)
        self._factor(s)

    def _factor(self, s: Floats) -> None:
        """S = [L 0; Bᵀ 1] [1 0; 0 -E] [Lᵀ B; 0 1], where E is of the heads, whose D is negative; they stand last."""
        first = self.of.border.positive
        self.l: Floats = s[:first, :first]
        failed = 0
        if first:
            self.l, failed = lapack.dpotrf(self.l, lower=1)
        if failed:
            raise np.linalg.LinAlgError(f"the border's matrix has no factor: {failed}")
        self.b = self._forward(s[first:, :first].T)
        self.e = np.linalg.inv(self.b.T @ self.b - s[first:, first:])

    def _forward(self, t: Floats, back: bool = False) -> Floats:
        """L⁻¹ t, or L⁻ᵀ t."""
        if not t.size:
            return t
        found: Floats = lapack.dtrtrs(self.l, t, lower=1, trans=int(back))[0]
        return found

    def _border(self, t: Floats) -> Floats:
        """S⁻¹ t."""
        first = len(self.l)
        y = self._forward(t[:first])
        last = self.e @ (self.b.T @ y - t[first:])
        return np.append(self._forward(y - self.b @ last, back=True), last)

    def _once(self, f: Floats, g: Floats) -> tuple[Floats, Floats]:
        of, batches, duals = self.of, self.of.batches, self.of.border.duals
        known = self.scaling.squared(np.where(of.eliminated, g, 0.0), inverse=True)
        first = batches.times(self.inverses, np.append(f + of.at @ known, g[of.rows.zero]))
        t = np.zeros(of.border.size)
        t[: len(duals)] = g[duals]
        v = self._border(self.c @ first[: batches.columns] - t)
        h = np.append(self.ct @ v, np.zeros(len(of.rows.zero)))
        u = first - batches.times(self.inverses, h)
        x = u[: batches.columns]
        z = self.scaling.squared(np.where(of.eliminated, of.a @ x - g, 0.0), inverse=True)
        z[of.rows.zero], z[duals] = u[batches.columns :], v[: len(duals)]
        return x, z

    def solve(self, f: Floats, g: Floats, enough: tuple[float, float]) -> tuple[Floats, Floats]:
        """x and z, improved until both equations hold within so much, or that no longer helps: by generalised
        conjugate residuals (Eisenstat, Elman and Schultz, 1983), the least error over all directions so far.
        """
        columns = len(f)
        unit = np.repeat(enough, (columns, len(g)))
        wanted, found = np.append(f, g) / unit, np.zeros(len(unit))
        left = wanted
        tried = list[tuple[Floats, Floats]]()
        for _ in range(REFINED):
            way = np.append(*self._once(*np.split(left * unit, [columns])))
            gone = self._times(way) / unit
            for its, its_gone in tried:
                along = its_gone @ gone
                way, gone = way - along * its, gone - along * its_gone
            length = max(float(np.linalg.norm(gone)), 1e-300)
            way, gone, before = way / length, gone / length, float(np.linalg.norm(left))
            tried.append((way, gone))
            found = found + (gone @ left) * way
            left = wanted - self._times(found) / unit
            if np.abs(left).max(initial=0.0) <= 1 or np.linalg.norm(left) > FALLS * before:
                break
        return found[:columns], found[columns:]

    def _times(self, u: Floats) -> Floats:
        """[0 Aᵀ; A -W²] u."""
        x, z = np.split(u, [self.of.a.shape[1]])
        return np.append(self.of.at @ z, self.of.a @ x - self.scaling.squared(z))


def _pairs_of_small(rows: Ints, cones: Cones) -> tuple[Ints, Ints, Ints]:
    """Both rows of every pair of rows of one small cone, and which rows are heads; counted from the first row that is
    of a second-order cone.
    """
    owner = cones.owner[rows]
    width = cones.sizes[owner]
    i = np.repeat(rows, width)
    within = np.arange(len(i)) - np.repeat(np.cumsum(width) - width, width)
    of_head = np.zeros(len(cones.owner), dtype=bool)
    of_head[cones.starts] = True
    return i, np.repeat(cones.starts[owner], width) + within, of_head
