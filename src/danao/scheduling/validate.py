"""An independent check of a schedule against its problem, rule by rule, in plain Python.

Shares no code with the searches: it reads the problem and the schedule, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from danao.core.errors import DanaoError
from danao.scheduling.audit import audit
from danao.scheduling.model import NO_MACHINE, Machine, Problem
from danao.scheduling.schedule import Schedule


@dataclass(frozen=True)
class Violation:
    """A rule that a schedule breaks."""

    rule: str
    """Which rule: `mode`, `release`, `horizon`, `link`, `machine`, `batch`, `calendar`, `resource`, `frozen`,
    `permutation`, `parts`."""
    operations: tuple[int, ...]
    """Operations that break it."""
    message: str
    """What was found and expected."""


class InvalidPlan(DanaoError):
    """A schedule breaks a rule of its problem; a fault of the solver, or of whoever made the schedule."""


def validate(problem: Problem, schedule: Schedule, parts: Mapping[str, float] | None = None) -> list[Violation]:
    """Every rule that the schedule breaks; empty for a valid schedule.

    Operations that are not planned break no rule, but what follows them in a link may not be planned either.

    Args:
        problem: What had to be planned.
        schedule: The schedule to check.
        parts: What its makespan, tardiness, setup time and energy cost are said to be; counted again and compared.
    """
    found = _modes(problem, schedule)
    if found:
        return found
    return [
        *(_parts(problem, schedule, parts) if parts is not None else []),
        *_releases(problem, schedule),
        *_batches(problem, schedule),
        *_links(problem, schedule),
        *_machines(problem, schedule),
        *_calendars(problem, schedule),
        *_resources(problem, schedule),
        *_frozen(problem, schedule),
        *(_permutation(problem, schedule) if problem.permutation else []),
    ]


def require_valid(problem: Problem, schedule: Schedule, parts: Mapping[str, float] | None = None) -> None:
    """Raise if the schedule breaks a rule, or is not what `parts` say.

    Raises:
        InvalidPlan: Names the first rule and the operations that break it.
    """
    violations = validate(problem, schedule, parts)
    if violations:
        raise InvalidPlan(
            problem.name,
            f"{len(violations)} rules are broken, the first: {violations[0].message}",
            "Expected a schedule that keeps every rule",
            "Do not use this schedule; please report it with the problem file",
        )


def _modes(problem: Problem, schedule: Schedule) -> list[Violation]:
    found = []
    operations = len(problem.operations)
    if not len(schedule.mode) == len(schedule.start) == len(schedule.end) == operations:
        return [Violation("mode", (), f"{len(schedule.mode)} entries for {operations} operations")]
    for i, operation in enumerate(problem.operations):
        chosen = int(schedule.mode[i])
        if chosen == -1:
            continue
        if not 0 <= chosen < len(operation.modes):
            found.append(Violation("mode", (i,), f"{problem.label(i)} has no mode {chosen}"))
        elif int(schedule.end[i]) != int(schedule.start[i]) + operation.modes[chosen].duration:
            found.append(Violation("mode", (i,), f"{problem.label(i)} does not end when its duration has passed"))
    return found


def _parts(problem: Problem, schedule: Schedule, parts: Mapping[str, float]) -> list[Violation]:
    counted = audit(problem, schedule)
    return [
        Violation("parts", (), f"{part} is said to be {parts.get(part)} and comes to {value}")
        for part, value in counted.items()
        if not math.isclose(parts.get(part, math.nan), value, rel_tol=1e-9, abs_tol=1e-6)
    ]


def _releases(problem: Problem, schedule: Schedule) -> list[Violation]:
    found = [
        Violation(
            "release",
            (i,),
            f"{problem.label(i)} starts at {schedule.start[i]}, before {problem.earliest_start(i)}",
        )
        for i in range(len(problem.operations))
        if schedule.mode[i] >= 0 and schedule.start[i] < problem.earliest_start(i)
    ]
    if problem.horizon is not None:
        found += [
            Violation("horizon", (i,), f"{problem.label(i)} ends at {schedule.end[i]}, after {problem.horizon}")
            for i in range(len(problem.operations))
            if schedule.mode[i] >= 0 and schedule.end[i] > problem.horizon
        ]
    return found


def _batches(problem: Problem, schedule: Schedule) -> list[Violation]:
    found = []
    for number, machine in enumerate(problem.machines):
        if machine.batch is None:
            continue
        together: dict[tuple[int, int], list[int]] = {}
        for i, operation in enumerate(problem.operations):
            if operation.family is not None and schedule.machine_of(problem, i) == number:
                together.setdefault((int(schedule.start[i]), operation.family), []).append(i)
        for (start, _), members in together.items():
            size = sum(problem.operations[i].size for i in members)
            if not machine.batch.least <= size <= machine.batch.most:
                message = f"the batch on {machine.name} at {start} is of size {size}, "
                message += f"{machine.batch.least} to {machine.batch.most} allowed"
                found.append(Violation("batch", tuple(members), message))
    return found


def _links(problem: Problem, schedule: Schedule) -> list[Violation]:
    found = []
    for link in problem.links:
        a, b = link.before, link.after
        if schedule.mode[b] < 0:
            continue
        names = f"{problem.label(a)} and {problem.label(b)}"
        if schedule.mode[a] < 0:
            found.append(Violation("link", (a, b), f"{problem.label(b)} is planned and {problem.label(a)} is not"))
            continue
        wait = int(schedule.start[b]) - int(schedule.end[a])
        least = link.least
        if link.moves and problem.transport is not None:
            origin, target = schedule.machine_of(problem, a), schedule.machine_of(problem, b)
            if NO_MACHINE not in (origin, target):
                least += int(problem.transport[origin, target])
        if wait < least:
            found.append(Violation("link", (a, b), f"{wait} between {names}, at least {least} needed"))
        if link.same_machine and schedule.machine_of(problem, a) != schedule.machine_of(problem, b):
            found.append(Violation("link", (a, b), f"{names} run on different machines"))
        if link.most is not None and wait > link.most:
            found.append(Violation("link", (a, b), f"{wait} between {names}, at most {link.most} allowed"))
    return found


def _machines(problem: Problem, schedule: Schedule) -> list[Violation]:
    found = []
    for machine, order in zip(problem.machines, schedule.orders(problem), strict=True):
        if order and machine.first_setup is not None:
            first = order[0]
            needed = int(machine.first_setup[problem.operations[first].setup_class])
            if schedule.start[first] < needed:
                found.append(
                    Violation("machine", (first,), f"{problem.label(first)} starts before the first setup of {needed}")
                )
        for a, b in pairwise(order):
            if _same_batch(problem, schedule, machine, a, b):
                continue
            needed = 0
            if machine.setup is not None:
                needed = int(machine.setup[problem.operations[a].setup_class, problem.operations[b].setup_class])
            if schedule.start[b] < schedule.end[a] + needed:
                found.append(
                    Violation(
                        "machine",
                        (a, b),
                        f"{problem.label(b)} starts on {machine.name} at {schedule.start[b]}, "
                        f"{problem.label(a)} ends at {schedule.end[a]} and {needed} of setup is needed",
                    )
                )
    return found


def _same_batch(problem: Problem, schedule: Schedule, machine: Machine, a: int, b: int) -> bool:
    family = problem.operations[a].family
    alike = family is not None and problem.operations[b].family == family
    return machine.batch is not None and alike and schedule.start[a] == schedule.start[b]


def _calendars(problem: Problem, schedule: Schedule) -> list[Violation]:
    found = []
    for machine, order in zip(problem.machines, schedule.orders(problem), strict=True):
        for start, end in machine.closed:
            for i in order:
                if schedule.start[i] < end and schedule.end[i] > start:
                    found.append(
                        Violation(
                            "calendar",
                            (i,),
                            f"{problem.label(i)} runs while {machine.name} is closed, {start} to {end}",
                        )
                    )
    return found


def _resources(problem: Problem, schedule: Schedule) -> list[Violation]:
    found = []
    for number, resource in enumerate(problem.resources):
        users = [
            (i, amount)
            for i, operation in enumerate(problem.operations)
            if schedule.mode[i] >= 0 and (amount := operation.modes[int(schedule.mode[i])].uses.get(number, 0)) > 0
        ]
        if not resource.renewable:
            total = sum(amount for _, amount in users)
            if total > resource.capacity:
                message = f"{total} of {resource.name} is used, {resource.capacity} is there"
                found.append(Violation("resource", tuple(i for i, _ in users), message))
            continue
        changes = [(int(schedule.start[i]), amount, i) for i, amount in users if schedule.end[i] > schedule.start[i]]
        changes += [(int(schedule.end[i]), -amount, i) for i, amount in users if schedule.end[i] > schedule.start[i]]
        level = 0
        for time, change, i in sorted(changes):
            level += change
            if level > resource.capacity:
                message = f"{level} of {resource.name} is needed at {time}, {resource.capacity} is there"
                found.append(Violation("resource", (i,), message))
                break
    return found


def _frozen(problem: Problem, schedule: Schedule) -> list[Violation]:
    return [
        Violation("frozen", (one.operation,), f"{problem.label(one.operation)} is frozen at {one.start} and was moved")
        for one in problem.frozen
        if (int(schedule.mode[one.operation]), int(schedule.start[one.operation])) != (one.mode, one.start)
    ]


def _permutation(problem: Problem, schedule: Schedule) -> list[Violation]:
    orders = [tuple(problem.operations[i].job for i in order) for order in schedule.orders(problem)]
    if len(set(orders)) > 1:
        return [Violation("permutation", (), "the machines work on the jobs in different orders")]
    return []
