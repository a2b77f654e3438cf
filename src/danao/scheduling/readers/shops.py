"""Job shops (JSPLib), flexible job shops (FJSPLib), the same with setup times, and Taillard's flow shops."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from danao.core.errors import BadInput
from danao.scheduling.model import Machine, Operation, Problem, routed
from danao.scheduling.readers.numbers import Line, number_lines

_END = -1
"""Ends a shorter line where all lines have one length."""


def read_job_shop(path: Path) -> Problem:
    """A job shop: `jobs machines`, then for each job a line of pairs `machine duration`, machines from 0.

    Jobs may be of different length (a pair -1 -1 ends them) and visit a machine more than once.

    Raises:
        BadInput: The file is no such table; the message names the line.
    """
    lines = number_lines(path)
    jobs, machines = lines[0].take("the number of jobs", minimum=1), lines[0].take("the number of machines", minimum=1)
    routes = []
    for line in _job_lines(path, lines, jobs):
        route: list[list[tuple[int, int]]] = []
        while line.left and line.numbers[line.at] != _END:
            machine = line.take(f"the machine of operation {len(route) + 1}", maximum=machines - 1)
            route.append([(machine, line.take(f"the duration of operation {len(route) + 1}"))])
        line.end("the last operation")
        routes.append(_nonempty(line, route))
    return routed(path.stem, routes, machines)


def read_flexible_job_shop(path: Path) -> Problem:
    """A flexible job shop: `jobs machines [...]`, then for each job `operations`, and for each of them the number of
    alternatives and as many pairs `machine duration`, machines from 1.

    Raises:
        BadInput: The file is no such table; the message names the line.
    """
    lines = number_lines(path, decimals=True)
    return _flexible(path, lines, lines[1:])


def read_setup_job_shop(path: Path) -> Problem:
    """A flexible job shop as above, followed by one square table of setup times between operations for each machine.

    Raises:
        BadInput: The file is no such table; the message names the line.
    """
    lines = number_lines(path, decimals=True)
    jobs = lines[0].numbers[0]
    shop = _flexible(path, lines, lines[1 : jobs + 1])
    operations, rows = len(shop.operations), lines[jobs + 1 :]
    if len(rows) != operations * len(shop.machines):
        raise BadInput(
            str(path),
            f"{len(rows)} lines of setup times",
            f"Expected {operations} for each of the {len(shop.machines)} machines",
            "Complete the tables, or read the file without setups",
        )
    for row in rows:
        if len(row.numbers) != operations or min(row.numbers) < 0:
            raise BadInput(row.where, f"{len(row.numbers)} numbers", f"Expected {operations}, 0 or more", "Correct it")
    tables = np.array([row.numbers for row in rows], dtype=np.int64).reshape(-1, operations, operations)
    return Problem(
        shop.name,
        shop.jobs,
        tuple(Operation(one.job, one.modes, setup_class=number) for number, one in enumerate(shop.operations)),
        tuple(Machine(one.name, setup=table) for one, table in zip(shop.machines, tables, strict=True)),
        shop.links,
    )


def read_flow_shop(path: Path) -> Problem:
    """A permutation flow shop in the job shop format: every job visits machines 0, 1, 2 ... in this order.

    Raises:
        BadInput: The file is no such table; the message names the line.
    """
    shop = read_job_shop(path)
    routes: list[list[list[tuple[int, int]]]] = [[] for _ in shop.jobs]
    for operation in shop.operations:
        mode = operation.modes[0]
        routes[operation.job].append([(mode.machine, mode.duration)])
    return routed(shop.name, routes, len(shop.machines), permutation=True)


def _flexible(path: Path, lines: list[Line], rows: list[Line]) -> Problem:
    jobs, machines = lines[0].take("the number of jobs", minimum=1), lines[0].take("the number of machines", minimum=1)
    routes = []
    for line in _job_lines(path, [lines[0], *rows], jobs):
        route = []
        for step in range(line.take("the number of operations", minimum=1)):
            alternatives = []
            for _ in range(line.take(f"the number of machines for operation {step + 1}", minimum=1)):
                machine = line.take(f"a machine of operation {step + 1}", minimum=1, maximum=machines)
                alternatives.append((machine - 1, line.take(f"a duration of operation {step + 1}")))
            route.append(alternatives)
        line.end("the last operation")
        routes.append(route)
    return routed(path.stem, routes, machines)


def _job_lines(path: Path, lines: list[Line], jobs: int) -> list[Line]:
    rows = lines[1:]
    if len(rows) != jobs:
        raise BadInput(
            lines[0].where,
            f"{jobs} jobs are announced and {len(rows)} lines follow",
            "Expected one line for each job",
            "Correct the number of jobs, or add the missing lines",
        )
    return rows


def _nonempty(line: Line, route: list[list[tuple[int, int]]]) -> list[list[tuple[int, int]]]:
    if not route:
        raise BadInput(line.where, "a job without operations", "Expected at least one pair", "Remove the job")
    return route
