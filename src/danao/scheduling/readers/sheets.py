"""Sheets of an Excel workbook as rows of a table, with messages that name the sheet and the cell."""

from __future__ import annotations

import datetime
import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danao.core.errors import BadInput, MissingExtra
from danao.core.tables import Row

ENDINGS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class SheetRow(Row):
    """One row of a sheet; a message about a column names its cell."""

    sheet: str
    """File and sheet."""
    line: int
    """Row in the sheet, from 1."""
    letters: dict[str, str]
    """Letter of each column."""

    def cell(self, column: str) -> str:
        """Sheet and cell, for messages."""
        return f"{self.sheet}!{self.letters[column]}{self.line}"

    def text(self, column: str) -> str:
        """The cell, without surrounding blanks.

        Raises:
            BadInput: The cell is empty.
        """
        return Row(self.cell(column), self.values).text(column)

    def number(self, column: str, *, minimum: float = -math.inf, maximum: float = math.inf) -> float:
        """The cell as a finite number.

        Raises:
            BadInput: Not a number, or outside the limits.
        """
        return Row(self.cell(column), self.values).number(column, minimum=minimum, maximum=maximum)


def sheet_names(path: Path) -> list[str]:
    """Names of the sheets of a workbook.

    Raises:
        BadInput: The file is no workbook.
        MissingExtra: openpyxl is not installed.
    """
    return list(_workbook(path).sheetnames)


def read_sheet(path: Path, name: str, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of a sheet with a header in its first row; empty rows are skipped.

    A formula counts as the value that was saved with it.

    Args:
        path: The workbook.
        name: Name of the sheet.
        columns: Columns that must be there; others are kept.

    Raises:
        BadInput: The sheet is missing, lacks a column, or a cell holds a date or an error.
        MissingExtra: openpyxl is not installed.
    """
    book = _workbook(path)
    where = f"{path}!{name}"
    if name not in book.sheetnames:
        raise BadInput(
            str(path),
            f"no sheet {name!r} in {book.sheetnames}",
            "Expected a sheet with this name",
            "Add or rename it",
        )
    rows = book[name].iter_rows()
    header: dict[str, str] = {}
    for cell in next(rows, ()):
        if cell.value is not None:
            header[str(cell.value).strip()] = cell.column_letter
    for column in columns:
        if column not in header:
            raise BadInput(
                f"{where}!1", f"no column {column!r} in {list(header)}", f"Expected {', '.join(columns)}", "Add it"
            )
    for cells in rows:
        by_letter = {cell.column_letter: cell.value for cell in cells if cell.value is not None}
        if by_letter:
            line = cells[0].row
            values = {
                column: _text(f"{where}!{letter}{line}", by_letter.get(letter)) for column, letter in header.items()
            }
            yield SheetRow(f"{where}!{line}", values, where, line, header)


def _text(where: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        raise BadInput(
            where, f"{value} is a date or a time of day", "Expected a number of time units from the start", "Convert it"
        )
    text = str(value)
    if isinstance(value, str) and text.startswith("#"):
        raise BadInput(where, f"the cell shows {text}", "Expected a value", "Correct the formula")
    return text


def _workbook(path: Path) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise MissingExtra(
            str(path), "reading Excel needs openpyxl", "Expected the extra `excel`", 'pip install "danao[excel]"'
        ) from None
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return openpyxl.load_workbook(path, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError):
        raise BadInput(str(path), "not an Excel workbook", "Expected an .xlsx file", "Save it as .xlsx") from None
    except OSError as error:
        raise BadInput(
            str(path), f"cannot be read ({error.strerror})", "Expected a readable file", "Check the path"
        ) from None
