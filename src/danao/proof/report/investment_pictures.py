"""Pictures of the appraisal: how the net present value may turn out, and when the money is back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from danao.core import pictures as look
from danao.proof.report import canvas
from danao.proof.report.canvas import Values, drawn
from danao.proof.report.pictures import histogram

TAIL = 0.005
"""Share of the simulated futures left out of the histogram at each end."""


def present_values(paths: Values, value: float | None, chance: str, currency: str) -> str:
    """Histogram of the net present value over the simulated futures, with 0 marked.

    Args:
        paths: Shape (futures,), not all equal.
        value: Net present value of the expected flows.
        chance: Probability of a gain, in words.
        currency: ISO 4217.
    """
    low, high = np.quantile(paths, [TAIL, 1 - TAIL])
    shown = paths[(paths >= low) & (paths <= high)]
    scale, unit = canvas.money_scale(shown, currency)

    def build(figure: Figure) -> None:
        axes = figure.add_subplot()
        histogram(axes, shown / scale, 48)
        top = axes.get_ylim()[1]
        axes.set_ylim(0, top * 1.18)
        if value is not None and low <= value <= high:
            canvas.mean_line(axes, value / scale)
        left, right = axes.get_xlim()
        if -left >= 0.45 * (right - left):
            axes.annotate(
                f"gain: {chance}  →",
                (0, 0.97),
                (-4, 0),
                ("data", "axes fraction"),
                "offset points",
                ha="right",
                va="top",
            )
        else:
            axes.annotate(f"→  gain: {chance}", (0, 0.97), (4, 0), ("data", "axes fraction"), "offset points", va="top")
        axes.set_xlabel(f"net present value, {unit}")
        axes.set_ylabel("simulated futures")

    return drawn(1.65, build)


def cumulative_flow(expected: Values, limits: tuple[Values, Values] | None, currency: str) -> str:
    """Cumulative discounted cash flow at the end of each year, with its band.

    Args:
        expected: Shape (years + 1,).
        limits: Lower and upper, of the same shape; None where there is no interval.
        currency: ISO 4217.
    """
    everything: Sequence[float] = [*expected, *(limits[0] if limits else ()), *(limits[1] if limits else ())]
    scale, unit = canvas.money_scale(everything, currency)
    years = np.arange(len(expected))

    def build(figure: Figure) -> None:
        axes = figure.add_subplot()
        if limits is not None:
            axes.fill_between(
                years, limits[0] / scale, limits[1] / scale, color=look.PALE_ACCENT, alpha=0.55, linewidth=0
            )
        axes.plot(years, expected / scale, color=look.ACCENT, linewidth=1.8)
        back = expected >= 0
        for chosen, fill in ((back, look.ACCENT), (~back, "white")):
            axes.plot(
                years[chosen], expected[chosen] / scale, "o", color=look.ACCENT, markerfacecolor=fill, markersize=5
            )
        canvas.zero_line(axes, vertical=False)
        axes.set_xlim(-0.3, years[-1] + 0.3)
        axes.set_ylim(*canvas.padded([0.0, *(value / scale for value in everything)]))
        canvas.plain_ticks(axes, "x", 12, whole=True)
        canvas.plain_ticks(axes, "y", 5)
        axes.grid(axis="y")
        axes.spines["bottom"].set_visible(False)
        axes.set_xlabel("end of year")
        axes.set_ylabel(unit)

    return drawn(1.65, build)
