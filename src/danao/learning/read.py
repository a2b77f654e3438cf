"""Reading a log of any kind: CSV, XES, OCEL 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from danao.learning.clean import cleaned
from danao.learning.log import EventLog
from danao.learning.mapping import ColumnMap
from danao.learning.read_csv import read_csv_rows
from danao.learning.read_ocel import read_ocel_rows
from danao.learning.read_xes import read_xes_rows
from danao.learning.rows import Note, Notes


@dataclass(frozen=True)
class Reading:
    """A log, what its columns were taken for, and what was mended."""

    log: EventLog
    columns: ColumnMap
    notes: tuple[Note, ...]


def read_log(path: Path | str, told: Mapping[str, str] | None = None, zone: str = "") -> Reading:
    """An event log from a file.

    Args:
        path: `.csv` (or any table of text), `.xes`, `.xes.gz`, or OCEL 2.0 as `.json`, `.jsonocel`, `.sqlite`, `.db`.
        told: What columns mean, role to column (`danao.learning.mapping.ROLES`); the rest is guessed. For OCEL: `order`
            is a type of objects.
        zone: Zone of the plant, for times that carry one; empty: found out.

    Raises:
        BadInput: The file cannot be read or understood; the message names the place.
    """
    path, notes = Path(path), Notes()
    name = path.name.lower()
    if name.endswith((".xes", ".xes.gz")):
        rows, columns = read_xes_rows(path, notes)
    elif name.endswith((".json", ".jsonocel", ".sqlite", ".db", ".sqlite3")):
        rows, columns = read_ocel_rows(path, (told or {}).get("order", ""), notes)
    else:
        rows, columns = read_csv_rows(path, told, notes)
    log = cleaned(rows, columns, notes, zone)
    return Reading(log, columns, notes.notes())
