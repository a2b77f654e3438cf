"""An event log tells what the trace tells, keeps to the rules of OCEL 2.0, and is whole or not there."""

import csv
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danao.core.errors import BadInput, StorageError
from danao.plant import Conveyor, Distribution, Edge, Family, Fleet, Order, Plant, Product, Segment, Source, Station
from danao.twin import event_log, ocel
from danao.twin.event_csv import COLUMNS, to_csv
from danao.twin.ocel import to_ocel
from danao.twin.trace import EVENT, KINDS, STATES, Trace

START = datetime(2026, 1, 5, 6, tzinfo=timezone(timedelta(hours=1)))
ZERO = datetime(2026, 1, 5, 5, tzinfo=UTC)
HOUR = Distribution(Family.CONSTANT, (1.0,))
PLANT = Plant(
    "shop",
    (Station("saw", 2), Station("saw 1"), Station('Saw\'s; "mill"\0')),
    (
        Product("bracket", (Segment("saw", HOUR), Segment("saw 1", HOUR), Segment("saw", HOUR))),
        Product("Bracket", (Segment("saw", HOUR),)),
        Product("map type", (Segment("saw", HOUR),)),
    ),
    orders=(Order("bracket", 0.0, name="4711"), Order("bracket", 0.5), Order("Bracket", 0.25, pieces=3)),
    transport=(Conveyor("belt", (("*", "*"),), HOUR),),
)
MACHINES = 4
SATURDAY = [
    # time, kind, part, product, step, station, machine, value
    (0.0, "state", -1, -1, -1, 0, 0, STATES.index("idle")),
    (0.0, "state", -1, -1, -1, 0, 1, STATES.index("off")),
    (0.0, "enter", 0, 0, -1, -1, -1, -1),
    (0.0, "queue", 0, 0, 0, 0, -1, -1),
    (0.0, "start", 0, 0, 0, 0, 0, -1),
    (0.0, "state", -1, -1, -1, 0, 0, STATES.index("working")),
    (0.5, "enter", 1, 0, -1, -1, -1, -1),
    (0.5, "start", 1, 0, 0, 0, 1, -1),
    (1.0, "end", 0, 0, 0, 0, 0, -1),
    (1.0, "state", -1, -1, -1, 0, 0, STATES.index("idle")),
    (1.0, "depart", 0, 0, 1, 1, -1, 0),
    (1.25, "arrive", 0, 0, 1, 1, -1, 0),
    (1.5, "late start", 0, 0, 1, 1, 2, 0.125),
    (1.5, "rework", 0, 0, 1, 1, -1, 0),
    (2.0, "start", 0, 0, 2, 0, 0, -1),
    (2.5, "end", 0, 0, 2, 0, 0, -1),
    (2.5, "leave", 0, 0, -1, -1, -1, 1),
    (2.5, "scrap", 1, 0, 0, 0, -1, -1),
]


def trace_of(rows):
    events = np.array([(time, KINDS.index(kind), *rest) for time, kind, *rest in rows], dtype=EVENT)
    return Trace(PLANT, 1, 0.0, 3.0, events)


@st.composite
def traces(draw):
    """Events in their order, each with the columns that its kind has; their sequence need not make sense."""
    rows = []
    for time in sorted(draw(st.lists(st.floats(0, 1e4), max_size=30))):
        kind, part, machine = draw(st.sampled_from(KINDS)), draw(st.integers(0, 5)), draw(st.integers(0, MACHINES - 1))
        product, step, station = part % 3, draw(st.integers(0, 2)), draw(st.integers(0, 2))
        if kind == "state":
            rows.append((time, kind, -1, -1, -1, -1, machine, draw(st.integers(0, len(STATES) - 1))))
        elif kind in ("start", "end", "late start"):
            rows.append((time, kind, part, product, step, -1, machine, draw(st.floats(0, 9))))
        elif kind in ("depart", "arrive"):
            rows.append((time, kind, part, product, step, station, -1, 0))
        else:
            rows.append((time, kind, part, product, step, station, -1, draw(st.integers(0, 2))))
    return trace_of(rows)


def from_json(path):
    """Objects and events of a log as plain tuples, after a check against the rules for JSON."""
    log = json.loads(path.read_text())
    assert set(log) == {"objectTypes", "eventTypes", "objects", "events"}
    kinds = {
        room: {one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in log[room]}
        for room in ("objectTypes", "eventTypes")
    }
    python = {"string": str, "time": str, "integer": int, "float": float, "boolean": bool}
    for room, types in (("objects", "objectTypes"), ("events", "eventTypes")):
        for one in log[room]:
            for told in one["attributes"]:
                assert type(told["value"]) is python[kinds[types][one["type"]][told["name"]]]
    objects = {
        one["id"]: (one["type"], sorted((a["name"], a["time"], a["value"]) for a in one["attributes"]))
        for one in log["objects"]
    }
    assert len(objects) == len(log["objects"])
    events = [
        (one["id"], one["type"], one["time"], {a["name"]: a["value"] for a in one["attributes"]})
        for one in log["events"]
    ]
    links = [
        {(one["id"], link["objectId"], link["qualifier"]) for one in log[room] for link in one["relationships"]}
        for room in ("objects", "events")
    ]
    assert {target for room in links for _, target, _ in room} <= set(objects)
    return objects, events, *links


def from_sqlite(path):
    """The same from the tables, after a check against the rules for SQLite."""
    with closing(sqlite3.connect(path)) as database:

        def read(text):
            return database.execute(text).fetchall()

        assert read("PRAGMA foreign_key_check") == []
        assert read("PRAGMA integrity_check") == [("ok",)]
        tables = {name for (name,) in read("SELECT name FROM sqlite_master WHERE type = 'table'")}
        maps = {kind: dict(read(f"SELECT * FROM {kind}_map_type")) for kind in ("event", "object")}
        named = {f"{kind}_{label}" for kind, labels in maps.items() for label in labels.values()}
        fixed = {"event", "object", "event_object", "object_object", "event_map_type", "object_map_type"}
        assert tables == fixed | named
        assert not fixed & named
        objects, events, of_type = {}, [], dict(read("SELECT * FROM object"))
        for name, label in maps["object"].items():
            rows = database.execute(f"SELECT * FROM object_{label} ORDER BY rowid")
            columns = [column[0] for column in rows.description]
            assert columns[:3] == ["ocel_id", "ocel_time", "ocel_changed_field"]
            for identifier, time, changed, *values in rows:
                told = objects.setdefault(identifier, (name, []))[1]
                pairs = {one: value for one, value in zip(columns[3:], values, strict=True) if value is not None}
                assert set(pairs) == {changed} if changed else time.startswith("1970-01-01")
                told += [(one, time, value) for one, value in pairs.items()]
        assert {identifier: name for identifier, (name, _) in objects.items()} == of_type
        for name, label in maps["event"].items():
            rows = database.execute(f"SELECT * FROM event_{label}")
            columns = [column[0] for column in rows.description]
            assert columns[:2] == ["ocel_id", "ocel_time"]
            for identifier, time, *values in rows:
                pairs = zip(columns[2:], values, strict=True)
                events.append((identifier, name, time, {one: value for one, value in pairs if value is not None}))
        assert sorted((one[0], one[1]) for one in events) == sorted(read("SELECT * FROM event"))
        order = {
            identifier: place for place, (identifier,) in enumerate(read("SELECT ocel_id FROM event ORDER BY rowid"))
        }
        events.sort(key=lambda one: order[one[0]])
        links = set(read("SELECT * FROM object_object")), set(read("SELECT * FROM event_object"))
    return {one: (name, sorted(told)) for one, (name, told) in objects.items()}, events, *links


def from_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def hours(text):
    return (datetime.fromisoformat(text) - ZERO) / timedelta(hours=1)


# Laws of every log


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trace=traces())
def test_a_log_tells_what_the_trace_tells_the_same_in_both_formats(trace, tmp_path):
    told = from_json(to_ocel(trace, tmp_path / "log.json", START))
    assert told == from_sqlite(to_ocel(trace, tmp_path / "log.sqlite", START))
    objects, events, _, event_objects = told
    assert [name for _, name, _, _ in events] == [KINDS[kind] for kind in trace.events["kind"]]
    assert {event for event, _, _ in event_objects} == {event for event, _, _, _ in events}
    assert [one[0] for one in events] == sorted(one[0] for one in events)
    times = [time for _, _, time, _ in events]
    assert times == sorted(times)
    assert [hours(time) for time in times] == pytest.approx(trace.events["time"].tolist(), abs=1e-6)
    parts = {event: target for event, target, role in event_objects if role == "part"}
    assert [parts.get(event[0]) for event in events] == [
        f"part {part}" if part >= 0 else None for part in trace.events["part"]
    ]
    kinds = Counter(name for name, _ in objects.values())
    assert (kinds["machine"], kinds["station"], kinds["order"], kinds["transport"]) == (4, 3, 3, 1)
    assert sum(kinds.values()) - 11 == len(set(trace.events["part"][trace.events["part"] >= 0].tolist()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trace=traces())
def test_a_table_has_every_start_and_every_end_once_in_the_order_of_the_ends(trace, tmp_path):
    rows = from_csv(to_csv(trace, tmp_path / "log.csv", START))
    moments = len(trace.of("enter", "leave", "scrap", "rework"))
    assert sum(bool(row["start"]) for row in rows) - moments == len(trace.of("start", "depart"))
    assert sum(bool(row["end"]) for row in rows) - moments == len(trace.of("end", "arrive"))
    assert [bool(row["end"]) for row in rows] == [row["lifecycle"] == "complete" for row in rows]
    ends = [row["end"] for row in rows if row["end"]]
    assert ends == sorted(ends)
    assert [row["end"] for row in rows[: len(ends)]] == ends
    assert all(row["start"] <= row["end"] for row in rows if row["end"])


# The hand-made trace


def test_the_objects_of_a_small_trace(tmp_path):
    objects, _, links, _ = from_json(to_ocel(trace_of(SATURDAY), tmp_path / "log.json", START))
    assert objects["part 0"] == ("part bracket", [("product", "1970-01-01T00:00:00.000000Z", "bracket")])
    assert {("part 0", "order 4711", "released by"), ("part 1", "order 2", "released by")} <= links
    assert {("machine saw 2", "station saw", "belongs to"), ("machine saw 3", "station saw", "belongs to")} <= links
    assert ("machine saw 1", "station saw 1", "belongs to") in links
    states = [(time, value) for name, time, value in objects["machine saw 2"][1] if name == "state"]
    assert states == [
        ("1970-01-01T00:00:00.000000Z", "idle"),
        ("2026-01-05T05:00:00.000000Z", "working"),
        ("2026-01-05T06:00:00.000000Z", "idle"),
    ]


def test_the_events_of_a_small_trace(tmp_path):
    _, events, _, links = from_json(to_ocel(trace_of(SATURDAY), tmp_path / "log.json", START))
    told = {name: (time, attributes, identifier) for identifier, name, time, attributes in events}
    assert told["late start"][:2] == ("2026-01-05T06:30:00.000000Z", {"step": 2, "hours late": 0.125})
    assert told["rework"][1] == {"step": 2, "to step": 1}
    assert told["leave"][1] == {"late": True}
    of_arrival = {link[1:] for link in links if link[0] == told["arrive"][2]}
    assert of_arrival == {("part 0", "part"), ("station saw 1", "destination"), ("transport belt", "transport")}


def test_the_activities_of_a_small_trace(tmp_path):
    path = to_csv(trace_of(SATURDAY), tmp_path / "log.csv", START)
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    rows = from_csv(path)
    assert [(row["case"], row["activity"], row["resource"]) for row in rows] == [
        ("0", "enter", ""),
        ("1", "enter", ""),
        ("0", "saw (step 1)", "saw 2"),
        ("0", "move to saw 1", "belt"),
        ("0", "rework", ""),
        ("0", "saw (step 3)", "saw 2"),
        ("0", "leave", ""),
        ("1", "scrap", ""),
        ("1", "saw (step 1)", "saw 3"),
    ]
    assert (rows[2]["start"], rows[2]["end"]) == ("2026-01-05T05:00:00.000000Z", "2026-01-05T06:00:00.000000Z")
    assert (rows[-1]["end"], rows[-1]["lifecycle"]) == ("", "start")


def test_a_ride_names_its_vehicle_and_the_vehicle_its_transport(tmp_path):
    carts = Fleet("carts", (("*", "*"),), 2, 10.0, (Edge("a", "b", 1.0),), dict.fromkeys(["saw", "mill"], "a"))
    route = (Segment("saw", HOUR), Segment("mill", HOUR))
    plant = Plant("p", (Station("saw"), Station("mill")), (Product("x", route),), (Source("x"),), transport=(carts,))
    rows = [(1.0, "depart", 0, 0, 1, 1, 1, 0), (2.0, "arrive", 0, 0, 1, 1, 1, 0)]
    trace = replace(trace_of(rows), plant=plant)
    _, events, links, of_events = from_json(to_ocel(trace, tmp_path / "log.json", START))
    assert ("vehicle carts 2", "transport carts", "belongs to") in links
    assert {(event[0], "vehicle carts 2", "vehicle") for event in events} <= of_events
    assert not any(target.startswith("machine") for _, target, _ in of_events)
    (row,) = from_csv(to_csv(trace, tmp_path / "log.csv", START))
    assert (row["activity"], row["resource"], row["machine"]) == ("move to mill", "carts 2", "")


@pytest.mark.parametrize("chunk", [1, 7])
def test_the_files_do_not_depend_on_how_many_events_are_held_at_once(chunk, tmp_path, monkeypatch):
    trace = trace_of(SATURDAY)
    whole = [
        to_ocel(trace, tmp_path / "a.json", START).read_bytes(),
        to_csv(trace, tmp_path / "a.csv", START).read_bytes(),
    ]
    tables = from_sqlite(to_ocel(trace, tmp_path / "a.sqlite", START))
    monkeypatch.setattr(event_log, "CHUNK", chunk)
    monkeypatch.setattr(ocel, "CHUNK", chunk)
    assert to_ocel(trace, tmp_path / "b.json", START).read_bytes() == whole[0]
    assert to_csv(trace, tmp_path / "b.csv", START).read_bytes() == whole[1]
    assert from_sqlite(to_ocel(trace, tmp_path / "b.sqlite", START)) == tables


# What goes wrong

WRITERS = [(to_ocel, "log.json"), (to_ocel, "log.sqlite"), (to_csv, "log.csv")]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_start_without_a_zone_is_bad_input_and_the_old_file_stays(write, name, tmp_path):
    (tmp_path / name).write_text("old")
    with pytest.raises(BadInput, match=re.escape("2026-01-05T00:00:00+00:00")):
        write(trace_of(SATURDAY), tmp_path / name, datetime(2026, 1, 5))
    assert (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_nothing_half_written_stays_behind(write, name, tmp_path):
    (tmp_path / name).write_text("old")
    rows = [*SATURDAY, (1e9, "enter", 9, 0, -1, -1, -1, -1)]
    with pytest.raises(BadInput, match="9999"):
        write(trace_of(rows), tmp_path / name, START)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_place_that_cannot_be_written_is_named(write, name, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=name):
        write(trace_of(SATURDAY), tmp_path / "file" / name, START)


def test_another_suffix_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match=r"\.sqlite or \.json"):
        to_ocel(trace_of(SATURDAY), tmp_path / "log.xml", START)
