"""From a problem to the arrays of the disjunctive graph, where it is a job shop or flexible job shop, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from danao.scheduling.local_search.shop import Flags, Numbers, Shop
from danao.scheduling.model import NO_MACHINE, Mode, Problem
from danao.scheduling.schedule import Schedule


@dataclass(frozen=True)
class NumberedShop:
    """A shop and which mode of the problem each of its modes is."""

    shop: Shop
    mode_number: Numbers
    """(modes,) number of the mode within its operation."""

    def solution(self, problem: Problem, schedule: Schedule) -> tuple[Numbers, Numbers]:
        """Sequence and modes of the search for a schedule of all operations; the fastest mode of each machine."""
        operations = len(problem.operations)
        modes = np.zeros(operations, dtype=np.int32)
        for i in range(operations):
            machine = schedule.machine_of(problem, i)
            first, last = int(self.shop.mode_first[i]), int(self.shop.mode_first[i + 1])
            modes[i] = first + int(np.flatnonzero(self.shop.mode_machine[first:last] == machine)[0])
        depth = np.zeros(operations, dtype=np.int64)
        for i in range(operations):
            j, steps = int(self.shop.job_before[i]), 0
            while j != operations:
                j, steps = int(self.shop.job_before[j]), steps + 1
            depth[i] = steps
        return np.lexsort((depth, schedule.end, schedule.start)).astype(np.int32), modes

    def schedule(self, problem: Problem, modes: Numbers, starts: Numbers) -> Schedule:
        """The schedule for modes and starts of the search."""
        operations = len(problem.operations)
        return Schedule.of(
            problem, self.mode_number[modes[:operations]].astype(np.int64), starts[:operations].astype(np.int64)
        )


def obstacle(problem: Problem) -> str | None:
    """Why a problem is no (flexible) job shop; None if it is one."""
    if problem.permutation:
        return "all machines keep one order of jobs"
    if problem.resources:
        return "it has resources beside machines"
    if problem.frozen:
        return "a part of it is frozen"
    if problem.horizon is not None:
        return "the plan has an end"
    if any(machine.batch is not None for machine in problem.machines):
        return "machines work on batches"
    if any(machine.closed for machine in problem.machines):
        return "machines are closed at times"
    if any(mode.machine == NO_MACHINE for operation in problem.operations for mode in operation.modes):
        return "an operation needs no machine"
    for before, after in zip(problem.links_before, problem.links_after, strict=True):
        if len(before) > 1 or len(after) > 1:
            return "routes join or split"
    for link in problem.links:
        if link.most is not None or link.same_machine:
            return "waits or machines of neighbours are bound to each other"
        if link.least < 0:
            return "operations of a job may overlap"
        if problem.transport is not None and not link.moves:
            return "some operations follow without transport"
    return None


def numbered_shop(problem: Problem) -> NumberedShop:
    """The arrays of a problem for which `obstacle` names none."""
    n, m = len(problem.operations), len(problem.machines)
    job, release, lag = _filled(n + 1, -1), _filled(n + 1, 0), _filled(n + 1, 0)
    before, after = _filled(n + 1, n), _filled(n + 1, n)
    setup_class = _filled(n + 1, 0)
    for link in problem.links:
        before[link.after], after[link.before], lag[link.after] = link.before, link.after, link.least
    mode_first, machines, durations, numbers = _filled(n + 2, 0), [], [], []
    eligible = np.zeros(m + 1, dtype=np.int32)
    for i, operation in enumerate(problem.operations):
        job[i], setup_class[i] = operation.job, operation.setup_class
        release[i] = problem.earliest_start(i)
        for number in _undominated(operation.modes):
            mode = operation.modes[number]
            machines.append(mode.machine)
            durations.append(mode.duration)
            numbers.append(number)
            eligible[mode.machine + 1] += 1
        mode_first[i + 1] = len(machines)
    mode_first[n + 1] = len(machines)
    setup, first_setup = setup_tables(problem)
    transport = problem.transport if problem.transport is not None else np.zeros((0, 0))
    shop = Shop(
        job,
        before,
        after,
        lag,
        release,
        _filled(n + 1, 0),
        _revisits(problem),
        mode_first,
        np.array(machines, dtype=np.int32),
        np.array(durations, dtype=np.int32),
        np.cumsum(eligible, dtype=np.int32),
        setup_class,
        setup,
        first_setup,
        np.ascontiguousarray(transport, dtype=np.int32),
    )
    return NumberedShop(shop, np.array(numbers, dtype=np.int32))


def _undominated(modes: tuple[Mode, ...]) -> list[int]:
    """Numbers of the modes that are the fastest on their machine."""
    fastest: dict[int, int] = {}
    for number, mode in enumerate(modes):
        if mode.machine not in fastest or mode.duration < modes[fastest[mode.machine]].duration:
            fastest[mode.machine] = number
    return list(fastest.values())


def _revisits(problem: Problem) -> Flags:
    """(n + 1,) whether another operation of the same job may run on one of the operation's machines."""
    seen: dict[tuple[int, int], list[int]] = {}
    for i, operation in enumerate(problem.operations):
        for machine in {mode.machine for mode in operation.modes}:
            seen.setdefault((operation.job, machine), []).append(i)
    revisits = np.zeros(len(problem.operations) + 1, dtype=np.bool_)
    for operations in seen.values():
        if len(operations) > 1:
            revisits[operations] = True
    return revisits


def setup_tables(problem: Problem) -> tuple[Numbers, Numbers]:
    """Setup times between classes and before the first operation by machine; empty where no machine has any."""
    m = len(problem.machines)
    if all(machine.setup is None and machine.first_setup is None for machine in problem.machines):
        return np.zeros((0, 0, 0), dtype=np.int32), np.zeros((0, 0), dtype=np.int32)
    classes = 1 + max(operation.setup_class for operation in problem.operations)
    setup = np.zeros((m, classes, classes), dtype=np.int32)
    first_setup = np.zeros((m, classes), dtype=np.int32)
    for number, machine in enumerate(problem.machines):
        if machine.setup is not None:
            setup[number] = machine.setup[:classes, :classes]
        if machine.first_setup is not None:
            first_setup[number] = machine.first_setup[:classes]
    return setup, first_setup


def _filled(length: int, value: int) -> Numbers:
    return np.full(length, value, dtype=np.int32)
