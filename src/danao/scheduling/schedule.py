"""A schedule, what it comes to, and the plan that the solver hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from danao.scheduling.model import NO_MACHINE, Problem, Times

Flags = NDArray[np.bool_]

MAKESPAN = "makespan"
TARDINESS = "weighted tardiness"
SETUP = "setup time"
OBJECTIVES = (MAKESPAN, TARDINESS, SETUP)


@dataclass(frozen=True)
class Schedule:
    """When and how every operation runs. Arrays are by operation."""

    mode: Times
    """(operations,) number of the chosen mode within its operation; -1: not planned."""
    start: Times
    """(operations,) time units; 0 where not planned."""
    end: Times
    """(operations,) time units."""

    @staticmethod
    def of(problem: Problem, mode: Times, start: Times) -> Schedule:
        """A schedule from chosen modes and starts; ends follow from the modes' durations."""
        durations = [
            one.modes[chosen].duration if chosen >= 0 else 0
            for one, chosen in zip(problem.operations, mode, strict=True)
        ]
        starts = np.asarray(start, dtype=np.int64)
        return Schedule(np.asarray(mode, dtype=np.int64), starts, starts + np.array(durations, dtype=np.int64))

    @property
    def planned(self) -> Flags:
        """(operations,) whether each is planned."""
        return self.mode >= 0

    def machine_of(self, problem: Problem, operation: int) -> int:
        """Number of the machine an operation runs on; NO_MACHINE where it has none or is not planned."""
        chosen = int(self.mode[operation])
        return problem.operations[operation].modes[chosen].machine if chosen >= 0 else NO_MACHINE

    def orders(self, problem: Problem) -> list[list[int]]:
        """For each machine, its operations in the order they run."""
        orders: list[list[int]] = [[] for _ in problem.machines]
        for operation in np.lexsort((self.end, self.start)):
            machine = self.machine_of(problem, int(operation))
            if machine != NO_MACHINE:
                orders[machine].append(int(operation))
        return orders


@dataclass(frozen=True)
class Unplanned:
    """An operation that is not in the plan, and why."""

    operation: int
    reason: str
    """Minimal cause, in words."""
    remedy: str
    """What would fix it."""


@dataclass(frozen=True)
class Plan:
    """What the solver hands over; checked by `validate`."""

    schedule: Schedule
    objective: str
    """What was minimised."""
    value: float
    """Its value."""
    parts: Mapping[str, float]
    """Value of every objective, whichever was minimised."""
    lower_bound: float | None
    """No schedule of all operations is below it; None where none is known."""
    unplanned: tuple[Unplanned, ...]
    steps: int
    """Moves of the local search."""
    seconds: float
    """Wall time."""
    trace: tuple[tuple[float, float], ...]
    """(seconds, value) of each better schedule."""
    method: str
    """Which engines were used."""

    @property
    def gap(self) -> float | None:
        """Share by which the value may be above the best possible; None without a bound."""
        if self.lower_bound is None:
            return None
        return (self.value - self.lower_bound) / max(abs(self.value), 1.0) if self.value else 0.0

    @property
    def optimal(self) -> bool:
        """Whether no better plan exists, proven by the bound."""
        return not self.unplanned and self.lower_bound is not None and self.value <= self.lower_bound


def parts_of(problem: Problem, schedule: Schedule) -> dict[str, float]:
    """Makespan, weighted tardiness and setup time of a schedule."""
    planned = schedule.planned
    makespan = float(schedule.end[planned].max()) if planned.any() else 0.0
    tardiness = 0.0
    for job, lasts in zip(problem.jobs, problem.last_operations, strict=True):
        ends = [int(schedule.end[i]) for i in lasts if planned[i]]
        if job.due is not None and ends:
            tardiness += job.weight * max(0, max(ends) - job.due)
    return {MAKESPAN: makespan, TARDINESS: tardiness, SETUP: float(total_setup(problem, schedule))}


def total_setup(problem: Problem, schedule: Schedule) -> int:
    """Time units that machines spend on setups."""
    total = 0
    for machine, order in zip(problem.machines, schedule.orders(problem), strict=True):
        classes = [problem.operations[i].setup_class for i in order]
        if machine.first_setup is not None and classes:
            total += int(machine.first_setup[classes[0]])
        if machine.setup is not None:
            total += sum(int(machine.setup[a, b]) for a, b in pairwise(classes))
    return total
