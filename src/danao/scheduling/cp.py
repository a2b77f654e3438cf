"""The same problem for OR-Tools CP-SAT: lower bounds, proofs and small cases, started from a known schedule.

Intervals on machines without overlap, optional where an operation has alternatives; circuits of neighbours on machines
with setups; cumulative limits for renewable resources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from danao.scheduling.cp_energy import EnergyTerms
from danao.scheduling.cp_machines import Run, batches, circuit
from danao.scheduling.model import NO_MACHINE, Problem
from danao.scheduling.objectives import Objective, objective_of
from danao.scheduling.schedule import ENERGY, MAKESPAN, SETUP, TARDINESS, Schedule

Found = Callable[[float], None]
"""Called with the value of each better schedule."""

_MOST_STAGES = 20
"""Sets of machines that stand in for each other, above which they are not counted together."""
_WEIGHT_UNITS = 1_000
"""Whole numbers per unit of a job's weight: CP-SAT counts in whole numbers."""
_FINE_UNITS = 1_000_000
"""Whole numbers per unit of a weighted sum."""


@dataclass(frozen=True)
class Proof:
    """What CP-SAT found."""

    schedule: Schedule | None
    """Its best schedule; None where it found none."""
    bound: float | None
    """No schedule is below it."""
    infeasible: bool
    """Whether it proved that no schedule of all operations exists."""


def solve_exactly(
    problem: Problem,
    objective: str | Objective,
    time_limit: float,
    *,
    seed: int = 0,
    threads: int = 2,
    hint: Schedule | None = None,
    found: Found | None = None,
    near: Near | None = None,
) -> Proof:
    """Search and bound with CP-SAT.

    Args:
        problem: What has to be planned.
        objective: One of `OBJECTIVES`, or a weighted sum.
        time_limit: Seconds.
        seed: Of its search.
        threads: Workers.
        hint: A schedule to start from.
        found: Called with the value of each better schedule.
        near: Look only around this schedule; the bound holds there only.
    """
    from ortools.sat.python import cp_model

    model = ExactModel(problem, objective, hint, near)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, time_limit)
    solver.parameters.num_workers = threads
    solver.parameters.random_seed = seed % 2**31

    def report(callback: Any) -> None:
        if found is not None:
            found(callback.objective_value / model.units)

    listener = type("Listener", (cp_model.CpSolverSolutionCallback,), {"on_solution_callback": report})
    status = solver.solve(model.model, listener())
    if status == cp_model.INFEASIBLE:
        return Proof(None, None, True)
    bound = solver.best_objective_bound / model.units - model.slack
    if model.units == 1 and not model.slack:
        bound = float(math.ceil(bound - 1e-6))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Proof(None, bound if math.isfinite(bound) else None, False)
    return Proof(model.schedule(solver), bound, False)


def schedule_within(problem: Problem, end: int, time_limit: float, seed: int = 0, threads: int = 2) -> Proof:
    """A schedule that ends by a time, or the proof that there is none, by CP-SAT.

    Near the bound this is easier than to shorten a longer schedule: little room is left to each operation.
    Source: Klein & Scholl, European Journal of Operational Research 112 (1999) (destructive improvement).

    Args:
        problem: What has to be planned.
        end: Latest end of its operations.
        time_limit: Seconds.
        seed: Of its search.
        threads: Workers.
    """
    within = replace(problem, horizon=end if problem.horizon is None else min(end, problem.horizon))
    return solve_exactly(within, MAKESPAN, time_limit, seed=seed, threads=threads)


@dataclass(frozen=True)
class Near:
    """Schedules around another one."""

    schedule: Schedule
    """A schedule of all operations."""
    free: frozenset[int]
    """Operations whose mode and place may change; the others keep theirs and may only shift."""
    reach: int
    """Time units by which any of them may shift."""

    def window(self, operation: int, low: int, high: int) -> tuple[int, int]:
        """Starts that an operation may have."""
        start = int(self.schedule.start[operation])
        return max(low, start - self.reach), min(high, start + self.reach)


class ExactModel:
    """The variables and constraints of one problem."""

    def __init__(
        self, problem: Problem, objective: str | Objective, hint: Schedule | None, near: Near | None = None
    ) -> None:
        from ortools.sat.python import cp_model

        self.problem, self.hint = problem, hint
        self.model = cp_model.CpModel()
        aim = objective_of(problem, objective)
        self.horizon = horizon(problem, aim)
        if near is not None:
            self.horizon = min(self.horizon, int(near.schedule.end.max()) + near.reach)
        self.near = near
        self.slack = 0.0
        """By how much rounding may have raised the bound."""
        energy = aim.weights.get(ENERGY, 0.0) > 0 or ENERGY in aim.limits
        self.costs = EnergyTerms(self.model, problem, self.horizon) if energy else None
        self.units = _units(aim, self.costs)
        self.starts: list[Any] = []
        self.ends: list[Any] = []
        self.sizes: list[Any] = []
        self.chosen: list[list[Any]] = []
        self.setup_terms: list[Any] = []
        self.on_machine: list[list[Run]] = [[] for _ in problem.machines]
        self.uses: list[list[tuple[Any, int, Any]]] = [[] for _ in problem.resources]
        """For each resource: interval, amount and presence."""
        for i in range(len(problem.operations)):
            self._add_operation(i)
        self._add_links()
        self._add_machines()
        self._add_stages()
        self._add_resources()
        for one in problem.frozen:
            self.model.add(self.starts[one.operation] == one.start)
            self.model.add(self.chosen[one.operation][one.mode] == 1)
        if problem.permutation:
            self._add_permutation()
        if near is not None:
            self._stay_near(near)
        self._add_objective(aim)

    def schedule(self, solver: Any) -> Schedule:
        """The schedule of the solver's best solution."""
        modes = [next(k for k, one in enumerate(chosen) if solver.value(one)) for chosen in self.chosen]
        return Schedule.of(self.problem, np.array(modes), np.array([solver.value(start) for start in self.starts]))

    def _add_operation(self, i: int) -> None:
        operation, model = self.problem.operations[i], self.model
        low, high = self.problem.earliest_start(i), self.horizon
        if self.near is not None:
            low, high = self.near.window(i, low, high)
        start = model.new_int_var(low, high, "")
        if len(operation.modes) == 1:
            present: list[Any] = [model.new_constant(1)]
        else:
            present = [model.new_bool_var("") for _ in operation.modes]
            model.add_exactly_one(present)
        lengths = {mode.duration for mode in operation.modes}
        if len(lengths) == 1:
            size: Any = lengths.pop()
            end: Any = start + size
            model.add(end <= self.horizon)
        else:
            size = model.new_int_var(min(lengths), max(lengths), "")
            end = model.new_int_var(0, self.horizon, "")
            model.add(size == sum(mode.duration * one for mode, one in zip(operation.modes, present, strict=True)))
            model.add(end == start + size)
            if self.hint is not None and self.hint.mode[i] >= 0:
                model.add_hint(size, operation.modes[int(self.hint.mode[i])].duration)
                model.add_hint(end, int(self.hint.end[i]))
        for mode, chosen in zip(operation.modes, present, strict=True):
            if len(operation.modes) == 1:
                interval = model.new_interval_var(start, mode.duration, end, "")
            else:
                interval = model.new_optional_interval_var(start, mode.duration, end, chosen, "")
            if mode.machine != NO_MACHINE:
                self.on_machine[mode.machine].append(Run(i, operation.setup_class, chosen, start, end, interval))
            for resource, amount in mode.uses.items():
                self.uses[resource].append((interval, amount, chosen))
        if self.costs is not None:
            self.costs.add_operation(operation, present, start, low, high)
        self.starts.append(start)
        self.ends.append(end)
        self.sizes.append(size)
        self.chosen.append(present)
        if self.hint is not None and self.hint.mode[i] >= 0:
            model.add_hint(start, int(self.hint.start[i]))
            if len(present) > 1:
                for k, one in enumerate(present):
                    model.add_hint(one, k == int(self.hint.mode[i]))

    def _stay_near(self, near: Near) -> None:
        """What is not free keeps its mode and its place among the others that are not free."""
        for i in range(len(self.problem.operations)):
            if i not in near.free:
                self.model.add(self.chosen[i][int(near.schedule.mode[i])] == 1)
        for groups in near.schedule.batches(self.problem):
            kept = [[i for i in group if i not in near.free] for group in groups]
            for before, after in pairwise([group for group in kept if group]):
                self.model.add(self.starts[after[0]] >= self.ends[before[0]])

    def _add_links(self) -> None:
        problem = self.problem
        for link in problem.links:
            start, end = self.starts[link.after], self.ends[link.before]
            if link.same_machine:
                self._bind_machines(link.before, link.after)
            if link.most is not None:
                self.model.add(start - end <= link.most)
            if not link.moves or problem.transport is None:
                self.model.add(start - end >= link.least)
                continue
            origins, targets = problem.operations[link.before].modes, problem.operations[link.after].modes
            for a, origin in zip(self.chosen[link.before], origins, strict=True):
                for b, target in zip(self.chosen[link.after], targets, strict=True):
                    travel = 0
                    if NO_MACHINE not in (origin.machine, target.machine):
                        travel = int(problem.transport[origin.machine, target.machine])
                    self.model.add(start - end >= link.least + travel).only_enforce_if([a, b])

    def _bind_machines(self, before: int, after: int) -> None:
        """Both operations run on the same machine."""
        for machine in range(NO_MACHINE, len(self.problem.machines)):
            terms = [
                [
                    chosen
                    for chosen, mode in zip(self.chosen[i], self.problem.operations[i].modes, strict=True)
                    if mode.machine == machine
                ]
                for i in (before, after)
            ]
            if terms[0] or terms[1]:
                self.model.add(sum(terms[0]) == sum(terms[1]))

    def _add_machines(self) -> None:
        for number, (machine, runs) in enumerate(zip(self.problem.machines, self.on_machine, strict=True)):
            every = runs
            if machine.batch is not None:
                alone = [run for run in runs if self.problem.operations[run.operation].family is None]
                every = alone + batches(self.model, self.problem, number, runs, self.horizon)
            closed = [self.model.new_fixed_size_interval_var(a, b - a, "") for a, b in machine.closed]
            self.model.add_no_overlap([run.interval for run in every] + closed)
            states = machine.idle_power or machine.setup_power or machine.setup_fuel is not None
            if machine.setup is not None or machine.first_setup is not None or (self.costs is not None and states):
                around = circuit(self.model, machine, every)
                self.setup_terms += around.setup_terms
                if self.costs is not None:
                    self.costs.add_machine(machine, around, every)

    def _add_stages(self) -> None:
        """Machines that stand in for each other work on no more operations at a time than they are.

        This follows from the rest of the model, but raises its bounds.
        """
        taken = [{mode.machine for mode in operation.modes} for operation in self.problem.operations]
        batching = {number for number, machine in enumerate(self.problem.machines) if machine.batch is not None}
        stages = {frozenset(own) for own in taken if len(own) > 1 and NO_MACHINE not in own and not own & batching}
        if len(stages) > _MOST_STAGES:
            return
        whole: dict[int, Any] = {}
        for stage in sorted(stages, key=sorted):
            inside = [i for i, own in enumerate(taken) if own <= stage]
            if len(inside) <= len(stage):
                continue
            for i in inside:
                if i not in whole:
                    whole[i] = self.model.new_interval_var(self.starts[i], self.sizes[i], self.ends[i], "")
            self.model.add_cumulative([whole[i] for i in inside], [1] * len(inside), len(stage))

    def _add_resources(self) -> None:
        for resource, uses in zip(self.problem.resources, self.uses, strict=True):
            if resource.renewable:
                self.model.add_cumulative(
                    [one for one, _, _ in uses], [amount for _, amount, _ in uses], resource.capacity
                )
            else:
                self.model.add(sum(amount * chosen for _, amount, chosen in uses) <= resource.capacity)

    def _add_permutation(self) -> None:
        """One order of jobs: whoever is first on the first machine is first on every machine."""
        jobs, machines = len(self.problem.jobs), len(self.problem.machines)
        step = {(one.job, one.modes[0].machine): i for i, one in enumerate(self.problem.operations)}
        for a in range(jobs):
            for b in range(a + 1, jobs):
                first = self.model.new_bool_var("")
                for machine in range(machines):
                    x, y = step[a, machine], step[b, machine]
                    self.model.add(self.starts[y] >= self.ends[x]).only_enforce_if(first)
                    self.model.add(self.starts[x] >= self.ends[y]).only_enforce_if(first.negated())

    def _add_objective(self, objective: Objective) -> None:
        """The weighted sum of the parts that count, in whole numbers, and limits on parts."""
        wanted = {**objective.limits, **{part: weight for part, weight in objective.weights.items() if weight}}
        total: list[Any] = []
        for part in wanted:
            terms, divisor, most = self._part(part)
            weight = objective.weights.get(part, 0.0)
            for coefficient, term in terms:
                exact = weight * coefficient * self.units / divisor
                total.append(round(exact) * term)
                self.slack += abs(round(exact) - exact) * most / self.units
            if part in objective.limits:
                room = 0.5 * len(terms) if part == ENERGY else 0.0
                limit = math.floor(objective.limits[part] * divisor + 1e-6 + room)
                self.model.add(sum(round(coefficient) * term for coefficient, term in terms) <= limit)
        self.model.minimize(sum(total))

    def _part(self, part: str) -> tuple[list[tuple[float, Any]], int, int]:
        """A part as coefficients and terms, what their sum is to be divided by, and the most that a term can be."""
        if part == SETUP:
            return [(1.0, term) for term in self.setup_terms], 1, self.horizon
        if part == ENERGY:
            assert self.costs is not None
            self.slack += self.costs.slack
            return [(1.0, term) for term in self.costs.terms], self.costs.units, 0
        if part == MAKESPAN:
            makespan = self.model.new_int_var(0, self.horizon, "")
            for lasts in self.problem.last_operations:
                for i in lasts:
                    self.model.add(makespan >= self.ends[i])
            if self.hint is not None and self.hint.planned.all():
                self.model.add_hint(makespan, int(self.hint.end.max()))
            return [(1.0, makespan)], 1, self.horizon
        late = []
        for job, lasts in zip(self.problem.jobs, self.problem.last_operations, strict=True):
            if job.due is None or not lasts:
                continue
            tardiness = self.model.new_int_var(0, self.horizon, "")
            for i in lasts:
                self.model.add(tardiness >= self.ends[i] - job.due)
            if self.hint is not None and all(self.hint.mode[i] >= 0 for i in lasts):
                self.model.add_hint(tardiness, max(0, *(int(self.hint.end[i]) - job.due for i in lasts)))
            late.append((job.weight * _WEIGHT_UNITS, tardiness))
        return late, _WEIGHT_UNITS, self.horizon


def size_of_model(problem: Problem) -> int:
    """Modes and possible pairs of neighbours with setups that a model would hold."""
    on_machine = [0] * len(problem.machines)
    total = 0
    for operation in problem.operations:
        for mode in operation.modes:
            total += 1
            if mode.machine != NO_MACHINE:
                on_machine[mode.machine] += 1
    for machine, count in zip(problem.machines, on_machine, strict=True):
        if machine.setup is not None or machine.first_setup is not None:
            total += count * count
    return total


def _units(objective: Objective, costs: EnergyTerms | None) -> int:
    """Whole numbers per unit of the objective."""
    if costs is None and objective.single in (MAKESPAN, SETUP):
        return 1
    if costs is None and objective.single == TARDINESS:
        return _WEIGHT_UNITS
    return costs.units if costs is not None else _FINE_UNITS


def horizon(problem: Problem, objective: Objective | None = None) -> int:
    """A time by which everything can be done one after the other, if it can be done at all.

    Where energy is counted, this may begin only when the last price does; never after the horizon of the problem
    and a limit of the objective on the makespan.
    """
    total = max(problem.earliest_start(i) for i in range(len(problem.operations)))
    total += sum(max(mode.duration for mode in operation.modes) for operation in problem.operations)
    total += sum(max(0, link.least) for link in problem.links)
    longest_setup = 0
    for machine in problem.machines:
        for table in (machine.setup, machine.first_setup):
            longest_setup = max(longest_setup, int(np.max(table)) if table is not None else 0)
        if machine.closed:
            longest = max(mode.duration for operation in problem.operations for mode in operation.modes)
            total += machine.closed[-1][1] + longest * len(machine.closed)
    longest_travel = int(problem.transport.max()) if problem.transport is not None else 0
    total += (longest_setup + longest_travel) * len(problem.operations)
    frozen_ends = [one.start + problem.operations[one.operation].modes[one.mode].duration for one in problem.frozen]
    total += max(frozen_ends, default=0) + (problem.energy.begins[-1] if problem.energy is not None else 0)
    if objective is not None and MAKESPAN in objective.limits:
        total = min(total, int(objective.limits[MAKESPAN]))
    return total if problem.horizon is None else min(total, problem.horizon)
