"""The 3/2 power of market impact as two second-order cones, and its duals back: a symmetric cone is what an
interior point method is best at.

t^(2/3) y^(1/3) >= z with z >= 0 holds exactly where some w has t w >= z² and z y >= w² (Alizadeh and
Goldfarb, Second-order cone programming, 2003, section 2.3); each of those is a cone of three rows.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack, vstack

from neutralizer.domain.arrays import Floats
from neutralizer.program.canonical import Canonical, Cone

EXPONENT = 2 / 3


def as_second_order(canonical: Canonical) -> Canonical:
    """The same program without cones of that power: one column more for each, w, and two cones in place."""
    powers = _powers(canonical)
    if not powers:
        return canonical
    t = np.array([c.start for c in powers])
    y, z = t + 1, t + 2
    kept = np.concatenate([np.arange(c.start, c.stop) for c in canonical.cones if not _is_power(c)])
    a, b, n = csr_array(canonical.a), canonical.b, len(powers)
    eye = csr_array((np.ones(n), (np.arange(n), np.arange(n))), shape=(n, n))
    none = csr_array((n, n))
    blocks = [
        (a[t], -eye, b[t]),
        (a[t], eye, b[t]),
        (2 * a[z], none, 2 * b[z]),
        (a[z] + a[y], none, b[z] + b[y]),
        (a[z] - a[y], none, b[z] - b[y]),
        (csr_array((n, a.shape[1])), -2 * eye, np.zeros(n)),
    ]
    rows = vstack([hstack([own, w]) for own, w, _ in blocks], format="csr")
    by_cone = np.arange(6 * n).reshape(6, n).T.ravel()  # the six rows of a power together
    whole = vstack([hstack([a[kept], csr_array((len(kept), n))]), rows[by_cone]])
    ends = np.concatenate([end for _, _, end in blocks])[by_cone]
    cones, start = [], 0
    for cone in [c for c in canonical.cones if not _is_power(c)]:
        size = cone.stop - cone.start
        cones.append(replace(cone, start=start, stop=start + size))
        start += size
    cones += [Cone("soc", k, k + 3) for k in range(start, start + 6 * n, 3)]
    return replace(
        canonical,
        c=np.append(canonical.c, np.zeros(n)),
        a=csc_array(whole),
        b=np.append(b[kept], ends),
        cones=tuple(cones),
        upper=np.append(canonical.upper, np.full(n, np.nan)),
    )


def back(canonical: Canonical, x: Floats, z: Floats) -> tuple[Floats, Floats]:
    """x and duals of `canonical` from those of its second-order form."""
    powers = _powers(canonical)
    if not powers:
        return x, z
    n = len(powers)
    found = np.zeros(len(canonical.b))
    kept = np.concatenate([np.arange(c.start, c.stop) for c in canonical.cones if not _is_power(c)])
    found[kept] = z[: len(kept)]
    first, second = z[len(kept) :].reshape(n, 2, 3).transpose(1, 0, 2)
    t = np.array([c.start for c in powers])
    found[t] = first[:, 0] + first[:, 1]
    found[t + 1] = second[:, 0] - second[:, 1]
    found[t + 2] = 2 * first[:, 2] + second[:, 0] + second[:, 1]
    return x[: len(canonical.c)], found


def is_second_order(canonical: Canonical) -> bool:
    """Whether that leaves no other cones than those and flat rows."""
    return all(x.kind != "power" or _is_power(x) for x in canonical.cones)


def _powers(canonical: Canonical) -> list[Cone]:
    return [c for c in canonical.cones if _is_power(c)]


def _is_power(cone: Cone) -> bool:
    return cone.kind == "power" and abs(cone.power - EXPONENT) < 1e-12
