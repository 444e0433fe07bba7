"""Where each limit's amount lies in its band: before hollow, after transfers small, after filled."""

from dataclasses import dataclass
from typing import Any

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas

EDGE = 2.2  # what lies further out is drawn here as an arrow head


@dataclass(frozen=True)
class Band:
    """Amounts on the band's own scale: bounds at -1 and 1; `low`, `high`: what is allowed of it."""

    label: str
    low: float
    high: float
    before: float
    inside: float
    after: float
    outside: bool

    @property
    def words(self) -> str:
        """How far from the middle, before and after, in half widths of the band."""
        return f"{_times(self.before)} → {_times(self.after)}"


def bands(rows: list[Band], alt: str) -> Picture:
    """One row per limit; the grey box is what is allowed."""
    labels, words = [r.label for r in rows], [r.words for r in rows]
    left, right = canvas.room(labels), canvas.room(words)
    fig, axes = canvas.sheet(len(rows), left, right, top=20)
    axes.set_xlim(-EDGE - 0.15, EDGE + 0.15)
    for y, row in enumerate(rows):
        _row(axes, y, row)
    _heads(axes)
    canvas.beside(axes, labels, words)
    return canvas.picture(fig, "bands", alt)


def _heads(axes: Any) -> None:
    place = {"va": "bottom", "clip_on": False, "fontsize": canvas.FONT - 1.5, "color": "#555555"}
    for x, text in ((-1, "lower"), (1, "upper")):
        axes.text(x, -0.62, text, ha="center", **place)
    start, end = canvas.edges(axes)
    beside = place | {"ha": "right", "transform": axes.get_yaxis_transform()}
    axes.text(start, -0.62, "limit", **beside)
    axes.text(end, -0.62, "1 = at bound", **beside)


def _row(axes: Any, y: int, row: Band) -> None:
    wide = row.high - row.low
    axes.barh(y, wide or 0.02, 0.62, left=row.low, color=canvas.PALE, edgecolor="none", zorder=0)
    for end in {row.low, row.high} & {-1.0, 0.0 if not wide else -1.0, 1.0}:
        axes.plot([end, end], [y - 0.36, y + 0.36], color=canvas.RULE, linewidth=1.1, zorder=1)
    before, after = _held(row.before), _held(row.after)
    axes.plot([before, after], [y, y], color=canvas.RULE, linewidth=0.8, zorder=1)
    axes.plot(
        before, y, _arrow(row.before, "o"), markersize=6, zorder=3, markerfacecolor="white",
        markeredgecolor=canvas.INK, markeredgewidth=0.9,
    )  # fmt: skip
    hidden = abs(row.inside) > EDGE and row.inside * row.before > EDGE**2  # under the arrow before
    axes.plot(
        [] if hidden else [_held(row.inside)], [] if hidden else [y], _arrow(row.inside, "D"), markersize=3.4, zorder=4,
        markerfacecolor=canvas.ORANGE, markeredgecolor=canvas.INK, markeredgewidth=0.5,
    )  # fmt: skip
    colour, sign = (canvas.RED, "X") if row.outside else (canvas.BLUE, "o")
    axes.plot(
        after, y, _arrow(row.after, sign), markersize=6.4, zorder=5,
        markerfacecolor=colour, markeredgecolor="white", markeredgewidth=0.5,
    )  # fmt: skip


def _held(x: float) -> float:
    return min(max(x, -EDGE), EDGE)


def _arrow(x: float, sign: str) -> str:
    return sign if abs(x) <= EDGE else ("<" if x < 0 else ">")


def _times(x: float) -> str:
    size = abs(x)
    return f"{size:.2f}" if size < 9.995 else f"{size:,.0f}"
