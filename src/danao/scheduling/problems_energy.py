"""Mistakes in what a problem says about batches and energy."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from danao.core.errors import BadInput
from danao.scheduling.energy import Energy
from danao.scheduling.model import Machine, Problem


def check_batches(problem: Problem) -> None:
    """Raise where a batch could never be made, or operations of one family differ in what a batch shares.

    Raises:
        BadInput: Names the machine or the operations.
    """
    for machine in problem.machines:
        if machine.batch is not None and not 1 <= machine.batch.least <= machine.batch.most:
            raise BadInput(
                f"{problem.name}: machine {machine.name}: batch",
                f"at least {machine.batch.least} and at most {machine.batch.most}",
                "Expected 1 <= least <= most",
                "Correct the two sizes",
            )
    alike: dict[tuple[int, int], tuple[int, int]] = {}
    classes: dict[int, int] = {}
    for i, operation in enumerate(problem.operations):
        where = f"{problem.name}: {problem.label(i)}"
        if operation.size < 1:
            raise BadInput(f"{where}: size", f"{operation.size}", "Expected 1 or more", "Correct the size")
        if operation.family is None:
            continue
        same = classes.setdefault(operation.family, i)
        if problem.operations[same].setup_class != operation.setup_class:
            raise BadInput(
                where,
                f"is of the same family as {problem.label(same)} and of another setup class",
                "Expected one setup class for all operations that may share a batch",
                "Give it another family, or the same class",
            )
        for mode in operation.modes:
            if mode.machine < 0 or (batch := problem.machines[mode.machine].batch) is None:
                continue
            name = problem.machines[mode.machine].name
            first, duration = alike.setdefault((operation.family, mode.machine), (i, mode.duration))
            if duration != mode.duration:
                raise BadInput(
                    where,
                    f"takes {mode.duration} on {name}, {problem.label(first)} of the same family {duration}",
                    "Expected one duration for all operations that may share a batch",
                    "Give it another family, or the same duration",
                )
            if operation.size > batch.most:
                raise BadInput(
                    where,
                    f"is of size {operation.size}, {name} takes {batch.most}",
                    "Expected no more than a batch holds",
                    "Split the operation, or remove this machine from its alternatives",
                )


def check_energy(problem: Problem, classes: int) -> None:
    """Raise where a price, a power or a fuel cannot be.

    Raises:
        BadInput: Names the entry.
    """
    for machine in problem.machines:
        where = f"{problem.name}: machine {machine.name}"
        for name, power in (("setup_power", machine.setup_power), ("idle_power", machine.idle_power)):
            _finite(f"{where}: {name}", power, minimum=0.0)
        if machine.setup_fuel is not None:
            _check_fuel(f"{where}: setup_fuel", machine, classes)
    for i, operation in enumerate(problem.operations):
        for mode in operation.modes:
            _finite(f"{problem.name}: {problem.label(i)}: power", mode.power)
            _finite(f"{problem.name}: {problem.label(i)}: fuel", mode.fuel, minimum=0.0)
    if problem.energy is not None:
        _check_tariff(f"{problem.name}: tariff", problem.energy)
        if problem.energy.prices[-1] < 0 and any(machine.idle_power for machine in problem.machines):
            raise BadInput(
                f"{problem.name}: tariff",
                f"the last price, {problem.energy.prices[-1]:g}, is negative and has no end, and idle machines draw "
                "power",
                "Expected an end: waiting for ever would earn for ever",
                "Add a step with the price after it",
            )


def _check_fuel(where: str, machine: Machine, classes: int) -> None:
    table = np.asarray(machine.setup_fuel)
    if table.ndim != 2 or min(table.shape) < classes:
        raise BadInput(
            where,
            f"shape {' x '.join(str(length) for length in table.shape)}",
            f"Expected {classes} x {classes} or more",
            "Add the missing rows or columns",
        )
    wrong = np.argwhere(~np.isfinite(table) | (table < 0))
    if len(wrong):
        row, column = (int(index) for index in wrong[0])
        raise BadInput(
            f"{where}[{row}][{column}]", f"{table[row, column]:g}", "Expected a finite amount, 0 or more", "Correct it"
        )


def _check_tariff(where: str, energy: Energy) -> None:
    if not (math.isfinite(energy.unit_hours) and energy.unit_hours > 0):
        raise BadInput(
            f"{where}: unit_hours", f"{energy.unit_hours}", "Expected hours above 0", "1/60 if a unit is a minute"
        )
    _finite(f"{where}: fuel_price", energy.fuel_price)
    if len(energy.begins) != len(energy.prices) or not energy.begins:
        raise BadInput(
            where,
            f"{len(energy.begins)} times and {len(energy.prices)} prices",
            "Expected a price for each time",
            "Add what is missing",
        )
    if energy.begins[0] != 0:
        raise BadInput(where, f"begins at {energy.begins[0]}", "Expected a price from time 0 on", "Add it")
    for before, after in pairwise(energy.begins):
        if after <= before:
            raise BadInput(
                where, f"a step at {after} follows one at {before}", "Expected ascending times", "Sort the steps"
            )
    for begin, price in zip(energy.begins, energy.prices, strict=True):
        _finite(f"{where}: price from {begin}", price)


def _finite(where: str, value: float, minimum: float = -math.inf) -> None:
    if not math.isfinite(value) or value < minimum:
        limits = "" if minimum == -math.inf else f", {minimum:g} or more"
        raise BadInput(where, f"{value}", f"Expected a finite number{limits}", "Correct the value")
