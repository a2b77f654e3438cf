"""Why an order waited: for a machine that was busy, for the next shift, or for something that the log does not show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from danao.learning.log import BREAKDOWN, EventLog, Floats, Integers
from danao.learning.routes import OrderRoute, Step
from danao.learning.stations import Stations


@dataclass(frozen=True)
class Waits:
    """Waits before steps, each split into its parts; (n,) each, one row a step with a step before it."""

    before: tuple[Step, ...]
    """The step before; of several side by side: the one that ended last."""
    step: tuple[Step, ...]
    order: Integers
    closed: Floats
    """h in which the station was closed."""
    queueing: Floats
    """h in which it was open and all its machines were busy, or waited for the rest of a batch."""
    other: Floats
    """h in which a machine was free: material, transport, cooling, priorities, or nobody noticed."""
    overlap: Floats
    """h by which it began before the step before had ended."""


class FreeTime:
    """Open hours in which a station had a free machine, from hour 0 on."""

    def __init__(self, log: EventLog, stations: Stations, station: int) -> None:
        facts = stations.facts[station]
        rows = (stations.of == station) & (log.kind != BREAKDOWN) & stations.heads
        start, end = log.start[rows], log.ends()[rows]
        times = np.concatenate([start, end])
        step = np.concatenate([np.ones(len(start)), -np.ones(len(end))])
        place = np.lexsort((step, times))
        self._clock = facts.clock
        self._edges = np.concatenate([[0.0], times[place]])
        levels = np.concatenate([[0.0], np.cumsum(step[place])])
        self._free = levels < facts.machines
        opened = self._clock.passed(self._edges)
        self._opened = opened
        self._sum = np.concatenate([[0.0], np.cumsum(np.diff(opened) * self._free[:-1])])

    def passed(self, hours: Floats) -> Floats:
        """Such hours from hour 0 to some hours."""
        place = np.searchsorted(self._edges, hours, side="right") - 1
        extra = (self._clock.passed(hours) - self._opened[place]) * self._free[place]
        return np.asarray(self._sum[place] + extra)


def waits_of(log: EventLog, stations: Stations, routes: tuple[OrderRoute, ...]) -> Waits:
    """The waits between the steps of all orders."""
    ends = log.ends()
    before, steps, orders, since, until = [], [], [], [], []
    for one in routes:
        for number in range(1, len(one.items)):
            last = max(range(len(one.rows[number - 1])), key=lambda k: ends[one.rows[number - 1][k]])
            for step, row in zip(one.items[number], one.rows[number], strict=True):
                before.append(one.items[number - 1][last])
                steps.append(step)
                orders.append(one.order)
                since.append(float(ends[one.rows[number - 1][last]]))
                until.append(float(log.start[row]))
    start, end = np.array(since), np.array(until)
    later = np.maximum(end, start)
    free, opened = np.zeros(len(start)), np.zeros(len(start))
    station = np.array([step.station for step in steps], dtype=np.int64)
    for number in np.unique(station).tolist():
        mine = station == number
        time = FreeTime(log, stations, number)
        free[mine] = time.passed(later[mine]) - time.passed(start[mine])
        opened[mine] = stations.facts[number].clock.between(start[mine], later[mine])
    free = np.clip(free, 0.0, opened)
    free[free < 1e-6] = 0.0
    for number, facts in enumerate(stations.facts):
        if facts.rule is not None and facts.rule.batch.minimum > 1:
            free[station == number] = 0.0
    return Waits(
        tuple(before),
        tuple(steps),
        np.array(orders, dtype=np.int64),
        (later - start) - opened,
        opened - free,
        free,
        np.maximum(start - end, 0.0),
    )
