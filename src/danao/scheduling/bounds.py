"""Lower bounds that need no search: the longest route and the preemptive schedule of every single machine.

Source: Carlier, European Journal of Operational Research 11 (1982); Jackson's preemptive schedule.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from fractions import Fraction

from danao.scheduling.model import NO_MACHINE, Operation, Problem
from danao.scheduling.schedule import MAKESPAN

Entry = tuple[int, int, int]
"""Earliest start, duration and least time after the end of an operation."""


def quick_bound(problem: Problem, objective: str) -> int:
    """A value that no schedule of all operations can be below.

    Args:
        problem: The problem.
        objective: `makespan`; for others the bound is 0, because dates may all be met and setups avoided.
    """
    if objective != MAKESPAN:
        return 0
    heads, tails = _heads_and_tails(problem)
    shortest = [min(mode.duration for mode in operation.modes) for operation in problem.operations]
    bound = max(head + duration + tail for head, duration, tail in zip(heads, shortest, tails, strict=True))
    by_machine: list[list[Entry]] = [[] for _ in problem.machines]
    work, capable = Fraction(0), set()
    for i, operation in enumerate(problem.operations):
        machines = {mode.machine for mode in operation.modes}
        if NO_MACHINE not in machines:
            shares = [_share(problem, operation, machine) for machine in machines]
            work += shortest[i] * min(shares)
            capable |= machines
            if len(machines) == 1 and shares[0] == 1:
                by_machine[machines.pop()].append((heads[i], shortest[i], tails[i]))
    for entries in by_machine:
        bound = max(bound, preemptive_bound(entries))
    for number, resource in enumerate(problem.resources):
        if resource.renewable and resource.capacity:
            energy = sum(
                min(mode.duration * mode.uses.get(number, 0) for mode in operation.modes)
                for operation in problem.operations
            )
            bound = max(bound, -(-energy // resource.capacity))
    return max(bound, math.ceil(work / len(capable)) if capable else 0)


def _share(problem: Problem, operation: Operation, machine: int) -> Fraction:
    """Part of a machine that an operation takes: all of it, or of its room in a batch."""
    batch = problem.machines[machine].batch
    return Fraction(1) if batch is None or operation.family is None else Fraction(operation.size, batch.most)


def preemptive_bound(entries: Sequence[Entry]) -> int:
    """Least length of a schedule of one machine if operations could be interrupted (exact for that case)."""
    coming = sorted(entries)
    waiting: list[tuple[int, int]] = []
    time, at, length = 0, 0, 0
    while at < len(coming) or waiting:
        if not waiting:
            time = max(time, coming[at][0])
        while at < len(coming) and coming[at][0] <= time:
            _, duration, tail = coming[at]
            length = max(length, time + duration + tail if not duration else 0)
            if duration:
                heapq.heappush(waiting, (-tail, duration))
            at += 1
        if not waiting:
            continue
        negative_tail, left = heapq.heappop(waiting)
        until = coming[at][0] if at < len(coming) else time + left
        done = min(left, until - time)
        time += done
        if done < left:
            heapq.heappush(waiting, (negative_tail, left - done))
        else:
            length = max(length, time - negative_tail)
    return length


def _heads_and_tails(problem: Problem) -> tuple[list[int], list[int]]:
    """Least time before and after each operation, by its links alone."""
    n = len(problem.operations)
    shortest = [min(mode.duration for mode in operation.modes) for operation in problem.operations]
    waiting = [len(links) for links in problem.links_before]
    order = [i for i in range(n) if not waiting[i]]
    heads = [problem.earliest_start(i) for i in range(n)]
    for i in order:
        for link in problem.links_after[i]:
            heads[link.after] = max(heads[link.after], heads[i] + shortest[i] + link.least)
            waiting[link.after] -= 1
            if not waiting[link.after]:
                order.append(link.after)
    tails = [0] * n
    for i in reversed(order):
        for link in problem.links_after[i]:
            tails[i] = max(tails[i], link.least + shortest[link.after] + tails[link.after])
    return heads, tails
