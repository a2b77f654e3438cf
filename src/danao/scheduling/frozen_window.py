"""Which starts of a frozen window have to move after something happened: as few as CP-SAT can prove or find in time.

Only what starts before the end of the window is asked about; what comes later can always make way.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from danao.scheduling.cp import ExactModel
from danao.scheduling.model import Frozen, Problem
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import MAKESPAN, Schedule

_EFFORT = 1.0
"""Deterministic time of CP-SAT, about seconds on an idle machine."""


def least_moves(
    problem: Problem,
    old: Schedule,
    repaired: Schedule,
    started: set[int],
    soon: list[int],
    now: int,
    seconds: float | None,
    seed: int,
) -> Schedule | None:
    """Modes and starts of what starts in the window, with few moves; None if nothing was found.

    Args:
        problem: As it is now.
        old: The plan until now, an entry for each operation of the problem.
        repaired: A schedule with moves to begin with.
        started: Operations that go on as they are.
        soon: Operations that start before the end of the window in the old plan, the started ones among them.
        now: Nothing else may start before.
        seconds: Most wall time; None to be bound by effort only, so that the result is the same on every run.
        seed: Of CP-SAT.
    """
    from ortools.sat.python import cp_model

    kept = _that_matter(problem, old, started, now)
    inside = [i for i in soon if i not in started or i in kept]
    small, hint = _small(problem, old, repaired, kept, inside, now)
    exact = ExactModel(small, Objective(MAKESPAN, {MAKESPAN: 1.0}), hint)
    terms = []
    for k, i in enumerate(inside):
        if i in started:
            continue
        moved = exact.model.new_bool_var("")
        exact.model.add(exact.starts[k] == int(old.start[i])).only_enforce_if(moved.negated())
        exact.model.add(exact.chosen[k][int(old.mode[i])] == 1).only_enforce_if(moved.negated())
        exact.model.add_hint(moved, bool(repaired.start[i] != old.start[i] or repaired.mode[i] != old.mode[i]))
        terms += [exact.horizon * moved, exact.starts[k] - int(old.start[i])]
    exact.model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = _EFFORT
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(0.01, seconds)
    if solver.solve(exact.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    found = exact.schedule(solver)
    mode = np.full(len(problem.operations), -1, dtype=np.int64)
    start = np.zeros(len(problem.operations), dtype=np.int64)
    mode[inside], start[inside] = found.mode, found.start
    return Schedule.of(problem, mode, start)


def _small(
    problem: Problem, old: Schedule, repaired: Schedule, started: set[int], inside: list[int], now: int
) -> tuple[Problem, Schedule]:
    """The problem of what starts in the window, and its repaired starts as a hint."""
    place = {i: k for k, i in enumerate(inside)}
    operations = tuple(
        problem.operations[i]
        if i in started
        else replace(problem.operations[i], earliest=max(now, problem.operations[i].earliest))
        for i in inside
    )
    links = tuple(
        replace(link, before=place[link.before], after=place[link.after])
        for link in problem.links
        if link.before in place and link.after in place
    )
    frozen = tuple(Frozen(place[i], int(old.mode[i]), int(old.start[i])) for i in sorted(started))
    small = replace(problem, operations=operations, links=links, frozen=frozen, permutation=False)
    return small, Schedule.of(small, repaired.mode[inside], repaired.start[inside])


def _that_matter(problem: Problem, old: Schedule, started: set[int], now: int) -> set[int]:
    """Started operations that are not over, are the last on their machine, or are followed at a distance."""
    matter = {i for i in started if old.end[i] > now}
    matter |= {
        link.before for link in problem.links if link.before in started and (link.least > 0 or link.most is not None)
    }
    if problem.transport is not None or any(not resource.renewable for resource in problem.resources):
        return set(started)
    for order in old.orders(problem):
        before = [i for i in order if i in started]
        matter |= set(before[-1:])
    return matter
