"""Which starts of a frozen window have to move after something happened: the fewest, as far as CP-SAT proves or finds.

Only what starts before the end of the window is asked about; what comes later can always make way. First the number of
moved starts is minimised, then with that number fixed how late the moved ones are and how many change their machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from danao.scheduling.cp import ExactModel
from danao.scheduling.model import Frozen, Problem
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import MAKESPAN, Schedule

_EFFORT, _POLISH = 1.0, 0.3
"""Deterministic time of CP-SAT for the fewest moves, and for the least delay with them: about seconds of a core."""
_OTHER_MACHINE = 10
"""Time units of delay that are as bad as an operation that changes its machine and keeps its start."""


@dataclass(frozen=True)
class LeastMoves:
    """What is known of the starts that have to move."""

    schedule: Schedule | None
    """Modes and starts of what starts in the window, with few moves; None where none was found."""
    bound: int
    """No plan moves fewer starts of the window, those of interrupted operations among them."""
    proven: bool
    """Whether the schedule moves no more than that."""


def least_moves(
    problem: Problem,
    old: Schedule,
    started: set[int],
    soon: list[int],
    now: int,
    seconds: Callable[[], float] | None,
    seed: int,
) -> LeastMoves:
    """A schedule of what starts in the window in which as few starts as possible differ from the old plan.

    Args:
        problem: As it is now.
        old: The plan until now, an entry for each operation of the problem.
        started: Operations that go on as they are.
        soon: Operations that start before the end of the window in the old plan, the started ones among them.
        now: Nothing else may start before.
        seconds: Tells how much wall time is left; None to be bound by effort only, so that the result is the same on
            every run.
        seed: Of CP-SAT.
    """
    kept = _that_matter(problem, old, started, now)
    inside = [i for i in soon if i not in started or i in kept]
    if not any(i not in started for i in inside):
        return LeastMoves(old, 0, True)
    small, hint = _small(problem, old, kept, inside, now)
    exact = ExactModel(small, Objective(MAKESPAN, {MAKESPAN: 1.0}), hint)
    moved, delays = _terms(exact, old, [(k, i) for k, i in enumerate(inside) if i not in started])
    exact.model.minimize(sum(moved))
    solver, found = _solved(exact, _EFFORT, seconds, seed)
    if not found:
        return LeastMoves(None, max(0, _whole(solver.best_objective_bound)), False)
    count, bound = round(solver.objective_value), _whole(solver.best_objective_bound)
    best = exact.schedule(solver)
    if count:
        exact.model.add(sum(moved) <= count)
        exact.model.minimize(sum(delays))
        _hint_again(exact, solver)
        solver, found = _solved(exact, _POLISH, seconds, seed)
        best = exact.schedule(solver) if found else best
    mode = np.full(len(problem.operations), -1, dtype=np.int64)
    start = np.zeros(len(problem.operations), dtype=np.int64)
    mode[inside], start[inside] = best.mode, best.start
    return LeastMoves(Schedule.of(problem, mode, start), bound, bound == count)


def _terms(exact: ExactModel, old: Schedule, asked: list[tuple[int, int]]) -> tuple[list[Any], list[Any]]:
    """Whether the start of each operation (number in the model, in the problem) moves; delays and changes of mode."""
    moved, delays = [], []
    for k, i in asked:
        differs = exact.model.new_bool_var("")
        exact.model.add(exact.starts[k] == int(old.start[i])).only_enforce_if(differs.negated())
        late = exact.model.new_int_var(0, exact.horizon, "")
        exact.model.add(late >= exact.starts[k] - int(old.start[i]))
        moved.append(differs)
        delays += [late, _OTHER_MACHINE * (1 - exact.chosen[k][int(old.mode[i])])]
    return moved, delays


def _solved(exact: ExactModel, effort: float, seconds: Callable[[], float] | None, seed: int) -> tuple[Any, bool]:
    """The solver after its search, and whether it found anything."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = effort
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(0.01, seconds())
    status = solver.solve(exact.model)
    return solver, status in (cp_model.OPTIMAL, cp_model.FEASIBLE)


def _hint_again(exact: ExactModel, solver: Any) -> None:
    """Let the next search begin where this one ended."""
    values = list(solver.response_proto.solution)
    exact.model.clear_hints()
    for index, value in enumerate(values):
        exact.model.add_hint(exact.model.get_int_var_from_proto_index(index), value)


def _whole(bound: float) -> int:
    return math.ceil(bound - 1e-6) if math.isfinite(bound) else 0


def _small(problem: Problem, old: Schedule, started: set[int], inside: list[int], now: int) -> tuple[Problem, Schedule]:
    """The problem of what starts in the window, and its old starts as a hint."""
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
    return small, Schedule.of(small, old.mode[inside], np.maximum(old.start[inside], 0))


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
