"""One look for every picture of the project: palette, style, and figures that come out the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#18212b"
SOFT = "#55606b"
HAIR = "#d5dadf"
FILL = "#eef1f3"
NEUTRAL = "#8b97a3"
ACCENT = "#0d5c6e"
PALE_ACCENT = "#a9cbd3"
GOOD = "#1c6b3f"
BAD = "#9f2a26"
PALE_BAD = "#dfa9a2"
SERIES = ("#0d5c6e", "#c9822b", "#4f8f6b", "#8f4a6d", "#5f6cae", "#86784f", "#3b97a3", "#b85c48", "#77953a", "#56606b")
"""Colours for things that differ only in kind, the most frequent first."""

WIDE = 9.2
"""Inches of a picture that takes the full width of a page."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "danao",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": NEUTRAL,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.axisbelow": True,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.color": HAIR,
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.6,
}


def drawn(height: float, build: Callable[[Figure], None], width: float) -> str:
    """A figure as one `<svg>` element.

    Neither the caller's matplotlib settings nor the clock change it, and the caller's settings are left alone.

    Args:
        height: In inches.
        build: Draws into the figure.
        width: In inches.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        build(figure)
        for axes in figure.axes:
            axes.patch.set_visible(False)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
