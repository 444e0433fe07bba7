"""Who gave how much to whom: a square of numbers, darker where more."""

from typing import TYPE_CHECKING, Any

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas
from neutralizer.report.words import cut, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALEST, DARKEST = (0.93, 0.96, 0.99), (0.0, 0.29, 0.47)  # one hue


def matrix(names: list[str], given: dict[tuple[str, str], float], alt: str) -> Picture:
    """From the rows to the columns; the last row and column are totals."""
    labels = [cut(n, 13) for n in names]
    side, left = len(names) + 1, canvas.room([*labels, "takes"])
    head = canvas.room(labels) * 0.64 + 8
    wide = canvas.WIDTH - left - 6
    step = min(wide / side, 44.0)
    fig, axes = canvas.sheet(side, left, wide - step * side + 6, top=head, step=step * 0.72)
    axes.set_xlim(-0.5, side - 0.5)
    most = max(given.values(), default=1.0) or 1.0
    small = min(canvas.FONT - 0.5, step / 4.1)
    for y, giver in enumerate(names):
        for x, taker in enumerate(names):
            _cell(axes, x, y, given.get((giver, taker), 0.0), most, small)
        total = sum(given.get((giver, taker), 0.0) for taker in names)
        _number(axes, side - 1, y, total, small, weight="bold")
        taken = sum(given.get((other, giver), 0.0) for other in names)
        _number(axes, y, side - 1, taken, small, weight="bold")
    place = {"transform": axes.get_xaxis_transform(), "clip_on": False}
    for x, label in enumerate([*labels, "gives"]):
        axes.text(x - 0.15, 1.015, label, rotation=40, ha="left", va="bottom", **place)
    canvas.beside(axes, [*labels, "takes"], [""] * side)
    return canvas.picture(fig, "matrix", alt)


def _cell(axes: "Axes", x: int, y: int, value: float, most: float, size: float) -> None:
    share = (value / most) ** 0.5
    blend = tuple(p + share * (d - p) for p, d in zip(PALEST, DARKEST, strict=True))
    colour = blend if value else "white"
    axes.barh(y, 0.96, 0.94, left=x - 0.48, color=colour, edgecolor="#d5dade", linewidth=0.4)
    _number(axes, x, y, value, size, color="white" if share > 0.55 else canvas.INK)


def _number(axes: "Axes", x: int, y: int, value: float, size: float, **style: Any) -> None:
    if value:
        axes.text(x, y, short(value), ha="center", va="center", fontsize=size, **style)
