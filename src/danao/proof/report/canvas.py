"""What the report's pictures are made of: axes in money, rows with names and values, lines of reference."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from danao.core import pictures
from danao.core.pictures import INK, SOFT
from danao.proof.report.figures import MINUS, NBSP

Values = NDArray[np.float64]

WIDTH = 6.4
"""Inches; on paper the picture is as wide as the text."""


def drawn(height: float, build: Callable[[Figure], None], width: float = WIDTH) -> str:
    """A picture of the report; see `danao.core.pictures.drawn`."""
    return pictures.drawn(height, build, width)


def money_scale(values: Sequence[float] | Values, currency: str) -> tuple[float, str]:
    """Divisor for the axis and the name of its unit, so that no tick needs more than a few digits."""
    finite = [abs(float(value)) for value in values if np.isfinite(value)]
    largest = max(finite, default=0.0)
    for factor, word in ((1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
        if largest >= factor:
            return (1e3 if factor == 1e4 else factor), f"{word}{NBSP}{currency}"
    return 1.0, currency


def plain_ticks(axes: Axes, which: str, most: int = 6, *, whole: bool = False) -> None:
    """Few round ticks with thousands separators on the x or y axis."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(most, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def tick(value: float) -> str:
    """A tick's label."""
    text = f"{value:,.6g}" if 1e-4 <= abs(value) < 1e6 or value == 0 else f"{value:,.3g}"
    return "0" if text in ("-0", "0") else text.replace("-", MINUS)


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """A label broken into at most so many lines, its middle left out where it is too long."""
    for most in range(width * lines, width // 2, -1):
        parts = textwrap.wrap(cut(text, most), width) or [""]
        if len(parts) <= lines:
            break
    return "\n".join(parts)


def cut(text: str, width: int) -> str:
    """A label on one line, its middle left out where it is too long: names often differ at their end."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"


def padded(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """Axis limits around the finite values, never of zero width."""
    finite = [value for value in values if np.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    if low == high:
        reach = abs(low) or 1.0
        return low - reach * 0.5, high + reach * 0.5
    margin = (high - low) * share
    return low - margin, high + margin


def rows(axes: Axes, names: Sequence[str], told: Sequence[str]) -> None:
    """Turn the y axis into rows 0, 1, ... from the top, with a name before and a value behind each.

    Every line of a label is a text of its own, anchored at its end: the page's font is not as wide as the one in
    which the picture is laid out.
    """
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for side, labels in ((0, names), (1, told)):
        for at, label in enumerate(labels):
            lines = label.split("\n")
            for index, line in enumerate(lines):
                axes.annotate(
                    line,
                    (side, at),
                    (8 if side else -8, 5 * (len(lines) - 1) - 10 * index),
                    ("axes fraction", "data"),
                    "offset points",
                    ha="left" if side else "right",
                    va="center_baseline",
                    fontsize=8 if side == 0 or index == 0 else 7,
                    color=INK if side == 0 or index == 0 else SOFT,
                    annotation_clip=False,
                )


def zero_line(axes: Axes, *, vertical: bool = True) -> None:
    """The line of no difference."""
    draw = axes.axvline if vertical else axes.axhline
    draw(0, color=INK, linewidth=1.0, zorder=3)


def mean_line(axes: Axes, at: float, *, vertical: bool = True) -> None:
    """The dashed line of a mean, with a white edge so that it shows on bars too."""
    draw = axes.axvline if vertical else axes.axhline
    draw(at, color="white", linewidth=2.6, alpha=0.85)
    draw(at, color=INK, linewidth=1.0, linestyle=(0, (5, 3)))
