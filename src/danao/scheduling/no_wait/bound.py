"""A proven lower bound on the energy cost of every sequence whose total tardiness is within a limit.

Jobs of one recipe cause the same idle gas, so the gas depends only on the order of recipes, where a recipe may come in
several runs. Orders of recipes are enumerated from the cheapest up (A* with the exact cheapest completion over the
recipes not yet visited as its estimate). An order, or the beginning of one, is passed over if whatever is assigned to
its runs is too late. The cost of the first order that cannot be passed over is below that of every sequence within the
limit; where a known sequence costs just that, it is proven optimal.

How late an order is at least: at any time t, count the jobs that are due by t and cannot all be finished by t,
whichever jobs are taken first; the integral of that number over t is a lower bound on total tardiness, because total
tardiness is the integral of the number of late jobs.
Source: Held & Karp, SIAM J. 10 (1962); Hart, Nilsson & Raphael, IEEE Trans. SSC 4 (1968).
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from danao.core.errors import BadInput
from danao.scheduling.no_wait.model import Floats, Integers, NoWaitLine, evaluate
from danao.scheduling.no_wait.search import TOLERANCE, search

_MOST_RECIPES = 16
"""Above this the table of cheapest completions (2^recipes x recipes) is too large; the plain path bound is used."""
_SLICES = 200
_FINE_SLICES = 800
"""Time slices of the tardiness integral, for beginnings of orders and for whole orders."""
_SLACK_HOURS = 1e-9
_SAFETY = 1e-9
"""Share by which the bound is lowered to cover rounding in sums of gas."""
_SCALE = 1_000
"""Integer units per Nm3 in the plain path bound."""
_PASSED = -1
"""Marks an order that visits all recipes, is too late as it is, but may go on."""
_STEPS = 4_000
"""Search steps per job for the sequence that the bound is compared with, where none is given."""


@dataclass(frozen=True)
class Bound:
    """No sequence within the limit costs less than this."""

    value: float
    """Money; infinity if no sequence can be within the limit."""
    proven_optimal: bool
    """A sequence within the limit is known that costs no more than the bound (to 1e-6 of the cost)."""
    method: str
    """`recipe orders`, or `path` where the tardiness limit was not used."""
    seconds: float
    """Wall time."""
    orders: int
    """Orders of recipes that were passed over as too late."""


def bound(
    line: NoWaitLine,
    tardiness_limit: float | None = None,
    time_limit: float = 30.0,
    incumbent: Sequence[int] | Integers | None = None,
) -> Bound:
    """A proven lower bound on the energy cost over all sequences with total tardiness within the limit.

    Args:
        line: The jobs.
        tardiness_limit: h in total; None for that of the executed sequence, infinity for no limit.
        time_limit: Seconds; the bound at that moment is returned, valid but perhaps not the best.
        incumbent: A sequence to compare with for `proven_optimal`; None for a short search.

    Raises:
        BadInput: The limit is negative, or the incumbent is no sequence of all jobs.
    """
    limit = evaluate(line, line.executed_sequence).total_tardiness if tardiness_limit is None else tardiness_limit
    if math.isnan(limit) or limit < 0:
        raise BadInput("tardiness_limit", f"{limit}", "Expected hours, 0 or more", "Use None for the executed one")
    began = time.perf_counter()
    if incumbent is None:
        incumbent = search(line, limit, time_limit=None, steps=_STEPS * line.jobs).sequence
    known = evaluate(line, incumbent)
    within = known.total_tardiness <= limit + TOLERANCE
    job_gas = float(line.job_gas.sum())
    recipes = _Recipes.of(line)
    if recipes.count <= _MOST_RECIPES:
        gas, orders = _cheapest_order(recipes, limit, known.gas - job_gas if within else math.inf, began + time_limit)
        method = "recipe orders"
    else:
        gas, orders = _cheapest_path(line, time_limit), 0
        method = "path"
    value = (job_gas + gas) * line.gas_price
    value -= _SAFETY * abs(value) if math.isfinite(value) else 0.0
    reached = within and known.cost - value <= 1e-6 * abs(known.cost)
    return Bound(value, reached, method, time.perf_counter() - began, orders)


@dataclass(frozen=True)
class _Recipes:
    """The line seen as recipes; every number is a lower bound on what it stands for, exact where jobs are alike."""

    number: Integers
    """(jobs,) recipe of each job."""
    members: Integers
    """(recipes,) jobs of each."""
    gas: Floats
    """(recipes, recipes) Nm3 for a change, less what a job of the new recipe costs after its like."""
    own_gas: Floats
    """(recipes,) Nm3 between two jobs of the recipe."""
    own_hours: Floats
    """(jobs,) h that a job delays all later ones."""
    change_hours: Floats
    """(recipes, recipes) h that a change delays all later jobs on top."""
    tail_hours: Floats
    """(recipes,) h from the end of a job's own hours to its completion."""
    due_hours: Floats
    """(jobs,) h."""

    @property
    def count(self) -> int:
        return len(self.members)

    @staticmethod
    def of(line: NoWaitLine) -> _Recipes:
        number = line.recipes()
        count = int(number.max()) + 1
        off = ~np.eye(line.jobs, dtype=bool)
        waiting = np.where(off, line.waiting_hours, np.inf)
        own_hours = waiting.min(axis=1) if line.jobs > 1 else np.zeros(1)
        least_gas = np.full((count, count), np.inf)
        hours = np.zeros((count, count))
        for a in range(count):
            for b in range(count):
                pairs = np.ix_(number == a, number == b)
                if off[pairs].any():
                    least_gas[a, b] = line.idle_gas[pairs][off[pairs]].min()
                    hours[a, b] = (waiting[pairs] - own_hours[number == a][:, None])[off[pairs]].min()
        own_gas = np.where(np.isfinite(least_gas.min(axis=0)), least_gas.min(axis=0), 0.0)
        gas = least_gas - own_gas[None, :]
        np.fill_diagonal(gas, 0.0)
        tails = line.process_hours - own_hours
        tail_hours = np.array([tails[number == recipe].min() for recipe in range(count)])
        return _Recipes(
            number, np.bincount(number), gas, own_gas, own_hours, np.maximum(0.0, hours), tail_hours, line.due_hours
        )


def _cheapest_order(recipes: _Recipes, limit: float, upper: float, deadline: float) -> tuple[float, int]:
    """Idle gas in Nm3 of the cheapest order of recipes that may be within the limit, and the orders passed over.

    Args:
        recipes: The line.
        limit: h of total tardiness.
        upper: Nm3 of idle gas of a known sequence within the limit, infinity if none is known.
        deadline: Clock time at which the bound reached so far is returned.
    """
    completion = _cheapest_completion(recipes.gas)
    shortest_first = np.argsort(recipes.own_hours, kind="stable")
    everything = (1 << recipes.count) - 1
    base = float((recipes.members * recipes.own_gas).sum())
    enough = upper + _SAFETY * (1.0 + abs(upper))
    heap: list[tuple[float, float, tuple[int, ...], int]] = []
    for first in range(recipes.count):
        left = everything & ~(1 << first)
        gas = base - float(recipes.own_gas[first])
        heapq.heappush(heap, (gas + float(completion[left, first]), gas, (first,), left))
    nothing = np.zeros(recipes.count, dtype=np.bool_)

    def too_late(runs: Integers, may_come: NDArray[np.bool_], slices: int) -> bool:
        hours = _least_tardiness(
            runs,
            may_come,
            recipes.change_hours,
            recipes.own_hours,
            recipes.tail_hours,
            recipes.due_hours,
            recipes.number,
            shortest_first,
            limit + TOLERANCE,
            slices,
        )
        return float(hours) > limit + TOLERANCE

    passed = 0
    while heap:
        estimate, gas, order, left = heapq.heappop(heap)
        if estimate >= upper or time.perf_counter() > deadline:
            return min(estimate, upper), passed
        if math.isfinite(limit):
            runs = np.array(order, dtype=np.int64)
            may_come = _may_come(recipes.gas, completion, order[-1], left, enough - gas)
            if too_late(runs, may_come, _SLICES):
                passed += 1
                continue
            if left == 0 and too_late(runs, nothing, _FINE_SLICES):
                left = _PASSED
                passed += 1
        if left == 0:
            return estimate, passed
        left = max(left, 0)
        for following in range(recipes.count):
            if following == order[-1] or order.count(following) >= recipes.members[following]:
                continue
            rest = left & ~(1 << following)
            reached = gas + float(recipes.gas[order[-1], following])
            if reached + float(completion[rest, following]) < enough:
                heapq.heappush(heap, (reached + float(completion[rest, following]), reached, (*order, following), rest))
    return upper, passed


@njit(cache=True, nogil=True)
def _cheapest_completion(gas: Floats) -> Floats:
    """(2^recipes, recipes) least Nm3 to visit, from a recipe, all recipes of a set at least once."""
    count = gas.shape[0]
    shortest = gas.copy()
    for via in range(count):
        for a in range(count):
            for b in range(count):
                shortest[a, b] = min(shortest[a, b], shortest[a, via] + shortest[via, b])
    least = np.full((1 << count, count), np.inf)
    least[0, :] = 0.0
    for wanted in range(1, 1 << count):
        for last in range(count):
            for following in range(count):
                if wanted >> following & 1:
                    through = shortest[last, following] + least[wanted & ~(1 << following), following]
                    least[wanted, last] = min(least[wanted, last], through)
    return least


@njit(cache=True, nogil=True)
def _may_come(gas: Floats, completion: Floats, last: int, left: int, spare: float) -> NDArray[np.bool_]:
    """(recipes,) whether a recipe can have a further run for at most `spare` Nm3 in all."""
    count = gas.shape[0]
    open_recipes = np.zeros(count, dtype=np.bool_)
    for recipe in range(count):
        if left >> recipe & 1:
            open_recipes[recipe] = True
        elif recipe != last:
            open_recipes[recipe] = completion[left | (1 << recipe), last] <= spare
        else:
            for via in range(count):
                if via != last:
                    rest = (left | (1 << last)) & ~(1 << via)
                    open_recipes[recipe] |= gas[last, via] + completion[rest, via] <= spare
    return open_recipes


@njit(cache=True, nogil=True)
def _least_tardiness(
    order: Integers,
    may_come: NDArray[np.bool_],
    change_hours: Floats,
    own_hours: Floats,
    tail_hours: Floats,
    due_hours: Floats,
    number: Integers,
    shortest_first: Integers,
    enough: float,
    slices: int,
) -> float:
    """Hours below which total tardiness cannot fall if the recipes begin in this order; stops above `enough`.

    Recipes marked in `may_come` may have further runs after the order in any sequence, the others may not. At each time
    the last job that is due and done lies in some run (the one numbered `runs` stands for all that follows); before it,
    all recipes that have no later run are finished.
    """
    runs, jobs, recipes = order.size, own_hours.size, tail_hours.size
    changes, tails = np.zeros(runs + 1), np.full(runs + 1, np.inf)
    first_run, last_run = np.full(recipes, runs), np.full(recipes, -1)
    for run in range(runs):
        if run > 0:
            changes[run] = changes[run - 1] + change_hours[order[run - 1], order[run]]
        tails[run] = tail_hours[order[run]]
        last_run[order[run]] = run
        first_run[order[run]] = min(first_run[order[run]], run)
    least_change = np.inf
    for recipe in range(recipes):
        if may_come[recipe]:
            last_run[recipe] = runs
            tails[runs] = min(tails[runs], tail_hours[recipe])
            change = change_hours[order[runs - 1], recipe] if recipe != order[runs - 1] else 0.0
            least_change = min(least_change, change)
    changes[runs] = changes[runs - 1] + least_change
    closed_work = np.zeros(runs + 1)
    for job in range(jobs):
        for run in range(last_run[number[job]] + 1, runs + 1):
            closed_work[run] += own_hours[job]
    clock = due_hours.min()
    end = own_hours.sum() + changes[runs - 1] + max(0.0, tail_hours.max())
    step = (end - clock) / slices
    total = 0.0
    due = np.empty(recipes, dtype=np.int64)
    for _ in range(slices):
        if step <= 0.0 or total > enough:
            break
        due[:] = 0
        for job in range(jobs):
            if due_hours[job] <= clock:
                due[number[job]] += 1
        most, all_due = 0, due.sum()
        for run in range(runs, -1, -1):
            if most == all_due:
                break
            spare = clock + step - changes[run] - closed_work[run] - tails[run] + _SLACK_HOURS
            if spare < 0.0:
                continue
            done = 0
            for recipe in range(recipes):
                if last_run[recipe] < run:
                    done += due[recipe]
            for job in shortest_first:
                recipe = number[job]
                if due_hours[job] <= clock and first_run[recipe] <= run <= last_run[recipe]:
                    spare -= own_hours[job]
                    if spare < 0.0:
                        break
                    done += 1
            most = max(most, done)
        total += step * (all_due - most)
        clock += step
    return float(total)


def _cheapest_path(line: NoWaitLine, time_limit: float) -> float:
    """Idle gas in Nm3 below which no path through all jobs can fall, by a circuit constraint (OR-Tools CP-SAT)."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    depot = line.jobs
    arcs, costs = [], []
    for i in range(line.jobs + 1):
        for r in range(line.jobs + 1):
            if i != r:
                chosen = model.new_bool_var("")
                arcs.append((i, r, chosen))
                if depot not in (i, r):
                    costs.append(math.floor(line.idle_gas[i, r] * _SCALE) * chosen)
    model.add_circuit(arcs)
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = time_limit
    solver.parameters.num_workers = 1
    solver.solve(model)
    return max(0.0, math.floor(float(solver.best_objective_bound)) / _SCALE)
