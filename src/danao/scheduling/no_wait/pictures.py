"""Pictures of sequences on a no-wait line: what runs when, where furnaces burn for nothing, cost against tardiness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from danao.core import pictures
from danao.scheduling.no_wait.model import Floats, Integers, NoWaitLine, evaluate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def gantt(line: NoWaitLine, sequences: Mapping[str, Sequence[int] | Integers]) -> str:
    """Gantt chart of several sequences above each other, with the idle gas that each has burnt so far below.

    A bar is a job entering the line, coloured by recipe; hatched is the time in which furnaces burn gas between two
    jobs; a mark below a bar is a job that is finished too late.

    Args:
        line: The jobs.
        sequences: At most a handful, by the name to print.

    Returns:
        One `<svg>` element.
    """
    colours = _recipe_colours(line)

    def build(figure: Figure) -> None:
        chart, curve = figure.subplots(2, 1, sharex=True, height_ratios=[0.75 * len(sequences), 1.5])
        for row, (name, sequence) in enumerate(sequences.items()):
            _bars(chart, line, sequence, row, colours)
            _idle_curve(curve, line, sequence, name, pictures.NEUTRAL if row == 0 else pictures.ACCENT)
        chart.set_yticks(range(len(sequences)), list(sequences))
        chart.set_ylim(len(sequences) - 0.45, -0.55)
        chart.tick_params(axis="both", length=0, labelcolor=pictures.INK)
        for side in ("left", "bottom"):
            chart.spines[side].set_visible(False)
        curve.set_xlabel("hours since the start of the period")
        curve.set_ylabel("idle gas, Nm³")
        curve.set_xlim(left=0)
        curve.grid(axis="y")
        curve.legend(loc="upper left", frameon=False)

    return pictures.drawn(0.75 * len(sequences) + 2.0, build, pictures.WIDE)


def cost_tardiness(
    tardiness: Floats, cost: Floats, marks: Mapping[str, tuple[float, float]], currency: str, bound: float | None = None
) -> str:
    """The front of cost against tardiness with named points beside it.

    Args:
        tardiness: (points,) h, ascending.
        cost: (points,) money.
        marks: (tardiness h, money) of each named point; the first is today's.
        currency: For the axis.
        bound: Money below which no order that is as punctual as today's can fall, where known.

    Returns:
        One `<svg>` element.
    """
    from matplotlib.ticker import StrMethodFormatter

    def build(figure: Figure) -> None:
        axes = figure.subplots()
        axes.step(tardiness, cost, where="post", color=pictures.ACCENT, marker="o", markersize=4, label="best we found")
        for number, (name, (late, money)) in enumerate(marks.items()):
            colour = pictures.BAD if number == 0 else pictures.SERIES[number % len(pictures.SERIES)]
            axes.plot([late], [money], marker="D" if number == 0 else "s", color=colour, linestyle="none", label=name)
        if bound is not None:
            limit = next(iter(marks.values()))[0] if marks else float(tardiness[-1])
            left, right = axes.get_xlim()
            axes.plot(
                [left, limit],
                [bound, bound],
                color=pictures.NEUTRAL,
                linewidth=0.8,
                linestyle=(0, (4, 3)),
                label="proven bound",
            )
            axes.set_xlim(left, right)
        axes.set_xlabel("total tardiness, h")
        axes.set_ylabel(f"energy cost, {currency}")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.grid()
        axes.legend(frameon=False)

    return pictures.drawn(3.2, build, pictures.WIDE)


def _recipe_colours(line: NoWaitLine) -> list[str]:
    recipes = line.recipes()
    order = np.argsort(-np.bincount(recipes), kind="stable")
    rank = {int(recipe): number for number, recipe in enumerate(order)}
    return [pictures.SERIES[rank[int(recipe)] % len(pictures.SERIES)] for recipe in recipes]


def _bars(axes: Axes, line: NoWaitLine, sequence: Sequence[int] | Integers, row: int, colours: list[str]) -> None:
    result = evaluate(line, sequence)
    order, starts = result.sequence, result.start_hours
    ends = np.append(starts[order[1:]], starts[order[-1]] + line.process_hours[order[-1]])
    for position, job in enumerate(order):
        following = order[position + 1] if position + 1 < line.jobs else None
        feed = line.machines.feed_hours[job] if line.machines is not None else ends[position] - starts[job]
        length = min(float(feed), float(ends[position] - starts[job]))
        axes.barh(row, length, left=starts[job], height=0.5, color=colours[job], edgecolor="white", linewidth=0.4)
        if following is not None and line.idle_gas[job, following] > 0:
            axes.barh(
                row,
                ends[position] - starts[job] - length,
                left=starts[job] + length,
                height=0.5,
                facecolor="none",
                edgecolor=pictures.BAD,
                hatch="////",
                linewidth=0.0,
            )
        if result.tardiness_hours[job] > 0:
            axes.barh(row + 0.33, length, left=starts[job], height=0.08, color=pictures.BAD)


def _idle_curve(axes: Axes, line: NoWaitLine, sequence: Sequence[int] | Integers, name: str, colour: str) -> None:
    result = evaluate(line, sequence)
    order = result.sequence
    burnt = np.concatenate(([0.0], np.cumsum(line.idle_gas[order[:-1], order[1:]])))
    axes.step(result.start_hours[order], burnt, where="post", color=colour, label=f"{name}: {burnt[-1]:,.0f} Nm³")
