"""What holds each operation where it is, and the critical path: the chain of operations that decides when all is done.

Both follow from the schedule alone. An operation is *held* if a rule of the problem would be broken by starting it one
time unit earlier while everything else stays where it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from danao.core.errors import BadInput
from danao.scheduling.model import NO_MACHINE, Link, Problem
from danao.scheduling.schedule import Schedule

Kind = Literal["start", "release", "frozen", "closed", "first setup", "route", "wait", "machine", "setup", "resource"]


@dataclass(frozen=True)
class Hold:
    """One rule that keeps an operation from starting one time unit earlier."""

    kind: Kind
    """start: of the plan; release: of its order, or its earliest start; frozen; closed: its machine, until then; first
    setup; route: the operation before it and the way from there; wait: what follows it may wait no longer; machine:
    works on another; setup: the same, with a setup between; resource: another operation has it until then."""
    other: int | None
    """The operation that holds it, if one does."""
    words: str
    """For people."""


@dataclass(frozen=True)
class CriticalPath:
    """Operations that are held, one by the other, back from the last to end."""

    operations: frozenset[int]
    arcs: tuple[tuple[int, int], ...]
    """(holding, held) pairs, ascending."""
    loose: tuple[int, ...]
    """Operations of the path that nothing holds: they could start earlier. Empty if the path reaches the start of the
    plan or a date that cannot be moved."""


def holds(problem: Problem, schedule: Schedule) -> tuple[tuple[Hold, ...], ...]:
    """For each operation, everything that holds it; empty for those that could start earlier or are not planned.

    Args:
        problem: What was planned.
        schedule: Keeps every rule of the problem; see `danao.scheduling.validate`.
    """
    found: list[list[Hold]] = [[] for _ in problem.operations]
    for collect in (_dates, _links, _machines, _resources):
        for operation, hold in collect(problem, schedule):
            found[operation].append(hold)
    return tuple(tuple(one) for one in found)


def critical_path(
    problem: Problem,
    schedule: Schedule,
    ends: Iterable[int] | None = None,
    held: tuple[tuple[Hold, ...], ...] | None = None,
) -> CriticalPath:
    """The operations that hold each other back from the given ones.

    Args:
        problem: What was planned.
        schedule: Keeps every rule of the problem.
        ends: Operations to follow back; None: those that end last of all.
        held: What `holds` says, where it is known already.

    Raises:
        BadInput: An operation of `ends` is unknown or not planned.
    """
    held = holds(problem, schedule) if held is None else held
    waiting = _last(schedule) if ends is None else sorted(set(ends))
    for operation in waiting:
        if not 0 <= operation < len(held) or schedule.mode[operation] < 0:
            raise BadInput("ends", f"operation {operation}", "Expected operations of the plan", "Correct the numbers")
    seen, arcs = set(waiting), set()
    while waiting:
        operation = waiting.pop()
        for hold in held[operation]:
            if hold.other is not None:
                arcs.add((hold.other, operation))
                if hold.other not in seen:
                    seen.add(hold.other)
                    waiting.append(hold.other)
    return CriticalPath(
        frozenset(seen), tuple(sorted(arcs)), tuple(sorted(operation for operation in seen if not held[operation]))
    )


def _last(schedule: Schedule) -> list[int]:
    planned = schedule.planned
    if not planned.any():
        return []
    last = int(schedule.end[planned].max())
    return [i for i in range(len(planned)) if planned[i] and int(schedule.end[i]) == last]


_Found = Iterable[tuple[int, Hold]]


def _dates(problem: Problem, schedule: Schedule) -> _Found:
    for i in range(len(problem.operations)):
        if schedule.mode[i] >= 0 and int(schedule.start[i]) == (earliest := problem.earliest_start(i)):
            kind: Kind = "release" if earliest else "start"
            yield i, Hold(kind, None, f"may not start before {earliest}" if earliest else "the plan starts here")
    for one in problem.frozen:
        if schedule.mode[one.operation] >= 0:
            yield one.operation, Hold("frozen", None, f"its start is fixed at {one.start}")


def _links(problem: Problem, schedule: Schedule) -> _Found:
    for link in problem.links:
        a, b = link.before, link.after
        if min(schedule.mode[a], schedule.mode[b]) < 0:
            continue
        wait, way = int(schedule.start[b]) - int(schedule.end[a]), _way(problem, schedule, link)
        if wait == link.least + way:
            after = f"follows {problem.label(a)}"
            extra = [f"{link.least} between them"] * bool(link.least) + [f"{way} on the way"] * bool(way)
            yield b, Hold("route", a, ", ".join([after, *extra]))
        if link.most is not None and wait == link.most:
            yield a, Hold("wait", b, f"{problem.label(b)} may start at most {link.most} after its end")


def _way(problem: Problem, schedule: Schedule, link: Link) -> int:
    """Time on the way between the machines of two linked operations."""
    if not link.moves or problem.transport is None:
        return 0
    origin, target = schedule.machine_of(problem, link.before), schedule.machine_of(problem, link.after)
    return 0 if NO_MACHINE in (origin, target) else int(problem.transport[origin, target])


def _machines(problem: Problem, schedule: Schedule) -> _Found:
    for machine, order in zip(problem.machines, schedule.orders(problem), strict=True):
        opens = {end: start for start, end in machine.closed if end > start}
        for i in order:
            at = int(schedule.start[i])
            if at in opens and schedule.end[i] > at:
                yield i, Hold("closed", None, f"{machine.name} is closed from {opens[at]} to {at}")
        if order and machine.first_setup is not None:
            first = int(machine.first_setup[problem.operations[order[0]].setup_class])
            if first and int(schedule.start[order[0]]) == first:
                yield order[0], Hold("first setup", None, f"{machine.name} is set up first, for {first}")
        for a, b in pairwise(order):
            setup = 0
            if machine.setup is not None:
                setup = int(machine.setup[problem.operations[a].setup_class, problem.operations[b].setup_class])
            if int(schedule.start[b]) == int(schedule.end[a]) + setup:
                words = f"{machine.name} works on {problem.label(a)}"
                if setup:
                    yield b, Hold("setup", a, f"{words} and is set up for {setup}")
                else:
                    yield b, Hold("machine", a, words)


def _resources(problem: Problem, schedule: Schedule) -> _Found:
    for number, resource in enumerate(problem.resources):
        if not resource.renewable:
            continue
        amounts = {
            i: amount
            for i, operation in enumerate(problem.operations)
            if schedule.mode[i] >= 0
            and schedule.end[i] > schedule.start[i]
            and (amount := operation.modes[int(schedule.mode[i])].uses.get(number, 0)) > 0
        }
        ending: dict[int, list[int]] = defaultdict(list)
        changes: dict[int, int] = defaultdict(int)
        for i, amount in amounts.items():
            ending[int(schedule.end[i])].append(i)
            changes[int(schedule.end[i])] -= amount
            changes[int(schedule.start[i])] += amount
        times = sorted(changes)
        levels = [0, *accumulate(changes[time] for time in times)]
        for i, amount in amounts.items():
            at = int(schedule.start[i])
            if at in ending and levels[bisect_left(times, at)] + amount > resource.capacity:
                for j in ending[at]:
                    yield i, Hold("resource", j, f"{problem.label(j)} has {resource.name} until then")
