"""Energy cost for CP-SAT: tables of what a start costs, in whole numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from danao.scheduling.cp_machines import Circuit, Run
from danao.scheduling.energy import Floats
from danao.scheduling.model import Machine, Operation, Problem

_FINEST = 1_000_000
"""Most whole numbers per unit of money."""
_LARGEST = 1e13
"""Whole numbers that a cost may reach."""


class EnergyTerms:
    """Terms whose sum is the energy cost of a plan, times `units`."""

    def __init__(self, model: Any, problem: Problem, horizon: int) -> None:
        assert problem.energy is not None
        self.model, self.energy = model, problem.energy
        self.terms: list[Any] = []
        self.until: Floats = problem.energy.until(np.arange(2 * horizon + 2, dtype=np.int64))
        """Money that 1 kW costs until each time."""
        powers = [abs(mode.power) for operation in problem.operations for mode in operation.modes]
        powers += [machine.idle_power + machine.setup_power for machine in problem.machines]
        rough = sum(powers) * float(np.abs(self.until).max()) + 1.0
        self.units = 10 ** max(0, min(int(math.log10(_FINEST)), int(math.log10(_LARGEST / rough))))
        self.slack = 0.0
        """Money by which rounding may miss the cost."""
        self.horizon = horizon

    def add_operation(self, operation: Operation, present: list[Any], start: Any, low: int, high: int) -> None:
        """Power and fuel of one operation in the mode that is chosen."""
        times = np.arange(low, high + 1)
        prices = self.energy.fuel_price
        for mode, chosen in zip(operation.modes, present, strict=True):
            cost = mode.power * (self.until[times + mode.duration] - self.until[times]) + mode.fuel * prices
            if np.any(cost):
                self._add(cost, start, low, chosen if len(operation.modes) > 1 else None)

    def add_machine(self, machine: Machine, around: Circuit, runs: list[Run]) -> None:
        """Power of setups and idle times, and fuel between neighbours."""
        if machine.setup_fuel is not None:
            for a, b, _, follows in around.follows:
                fuel = float(machine.setup_fuel[runs[a].setup_class, runs[b].setup_class]) * self.energy.fuel_price
                self._count(fuel, follows)
        if machine.setup_power:
            self._add_setups(machine, around, runs)
        if machine.idle_power:
            self._add_idle(machine, around, runs)

    def _add_setups(self, machine: Machine, around: Circuit, runs: list[Run]) -> None:
        """Power of setups: one table for each length of setup that may come before a run."""
        for number, run in enumerate(runs):
            ways: dict[int, list[Any]] = {around.first_setups[number]: [around.first[number]]}
            for _, b, setup, follows in around.follows:
                if b == number:
                    ways.setdefault(setup, []).append(follows)
            for setup, literals in ways.items():
                if setup:
                    chosen = self.model.new_bool_var("")
                    self.model.add(sum(literals) == chosen)
                    times = np.arange(self.horizon + 1)
                    cost = machine.setup_power * (self.until[times] - self.until[np.maximum(0, times - setup)])
                    self._add(cost, run.start, 0, chosen)

    def _add_idle(self, machine: Machine, around: Circuit, runs: list[Run]) -> None:
        """Power while the machine is open between its first setup and its last end, without runs and setups."""
        times = np.arange(self.horizon + 1)
        opened = self.until[times].copy()
        for shut, opens in machine.closed:
            opened -= self.until[np.clip(times, shut, opens)] - self.until[min(shut, self.horizon)]
        cost = machine.idle_power * opened
        on, off = (self.model.new_int_var(0, self.horizon, "") for _ in range(2))
        empty = self.model.new_bool_var("")
        self.model.add_bool_or([*(run.present for run in runs), empty])
        self.model.add(on == off).only_enforce_if(empty)
        kept, self.terms = self.terms, []
        self._add(cost, off, 0, None)
        self._add(-cost, on, 0, None)
        for run, begin, first, last in zip(runs, self._begins(around, runs), around.first, around.last, strict=True):
            self.model.add_implication(empty, run.present.negated())
            self.model.add(on == begin).only_enforce_if(first)
            self.model.add(off == run.end).only_enforce_if(last)
            self._add(-cost, run.end, 0, run.present)
            self._add(cost, begin, 0, run.present)
        changes, self.terms = self.terms, kept
        earned = float(np.minimum(0.0, np.diff(cost)).sum())
        rounding = len(changes) + 1
        low, high = math.floor(earned * self.units) - rounding, math.ceil(np.abs(np.diff(cost)).sum() * self.units)
        total = self.model.new_int_var(low, high + rounding, "")
        self.model.add(total == sum(changes))
        self.terms.append(total)

    def _begins(self, around: Circuit, runs: list[Run]) -> list[Any]:
        """When the setup before each run begins."""
        begins = [self.model.new_int_var(0, self.horizon, "") for _ in runs]
        for run, begin, first, setup in zip(runs, begins, around.first, around.first_setups, strict=True):
            self.model.add(begin == run.start - setup).only_enforce_if(first)
        for _, b, setup, follows in around.follows:
            self.model.add(begins[b] == runs[b].start - setup).only_enforce_if(follows)
        return begins

    def _count(self, cost: float, literal: Any) -> None:
        whole = round(cost * self.units)
        self.slack += abs(whole / self.units - cost)
        if whole:
            self.terms.append(whole * literal)

    def _add(self, cost: Floats, at: Any, low: int, literal: Any | None) -> None:
        """Count an entry of a table of costs, at a time after `low`; only where a literal holds, if one is given."""
        if not np.any(cost):
            return
        table = np.rint(cost * self.units).astype(np.int64)
        self.slack += float(np.abs(table / self.units - cost).max())
        if table.min() == table.max():
            self.terms.append(int(table[0]) * (1 if literal is None else literal))
            return
        value = self.model.new_int_var(int(table.min()), int(table.max()), "")
        self.model.add_element(at - low, [int(entry) for entry in table], value)
        if literal is None:
            self.terms.append(value)
            return
        counted = self.model.new_int_var(min(0, int(table.min())), max(0, int(table.max())), "")
        self.model.add(counted == value).only_enforce_if(literal)
        self.model.add(counted == 0).only_enforce_if(literal.negated())
        self.terms.append(counted)


def table_entries(problem: Problem, operations: int, horizon: int) -> int:
    """Entries of the tables of a model, which take time and memory to build.

    Args:
        problem: The problem.
        operations: Times at which an operation may start, on average.
        horizon: End of the model.
    """
    entries = 2 * horizon + operations * sum(len(one.modes) for one in problem.operations)
    for number, machine in enumerate(problem.machines):
        tables = 3 * bool(machine.idle_power) + 2 * bool(machine.setup_power)
        if tables:
            users = sum(any(mode.machine == number for mode in one.modes) for one in problem.operations)
            entries += tables * users * horizon
    return entries
