"""The same line in cimba, a compiled simulation package: compiled processes on a C engine.

`pip install cimba` beside Danao; version 0.9.6 takes the same Numba, so that both run in one process. Its processes are
coroutines: an event costs a switch of stacks, and the model is written as one would write it in SimPy.
"""

from __future__ import annotations

import itertools

import cimba as cb


class First(cb.Model):
    """A machine that never starves."""

    ends: cb.Output[int]
    after: cb.Ref[cb.Store[int]]

    @cb.process
    def work(self) -> None:
        part = 0
        while True:
            cb.hold(cb.random.exponential(1.0))
            self.ends += 1
            self.after.put(part)
            part += 1


class Middle(cb.Model):
    """A machine with a buffer in front of it and one behind."""

    ends: cb.Output[int]
    before: cb.Store[int] = cb.Store(capacity=4)
    after: cb.Ref[cb.Store[int]]

    @cb.process
    def work(self) -> None:
        while True:
            part = self.before.get()
            cb.hold(cb.random.exponential(1.0))
            self.ends += 1
            self.after.put(part)


class Last(cb.Model):
    """A machine that is never blocked."""

    ends: cb.Output[int]
    before: cb.Store[int] = cb.Store(capacity=4)

    @cb.process
    def work(self) -> None:
        while True:
            self.before.get()
            cb.hold(cb.random.exponential(1.0))
            self.ends += 1


class Line(cb.Model):
    """A saturated line without failures, blocking after service."""

    first: First
    middle: list[Middle]
    last: Last

    def __init__(self, stations: int) -> None:
        self.first, self.middle, self.last = First(), [Middle() for _ in range(stations - 2)], Last()
        for machine, following in itertools.pairwise(self.machines):
            machine.after = following.before

    @property
    def machines(self) -> list[First | Middle | Last]:
        """In the order of the line."""
        return [self.first, *self.middle, self.last]


def cimba_line(stations: int, hours: float, failing: bool, seed: int) -> tuple[int, float]:
    """Service ends and throughput (parts an hour) of a saturated line, service of mean 1, buffers of 4."""
    if failing:
        raise ValueError("this line has no failures")
    line = Line(stations)
    results = cb.Experiment(line, window=cb.Window(duration=hours), seed=seed).run(workers=1)
    ends = [int(results[machine].ends.values.item()) for machine in line.machines]
    return sum(ends), ends[-1] / hours
