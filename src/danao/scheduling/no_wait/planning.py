"""Plans for many periods of a no-wait line: what was executed, what the rules of thumb say, what the search finds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from danao.core.errors import BadInput
from danao.core.threads import SideBySide
from danao.scheduling.model import Problem
from danao.scheduling.no_wait.model import Floats, Integers, NoWaitLine, evaluate
from danao.scheduling.no_wait.recognise import line_problem, rigid_line
from danao.scheduling.no_wait.rules import RULES
from danao.scheduling.no_wait.variation import draw_factors, simulate
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import ENERGY, TARDINESS, Plan, Schedule, parts_of
from danao.scheduling.solve import solve

EXECUTED = "executed"
SEARCH = "search"


@dataclass(frozen=True)
class PeriodPlan:
    """One planning period with a sequence from each planner."""

    line: NoWaitLine
    problem: Problem
    """The period in the model of all problems."""
    plan: Plan
    """The plan of least energy cost that is no later in total than what was executed, checked rule by rule."""
    sequences: Mapping[str, Integers]
    """Shape (jobs,) each: `executed`, `search`, and one for every rule in `rules.RULES`."""


@dataclass(frozen=True)
class PeriodResults:
    """What one planner's sequences come to, one row a trial."""

    gas: Floats
    """(trials,) Nm3."""
    tardiness: Floats
    """(trials,) h, total over the jobs."""
    late_jobs: Floats
    """(trials,) number of jobs that are finished too late."""
    makespan: Floats
    """(trials,) h until the last job is finished."""


def plan_periods(lines: Sequence[NoWaitLine], steps_per_job: int, seed: int = 0) -> list[PeriodPlan]:
    """A plan for every period. Periods are searched side by side; the result does not depend on how many at once.

    Args:
        lines: One a period.
        steps_per_job: Moves of the search for each job of a period.
        seed: Of the search.
    """
    with SideBySide(os.cpu_count() or 1) as pool:
        return list(pool.map(lambda line: _plan(line, steps_per_job, seed), lines))


def results_as_planned(plans: Sequence[PeriodPlan], planner: str, periods: Sequence[int]) -> PeriodResults:
    """The recorded process times: trial i is period `periods[i]`."""
    results = [evaluate(plans[period].line, plans[period].sequences[planner]) for period in periods]
    return PeriodResults(
        gas=np.array([result.gas for result in results]),
        tardiness=np.array([result.total_tardiness for result in results]),
        late_jobs=np.array([float((result.tardiness_hours > 0).sum()) for result in results]),
        makespan=np.array([result.completion_hours.max() for result in results]),
    )


def results_under_variation(
    plans: Sequence[PeriodPlan], planner: str, seeds: Sequence[int], variation: float
) -> PeriodResults:
    """Uncertain process times: the trial of a seed is period `seed % periods` with log-normal factors drawn from it.

    Args:
        plans: One a period.
        planner: Whose sequences.
        seeds: One a trial.
        variation: Coefficient of variation of the process times of a job.
    """
    rows = np.asarray(seeds, dtype=np.int64)
    gas, tardiness, late, makespan = (np.empty(len(rows)) for _ in range(4))
    for period, plan in enumerate(plans):
        mine = np.flatnonzero(rows % len(plans) == period)
        if mine.size:
            factors = draw_factors(plan.line, rows[mine], variation)
            result = simulate(plan.line, plan.sequences[planner], factors)
            gas[mine], tardiness[mine] = result.gas, result.total_tardiness
            late[mine] = (result.completion_hours > plan.line.due_hours).sum(axis=1)
            makespan[mine] = result.completion_hours.max(axis=1)
    return PeriodResults(gas, tardiness, late, makespan)


def least_energy(problem: Problem, today: Schedule) -> Objective:
    """Least energy cost at no more tardiness than that of a schedule."""
    return Objective(
        "energy cost, no later than executed", {ENERGY: 1.0}, {TARDINESS: parts_of(problem, today)[TARDINESS]}
    )


def _plan(line: NoWaitLine, steps_per_job: int, seed: int) -> PeriodPlan:
    problem = line_problem(line)
    rigid = rigid_line(problem)
    if rigid is None:
        raise BadInput(line.name, "negative waiting hours", "Expected 0 or more", "Correct the waiting hours")
    today = rigid.schedule(problem, line.executed_sequence)
    plan = solve(
        problem,
        least_energy(problem, today),
        time_limit=None,
        step_limit=steps_per_job * line.jobs,
        seed=seed,
        start=today,
    )
    rules = {name: rule(line) for name, rule in RULES.items()}
    sequences = {EXECUTED: line.executed_sequence, SEARCH: rigid.sequence(plan.schedule), **rules}
    return PeriodPlan(line, problem, plan, sequences)
