"""A trace as a table that a spreadsheet opens: one row an event, names instead of numbers.

For process mining, where a row is an activity of a part with its start and its end, see `event_csv`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from danao.twin.event_log import events_of
from danao.twin.trace import KINDS, STATES, Trace

COLUMNS = ("time_h", "event", "part", "product", "step", "station", "machine", "detail")


def event_table(trace: Trace) -> str:
    """The events of a trace as comma-separated text with a header.

    Steps count from 1. `machine` is the vehicle where a part is carried. `detail` is the state that a machine is in
    from now on, `late` for a part that leaves after it was due, the step that a part is sent back to, or the hours by
    which it waited too long. What does not apply is empty.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(trace))
    return text.getvalue()


def _rows(trace: Trace) -> Iterator[tuple[str | float, ...]]:
    machines = trace.machine_names()
    products = [product.name for product in trace.plant.products]
    stations = [station.name for station in trace.plant.stations]
    for time, number, part, product, step, station, machine, value in events_of(trace):
        kind = KINDS[number]
        carried = kind in ("depart", "arrive")
        yield (
            repr(time),
            kind,
            part if part >= 0 else "",
            products[product] if product >= 0 else "",
            step + 1 if step >= 0 else "",
            stations[station] if station >= 0 else "",
            "" if machine < 0 else _vehicle(trace, int(value), machine) if carried else machines[machine],
            _detail(kind, value),
        )


def _vehicle(trace: Trace, transport: int, number: int) -> str:
    return f"{trace.plant.transport[transport].name} {number + 1}"


def _detail(kind: str, value: float) -> str:
    if kind == "state":
        return STATES[int(value)]
    if kind == "leave":
        return "late" if value == 1 else ""
    if kind == "rework":
        return str(int(value) + 1)
    return str(np.format_float_positional(value, trim="-")) if kind == "late start" else ""
