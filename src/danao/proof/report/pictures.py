"""Pictures of the effect: policies against zero, money items from baseline to candidate, trial by trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from danao.core import pictures as look
from danao.proof.estimate import Estimate
from danao.proof.report import canvas
from danao.proof.report.canvas import Values, drawn
from danao.proof.report.figures import NBSP, Triple, column_places, number

MOST_SINGLE = 60
"""Up to this number every trial has a bar of its own."""
MOST_ROWS = 24
"""Up to this number those bars lie, with their labels beside them."""
MOST_MARKS = 500
"""Marks in a strip of trials."""
MOST_ITEMS = 16
"""Bars of money items in a waterfall; the smallest changes beyond are joined."""


@dataclass(frozen=True)
class Effect:
    """A policy's row in the effect picture."""

    label: str
    estimate: Estimate
    chosen: bool
    """Whether it is the candidate."""


def effects(rows: Sequence[Effect], currency: str, per: str, periods_per_year: float) -> str:
    """Mean and interval of every policy against the baseline at 0.

    Args:
        rows: Candidate first, then rivals; money per trial period.
        currency: ISO 4217.
        per: Name of the trial period, for example `day`.
        periods_per_year: For the second scale.
    """
    values = [value for row in rows for value in (row.estimate.mean, row.estimate.lower, row.estimate.upper)]
    scale, unit = canvas.money_scale(values, currency)
    yearly = [value * periods_per_year for value in values]
    year_scale, year_unit = canvas.money_scale(yearly, currency)

    def build(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.set_xlim(*canvas.padded([0.0, *(value / scale for value in values)], 0.08))
        low, high = axes.get_xlim()
        for at, row in enumerate(rows):
            _interval(axes, at, row, scale, low, high)
        canvas.rows(axes, [canvas.wrapped(row.label, 26) for row in rows], [_told(row.estimate) for row in rows])
        canvas.zero_line(axes)
        canvas.plain_ticks(axes, "x")
        axes.grid(axis="x")
        axes.set_xlabel(f"{unit} per {per}, against the baseline (0)")
        if not math.isclose(periods_per_year, 1.0, rel_tol=0.01):
            factor = scale * periods_per_year / year_scale
            above = axes.twiny()
            above.set_xlim(low * factor, high * factor)
            canvas.plain_ticks(above, "x")
            above.set_xlabel(f"{year_unit} per year")
            above.spines["top"].set_visible(True)
            above.spines["left"].set_visible(False)

    return drawn(0.95 + 0.37 * len(rows), build)


def _interval(axes: Axes, at: int, row: Effect, scale: float, low: float, high: float) -> None:
    estimate, colour = row.estimate, look.ACCENT if row.chosen else look.SOFT
    if math.isfinite(estimate.half_width):
        left, right = estimate.lower / scale, estimate.upper / scale
        axes.plot([left, right], [at, at], color=colour, linewidth=2.4 if row.chosen else 1.6, solid_capstyle="butt")
        axes.plot([left, right], [at, at], "|", color=colour, markersize=9, markeredgewidth=1.2)
    else:
        inside = 0.01 * (high - low)
        axes.plot([low + inside, high - inside], [at, at], color=colour, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.plot([low + inside], [at], "<", color=colour, markersize=5)
        axes.plot([high - inside], [at], ">", color=colour, markersize=5)
    marker = "D" if row.chosen else "o"
    fill = colour if row.chosen else "white"
    axes.plot([estimate.mean / scale], [at], marker, color=colour, markerfacecolor=fill, markersize=6.5, zorder=4)


def _told(estimate: Estimate) -> str:
    told = Triple.of(estimate)
    word = f"{NBSP}{told.scale[1]}" if told.scale[1] else ""
    return f"{told.told(estimate.mean, signed=True)}{word}\n{told.span(signed=True)}"


def waterfall(baseline: float, changes: Sequence[tuple[str, float]], candidate: float, currency: str, per: str) -> str:
    """How the baseline's money becomes the candidate's, item by item.

    Args:
        baseline: Mean money per trial.
        changes: Item and its change, zeros left out.
        candidate: Mean money per trial.
        currency: ISO 4217.
        per: Name of the trial period.
    """
    steps = joined(changes)
    levels = baseline + np.concatenate([[0.0], np.cumsum([change for _, change in steps])])
    scale, unit = canvas.money_scale([*levels, candidate], currency)
    low, high = canvas.padded([*levels, candidate], 0.12)
    reach = max(abs(baseline), abs(candidate), *(abs(level) for level in levels))
    cut = 0 < (high - low) < 0.4 * reach and (low > 0 or high < 0)
    if not cut:
        low, high = canvas.padded([0.0, *levels, candidate])
    low, high = low / scale, high / scale
    root = (low if levels[0] > 0 else high) if cut else 0.0
    places = column_places([change for _, change in steps] or [baseline])

    def build(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.set_xlim(low, high)
        rows = len(steps) + 2
        for at, total, colour in ((0, baseline, look.NEUTRAL), (rows - 1, candidate, look.ACCENT)):
            axes.barh(at, total / scale - root, left=root, height=0.62, color=colour)
            if cut:
                _break_mark(axes, at, root, high - low if levels[0] > 0 else low - high)
        for at, (_, change) in enumerate(steps, start=1):
            start = levels[at - 1] / scale
            _step(axes, at, start, change / scale)
        for at in range(rows - 1):
            level = levels[min(at, len(steps))] / scale
            axes.plot([level, level], [at - 0.31, at + 1.31], color=look.SOFT, linewidth=0.6, zorder=1)
        names = ["Baseline", *(name for name, _ in steps), "Candidate"]
        amounts = [number(change, places, signed=True) for _, change in steps]
        told = [number(baseline, places), *amounts, number(candidate, places)]
        canvas.rows(axes, [canvas.wrapped(name, 30) for name in names], told)
        canvas.plain_ticks(axes, "x")
        axes.grid(axis="x")
        if not cut:
            canvas.zero_line(axes)
        note = "; the scale does not start at 0" if cut else ""
        axes.set_xlabel(f"{unit} per {per}, mean over all trials{note}")

    tall = any(len(name) > 30 for name, _ in steps)
    return drawn(0.65 + (0.34 if tall else 0.27) * (len(steps) + 2), build)


def _step(axes: Axes, at: int, start: float, change: float) -> None:
    """A gain is plain green, a loss is red and hatched: the sign is told without colour too."""
    if change >= 0:
        axes.barh(at, change, left=start, height=0.62, color=look.GOOD)
    else:
        axes.barh(
            at,
            change,
            left=start,
            height=0.62,
            color=look.PALE_BAD,
            edgecolor=look.BAD,
            hatch="////",
            linewidth=0.8,
        )


def _break_mark(axes: Axes, at: int, root: float, reach: float) -> None:
    """Two white strokes near the foot of a bar whose scale does not start at 0."""
    for shift in (0.02, 0.035):
        x = root + reach * shift
        axes.plot(
            [x - reach * 0.006, x + reach * 0.006], [at + 0.36, at - 0.36], color="white", linewidth=1.6, zorder=5
        )


def joined(changes: Sequence[tuple[str, float]], most: int = MOST_ITEMS) -> list[tuple[str, float]]:
    """The changes in their order, with the smallest ones joined where there are too many."""
    if len(changes) <= most:
        return list(changes)
    order = sorted(range(len(changes)), key=lambda at: -abs(changes[at][1]))
    kept = set(order[: most - 1])
    rest = [change for at, (_, change) in enumerate(changes) if at not in kept]
    return [
        *(pair for at, pair in enumerate(changes) if at in kept),
        (f"{len(rest)} smaller items together", math.fsum(rest)),
    ]


def single_trials(labels: Sequence[str], differences: Values, mean: float, currency: str, per: str) -> str:
    """A bar for every trial's paired difference, in the order given."""
    scale, unit = canvas.money_scale(differences, currency)
    values = differences / scale
    lying = len(values) <= MOST_ROWS
    places = column_places(list(differences))

    def build(figure: Figure) -> None:
        axes = figure.add_subplot()
        at = np.arange(len(values))
        gains = values >= 0
        for chosen, style in (
            (gains, {"color": look.ACCENT}),
            (~gains, {"color": look.PALE_BAD, "edgecolor": look.BAD, "hatch": "////", "linewidth": 0.7}),
        ):
            draw = axes.barh if lying else axes.bar
            draw(at[chosen], values[chosen], 0.66, **style)
        limits = canvas.padded([0.0, *values], 0.05)
        canvas.zero_line(axes, vertical=lying)
        if lying:
            axes.set_xlim(*limits)
            told = [number(value, places, signed=True) for value in differences]
            canvas.rows(axes, [canvas.cut(label, 34) for label in labels], told)
            axes.set_xlabel(f"{unit} per {per}, candidate minus baseline")
            canvas.mean_line(axes, mean / scale)
        else:
            axes.set_ylim(*limits)
            axes.set_xlim(-0.8, len(values) - 0.2)
            axes.set_xticks(at, [canvas.cut(label, 18) for label in labels], rotation=90, fontsize=6.5)
            axes.set_ylabel(f"{unit} per {per}")
            canvas.mean_line(axes, mean / scale, vertical=False)
        canvas.plain_ticks(axes, "x" if lying else "y")
        axes.grid(axis="x" if lying else "y")
        if not lying:
            axes.spines["bottom"].set_visible(False)
            axes.tick_params(axis="x", length=0)

    return drawn(0.65 + 0.18 * len(values) if lying else 2.4, build)


def many_trials(differences: Values, mean: float, currency: str, per: str, *, ordered: bool) -> str:
    """Histogram of the paired differences over a strip of trials, or over their course in time.

    Args:
        differences: Shape (n,), in the order of the trials.
        mean: The effect.
        currency: ISO 4217.
        per: Name of the trial period.
        ordered: Whether the order of the trials is one of time.
    """
    scale, unit = canvas.money_scale(differences, currency)
    values = differences / scale

    def build(figure: Figure) -> None:
        upper, lower = figure.subplots(2, 1, height_ratios=(3, 2 if ordered else 1))
        histogram(upper, values)
        canvas.mean_line(upper, mean / scale)
        upper.set_ylabel("trials")
        upper.set_xlabel(f"{unit} per {per}, candidate minus baseline")
        if ordered:
            _course(lower, values, unit)
        else:
            lower.sharex(upper)
            _strip(lower, values)

    return drawn(3.2 if ordered else 2.3, build)


def histogram(axes: Axes, values: Values, bins: int = 40) -> None:
    """Counts of values with 0 as an edge between bins: gains filled, losses pale and hatched."""
    low, high = float(values.min()), float(values.max())
    axis = max(high, 0.0) - min(low, 0.0)
    width = max((high - low) / bins, axis / 100)
    edges = np.arange(math.floor(low / width), math.ceil(high / width) + 1) * width
    counts, _ = np.histogram(values, edges)
    middle = (edges[:-1] + edges[1:]) / 2
    gain = middle > 0
    axes.bar(middle[gain], counts[gain], width * 0.94, color=look.ACCENT)
    axes.bar(
        middle[~gain],
        counts[~gain],
        width * 0.94,
        color=look.PALE_BAD,
        edgecolor=look.BAD,
        hatch="////",
        linewidth=0.5,
    )
    axes.set_xlim(*canvas.padded([0.0, edges[0], edges[-1]], 0.02))
    canvas.zero_line(axes)
    canvas.plain_ticks(axes, "x")
    canvas.plain_ticks(axes, "y", 4, whole=True)
    axes.grid(axis="y")


def _strip(axes: Axes, values: Values) -> None:
    """One mark a trial, or evenly chosen ranks where there are too many; the height only spreads them apart."""
    ranked = np.sort(values)
    if len(ranked) > MOST_MARKS:
        ranked = ranked[np.linspace(0, len(ranked) - 1, MOST_MARKS).round().astype(int)]
    height = (np.arange(len(ranked)) * 0.618034) % 1.0
    for chosen, marker, colour in ((ranked >= 0, "o", look.ACCENT), (ranked < 0, "x", look.BAD)):
        axes.plot(ranked[chosen], height[chosen], marker, color=colour, markersize=2.6, markeredgewidth=0.7, alpha=0.7)
    axes.set_ylim(-0.15, 1.15)
    axes.set_yticks([])
    axes.tick_params(axis="x", labelbottom=False)
    canvas.zero_line(axes)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _course(axes: Axes, values: Values, unit: str) -> None:
    """Differences in order of time; means of blocks where there are too many."""
    size = math.ceil(len(values) / (2 * MOST_MARKS))
    blocks = [values[at : at + size].mean() for at in range(0, len(values), size)]
    axes.plot(np.arange(len(blocks)) * size + (size + 1) / 2, blocks, color=look.ACCENT, linewidth=0.9)
    axes.axhline(0, color=look.INK, linewidth=1.0)
    axes.set_xlim(0, len(values) + 1)
    axes.set_ylim(*canvas.padded([0.0, *blocks]))
    axes.set_xlabel("trials in order of time" + (f", means of {size:,} each" if size > 1 else ""))
    axes.set_ylabel(unit)
    canvas.plain_ticks(axes, "x", 8, whole=True)
    canvas.plain_ticks(axes, "y", 4)
    axes.grid(axis="y")
