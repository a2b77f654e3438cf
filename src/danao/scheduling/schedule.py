"""A schedule, what it comes to, and the plan that the solver hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from danao.scheduling.model import NO_MACHINE, Problem, Times

Flags = NDArray[np.bool_]

MAKESPAN = "makespan"
TARDINESS = "weighted tardiness"
SETUP = "setup time"
ENERGY = "energy cost"
OBJECTIVES = (MAKESPAN, TARDINESS, SETUP, ENERGY)


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

    def batches(self, problem: Problem) -> list[list[list[int]]]:
        """For each machine, what it works on one after the other: operations that run together, or one alone."""
        found: list[list[list[int]]] = []
        for machine, order in zip(problem.machines, self.orders(problem), strict=True):
            groups: list[list[int]] = []
            for i in order:
                first = groups[-1][0] if groups else i
                family = problem.operations[i].family
                alike = family is not None and problem.operations[first].family == family
                if groups and machine.batch is not None and alike and self.start[first] == self.start[i]:
                    groups[-1].append(i)
                else:
                    groups.append([i])
            found.append(groups)
        return found


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
    excess: Mapping[str, float] = field(default_factory=dict)
    """By how much parts exceed the limits of the objective; empty if all are kept."""

    @property
    def gap(self) -> float | None:
        """Share by which the value may be above the best possible; None without a bound."""
        if self.lower_bound is None:
            return None
        return (self.value - self.lower_bound) / max(abs(self.value), 1.0) if self.value else 0.0

    @property
    def optimal(self) -> bool:
        """Whether no better plan exists, proven by the bound."""
        kept = not self.unplanned and not self.excess
        return kept and self.lower_bound is not None and reached(self.value, self.lower_bound)


def reached(value: float, bound: float) -> bool:
    """Whether a value is at its lower bound, but for the rounding of money."""
    return value <= bound + 1e-7 * abs(bound)


def parts_of(problem: Problem, schedule: Schedule) -> dict[str, float]:
    """Makespan, weighted tardiness and setup time of a schedule, and energy cost where the problem has prices."""
    planned = schedule.planned
    makespan = float(schedule.end[planned].max()) if planned.any() else 0.0
    tardiness = 0.0
    ends = np.zeros(len(problem.jobs), dtype=np.int64)
    np.maximum.at(ends, np.array([one.job for one in problem.operations])[planned], schedule.end[planned])
    for job, end in zip(problem.jobs, ends.tolist(), strict=True):
        if job.due is not None:
            tardiness += job.weight * max(0, end - job.due)
    parts = {MAKESPAN: makespan, TARDINESS: tardiness, SETUP: float(total_setup(problem, schedule))}
    if problem.energy is not None:
        parts[ENERGY] = energy_cost(problem, schedule)
    return parts


def total_setup(problem: Problem, schedule: Schedule) -> int:
    """Time units that machines spend on setups."""
    return sum(
        setup_before(problem, number, a, b)
        for number, batches in enumerate(schedule.batches(problem))
        for a, b in pairwise((-1, *(batch[0] for batch in batches)))
    )


def setup_before(problem: Problem, machine: int, before: int, after: int) -> int:
    """Time to set a machine up between two operations; `before` is -1 for the first."""
    tables, own = problem.machines[machine], problem.operations[after].setup_class
    if before < 0:
        return 0 if tables.first_setup is None else int(tables.first_setup[own])
    return 0 if tables.setup is None else int(tables.setup[problem.operations[before].setup_class, own])


def energy_cost(problem: Problem, schedule: Schedule) -> float:
    """Money for power and fuel, of operations, setups and idle machines."""
    energy = problem.energy
    if energy is None:
        return 0.0
    ends = energy.until(schedule.end) - energy.until(schedule.start)
    total = 0.0
    for i, operation in enumerate(problem.operations):
        if schedule.mode[i] >= 0:
            mode = operation.modes[int(schedule.mode[i])]
            total += mode.power * float(ends[i]) + mode.fuel * energy.fuel_price
    for number, batches in enumerate(schedule.batches(problem)):
        machine = problem.machines[number]
        if not machine.setup_power and not machine.idle_power and machine.setup_fuel is None:
            continue
        free = 0
        for a, b in pairwise((-1, *(batch[0] for batch in batches))):
            start = int(schedule.start[b])
            begin = start - setup_before(problem, number, a, b)
            if machine.setup_power:
                total += machine.setup_power * energy.between(begin, start)
            if a >= 0:
                if machine.idle_power:
                    total += machine.idle_power * energy.open_between(free, begin, machine.closed)
                if machine.setup_fuel is not None:
                    row, column = problem.operations[a].setup_class, problem.operations[b].setup_class
                    total += float(machine.setup_fuel[row, column]) * energy.fuel_price
            free = int(schedule.end[b])
    return total
