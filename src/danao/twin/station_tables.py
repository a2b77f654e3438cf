"""Stations, their machines, and what stops these, as tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from danao.plant.distribution import Distribution
from danao.plant.model import Maintenance, Need
from danao.plant.rules import DISPATCHING_RULES, rule_names
from danao.twin import world
from danao.twin.numbering import Numbers, rows
from danao.twin.trace import STATES


def station_tables(numbers: Numbers, steps: world.Records) -> tuple[world.Records, world.Records, world.Floats]:
    """The stations, whom their jobs need, and their setup matrices one after the other."""
    stations = np.zeros(len(numbers.plant.stations), world.STATION)
    needs: list[tuple[int, int, int]] = []
    setups: list[world.Floats] = []
    first = 0
    for number, station in enumerate(numbers.plant.stations):
        row = stations[number]
        row["first"], row["machines"] = first, station.machines
        first += station.machines
        row["capacity"] = -1 if station.buffer is None else station.buffer
        row["before"] = station.blocking == "before"
        row["output"] = station.output
        codes = [DISPATCHING_RULES.index(name) for name in rule_names(station.rule)]
        row["rule"], row["second"], row["third"], row["fourth"] = (*codes, 0, 0, 0, 0)[:4]
        for name in ("head", "tail", "blocked_head", "blocked_tail", "setup_at", "saturated", "calendar"):
            row[name] = -1
        row["idle"] = row["empty"] = station.machines
        if station.setup:
            row["setup_at"] = sum(matrix.size for matrix in setups)
            setups.append(_setup_matrix(station.setup, numbers.classes))
        if station.calendar:
            row["calendar"] = numbers.calendar_number[station.calendar]
        row["pauses"] = station.on_close == "pause"
        row["waits_first"] = station.waits_for_first
        if station.setup_runs:
            row["refusals"] = -1 if station.setup_refusals is None else station.setup_refusals
        row["needs_at"], row["needs"] = len(needs), len(station.needs)
        needs += [_need(numbers, need) for need in station.needs]
        energy = station.energy
        row["off_after"] = -1.0 if energy.off_after is None else energy.off_after
        row["warm_up"] = energy.warm_up
        by_state = {
            "idle": energy.idle,
            "working": energy.working,
            "blocked": energy.idle,
            "down": energy.down,
            "setup": energy.setup,
            "maintenance": energy.down,
            "closed": energy.down,
            "heating": energy.heating,
            "off": energy.off,
        }
        row["power"] = [by_state[state] for state in STATES]
        here = steps[steps["station"] == number]
        row["work"] = float(here["mean"].mean()) if len(here) else 0.0
        row["batches"] = bool((here["batch_max"] > 0).any())
        row["dedicates"] = bool((here["dedicated"] >= 0).any())
        row["limited"] = bool(((here["limit"] >= 0) & (here["limit_then"] != world.COUNT_ONLY)).any())
        row["plain"] = (
            codes == [0]
            and not (row["batches"] or row["dedicates"] or row["before"] or station.setup_runs)
            and not (here["needs"] > 0).any()
        )
    _look_upstream(numbers, stations, steps)
    table = rows(world.NEED, needs)
    return stations, table, np.concatenate([m.ravel() for m in setups]) if setups else np.zeros(0)


def _need(numbers: Numbers, need: Need) -> tuple[int, int, int]:
    return numbers.skill_number[need.skill], need.count, int(need.during == "setup")


def _look_upstream(numbers: Numbers, stations: world.Records, steps: world.Records) -> None:
    for number, row in enumerate(stations):
        before = {
            int(steps[at]["station"])
            for at in range(len(steps) - 1)
            if steps[at + 1]["station"] == number and not steps[at]["last"] and stations[steps[at]["station"]]["before"]
        }
        row["upstream_at"], row["upstream"] = len(numbers.users), len(before)
        numbers.users += sorted(before)


def machine_table(numbers: Numbers, stops: world.Records) -> world.Records:
    """The machines, station by station."""
    owners = [number for number, station in enumerate(numbers.plant.stations) for _ in range(station.machines)]
    machines = np.zeros(len(owners), world.MACHINE)
    machines["station"] = owners
    machines["part"] = machines["strikes"] = machines["seen"] = -1
    machines["pools"] = -1
    machines["left"] = -1.0
    at = 0
    for number, station in enumerate(owners):
        machines["first_stop"][number] = at
        one = numbers.plant.stations[station]
        machines["stops"][number] = len(one.failures) + len(one.maintenance)
        at += int(machines["stops"][number])
        if one.energy.off_after == 0:
            machines["status"][number] = world.OFF
    return machines


def stop_table(numbers: Numbers) -> world.Records:
    """Failures and maintenance, machine by machine."""
    entries = []
    machine = 0
    clocks = ("", "calendar", "operation", "pieces")
    for station in numbers.plant.stations:
        for place in range(station.machines):
            for failure in station.failures:
                up = numbers.distributions.number(failure.up)
                down = numbers.distributions.number(failure.down)
                skill = numbers.skill_number[failure.crew] if failure.crew else -1
                stop = (machine, 0, clocks.index(failure.clock), up, down, up, skill, -1, 0, 0, -1)
                entries.append((*stop, int(failure.spares_idle), 0, 0.0))
            for care in station.maintenance:
                up, down = numbers.distributions.number(care.every), numbers.distributions.number(care.takes)
                first = numbers.distributions.number(_first(care, (place + 1) / station.machines))
                skill = numbers.skill_number[care.crew] if care.crew else -1
                stop = (machine, 1, clocks.index(care.clock), up, down, first, skill, -1, 0, 0, -1)
                entries.append((*stop, int(care.spares_idle), int(care.interrupts), 0.0))
            machine += 1
    return rows(world.STOP, entries)


def _first(care: Maintenance, share: float) -> Distribution:
    """When a machine is first maintained, where so large a share of the machines is up to it."""
    first = care.every if care.first is None else care.first
    return Distribution(first.family, (first.parameters[0] * share,)) if care.staggered else first


def setup_run_table(numbers: Numbers) -> world.Integers:
    """Least jobs after a change: stations times classes."""
    runs = np.zeros((len(numbers.plant.stations), len(numbers.classes)), dtype=np.int64)
    for number, station in enumerate(numbers.plant.stations):
        for name, count in station.setup_runs.items():
            runs[number, numbers.classes.index(name)] = count
    return runs.ravel()


def _setup_matrix(setup: Mapping[tuple[str, str], float], classes: tuple[str, ...]) -> world.Floats:
    matrix = np.zeros((len(classes), len(classes)))
    exact = {pair: hours for pair, hours in setup.items() if "*" not in pair}
    for (before, after), hours in sorted(setup.items(), key=lambda item: item[0].count("*"), reverse=True):
        rows = slice(None) if before == "*" else classes.index(before)
        columns = slice(None) if after == "*" else classes.index(after)
        matrix[rows, columns] = hours
    for place, name in enumerate(classes):
        matrix[place, place] = exact.get((name, name), 0.0)
    return matrix
