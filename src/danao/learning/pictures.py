"""Pictures of what was learnt: recorded and simulated orders side by side, and when open orders will be finished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from danao.core.pictures import ACCENT, INK, NEUTRAL, PALE_ACCENT, SERIES, WIDE, drawn
from danao.learning.forecast import Completion
from danao.learning.log import EventLog, Floats
from danao.learning.shifts import WEEK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_ORDERS = 60
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def beside(recorded: EventLog, simulated: Sequence[EventLog]) -> str:
    """Two panels, as SVG: how long orders take as far as seen, and when in the week reports begin and end.

    Args:
        recorded: Orders that were held out.
        simulated: Some logs of the twin over the same span; not empty.
    """

    def build(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
        for log in simulated:
            left.plot(*_steps(_spans(log)), color=PALE_ACCENT, linewidth=0.8)
        left.plot(*_steps(_spans(recorded)), color=INK, linewidth=1.4, label="recorded")
        left.plot([], [], color=PALE_ACCENT, label="twin")
        left.set_xlabel("hours from the first to the last report of an order")
        left.set_ylabel("share of the orders")
        left.legend(frameon=False, loc="lower right")
        edges = np.arange(0, WEEK + 1, 2.0)
        for log, colour, width in [(one, PALE_ACCENT, 0.8) for one in simulated] + [(recorded, INK, 1.2)]:
            moments = np.concatenate([log.start, log.end[~log.running]]) % WEEK
            counts, _ = np.histogram(moments, edges)
            right.stairs(100 * counts / max(counts.sum(), 1), edges, color=colour, linewidth=width)
        right.set_xticks(np.arange(0, WEEK, 24.0), _DAYS, ha="left")
        right.set_xlim(0, WEEK)
        right.set_ylabel("% of the starts and ends, by 2 hours")

    return drawn(2.8, build, WIDE)


def why_waiting(queueing: float, closed: float, other: float) -> str:
    """What orders waited for between their steps, as one bar, as SVG.

    Args:
        queueing: Hours for a busy machine.
        closed: Hours for the next shift.
        other: Hours in which a machine was free.
    """

    def build(figure: Figure) -> None:
        axes = figure.subplots()
        total, left = max(queueing + closed + other, 1e-9), 0.0
        parts = (("for a machine", queueing), ("for the next shift", closed), ("for other reasons", other))
        for (name, hours), colour in zip(parts, SERIES, strict=False):
            share = 100 * hours / total
            axes.barh(0, share, left=left, color=colour, height=0.5, label=f"{name} {share:.0f} %")
            left += share
        axes.set_yticks([])
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of the waiting time between two steps")
        axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return drawn(1.3, build, WIDE)


def completions_chart(completions: Sequence[Completion], cut: EventLog) -> str:
    """The 80 % interval of the completion of each open order, soonest first, as SVG.

    Args:
        completions: From `forecast`; the first 60 are drawn.
        cut: The log, for the moment of the forecast.
    """
    shown = sorted(completions, key=lambda one: one.median)[:_MOST_ORDERS]

    def build(figure: Figure) -> None:
        axes = figure.subplots()
        now = cut.when(cut.cut)
        for row, one in enumerate(shown):
            low, middle, high = (
                (moment - now).total_seconds() / 86400 for moment in (one.lower, one.median, one.upper)
            )
            axes.plot([low, high], [row, row], color=PALE_ACCENT, linewidth=3, solid_capstyle="butt")
            axes.plot([middle], [row], "|", color=ACCENT, markersize=6)
        axes.set_yticks(range(len(shown)), [one.order for one in shown], fontsize=6)
        axes.invert_yaxis()
        axes.axvline(0, color=NEUTRAL, linewidth=0.6)
        axes.set_xlabel(f"days after {now:%Y-%m-%d %H:%M}: 80 % interval, and median")
        axes.grid(axis="x")

    return drawn(0.8 + 0.13 * max(len(shown), 1), build, WIDE)


def _spans(log: EventLog) -> Floats:
    first, last = log.first_start(), log.last_end()
    return np.sort((last - first)[np.isfinite(first)])


def _steps(values: Floats) -> tuple[Floats, Floats]:
    """Distribution function, as corners of a line."""
    levels = np.arange(len(values) + 1) / max(len(values), 1)
    return np.repeat(values, 2), np.repeat(levels, 2)[1:-1]
