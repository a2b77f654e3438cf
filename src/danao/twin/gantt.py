"""Gantt chart of a trace: what each machine did, coloured by product, with failures, maintenance and closed hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from danao.core import pictures
from danao.plant.pictures import colour
from danao.twin.runs import BLOCKED, CLOSED, DOWN, HEATING, IDLE, MAINTENANCE, OFF, SETUP, WORKING
from danao.twin.timelines import Spans, machine_spans
from danao.twin.trace import STATES, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STATE_STYLE: dict[int, tuple[str, str, str]] = {
    WORKING: (pictures.ACCENT, "none", ""),
    SETUP: (pictures.INK, "none", ""),
    HEATING: ("#e8b04f", "none", ""),
    BLOCKED: (pictures.PALE_ACCENT, pictures.ACCENT, "||||"),
    DOWN: (pictures.PALE_BAD, pictures.BAD, "//////"),
    MAINTENANCE: ("#e6ddc6", "#86784f", "\\\\\\\\\\\\"),
    IDLE: (pictures.FILL, "none", ""),
    OFF: ("white", pictures.HAIR, "...."),
    CLOSED: ("white", pictures.HAIR, "////"),
}
"""Face, colour of the hatching, and hatching of each state, in the order in which they are stacked and told."""

MOST_NAMED = 10
"""Products that have a colour of their own in the legend."""
_OUTLINED = 1 / 400
"""Share of the width from which a bar has a white outline; it would pale narrower ones."""
_ROW = 0.19
_BAR = 0.72
_LEGEND_ROW = 0.2
_LEGEND_COLUMNS = 6


def gantt(trace: Trace, start: float | None = None, end: float | None = None) -> str:
    """What each machine did between two times: one row a machine, work coloured by product.

    Args:
        trace: Of one replication.
        start: h; None: start of the trace.
        end: h; None: end of the trace.

    Returns:
        One `<svg>` element.
    """
    first = trace.start if start is None else start
    last = trace.end if end is None else end
    spans = machine_spans(trace).within(first, last)
    names = trace.machine_names()
    entries = _legend_entries(spans, trace)
    legend_rows = -(-len(entries) // _LEGEND_COLUMNS)

    def build(figure: Figure) -> None:
        axes = figure.subplots()
        wide = spans.end - spans.start >= _OUTLINED * (last - first)
        for (state, product), chosen in _groups(spans):
            _bars(axes, spans, chosen[wide[chosen]], state, product, outlined=True)
            _bars(axes, spans, chosen[~wide[chosen]], state, product, outlined=False)
        _rows(axes, trace, names)
        hour_axis(axes, first, last)
        outside_legend(figure, entries, _LEGEND_COLUMNS)

    return pictures.drawn(0.6 + _ROW * max(len(names), 4) + _LEGEND_ROW * legend_rows, build, pictures.WIDE)


def telling_end(trace: Trace, most: int = 1500, longest: float = 24.0) -> float:
    """Time (h) up to which a Gantt chart from the start of a trace stays readable: whole hours, few enough bars."""
    spans = machine_spans(trace)
    starts = np.sort(spans.start[(spans.state != IDLE) & (spans.state != OFF)])
    hours = np.floor(float(starts[most]) - trace.start) if len(starts) > most else longest
    return min(trace.start + float(min(max(hours, 1.0), longest)), trace.end)


def hour_axis(axes: Axes, start: float, end: float) -> None:
    """Hours of the twin, with ticks at whole hours of the day, and weekdays where the span is a day or longer."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    span = end - start
    axes.set_xlim(start, end)
    if span < 24:
        step = next((step for step in (0.25, 0.5, 1, 2, 3) if span / step <= 14), 4)
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: _clock(hour)))
    else:
        step = next((step for step in (2, 4, 6, 12, 24, 48, 168, 336) if span / step <= 14), 168 * (span // 2352 + 1))
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: _day(hour, step)))
    axes.set_xlabel(f"time of the twin: hours {start:g} to {end:g}, where hour 0 is Monday 00:00")


def outside_legend(figure: Figure, entries: list[tuple[str, str, str, str]], columns: int) -> None:
    """A legend below the axes of (name, face, colour of the hatching, hatching)."""
    from matplotlib.patches import Patch

    handles = [
        Patch(
            facecolor=face,
            edgecolor=pictures.NEUTRAL if edge == "none" else edge,
            hatch=hatch,
            linewidth=0.4,
            label=name,
        )
        for name, face, edge, hatch in entries
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(columns, len(handles)),
        frameon=False,
        fontsize=7,
        handlelength=1.6,
        columnspacing=1.4,
    )


def _groups(spans: Spans) -> list[tuple[tuple[int, int], np.ndarray]]:
    """Rows that look alike: by state, and by product where a machine works."""
    groups = []
    for state in STATE_STYLE:
        if state in (IDLE, OFF):
            continue
        products = np.unique(spans.product[spans.state == state]) if state == WORKING else [-1]
        for product in products:
            chosen = (spans.state == state) & ((spans.product == product) | (state != WORKING))
            if chosen.any():
                groups.append(((state, int(product)), np.flatnonzero(chosen)))
    return groups


def _bars(axes: Axes, spans: Spans, chosen: np.ndarray, state: int, product: int, *, outlined: bool) -> None:
    from matplotlib.collections import PolyCollection

    if not len(chosen):
        return
    face, edge, hatch = STATE_STYLE[state]
    if state == WORKING:
        face = _product_colour(product)
    low = spans.machine[chosen] - _BAR / 2
    left, right = spans.start[chosen], spans.end[chosen]
    corners = np.stack([[left, low], [left, low + _BAR], [right, low + _BAR], [right, low]]).transpose(2, 0, 1)
    axes.add_collection(
        PolyCollection(
            list(corners),
            facecolor=face,
            edgecolor="white" if edge == "none" else edge,
            linewidth=0.25 if edge == "none" and outlined else 0.0,
            hatch=hatch or None,
        )
    )


def _rows(axes: Axes, trace: Trace, names: list[str]) -> None:
    small = 7.5 if len(names) <= 40 else 6.5
    axes.set_yticks(range(len(names)), [short(name) for name in names], fontsize=small)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    stations = trace.machine_stations()
    for row in range(1, len(names)):
        if stations[row] != stations[row - 1]:
            axes.axhline(row - 0.5, color=pictures.HAIR, linewidth=0.5, zorder=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _legend_entries(spans: Spans, trace: Trace) -> list[tuple[str, str, str, str]]:
    shown = np.unique(spans.product[spans.state == WORKING])
    named = [int(product) for product in shown if 0 <= product < MOST_NAMED]
    entries = [(short(trace.plant.products[product].name), _product_colour(product), "none", "") for product in named]
    if (shown >= MOST_NAMED).any():
        entries.append(("other products", pictures.NEUTRAL, "none", ""))
    if (shown < 0).any():
        entries.append(("work, product unknown", pictures.HAIR, "none", ""))
    entries += [
        (STATES[state], *style)
        for state, style in STATE_STYLE.items()
        if state not in (WORKING, IDLE, OFF) and (spans.state == state).any()
    ]
    return entries


def _product_colour(product: int) -> str:
    if product < 0:
        return pictures.HAIR
    return colour(product) if product < MOST_NAMED else pictures.NEUTRAL


def short(name: str, most: int = 26) -> str:
    """A name that fits beside a row."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _clock(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _day(hour: float, step: float) -> str:
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[int(hour // 24) % 7]
    return day if step >= 24 else f"{day}\n00" if hour % 24 == 0 else f"{hour % 24:02.0f}"
