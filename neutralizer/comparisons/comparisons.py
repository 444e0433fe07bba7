"""What a plan is held against: each book alone, the naive hand method, other market impacts, each day decided by
itself, a shock.
"""

from dataclasses import dataclass, field

from neutralizer.comparisons.baseline import Baseline
from neutralizer.comparisons.by_hand import ByHand
from neutralizer.comparisons.over_days import OverDays
from neutralizer.comparisons.shocked import UnderShock


@dataclass(frozen=True)
class Comparisons:
    """Each None or empty where it was not asked for or has no answer."""

    baseline: Baseline
    by_hand: ByHand | None = None
    strip: list[dict[str, float | None]] = field(default_factory=list)
    over_days: OverDays | None = None
    shock: UnderShock | None = None
