"""Which method is taken: compared by walk-forward on the history itself, and held against choosing on half of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neutralizer.domain.steps import steps
from neutralizer.errors import InputsRefused, Issue
from neutralizer.prepare.estimate.methods import Left, candidates
from neutralizer.prepare.estimate.panel import Panel
from neutralizer.prepare.estimate.walk_forward import FAIR, Judged, judged, judged_days, step_of

FALLBACK = "ledoit-wolf"  # where there are too few days to compare
FALLBACK_OF_MANY = "pca-5"
FEW_DAYS = 60  # of tests, below which nothing is compared
ALIKE = 0.95  # of the days on which others are judged: fewer cannot be compared
ENOUGH = 1000  # days, below which a bias is known roughly


@dataclass(frozen=True)
class Choice:
    """The method, why it, what was compared, and what was not."""

    method: str
    why: str
    judged: tuple[Judged, ...]
    left: tuple[Left, ...]


def chosen(panel: Panel, say: Callable[[str], None]) -> Choice:
    """The best of the candidates: least QLIKE among those whose biases are fair; among all where none is."""
    names, left = candidates(panel)
    enough = len(judged_days(panel)) * step_of(panel) >= FEW_DAYS
    found = _compared(names, panel, left, say) if enough else []
    if not found:
        kinds = [x for x in (FALLBACK, FALLBACK_OF_MANY) if x in names] or names
        if not kinds:
            reason = f"no method can estimate {len(panel.instruments)} instruments from {len(panel.days)} days"
            raise InputsRefused([Issue("prices", 0, "", None, reason, "bring more days")])
        why = (
            f"{len(panel.days)} days are too few to compare methods on: {kinds[0]} errs least then"
        )
        return Choice(kinds[0], why, (), tuple(left))
    best = least(found)
    return Choice(best.method, _why(best, found), tuple(found), tuple(left))


def _compared(
    names: list[str], panel: Panel, left: list[Left], say: Callable[[str], None]
) -> list[Judged]:
    """Each judged on the same days; to `left` goes what could not be."""
    found = []
    for name in steps(names, "comparing method", say):
        try:
            one = judged(name, panel)
        except (ValueError, np.linalg.LinAlgError) as error:
            left.append(Left(name, str(error).partition("\n")[0]))
            continue
        found += [one] if one is not None else []
    most = max((x.days for x in found), default=0)
    left += [
        Left(x.method, f"it could be judged on {x.days} of {most} days")
        for x in found
        if x.days < ALIKE * most
    ]
    return [x for x in found if x.days >= ALIKE * most]


def least(found: list[Judged]) -> Judged:
    """By QLIKE, the fair ones first."""
    return min(found, key=lambda x: (not x.is_fair, x.qlike))


def _why(best: Judged, found: list[Judged]) -> str:
    fair = [x for x in found if x.is_fair]
    text = (
        f"the least QLIKE of {len(fair)} whose biases lie between {FAIR[0]} and {FAIR[1]}"
        if fair
        else f"the least QLIKE: no method has both biases between {FAIR[0]} and {FAIR[1]}"
    )
    early = min(
        found,
        key=lambda x: (not all(FAIR[0] <= b <= FAIR[1] for b in x.halves[0][1:]), x.halves[0][0]),
    )
    _, random, hedged = early.halves[1]
    text += f"; the first half of the days chooses {early.method}, whose biases in the second half are {random:.2f} and {hedged:.2f}"
    return text + (f"; {best.days} days tell a bias roughly" if best.days < ENOUGH else "")
