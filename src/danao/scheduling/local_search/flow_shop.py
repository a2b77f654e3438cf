"""Permutation flow shops: iterated greedy over the one order of jobs.

Some jobs are taken out at random and put back, one after the other, where they do least harm; before and after that
each job is tried at every place.
Source: Ruiz & Stützle, EJOR 177 (2007); Dubois-Lacoste, Pagnozzi & Stützle, Computers & Operations Research 81 (2017).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from danao.core.errors import BadInput
from danao.core.random import stream
from danao.scheduling.local_search.flow_orders import BEST, Flow, build_up, iterate, new_desk, starts_of
from danao.scheduling.local_search.tasks import NO_LIMIT, Integers
from danao.scheduling.local_search.walks import WalkSearch
from danao.scheduling.model import NO_MACHINE, Problem
from danao.scheduling.schedule import MAKESPAN, TARDINESS, Schedule

_LONG = 0.1
"""Seconds after which a stretch of rounds is made shorter, so that deadlines are kept."""


@dataclass
class FlowShopSearch(WalkSearch):
    """Iterated greedy walks for one permutation flow shop."""

    def run(self) -> Schedule:
        """Search until the goal, the deadline or the step limit; the best schedule.

        Raises:
            BadInput: The flow shop has rules that this search does not know.
        """
        check_flow_shop(self.problem, self.objective)
        self._flow = flow_of(self.problem, self.objective)
        found = self.walks(self._walk)
        self.steps = sum(steps for _, steps, _ in found)
        starts = starts_of(self._flow, min(found, key=lambda walk: walk[0])[2])
        by_operation = [starts[one.modes[0].machine, one.job] for one in self.problem.operations]
        return Schedule.of(self.problem, np.zeros(len(by_operation), dtype=np.int64), np.array(by_operation))

    def _walk(self, number: int) -> tuple[float, int, Integers]:
        flow, jobs = self._flow, len(self.problem.jobs)
        random = stream(self.seed, "iterated greedy", number)
        words = random.integers(1, 2**63, size=1).astype(np.uint64)
        urgency = flow.due if flow.tardy else -flow.durations.sum(axis=0)
        first = np.argsort(urgency, kind="stable") if number == 0 else random.permutation(jobs)
        desk = new_desk(flow)
        value = build_up(flow, desk, first.astype(np.int64), words)
        order, best, values = desk.order.copy(), desk.order.copy(), np.array([value, value])
        done, chunk = 0, 1
        self.report(value, done)
        while jobs > 1 and done < self.budget and not self.late:
            count, began = min(chunk, self.budget - done), time.perf_counter()
            rounds = iterate(flow, desk, order, best, values, words, count, self.goal)
            done += rounds
            self.report(float(values[BEST]), done)
            if rounds < count:
                break
            chunk = max(1, chunk // 2 if time.perf_counter() - began > _LONG else chunk * 2)
        return float(values[BEST]), done, best


def flow_of(problem: Problem, objective: str) -> Flow:
    """The arrays of a flow shop that `check_flow_shop` lets pass."""
    durations = np.zeros((len(problem.machines), len(problem.jobs)), dtype=np.int64)
    for operation in problem.operations:
        durations[operation.modes[0].machine, operation.job] = operation.modes[0].duration
    return Flow(
        durations,
        np.array([job.release for job in problem.jobs], dtype=np.int64),
        np.array([NO_LIMIT if job.due is None else job.due for job in problem.jobs], dtype=np.int64),
        np.array([job.weight for job in problem.jobs]),
        objective == TARDINESS,
    )


def check_flow_shop(problem: Problem, objective: str) -> None:
    """Refuse a flow shop with rules that the search does not know.

    Raises:
        BadInput: It has such rules, or another objective is asked for.
    """
    remedy = "Leave it out, or drop `permutation`"
    for wrong, found in (
        (objective not in (MAKESPAN, TARDINESS), f"objective {objective}"),
        (bool(problem.resources), "resources beside machines"),
        (bool(problem.frozen), "a frozen part"),
        (any(operation.earliest for operation in problem.operations), "earliest starts of operations"),
        (problem.transport is not None, "transport times"),
        (problem.horizon is not None, "an end of the plan"),
        (any(machine.batch is not None for machine in problem.machines), "batches"),
        (any(machine.closed for machine in problem.machines), "closed machines"),
        (any(machine.setup is not None or machine.first_setup is not None for machine in problem.machines), "setups"),
        (any(link.least or link.most is not None for link in problem.links), "limits on waiting"),
        (any(len(operation.modes) != 1 for operation in problem.operations), "a choice of modes"),
        (
            any(mode.machine == NO_MACHINE for one in problem.operations for mode in one.modes),
            "steps without a machine",
        ),
        ({(link.before, link.after) for link in problem.links} != _chains(problem), "links other than along the jobs"),
        (any(link.same_machine for link in problem.links), "operations bound to one machine"),
    ):
        if wrong:
            raise BadInput(f"{problem.name}: permutation", found, "Expected a plain permutation flow shop", remedy)


def _chains(problem: Problem) -> set[tuple[int, int]]:
    """Neighbours in the routes: each job's operations in the order of the machines."""
    routes: list[list[int]] = [[] for _ in problem.jobs]
    for number in sorted(range(len(problem.operations)), key=lambda i: problem.operations[i].modes[0].machine):
        routes[problem.operations[number].job].append(number)
    return {pair for route in routes for pair in pairwise(route)}
