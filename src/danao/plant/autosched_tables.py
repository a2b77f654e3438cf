"""Tables of the AutoSched AP text format: tab-separated, one header line, blank cells at the end of a row left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from danao.core.errors import BadInput
from danao.core.tables import Row, read_text
from danao.plant.distribution import Distribution, Family
from danao.plant.explain import near

Like = Literal["autosched", "pyscfabsim"]
"""Whose reading of the data is followed where readings differ."""

SECONDS = {"s": 1, "sec": 1, "min": 60, "hr": 3600, "h": 3600, "day": 86400, "d": 86400, "week": 604800}
_DATES = ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%y %H:%M", "%m/%d/%y")


@dataclass
class Folder:
    """A folder of tables, whose reading it is, and what was noticed on the way."""

    path: Path
    like: Like = "autosched"
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep a remark for the reader, once."""
        if text not in self.notes:
            self.notes.append(text)

    def rows(self, name: str, columns: Sequence[str], *, optional: bool = False) -> list[Row]:
        """Rows of a table; none if it is missing and optional.

        Args:
            name: Of the file.
            columns: Columns that must be there; others are kept.
            optional: The file may be missing.

        Raises:
            BadInput: The file is missing, is empty, lacks a column, or a row has more cells than the header.
        """
        path = self.path / name
        if not path.is_file():
            if optional:
                return []
            raise BadInput(str(path), "the file is missing", f"Expected a table with {', '.join(columns)}", "Add it")
        lines = read_text(path).splitlines()
        header = [title.strip() for title in lines[0].split("\t")] if lines else []
        for column in columns:
            if column not in header:
                raise BadInput(
                    f"{path}:1",
                    f"no column {column!r}",
                    f"Expected {', '.join(columns)}, separated by tabs",
                    "Add the column",
                )
        return [
            _row(f"{path}:{number}", line, header) for number, line in enumerate(lines[1:], start=2) if line.strip()
        ]


def _row(where: str, line: str, header: list[str]) -> Row:
    cells = [cell.strip() for cell in line.split("\t")]
    if any(cells[len(header) :]):
        raise BadInput(where, f"{len(cells)} cells", f"Expected {len(header)} at most, as in the header", "Remove some")
    cells += [""] * (len(header) - len(cells))
    return Row(where, dict(zip(header, cells, strict=False)))


def cell(row: Row, column: str) -> str:
    """The text of a cell; empty if the cell or the column is."""
    return row.values.get(column, "")


def number(row: Row, column: str, default: float, *, maximum: float = math.inf) -> float:
    """A number of 0 or more; the default if the cell or the column is empty.

    Raises:
        BadInput: Not a number, or outside the limits.
    """
    return row.number(column, minimum=0, maximum=maximum) if cell(row, column) else default


def whole(row: Row, column: str, default: int, *, minimum: int = 0) -> int:
    """A whole number, also written as 2.0; the default if the cell or the column is empty.

    Raises:
        BadInput: Not a whole number, or too small.
    """
    if not cell(row, column):
        return default
    value = row.number(column, minimum=minimum)
    if value != int(value):
        raise BadInput(row.where, f"{column} is {value:g}", "Expected a whole number", "Correct the cell")
    return int(value)


def label(text: str) -> str:
    """A step as other cells refer to it: 7 for 7.0."""
    return text[:-2] if text.endswith(".0") else text


def hours(row: Row, column: str, units: str, default: float = 0.0) -> float:
    """A time in hours; the default if the cell or the column is empty.

    Args:
        row: Of the table.
        column: The number.
        units: The column of its unit.
        default: Hours.

    Raises:
        BadInput: Not a number of 0 or more, or an unknown unit.
    """
    if not cell(row, column):
        return default
    return row.number(column, minimum=0) * unit_seconds(row, units) / 3600


def unit_seconds(row: Row, units: str) -> int:
    """Seconds of the unit in a cell.

    Raises:
        BadInput: Not a unit of time.
    """
    name = cell(row, units)
    if name.lower() not in SECONDS:
        raise BadInput(
            row.where,
            f"{units} is {name!r}, not a unit of time" if name else f"{units} is empty",
            f"Expected one of: {', '.join(SECONDS)}",
            "Correct the unit",
        )
    return SECONDS[name.lower()]


def distribution(row: Row, kind: str, value: str, spread: str, units: str, like: Like) -> Distribution:
    """A distribution of times in hours: of the value, and of the spread where the family has one.

    A uniform time lies within value ± spread; PySCFabSim takes value ± spread / 2.

    Args:
        row: Of the table.
        kind: The column of the family; an empty cell is a constant.
        value: The column of the mean.
        spread: The column of the half width (uniform) or the standard deviation (normal).
        units: The column of the unit of both.
        like: Whose reading.

    Raises:
        BadInput: Unknown family or unit, not a number, or a uniform time that can be negative.
    """
    family = cell(row, kind).lower() or "constant"
    mean = row.number(value, minimum=0) * unit_seconds(row, units) / 3600 if cell(row, value) else _empty(row, value)
    width = hours(row, spread, units)
    if family == "constant" or (family == "uniform" and width == 0):
        return Distribution(Family.CONSTANT, (mean,))
    if family == "exponential":
        return Distribution(Family.EXPONENTIAL, (mean,))
    if family == "normal":
        return Distribution(Family.NORMAL, (mean, width))
    if family != "uniform":
        raise BadInput(
            row.where,
            f"{kind} is {family!r}",
            "Expected one of: constant, uniform, exponential, normal",
            "Correct the distribution",
        )
    half = width / 2 if like == "pyscfabsim" else width
    if half > mean:
        raise BadInput(
            row.where,
            f"{value} {cell(row, value)} ± {cell(row, spread)} can be negative",
            f"Expected {spread} of {cell(row, value)} at most",
            "Correct the times",
        )
    return Distribution(Family.UNIFORM, (mean - half, mean + half))


def _empty(row: Row, column: str) -> float:
    raise BadInput(row.where, f"column {column} is empty", "Expected a number", "Fill the cell")


def moment(row: Row, column: str) -> datetime | None:
    """A date and time; None if the cell or the column is empty.

    Raises:
        BadInput: Not a date.
    """
    text = cell(row, column)
    if not text:
        return None
    for pattern in _DATES:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise BadInput(
        row.where, f"{column} is {text!r}, not a date", "Expected a date such as 01/31/18 07:29:20", "Correct the cell"
    )


def unknown(row: Row, column: str, name: str, known: Iterable[str]) -> BadInput:
    """The complaint about a cell that names something which is not there."""
    names = sorted(known)
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return BadInput(row.where, f"{column}: unknown {name!r}", f"Expected one of: {shown or 'none'}", near(name, names))
