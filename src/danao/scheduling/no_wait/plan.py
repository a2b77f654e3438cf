"""The line's own search as an engine for `solve`."""

from __future__ import annotations

import math

from danao.scheduling.model import Problem
from danao.scheduling.no_wait.recognise import RigidLine
from danao.scheduling.no_wait.search import TOLERANCE, Search
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import ENERGY, TARDINESS, Schedule


def fits_line(objective: Objective) -> bool:
    """Whether the line's search knows an objective: least energy cost within a limit on tardiness."""
    weighted = {part for part, weight in objective.weights.items() if weight}
    return weighted == {ENERGY} and set(objective.limits) <= {TARDINESS}


def plan_line(
    problem: Problem,
    rigid: RigidLine,
    objective: Objective,
    seed: int,
    time_limit: float | None,
    step_limit: int | None,
    start: Schedule | None,
) -> tuple[Schedule, int, list[tuple[float, float]]]:
    """The best schedule found, the moves tried, and (seconds, value) of each better one."""
    assert problem.energy is not None
    limit = max(0.0, objective.limits.get(TARDINESS, math.inf) * problem.energy.unit_hours - TOLERANCE / 2)
    first = None if start is None else rigid.sequence(start)
    found = Search(rigid.line, limit, seed, first).run(time_limit, step_limit)
    weight = objective.weights[ENERGY]
    within = [(when, cost * weight) for when, _, cost, late in found.trace if late <= limit + TOLERANCE]
    return rigid.schedule(problem, found.sequence), found.steps, within
