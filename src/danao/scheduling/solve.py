"""From a problem to a plan: which engine works on it, for how long, and what is known about the result."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from danao.core.errors import BadInput
from danao.scheduling.bounds import quick_bound
from danao.scheduling.cp import solve_exactly
from danao.scheduling.model import Problem
from danao.scheduling.schedule import MAKESPAN, OBJECTIVES, Plan, Schedule, parts_of
from danao.scheduling.search.elite import EliteSearch, shop_starts
from danao.scheduling.search.shops import numbered_shop
from danao.scheduling.validate import require_valid

_SEARCH_SHARES = ((120, 0.3), (300, 0.8), (math.inf, 1.0))
"""Most operations, and the share of the time that goes to local search."""

Progress = Callable[[float, float, int], None]
"""Called with seconds, best value so far and steps."""


def solve(
    problem: Problem,
    objective: str = MAKESPAN,
    time_limit: float | None = 30.0,
    *,
    seed: int = 0,
    step_limit: int | None = None,
    threads: int = 2,
    progress: Progress | None = None,
) -> Plan:
    """The best plan found within the limits, checked rule by rule before it is returned.

    With `step_limit` and no `time_limit` the plan is the same on every run for the same seed, whatever the number of
    threads.

    Args:
        problem: What has to be planned.
        objective: One of `OBJECTIVES`.
        time_limit: Seconds of wall time, None for no limit. The first call on a machine compiles for some seconds more.
        seed: Of the random streams.
        step_limit: Moves of the local search, None for no limit.
        threads: Processor cores to use.
        progress: Called now and then with seconds, best value and steps.

    Raises:
        BadInput: The objective is unknown, or neither limit is given.
    """
    _check_options(objective, time_limit, step_limit, threads)
    began = time.perf_counter()
    bound = quick_bound(problem, objective)
    deadline = began + time_limit if time_limit is not None else math.inf
    share = _search_share(problem)
    if share < 1 and step_limit is None and time_limit is not None:
        deadline = began + share * time_limit
    numbered = numbered_shop(problem)
    search = EliteSearch(numbered.shop, seed, bound, deadline, step_limit, threads, progress)
    found = search.run()
    draft = _Draft(
        problem,
        objective,
        began,
        float(bound),
        numbered.schedule(problem, found.modes, shop_starts(numbered.shop, found)),
    )
    draft.steps, draft.trace, draft.method = search.steps, search.trace, "tabu search"
    if share < 1 and step_limit is None and time_limit is not None:
        draft.prove(began + time_limit - time.perf_counter(), seed, threads)
    return draft.plan()


@dataclass
class _Draft:
    """A plan in the making."""

    problem: Problem
    objective: str
    began: float
    bound: float
    schedule: Schedule
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)
    method: str = ""

    @property
    def value(self) -> float:
        """What the schedule comes to."""
        return parts_of(self.problem, self.schedule)[self.objective]

    def prove(self, seconds: float, seed: int, threads: int) -> None:
        """Let CP-SAT raise the bound, and improve the schedule if it can."""
        if self.value <= self.bound or seconds <= 0.1:
            return
        began, start = time.perf_counter(), self.began

        def found(value: float) -> None:
            if not self.trace or value < self.trace[-1][1]:
                self.trace.append((time.perf_counter() - start, value))

        proof = solve_exactly(
            self.problem, self.objective, seconds, seed=seed, threads=threads, hint=self.schedule, found=found
        )
        self.method += f", CP-SAT {time.perf_counter() - began:.1f} s"
        if proof.bound is not None:
            self.bound = max(self.bound, proof.bound)
        if proof.schedule is not None:
            better = parts_of(self.problem, proof.schedule)[self.objective] < self.value
            self.schedule = proof.schedule if better else self.schedule

    def plan(self) -> Plan:
        """The plan, after its check.

        Raises:
            InvalidPlan: The schedule breaks a rule.
        """
        require_valid(self.problem, self.schedule)
        parts = parts_of(self.problem, self.schedule)
        value, seconds = parts[self.objective], time.perf_counter() - self.began
        return Plan(
            self.schedule,
            self.objective,
            value,
            parts,
            min(self.bound, value),
            (),
            self.steps,
            seconds,
            tuple(self.trace),
            self.method,
        )


def _search_share(problem: Problem) -> float:
    """Share of the time for local search; the rest is CP-SAT's, which proves small problems."""
    operations = len(problem.operations)
    return next(share for most, share in _SEARCH_SHARES if operations <= most)


def _check_options(objective: str, time_limit: float | None, step_limit: int | None, threads: int) -> None:
    if objective not in OBJECTIVES:
        raise BadInput("objective", f"{objective!r}", f"Expected one of: {', '.join(OBJECTIVES)}", "Choose one")
    if time_limit is None and step_limit is None:
        raise BadInput("solve", "no limit", "Expected a time limit or a step limit", "Give one of them")
    if time_limit is not None and not 0 < time_limit < math.inf:
        raise BadInput("time_limit", f"{time_limit}", "Expected seconds above 0", "For example 30")
    if step_limit is not None and step_limit < 1:
        raise BadInput("step_limit", f"{step_limit}", "Expected 1 or more", "For example 100000")
    if threads < 1:
        raise BadInput("threads", f"{threads}", "Expected 1 or more", "For example 2")
