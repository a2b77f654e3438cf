"""What a schedule comes to, counted a second time in plain Python, step by step, for the independent check.

Shares no code with `schedule.parts_of` and the searches: neighbours, batches, setups, idle times and prices are found
again from the problem and the starts alone.
"""

from __future__ import annotations

from danao.scheduling.energy import Energy
from danao.scheduling.model import Machine, Problem
from danao.scheduling.schedule import ENERGY, MAKESPAN, SETUP, TARDINESS, Schedule


def audit(problem: Problem, schedule: Schedule) -> dict[str, float]:
    """Makespan, weighted tardiness, setup time, and energy cost where the problem has prices."""
    ends = [-1] * len(problem.jobs)
    for i, operation in enumerate(problem.operations):
        if schedule.mode[i] >= 0:
            ends[operation.job] = max(ends[operation.job], int(schedule.end[i]))
    late = 0.0
    for job, end in zip(problem.jobs, ends, strict=True):
        if job.due is not None and end > job.due:
            late += job.weight * (end - job.due)
    setup, cost = 0, 0.0
    for number, machine in enumerate(problem.machines):
        minutes, money = _machine(problem, schedule, number, machine)
        setup, cost = setup + minutes, cost + money
    parts = {MAKESPAN: float(max([0, *ends])), TARDINESS: late, SETUP: float(setup)}
    if problem.energy is not None:
        parts[ENERGY] = cost + _operations(problem, schedule, problem.energy)
    return parts


def _operations(problem: Problem, schedule: Schedule, energy: Energy) -> float:
    total = 0.0
    for i, operation in enumerate(problem.operations):
        if schedule.mode[i] >= 0:
            mode = operation.modes[int(schedule.mode[i])]
            total += mode.power * _price(energy, int(schedule.start[i]), int(schedule.start[i]) + mode.duration)
            total += mode.fuel * energy.fuel_price
    return total


def _machine(problem: Problem, schedule: Schedule, number: int, machine: Machine) -> tuple[int, float]:
    """Setup time of a machine, and money for its setups and idle times."""
    runs: dict[tuple[int, int, int], int] = {}
    for i, operation in enumerate(problem.operations):
        if schedule.mode[i] >= 0 and operation.modes[int(schedule.mode[i])].machine == number:
            shared = machine.batch is not None and operation.family is not None
            runs.setdefault((int(schedule.start[i]), int(schedule.end[i]), -1 if shared else i), operation.setup_class)
    setup, money, before, free = 0, 0.0, -1, 0
    for (start, end, _), own in sorted(runs.items()):
        length = 0
        if before < 0 and machine.first_setup is not None:
            length = int(machine.first_setup[own])
        if before >= 0 and machine.setup is not None:
            length = int(machine.setup[before, own])
        setup += length
        if problem.energy is not None:
            money += machine.setup_power * _price(problem.energy, start - length, start)
            if before >= 0 and machine.setup_fuel is not None:
                money += float(machine.setup_fuel[before, own]) * problem.energy.fuel_price
            if before >= 0 and machine.idle_power:
                money += machine.idle_power * _idle_price(problem.energy, free, start - length, machine)
        before, free = own, end
    return setup, money


def _price(energy: Energy, start: int, end: int) -> float:
    """Money for 1 kW from a start to an end, step of the tariff by step."""
    total = 0.0
    for step, price in enumerate(energy.prices):
        until = energy.begins[step + 1] if step + 1 < len(energy.begins) else max(end, energy.begins[step])
        total += price * energy.unit_hours * max(0, min(end, until) - max(start, energy.begins[step]))
    return total


def _idle_price(energy: Energy, start: int, end: int, machine: Machine) -> float:
    """Money for 1 kW while a machine waits and is open."""
    total, at = 0.0, start
    for shut, opens in machine.closed:
        if opens > at and shut < end:
            total += _price(energy, at, max(at, shut))
            at = max(at, opens)
    return total + _price(energy, at, end) if at < end else total
