"""A schedule that was written as a table before, to be compared with a new one."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from danao.core.errors import BadInput
from danao.core.tables import Row, read_csv
from danao.scheduling.model import NO_MACHINE, Problem
from danao.scheduling.readers.numbers import whole
from danao.scheduling.schedule import Schedule


def read_schedule(problem: Problem, path: Path) -> Schedule:
    """The schedule in a table with the columns operation, machine, start and end, as `danao plan --write` makes it.

    Operations that are not in the table are not planned. Whether the schedule keeps the rules is not asked here; see
    `danao.scheduling.validate`.

    Args:
        problem: Names the operations.
        path: The table.

    Raises:
        BadInput: The table cannot be read, or a row names an operation, a machine or a duration that the problem does
            not have; the message names file and line.
    """
    waiting: dict[str, list[int]] = defaultdict(list)
    for i in range(len(problem.operations)):
        waiting[problem.label(i)].append(i)
    machines = {machine.name: number for number, machine in enumerate(problem.machines)}
    mode = np.full(len(problem.operations), -1, dtype=np.int64)
    start = np.zeros(len(problem.operations), dtype=np.int64)
    for row in read_csv(path, ["operation", "machine", "start", "end"]):
        name = row.text("operation")
        if not waiting[name]:
            found = f"operation {name} is unknown, or listed before"
            raise BadInput(row.where, found, f"Expected operations of {problem.name}", "Use a plan of this problem")
        i = waiting[name].pop(0)
        machine = _machine(row, machines)
        begin, end = whole(row, "start"), whole(row, "end")
        modes = problem.operations[i].modes
        chosen = [m for m, one in enumerate(modes) if one.machine == machine and one.duration == end - begin]
        if not chosen:
            ways = [f"{one.duration} on {_name(problem, one.machine)}" for one in modes]
            found = f"{name} takes {end - begin} on {_name(problem, machine)}"
            raise BadInput(row.where, found, f"Expected {' or '.join(ways[:5])}", "Use a plan of this problem")
        mode[i], start[i] = chosen[0], begin
    return Schedule.of(problem, mode, start)


def _machine(row: Row, machines: dict[str, int]) -> int:
    name = row.values["machine"].strip()
    if not name:
        return NO_MACHINE
    if name not in machines:
        raise BadInput(row.where, f"machine {name} is unknown", f"Expected one of: {', '.join(machines)}", "Correct it")
    return machines[name]


def _name(problem: Problem, machine: int) -> str:
    return "no machine" if machine == NO_MACHINE else problem.machines[machine].name
