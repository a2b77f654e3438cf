from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.learning import read_log
from danao.plant import example
from danao.twin import Twin
from danao.twin.event_csv import to_csv
from danao.twin.ocel import to_ocel
from tests.learning.logs import at, line, written


def counts(reading) -> dict[str, int]:
    return {note.what: note.count for note in reading.notes}


def test_columns_are_guessed_and_told(tmp_path: Path) -> None:
    reading = read_log(written(tmp_path / "log.csv", line()))
    assert dict(reading.columns.columns) == {
        "order": "order",
        "operation": "operation",
        "resource": "machine",
        "start": "start",
        "end": "end",
    }
    assert set(reading.columns.guessed) == set(reading.columns.columns)


def test_names_with_blanks_and_another_separator_are_understood(tmp_path: Path) -> None:
    header = ("Work Order  ", "Activity", "Machine", "Start Timestamp", "Complete Timestamp")
    reading = read_log(written(tmp_path / "log.csv", line(), header, ";"))
    assert len(reading.log.orders) == 40
    assert reading.log.resources == ("mill", "saw") or reading.log.resources == ("saw", "mill")


def test_what_was_told_outweighs_the_guess(tmp_path: Path) -> None:
    header = ("machine", "operation", "order", "start", "end")
    path = written(tmp_path / "log.csv", line(), header)
    log = read_log(path, {"order": "machine", "resource": "order"}).log
    assert set(log.resources) == {"saw", "mill"}


@pytest.mark.parametrize("how", ["%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"])
def test_moments_are_the_same_however_they_are_written(tmp_path: Path, how: str) -> None:
    rows = [
        (
            *row[:3],
            *(
                datetime.fromisoformat(one).replace(microsecond=0, day=15 + k).strftime(how)
                for k, one in enumerate(row[3:])
            ),
        )
        for row in line()
    ]
    plain = [
        (
            *row[:3],
            *(
                datetime.fromisoformat(one).replace(microsecond=0, day=15 + k).isoformat()
                for k, one in enumerate(row[3:])
            ),
        )
        for row in line()
    ]
    one = read_log(written(tmp_path / "one.csv", rows)).log
    other = read_log(written(tmp_path / "other.csv", plain)).log
    np.testing.assert_allclose(one.start, other.start)
    assert one.monday == other.monday


def test_swapped_times_duplicates_and_running_work_are_mended_and_noted(tmp_path: Path) -> None:
    rows = line()
    clean = read_log(written(tmp_path / "clean.csv", rows)).log
    damaged = [(*rows[0][:3], rows[0][4], rows[0][3]), *rows[1:], rows[5], ("A99", "sawing", "saw", rows[-1][4], "")]
    reading = read_log(written(tmp_path / "log.csv", damaged))
    found = counts(reading)
    assert found["ends before their start"] == 1
    assert found["rows that are there twice"] == 1
    assert found["work still running at the cut"] == 1
    assert len(reading.log) == len(clean) + 1
    assert reading.log.running.sum() == 1
    ended = ~reading.log.running
    assert reading.log.end[ended].sum() == pytest.approx(clean.end.sum())


def test_an_end_that_is_missing_long_before_the_cut_is_left_out(tmp_path: Path) -> None:
    rows = [*line(200), ("A300", "sawing", "saw", at(1), "")]
    reading = read_log(written(tmp_path / "log.csv", rows))
    assert counts(reading)["events without an end, long before the cut"] == 1
    assert len(reading.log) == 400


def test_two_zones_become_one_clock(tmp_path: Path) -> None:
    rows = [(*row[:3], f"{row[3]}+01:00", f"{row[4]}+01:00") for row in line()]
    other = [(*row[:3], *(f"{one}+01:00" for one in row[3:])) for row in line()]
    moved = datetime.fromisoformat(rows[3][3]).astimezone(UTC).isoformat()
    other[3] = (*rows[3][:3], moved, rows[3][4])
    one = read_log(written(tmp_path / "one.csv", rows)).log
    reading = read_log(written(tmp_path / "other.csv", other))
    assert any("2 zones" in note.what for note in reading.notes)
    np.testing.assert_allclose(np.diff(np.sort(one.start)), np.diff(np.sort(reading.log.start)), atol=1e-6)


def test_the_clock_change_of_a_log_in_utc_is_found(tmp_path: Path) -> None:
    chooser = np.random.default_rng(3)
    rows = []
    for day in range(120):
        moment = datetime(2023, 2, 1, tzinfo=UTC)
        shift = 1 if day >= 53 else 0
        for _ in range(12):
            begin = 24 * day + 7 - shift + 8 * chooser.random()
            stamps = [
                datetime.fromtimestamp(moment.timestamp() + 3600 * (begin + k), UTC).isoformat() for k in (0, 0.5)
            ]
            rows.append((f"A{len(rows) // 3}", "sawing", "saw", *stamps))
    log = read_log(written(tmp_path / "log.csv", rows)).log
    assert log.zone == "Europe/Berlin"
    assert (log.start % 24).min() >= 8 - 1e-6
    assert (log.start % 24).max() <= 16 + 1e-6


def test_xes_says_the_same_as_csv(tmp_path: Path) -> None:
    rows = line()
    events: dict[str, str] = {}
    for order, operation, machine, start, end in rows:
        for kind, when in (("start", start), ("complete", end)):
            name = f'<string key="concept:name" value="{operation}"/><string key="org:resource" value="{machine}"/>'
            events[order] = events.get(order, "") + (
                f'<event>{name}<string key="lifecycle:transition" value="{kind}"/>'
                f'<date key="time:timestamp" value="{when}"/></event>'
            )
    traces = "".join(
        f'<trace><string key="concept:name" value="{order}"/>{text}</trace>' for order, text in events.items()
    )
    path = tmp_path / "log.xes"
    path.write_text(f'<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">{traces}</log>')
    one, other = read_log(path).log, read_log(written(tmp_path / "log.csv", rows)).log
    np.testing.assert_allclose(np.sort(one.start), np.sort(other.start))
    np.testing.assert_allclose(np.sort(one.end), np.sort(other.end))
    assert one.orders == other.orders


@pytest.mark.parametrize("suffix", [".json", ".sqlite"])
def test_a_trace_of_the_twin_comes_back_through_ocel_as_through_csv(tmp_path: Path, suffix: str) -> None:
    trace = Twin(example("machine-shop")).trace(1, 100.0)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    one = read_log(to_csv(trace, tmp_path / "log.csv", start)).log
    other = read_log(to_ocel(trace, tmp_path / f"log{suffix}", start)).log
    assert len(one) == len(other)
    np.testing.assert_allclose(np.sort(one.start), np.sort(other.start), atol=1e-6)
    assert np.isfinite(one.arrived).mean() > 0.95


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("order,operation,start,end\n", "no rows under the header"),
        ("a,b,c\n1,2,3\n", "no column that says which order"),
        ("order,operation,start,end\n1,saw,12:30,40:10\n", "cut them to mm:ss"),
        ("order,operation,start,end\n1,saw,soon,later\n", "no column that says when"),
        ("order,order,start,end\n1,2,3,4\n", "two columns 'order'"),
    ],
)
def test_what_cannot_be_read_is_explained(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=told):
        read_log(path)


def test_one_order_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="1 order"):
        read_log(written(tmp_path / "log.csv", line(1)))


def test_times_with_and_without_zone_are_refused(tmp_path: Path) -> None:
    rows = line()
    rows[0] = (*rows[0][:3], rows[0][3] + "Z", rows[0][4])
    with pytest.raises(BadInput, match="with a time zone"):
        read_log(written(tmp_path / "log.csv", rows))


def test_a_log_without_resources_makes_each_operation_a_station(tmp_path: Path) -> None:
    from danao.learning import learn

    rows = [(row[0], row[1], *row[3:]) for row in line()]
    reading = read_log(written(tmp_path / "log.csv", rows, ("order", "operation", "start", "end")))
    assert "no column for machines or people" in counts(reading)
    assert {station.name for station in learn(reading.log).plant.stations} == {"sawing", "milling"}


@pytest.mark.parametrize("name", ["log.json", "log.sqlite", "log.xes", "log.csv"])
def test_a_missing_file_is_no_traceback(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        read_log(tmp_path / name)


def test_a_document_that_is_no_log_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"hello": 1}))
    with pytest.raises(BadInput, match="OCEL"):
        read_log(path)


def test_memory_does_not_grow_with_text_that_nobody_needs(tmp_path: Path) -> None:
    def peak(remark: str) -> int:
        rows = [(*row, remark) for row in line(4000)]
        path = written(tmp_path / "log.csv", rows, ("order", "operation", "machine", "start", "end", "remark"))
        tracemalloc.start()
        read_log(path)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    plain, long = peak("-"), peak("found to be in order; " * 100)
    assert long - plain < 0.25 * 8000 * 2200
