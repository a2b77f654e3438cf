"""A new plan after something happened, close to the old one.

What has started stays as it is. What starts soon stays too as far as possible: CP-SAT finds the fewest of its starts
that have to move, and what keeps its start is frozen. The rest is planned anew, where each start that differs from the
old plan has a price: a shop is not to be made nervous for nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from danao.core.errors import BadInput
from danao.scheduling.frozen_window import least_moves
from danao.scheduling.local_search.lists import ListSearch
from danao.scheduling.local_search.tasks import Floats
from danao.scheduling.model import NO_MACHINE, Frozen, Problem
from danao.scheduling.objectives import Objective, objective_of
from danao.scheduling.reasons import unplanned
from danao.scheduling.schedule import MAKESPAN, Flags, Plan, Schedule, parts_of
from danao.scheduling.validate import require_valid

_WINDOW_PRICE = 1e7
"""What a start that is moved within the frozen window costs: more than any gain in the objective."""
_WINDOW_SHARE = 0.5
"""Share of the time in which CP-SAT seeks the fewest moves in the window; what keeps its start is then frozen."""


@dataclass(frozen=True)
class Replan:
    """A new plan and how far it is from the old one."""

    plan: Plan
    problem: Problem
    """The changed problem with its frozen part, which the plan was checked against."""
    kept: int
    """Operations that start before the end of the frozen window in the old plan, and start then in the new one."""
    released: tuple[int, ...]
    """Operations that start before the end of the frozen window in the old plan and were moved."""
    moved: int
    """Operations of the old plan that start at another time or in another mode now."""
    unavoidable: int
    """Starts before the end of the frozen window that are proven to move in any plan."""
    shifted: tuple[int, ...]
    """Those of `released` that start at another time; the others only change their mode."""


def replan(
    problem: Problem,
    old: Schedule,
    now: int,
    window: int,
    objective: str | Objective = MAKESPAN,
    time_limit: float | None = 1.8,
    *,
    nervousness: float = 0.0,
    seed: int = 0,
    step_limit: int | None = None,
    threads: int = 2,
) -> Replan:
    """Plan again at a moment of the old plan.

    Args:
        problem: As it is now: a breakdown as a closed window of its machine, a rush order as a further job at the end.
        old: The plan until now; operations that it does not know come after those that it knows.
        now: The moment; nothing that has not started may start before.
        window: Time units after `now` in which starts are frozen: none is moved that can be kept.
        objective: One of `OBJECTIVES`, or a weighted sum.
        time_limit: Seconds; None for none.
        nervousness: What each start that is moved costs, in units of the objective.
        seed: Of the random streams.
        step_limit: Schedules to try, None for no limit.
        threads: Processor cores to use.

    Raises:
        BadInput: The old plan knows more operations than the problem, a time is negative, or no limit is given.
    """
    _check(problem, old, now, window, nervousness, time_limit, step_limit)
    began = time.perf_counter()
    n = len(problem.operations)
    mode, start = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
    mode[: len(old.mode)], start[: len(old.start)] = old.mode, old.start
    before = Schedule.of(problem, mode, start)
    started = _keepable(problem, before, now)
    soon = before.planned & (before.start < now + window)
    aim = objective_of(problem, objective)
    inside = [int(i) for i in np.flatnonzero(soon)]
    clock = None if time_limit is None or step_limit is not None else _until(began + _WINDOW_SHARE * time_limit)
    fewest = least_moves(problem, before, started, inside, now, clock, seed)
    target = before if fewest.schedule is None else _merged(problem, before, fewest.schedule)
    stays = started | {i for i in inside if fewest.schedule is not None and target.start[i] == before.start[i]}
    searches = _Searches(
        problem,
        before,
        aim,
        now,
        np.where(soon, nervousness + _WINDOW_PRICE, nervousness),
        np.array(_displaced(problem, before, started), dtype=np.int64),
        math.inf if time_limit is None else began + time_limit,
        seed,
        threads,
    )
    if not searches.run(target, stays, 2)[1].planned.all():
        target, stays = before, started
    changed, schedule = searches.run(target, stays, step_limit)
    parts = parts_of(changed, schedule)
    require_valid(changed, schedule, parts)
    plan = Plan(
        schedule,
        aim.name,
        aim.value(parts),
        parts,
        None,
        unplanned(changed, schedule),
        searches.steps,
        time.perf_counter() - began,
        (),
        "fewest moves in the frozen window by CP-SAT, list search",
        aim.excess(parts),
    )
    differs = _differ(before, schedule)
    released = tuple(int(i) for i in np.flatnonzero(soon & differs))
    shifted = tuple(i for i in released if schedule.start[i] != before.start[i] or schedule.mode[i] < 0)
    kept = int((soon & ~differs).sum())
    return Replan(plan, changed, kept, released, int(differs.sum()), fewest.bound, shifted)


@dataclass
class _Searches:
    """List searches for plans that are close to an old one."""

    problem: Problem
    before: Schedule
    aim: Objective
    now: int
    prices: Floats
    """(operations,) what it costs to move a start."""
    displaced: NDArray[np.int64]
    """Operations that cannot stay where they are; they are not bound to their mode."""
    deadline: float
    seed: int
    threads: int
    steps: int = 0

    def run(self, target: Schedule, stays: set[int], step_limit: int | None) -> tuple[Problem, Schedule]:
        """The problem with a frozen part, and the best schedule found around a target.

        Args:
            target: Modes and starts to begin with; they may break rules.
            stays: Operations that are frozen where the target has them.
            step_limit: Schedules to try.
        """
        changed = _frozen(self.problem, target, stays, self.now)
        soon, last = [np.where(target.planned, target.start, at).astype(np.float64) for at in (self.now, math.inf)]
        search = ListSearch(
            changed,
            self.aim,
            self.seed,
            -math.inf,
            self.deadline,
            step_limit,
            self.threads,
            reference=self.before,
            price=self.prices,
            keys=(soon, last),
            first=target,
            loose=self.displaced,
        )
        schedule = search.run()
        self.steps += search.steps
        return changed, schedule


def _until(deadline: float) -> Callable[[], float]:
    """Tells the seconds that are left."""
    return lambda: deadline - time.perf_counter()


def _differ(before: Schedule, after: Schedule) -> Flags:
    """(operations,) whether an operation of the old plan has another start or mode."""
    differs: Flags = before.planned & ((after.start != before.start) | (after.mode != before.mode))
    return differs


def _merged(problem: Problem, before: Schedule, found: Schedule) -> Schedule:
    """The old plan with the modes and starts that were found."""
    mode = np.where(found.planned, found.mode, before.mode)
    return Schedule.of(problem, mode, np.where(found.planned, found.start, before.start))


def _frozen(problem: Problem, target: Schedule, stays: set[int], now: int) -> Problem:
    """The problem with operations frozen where the target has them, and nothing else before now."""
    operations = tuple(
        one if i in stays else replace(one, earliest=max(now, one.earliest)) for i, one in enumerate(problem.operations)
    )
    frozen = tuple(Frozen(i, int(target.mode[i]), int(target.start[i])) for i in sorted(stays))
    return replace(problem, operations=operations, frozen=frozen)


def _displaced(problem: Problem, old: Schedule, started: set[int]) -> list[int]:
    """Operations of the old plan that cannot stay where they are, and those that follow them."""
    hit: set[int] = set()
    for i in np.argsort(old.start, kind="stable"):
        if old.mode[i] < 0 or i in started:
            continue
        machine = old.machine_of(problem, int(i))
        closed = problem.machines[machine].closed if machine != NO_MACHINE else ()
        shut = any(old.start[i] < b and old.end[i] > a for a, b in closed)
        early = old.start[i] < problem.earliest_start(int(i))
        if shut or early or any(link.before in hit for link in problem.links_before[int(i)]):
            hit.add(int(i))
    return sorted(hit)


def _keepable(problem: Problem, old: Schedule, now: int) -> set[int]:
    """Operations that have started and can go on: their machine is open, and what they follow goes on too."""
    kept: set[int] = set()
    for i in np.argsort(old.start, kind="stable"):
        if old.mode[i] < 0 or old.start[i] >= now:
            continue
        machine = old.machine_of(problem, int(i))
        closed = problem.machines[machine].closed if machine != NO_MACHINE else ()
        open_throughout = all(old.end[i] <= a or old.start[i] >= b for a, b in closed)
        in_time = old.start[i] >= problem.earliest_start(int(i))
        if open_throughout and in_time and all(link.before in kept for link in problem.links_before[int(i)]):
            kept.add(int(i))
    return kept


def _check(
    problem: Problem,
    old: Schedule,
    now: int,
    window: int,
    nervousness: float,
    time_limit: float | None,
    step_limit: int | None,
) -> None:
    if len(old.mode) > len(problem.operations):
        raise BadInput(
            f"{problem.name}: old plan",
            f"{len(old.mode)} operations",
            f"Expected at most the {len(problem.operations)} of the problem",
            "Put new operations behind the old ones",
        )
    for name, value in (("now", now), ("window", window), ("nervousness", nervousness)):
        if not 0 <= value < math.inf:
            raise BadInput(name, f"{value}", "Expected 0 or more", "Correct the value")
    if time_limit is None and step_limit is None:
        raise BadInput("replan", "no limit", "Expected a time limit or a step limit", "Give one of them")
