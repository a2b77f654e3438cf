"""From a problem to a plan: which engine works on it, for how long, and what is known about the result."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from danao.core.errors import BadInput
from danao.scheduling.bounds import quick_bound
from danao.scheduling.model import Problem
from danao.scheduling.schedule import MAKESPAN, OBJECTIVES, Plan, Schedule, parts_of
from danao.scheduling.search.elite import EliteSearch, shop_starts
from danao.scheduling.search.shops import numbered_shop, obstacle
from danao.scheduling.validate import require_valid

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

    With `step_limit` and no `time_limit` the plan is the same on every run for the same seed, for any number of threads.

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
    numbered = numbered_shop(problem)
    search = EliteSearch(numbered.shop, seed, bound, deadline, step_limit, threads, progress)
    found = search.run()
    schedule = numbered.schedule(problem, found.modes, shop_starts(numbered.shop, found))
    return finished(problem, objective, schedule, bound, search.steps, began, search.trace, "tabu search")


def finished(
    problem: Problem,
    objective: str,
    schedule: Schedule,
    bound: float | None,
    steps: int,
    began: float,
    trace: list[tuple[float, float]],
    method: str,
) -> Plan:
    """The plan for a schedule, after its check.

    Raises:
        InvalidPlan: The schedule breaks a rule.
    """
    require_valid(problem, schedule)
    parts = parts_of(problem, schedule)
    seconds = time.perf_counter() - began
    return Plan(schedule, objective, parts[objective], parts, bound, (), steps, seconds, tuple(trace), method)


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
