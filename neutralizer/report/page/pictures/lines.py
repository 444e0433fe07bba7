"""Small lines: a figure of the last runs, each row on its own scale from nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas

HIGH = 0.36  # of a row: how far a line goes up and down from its middle


@dataclass(frozen=True)
class Line:
    """Values, oldest first, and the last one in words."""

    label: str
    values: Sequence[float]
    words: str


def lines(rows: list[Line], name: str, alt: str) -> Picture:
    """A dot marks the last value."""
    words = [r.words for r in rows]
    left, right = canvas.room([r.label for r in rows]), canvas.room(words)
    fig, axes = canvas.sheet(len(rows), left, right, step=26)
    for y, row in enumerate(rows):
        low, high = min(*row.values, 0.0), max(*row.values, 0.0)
        span = (high - low) or 1.0
        last = max(len(row.values) - 1, 1)
        x = [k / last for k in range(len(row.values))]
        up = [y + HIGH - 2 * HIGH * (v - low) / span for v in row.values]
        axes.plot([0, 1], [y + HIGH + 2 * HIGH * low / span] * 2, color=canvas.PALE, linewidth=0.8)
        axes.plot(x, up, color=canvas.BLUE, linewidth=1.2)
        axes.plot(x[-1:], up[-1:], marker="o", markersize=3.5, color=canvas.INK)
    axes.set_xlim(-0.02, 1.02)
    canvas.beside(axes, [r.label for r in rows], words)
    return canvas.picture(fig, name, alt)
