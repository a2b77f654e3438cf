"""The engines that `benchmarks.scheduling` compares: ours, plain CP-SAT, and PyJobShop's model on CP-SAT."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from danao.scheduling.cp import solve_exactly
from danao.scheduling.model import NO_MACHINE, Problem
from danao.scheduling.schedule import TARDINESS, parts_of
from danao.scheduling.solve import solve
from danao.scheduling.validate import require_valid

Answer = tuple[float | None, float | None]
"""Value of the best schedule and lower bound."""


def ours(problem: Problem, objective: str, seconds: float, seed: int, threads: int) -> Answer:
    """Our solver."""
    plan = solve(problem, objective, seconds, seed=seed, threads=threads)
    require_valid(problem, plan.schedule)
    return plan.value, plan.lower_bound


def cp_sat(problem: Problem, objective: str, seconds: float, seed: int, threads: int) -> Answer:
    """CP-SAT on our model, without a start."""
    found = solve_exactly(problem, objective, seconds, seed=seed, threads=threads)
    if found.schedule is None:
        return None, found.bound
    require_valid(problem, found.schedule)
    return parts_of(problem, found.schedule)[objective], found.bound


def pyjobshop(problem: Problem, objective: str, seconds: float, seed: int, threads: int) -> Answer:
    """PyJobShop's model of the same problem, on CP-SAT."""
    model = _PeerModel.of(problem, objective).model
    result = model.solve(solver="ortools", time_limit=seconds, display=False, num_workers=threads, random_seed=seed)
    bound = float(result.lower_bound)
    return (float(result.objective) if result.best.tasks else None), bound


@dataclass
class _PeerModel:
    """A problem in PyJobShop's words. No calendars, frozen parts, transport or first setups."""

    model: Any
    machines: list[Any]
    tasks: list[Any]
    modes: list[list[Any]]

    @staticmethod
    def of(problem: Problem, objective: str) -> _PeerModel:
        """The model, complete."""
        from pyjobshop import Model

        model = Model()
        machines = [model.add_machine(name=machine.name) for machine in problem.machines]
        resources = [model.add_renewable(resource.capacity) for resource in problem.resources]
        tardy = objective == TARDINESS
        jobs = [
            model.add_job(int(job.weight), job.release, due_date=job.due if tardy else None) for job in problem.jobs
        ]
        tasks, modes = [], []
        for number, operation in enumerate(problem.operations):
            task = model.add_task(jobs[operation.job], earliest_start=problem.earliest_start(number))
            tasks.append(task)
            modes.append([])
            for mode in operation.modes:
                needs = [machines[mode.machine]] if mode.machine != NO_MACHINE else []
                needs += [resources[resource] for resource in mode.uses]
                demands = [0] * (mode.machine != NO_MACHINE) + list(mode.uses.values())
                modes[-1].append(model.add_mode(task, needs, mode.duration, demands))
        if tardy:
            model.set_objective(weight_total_tardiness=1)
        peer = _PeerModel(model, machines, tasks, modes)
        peer._link(problem)
        peer._set_up(problem)
        return peer

    def _link(self, problem: Problem) -> None:
        for link in problem.links:
            before, after = self.tasks[link.before], self.tasks[link.after]
            self.model.add_end_before_start(before, after, link.least)
            if link.most is not None:
                self.model.add_start_before_end(after, before, -link.most)
            if link.same_machine:
                own, other = problem.operations[link.before].modes, problem.operations[link.after].modes
                for mode, one in zip(self.modes[link.before], own, strict=True):
                    same = [
                        twin
                        for twin, two in zip(self.modes[link.after], other, strict=True)
                        if two.machine == one.machine
                    ]
                    self.model.add_mode_dependency(mode, same)

    def _set_up(self, problem: Problem) -> None:
        if problem.permutation:
            for machine, following in pairwise(self.machines):
                self.model.add_same_sequence(machine, following)
        for number, machine in enumerate(problem.machines):
            if machine.setup is None:
                continue
            here = [
                (task, operation.setup_class)
                for task, operation in zip(self.tasks, problem.operations, strict=True)
                if any(mode.machine == number for mode in operation.modes)
            ]
            for first, a in here:
                for second, b in here:
                    if first is not second and machine.setup[a, b]:
                        self.model.add_setup_time(self.machines[number], first, second, int(machine.setup[a, b]))


PEERS = ("cp-sat", "pyjobshop")
ENGINES = {"danao": ours, "cp-sat": cp_sat, "pyjobshop": pyjobshop}
