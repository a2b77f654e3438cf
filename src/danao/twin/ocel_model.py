"""A trace in the words of OCEL 2.0: which objects there are, and which of them take part in each event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from danao.plant.transport import Conveyor, Fleet
from danao.twin.event_log import Clock, events_of, unique
from danao.twin.trace import KINDS, STATES, Trace

Value = str | int | float | bool
Link = tuple[str, str]
"""(object, qualifier)."""

BEGINNING = "1970-01-01T00:00:00.000000Z"
"""Time of values that never change, as the standard has it."""

EVENT_TYPES: dict[str, dict[str, str]] = {
    "enter": {},
    "queue": {"step": "integer"},
    "start": {"step": "integer"},
    "end": {"step": "integer"},
    "leave": {"late": "boolean"},
    "scrap": {"step": "integer"},
    "rework": {"step": "integer", "to step": "integer"},
    "state": {"state": "string"},
    "depart": {},
    "arrive": {},
    "late start": {"step": "integer", "hours late": "float"},
}
"""Attributes of each type of event and their types. Steps are positions in the route, from 1."""


@dataclass(frozen=True)
class OcelEvent:
    """One event."""

    id: str
    type: str
    time: str
    attributes: dict[str, Value]
    objects: tuple[Link, ...]


@dataclass(frozen=True)
class OcelObject:
    """One object."""

    id: str
    type: str
    attributes: tuple[tuple[str, str, Value], ...] = ()
    """(name, time from which it holds, value); the first value of each name holds from the beginning."""
    objects: tuple[Link, ...] = field(default=())


class OcelView:
    """Objects and events of a trace, one after the other.

    Args:
        trace: The events.
        start: Time 0 of the twin, aware.

    Raises:
        BadInput: The start has no time zone.
    """

    def __init__(self, trace: Trace, start: datetime) -> None:
        plant = trace.plant
        self._trace, self._clock = trace, Clock(start)
        self._stations = _labels("station", [station.name for station in plant.stations])
        self._machines = _labels("machine", trace.machine_names())
        self._transports = _labels("transport", [transport.name for transport in plant.transport])
        self._orders = _labels("order", [order.name or str(number + 1) for number, order in enumerate(plant.orders)])
        self._parts = _labels("part", [product.name for product in plant.products])
        self._of_machine = trace.machine_stations()
        vehicles = [
            (number, vehicle) for number in range(len(plant.transport)) for vehicle in range(self._count(number))
        ]
        labels = unique([f"vehicle {plant.transport[number].name} {vehicle + 1}" for number, vehicle in vehicles])
        self._vehicles = dict(zip(vehicles, labels, strict=True))

    def object_types(self) -> dict[str, dict[str, str]]:
        """Attributes of each type of object and their types; the parts of each product are a type."""
        return {
            **{part: {"product": "string"} for part in self._parts},
            "machine": {"number": "integer", "state": "string"},
            "station": {"machines": "integer", "rule": "string"},
            "order": {"release": "time", "priority": "integer", "pieces": "integer"},
            "transport": {"kind": "string"},
            "vehicle": {"number": "integer"},
        }

    def objects(self) -> Iterator[OcelObject]:
        """Every object, what it points to before it."""
        plant = self._trace.plant
        for label, station in zip(self._stations, plant.stations, strict=True):
            yield OcelObject(label, "station", _fixed({"machines": station.machines, "rule": station.rule}))
        for number, label in enumerate(self._machines):
            station_number = self._of_machine[number]
            place = number - self._of_machine.index(station_number) + 1
            states = tuple(("state", time, state) for time, state in self._states(number))
            attributes = (*_fixed({"number": place}), *states)
            yield OcelObject(label, "machine", attributes, ((self._stations[station_number], "belongs to"),))
        for label, transport in zip(self._transports, plant.transport, strict=True):
            yield OcelObject(label, "transport", _fixed({"kind": type(transport).__name__.lower()}))
        for (number, vehicle), label in self._vehicles.items():
            links = ((self._transports[number], "belongs to"),)
            yield OcelObject(label, "vehicle", _fixed({"number": vehicle + 1}), links)
        for label, order in zip(self._orders, plant.orders, strict=True):
            release = self._clock.at(order.release)
            attributes = _fixed({"release": release, "priority": order.priority, "pieces": order.pieces})
            yield OcelObject(label, "order", attributes)
        ordered = self._ordered()
        for part, product in self._seen():
            origin = ((self._orders[ordered[part]], "released by"),) if part in ordered else ()
            attributes = _fixed({"product": plant.products[product].name})
            yield OcelObject(f"part {part}", self._parts[product], attributes, origin)

    def events(self) -> Iterator[OcelEvent]:
        """Every event of the trace, in its order, which is that of the identifiers too."""
        width = len(str(len(self._trace.events)))
        for number, event in enumerate(events_of(self._trace)):
            time, kind, part, _, step, station, machine, value = event
            name = KINDS[kind]
            carried = name in ("depart", "arrive")
            if station < 0 <= machine and not carried:
                station = self._of_machine[machine]
            links = [(f"part {part}", "part")] if part >= 0 else []
            if machine >= 0 and not carried:
                links.append((self._machines[machine], "machine"))
            if station >= 0:
                links.append((self._stations[station], "destination" if carried else "station"))
            if carried:
                links.append((self._transports[int(value)], "transport"))
                vehicle = self._vehicles.get((int(value), machine))
                links += [(vehicle, "vehicle")] if vehicle else []
            yield OcelEvent(
                f"event {number:0{width}}", name, self._clock.at(time), _told(name, step, value), tuple(links)
            )

    def _count(self, number: int) -> int:
        transport = self._trace.plant.transport[number]
        if isinstance(transport, Conveyor):
            return 0
        return transport.vehicles if isinstance(transport, Fleet) else len(transport.start)

    def _states(self, machine: int) -> Iterator[tuple[str, str]]:
        """Changes of a machine's state; the first one is its state from the beginning."""
        changes = self._trace.of("state")
        before = ""
        for time, number in changes[changes["machine"] == machine][["time", "value"]].tolist():
            state = STATES[int(number)]
            if state != before:
                yield (self._clock.at(time) if before else BEGINNING), state
            before = state

    def _seen(self) -> list[tuple[int, int]]:
        """Each part in the trace and its product."""
        events = self._trace.events
        known = events[(events["part"] >= 0) & (events["product"] >= 0)]
        parts, first = np.unique(known["part"], return_index=True)
        return list(zip(parts.tolist(), known["product"][first].tolist(), strict=True))

    def _ordered(self) -> dict[int, int]:
        """Order of each part where it is certain: it entered at the release, and no source makes the product."""
        plant = self._trace.plant
        drawn = {name for source in plant.sources for name in source.made}
        numbers: dict[tuple[str, float], list[int]] = {}
        for number, order in enumerate(plant.orders):
            if order.product not in drawn:
                numbers.setdefault((order.product, order.release), []).append(number)
        found = {}
        if numbers:
            for time, part, product in self._trace.of("enter")[["time", "part", "product"]].tolist():
                waiting = numbers.get((plant.products[product].name, time), [])
                if waiting:
                    found[part] = waiting.pop(0)
        return found


def _labels(kind: str, names: list[str]) -> list[str]:
    return unique([f"{kind} {name}" for name in names])


def _fixed(values: Mapping[str, Value]) -> tuple[tuple[str, str, Value], ...]:
    return tuple((name, BEGINNING, value) for name, value in values.items())


def _told(name: str, step: int, value: float) -> dict[str, Value]:
    """Attributes of an event."""
    kinds = EVENT_TYPES[name]
    told: dict[str, Value] = {"step": step + 1} if "step" in kinds and step >= 0 else {}
    extra: dict[str, dict[str, Value]] = {
        "leave": {"late": value == 1},
        "rework": {"to step": int(value) + 1},
        "late start": {"hours late": value},
    }
    if name == "state":
        return {"state": STATES[int(value)]}
    return {**told, **extra.get(name, {})}
