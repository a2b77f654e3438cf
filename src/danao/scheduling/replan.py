"""A new plan after something happened, close to the old one.

What has started stays as it is; what starts soon stays too, unless the change makes that impossible. The rest is
planned anew, where each start that differs from the old plan has a price: a shop is not to be made nervous for nothing.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np

from danao.core.errors import BadInput
from danao.scheduling.local_search.lists import ListSearch
from danao.scheduling.model import NO_MACHINE, Frozen, Problem
from danao.scheduling.reasons import unplanned
from danao.scheduling.schedule import MAKESPAN, Plan, Schedule, parts_of
from danao.scheduling.validate import require_valid


@dataclass(frozen=True)
class Replan:
    """A new plan and how far it is from the old one."""

    plan: Plan
    problem: Problem
    """The changed problem with its frozen part, which the plan was checked against."""
    kept: int
    """Operations whose start was frozen."""
    released: tuple[int, ...]
    """Operations that start within the frozen window in the old plan and could not be kept."""
    moved: int
    """Operations of the old plan that start at another time or in another mode now."""


def replan(
    problem: Problem,
    old: Schedule,
    now: int,
    window: int,
    objective: str = MAKESPAN,
    time_limit: float | None = 2.0,
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
        window: Time units after `now` in which starts are frozen.
        objective: One of `OBJECTIVES`.
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
    kept = _keepable(problem, before, now, now + window)
    operations = tuple(
        one if i in kept else replace(one, earliest=max(now, one.earliest)) for i, one in enumerate(problem.operations)
    )
    frozen = tuple(Frozen(i, int(mode[i]), int(start[i])) for i in sorted(kept))
    changed = replace(problem, operations=operations, frozen=frozen)
    deadline = math.inf if time_limit is None else began + time_limit
    search = ListSearch(
        changed,
        objective,
        seed,
        -math.inf,
        deadline,
        step_limit,
        threads,
        reference=before,
        price=nervousness,
    )
    schedule = search.run()
    require_valid(changed, schedule)
    parts = parts_of(changed, schedule)
    seconds = time.perf_counter() - began
    plan = Plan(
        schedule,
        objective,
        parts[objective],
        parts,
        None,
        unplanned(changed, schedule),
        search.steps,
        seconds,
        tuple(search.trace),
        "list search from the old plan",
    )
    soon = before.planned & (before.start < now + window)
    differs = before.planned & ((schedule.start != before.start) | (schedule.mode != before.mode))
    released = tuple(int(i) for i in np.flatnonzero(soon) if int(i) not in kept)
    return Replan(plan, changed, len(kept), released, int(differs.sum()))


def _keepable(problem: Problem, old: Schedule, now: int, until: int) -> set[int]:
    """Operations that start before a time and can stay: their machine is open and what they follow stays too.

    What follows an operation that is tied to it by a limit on waiting or a common machine stays only with it.
    """
    soon = [int(i) for i in np.argsort(old.start, kind="stable") if old.mode[i] >= 0 and old.start[i] < until]
    kept: set[int] = set()
    for i in soon:
        machine = old.machine_of(problem, i)
        closed = problem.machines[machine].closed if machine != NO_MACHINE else ()
        open_throughout = all(old.end[i] <= a or old.start[i] >= b for a, b in closed)
        in_time = old.start[i] >= problem.earliest_start(i)
        if open_throughout and in_time and all(link.before in kept for link in problem.links_before[i]):
            kept.add(i)
    tied = [link for link in problem.links if link.most is not None or link.same_machine]
    while True:
        loose = {
            i
            for link in tied
            for i, other in ((link.before, link.after), (link.after, link.before))
            if i in kept and other not in kept and old.start[i] >= now
        }
        if not loose:
            return _closed_downwards(problem, kept)
        kept -= loose
        kept = _closed_downwards(problem, kept)


def _closed_downwards(problem: Problem, kept: set[int]) -> set[int]:
    """Without those that follow an operation that is not kept."""
    while True:
        orphans = {i for i in kept if any(link.before not in kept for link in problem.links_before[i])}
        if not orphans:
            return kept
        kept = kept - orphans


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
