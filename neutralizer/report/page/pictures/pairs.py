"""Before and after as a hollow and a filled bar, row by row."""

from dataclasses import dataclass

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas


@dataclass(frozen=True)
class Pair:
    """Two amounts of one thing, and both in words. `bad`: the second is the worse one."""

    label: str
    before: float
    after: float
    words: str
    bad: bool = False


def pairs(rows: list[Pair], name: str, alt: str) -> Picture:
    """Hollow is before, filled is after; a worse one is hatched as well as red."""
    words = [r.words for r in rows]
    left, right = canvas.room([r.label for r in rows]), canvas.room(words)
    fig, axes = canvas.sheet(len(rows), left, right, step=20)
    for y, row in enumerate(rows):
        colour, hatch = (canvas.RED, "////") if row.bad else (canvas.BLUE, None)
        axes.barh(y, row.before, 0.66, color="none", edgecolor=canvas.INK, linewidth=0.9)
        axes.barh(y, row.after, 0.34, color=colour, edgecolor="white", linewidth=0, hatch=hatch)
    ends = [x for r in rows for x in (r.before, r.after, 0.0)]
    span = max(ends) - min(ends) or 1.0
    axes.set_xlim(min(ends) - 0.01 * span, max(ends) + 0.01 * span)
    axes.axvline(0, color=canvas.RULE, linewidth=0.8, zorder=0)
    canvas.beside(axes, [r.label for r in rows], words)
    return canvas.picture(fig, name, alt)
