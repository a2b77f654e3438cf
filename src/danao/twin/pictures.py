"""Pictures of a twin's results: shares of the machine states, parts in the plant and power over time, Gantt charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from danao.core import pictures
from danao.plant.pictures import colour
from danao.twin.gantt import MOST_NAMED, STATE_STYLE, gantt, hour_axis, outside_legend, short, telling_end
from danao.twin.kpis import station_kpis
from danao.twin.runs import BLOCKED, CLOSED, DOWN, HEATING, IDLE, MAINTENANCE, OFF, SETUP, WORKING, Floats, Runs
from danao.twin.timelines import parts_in_plant, power, state_shares, weeks
from danao.twin.trace import STATES, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["gantt", "power_over_time", "state_bars", "telling_end", "wip_over_time"]

_MOST_INTERVALS = 700
_WIP_INTERVALS = 336
_LEAST_LABELLED = 0.045
"""Share of a bar from which its number is printed in it."""

_POWER_GROUPS = (
    ("working", (WORKING,), pictures.ACCENT),
    ("setup", (SETUP,), pictures.INK),
    ("heating", (HEATING,), "#e8b04f"),
    ("idle or blocked", (IDLE, BLOCKED), pictures.PALE_ACCENT),
    ("down, maintenance, closed, off", (DOWN, MAINTENANCE, CLOSED, OFF), pictures.NEUTRAL),
)


def state_bars(results: Runs | Trace) -> str:
    """Share of each station's machine hours in each state, as one bar a station; the bottleneck is marked.

    The bottleneck is the station that is active the largest share of its open hours: working, set up, heating, under
    repair or maintenance, neither starved nor blocked.

    Args:
        results: Runs (means over the replications), or a trace.

    Returns:
        One `<svg>` element.
    """
    if isinstance(results, Trace):
        names = [station.name for station in results.plant.stations]
        shares = state_shares(results)
    else:
        names = list(results.stations)
        shares = station_kpis(results).state_shares.mean(axis=0)
    shown = [state for state in STATE_STYLE if (shares[:, state] > 0).any()]

    def build(figure: Figure) -> None:
        axes = figure.subplots()
        left = np.zeros(len(names))
        for state in shown:
            _stack(axes, shares[:, state], left, state)
            left += shares[:, state]
        mark = bottleneck(shares)
        labels = [f"▸ {short(name)}" if row == mark else short(name) for row, name in enumerate(names)]
        axes.set_yticks(range(len(names)), labels)
        axes.get_yticklabels()[mark].set_fontweight("bold")
        axes.set_ylim(len(names) - 0.45, -0.55)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.set_xlabel("share of the machine hours (▸ bottleneck: active the largest share of its open hours)")
        axes.tick_params(axis="y", length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        outside_legend(figure, [(STATES[state], *STATE_STYLE[state]) for state in shown], 9)

    return pictures.drawn(0.85 + 0.24 * max(len(names), 3), build, pictures.WIDE)


def bottleneck(shares: Floats) -> int:
    """Number of the station that is active the largest share of its open hours.

    Args:
        shares: (stations, states) of the machine hours.
    """
    active = shares[:, [WORKING, SETUP, HEATING, DOWN, MAINTENANCE]].sum(axis=1)
    return int(np.argmax(active / np.maximum(1 - shares[:, CLOSED], 1e-12)))


def wip_over_time(trace: Trace, beside: Trace | None = None) -> str:
    """Parts in the plant over time, stacked by product.

    Args:
        trace: Of one replication.
        beside: Another trace that this one is compared with: both get the same scale.

    Returns:
        One `<svg>` element.
    """
    edges = _edges(trace, 0.0)
    parts = parts_in_plant(trace, edges)
    top = parts.sum(axis=0).max()
    if beside is not None:
        top = max(top, parts_in_plant(beside, _edges(beside, 0.0)).sum(axis=0).max())
    own = min(MOST_NAMED, len(parts))
    layers = [(short(trace.plant.products[number].name), parts[number], colour(number)) for number in range(own)]
    if len(parts) > own:
        layers.append(("other products", parts[own:].sum(axis=0), pictures.NEUTRAL))
    layers = [layer for layer in layers if layer[1].any()]

    def build(figure: Figure) -> None:
        axes = figure.subplots()
        _layers(axes, edges, layers, float(top))
        axes.set_ylabel("parts in the plant")
        hour_axis(axes, trace.start, trace.end)
        outside_legend(figure, [(name, hue, "none", "") for name, _, hue in layers], 6)

    return pictures.drawn(2.5 + 0.2 * (len(layers) // 6), build, pictures.WIDE)


def power_over_time(trace: Trace, beside: Trace | None = None) -> str:
    """Mean electrical power over each demand interval, stacked by what machines did; dear hours are shaded.

    Args:
        trace: Of one replication.
        beside: Another trace that this one is compared with: both get the same scale.

    Returns:
        One `<svg>` element.
    """
    tariff = trace.plant.tariff
    interval = 0.25 if tariff is None else tariff.interval
    edges = _edges(trace, interval)
    by_state = power(trace, edges)
    top = by_state.sum(axis=0).max()
    if beside is not None:
        top = max(top, power(beside, _edges(beside, interval)).sum(axis=0).max())
    layers = [(name, by_state[list(states)].sum(axis=0), hue) for name, states, hue in _POWER_GROUPS]
    layers = [layer for layer in layers if layer[1].any()]

    def build(figure: Figure) -> None:
        axes = figure.subplots()
        entries = [(name, hue, "none", "") for name, _, hue in layers]
        entries += _shade_tariff(axes, trace)
        _layers(axes, edges, layers, float(top))
        _mark_peak(axes, edges, by_state.sum(axis=0))
        minutes = 60 * float(edges[1] - edges[0])
        axes.set_ylabel(f"kW, mean of {minutes:.3g} min")
        hour_axis(axes, trace.start, trace.end)
        if entries:
            outside_legend(figure, entries, 5)

    return pictures.drawn(2.7, build, pictures.WIDE)


def _stack(axes: Axes, shares: Floats, left: Floats, state: int) -> None:
    face, edge, hatch = STATE_STYLE[state]
    rows = np.arange(len(shares))
    axes.barh(
        rows,
        shares,
        left=left,
        height=0.68,
        facecolor=face,
        edgecolor="white" if edge == "none" else edge,
        hatch=hatch or None,
        linewidth=0.4 if edge == "none" else 0.0,
    )
    if hatch:
        return
    dark = state in (WORKING, SETUP)
    for row in rows[shares >= _LEAST_LABELLED]:
        axes.text(
            left[row] + shares[row] / 2,
            row,
            f"{100 * shares[row]:.0f}",
            ha="center",
            va="center",
            size=6.5,
            color="white" if dark else pictures.SOFT,
        )


def _edges(trace: Trace, interval: float) -> Floats:
    """Ends of intervals of equal length, not shorter than asked and not too many to be drawn."""
    span = trace.end - trace.start
    if interval <= 0:
        return np.linspace(trace.start, trace.end, _WIP_INTERVALS + 1)
    length = interval * np.ceil(span / interval / _MOST_INTERVALS)
    edges = trace.start + length * np.arange(int(np.ceil(span / length - 1e-9)) + 1)
    return np.minimum(edges, trace.end)


def _layers(axes: Axes, edges: Floats, layers: list[tuple[str, Floats, str]], highest: float) -> None:
    """Areas above each other, each constant within an interval."""
    bottom = np.zeros(len(edges) - 1)
    for _, values, hue in layers:
        top = bottom + np.maximum(values, 0.0)
        axes.fill_between(
            edges, np.append(bottom, bottom[-1]), np.append(top, top[-1]), step="post", color=hue, linewidth=0
        )
        bottom = top
    axes.set_ylim(0, 1.12 * max(highest, 1e-9))
    axes.grid(axis="y")


def _shade_tariff(axes: Axes, trace: Trace) -> list[tuple[str, str, str, str]]:
    """Shade the hours of each window of the tariff; dear ones red, cheap ones green."""
    tariff = trace.plant.tariff
    entries: dict[str, tuple[str, str, str, str]] = {}
    if tariff is None:
        return []
    for week in weeks(trace.start, trace.end):
        for first, last, price in tariff.windows:
            left, right = max(week + first, trace.start), min(week + last, trace.end)
            if left < right and price != tariff.price:
                hue = "#f3dedb" if price > tariff.price else "#dcebe1"
                axes.axvspan(left, right, facecolor=hue, linewidth=0, zorder=0)
                name = f"{'dear' if price > tariff.price else 'cheap'} hours"
                entries[name] = (name, hue, "none", "")
    return list(entries.values())


def _mark_peak(axes: Axes, edges: Floats, values: Floats) -> None:
    if not values.any():
        return
    at = int(np.argmax(values))
    time, right = float(edges[at] + edges[at + 1]) / 2, float(edges[0]) + 0.85 * float(edges[-1] - edges[0])
    axes.annotate(
        f"{values[at]:,.4g} kW",
        (time, float(values[at])),
        xytext=(-3 if time > right else 3, 3),
        textcoords="offset points",
        ha="right" if time > right else "left",
        size=7,
        color=pictures.BAD,
    )
    axes.plot([time], [values[at]], marker="o", markersize=3, color=pictures.BAD)
