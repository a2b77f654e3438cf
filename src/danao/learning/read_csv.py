"""CSV exports: separator and encoding found out, read row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from danao.core.errors import BadInput
from danao.learning.mapping import ColumnMap, column_map
from danao.learning.moments import MomentFormat, in_utc, moment_format
from danao.learning.rows import Notes, Rows

_SAMPLE = 500
_STARTS = {"start", "begin", "started", "assign"}
_ENDS = {"complete", "end", "completed", "finish", "finished", "stop"}


@dataclass(frozen=True)
class Table:
    """The head of a table: what its columns are called and mean."""

    separator: str
    header: tuple[str, ...]
    columns: ColumnMap


def read_csv_rows(path: Path, told: Mapping[str, str] | None, notes: Notes) -> tuple[Rows, ColumnMap]:
    """The rows of a CSV file.

    Args:
        path: The file: UTF-8 or Windows-1252; comma, semicolon, tab or bar.
        told: Role to column, where the guess would be wrong.
        notes: Where mended rows are noted.

    Raises:
        BadInput: It cannot be read, is empty, or its columns cannot be understood.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        separator, header, sample = _head(file, path)
        columns = column_map(str(path), header, sample, told)
    if encoding != "utf-8-sig":
        notes.add("the file is not UTF-8", "read as Windows-1252", str(path))
    places = {role: header.index(column) for role, column in columns.columns.items()}
    formats: dict[str, MomentFormat] = {
        role: moment_format(
            [row[places[role]] for row in sample if row[places[role]].strip()], f"{path}: {columns[role]}"
        )
        for role in ("start", "end")
        if role in places
    }
    rows = Rows(str(path))
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = csv.reader(file, delimiter=separator)
        next(lines)
        for cells in lines:
            if not any(cells):
                continue
            if len(cells) < len(header):
                notes.add("rows that are too short", "left out", f"{path}:{lines.line_num}")
                continue
            _take(rows, lines.line_num, cells, places, formats, notes)
    return rows, columns


def _take(
    rows: Rows,
    line: int,
    cells: list[str],
    places: Mapping[str, int],
    formats: Mapping[str, MomentFormat],
    notes: Notes,
) -> None:
    texts = {role: cells[place] for role, place in places.items()}
    found = {}
    for role, how in formats.items():
        text = texts[role].strip()
        moment = how.read(text) if text else None
        if text and moment is None:
            notes.add(f"unreadable {role} times", "taken as missing", f"{rows.source}:{line}")
        if moment is None:
            continue
        found[role], zoned = in_utc(moment)
        rows.zoned += zoned
        rows.plain += not zoned
        offset = moment.utcoffset()
        if offset is not None:
            rows.offsets.add(offset.total_seconds() / 3600)
    running = texts.get("censored", "").strip().lower() in ("1", "true", "yes")
    rows.running += running
    half = _half(texts["lifecycle"]) if "lifecycle" in texts and "start" not in texts else 0
    if half < 0:
        return
    end = None if running or half == 1 else found.get("end")
    start = found.get("end") if half == 1 else found.get("start")
    rows.add(line, texts, start, end, half)


def _half(text: str) -> int:
    """1: a start, 2: an end, -1: something else in between."""
    word = text.strip().lower()
    return 1 if word in _STARTS else 2 if word in _ENDS or not word else -1


def _head(file: TextIO, path: Path) -> tuple[str, list[str], list[list[str]]]:
    first = file.readline()
    if not first.strip():
        raise BadInput(str(path), "the file is empty", "Expected a table with a header", "Check the export")
    separator = max(",;\t|", key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=separator))]
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise BadInput(f"{path}:1", f"two columns {repeated[0]!r}", "Expected each name once", "Rename one of them")
    sample = [cells for cells in islice(_rows(file, separator), _SAMPLE) if len(cells) >= len(header)]
    if not sample:
        raise BadInput(str(path), "no rows under the header", "Expected a row for each report", "Check the export")
    return separator, header, sample


def _rows(file: TextIO, separator: str) -> Iterator[list[str]]:
    return (cells for cells in csv.reader(file, delimiter=separator) if any(cells))


def _encoding(path: Path) -> str:
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                tail = file.read(4) if len(chunk) == 1 << 20 else b""
                try:
                    (chunk + tail).decode("utf-8")
                except UnicodeDecodeError as error:
                    if error.end < len(chunk + tail) - 4:
                        return "cp1252"
    except OSError as error:
        found = f"cannot be read ({error.strerror})"
        raise BadInput(str(path), found, "Expected a readable file", "Check the path") from None
    return "utf-8-sig"
