"""The same problem for OR-Tools CP-SAT: lower bounds, proofs and small cases, started from a known schedule.

Intervals on machines without overlap, optional where an operation has alternatives; circuits of neighbours on machines
with setups; cumulative limits for renewable resources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from danao.scheduling.model import NO_MACHINE, Problem
from danao.scheduling.schedule import MAKESPAN, SETUP, TARDINESS, Schedule

Found = Callable[[float], None]
"""Called with the value of each better schedule."""

_WEIGHT_UNITS = 1_000
"""Whole numbers per unit of a job's weight: CP-SAT counts in whole numbers."""


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
    objective: str,
    time_limit: float,
    *,
    seed: int = 0,
    threads: int = 2,
    hint: Schedule | None = None,
    found: Found | None = None,
) -> Proof:
    """Search and bound with CP-SAT.

    Args:
        problem: What has to be planned.
        objective: One of `OBJECTIVES`.
        time_limit: Seconds.
        seed: Of its search.
        threads: Workers.
        hint: A schedule to start from.
        found: Called with the value of each better schedule.
    """
    from ortools.sat.python import cp_model

    model = ExactModel(problem, objective, hint)
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
    bound = solver.best_objective_bound / model.units
    if model.units == 1:
        bound = float(math.ceil(bound - 1e-6))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Proof(None, bound if math.isfinite(bound) else None, False)
    return Proof(model.schedule(solver), bound, False)


class ExactModel:
    """The variables and constraints of one problem."""

    def __init__(self, problem: Problem, objective: str, hint: Schedule | None) -> None:
        from ortools.sat.python import cp_model

        self.problem, self.hint = problem, hint
        self.model = cp_model.CpModel()
        self.units = _WEIGHT_UNITS if objective == TARDINESS else 1
        self.horizon = horizon(problem)
        self.starts: list[Any] = []
        self.ends: list[Any] = []
        self.chosen: list[list[Any]] = []
        self.setup_terms: list[Any] = []
        self.on_machine: list[list[tuple[int, Any, Any]]] = [[] for _ in problem.machines]
        """For each machine: operation, its presence and its interval."""
        self.uses: list[list[tuple[Any, int, Any]]] = [[] for _ in problem.resources]
        """For each resource: interval, amount and presence."""
        for i in range(len(problem.operations)):
            self._add_operation(i)
        self._add_links()
        self._add_machines()
        self._add_resources()
        for one in problem.frozen:
            self.model.add(self.starts[one.operation] == one.start)
            self.model.add(self.chosen[one.operation][one.mode] == 1)
        if problem.permutation:
            self._add_permutation()
        self._add_objective(objective)

    def schedule(self, solver: Any) -> Schedule:
        """The schedule of the solver's best solution."""
        modes = [next(k for k, one in enumerate(chosen) if solver.value(one)) for chosen in self.chosen]
        return Schedule.of(self.problem, np.array(modes), np.array([solver.value(start) for start in self.starts]))

    def _add_operation(self, i: int) -> None:
        operation, model = self.problem.operations[i], self.model
        start = model.new_int_var(self.problem.earliest_start(i), self.horizon, "")
        end = model.new_int_var(0, self.horizon, "")
        if len(operation.modes) == 1:
            present: list[Any] = [model.new_constant(1)]
        else:
            present = [model.new_bool_var("") for _ in operation.modes]
            model.add_exactly_one(present)
        for mode, chosen in zip(operation.modes, present, strict=True):
            if len(operation.modes) == 1:
                interval = model.new_interval_var(start, mode.duration, end, "")
            else:
                interval = model.new_optional_interval_var(start, mode.duration, end, chosen, "")
            if mode.machine != NO_MACHINE:
                self.on_machine[mode.machine].append((i, chosen, interval))
            for resource, amount in mode.uses.items():
                self.uses[resource].append((interval, amount, chosen))
        self.starts.append(start)
        self.ends.append(end)
        self.chosen.append(present)
        if self.hint is not None and self.hint.mode[i] >= 0:
            model.add_hint(start, int(self.hint.start[i]))
            model.add_hint(end, int(self.hint.end[i]))
            if len(present) > 1:
                for k, one in enumerate(present):
                    model.add_hint(one, k == int(self.hint.mode[i]))

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
        for machine, entries in zip(self.problem.machines, self.on_machine, strict=True):
            closed = [self.model.new_fixed_size_interval_var(a, b - a, "") for a, b in machine.closed]
            self.model.add_no_overlap([interval for _, _, interval in entries] + closed)
            if machine.setup is not None or machine.first_setup is not None:
                self._add_circuit(machine, entries)

    def _add_circuit(self, machine: Any, entries: list[tuple[int, Any, Any]]) -> None:
        """Neighbours on a machine, with the setup between them."""
        arcs: list[Any] = []
        empty = self.model.new_bool_var("")
        arcs.append((0, 0, empty))
        for a, (i, present, _) in enumerate(entries, start=1):
            own = self.problem.operations[i].setup_class
            first, last = self.model.new_bool_var(""), self.model.new_bool_var("")
            arcs += [(0, a, first), (a, 0, last), (a, a, present.negated())]
            if machine.first_setup is not None:
                setup = int(machine.first_setup[own])
                self.model.add(self.starts[i] >= setup).only_enforce_if(first)
                self.setup_terms.append(setup * first)
            for b, (k, _, _) in enumerate(entries, start=1):
                if a == b:
                    continue
                follows = self.model.new_bool_var("")
                arcs.append((a, b, follows))
                setup = 0
                if machine.setup is not None:
                    setup = int(machine.setup[own, self.problem.operations[k].setup_class])
                self.model.add(self.starts[k] >= self.ends[i] + setup).only_enforce_if(follows)
                if setup:
                    self.setup_terms.append(setup * follows)
        self.model.add_circuit(arcs)

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

    def _add_objective(self, objective: str) -> None:
        if objective == SETUP:
            self.model.minimize(sum(self.setup_terms))
            return
        if objective == MAKESPAN:
            makespan = self.model.new_int_var(0, self.horizon, "")
            for lasts in self.problem.last_operations:
                for i in lasts:
                    self.model.add(makespan >= self.ends[i])
            if self.hint is not None and self.hint.planned.all():
                self.model.add_hint(makespan, int(self.hint.end.max()))
            self.model.minimize(makespan)
            return
        late = []
        for job, lasts in zip(self.problem.jobs, self.problem.last_operations, strict=True):
            if job.due is None or not lasts:
                continue
            tardiness = self.model.new_int_var(0, self.horizon, "")
            for i in lasts:
                self.model.add(tardiness >= self.ends[i] - job.due)
            if self.hint is not None and all(self.hint.mode[i] >= 0 for i in lasts):
                self.model.add_hint(tardiness, max(0, *(int(self.hint.end[i]) - job.due for i in lasts)))
            late.append(round(job.weight * _WEIGHT_UNITS) * tardiness)
        self.model.minimize(sum(late))


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


def horizon(problem: Problem) -> int:
    """A time by which everything can be done one after the other, if it can be done at all."""
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
    return total + max(frozen_ends, default=0)
