"""Object-centric event logs (OCEL 2.0), JSON or SQLite, seen from one type of object: the order."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danao.core.errors import BadInput
from danao.learning.mapping import ColumnMap
from danao.learning.moments import MomentFormat, in_utc
from danao.learning.rows import Notes, Rows

_ISO = MomentFormat("ISO 8601")
_MACHINES = ("machine", "station", "work unit", "workcenter", "work center", "resource", "equipment")
_PEOPLE = ("worker", "employee", "person", "operator", "user")
_OTHERS = ("vehicle", "transport")
_HALVES = {"start": 1, "end": 2}


@dataclass(frozen=True)
class _Event:
    type: str
    time: str
    objects: tuple[str, ...]


def read_ocel_rows(path: Path, order_type: str, notes: Notes) -> tuple[Rows, ColumnMap]:
    """The rows of an OCEL 2.0 log.

    Where the log has the types `start` and `end`, as Danao's own, these are the two sides of the work, and the station
    or machine is what was done; elsewhere each event is the end of some work and its type is what was done.

    Args:
        path: `.json`, `.jsonocel`, `.sqlite` or `.db`.
        order_type: Type of the objects that are orders; empty: the type that most events have one of.
        notes: Where mended rows are noted.

    Raises:
        BadInput: It cannot be read, is no OCEL 2.0, or has no such type.
    """
    try:
        events, types = _from_json(path) if "json" in path.suffix.lower() else _from_sqlite(path)
    except OSError as error:
        found = f"cannot be read ({error.strerror})"
        raise BadInput(str(path), found, "Expected a readable file", "Check the path") from None
    except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
        raise BadInput(str(path), f"no OCEL 2.0: {error}", "Expected OCEL 2.0", "Export it again") from None
    if not events:
        raise BadInput(str(path), "no events", "Expected events", "Check the export")
    names = {one.type for one in events}
    halves = set(_HALVES) <= names
    if halves:
        left = [one for one in events if one.type not in _HALVES]
        notes.add("events other than start and end", "left out", count=len(left))
        events = [one for one in events if one.type in _HALVES]
    chosen = _order_types(path, events, types, order_type)
    rows = Rows(str(path))
    for number, event in enumerate(sorted(events, key=lambda one: one.time), 1):
        _take(rows, number, event, types, chosen, halves, notes)
    columns = {
        "order": ", ".join(sorted(chosen)),
        "operation": "station" if halves else "type of the event",
        "end": "time",
    }
    return rows, ColumnMap(columns, tuple(columns), tuple(sorted(set(types.values()) - chosen)))


def _take(
    rows: Rows, number: int, event: _Event, types: dict[str, str], chosen: set[str], halves: bool, notes: Notes
) -> None:
    moment = _ISO.read(event.time)
    orders = [one for one in event.objects if types.get(one) in chosen]
    if moment is None or not orders:
        notes.add("events without a time or an order", "left out", f"{rows.source}: event {number}")
        return
    plain, zoned = in_utc(moment)
    rows.zoned += zoned
    rows.plain += not zoned
    place = _first(event.objects, types, ("machine", *_MACHINES))
    station = _first(event.objects, types, ("station", "machine"))
    for order in orders:
        texts = {
            "order": order,
            "operation": station or event.type if halves else event.type,
            "resource": place,
            "worker": _first(event.objects, types, _PEOPLE),
            "material": types[order] if len(chosen) > 1 else "",
        }
        half = _HALVES.get(event.type, 2) if halves else 2
        rows.add(number, texts, plain if half == 1 else None, plain if half == 2 else None, half)


def _first(objects: tuple[str, ...], types: dict[str, str], wanted: tuple[str, ...]) -> str:
    return next((one for name in wanted for one in objects if types.get(one, "").lower() == name), "")


def _order_types(path: Path, events: list[_Event], types: dict[str, str], told: str) -> set[str]:
    known = set(types.values())
    if told:
        if told not in known:
            expected = f"Expected one of: {', '.join(sorted(known))}"
            raise BadInput(str(path), f"no objects of type {told!r}", expected, "Correct --map order=TYPE")
        return {told}
    resources = (
        {*_MACHINES, *_PEOPLE, *_OTHERS, "order"}
        if any(_part(one) for one in known)
        else {*_MACHINES, *_PEOPLE, *_OTHERS}
    )
    others = {name for name in known if name.lower() not in resources}
    if not others:
        raise BadInput(str(path), "no objects but resources", "Expected orders or parts", "Say --map order=TYPE")
    single = Counter[str]()
    alone = True
    for event in events:
        met = Counter(types[one] for one in event.objects if types.get(one) in others)
        single.update(name for name, count in met.items() if count == 1)
        alone &= sum(met.values()) <= 1
    return others if alone and all(map(_part, others)) else {max(sorted(others), key=lambda name: single[name])}


def _part(name: str) -> bool:
    return name.lower().startswith("part ")


def _from_json(path: Path) -> tuple[list[_Event], dict[str, str]]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    types = {one["id"]: one["type"] for one in document["objects"]}
    events = [
        _Event(one["type"], one["time"], tuple(link["objectId"] for link in one.get("relationships", ())))
        for one in document["events"]
    ]
    return events, types


def _from_sqlite(path: Path) -> tuple[list[_Event], dict[str, str]]:
    if not path.is_file():
        raise BadInput(str(path), "no such file", "Expected a readable file", "Check the path")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        types = dict(base.execute("SELECT ocel_id, ocel_type FROM object"))
        of = dict(base.execute("SELECT ocel_id, ocel_type FROM event"))
        times = dict(_times(base))
        links: dict[str, list[str]] = {}
        for event, one in base.execute("SELECT ocel_event_id, ocel_object_id FROM event_object"):
            links.setdefault(event, []).append(one)
    return [_Event(kind, times.get(one, ""), tuple(links.get(one, ()))) for one, kind in of.items()], types


def _times(base: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for (name,) in base.execute("SELECT ocel_type_map FROM event_map_type"):
        if not re.fullmatch(r"\w+", name):
            raise ValueError(f"table of events {name!r}")
        yield from base.execute(f'SELECT ocel_id, ocel_time FROM "event_{name}"')
