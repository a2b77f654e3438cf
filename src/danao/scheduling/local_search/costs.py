"""What a schedule of the list scheduler comes to: every part of an objective, and their weighted sum within limits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from danao.scheduling.local_search.decoder import UNPLANNED, Board, makespan_of, setup_of, tardiness_of
from danao.scheduling.local_search.tasks import Floats, Integers, Tasks
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import ENERGY, OBJECTIVES, SETUP

UNPLANNED_COST = 1e12
_EXCESS_COST = 1e6
"""Of one unit above a limit, in units of the objective."""
_TIE = 1e-3
_WEAK_TIE = 1e-6


class Aim(NamedTuple):
    """An objective as arrays, in the order of `OBJECTIVES`."""

    weights: Floats
    limits: Floats
    """Infinity for none."""
    early: float
    """Weight of the mean start, which tells equal schedules apart."""
    short: float
    """Weight of the makespan, for the same."""
    reference: Integers
    """(n,) starts of an earlier plan, -1 where there is none."""
    prices: Floats
    """(n,) what a start that differs from the earlier plan costs; empty for nothing."""


def aim_of(objective: Objective, reference: Integers, prices: Floats) -> Aim:
    """The arrays of an objective."""
    weights = np.array([objective.weights.get(part, 0.0) for part in OBJECTIVES])
    limits = np.array([objective.limits.get(part, np.inf) for part in OBJECTIVES])
    if objective.single == SETUP or weights[OBJECTIVES.index(ENERGY)] > 0:
        return Aim(weights, limits, 0.0, _WEAK_TIE, reference, prices)
    scale = max(1e-9, float(weights.max()))
    return Aim(weights, limits, _TIE * scale, 0.0, reference, prices)


@njit(cache=True, nogil=True)
def score(tasks: Tasks, board: Board, aim: Aim, left: int, ends: Floats) -> float:
    """What a schedule is compared by: operations left out, excess over limits, the objective, moved starts, ties."""
    n = board.start.size
    makespan = makespan_of(tasks, board)
    value = left * UNPLANNED_COST + aim.short * makespan
    if aim.early > 0.0:
        total = 0.0
        for i in range(n):
            total += board.start[i]
        value += aim.early * total / n
    for i in range(aim.prices.size):
        if aim.reference[i] >= 0 and board.start[i] != aim.reference[i]:
            value += aim.prices[i]
    for part in range(aim.weights.size):
        if aim.weights[part] == 0.0 and aim.limits[part] == np.inf:
            continue
        amount = makespan
        if part == 1:
            amount = tardiness_of(tasks, board, ends)
        elif part == 2:
            amount = setup_of(tasks, board)
        elif part == 3:
            amount = energy_of(tasks, board)
        value += aim.weights[part] * amount
        if amount > aim.limits[part] + 1e-9 * abs(amount):
            value += _EXCESS_COST * (amount - aim.limits[part])
    return value


@njit(cache=True, nogil=True)
def price_until(tasks: Tasks, time: int) -> float:
    """Money that 1 kW costs from time 0 to a time."""
    step = np.searchsorted(tasks.price_begin, time, side="right") - 1
    return tasks.price_sum[step] + tasks.price_rate[step] * (time - tasks.price_begin[step])


@njit(cache=True, nogil=True)
def energy_of(tasks: Tasks, board: Board) -> float:
    """Money for power and fuel, of operations, setups and idle machines."""
    if tasks.price_begin.size == 0:
        return 0.0
    total = 0.0
    for i in range(board.start.size):
        if board.start[i] != UNPLANNED:
            mode = board.mode[i]
            total += tasks.mode_fuel[mode]
            if tasks.mode_power[mode] != 0.0:
                end = board.start[i] + tasks.mode_duration[mode]
                total += tasks.mode_power[mode] * (price_until(tasks, end) - price_until(tasks, board.start[i]))
    for machine in range(board.size.size):
        if tasks.setup_power[machine] + tasks.idle_power[machine] > 0.0 or tasks.setup_fuel.shape[0] > 0:
            total += _between(tasks, board, machine)
    return total


@njit(cache=True, nogil=True)
def _between(tasks: Tasks, board: Board, machine: int) -> float:
    """Money for what a machine draws and burns between operations."""
    total, free = 0.0, 0
    has_setup = tasks.setup.shape[0] > 0
    for at in range(board.size[machine]):
        i = board.line[machine, at]
        own, start = tasks.setup_class[i], board.start[i]
        setup = 0
        if at > 0:
            p = board.line[machine, at - 1]
            if board.start[p] == start and tasks.batch_most[machine] > 0 and tasks.family[p] == tasks.family[i] >= 0:
                continue
            if has_setup:
                setup = tasks.setup[machine, tasks.setup_class[p], own]
            if tasks.setup_fuel.shape[0] > 0:
                total += tasks.setup_fuel[machine, tasks.setup_class[p], own]
            if tasks.idle_power[machine] > 0.0 and start - setup > free:
                idle = price_until(tasks, start - setup) - price_until(tasks, free)
                for window in range(tasks.closed_first[machine], tasks.closed_first[machine + 1]):
                    a, b = max(tasks.closed_from[window], free), min(tasks.closed_to[window], start - setup)
                    if a < b:
                        idle -= price_until(tasks, b) - price_until(tasks, a)
                total += tasks.idle_power[machine] * idle
        elif has_setup:
            setup = tasks.first_setup[machine, own]
        if setup > 0 and tasks.setup_power[machine] > 0.0:
            total += tasks.setup_power[machine] * (price_until(tasks, start) - price_until(tasks, start - setup))
        free = start + tasks.mode_duration[board.mode[i]]
    return total
