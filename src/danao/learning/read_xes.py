"""XES logs (IEEE 1849), plain or gzipped, event by event."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError, iterparse

from danao.core.errors import BadInput
from danao.learning.mapping import ColumnMap
from danao.learning.moments import MomentFormat, in_utc
from danao.learning.rows import Notes, Rows

_ISO = MomentFormat("ISO 8601")
_HALVES = {"start": 1, "complete": 2, "": 2}
_ROLES = {
    "operation": ("concept:name", "Activity"),
    "resource": ("machine", "org:resource", "org:group", "Resource"),
    "worker": ("worker",),
    "material": ("product", "material"),
    "good": ("qty_good",),
    "rejected": ("qty_rejected",),
    "kind": ("report_type",),
}


def read_xes_rows(path: Path, notes: Notes) -> tuple[Rows, ColumnMap]:
    """The rows of an XES log: starts and ends apart, unless an event has both (`time:start`).

    Raises:
        BadInput: It cannot be read or is no XES.
    """
    rows, seen = Rows(str(path)), set()
    try:
        with _opened(path) as file:
            number = 0
            for _, element in iterparse(file, events=("end",)):
                if _tag(element) != "trace":
                    continue
                case = next((one.get("value", "") for one in element if one.get("key") == "concept:name"), "")
                for event in element:
                    if _tag(event) == "event":
                        number += 1
                        seen |= _take(rows, number, case or f"trace {number}", event, notes)
                element.clear()
    except (ParseError, EOFError, gzip.BadGzipFile) as error:
        raise BadInput(str(path), f"no XES: {error}", "Expected an XES log", "Export it again") from None
    except OSError as error:
        found = f"cannot be read ({error.strerror})"
        raise BadInput(str(path), found, "Expected a readable file", "Check the path") from None
    if not len(rows):
        raise BadInput(str(path), "no events", "Expected traces with events", "Check the export")
    columns = {"order": "concept:name of the trace", **dict(sorted(seen))}
    return rows, ColumnMap(columns, tuple(columns), ())


def _take(rows: Rows, number: int, case: str, event: Element, notes: Notes) -> set[tuple[str, str]]:
    values = {one.get("key", ""): one.get("value", "") for one in event}
    used = {role: next((key for key in keys if values.get(key)), "") for role, keys in _ROLES.items()}
    texts = {role: values[key] for role, key in used.items() if key}
    half = _HALVES.get(values.get("lifecycle:transition", "").lower(), -1)
    begin = values.get("time:start") or values.get("start_timestamp") or ""
    moments: list[datetime | None] = []
    for text in (begin, values.get("time:timestamp", "")):
        moment = _ISO.read(text) if text else None
        if text and moment is None:
            notes.add("unreadable times", "taken as missing", f"{rows.source}: event {number}")
        if moment is not None:
            plain, zoned = in_utc(moment)
            rows.zoned += zoned
            rows.plain += not zoned
            offset = moment.utcoffset()
            rows.offsets |= {offset.total_seconds() / 3600} if offset is not None else set()
            moments.append(plain)
        else:
            moments.append(None)
    if half >= 0:
        start, end = (moments[0], moments[1]) if begin else (moments[1], None) if half == 1 else (None, moments[1])
        rows.add(number, {"order": case, **texts}, start, end, 0 if begin else half)
    return {(role, key) for role, key in used.items() if key}


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
