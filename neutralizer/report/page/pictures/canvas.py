"""The sheet that pictures are drawn on, and how it becomes a piece of the page.

Lengths are points; the page scales the sheet to its column. Matplotlib is kept quiet, away from the
home folder and from the user's own style. It lists the fonts of the machine at its first use; set
MPLCONFIGDIR to keep that list between runs.
"""

import io
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from neutralizer.report.page.parts import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 360.0
FONT = 9.5
GAP = 6.0  # between the drawing and the words beside it
INK, PALE, RULE = "#222222", "#e9ecef", "#8a9199"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"  # Okabe and Ito
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "neutralizer",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": ["DejaVu Sans"],
    "font.size": FONT,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib with this page's style and nobody's settings; silent."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a sign that its font lacks: the browser has it
            matplotlib = _matplotlib()
            plain = {k: v for k, v in matplotlib.rcParamsDefault.items() if "backend" not in k}
            with matplotlib.rc_context(plain | STYLE):
                yield
    finally:
        log.setLevel(level)


def _matplotlib() -> Any:
    """The library, loaded with a cache folder that is gone afterwards unless one was given."""
    given = os.environ.get("MPLCONFIGDIR")
    with tempfile.TemporaryDirectory(prefix="neutralizer-") as folder:
        os.environ["MPLCONFIGDIR"] = given or folder
        try:
            import matplotlib
            import matplotlib.font_manager
        finally:
            if given is None:
                del os.environ["MPLCONFIGDIR"]
    return matplotlib


def sheet(rows: float, left: float, right: float, top: float = 4, step: float = 17) -> Any:
    """(figure, axes) with room for so many rows from the top down, and margins for words beside."""
    from matplotlib.figure import Figure

    height = rows * step + top + 4
    fig = Figure(figsize=(WIDTH / 72, height / 72))
    fig.patch.set_visible(False)
    box = (left / WIDTH, 4 / height, 1 - (left + right) / WIDTH, rows * step / height)
    axes = fig.add_axes(box)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.patch.set_visible(False)
    axes.spines[["top", "right", "bottom", "left"]].set_visible(False)
    axes.tick_params(length=0, pad=4)
    axes.set_xticks([])
    axes.set_yticks([])
    return fig, axes


def beside(axes: "Axes", labels: list[str], values: list[str]) -> None:
    """Names to the left of each row and numbers to the right, outside the drawing."""
    start, end = edges(axes)
    place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center"}
    for y, (label, value) in enumerate(zip(labels, values, strict=True)):
        axes.text(start, y, label, ha="right", **place)
        axes.text(end, y, value, ha="right", **place)


def edges(axes: "Axes") -> tuple[float, float]:
    """Where names end and where numbers end, in widths of the drawing."""
    box = axes.get_position()
    return -GAP / (box.width * WIDTH), 1 + (1 - box.x1) / box.width


def room(words: list[str]) -> float:
    """Points that the longest of some words needs beside a drawing."""
    return 2 * GAP + max((sum(map(_wide, word)) for word in words), default=0.0)


def _wide(sign: str) -> float:
    """Points of one sign, generously: the browser's font is not known here."""
    if ord(sign) > 0x2E80:
        return FONT * 1.05
    return FONT * (
        0.42 if sign in " .,:;-ijlI1|'()" else 0.72 if sign.isupper() or sign in "mw_@%→" else 0.62
    )


def picture(fig: "Figure", name: str, alt: str, key: str = "") -> Picture:
    """The drawing as SVG that may stand in a page beside others."""
    out = io.BytesIO()
    fig.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue().decode()
    box = re.search(r'viewBox="([^"]*)"', text)
    inside = text[text.index("<svg") :]
    inside = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</defs>", "", inside, flags=re.S)
    inside = inside[inside.index(">") + 1 :]
    inside = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", inside)
    head = f'<svg viewBox="{box[1] if box else ""}" role="img" aria-label="{escape(alt)}">'
    return Picture(head + inside.strip(), alt, key)
