"""What limits measure, one file each. A module's faces are described by `contracts.Measure`.

Must never import the program or the proof.
"""

from neutralizer.terms.limits.bounds import (
    amounts,
    beyond,
    bounds,
    half_steps,
    least_steps,
    penalty,
    reach,
    relaxed_by,
    rounding_errors,
    scales,
    sensitivity,
    sizes,
    status,
    steps,
    written,
)
from neutralizer.terms.limits.registry import REGISTRY

__all__ = [
    "REGISTRY",
    "amounts",
    "beyond",
    "bounds",
    "half_steps",
    "least_steps",
    "penalty",
    "reach",
    "relaxed_by",
    "rounding_errors",
    "scales",
    "sensitivity",
    "sizes",
    "status",
    "steps",
    "written",
]
