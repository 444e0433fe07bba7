"""From each book alone to the plan, step by step."""

from dataclasses import dataclass

from neutralizer.report.page.parts import Picture
from neutralizer.report.page.pictures import canvas

KINDS = {
    "total": {"color": canvas.BLUE, "edgecolor": canvas.BLUE},
    "other": {"color": "none", "edgecolor": canvas.INK},
    "saved": {"color": canvas.GREEN, "edgecolor": "white", "hatch": "////"},
    "added": {"color": canvas.RED, "edgecolor": canvas.RED},
}


@dataclass(frozen=True)
class Step:
    """A bar from `start` to `end`; kind: total, other (for comparison), saved or added."""

    label: str
    start: float
    end: float
    words: str
    kind: str


def waterfall(steps: list[Step], alt: str) -> Picture:
    """Bars from the top down; a dotted line carries each end to the next bar."""
    labels, words = [s.label for s in steps], [s.words for s in steps]
    left, right = canvas.room(labels), canvas.room(words)
    fig, axes = canvas.sheet(len(steps), left, right, step=24)
    reach = max([abs(x) for s in steps for x in (s.start, s.end)], default=0.0) or 1.0
    for y, step in enumerate(steps):
        least = 0.004 * reach  # a step too small to see is still a line
        wide = step.end - step.start
        wide = wide if abs(wide) >= least else least
        axes.barh(y, wide, 0.6, left=step.start, linewidth=0.9, **KINDS[step.kind])
        if y + 1 < len(steps) and "other" not in (step.kind, steps[y + 1].kind):
            axes.plot([step.end] * 2, [y + 0.3, y + 0.7], ":", color=canvas.INK, linewidth=0.9)
    low = min(0.0, *(x for s in steps for x in (s.start, s.end)))
    axes.set_xlim(low - 0.01 * reach, 1.01 * reach)
    axes.axvline(0, color=canvas.RULE, linewidth=0.8, zorder=0)
    canvas.beside(axes, labels, words)
    return canvas.picture(fig, "waterfall", alt)
