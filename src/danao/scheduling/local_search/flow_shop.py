"""Permutation flow shops: iterated greedy over the one order of jobs.

Some jobs are taken out at random and put back, one after the other, where they do least harm; then each job is tried at
every place. For the makespan all places of a job are compared in one pass over heads and tails.
Source: Ruiz & Stützle, EJOR 177 (2007); Taillard, EJOR 47 (1990) (the acceleration).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numba import njit

from danao.core.errors import BadInput
from danao.core.random import stream
from danao.core.threads import SideBySide
from danao.scheduling.local_search.moves import Words, random_word
from danao.scheduling.local_search.tasks import NO_LIMIT, Floats, Integers
from danao.scheduling.model import Problem
from danao.scheduling.schedule import MAKESPAN, TARDINESS, Schedule

WALKS = 2
"""Walks of their own; more threads than this do not help."""
_TAKEN_OUT = 2
_TEMPERATURE = 0.4
"""In tenths of the mean duration."""
_CHUNK_WORK = 20_000_000

Progress = Callable[[float, float, int], None]


@njit(cache=True, nogil=True)
def completions(durations: Integers, release: Integers, order: Integers, count: int, ends: Integers) -> None:
    """Ends of the first `count` jobs of an order on the last machine, written by place to `ends`."""
    machines = durations.shape[1]
    free = np.zeros(machines, dtype=np.int64)
    for at in range(count):
        job = order[at]
        time = release[job]
        for machine in range(machines):
            time = max(time, free[machine]) + durations[job, machine]
            free[machine] = time
        ends[at] = time


@njit(cache=True, nogil=True)
def cost(
    durations: Integers, release: Integers, due: Integers, weight: Floats, tardy: bool, order: Integers, count: int
) -> float:
    """Makespan or weighted tardiness of the first `count` jobs of an order."""
    ends = np.empty(count, dtype=np.int64)
    completions(durations, release, order, count, ends)
    if not tardy:
        return float(ends[count - 1])
    total = 0.0
    for at in range(count):
        if ends[at] > due[order[at]]:
            total += weight[order[at]] * (ends[at] - due[order[at]])
    return total


@njit(cache=True, nogil=True)
def _best_place(
    durations: Integers,
    release: Integers,
    due: Integers,
    weight: Floats,
    tardy: bool,
    fast: bool,
    order: Integers,
    count: int,
    job: int,
    words: Words,
) -> tuple[int, float]:
    """Where a job does least harm among the first `count` jobs of an order, and the cost then."""
    best_place, best, ties = 0, np.inf, 0
    machines = durations.shape[1]
    if not fast:
        trial = np.empty(count + 1, dtype=np.int64)
        for place in range(count + 1):
            trial[:place] = order[:place]
            trial[place] = job
            trial[place + 1 :] = order[place:count]
            value = cost(durations, release, due, weight, tardy, trial, count + 1)
            ties = ties + 1 if value == best else 1
            if value < best or (value == best and random_word(words) % ties == 0):
                best_place, best = place, value
        return best_place, best
    tails = np.zeros((count + 1, machines), dtype=np.int64)
    for at in range(count - 1, -1, -1):
        rest = 0
        for machine in range(machines - 1, -1, -1):
            rest = max(rest, tails[at + 1, machine]) + durations[order[at], machine]
            tails[at, machine] = rest
    heads = np.zeros(machines, dtype=np.int64)
    for place in range(count + 1):
        time, length = 0, 0
        for machine in range(machines):
            time = max(time, heads[machine]) + durations[job, machine]
            length = max(length, time + tails[place, machine])
        value = float(length)
        ties = ties + 1 if value == best else 1
        if value < best or (value == best and random_word(words) % ties == 0):
            best_place, best = place, value
        if place < count:
            time = 0
            for machine in range(machines):
                time = max(time, heads[machine]) + durations[order[place], machine]
                heads[machine] = time
    return best_place, best


@njit(cache=True, nogil=True)
def _insert(order: Integers, count: int, place: int, job: int) -> None:
    for at in range(count, place, -1):
        order[at] = order[at - 1]
    order[place] = job


@njit(cache=True, nogil=True)
def _remove(order: Integers, count: int, place: int) -> int:
    job = order[place]
    for at in range(place, count - 1):
        order[at] = order[at + 1]
    return job


@njit(cache=True, nogil=True)
def build_up(
    durations: Integers,
    release: Integers,
    due: Integers,
    weight: Floats,
    tardy: bool,
    fast: bool,
    first: Integers,
    order: Integers,
    words: Words,
) -> float:
    """Insert the jobs of `first` one after the other at their best places (Nawaz, Enscore & Ham 1983)."""
    value = 0.0
    for count in range(first.size):
        place, value = _best_place(durations, release, due, weight, tardy, fast, order, count, first[count], words)
        _insert(order, count, place, first[count])
    return value


@njit(cache=True, nogil=True)
def iterate(
    durations: Integers,
    release: Integers,
    due: Integers,
    weight: Floats,
    tardy: bool,
    fast: bool,
    order: Integers,
    best_order: Integers,
    values: Floats,
    words: Words,
    steps: int,
    goal: float,
) -> int:
    """Continue iterated greedy.

    Args:
        durations: (jobs, machines).
        release: (jobs,).
        due: (jobs,).
        weight: (jobs,).
        tardy: Whether weighted tardiness counts, else the makespan.
        fast: Whether the acceleration for the makespan may be used: no job is released later.
        order: (jobs,) present order; moves on.
        best_order: (jobs,) best order.
        values: (2,) cost of the present and of the best order.
        words: Random numbers.
        steps: Rounds to do.
        goal: Cost that cannot be beaten.

    Returns:
        Rounds done.
    """
    jobs = order.size
    temperature = _TEMPERATURE * durations.mean() / 10.0 * (weight.mean() if tardy else 1.0)
    trial = order.copy()
    queue = np.arange(jobs)
    out = np.empty(min(_TAKEN_OUT, jobs - 1), dtype=np.int64)
    for step in range(steps):
        if values[1] <= goal:
            return step
        trial[:] = order
        count = jobs
        for i in range(out.size):
            out[i] = _remove(trial, count, random_word(words) % count)
            count -= 1
        value = 0.0
        for i in range(out.size):
            place, value = _best_place(durations, release, due, weight, tardy, fast, trial, count, out[i], words)
            _insert(trial, count, place, out[i])
            count += 1
        improved = True
        while improved:
            improved = False
            for i in range(jobs - 1, 0, -1):
                k = random_word(words) % (i + 1)
                queue[i], queue[k] = queue[k], queue[i]
            for job in queue:
                at = 0
                while trial[at] != job:
                    at += 1
                _remove(trial, jobs, at)
                place, moved = _best_place(durations, release, due, weight, tardy, fast, trial, jobs - 1, job, words)
                _insert(trial, jobs - 1, place, job)
                if moved < value:
                    improved = True
                value = moved
        chance = random_word(words) / 2147483648.0
        if value <= values[0] or chance <= math.exp(-(value - values[0]) / max(temperature, 1e-9)):
            order[:] = trial
            values[0] = value
            if value < values[1]:
                values[1] = value
                best_order[:] = trial
    return steps


@dataclass
class FlowShopSearch:
    """Iterated greedy walks for one permutation flow shop."""

    problem: Problem
    objective: str
    seed: int
    goal: float
    deadline: float
    step_limit: int | None
    threads: int
    progress: Progress | None = None
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> Schedule:
        """Search until the goal, the deadline or the step limit; the best schedule.

        Raises:
            BadInput: The flow shop has rules that this search does not know.
        """
        _check(self.problem, self.objective)
        self._began, self._lock, self._best = time.perf_counter(), threading.Lock(), math.inf
        jobs, machines = len(self.problem.jobs), len(self.problem.machines)
        self._durations = np.zeros((jobs, machines), dtype=np.int64)
        for operation in self.problem.operations:
            self._durations[operation.job, operation.modes[0].machine] = operation.modes[0].duration
        self._release = np.array([job.release for job in self.problem.jobs], dtype=np.int64)
        with SideBySide(min(self.threads, WALKS), self._give_up) as pool:
            walks = list(pool.map(self._walk, range(WALKS)))
        self.steps = sum(steps for _, steps, _ in walks)
        order = min(walks, key=lambda walk: walk[0])[2]
        starts, free = np.zeros((jobs, machines), dtype=np.int64), np.zeros(machines, dtype=np.int64)
        for job in order:
            clock = self._release[job]
            for machine in range(machines):
                starts[job, machine] = max(clock, free[machine])
                clock = free[machine] = starts[job, machine] + self._durations[job, machine]
        by_operation = [starts[one.job, one.modes[0].machine] for one in self.problem.operations]
        return Schedule.of(self.problem, np.zeros(len(by_operation), dtype=np.int64), np.array(by_operation))

    def _give_up(self) -> None:
        """Let the walks end at the next look at the clock: somebody has stopped us."""
        self.deadline = -math.inf

    def _walk(self, number: int) -> tuple[float, int, Integers]:
        durations, release = self._durations, self._release
        jobs = len(self.problem.jobs)
        due = np.array([NO_LIMIT if job.due is None else job.due for job in self.problem.jobs], dtype=np.int64)
        weight = np.array([job.weight for job in self.problem.jobs])
        tardy = self.objective == TARDINESS
        fast = not tardy and not release.any()
        random = stream(self.seed, "iterated greedy", number)
        words = random.integers(1, 2**63, size=1).astype(np.uint64)
        urgency = due.astype(np.float64) if tardy else -durations.sum(axis=1).astype(np.float64)
        first = np.argsort(urgency, kind="stable") if number == 0 else random.permutation(jobs)
        order = np.zeros(jobs, dtype=np.int64)
        value = build_up(durations, release, due, weight, tardy, fast, first.astype(np.int64), order, words)
        best, values, done = order.copy(), np.array([value, value]), 0
        budget = math.inf if self.step_limit is None else self.step_limit // WALKS
        chunk = max(1, _CHUNK_WORK // (durations.size * jobs * (1 if fast else jobs)))
        self._report(value, done)
        while jobs > 1 and done < budget and time.perf_counter() < self.deadline:
            count = int(min(chunk, budget - done))
            done_now = iterate(
                durations, release, due, weight, tardy, fast, order, best, values, words, count, self.goal
            )
            done += done_now
            self._report(float(values[1]), done)
            if done_now < count:
                break
        return float(values[1]), done, best

    def _report(self, value: float, steps: int) -> None:
        with self._lock:
            if value < self._best:
                self._best = value
                self.trace.append((time.perf_counter() - self._began, value))
            if self.progress is not None:
                self.progress(time.perf_counter() - self._began, self._best, steps)


def _check(problem: Problem, objective: str) -> None:
    remedy = "Leave it out, or drop `permutation`"
    for wrong, found in (
        (objective not in (MAKESPAN, TARDINESS), f"objective {objective}"),
        (bool(problem.resources), "resources beside machines"),
        (bool(problem.frozen), "a frozen part"),
        (any(operation.earliest for operation in problem.operations), "earliest starts of operations"),
        (problem.transport is not None, "transport times"),
        (problem.horizon is not None, "an end of the plan"),
        (any(machine.batch is not None for machine in problem.machines), "batches"),
        (any(machine.closed for machine in problem.machines), "closed machines"),
        (any(machine.setup is not None or machine.first_setup is not None for machine in problem.machines), "setups"),
        (any(link.least or link.most is not None for link in problem.links), "limits on waiting"),
    ):
        if wrong:
            raise BadInput(f"{problem.name}: permutation", found, "Expected a plain permutation flow shop", remedy)
