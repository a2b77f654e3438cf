"""CSV tables beside a plant file, with what spreadsheets do to them: odd blanks in headers, dates of 1899, commas."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from danao.core.errors import BadInput
from danao.core.tables import Row, read_csv, read_text
from danao.plant.quantities import Kind, quantity, unit_factor

_EXCEL = re.compile(r"(?:1899|1900)[-/.]\d{1,2}[-/.]\d{1,2}[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?")
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?")


def table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[tuple[str, dict[str, str]]]:
    """Place and cells of each row of a comma-separated table.

    Headers are compared without regard to capitals and kinds of blanks (`Work Order  Qty`, with two blanks or a
    non-breaking one, is `work order qty`). Empty lines are passed over.

    Args:
        path: The file, UTF-8, with or without byte order mark.
        columns: Columns that must be there.
        optional: Further columns; empty text in every row if they are not there.

    Returns:
        (file and line, cells by the names asked for, without blanks around them).

    Raises:
        BadInput: See `danao.core.tables.read_csv`; a separator other than the comma; a column that is there twice.
    """
    lines = read_text(path).splitlines()
    header = [name.strip() for name in next(csv.reader(lines[:1]), [])]
    actual: dict[str, str] = {}
    for name in header:
        plain = _plain(name)
        if plain in actual and plain in {_plain(one) for one in (*columns, *optional)}:
            raise BadInput(f"{path}:1", f"column {plain!r} is there twice", "Expected it once", "Rename or remove one")
        actual[plain] = name
    if len(header) == 1 and _plain(columns[0]) not in actual:
        for sign, what in ((";", "semicolons"), ("\t", "tabs")):
            if sign in header[0]:
                raise BadInput(
                    f"{path}:1",
                    f"no column {columns[0]!r} in {header[0]!r}: the separator seems to be {sign!r}",
                    f"Expected commas between the columns {', '.join(columns)}",
                    f"Export the table with commas instead of {what}",
                )
    rows = read_csv(path, [actual.get(_plain(name), name) for name in columns])
    return [
        (row.where, {name: row.values.get(actual.get(_plain(name), ""), "").strip() for name in (*columns, *optional)})
        for row in rows
        if any(cell.strip() for cell in row.values.values())
    ]


def is_about_a_row(mistake: BadInput) -> bool:
    """Whether a mistake names one row of a table, rather than its header or all of it."""
    return re.search(r":([2-9]|[0-9]{2,})$", mistake.where) is not None


def measured(where: str, column: str, cell: str) -> float:
    """A cell as a number of 0 or more.

    Raises:
        BadInput: It is none; a duration that a spreadsheet turned into a time of 1899 is named as such.
    """
    _refuse_clock(where, column, cell)
    return Row(where, {column: cell}).number(column, minimum=0)


def hours(where: str, column: str, cell: str, *, bare: bool = False, signed: bool = False) -> float:
    """A cell with a time, such as `4 min`.

    Args:
        where: File and line.
        column: Its name, for messages.
        cell: Its text.
        bare: Whether a number alone counts as hours.
        signed: Whether it may be negative.

    Raises:
        BadInput: It is no time.
    """
    _refuse_clock(where, column, cell)
    if not cell:
        raise BadInput(where, f"column {column} is empty", "Expected a value", "Fill the cell")
    if bare and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell):
        cell = f"{cell} h"
    kind: Kind = "time"
    try:
        return quantity(cell, kind, signed)
    except BadInput as mistake:
        raise BadInput(f"{where}: {column}", mistake.found, mistake.expected, mistake.remedy) from None


def _refuse_clock(where: str, column: str, cell: str) -> None:
    match = _EXCEL.fullmatch(cell)
    if match:
        raise BadInput(
            f"{where}: {column}",
            f"{cell!r}, a duration that a spreadsheet turned into a time of the year {cell[:4]}",
            "Expected a number, or a number with its unit",
            f"Format the column as a number and export it again; the clock shows {_as_hours(match)} h",
        )
    match = _CLOCK.fullmatch(cell)
    if match:
        raise BadInput(
            f"{where}: {column}",
            f"{cell!r} may be hours and minutes or minutes and seconds",
            "Expected a number, or a number with its unit",
            f"Write, for example, {_as_hours(match)} h",
        )


def _as_hours(match: re.Match[str]) -> str:
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    return f"{seconds * float(unit_factor('s')):.5g}"


def _plain(name: str) -> str:
    return " ".join(name.split()).lower()
