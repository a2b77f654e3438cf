"""Orders as planners keep them: a CSV table of operations, and a second one of orders beside it where there is one.

`operations.csv` has the columns order, operation, machine and duration; several rows with the same order and operation
are alternatives. Optional columns: setup_class. `orders.csv` in the same folder has order, and optionally release, due
and weight. `machines.csv` may list closed windows: machine, closed_from, closed_to. Times are whole numbers
of one unit.
"""

from __future__ import annotations

from pathlib import Path

from danao.core.errors import BadInput
from danao.core.tables import Row, read_csv
from danao.scheduling.model import Job, Link, Machine, Mode, Operation, Problem
from danao.scheduling.readers.numbers import whole


def read_tables(path: Path) -> Problem:
    """A flexible job shop from a table of operations. The operations of an order follow each other as in the table.

    Args:
        path: The table of operations, or the folder that holds `operations.csv`.

    Raises:
        BadInput: A table is missing, or a row contradicts another; the message names file and line.
    """
    table = path / "operations.csv" if path.is_dir() else path
    steps: dict[str, dict[str, list[Mode]]] = {}
    classes: dict[tuple[str, str], int] = {}
    machines: dict[str, int] = {}
    for row in read_csv(table, ["order", "operation", "machine", "duration"]):
        order, operation = row.text("order"), row.text("operation")
        machine = machines.setdefault(row.text("machine"), len(machines))
        modes = steps.setdefault(order, {}).setdefault(operation, [])
        if any(mode.machine == machine for mode in modes):
            raise BadInput(
                row.where,
                f"order {order}, operation {operation} names machine {row.text('machine')} twice",
                "Expected each machine once",
                "Remove one of the rows",
            )
        modes.append(Mode(machine, whole(row, "duration")))
        if row.values.get("setup_class", "").strip():
            classes[order, operation] = whole(row, "setup_class")
    if not steps:
        raise BadInput(str(table), "no operations", "Expected at least one row below the header", "Add the operations")
    dates = _orders(table.parent / "orders.csv", list(steps))
    closed = _closed(table.parent / "machines.csv", machines)
    operations: list[Operation] = []
    links: list[Link] = []
    for job, (order, route) in enumerate(steps.items()):
        for number, (name, modes) in enumerate(route.items()):
            if number:
                links.append(Link(len(operations) - 1, len(operations)))
            operations.append(Operation(job, tuple(modes), f"{order}/{name}", classes.get((order, name), 0)))
    return Problem(
        table.parent.name if table.stem == "operations" else table.stem,
        tuple(dates.get(order, Job(order)) for order in steps),
        tuple(operations),
        tuple(Machine(name, tuple(sorted(closed.get(name, ())))) for name in machines),
        tuple(links),
    )


def _orders(path: Path, known: list[str]) -> dict[str, Job]:
    if not path.exists():
        return {}
    jobs: dict[str, Job] = {}
    for row in read_csv(path, ["order"]):
        order = row.text("order")
        if order not in known:
            raise BadInput(
                row.where, f"order {order} has no operations", "Expected a row in operations.csv", "Add or remove it"
            )
        if order in jobs:
            raise BadInput(row.where, f"order {order} is listed twice", "Expected each order once", "Remove one row")
        weight = row.number("weight", minimum=0) if row.values.get("weight", "").strip() else 1.0
        jobs[order] = Job(order, _optional(row, "release") or 0, _optional(row, "due"), weight)
    return jobs


def _closed(path: Path, machines: dict[str, int]) -> dict[str, list[tuple[int, int]]]:
    if not path.exists():
        return {}
    closed: dict[str, list[tuple[int, int]]] = {}
    for row in read_csv(path, ["machine", "closed_from", "closed_to"]):
        machine = row.text("machine")
        if machine not in machines:
            raise BadInput(
                row.where,
                f"machine {machine} has no operations",
                f"Expected one of: {', '.join(machines)}",
                "Correct it",
            )
        start, end = whole(row, "closed_from"), whole(row, "closed_to")
        if end <= start:
            raise BadInput(row.where, f"closed from {start} to {end}", "Expected an end after the start", "Swap them")
        closed.setdefault(machine, []).append((start, end))
    return closed


def _optional(row: Row, column: str) -> int | None:
    return whole(row, column) if row.values.get(column, "").strip() else None
