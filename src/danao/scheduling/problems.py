"""Mistakes in a problem, found before anything is planned: each with the entry, what was expected and a remedy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from danao.core.errors import BadInput
from danao.scheduling.model import NO_MACHINE, Machine, Mode, Problem, Times
from danao.scheduling.problems_energy import check_batches, check_energy

LARGEST = 2**30 - 1
"""Longest time that compiled code and CP-SAT handle without overflow."""


def check_problem(problem: Problem) -> None:
    """Raise at the first mistake.

    Raises:
        BadInput: See `Problem`.
    """
    if not problem.operations:
        raise BadInput(problem.name, "no operations", "Expected at least one", "Check the file")
    classes = 1 + max(operation.setup_class for operation in problem.operations)
    for machine in problem.machines:
        _check_machine(problem, machine, classes)
    for number, job in enumerate(problem.jobs):
        where = f"{problem.name}: job {job.name or number}"
        _check_time(f"{where}: release", job.release)
        if job.due is not None:
            _check_time(f"{where}: due", job.due)
        if not np.isfinite(job.weight) or job.weight < 0:
            raise BadInput(f"{where}: weight", f"{job.weight}", "Expected a finite number, 0 or more", "Correct it")
    for resource in problem.resources:
        _check_time(f"{problem.name}: resource {resource.name}: capacity", resource.capacity)
    for number, operation in enumerate(problem.operations):
        if not 0 <= operation.job < len(problem.jobs):
            raise BadInput(
                f"{problem.name}: operation {number}",
                f"job {operation.job} does not exist",
                f"Expected 0 .. {len(problem.jobs) - 1}",
                "Name one of the jobs",
            )
        _check_time(f"{problem.name}: operation {number}: earliest", operation.earliest)
        if not operation.modes:
            raise BadInput(
                f"{problem.name}: {problem.label(number)}",
                "no machine can do it",
                "Expected at least one mode",
                "Add a machine or remove the operation",
            )
        for mode in operation.modes:
            _check_mode(problem, number, mode)
    if problem.transport is not None:
        machines = len(problem.machines)
        _check_table(f"{problem.name}: transport", problem.transport, (machines, machines))
    check_batches(problem)
    check_energy(problem, classes)
    if problem.horizon is not None:
        _check_time(f"{problem.name}: horizon", problem.horizon)
    _check_links(problem)
    _check_frozen(problem)
    _check_length(problem)
    if problem.permutation:
        _check_permutation(problem)


def _check_mode(problem: Problem, operation: int, mode: Mode) -> None:
    where = f"{problem.name}: {problem.label(operation)}"
    if mode.machine != NO_MACHINE and not 0 <= mode.machine < len(problem.machines):
        raise BadInput(
            where,
            f"machine {mode.machine} does not exist",
            f"Expected 0 .. {len(problem.machines) - 1}",
            "Name one of the machines (some formats count them from 1)",
        )
    _check_time(f"{where}: duration", mode.duration)
    for resource, amount in mode.uses.items():
        if not 0 <= resource < len(problem.resources):
            raise BadInput(
                where,
                f"resource {resource} does not exist",
                f"Expected 0 .. {len(problem.resources) - 1}",
                "Name one of the resources",
            )
        _check_time(f"{where}: amount of {problem.resources[resource].name}", amount)


def _check_machine(problem: Problem, machine: Machine, classes: int) -> None:
    where = f"{problem.name}: machine {machine.name}"
    for start, end in machine.closed:
        _check_time(f"{where}: closed", start)
        if end <= start:
            raise BadInput(
                f"{where}: closed", f"from {start} to {end}", "Expected an end after its start", "Swap the two times"
            )
    for (_, end), (start, _) in pairwise(machine.closed):
        if start < end:
            raise BadInput(
                f"{where}: closed",
                f"a window that starts at {start} follows one that ends at {end}",
                "Expected windows in order that do not overlap",
                "Sort and merge them",
            )
    if machine.setup is not None:
        _check_table(f"{where}: setup", machine.setup, (classes, classes), at_least=True)
    if machine.first_setup is not None:
        _check_table(f"{where}: first_setup", machine.first_setup, (classes,), at_least=True)


def _check_table(where: str, table: Times, shape: tuple[int, ...], *, at_least: bool = False) -> None:
    found = np.shape(table)
    fits = len(found) == len(shape) and (
        all(a >= b for a, b in zip(found, shape, strict=True)) if at_least else found == shape
    )
    if not fits:
        expected = " x ".join(str(length) for length in shape)
        raise BadInput(
            where,
            f"shape {' x '.join(str(length) for length in found)}",
            f"Expected {expected}{' or more' if at_least else ''}",
            "Add the missing rows or columns",
        )
    wrong = np.argwhere((np.asarray(table) < 0) | (np.asarray(table) > LARGEST))
    if len(wrong):
        index = tuple(int(i) for i in wrong[0])
        entry = where + "".join(f"[{i}]" for i in index)
        raise BadInput(entry, f"{table[index]}", f"Expected a time from 0 to {LARGEST}", "Correct the entry")


def _check_time(where: str, value: int) -> None:
    if not 0 <= value <= LARGEST:
        raise BadInput(where, f"{value}", f"Expected a whole number from 0 to {LARGEST}", "Correct the value")


def _check_links(problem: Problem) -> None:
    operations = len(problem.operations)
    for link in problem.links:
        where = f"{problem.name}: link {link.before} -> {link.after}"
        if not (0 <= link.before < operations and 0 <= link.after < operations):
            raise BadInput(where, "no such operation", f"Expected 0 .. {operations - 1}", "Correct the link")
        if not -LARGEST <= link.least <= LARGEST:
            raise BadInput(where, f"least {link.least}", f"Expected at most {LARGEST}", "Correct the time")
        if link.most is not None and link.most < link.least:
            raise BadInput(
                where,
                f"at most {link.most} and at least {link.least} between them",
                "Expected most >= least",
                "Correct one of the two",
            )
    waiting = [len(links) for links in problem.links_before]
    ready = [number for number, count in enumerate(waiting) if not count]
    for number in ready:
        for link in problem.links_after[number]:
            waiting[link.after] -= 1
            if not waiting[link.after]:
                ready.append(link.after)
    if len(ready) < operations:
        circle = [problem.label(number) for number, count in enumerate(waiting) if count]
        raise BadInput(
            f"{problem.name}: links",
            f"{', '.join(circle[:5])} wait for each other",
            "Expected no circle of links",
            "Remove one of the links between them",
        )


def _check_frozen(problem: Problem) -> None:
    seen = set()
    for one in problem.frozen:
        where = f"{problem.name}: frozen operation {one.operation}"
        if not 0 <= one.operation < len(problem.operations):
            raise BadInput(where, "no such operation", f"Expected 0 .. {len(problem.operations) - 1}", "Correct it")
        if one.operation in seen:
            raise BadInput(where, "is frozen twice", "Expected each operation once", "Remove one of the two")
        seen.add(one.operation)
        modes = len(problem.operations[one.operation].modes)
        if not 0 <= one.mode < modes:
            raise BadInput(where, f"mode {one.mode}", f"Expected 0 .. {modes - 1}", "Correct the mode")
        _check_time(f"{where}: start", one.start)


def _check_length(problem: Problem) -> None:
    total = sum(max(mode.duration for mode in operation.modes) for operation in problem.operations)
    if total > LARGEST:
        raise BadInput(
            f"{problem.name}: durations",
            f"{total} in all",
            f"Expected {LARGEST} or less",
            "Use a coarser time unit",
        )


def _check_permutation(problem: Problem) -> None:
    machines = len(problem.machines)
    steps: list[list[int]] = [[] for _ in problem.jobs]
    for operation in problem.operations:
        steps[operation.job].extend(mode.machine for mode in operation.modes if mode.machine != NO_MACHINE)
    for job, visited in zip(problem.jobs, steps, strict=True):
        if visited != list(range(machines)):
            raise BadInput(
                f"{problem.name}: job {job.name}",
                f"visits machines {visited}",
                "Expected every machine once, in the order of the machines, in a permutation flow shop",
                "Correct the route, or drop `permutation`",
            )
