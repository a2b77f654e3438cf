"""Put a replication into a recorded state of the plant, before its first event."""

from __future__ import annotations

import math

import numpy as np

from danao.core.errors import BadInput
from danao.plant.state import PartState, PlantState
from danao.twin.calls import at, turn
from danao.twin.compiling import entry
from danao.twin.gate import let_in
from danao.twin.loop import set_first_clocks, set_further_clocks
from danao.twin.machines import hold, take_people, work_on
from danao.twin.parts import new_part
from danao.twin.queues import join_queue
from danao.twin.replication import Replication
from danao.twin.sampling import draw
from danao.twin.world import CLOSED, ON_MACHINE, UNDER_REPAIR, WORKING, Records, World

_PART = np.dtype(
    [(name, np.int64) for name in ("product", "step", "machine", "priority", "pieces", "flow")]
    + [(name, np.float64) for name in ("left", "entered", "due", "since")]
)
_DOWN = np.dtype([("machine", np.int64), ("stop", np.int64), ("left", np.float64)])


def put_in_state(replication: Replication, state: PlantState) -> None:
    """Set clock, calendars, machines and parts.

    Raises:
        BadInput: A product, step, station or machine that the plant does not have, or two parts on one machine.
    """
    put_parts(replication, *read_state(replication, state))


def read_state(replication: Replication, state: PlantState) -> tuple[Records, Records]:
    """Set clock, calendars and setups.

    Returns:
        The parts and the machines under repair, for `put_parts`, which has random numbers to draw.

    Raises:
        BadInput: A product, step, station or machine that the plant does not have, or two parts on one machine.
    """
    where = f"state of {replication.layout.plant.name}"
    if not (math.isfinite(state.clock) and state.clock >= 0):
        raise BadInput(where, f"a clock of {state.clock:g} h", "Expected a time of 0 or more", "Correct the clock")
    _set_clock(replication, state.clock)
    _set_up(replication, state, where)
    return _parts(replication, state, where), _down(replication, state, where)


def put_parts(replication: Replication, parts: Records, down: Records) -> None:
    """Put the parts of a state into queues and onto machines, and take machines down."""
    if len(parts) or len(down):
        while replication.run["free"] < len(parts) + replication.run["margin"]:
            replication.grow()
        _place(replication.world, parts, down)


def _set_clock(replication: Replication, clock: float) -> None:
    tables, run = replication.world, replication.run
    for name in ("now", "wip_since", "meter_at", "metered_at"):
        run[name] = clock
    tables.machines["since"] = clock
    tables.pools["since"] = clock
    interval = float(run["interval"])
    run["interval_end"] = (math.floor(clock / interval) + 1) * interval
    for number, day in enumerate(tables.days):
        edges = tables.spans[day["at"] : day["at"] + 2 * day["spans"]]
        hour = clock % float(day["cycle"])
        passed = int((edges <= hour).sum())
        cycle = clock - hour
        day["is_open"] = passed % 2
        day["next"] = passed + round(cycle / float(day["cycle"])) * len(edges)
        day["start"] = edges[passed % len(edges)] + float(day["cycle"]) * (day["next"] // len(edges))
        if not day["is_open"]:
            _close(replication, number)


def _close(replication: Replication, calendar: int) -> None:
    """Close what follows a calendar, before the first event."""
    tables, run = replication.world, replication.run
    for station in np.flatnonzero(tables.stations["calendar"] == calendar):
        row = tables.stations[station]
        for k in range(int(row["first"]), int(row["first"] + row["machines"])):
            machine = tables.machines[k]
            run["kw"] += row["power"][CLOSED] - row["power"][machine["status"]]
            machine["closed"] = machine["holds"] = 1
            machine["left"] = -1.0
            machine["status"] = CLOSED
            row["idle"] -= 1
    tables.pools["on_shift"][tables.pools["calendar"] == calendar] = 0


def _machine(replication: Replication, station: str, number: int, where: str) -> int:
    plant = replication.layout.plant
    names = [one.name for one in plant.stations]
    if station not in names:
        raise BadInput(
            where, f"unknown station {station!r}", f"Expected one of: {', '.join(names)}", "Correct the name"
        )
    place = names.index(station)
    if not 0 <= number < plant.stations[place].machines:
        raise BadInput(
            f"{where}: station {station}",
            f"machine {number + 1}",
            f"Expected 1 to {plant.stations[place].machines}",
            "Correct the number",
        )
    return int(replication.layout.world.stations[place]["first"]) + number


def _set_up(replication: Replication, state: PlantState, where: str) -> None:
    classes = replication.layout.classes
    seen: set[int] = set()
    for one in state.machines:
        k = _machine(replication, one.station, one.machine, where)
        if k in seen:
            raise BadInput(
                f"{where}: station {one.station}",
                f"machine {one.machine + 1} is described twice",
                "Expected each machine once",
                "Merge the two",
            )
        seen.add(k)
        if one.setup_class not in classes:
            raise BadInput(
                f"{where}: station {one.station}",
                f"unknown setup class {one.setup_class!r}",
                f"Expected one of: {', '.join(name for name in classes if name) or 'none is defined'}",
                "Correct the name",
            )
        replication.world.machines[k]["setup_class"] = classes.index(one.setup_class)


def _parts(replication: Replication, state: PlantState, where: str) -> Records:
    plant, tables = replication.layout.plant, replication.world
    names = {product.name: number for number, product in enumerate(plant.products)}
    flows = {name: number for number, name in enumerate(replication.layout.flows)}
    taken: set[int] = set()
    rows = []
    for number, part in enumerate(state.parts):
        at_part = f"{where}: part {part.name or number + 1}"
        if part.product not in names:
            raise BadInput(
                at_part, f"unknown product {part.product!r}", f"Expected one of: {', '.join(names)}", "Correct the name"
            )
        route = plant.products[names[part.product]].route
        if not 0 <= part.step < len(route):
            raise BadInput(at_part, f"step {part.step + 1}", f"Expected 1 to {len(route)}", "Correct the step")
        k = -1
        if part.machine is not None:
            k = _machine(replication, *part.machine, at_part)
            if part.machine[0] != route[part.step].station:
                raise BadInput(
                    at_part,
                    f"step {part.step + 1} on a machine of {part.machine[0]}",
                    f"Expected {route[part.step].station}, where the step is done",
                    "Correct the step or the machine",
                )
            if k in taken or tables.machines[k]["closed"]:
                why = "already has a part" if k in taken else "is closed at that time"
                raise BadInput(
                    at_part,
                    f"machine {part.machine[1] + 1} of {part.machine[0]} {why}",
                    "Expected a free machine",
                    "Correct the machine, or let the part wait",
                )
            taken.add(k)
        left = math.nan if part.left is None else part.left
        if part.left is not None and not 0 <= left < math.inf:
            raise BadInput(at_part, f"{left:g} h left", "Expected a time of 0 or more", "Correct the time")
        since = state.clock if part.waits_since is None else part.waits_since
        _check_past(at_part, part, since, state.clock)
        flow = flows.get(part.name, flows[part.product])
        step = int(tables.products[names[part.product]]["first_step"]) + part.step
        whole = (names[part.product], step, k, part.priority, part.pieces, flow)
        rows.append((*whole, left, part.entered, part.due, since))
    return np.array(rows, dtype=_PART)


def _check_past(where: str, part: PartState, since: float, clock: float) -> None:
    if part.pieces < 1:
        raise BadInput(where, f"{part.pieces} pieces", "Expected 1 or more", "Correct the number")
    if not -math.inf < part.due:
        raise BadInput(where, f"due at {part.due:g} h", "Expected a time, or infinity for never", "Correct the time")
    for what, time in (("entered", part.entered), ("waits since", since)):
        if not -math.inf < time <= clock:
            raise BadInput(
                where, f"{what} {time:g} h", f"Expected a time up to the clock, {clock:g} h", "Correct the time"
            )


def _down(replication: Replication, state: PlantState, where: str) -> Records:
    rows = []
    for one in state.machines:
        if one.repair_left is None:
            continue
        k = _machine(replication, one.station, one.machine, where)
        station = replication.layout.plant.station(one.station)
        if not station.failures:
            raise BadInput(
                f"{where}: station {one.station}",
                "a machine is down",
                "Expected a station whose machines fail in the plant",
                "Describe its failures, or leave the repair out",
            )
        if not 0 <= one.repair_left < math.inf:
            raise BadInput(
                f"{where}: station {one.station}",
                f"{one.repair_left:g} h of repair left",
                "Expected a time of 0 or more",
                "Correct the time",
            )
        rows.append((k, int(replication.world.machines[k]["first_stop"]), one.repair_left))
    return np.array(rows, dtype=_DOWN)


@entry
def _place(w: World, rows: Records, down: Records) -> None:
    """Put parts into queues and onto machines, and take machines down."""
    run = w.run
    now = run.now
    run.started = 1
    set_first_clocks(w, True)
    set_further_clocks(w)
    for i in range(rows.size):
        row = rows[i]
        number = new_part(w, w.run.source_count + 2, i, row.product, now)
        part = w.parts[number]
        part.step = row.step
        part.flow = row.flow
        part.priority = row.priority
        part.pieces = row.pieces
        part.due = row.due
        let_in(w, number, now)
        w.products[row.product].entered -= 1
        part.entered = row.entered
        part.ended_at = row.since
        for slot in range(run.mark_slots):
            w.marks[number * run.mark_slots + slot] = row.since
        station_number = w.steps[row.step].station
        if row.machine < 0:
            join_queue(w, station_number, number, now)
            part.queued_at = row.since
            continue
        station = w.stations[station_number]
        machine = w.machines[row.machine]
        station.idle -= 1
        station.empty -= 1
        machine.part = number
        machine.load = 1
        machine.pieces = row.pieces
        if w.steps[row.step].setup_class > 0:
            machine.setup_class = w.steps[row.step].setup_class
        part.at = station_number
        part.holder = ON_MACHINE
        part.place = row.machine
        part.machine = row.machine
        if w.steps[row.step].dedicate >= 0:
            w.dedicated[number * run.dedication_slots + w.steps[row.step].dedicate] = row.machine
        if station.needs > 0:
            take_people(w, row.machine, False, now)
        turn(w, row.machine, WORKING, now)
        hours = row.left
        if np.isnan(hours):
            step = w.steps[row.step]
            times = float(row.pieces) if step.per_piece == 1 else 1.0
            hours = draw(w.distributions, w.values, step.time, part.key, part.draws) * times
            part.draws += 1
        work_on(w, row.machine, hours, now)
    for i in range(down.size):
        row = down[i]
        stop = w.stops[row.stop]
        w.machines[row.machine].down += 1
        hold(w, row.machine, now)
        stop.state = UNDER_REPAIR
        stop.pool = -1
        stop.count += 1
        at(w, run.machine_count + row.stop, now + row.left)
