"""Traces as object-centric event logs, OCEL 2.0 (ocel-standard.org), in SQLite or JSON."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, TypeVar

from danao.core.errors import BadInput, StorageError
from danao.twin.event_log import CHUNK, replaced
from danao.twin.ocel_model import BEGINNING, EVENT_TYPES, OcelEvent, OcelObject, OcelView
from danao.twin.trace import Trace

Item = TypeVar("Item")

_SQL_TYPES = {"string": "TEXT", "integer": "INTEGER", "float": "REAL", "boolean": "BOOLEAN", "time": "TIMESTAMP"}

_TABLES = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES event_map_type (ocel_type));
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES object_map_type (ocel_type));
CREATE TABLE event_object (
    ocel_event_id TEXT REFERENCES event (ocel_id), ocel_object_id TEXT REFERENCES object (ocel_id),
    ocel_qualifier TEXT, PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
CREATE TABLE object_object (
    ocel_source_id TEXT REFERENCES object (ocel_id), ocel_target_id TEXT REFERENCES object (ocel_id),
    ocel_qualifier TEXT, PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
"""


def to_ocel(trace: Trace, path: Path, start: datetime) -> Path:
    """Write a trace as an OCEL 2.0 log.

    Types of objects: the parts of each product, machines (with the history of their states), stations, orders,
    transports and vehicles; types of events: the kinds of the trace. A part points to its order where that is certain.

    Args:
        trace: The events.
        path: The file: `.sqlite` or `.json`.
        start: Time 0 of the twin, with a time zone; all times are written in UTC.

    Raises:
        BadInput: The file has another suffix, or the start no time zone.
        StorageError: The file cannot be written.

    Source: OCEL 2.0 specification, Berti et al. 2023, sections 5 and 7.
    """
    suffix = path.suffix.lower()
    if suffix not in (".sqlite", ".json"):
        raise BadInput(str(path), f"the suffix {suffix!r}", "Expected .sqlite or .json", "Rename the file")
    view = OcelView(trace, start)
    with replaced(path) as neighbour:
        if suffix == ".json":
            with neighbour.open("w", encoding="utf-8") as file:
                _write_json(view, file)
            return path
        try:
            with closing(sqlite3.connect(neighbour)) as database:
                _write_sqlite(view, database)
        except sqlite3.OperationalError as error:
            remedy = "Free some space or choose another place"
            raise StorageError(str(path), f"cannot be written ({error})", "Nothing was changed", remedy) from error
    return path


def _write_json(view: OcelView, file: TextIO) -> None:
    for key, types in (("objectTypes", view.object_types()), ("eventTypes", EVENT_TYPES)):
        told = [
            {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in attributes.items()]}
            for name, attributes in types.items()
        ]
        file.write(f"{',' if key == 'eventTypes' else '{'}\n{json.dumps(key)}: {json.dumps(told)}")
    _write_array(file, "objects", map(_object_json, view.objects()))
    _write_array(file, "events", map(_event_json, view.events()))
    file.write("\n}\n")


def _write_array(file: TextIO, key: str, items: Iterable[dict[str, Any]]) -> None:
    file.write(f",\n{json.dumps(key)}: [")
    for number, item in enumerate(items):
        file.write(",\n" if number else "\n")
        file.write(json.dumps(item, allow_nan=False))
    file.write("]")


def _object_json(one: OcelObject) -> dict[str, Any]:
    return {
        "id": one.id,
        "type": one.type,
        "attributes": [{"name": name, "time": time, "value": value} for name, time, value in one.attributes],
        "relationships": [{"objectId": target, "qualifier": qualifier} for target, qualifier in one.objects],
    }


def _event_json(one: OcelEvent) -> dict[str, Any]:
    return {
        "id": one.id,
        "type": one.type,
        "time": one.time,
        "attributes": [{"name": name, "value": value} for name, value in one.attributes.items()],
        "relationships": [{"objectId": target, "qualifier": qualifier} for target, qualifier in one.objects],
    }


def _write_sqlite(view: OcelView, database: sqlite3.Connection) -> None:
    # The file is a neighbour that nobody reads and that is thrown away if anything fails: no journal is needed.
    database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)
    object_types = view.object_types()
    objects = _tables(database, "object", object_types, "ocel_time TIMESTAMP, ocel_changed_field TEXT")
    events = _tables(database, "event", EVENT_TYPES, "ocel_time TIMESTAMP")
    for object_chunk in _chunks(view.objects()):
        _insert(database, "object", [(one.id, one.type) for one in object_chunk])
        links = [(one.id, *link) for one in object_chunk for link in one.objects]
        _insert(database, "object_object", links)
        for name, table in objects.items():
            columns = list(object_types[name])
            rows = [row for one in object_chunk if one.type == name for row in _object_rows(one, columns)]
            _insert(database, table, rows)
    for event_chunk in _chunks(view.events()):
        _insert(database, "event", [(one.id, one.type) for one in event_chunk])
        _insert(database, "event_object", [(one.id, *link) for one in event_chunk for link in one.objects])
        for name, table in events.items():
            columns = list(EVENT_TYPES[name])
            of_type = [one for one in event_chunk if one.type == name]
            told = [(one.id, one.time, *(one.attributes.get(column) for column in columns)) for one in of_type]
            _insert(database, table, told)
    database.commit()


def _object_rows(one: OcelObject, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """The values from the beginning in one row, then one row for each change."""
    first = {name: value for name, time, value in one.attributes if time == BEGINNING}
    yield (one.id, BEGINNING, None, *(first.get(column) for column in columns))
    for name, time, value in one.attributes:
        if time != BEGINNING:
            yield (one.id, time, name, *(value if column == name else None for column in columns))


def _tables(database: sqlite3.Connection, kind: str, types: dict[str, dict[str, str]], more: str) -> dict[str, str]:
    """Make the table of each type, and return its name."""
    tables: dict[str, str] = {}
    # SQLite does not tell capital letters from small ones, and `event_object` and both maps are tables of their own.
    taken = {"object", "map_type"}
    for name, attributes in types.items():
        label = stem = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "type"
        number = 1
        while label.lower() in taken:
            number += 1
            label = f"{stem}_{number}"
        taken.add(label.lower())
        tables[name] = f"{kind}_{label}"
        columns = "".join(f', "{one}" {_SQL_TYPES[form]}' for one, form in attributes.items())
        database.execute(f'CREATE TABLE "{kind}_{label}" (ocel_id TEXT REFERENCES {kind} (ocel_id), {more}{columns})')
        _insert(database, f"{kind}_map_type", [(name, label)])
    return tables


def _insert(database: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        database.executemany(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(rows[0]))})', rows)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
