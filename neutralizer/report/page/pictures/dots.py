"""Two marks a row on one scale, with the band in which they should lie."""

from dataclasses import dataclass

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas


@dataclass(frozen=True)
class Dots:
    """Two values of one thing, and both in words."""

    label: str
    hollow: float
    filled: float
    words: str


def dots(rows: list[Dots], band: tuple[float, float], name: str, alt: str) -> Picture:
    """The band is pale, its middle a line."""
    words = [r.words for r in rows]
    left, right = canvas.room([r.label for r in rows]), canvas.room(words)
    fig, axes = canvas.sheet(len(rows), left, right, step=20)
    axes.axvspan(*band, color=canvas.PALE, linewidth=0)
    axes.axvline(sum(band) / 2, color=canvas.RULE, linewidth=0.8)
    for y, row in enumerate(rows):
        inside = all(band[0] <= x <= band[1] for x in (row.hollow, row.filled))
        colour = canvas.BLUE if inside else canvas.RED
        axes.plot([row.hollow, row.filled], [y, y], color=colour, linewidth=0.8)
        axes.plot([row.hollow], [y], "o", markersize=6, color="white", markeredgecolor=colour)
        axes.plot([row.filled], [y], "o", markersize=6, color=colour)
    every = [x for r in rows for x in (r.hollow, r.filled)] + list(band)
    span = max(every) - min(every)
    axes.set_xlim(min(every) - 0.05 * span, max(every) + 0.05 * span)
    canvas.beside(axes, [r.label for r in rows], words)
    return canvas.picture(fig, name, alt)
