"""The interactive chart of a sequence on a no-wait line: machines, setups, what holds each job, gas burnt idly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from danao.scheduling.gantt.chart import Band, Bar, Chart
from danao.scheduling.no_wait.model import Integers, MachineTimes, NoWaitLine, ScheduleResult, evaluate
from danao.scheduling.no_wait.timing import follows_on, leaves, reaches


def gantt_chart(line: NoWaitLine, sequence: Sequence[int] | Integers, name: str) -> Chart:
    """What every machine works on, hour by hour, in a sequence; the band below is the idle gas burnt so far.

    A bar begins when the first piece of a job reaches the machine, and ends when the last one has left it or the next
    job arrives. Where the hours of machines are not known there is one row, and a bar lasts until the next job enters.

    Args:
        line: The jobs.
        sequence: Every job once.
        name: Of the chart.

    Raises:
        BadInput: See `evaluate`.
    """
    result = evaluate(line, sequence)
    plain = [_bar(line, result, position) for position in range(line.jobs)]
    if line.machines is None:
        rows: tuple[str, ...] = ("line",)
        bars, path = _on_one_row(result, plain)
    else:
        machines = line.machines
        rows = tuple(
            f"machine {k + 1}{', furnace' if k in machines.furnaces else ''}"
            for k in range(machines.machine_hours.shape[1])
        )
        bars, path = _on_machines(result, machines, plain)
    critical = {number for pair in path for number in pair}
    return Chart(
        name,
        rows,
        tuple(replace(bar, critical=number in critical) for number, bar in enumerate(bars)),
        (
            ("gas", f"{result.gas:,.0f} Nm³"),
            ("total tardiness", f"{result.total_tardiness:,.1f} h"),
            ("late jobs", str(int((result.tardiness_hours > 0).sum()))),
            ("last job done", f"{result.completion_hours.max():,.1f} h"),
        ),
        path=tuple(path),
        band=_idle_gas(line, result),
    )


def _bar(line: NoWaitLine, result: ScheduleResult, position: int) -> Bar:
    """What is told of a job, wherever it is; its times follow."""
    job, recipes = int(result.sequence[position]), _ranks(line)
    late = float(result.tardiness_hours[job])
    facts = [
        ("recipe", str(recipes[job] + 1)),
        ("done", f"{result.completion_hours[job]:,.2f} h"),
        ("due", f"{line.due_hours[job]:,.2f} h" + (f", {late:,.2f} late" if late > 0 else "")),
    ]
    why = "the plan starts here"
    if position:
        before = int(result.sequence[position - 1])
        why = f"follows job {before + 1}"
        facts.append(("idle gas before it", f"{line.idle_gas[before, job]:,.1f} Nm³"))
    label = f"job {job + 1}"
    return Bar(0, 0.0, 0.0, label, label, colour=recipes[job], late=late > 0, why=why, facts=tuple(facts))


def _ranks(line: NoWaitLine) -> list[int]:
    """(jobs,) number of each job's recipe, the most frequent one 0."""
    recipes = line.recipes()
    order = np.argsort(-np.bincount(recipes), kind="stable")
    rank = {int(recipe): number for number, recipe in enumerate(order)}
    return [rank[int(recipe)] for recipe in recipes]


def _on_one_row(result: ScheduleResult, plain: list[Bar]) -> tuple[list[Bar], list[tuple[int, int]]]:
    order = result.sequence
    starts = result.start_hours[order]
    ends = np.append(starts[1:], result.completion_hours[order[-1]])
    bars = [replace(bar, start=float(a), end=float(b)) for bar, a, b in zip(plain, starts, ends, strict=True)]
    return bars, [(position, position + 1) for position in range(len(bars) - 1)]


def _on_machines(
    result: ScheduleResult, machines: MachineTimes, plain: list[Bar]
) -> tuple[list[Bar], list[tuple[int, int]]]:
    """Bars by position and machine, then setups; and the pairs on the machine that holds each job."""
    order, count = [int(job) for job in result.sequence], machines.machine_hours.shape[1]
    begins = result.start_hours[:, None] + reaches(machines)
    ends = result.start_hours[:, None] + leaves(machines)
    follows = follows_on(machines)
    bars: list[Bar] = []
    setups: list[Bar] = []
    path: list[tuple[int, int]] = []
    arrives = 0
    for position, job in enumerate(order):
        why = plain[position].why
        if position:
            before = order[position - 1]
            setup = machines.setup_hours[before, job]
            k = 0 if follows[before, job] else int(np.argmax(ends[before] + setup - begins[job]))
            path += _passed(count * (position - 1), arrives, k)
            path.append((count * (position - 1) + k, count * position + k))
            arrives = k
            why = f"its pieces follow those of job {before + 1}"
            if not follows[before, job]:
                why = f"machine {k + 1} works on job {before + 1}"
                why += f" and is set up for {setup[k]:,.2f} h" if setup[k] > 0 else ""
            setups += _setups(plain[position], begins[job], setup)
        arriving = begins[order[position + 1]] if position + 1 < len(order) else np.full(count, np.inf)
        for k in range(count):
            end = min(float(ends[job, k]), float(arriving[k]))
            bars.append(replace(plain[position], row=k, start=float(begins[job, k]), end=end, why=why))
    path += _passed(count * (len(order) - 1), arrives, count - 1)
    return bars + setups, path


def _passed(first: int, origin: int, target: int) -> list[tuple[int, int]]:
    """Within a job: the bar that was held, and the bar that holds the next job."""
    return [(first + origin, first + target)] if origin != target else []


def _setups(bar: Bar, begins: np.ndarray, hours: np.ndarray) -> list[Bar]:
    return [
        Bar(k, float(begins[k] - hours[k]), float(begins[k]), f"setup for {bar.name}", bar.order, kind="setup")
        for k in range(len(hours))
        if hours[k] > 0
    ]


def _idle_gas(line: NoWaitLine, result: ScheduleResult) -> Band:
    """Idle gas burnt so far, from the start of the job before which it was burnt."""
    order = result.sequence
    burnt = np.concatenate(([0.0], np.cumsum(line.idle_gas[order[:-1], order[1:]])))
    steps = [(float(result.start_hours[job]), float(gas)) for job, gas in zip(order, burnt, strict=True)]
    end = float(result.completion_hours.max())
    return Band((*steps, (end, float(burnt[-1]))), "Nm³", name="idle gas so far")
