"""Values that no plan can be below, for every objective, without search."""

from __future__ import annotations

import math

import numpy as np

from danao.scheduling.bounds import quick_bound
from danao.scheduling.model import NO_MACHINE, Mode, Problem
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import ENERGY, MAKESPAN


def least_value(problem: Problem, objective: Objective) -> float:
    """A value that no schedule of all operations can be below; minus infinity where none is known."""
    if objective.single is not None and objective.single != ENERGY:
        return float(quick_bound(problem, objective.single))
    total = objective.weights.get(MAKESPAN, 0.0) * quick_bound(problem, MAKESPAN)
    weight = objective.weights.get(ENERGY, 0.0)
    if weight:
        latest = objective.limits.get(MAKESPAN, math.inf)
        if problem.horizon is not None:
            latest = min(latest, problem.horizon)
        total += weight * least_energy_cost(problem, latest)
    return total


def least_energy_cost(problem: Problem, latest: float = math.inf) -> float:
    """Each operation alone at its cheapest time, with the setups and idle times that cost least, or earn most."""
    energy = problem.energy
    if energy is None:
        return 0.0
    total = 0.0
    for i, operation in enumerate(problem.operations):
        total += min(_cheapest(problem, problem.earliest_start(i), mode, latest) for mode in operation.modes)
    earned = sum(
        -rate * (end - begin)
        for begin, end, rate in zip(energy.begins, (*energy.begins[1:], energy.begins[-1]), energy.rates, strict=True)
        if rate < 0
    )
    for number, machine in enumerate(problem.machines):
        users = sum(any(mode.machine == number for mode in one.modes) for one in problem.operations)
        total -= max(machine.idle_power, machine.setup_power) * earned
        if machine.setup_power and energy.prices[-1] < 0:
            return -math.inf
        if machine.setup_fuel is not None and users and energy.fuel_price < 0:
            total += users * float(np.max(machine.setup_fuel)) * energy.fuel_price
    return total


def _cheapest(problem: Problem, earliest: int, mode: Mode, latest: float) -> float:
    """Least cost of an operation in a mode: where it starts or ends at a step of the tariff, or as early as it can."""
    energy = problem.energy
    assert energy is not None
    fuel = mode.fuel * energy.fuel_price
    begins = np.array(energy.begins, dtype=np.int64)
    closed = problem.machines[mode.machine].closed if mode.machine != NO_MACHINE else ()
    edges = np.array([time for window in closed for time in window], dtype=np.int64)
    starts = np.concatenate(([earliest], begins, begins - mode.duration, edges, edges - mode.duration))
    starts = starts[(starts >= earliest) & (starts + mode.duration <= latest)]
    if math.isfinite(latest):
        starts = np.append(starts, max(earliest, int(latest) - mode.duration))
    if not len(starts):
        return -math.inf if mode.power else fuel
    costs = mode.power * (energy.until(starts + mode.duration) - energy.until(starts))
    return float(costs.min()) + fuel
