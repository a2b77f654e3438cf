"""Stations as they stand in the plant file."""

from __future__ import annotations

from typing import Any

from danao.plant.model import Batch, EnergyStates, Failure, Maintenance, Need, Station
from danao.plant.quantities import Kind, written
from danao.plant.rendering import Line, time_text


def rendered_station(station: Station) -> dict[str, Any]:
    """A station: on one line if it has nothing but numbers and names."""
    result: dict[str, Any] = {}
    plain = Station(station.name)
    for key in ("machines", "buffer", "blocking", "output", "rule", "calendar", "on_close", "waits_for_first"):
        if getattr(station, key) != getattr(plain, key):
            result[key] = getattr(station, key)
    short = Line(result)
    if len(station.failures) == 1:
        result["failure"] = _failure(station.failures[0])
    elif station.failures:
        result["failures"] = [_failure(failure) for failure in station.failures]
    if station.maintenance:
        result["maintenance"] = [_maintenance(one) for one in station.maintenance]
    if station.setup:
        table: dict[str, Line] = {}
        for (before, after), hours in station.setup.items():
            table.setdefault(before, Line())[after] = written(hours, "time")
        result["setup"] = table
    if station.setup_runs:
        result["setup_runs"] = Line(station.setup_runs)
    if station.setup_refusals != 0:
        result["setup_refusals"] = "always" if station.setup_refusals is None else station.setup_refusals
    if station.batch is not None:
        result["batch"] = rendered_batch(station.batch)
    if station.needs:
        result["needs"] = [_need(need) for need in station.needs]
    if station.energy != EnergyStates():
        result["energy"] = _energy(station.energy)
    return short if len(short) == len(result) else result


def rendered_batch(batch: Batch) -> Line:
    """A batch on one line."""
    line = Line(maximum=batch.maximum)
    if batch.minimum != 1:
        line["minimum"] = batch.minimum
    if batch.patience is not None:
        line["patience"] = written(batch.patience, "time")
    if batch.unit != "parts":
        line["unit"] = batch.unit
    return line


def _failure(failure: Failure) -> Line:
    line = Line(clock=failure.clock, up=time_text(failure.up), down=time_text(failure.down))
    if failure.crew:
        line["crew"] = failure.crew
    if failure.spares_idle:
        line["spares_idle"] = True
    return line


def _maintenance(one: Maintenance) -> Line:
    kind: Kind = "number of pieces" if one.clock == "pieces" else "time"
    line = Line(clock=one.clock, every=time_text(one.every, kind), takes=time_text(one.takes))
    if one.first is not None:
        line["first"] = time_text(one.first, kind)
    if one.crew:
        line["crew"] = one.crew
    for key in ("staggered", "interrupts", "spares_idle"):
        if getattr(one, key):
            line[key] = True
    return line


def _need(need: Need) -> Any:
    line = Line(skill=need.skill)
    if need.count != 1:
        line["count"] = need.count
    if need.during != "job":
        line["during"] = need.during
    return line["skill"] if len(line) == 1 else line


def _energy(energy: EnergyStates) -> Line:
    keys = {"working": "working", "idle": "idle", "down": "down", "setup": "setup", "heating": "heating"}
    line = Line()
    for key, field in {**keys, "switched_off": "off"}.items():
        if getattr(energy, field):
            line[key] = written(getattr(energy, field), "power")
    if energy.off_after is not None:
        line["off_after"] = written(energy.off_after, "time")
    if energy.warm_up:
        line["warm_up"] = written(energy.warm_up, "time")
    return line
