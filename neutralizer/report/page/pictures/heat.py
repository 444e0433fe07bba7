"""A figure over two others: a grid of numbers, darker where more."""

from collections.abc import Mapping, Sequence
from typing import Any

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas
from neutralizer.report.words import cut, short

PALEST, DARKEST = (0.93, 0.96, 0.99), (0.0, 0.29, 0.47)  # one hue
EMPTY = "\u2013"
DARK = 0.55  # from here on letters are white


def heat(
    down: Sequence[str],
    across: Sequence[str],
    values: Mapping[tuple[str, str], float],
    name: str,
    alt: str,
) -> Picture:
    """By (row, column); what has no value is a dash."""
    left, head = canvas.room([cut(d, 18) for d in down]), 22.0
    step = min((canvas.WIDTH - left - 6) / len(across), 70.0)
    fig, axes = canvas.sheet(
        len(down), left, canvas.WIDTH - left - step * len(across), top=head, step=24
    )
    axes.set_xlim(-0.5, len(across) - 0.5)
    low, high = min(values.values(), default=0.0), max(values.values(), default=0.0)
    size = min(canvas.FONT, step / 4.5)
    for y, row in enumerate(down):
        for x, column in enumerate(across):
            _cell(axes, (x, y), values.get((row, column)), (low, high), size)
    place = {"transform": axes.get_xaxis_transform(), "clip_on": False}
    for x, label in enumerate(across):
        axes.text(x, 1.02, cut(label, 10), ha="center", va="bottom", **place)
    canvas.beside(axes, [cut(d, 18) for d in down], [""] * len(down))
    return canvas.picture(fig, name, alt)


def _cell(
    axes: Any, at: tuple[int, int], value: float | None, ends: tuple[float, float], size: float
) -> None:
    (x, y), (low, high) = at, ends
    share = 0.0 if value is None or high == low else (value - low) / (high - low)
    blend = tuple(p + share * (d - p) for p, d in zip(PALEST, DARKEST, strict=True))
    colour: Any = "white" if value is None else blend
    axes.barh(y, 0.97, 0.94, left=x - 0.485, color=colour, edgecolor="#d5dade", linewidth=0.4)
    text = EMPTY if value is None else short(value)
    ink = "white" if share > DARK else canvas.INK
    axes.text(x, y, text, ha="center", va="center", fontsize=size, color=ink)
