"""The power of a schedule over time: what runs, machines that are set up, and machines that wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from danao.scheduling.model import Problem
from danao.scheduling.schedule import Schedule, setup_before

Drawn = tuple[int, int, float]
"""(start, end, kW): an amount of power from a time unit to another."""


def power_steps(problem: Problem, schedule: Schedule) -> tuple[tuple[float, float], ...]:
    """(time, kW) from each time on: all power that the energy cost of the schedule counts."""
    changes: dict[int, float] = defaultdict(float)
    for start, end, power in _drawn(problem, schedule):
        if power and start < end:
            changes[start] += power
            changes[end] -= power
    level, steps = 0.0, []
    for time in sorted(changes):
        level += changes[time]
        steps.append((float(time), round(level, 9)))
    return tuple(steps)


def _drawn(problem: Problem, schedule: Schedule) -> Iterator[Drawn]:
    for i, operation in enumerate(problem.operations):
        if schedule.mode[i] >= 0:
            yield int(schedule.start[i]), int(schedule.end[i]), operation.modes[int(schedule.mode[i])].power
    for number, batches in enumerate(schedule.batches(problem)):
        machine = problem.machines[number]
        free = 0
        for before, after in pairwise((-1, *(batch[0] for batch in batches))):
            start = int(schedule.start[after])
            begin = start - setup_before(problem, number, before, after)
            yield begin, start, machine.setup_power
            if before >= 0:
                for since, until in _open(free, begin, machine.closed):
                    yield since, until, machine.idle_power
            free = int(schedule.end[after])


def _open(start: int, end: int, closed: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """The parts of a span that are in no closed window; the windows ascend."""
    for shut, opens in closed:
        if shut < end and opens > start:
            yield start, max(start, shut)
            start = opens
    if start < end:
        yield start, end
