"""A new plan after something happened, close to the old one.

What has started stays as it is. What starts soon stays too as far as possible: as few of its starts are moved as the
search can do with. The rest is planned anew, where each start that differs from the old plan has a price: a shop is not
to be made nervous for nothing.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np

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
_REPAIR_SHARE = 0.25
"""Share of the work that seeks a repair which moves few starts in the window."""
_WINDOW_SHARE = 0.45
"""Share of the time in which CP-SAT seeks fewer moves; what then keeps its start is frozen."""


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
    prices = np.where(soon, nervousness + _WINDOW_PRICE, nervousness)
    options = (seed, -math.inf)
    hit = _displaced(problem, before, started)
    aside = np.where(before.planned, before.start, now + window).astype(np.float64)
    aside[hit] = now + window
    repair = ListSearch(
        _frozen(problem, before, started, now),
        aim,
        *options,
        math.inf if time_limit is None else began + _REPAIR_SHARE * time_limit,
        None if step_limit is None else max(2, int(_REPAIR_SHARE * step_limit)),
        threads,
        reference=before,
        price=prices,
        keys=(aside, np.where(before.planned, aside, np.inf)),
        loose=np.array(hit, dtype=np.int64),
    )
    repaired = repair.run()
    first = repaired
    if repaired.planned.all() and bool((soon & _differ(before, repaired)).any()):
        seconds = None if time_limit is None or step_limit is not None else _WINDOW_SHARE * time_limit
        first = _fewest_moves(problem, before, repaired, started, soon, now, seconds, seed)
    stays = started | {int(i) for i in np.flatnonzero(soon & ~_differ(before, first))}
    changed = _frozen(problem, before, stays, now)
    search = ListSearch(
        changed,
        aim,
        *options,
        math.inf if time_limit is None else began + time_limit,
        None if step_limit is None else max(2, step_limit - repair.steps),
        threads,
        reference=before,
        price=prices,
        keys=(np.where(first.planned, first.start, np.inf).astype(np.float64),),
        first=first,
    )
    candidates = [search.run()]
    if first is repaired:
        candidates.append(repaired)
    schedule = min(candidates, key=lambda one: _rank(changed, aim, before, prices, one))
    parts = parts_of(changed, schedule)
    require_valid(changed, schedule, parts)
    plan = Plan(
        schedule,
        aim.name,
        aim.value(parts),
        parts,
        None,
        unplanned(changed, schedule),
        repair.steps + search.steps,
        time.perf_counter() - began,
        (),
        "repair of the old plan, list search",
        aim.excess(parts),
    )
    differs = _differ(before, schedule)
    released = tuple(int(i) for i in np.flatnonzero(soon & differs))
    return Replan(plan, changed, int((soon & ~differs).sum()), released, int(differs.sum()))


def _differ(before: Schedule, after: Schedule) -> Flags:
    """(operations,) whether an operation of the old plan has another start or mode."""
    differs: Flags = before.planned & ((after.start != before.start) | (after.mode != before.mode))
    return differs


def _fewest_moves(
    problem: Problem,
    before: Schedule,
    repaired: Schedule,
    started: set[int],
    soon: Flags,
    now: int,
    seconds: float | None,
    seed: int,
) -> Schedule:
    """Where the search goes on: a repair with the fewest moves in the window that CP-SAT finds.

    What comes after the window is as in the repair, and has to make way.
    """
    inside = [int(i) for i in np.flatnonzero(soon)]
    found = least_moves(problem, before, repaired, started, inside, now, seconds, seed)
    if found is None:
        return repaired
    mode = np.where(found.planned, found.mode, repaired.mode)
    merged = Schedule.of(problem, mode, np.where(found.planned, found.start, repaired.start))
    fewer = int((soon & _differ(before, merged)).sum()) < int((soon & _differ(before, repaired)).sum())
    return merged if fewer else repaired


def _rank(
    problem: Problem, aim: Objective, before: Schedule, prices: Floats, schedule: Schedule
) -> tuple[int, float, float]:
    """What is left out, the excess over limits, then the objective with the price of moved starts."""
    parts = parts_of(problem, schedule)
    differs = _differ(before, schedule)
    over = sum(aim.excess(parts).values())
    return int((~schedule.planned).sum()), over, aim.value(parts) + float(prices[differs].sum())


def _frozen(problem: Problem, old: Schedule, stays: set[int], now: int) -> Problem:
    """The problem with operations frozen where the old plan has them, and nothing else before now."""
    operations = tuple(
        one if i in stays else replace(one, earliest=max(now, one.earliest)) for i, one in enumerate(problem.operations)
    )
    frozen = tuple(Frozen(i, int(old.mode[i]), int(old.start[i])) for i in sorted(stays))
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
