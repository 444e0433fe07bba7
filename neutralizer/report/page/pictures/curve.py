"""One figure against another, on axes with numbers."""

from collections.abc import Sequence
from typing import Any

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas
from neutralizer.report.words import short

HIGH = 190.0  # points of the sheet
LEFT, BELOW, ABOVE, RIGHT = 52.0, 36.0, 18.0, 10.0
TICKS = 5


def curve(
    x: Sequence[float], y: Sequence[float], across: str, up: str, name: str, alt: str
) -> Picture:
    """Points in the order of `x`, joined; `across` and `up` name what they are."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    fig = Figure(figsize=(canvas.WIDTH / 72, HIGH / 72))
    fig.patch.set_visible(False)
    wide, high = canvas.WIDTH - LEFT - RIGHT, HIGH - BELOW - ABOVE
    axes: Any = fig.add_axes((LEFT / canvas.WIDTH, BELOW / HIGH, wide / canvas.WIDTH, high / HIGH))
    axes.patch.set_visible(False)
    axes.spines[["top", "right"]].set_visible(False)
    order = sorted(range(len(x)), key=lambda k: x[k])
    axes.plot(
        [x[k] for k in order], [y[k] for k in order], color=canvas.BLUE, marker="o", markersize=3.5
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(TICKS))
        axis.set_major_formatter(FuncFormatter(lambda v, _: _tick(v)))
    axes.set_xlabel(across)
    axes.text(0, 1.03, up, transform=axes.transAxes, ha="left", va="bottom")
    return canvas.picture(fig, name, alt)


def _tick(value: float) -> str:
    return short(value) if abs(value) >= 1000 else f"{value:.4g}".replace("-", "\u2212")
