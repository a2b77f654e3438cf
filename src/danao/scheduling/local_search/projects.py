"""Projects with limited resources: a genetic search over priority lists, with forward-backward improvement.

Each schedule is made twice more: activities are moved as late as they can, in the order of their ends, then as early as
they can, in the order of their starts. A child takes the stretch of its father in which the resources are used best.
Source: Tormos & Lova, Annals of Operations Research 102 (2001) (forward-backward improvement); Valls, Ballestin &
Quintanilla, European Journal of Operational Research 185 (2008) (the crossover of peaks).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numba import njit

from danao.core.random import stream
from danao.core.threads import SideBySide
from danao.scheduling.local_search.moves import Words, random_word
from danao.scheduling.local_search.tasks import Integers
from danao.scheduling.model import NO_MACHINE, Problem
from danao.scheduling.schedule import Schedule

WALKS = 2
"""Populations of their own; more threads than this do not help."""
POPULATION = 40
_PATIENCE = 40
"""Generations without a shorter schedule after which a population begins anew."""
_MUTATION = 20
"""One neighbour pair in so many is exchanged."""
_CHUNK_WORK = 20_000
"""Activities placed in children between two looks at the clock."""
_COUNT, _CHILDREN, _SINCE, _SHORTEST = 0, 1, 2, 3
"""Entries of a walk's figures: members, children so far, the child that last made the population new or better, the
shortest makespan."""

Progress = Callable[[float, float, int], None]


class Project(NamedTuple):
    """Activities with one way to carry them out each. Tables `..._first` say where the rows of others begin."""

    duration: Integers
    """(n,)."""
    release: Integers
    """(n,)."""
    use: Integers
    """(n, resources)."""
    capacity: Integers
    """(resources,)."""
    before_first: Integers
    """(n + 1,)."""
    before: Integers
    before_least: Integers
    after_first: Integers
    """(n + 1,)."""
    after: Integers
    after_least: Integers
    horizon: int


class Bench(NamedTuple):
    """Scratch memory of one walk."""

    used: Integers
    """(horizon + 1, resources)."""
    start: Integers
    """(n,)."""
    late: Integers
    """(n,)."""
    order: Integers
    """(n,)."""
    waiting: Integers
    """(n,)."""
    mark: Integers
    """(n,)."""


def project_obstacle(problem: Problem) -> str | None:
    """Why a problem is no such project; None if it is one."""
    if problem.machines and any(mode.machine != NO_MACHINE for one in problem.operations for mode in one.modes):
        return "operations run on machines"
    if problem.horizon is not None:
        return "the plan has an end"
    if any(machine.batch is not None for machine in problem.machines):
        return "machines work on batches"
    if problem.permutation or problem.frozen or not problem.resources:
        return "a part is frozen, or nothing is limited"
    if any(len(operation.modes) > 1 for operation in problem.operations):
        return "operations have several modes"
    if any(not resource.renewable for resource in problem.resources):
        return "material is used up"
    if any(link.most is not None or link.same_machine or link.least < 0 for link in problem.links):
        return "waits are limited"
    capacity = [resource.capacity for resource in problem.resources]
    uses = [operation.modes[0].uses for operation in problem.operations]
    if any(amount > capacity[resource] for use in uses for resource, amount in use.items()):
        return "an operation needs more than there is"
    return None if _horizon(problem) <= _LONGEST else "times are too fine"


_LONGEST = 100_000
"""Longest horizon in time units: the use of resources is kept for each of them."""


def _horizon(problem: Problem) -> int:
    total = sum(operation.modes[0].duration for operation in problem.operations)
    total += sum(link.least for link in problem.links)
    return total + max(problem.earliest_start(i) for i in range(len(problem.operations)))


def project_of(problem: Problem) -> Project:
    """The arrays of a problem for which `project_obstacle` names none."""
    n = len(problem.operations)
    use = np.zeros((n, len(problem.resources)), dtype=np.int64)
    for number, operation in enumerate(problem.operations):
        for resource, amount in operation.modes[0].uses.items():
            use[number, resource] = amount

    def firsts(rows: tuple[tuple[object, ...], ...]) -> Integers:
        return np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)

    before, after = problem.links_before, problem.links_after
    return Project(
        np.array([operation.modes[0].duration for operation in problem.operations], dtype=np.int64),
        np.array([problem.earliest_start(i) for i in range(n)], dtype=np.int64),
        use,
        np.array([resource.capacity for resource in problem.resources], dtype=np.int64),
        firsts(before),
        np.array([link.before for row in before for link in row], dtype=np.int64),
        np.array([link.least for row in before for link in row], dtype=np.int64),
        firsts(after),
        np.array([link.after for row in after for link in row], dtype=np.int64),
        np.array([link.least for row in after for link in row], dtype=np.int64),
        _horizon(problem),
    )


@njit(cache=True, nogil=True)
def set_forward(project: Project, bench: Bench, order: Integers) -> int:
    """Place activities as early as possible in an order that respects the links; the makespan."""
    duration, use, capacity, used, start = project.duration, project.use, project.capacity, bench.used, bench.start
    before_first, before, least, release = (
        project.before_first,
        project.before,
        project.before_least,
        project.release,
    )
    used[:] = 0
    makespan, resources = 0, capacity.size
    for at in range(order.size):
        x = order[at]
        time = release[x]
        for link in range(before_first[x], before_first[x + 1]):
            time = max(time, start[before[link]] + duration[before[link]] + least[link])
        clock, end = time, time + duration[x]
        while clock < end:
            for r in range(resources):
                if used[clock, r] + use[x, r] > capacity[r]:
                    time, end = clock + 1, clock + 1 + duration[x]
                    break
            clock += 1
        for clock in range(time, end):
            for r in range(resources):
                used[clock, r] += use[x, r]
        start[x] = time
        makespan = max(makespan, end)
    return makespan


@njit(cache=True, nogil=True)
def set_backward(project: Project, bench: Bench, order: Integers, makespan: int) -> None:
    """Place activities as late as a makespan lets them, into `late`, in an order in which followers come first."""
    duration, use, capacity, used, late = project.duration, project.use, project.capacity, bench.used, bench.late
    after_first, after, least = project.after_first, project.after, project.after_least
    used[:] = 0
    resources = capacity.size
    for at in range(order.size):
        x = order[at]
        end = makespan
        for link in range(after_first[x], after_first[x + 1]):
            end = min(end, late[after[link]] - least[link])
        time = end - duration[x]
        clock = end - 1
        while clock >= time:
            for r in range(resources):
                if used[clock, r] + use[x, r] > capacity[r]:
                    time = clock - duration[x]
                    break
            clock -= 1
        for clock in range(time, time + duration[x]):
            for r in range(resources):
                used[clock, r] += use[x, r]
        late[x] = time


@njit(cache=True, nogil=True)
def sort_by(project: Project, bench: Bench, keys: Integers, order: Integers, backward: bool) -> None:
    """Activities by key, each after those before it; backward: by falling key, each after those that follow it."""
    n = order.size
    first, others = project.before_first, project.after
    others_first = project.after_first
    if backward:
        first, others, others_first = project.after_first, project.before, project.before_first
    ranked = np.argsort(-keys if backward else keys, kind="mergesort")
    waiting = bench.waiting
    for x in range(n):
        waiting[x] = first[x + 1] - first[x]
    done, filled = bench.mark, 0
    done[:] = 0
    low = 0
    while filled < n:
        at = low
        while at < n:
            x = ranked[at]
            if done[x] == 0 and waiting[x] == 0:
                done[x] = 1
                order[filled] = x
                filled += 1
                for link in range(others_first[x], others_first[x + 1]):
                    waiting[others[link]] -= 1
                break
            at += 1
        while low < n and done[ranked[low]] == 1:
            low += 1


@njit(cache=True, nogil=True)
def improve(project: Project, bench: Bench, order: Integers) -> int:
    """Schedule an order, then back and forth; the order becomes that of the starts; the makespan."""
    makespan = set_forward(project, bench, order)
    while True:
        sort_by(project, bench, bench.start + project.duration, bench.order, True)
        set_backward(project, bench, bench.order, makespan)
        sort_by(project, bench, bench.late, order, False)
        shorter = set_forward(project, bench, order)
        if shorter >= makespan:
            break
        makespan = shorter
    sort_by(project, bench, bench.start, order, False)
    return shorter


@njit(cache=True, nogil=True)
def cross(
    project: Project, bench: Bench, mother: Integers, father: Integers, starts: Integers, child: Integers, words: Words
) -> None:
    """A child that takes the places of the father's busiest stretch from him, and all other places from the mother.

    Args:
        project: The problem.
        bench: Scratch.
        mother: (n,) her order.
        father: (n,) his order.
        starts: (n,) the father's starts.
        child: (n,) receives the order.
        words: Random numbers.
    """
    n = child.size
    keys = bench.late
    for at in range(n):
        keys[mother[at]] = 4 * at
    size = 1 + n // 4 + random_word(words) % max(1, n // 2)
    best, begin = -1.0, 0
    for _ in range(3):
        low = random_word(words) % max(1, n - size + 1)
        work, first, last = 0.0, project.horizon, 0
        for at in range(low, min(n, low + size)):
            x = father[at]
            first, last = min(first, starts[x]), max(last, starts[x] + project.duration[x])
            for r in range(project.capacity.size):
                if project.capacity[r] > 0:
                    work += project.duration[x] * project.use[x, r] / project.capacity[r]
        if work / max(1, last - first) > best:
            best, begin = work / max(1, last - first), low
    for at in range(begin, min(n, begin + size)):
        keys[father[at]] = 4 * at + 1
    for x in range(n):
        if random_word(words) % _MUTATION == 0:
            keys[x] += random_word(words) % (n + 1) - n // 2
    sort_by(project, bench, keys.copy(), child, False)


@njit(cache=True, nogil=True)
def evolve(
    project: Project,
    bench: Bench,
    orders: Integers,
    starts: Integers,
    lengths: Integers,
    best: Integers,
    figures: Integers,
    words: Words,
    children: int,
    goal: int,
) -> None:
    """Continue a population.

    Args:
        project: The problem.
        bench: Scratch.
        orders: (members, n) list of each member.
        starts: (members, n) its schedule.
        lengths: (members,) its makespan.
        best: (n,) receives the starts of the shortest schedule.
        figures: (4,) see _COUNT.
        words: Random numbers.
        children: Children to make.
        goal: Makespan that cannot be beaten.
    """
    members, n = orders.shape
    child = np.empty(n, dtype=np.int64)
    for _ in range(children):
        if figures[_SHORTEST] <= goal:
            return
        if figures[_COUNT] == members and figures[_CHILDREN] - figures[_SINCE] > _PATIENCE * members:
            figures[_COUNT] = 0
            figures[_SINCE] = figures[_CHILDREN]
        count = figures[_COUNT]
        slot = count
        if count < members:
            keys = bench.late
            for x in range(n):
                keys[x] = random_word(words) % (4 * n)
            sort_by(project, bench, keys.copy(), child, False)
        else:
            a, b = _parent(lengths, words), _parent(lengths, words)
            cross(project, bench, orders[a], orders[b], starts[b], child, words)
            slot = random_word(words) % members
            for _ in range(3):
                other = random_word(words) % members
                if lengths[other] > lengths[slot]:
                    slot = other
        length = improve(project, bench, child)
        figures[_CHILDREN] += 1
        if count < members:
            figures[_COUNT] += 1
        elif length > lengths[slot]:
            continue
        if count == members and length < lengths.min():
            figures[_SINCE] = figures[_CHILDREN]
        orders[slot] = child
        starts[slot] = bench.start
        lengths[slot] = length
        if length < figures[_SHORTEST]:
            figures[_SHORTEST] = length
            best[:] = bench.start


@njit(cache=True, nogil=True, inline="always")
def _parent(lengths: Integers, words: Words) -> int:
    """The better of two members."""
    a, b = random_word(words) % lengths.size, random_word(words) % lengths.size
    return a if lengths[a] <= lengths[b] else b


@dataclass
class ProjectSearch:
    """Populations for the shortest schedule of a project for which `project_obstacle` names no obstacle."""

    problem: Problem
    objective: str
    seed: int
    goal: float
    """Makespan that cannot be beaten."""
    deadline: float
    step_limit: int | None
    threads: int
    progress: Progress | None = None
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> Schedule:
        """Search until the goal, the deadline or the step limit; the best schedule."""
        self._began, self._lock, self._best = time.perf_counter(), threading.Lock(), math.inf
        self._project = project_of(self.problem)
        with SideBySide(min(self.threads, WALKS), self._give_up) as pool:
            walks = list(pool.map(self._walk, range(WALKS)))
        self.steps = sum(int(figures[_CHILDREN]) for figures, _ in walks)
        starts = min(walks, key=lambda walk: int(walk[0][_SHORTEST]))[1]
        return Schedule.of(self.problem, np.zeros(starts.size, dtype=np.int64), starts)

    def _give_up(self) -> None:
        """Let the walks end at the next look at the clock: somebody has stopped us."""
        self.deadline = -math.inf

    def _walk(self, number: int) -> tuple[Integers, Integers]:
        project, n = self._project, self._project.duration.size

        def array(*shape: int) -> Integers:
            return np.zeros(shape, dtype=np.int64)

        bench = Bench(array(project.horizon + 1, project.capacity.size), *(array(n) for _ in Bench._fields[1:]))
        words = stream(self.seed, "project", number).integers(1, 2**63, size=1).astype(np.uint64)
        orders, starts, lengths, best = array(POPULATION, n), array(POPULATION, n), array(POPULATION), array(n)
        figures = np.array([0, 0, 0, 2**62], dtype=np.int64)
        budget = 2**62 if self.step_limit is None else max(1, self.step_limit // WALKS)
        goal = math.ceil(self.goal)
        chunk = max(1, _CHUNK_WORK // n)
        while figures[_CHILDREN] < budget and figures[_SHORTEST] > goal:
            count = int(min(chunk, budget - figures[_CHILDREN])) if figures[_CHILDREN] else 1
            evolve(project, bench, orders, starts, lengths, best, figures, words, count, goal)
            self._report(figures)
            if time.perf_counter() >= self.deadline:
                break
        return figures, best

    def _report(self, figures: Integers) -> None:
        with self._lock:
            if figures[_SHORTEST] < self._best:
                self._best = int(figures[_SHORTEST])
                self.trace.append((time.perf_counter() - self._began, float(self._best)))
            if self.progress is not None:
                self.progress(time.perf_counter() - self._began, self._best, int(figures[_CHILDREN]))
