"""Traces as a table of activities, as tools for process mining read it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from danao.plant.transport import Conveyor
from danao.twin.event_log import Clock, events_of, replaced, unique
from danao.twin.trace import KINDS, Trace

COLUMNS = ("case", "activity", "resource", "start", "end", "product", "station", "machine", "lifecycle")

_MOMENTS = ("enter", "leave", "scrap", "rework")
_SPANS = {"start": "end", "depart": "arrive"}


def to_csv(trace: Trace, path: Path, start: datetime) -> Path:
    """Write the activities of all parts, one row each, in the order in which they ended.

    An activity is a step (named by its station, and by its position in the route where the station comes twice), a
    ride, or a moment of a part: enter, leave, scrap, rework. What did not end before the trace did stands last, without
    an end and with the lifecycle `start`; what began before the trace has no start; all others are `complete`.

    Args:
        trace: The events.
        path: The file.
        start: Time 0 of the twin, with a time zone; all times are written in UTC.

    Raises:
        BadInput: The start has no time zone.
        StorageError: The file cannot be written.
    """
    clock = Clock(start)
    with replaced(path) as neighbour, neighbour.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_rows(trace, clock))
    return path


def _rows(trace: Trace, clock: Clock) -> Iterator[tuple[str, ...]]:
    plant = trace.plant
    stations = unique([station.name for station in plant.stations])
    products = unique([product.name for product in plant.products])
    machines = unique(trace.machine_names())
    transports = unique([transport.name for transport in plant.transport])
    visits = [[segment.station for segment in product.route] for product in plant.products]
    begun: dict[tuple[str, int, int, int], list[tuple[str, tuple[str, ...]]]] = {}

    def row(kind: str, product: int, step: int, station: int, machine: int, value: float) -> tuple[str, ...]:
        """Activity, resource, product, station and machine."""
        place = stations[station] if station >= 0 else ""
        made = products[product] if product >= 0 else ""
        if kind in _MOMENTS:
            return kind, "", made, place, ""
        if kind == "depart":
            number = int(value)
            alone = machine < 0 or isinstance(plant.transport[number], Conveyor)
            carrier = transports[number] if alone else f"{transports[number]} {machine + 1}"
            return f"move to {place}", carrier, made, place, ""
        label = machines[machine] if machine >= 0 else ""
        route = visits[product] if product >= 0 else []
        twice = 0 <= step < len(route) and route.count(route[step]) > 1
        return f"{place} (step {step + 1})" if twice else place, label, made, place, label

    for time, number, part, product, step, station, machine, value in events_of(trace):
        kind = KINDS[number]
        if part < 0:
            continue
        case, now = str(part), clock.at(time)
        if kind in _MOMENTS:
            told = row(kind, product, step, station, machine, value)
            yield case, *told[:2], now, now, *told[2:], "complete"
        for first, last in _SPANS.items():
            key = (first, part, step if first == "start" else -1, machine)
            if kind == first:
                begun.setdefault(key, []).append((now, row(first, product, step, station, machine, value)))
            elif kind == last:
                waiting = begun.get(key, [])
                since, told = waiting.pop(0) if waiting else ("", row(first, product, step, station, machine, value))
                if not waiting:
                    begun.pop(key, None)
                yield case, *told[:2], since, now, *told[2:], "complete"
    left = [(since, str(key[1]), told) for key, waiting in begun.items() for since, told in waiting]
    for since, case, told in sorted(left, key=lambda one: one[0]):
        yield case, *told[:2], since, "", *told[2:], "start"
