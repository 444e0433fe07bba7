"""Curved cones as tangents: what a mixed-integer solver can read, exact where it matters.

A tangent is a vector of the dual cone that touches the cone: normal · s >= 0 holds for all of it, so a
program with tangents never loses an answer.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from neutralizer.domain.arrays import Floats, Matrix
from neutralizer.program.canonical import Canonical, Cone

TOLERANCE = 1e-9  # of the cone's own size: where a tangent is added
LAST_DIGITS = 1e-9  # of a normal: components that are only noise
CONE_ROOM = 1e-6  # of the cone's own size: where the rounding may stop, since limits keep that room


@dataclass
class Tangents:
    """Rows a · x <= b gathered so far."""

    rows: list[Matrix] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)

    def start(self, canonical: Canonical, x: Floats) -> None:
        """A tangent for every cone at x, and one at its tip: without that what it costs has no floor far
        from x, and a search without a window no end.
        """
        s, a = canonical.b - canonical.a @ x, canonical.a.tocsr()
        for cone in _curved(canonical):
            part = s[cone.start : cone.stop]
            tip = np.zeros(len(part))
            tip[0] = 1.0
            for normal in (_normal(cone, part), tip):
                if normal is not None:
                    self._touch(a, canonical.b, cone, normal)

    def add(self, canonical: Canonical, x: Floats) -> bool:
        """A tangent for every cone that x violates; whether any was added."""
        before = len(self.rows)
        s, a = canonical.b - canonical.a @ x, canonical.a.tocsr()
        for cone in _curved(canonical):
            part = s[cone.start : cone.stop]
            size = max(1.0, float(np.abs(part).max()))
            normal = _normal(cone, part)
            if normal is not None and _lack(cone, part) > TOLERANCE * size:
                self._touch(a, canonical.b, cone, normal)
        return len(self.rows) > before

    def _touch(self, a: Matrix, b: Floats, cone: Cone, normal: Floats) -> None:
        """The row of one tangent: normal · (b - a x) >= 0 over the rows of its cone; `a` is csr."""
        own = slice(a.indptr[cone.start], a.indptr[cone.stop])
        each = np.repeat(normal, np.diff(a.indptr[cone.start : cone.stop + 1]))
        cells = (each * a.data[own], (np.zeros(len(each), dtype=int), a.indices[own]))
        self.rows.append(csr_array(cells, shape=(1, a.shape[1])))
        self.bounds.append(float(normal @ b[cone.start : cone.stop]))


def _curved(canonical: Canonical) -> list[Cone]:
    return [cone for cone in canonical.cones if cone.kind in ("soc", "power")]


def breaks_a_limit(canonical: Canonical, x: Floats) -> bool:
    """Whether a second-order cone is violated by more than the room that limits keep for it."""
    s = canonical.b - canonical.a @ x
    return any(
        _lack(cone, s[cone.start : cone.stop]) > CONE_ROOM * max(abs(s[cone.start]), 1e-9)
        for cone in canonical.cones
        if cone.kind == "soc"
    )


def hidden_cost(canonical: Canonical, x: Floats) -> float:
    """What the objective leaves out because a power cone stands above its tangents, base currency."""
    s, hidden = canonical.b - canonical.a @ x, 0.0
    for cone in canonical.cones:
        if cone.kind == "power":
            t, y, z = s[cone.start : cone.stop]
            top = (abs(z) / max(y, 1e-12) ** (1 - cone.power)) ** (1 / cone.power)
            column = canonical.a[[cone.start]].indices[0]
            hidden += max(top - t, 0.0) * abs(canonical.c[column])
    return hidden * canonical.unit


def _lack(cone: Cone, s: Floats) -> float:
    if cone.kind == "soc":
        return float(np.linalg.norm(s[1:]) - s[0])
    top = max(s[0], 0.0) ** cone.power * max(s[1], 0.0) ** (1 - cone.power)
    return float(abs(s[2]) - top)


def _normal(cone: Cone, s: Floats) -> Floats | None:
    if cone.kind == "soc":
        size = float(np.linalg.norm(s[1:]))
        if size == 0:
            return None
        own = s[1:] / size  # without its last digits it is shorter, and so still of the dual cone
        return np.concatenate([[1.0], -np.where(np.abs(own) < LAST_DIGITS, 0.0, own)])
    z, a = max(abs(s[2]), 1e-9), cone.power
    t = (z / max(s[1], 1e-9) ** (1 - a)) ** (1 / a)
    return np.array([a * z / t, (1 - a) * z / max(s[1], 1e-9), -np.sign(s[2]) or -1.0])
