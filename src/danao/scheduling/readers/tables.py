"""Orders as planners keep them: tables of operations, orders, machines and prices, in CSV or in one Excel workbook.

`operations` has the columns order, operation, machine and duration; several rows with the same order and operation are
alternatives. Optional columns: setup_class, power (kW), family and size (for batches). `orders` has order, and
optionally release, due and weight. `machines` has machine, and closed_from, closed_to for a closed window, or
batch_most and optionally batch_least, idle_power, setup_power (kW). `setups` has machine, from_class, to_class, time.
`tariff` has from, price (of a kWh) and unit_hours (h in one time unit). Only `operations` must be there. In CSV each
table is a file of one folder, as `operations.csv`; in Excel a sheet. Times are whole numbers of one unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from danao.core.errors import BadInput
from danao.core.tables import Row, read_csv
from danao.scheduling.energy import Energy
from danao.scheduling.model import Batch, Job, Link, Machine, Mode, Operation, Problem
from danao.scheduling.readers.numbers import whole
from danao.scheduling.readers.sheets import ENDINGS, read_sheet, sheet_names


@dataclass(frozen=True)
class _Source:
    """A workbook, or the folder of a table in CSV."""

    path: Path
    """The workbook, or the table of operations."""
    sheets: tuple[str, ...] | None
    """Names of the sheets; None for CSV."""

    @staticmethod
    def of(path: Path) -> _Source:
        if path.suffix.lower() in ENDINGS:
            return _Source(path, tuple(sheet_names(path)))
        return _Source(path / "operations.csv" if path.is_dir() else path, None)

    @property
    def name(self) -> str:
        """Of the problem."""
        csv_folder = self.sheets is None and self.path.stem == "operations"
        return self.path.parent.name if csv_folder else self.path.stem

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        """Rows of a table; none where it is not there, but for `operations`."""
        if self.sheets is not None:
            if table in self.sheets or table == "operations":
                yield from read_sheet(self.path, table, columns)
            return
        path = self.path if table == "operations" else self.path.parent / f"{table}.csv"
        if table == "operations" or path.exists():
            yield from read_csv(path, columns)


def read_tables(path: Path) -> Problem:
    """A flexible job shop from tables. The operations of an order follow each other as in the table.

    Args:
        path: The table of operations, the folder that holds `operations.csv`, or an Excel workbook.

    Raises:
        BadInput: A table is missing, or a row contradicts another; the message names file and line, or sheet and cell.
        MissingExtra: A workbook is given and openpyxl is not installed.
    """
    source = _Source.of(path)
    steps: dict[str, dict[str, list[Mode]]] = {}
    more: dict[tuple[str, str], tuple[int, int | None, int]] = {}
    machines: dict[str, int] = {}
    families: dict[str, int] = {}
    for row in source.rows("operations", ["order", "operation", "machine", "duration"]):
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
        modes.append(Mode(machine, whole(row, "duration"), power=_kilowatts(row, "power")))
        family = row.values.get("family", "").strip()
        known = (
            _optional(row, "setup_class") or 0,
            families.setdefault(family, len(families)) if family else None,
            1 if (size := _optional(row, "size")) is None else size,
        )
        if more.setdefault((order, operation), known) != known:
            raise BadInput(
                row.where,
                f"order {order}, operation {operation} has another setup_class, family or size than above",
                "Expected the same in all rows of an operation",
                "Correct one of the rows",
            )
    if not steps:
        raise BadInput(
            str(source.path), "no operations", "Expected at least one row below the header", "Add the operations"
        )
    dates = _orders(source, list(steps))
    operations: list[Operation] = []
    links: list[Link] = []
    for job, (order, route) in enumerate(steps.items()):
        for number, (name, modes) in enumerate(route.items()):
            if number:
                links.append(Link(len(operations) - 1, len(operations)))
            setup_class, group, size = more[order, name]
            operations.append(Operation(job, tuple(modes), f"{order}/{name}", setup_class, family=group, size=size))
    classes = 1 + max(one.setup_class for one in operations)
    return Problem(
        source.name,
        tuple(dates.get(order, Job(order)) for order in steps),
        tuple(operations),
        _machines(source, machines, classes),
        tuple(links),
        energy=_tariff(source),
    )


def _machines(source: _Source, machines: dict[str, int], classes: int) -> tuple[Machine, ...]:
    closed: dict[str, list[tuple[int, int]]] = {}
    limits: dict[str, Batch] = {}
    powers: dict[str, tuple[float, float]] = {}
    for row in source.rows("machines", ["machine"]):
        name = _known(row, machines)
        window = [column for column in ("closed_from", "closed_to") if row.values.get(column, "").strip()]
        if window:
            start, end = whole(row, "closed_from"), whole(row, "closed_to")
            if end <= start:
                raise BadInput(
                    row.where, f"closed from {start} to {end}", "Expected an end after the start", "Swap them"
                )
            closed.setdefault(name, []).append((start, end))
        most = _optional(row, "batch_most")
        if most is not None:
            least = _optional(row, "batch_least")
            limits[name] = Batch(most, 1 if least is None else least)
        if any(row.values.get(column, "").strip() for column in ("idle_power", "setup_power")):
            powers[name] = (_kilowatts(row, "idle_power"), _kilowatts(row, "setup_power"))
    setups: dict[str, np.ndarray] = {}
    for row in source.rows("setups", ["machine", "from_class", "to_class", "time"]):
        table = setups.setdefault(_known(row, machines), np.zeros((classes, classes), dtype=np.int64))
        place = (whole(row, "from_class"), whole(row, "to_class"))
        if max(place) >= classes:
            raise BadInput(
                row.where, f"class {max(place)} has no operations", f"Expected 0 .. {classes - 1}", "Correct the class"
            )
        table[place] = whole(row, "time")
    return tuple(
        Machine(
            name,
            tuple(sorted(closed.get(name, ()))),
            setups.get(name),
            batch=limits.get(name),
            idle_power=powers.get(name, (0.0, 0.0))[0],
            setup_power=powers.get(name, (0.0, 0.0))[1],
        )
        for name in machines
    )


def _known(row: Row, machines: dict[str, int]) -> str:
    machine = row.text("machine")
    if machine not in machines:
        raise BadInput(
            row.cell("machine"),
            f"machine {machine} has no operations",
            f"Expected one of: {', '.join(machines)}",
            "Correct it",
        )
    return machine


def _tariff(source: _Source) -> Energy | None:
    steps = [
        (row, whole(row, "from"), row.number("price"), row.number("unit_hours", minimum=0))
        for row in source.rows("tariff", ["from", "price", "unit_hours"])
    ]
    for row, _, _, hours in steps:
        if hours != steps[0][3] or hours == 0:
            raise BadInput(
                row.where, f"unit_hours is {hours:g}", "Expected one number above 0 in all rows", "Correct it"
            )
    if not steps:
        return None
    return Energy(steps[0][3], tuple(step[1] for step in steps), tuple(step[2] for step in steps))


def _orders(source: _Source, known: list[str]) -> dict[str, Job]:
    jobs: dict[str, Job] = {}
    for row in source.rows("orders", ["order"]):
        order = row.text("order")
        if order not in known:
            raise BadInput(
                row.cell("order"),
                f"order {order} has no operations",
                "Expected a row among the operations",
                "Add one",
            )
        if order in jobs:
            raise BadInput(row.where, f"order {order} is listed twice", "Expected each order once", "Remove one row")
        weight = row.number("weight", minimum=0) if row.values.get("weight", "").strip() else 1.0
        jobs[order] = Job(order, _optional(row, "release") or 0, _optional(row, "due"), weight)
    return jobs


def _kilowatts(row: Row, column: str) -> float:
    return row.number(column) if row.values.get(column, "").strip() else 0.0


def _optional(row: Row, column: str) -> int | None:
    return whole(row, column) if row.values.get(column, "").strip() else None
