"""Plans in the twin: what becomes of a plan when times vary and machines fail, and plans that expect it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from danao.core.errors import BadInput
from danao.planning.arena import Cost, money_lost
from danao.planning.bridge import MINUTE, Bridge, bridge
from danao.plant.model import Plant
from danao.scheduling import ENERGY, MAKESPAN, MONEY, TARDINESS, Objective, Plan, Schedule, solve
from danao.scheduling.schedule import parts_of
from danao.twin import Twin
from danao.twin.runs import Floats
from danao.twin.trace import Trace


@dataclass(frozen=True)
class PlantPlan:
    """A plan for the orders of a plant."""

    bridge: Bridge
    plan: Plan
    at: float | None
    """Quantile of the times that it was made with; None: their means."""

    @property
    def name(self) -> str:
        """For tables and reports."""
        return "plan with mean times" if self.at is None else f"plan with {100 * self.at:g} % quantiles"

    @property
    def counts_energy(self) -> bool:
        """Whether steps were put where energy is cheap, so that an earlier start may cost more."""
        return self.bridge.problem.energy is not None and self.plan.objective in (MONEY, ENERGY)

    def twin(self, *, early: bool | None = None, patience: float = math.inf) -> Twin:
        """The twin of the plant, which follows the plan.

        Args:
            early: Whether steps may start before their planned start; None: unless energy counts.
            patience: h after which dispatching takes over.
        """
        early = not self.counts_energy if early is None else early
        followed = self.bridge.followed(self.plan.schedule, early=early, patience=patience)
        return Twin(self.bridge.plant, plan=followed)


def plan_plant(
    plant: Plant,
    objective: str = "",
    time_limit: float | None = 30.0,
    *,
    at: float | None = None,
    unit: float = MINUTE,
    seed: int = 0,
    step_limit: int | None = None,
    threads: int = 2,
) -> PlantPlan:
    """A plan for the orders of a plant.

    Args:
        plant: With `orders`.
        objective: One of the objectives of `solve`; `money`: lateness and energy at the prices of the plant; empty:
            tardiness if any order has a due date, else makespan.
        time_limit: Seconds; None: none.
        at: Quantile of the process times to plan with; None: their means.
        unit: h of the time unit of the plan.
        seed: Of the random streams.
        step_limit: Moves; None: no limit.
        threads: Processor cores.

    Raises:
        BadInput: See `bridge` and `solve`; or there is no price for `money`.
    """
    built = bridge(plant, unit=unit, at=at)
    dated = any(job.due is not None for job in built.problem.jobs)
    wanted = _money(built) if objective == MONEY else objective or (TARDINESS if dated else MAKESPAN)
    found = solve(built.problem, wanted, time_limit, seed=seed, step_limit=step_limit, threads=threads)
    return PlantPlan(built, found, at)


def _money(built: Bridge) -> Objective:
    """Lateness and energy at the prices of the plant."""
    late = 0.0 if built.plant.worth is None else built.plant.worth.late
    if not late and built.problem.energy is None:
        raise BadInput(
            f"plan of {built.plant.name}: money",
            "neither a price of lateness nor a tariff",
            "Expected `late` in `worth`, or a `tariff`",
            "Add one, or choose another objective",
        )
    weights = {TARDINESS: late * built.hours} if late else {}
    return Objective(MONEY, weights if built.problem.energy is None else {**weights, ENERGY: 1.0})


def executed(trace: Trace) -> dict[tuple[int, int], tuple[int, float, float]]:
    """What a traced run did: for each part and step, the machine (over all stations), start and end in hours.

    Parts are numbered in the order in which they came; a step that was repeated counts as it was done last.
    """
    starts: dict[tuple[int, int], tuple[int, float]] = {}
    found: dict[tuple[int, int], tuple[int, float, float]] = {}
    for event in trace.of("start"):
        starts[int(event["part"]), int(event["step"])] = int(event["machine"]), float(event["time"])
    for event in trace.of("end"):
        key = int(event["part"]), int(event["step"])
        if key in starts:
            machine, start = starts[key]
            found[key] = machine, start, float(event["time"])
    return found


@dataclass(frozen=True)
class Robustness:
    """What it costs to plan for times longer than their mean, and what it is worth.

    Both are against the plan with mean times.
    """

    plan: PlantPlan
    planned: float
    """Value of its objective if every step took its mean time, each machine keeping its sequence."""
    price: float
    """What that is more than the best plan with mean times, in units of the objective."""
    costs: Floats
    """(n,) money lost in each run of the twin."""


def robust_plans(
    plant: Plant,
    seeds: Sequence[int],
    hours: float,
    quantiles: Sequence[float | None] = (None, 0.6, 0.7, 0.8, 0.9),
    *,
    objective: str = "",
    time_limit: float | None = 5.0,
    step_limit: int | None = None,
    seed: int = 0,
    early: bool | None = None,
    patience: float = math.inf,
    cost: Cost = money_lost,
    threads: int = 2,
) -> list[Robustness]:
    """One plan for each quantile, executed on the same scenarios of the twin; prices count from the first.

    Args:
        plant: With `orders` and `worth`.
        seeds: Scenarios: times and breakdowns drawn by the twin.
        hours: Span of a scenario.
        quantiles: Of the process times; None: their means.
        objective: See `plan_plant`.
        time_limit: Seconds for each plan.
        step_limit: Moves for each plan.
        seed: Of the search.
        early: Whether steps may start before their planned start; None: unless energy counts.
        patience: h after which dispatching takes over.
        cost: Of a run.
        threads: Processor cores.

    Raises:
        BadInput: See `plan_plant`; or there are no scenarios.
    """
    if not seeds:
        raise BadInput("robust plans", "no scenarios", "Expected at least one seed", "Give some seeds")
    found: list[Robustness] = []
    nominal = bridge(plant)
    for at in quantiles:
        plan = plan_plant(plant, objective, time_limit, at=at, seed=seed, step_limit=step_limit, threads=threads)
        planned = parts_with(nominal, plan.plan.schedule)[plan.plan.objective]
        costs = cost(plant, plan.twin(early=early, patience=patience).run(seeds, hours, threads=threads))
        first = found[0].planned if found else planned
        found.append(Robustness(plan, planned, planned - first, costs))
    return found


def parts_with(nominal: Bridge, schedule: Schedule) -> dict[str, float]:
    """Every objective of a schedule of other durations when steps take the times of a problem and sequences stay."""
    problem = nominal.problem
    start = np.zeros(len(problem.operations), dtype=np.int64)
    end = np.zeros(len(problem.operations), dtype=np.int64)
    free = [0] * len(problem.machines)
    last = [-1] * len(problem.machines)
    for i in np.lexsort((schedule.end, schedule.start)):
        if schedule.mode[i] < 0:
            continue
        operation = problem.operations[i]
        mode = operation.modes[int(schedule.mode[i])]
        machine = problem.machines[mode.machine]
        ready = problem.earliest_start(int(i))
        for link in problem.links_before[i]:
            ready = max(ready, int(end[link.before]) + link.least)
        setup = 0
        if last[mode.machine] >= 0 and machine.setup is not None:
            setup = int(machine.setup[last[mode.machine], operation.setup_class])
        elif last[mode.machine] < 0 and machine.first_setup is not None:
            setup = int(machine.first_setup[operation.setup_class])
        begin = max(ready, free[mode.machine] + setup)
        for since, until in machine.closed:
            if begin < until and begin + mode.duration > since:
                begin = until
        start[i], end[i] = begin, begin + mode.duration
        free[mode.machine], last[mode.machine] = int(end[i]), operation.setup_class
    return parts_of(problem, Schedule(schedule.mode, start, end))
