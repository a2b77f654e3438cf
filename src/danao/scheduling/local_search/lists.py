"""Search over orders of groups and choices of modes for the list scheduler, for any problem and objective.

Late acceptance: a change is kept if the schedule is no worse than the present one, or than the one some steps ago.
Source: Burke & Bykov, European Journal of Operational Research 258 (2017).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numba import njit

from danao.core.random import stream
from danao.core.threads import SideBySide
from danao.scheduling.local_search.costs import Aim, aim_of, score
from danao.scheduling.local_search.decoder import UNPLANNED, Board, decode, new_board
from danao.scheduling.local_search.moves import Words, random_word
from danao.scheduling.local_search.tasks import NO_LIMIT, Floats, Integers, Tasks, tasks_of
from danao.scheduling.local_search.urgency import by_urgency
from danao.scheduling.model import Problem
from danao.scheduling.objectives import Objective, objective_of
from danao.scheduling.schedule import ENERGY, MAKESPAN, OBJECTIVES, TARDINESS, Schedule

WALKS = 2
"""Walks of their own; more threads than this do not help."""
_LATENESS = 30
"""Steps after which a schedule is forgotten."""
_CHUNK_WORK = 40_000
_LONG = 0.1
"""Seconds after which a stretch of steps is made shorter, so that deadlines are kept."""
_LEFT, _BEST, _STEPS = 0, 1, 2
"""Entries of a walk's figures: operations not planned in its best schedule, its score, steps."""

Progress = Callable[[float, float, int], None]


@njit(cache=True, nogil=True)
def climb(
    tasks: Tasks,
    board: Board,
    order: Integers,
    place: Integers,
    wishes: Integers,
    history: Floats,
    figures: Floats,
    ends: Floats,
    best_start: Integers,
    best_mode: Integers,
    words: Words,
    aim: Aim,
    delays: bool,
    steps: int,
) -> None:
    """Continue a walk. Its first call has figures[_STEPS] = 0 and takes the order as it is.

    Args:
        tasks: The problem.
        board: Scratch, but for the operations that are held back.
        order: (groups,) present order; moves on.
        place: (groups,) place of each group in it.
        wishes: (n,) modes that operations must take, -1 for free.
        history: (lateness,) scores of the last steps.
        figures: (3,) see _LEFT.
        ends: (jobs,) scratch.
        best_start: (n,) receives the best schedule.
        best_mode: (n,) receives its modes.
        words: Random numbers.
        aim: What schedules are compared by.
        delays: Whether it may pay to start later than possible: to keep an earlier plan, to fill a batch, or for
            cheaper energy.
        steps: Schedules to try.
    """
    groups, n = order.size, board.start.size
    choices = tasks.mode_machine.size > n
    for _ in range(steps):
        done = int(figures[_STEPS])
        slot = done % history.size
        group, old_place, wished, old_wish, held, old_hold = -1, -1, -1, -1, -1, 0
        if done > 0:
            if delays and random_word(words) % 3 == 0:
                held = random_word(words) % n
                old_hold = board.hold[held]
                board.hold[held] = _new_hold(tasks, board, aim, held, words)
            elif choices and (groups == 1 or random_word(words) % 3 == 0):
                wished = random_word(words) % n
                old_wish = wishes[wished]
                count = tasks.mode_first[wished + 1] - tasks.mode_first[wished]
                pick = random_word(words) % (count + 1)
                wishes[wished] = tasks.mode_first[wished] + pick if pick < count else -1
            elif groups > 1:
                group = random_word(words) % groups
                old_place = place[group]
                _reinsert(tasks, order, place, group, words)
        left = decode(tasks, board, order, wishes)
        value = score(tasks, board, aim, left, ends)
        if done == 0:
            history[:] = value
            figures[_BEST] = np.inf
        if value < figures[_BEST]:
            figures[_BEST], figures[_LEFT] = value, left
            best_start[:] = board.start
            best_mode[:] = board.mode
        present = history[(done - 1) % history.size] if done > 0 else value
        if value <= present or value <= history[slot]:
            history[slot] = value
        else:
            history[slot] = present
            if group >= 0:
                _move(order, place, place[group], old_place)
            if wished >= 0:
                wishes[wished] = old_wish
            if held >= 0:
                board.hold[held] = old_hold
        figures[_STEPS] += 1


@njit(cache=True, nogil=True)
def _new_hold(tasks: Tasks, board: Board, aim: Aim, i: int, words: Words) -> int:
    """Another time to hold an operation back to: its earlier start, a step of the tariff, another of its family."""
    if aim.prices.size > 0 and (aim.weights[3] == 0.0 or random_word(words) % 2 == 0):
        return 0 if board.hold[i] > 0 else max(0, aim.reference[i])
    if random_word(words) % 3 == 0:
        return 0
    if tasks.family[i] >= 0 and random_word(words) % 2 == 0:
        k = random_word(words) % tasks.family.size
        for _ in range(tasks.family.size):
            k = k + 1 if k + 1 < tasks.family.size else 0
            if tasks.family[k] == tasks.family[i] and board.start[k] > board.start[i]:
                return board.start[k]
        return 0
    steps = tasks.price_begin.size
    if steps == 0:
        return 0
    begin = tasks.price_begin[random_word(words) % steps]
    if random_word(words) % 2 == 0:
        mode = board.mode[i] if board.start[i] != UNPLANNED else tasks.mode_first[i]
        begin -= tasks.mode_duration[mode]
    return max(0, begin)


@njit(cache=True, nogil=True)
def _reinsert(tasks: Tasks, order: Integers, place: Integers, group: int, words: Words) -> None:
    """Put a group somewhere else between the groups before and after it."""
    low, high = 0, order.size - 1
    for at in range(tasks.group_before_first[group], tasks.group_before_first[group + 1]):
        low = max(low, place[tasks.group_before[at]] + 1)
    for at in range(tasks.group_after_first[group], tasks.group_after_first[group + 1]):
        high = min(high, place[tasks.group_after[at]] - 1)
    if random_word(words) % 4 > 0:
        reach = 3 + order.size // 20
        low, high = max(low, place[group] - reach), min(high, place[group] + reach)
    _move(order, place, place[group], low + random_word(words) % (high - low + 1))


@njit(cache=True, nogil=True)
def _move(order: Integers, place: Integers, origin: int, target: int) -> None:
    group = order[origin]
    step = 1 if target > origin else -1
    at = origin
    while at != target:
        order[at] = order[at + step]
        place[order[at]] = at
        at += step
    order[target] = group
    place[group] = target


@dataclass
class ListSearch:
    """Late-acceptance walks over orders of groups."""

    problem: Problem
    objective: str | Objective
    seed: int
    goal: float
    """Value that cannot be beaten."""
    deadline: float
    step_limit: int | None
    threads: int
    progress: Progress | None = None
    reference: Schedule | None = None
    """An earlier plan to stay close to; the search starts from its order and modes."""
    price: float | Floats = 0.0
    """What a start that differs from the earlier plan costs, in units of the objective; for all, or by operation."""
    keys: tuple[Floats, ...] = ()
    """For each walk, (n,) the order in which it places operations first, instead of that of the earlier plan."""
    first: Schedule | None = None
    """Modes and starts to begin with, where they are not those of the earlier plan."""
    loose: Integers | None = None
    """Operations that are not bound to their mode in the earlier plan."""
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> Schedule:
        """Search until the goal, the deadline or the step limit; the best schedule."""
        self._began = time.perf_counter()
        self._lock = threading.Lock()
        self._best = math.inf
        self.tasks = tasks_of(self.problem)
        self.aim = self._aim()
        self._counts_time = objective_of(self.problem, self.objective).single == MAKESPAN
        with SideBySide(min(self.threads, WALKS), self._give_up) as pool:
            walks = list(pool.map(self._walk, range(WALKS)))
        self.steps = sum(int(figures[_STEPS]) for figures, _, _ in walks)
        _, start, mode = min(walks, key=lambda walk: float(walk[0][_BEST]))
        planned = start != UNPLANNED
        numbers = np.where(planned, mode - self.tasks.mode_first[:-1], -1)
        return Schedule.of(self.problem, numbers, np.where(planned, start, 0))

    def _give_up(self) -> None:
        """Let the walks end at the next look at the clock: somebody has stopped us."""
        self.deadline = -math.inf

    def _walk(self, number: int) -> tuple[Floats, Integers, Integers]:
        tasks, n = self.tasks, len(self.problem.operations)
        board = new_board(tasks)
        random = stream(self.seed, "list search", number)
        words = random.integers(1, 2**63, size=1).astype(np.uint64)
        order = self._first_order(number, random if number else None)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        wishes, history, figures = np.full(n, -1, dtype=np.int64), np.zeros(_LATENESS), np.zeros(3)
        ends = np.zeros(len(self.problem.jobs))
        delays = bool(self.aim.prices.size or self.aim.weights[OBJECTIVES.index(ENERGY)] or tasks.batch_most.any())
        begin = self.first if self.first is not None else self.reference
        if begin is not None:
            wishes[begin.planned] = (tasks.mode_first[:-1] + begin.mode)[begin.planned]
            if self.loose is not None:
                wishes[self.loose] = -1
            if delays:
                board.hold[begin.planned] = begin.start[begin.planned]
        start, mode = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        budget = math.inf if self.step_limit is None else max(1, self.step_limit // WALKS)
        most, chunk = max(1, _CHUNK_WORK // n), 1
        while figures[_STEPS] == 0 or (figures[_STEPS] < budget and time.perf_counter() < self.deadline):
            count = int(min(chunk, budget - figures[_STEPS])) if figures[_STEPS] else 1
            began = time.perf_counter()
            climb(
                tasks,
                board,
                order,
                place,
                wishes,
                history,
                figures,
                ends,
                start,
                mode,
                words,
                self.aim,
                delays,
                count,
            )
            chunk = min(most, max(1, chunk // 2 if time.perf_counter() - began > _LONG else chunk * 2))
            if self._report(figures) and self.step_limit is None:
                break
        return figures, start, mode

    def _aim(self) -> Aim:
        n = len(self.problem.operations)
        reference = np.full(n, -1, dtype=np.int64)
        if self.reference is not None:
            reference[self.reference.planned] = self.reference.start[self.reference.planned]
        prices = np.broadcast_to(np.asarray(self.price, dtype=np.float64), (n,)).copy()
        return aim_of(objective_of(self.problem, self.objective), reference, prices if prices.any() else np.zeros(0))

    def _report(self, figures: Floats) -> bool:
        """Tell the progress; whether the goal is reached."""
        value = math.floor(figures[_BEST] + 1e-9) if self._counts_time else float(figures[_BEST])
        with self._lock:
            if figures[_LEFT] == 0 and value < self._best:
                self._best = value
                self.trace.append((time.perf_counter() - self._began, float(value)))
            if self.progress is not None:
                self.progress(time.perf_counter() - self._began, self._best, int(figures[_STEPS]))
            return self._counts_time and self._best <= self.goal

    def _first_order(self, walk: int, random: np.random.Generator | None) -> Integers:
        """Groups by least slack, or by due date for tardiness; with noise if random numbers are given.

        By the keys or starts that are given instead, if any are.
        """
        tasks = self.tasks
        groups = tasks.group_first.size - 1
        members = [tasks.group[tasks.group_first[g] : tasks.group_first[g + 1]] for g in range(groups)]
        tails = np.zeros(groups)
        for group in reversed(self._sorted_groups(np.zeros(groups))):
            after = tasks.group_after[tasks.group_after_first[group] : tasks.group_after_first[group + 1]]
            own = sum(int(tasks.mode_duration[tasks.mode_first[i]]) for i in members[group])
            tails[group] = own + max((tails[g] for g in after), default=0.0)
        if self.keys:
            keys = self.keys[walk % len(self.keys)]
            return self._sorted_groups(np.array([float(keys[m].min()) for m in members]))
        if self.reference is not None:
            starts = np.where(self.reference.planned, self.reference.start, tasks.release)
            return self._sorted_groups(np.array([float(starts[m].min()) for m in members]))
        urgency = -tails
        if self.aim.weights[OBJECTIVES.index(TARDINESS)] > 0:
            due = np.where(tasks.due < NO_LIMIT, tasks.due, tasks.due[tasks.due < NO_LIMIT].max(initial=0) + 1)
            urgency = np.array([float(due[tasks.job[m]].min()) for m in members]) - tails
        if random is not None:
            urgency = urgency + random.normal(0.0, 0.2 * (np.std(urgency) + 1e-9), groups)
        return self._sorted_groups(urgency)

    def _sorted_groups(self, urgency: Floats) -> Integers:
        """All groups, each after those before it, the more urgent (smaller) first."""
        tasks = self.tasks
        waiting = np.diff(tasks.group_before_first)
        return by_urgency(urgency, waiting, tasks.group_after_first, tasks.group_after)
