"""A plant as YAML text, laid out as a person would write it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import yaml

from danao.plant.model import Distribution, EnergyStates, Family, Plant, Product, Segment, Source, Station
from danao.plant.quantities import written


class _Line(dict[str, Any]):
    """A mapping that stands on one line."""


class _Dumper(yaml.SafeDumper):
    """Block style for what is long, one line for what is short; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Equal values are written out each time."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists are indented below their key."""
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Text with a character that YAML might fold or refuse is written with escapes."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    _Line, lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line.items(), flow_style=True)
)


def rendered(plant: Plant) -> str:
    """The YAML text of a plant.

    Raises:
        BadInput: A time or power in the plant is negative or not finite.
    """
    document = {
        "plant": plant.name,
        "products": {product.name: {"route": _route(product)} for product in plant.products},
        "stations": {station.name: _station(station) for station in plant.stations},
        "sources": [_source(source) for source in plant.sources],
    }
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)


def _route(product: Product) -> list[_Line]:
    stations = [step.station for step in product.route]
    return [_step(step, stations) for step in product.route]


def _step(step: Segment, stations: Sequence[str]) -> _Line:
    line = _Line(station=step.station, time=_time(step.time))
    if step.setup_class:
        line["setup_class"] = step.setup_class
    if step.scrap:
        line["scrap"] = step.scrap
    if step.rework:
        line["rework"] = step.rework
    if step.rework or step.rework_to:
        inside = 0 <= step.rework_to < len(stations)
        once = inside and stations.count(stations[step.rework_to]) == 1
        line["rework_to"] = stations[step.rework_to] if once else f"step {step.rework_to + 1}"
    return line


def _station(station: Station) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if station.machines != 1:
        result["machines"] = station.machines
    if station.buffer is not None:
        result["buffer"] = station.buffer
    if station.rule != "fifo":
        result["rule"] = station.rule
    if not (station.failure or station.setup or station.energy != EnergyStates()):
        return _Line(result)
    if station.failure:
        failure = station.failure
        result["failure"] = _Line(clock=failure.clock, up=_time(failure.up), down=_time(failure.down))
    if station.setup:
        table: dict[str, _Line] = {}
        for (before, after), hours in station.setup.items():
            table.setdefault(before, _Line())[after] = written(hours, "time")
        result["setup"] = table
    states = {state: getattr(station.energy, state) for state in ("working", "idle", "down", "setup")}
    powers = _Line({state: written(power, "power") for state, power in states.items() if power})
    if powers:
        result["energy"] = powers
    return result


def _source(source: Source) -> _Line:
    line = _Line(product=source.product)
    if source.gaps is None:
        line["saturated"] = True
    else:
        line["gaps"] = _time(source.gaps)
    if source.first is not None:
        line["first"] = _time(source.first)
    if source.due_after != math.inf:
        line["due_after"] = written(source.due_after, "time")
    if source.priority:
        line["priority"] = source.priority
    return line


def _time(time: Distribution) -> Any:
    texts: list[Any] = [written(value, "time") for value in time.parameters]
    if time.family is Family.CONSTANT:
        return texts[0]
    if time.family is Family.WEIBULL:
        texts[1] = time.parameters[1]
    return _Line({str(time.family): texts[0] if time.family is Family.EXPONENTIAL else texts})
