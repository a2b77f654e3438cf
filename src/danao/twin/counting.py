"""Where counting begins and ends, in compiled code: new tables, the end of a warm-up, the end of a span."""

from __future__ import annotations

import numpy as np

from danao.twin.compiling import entry, inlined
from danao.twin.loop import read_meter
from danao.twin.world import IDLE, NEVER, OFF, TO_PART, WITH_PART, Integers, World


@entry
def renew(w: World, tables: Integers, fresh: Integers, parts: int, key: int) -> None:
    """Go back to the tables of the start, with other random numbers.

    Args:
        w: Whose tables of changing size hold so many parts.
        tables: (words,) the block of the tables that change.
        fresh: (words,) what it holds at the start.
        parts: How many the tables hold.
        key: Of all random numbers.
    """
    for word in range(tables.size):
        tables[word] = fresh[word]
    run = w.run
    run.free = parts
    run.moves_size = parts + 1
    run.key = np.uint64(key)
    for node in range(4 * run.leaves + 1):
        w.tree[node] = NEVER
    for place in range(parts):
        w.free[place] = parts - 1 - place


@inlined
def book_lateness(w: World, sign: float) -> None:
    """Add what unfinished parts are late so far to `open_late`; components in their store are finished."""
    run = w.run
    for place in range(run.free):
        w.parts[w.free[place]].due = NEVER
    for number in range(run.moves_size - 1):
        part = w.parts[number]
        if run.now > part.due:
            product = w.products[part.product]
            if product.is_component == 0:
                product.open_late += sign * (run.now - part.due)


@entry
def forget(w: World) -> None:
    """Throw the statistics of the warm-up away."""
    run = w.run
    now = run.now
    for number in range(run.product_count):
        product = w.products[number]
        product.entered = 0
        product.finished = 0
        product.scrapped = 0
        product.late = 0
        product.reworked = 0
        product.escaped = 0
        product.broken = 0
        product.lead = 0.0
        product.tardiness = 0.0
        product.open_late = 0.0
    book_lateness(w, -1.0)
    for number in range(run.flow_count):
        flow = w.flows[number]
        flow.finished = 0
        flow.late = 0
        flow.lead = 0.0
    for number in range(run.station_count):
        station = w.stations[number]
        station.jobs = 0
        station.passed = 0
        station.rejected = 0
        station.setups = 0
        station.restarts = 0
        station.breakdowns = 0
        station.ideal = 0.0
        station.queue_hours = 0.0
    for number in range(run.machine_count):
        machine = w.machines[number]
        for state in range(OFF + 1):
            machine.hours[state] = 0.0
        machine.since = now
    for number in range(run.pool_count):
        pool = w.pools[number]
        pool.busy = 0.0
        pool.shift = 0.0
        pool.since = now
    for number in range(run.transport_count):
        transport = w.transports[number]
        transport.carried = 0
        transport.loaded = 0.0
        transport.empty = 0.0
        for k in range(transport.first_vehicle, transport.first_vehicle + transport.vehicles):
            w.vehicles[k].since = now
    run.wip_hours = 0.0
    run.wip_since = now
    run.cost = 0.0
    run.peak = 0.0
    run.kwh = 0.0
    run.interval_kwh = 0.0
    run.meter_at = now
    run.metered_at = now


@entry
def settle(w: World) -> None:
    """Count what is still going on at the end of the span."""
    run = w.run
    now = run.now
    for number in range(run.machine_count):
        machine = w.machines[number]
        machine.hours[machine.status] += now - machine.since
        machine.since = now
    for number in range(run.pool_count):
        pool = w.pools[number]
        pool.busy += pool.working * (now - pool.since)
        pool.shift += pool.on_shift * (now - pool.since)
        pool.since = now
    for number in range(run.transport_count):
        transport = w.transports[number]
        for k in range(transport.first_vehicle, transport.first_vehicle + transport.vehicles):
            vehicle = w.vehicles[k]
            if vehicle.state == TO_PART:
                transport.empty += now - vehicle.since
            elif vehicle.state == WITH_PART:
                transport.loaded += now - vehicle.since
    book_lateness(w, 1.0)
    run.wip_hours += run.in_plant * (now - run.wip_since)
    run.wip_since = now
    if run.powered == 1:
        read_meter(w, now)


@inlined
def may_be_stuck(w: World, circular: bool, express: bool) -> bool:
    """Whether it is worth to look closer if parts wait for ever; False: they do not."""
    run = w.run
    if circular:
        for number in range(run.station_count):
            if w.stations[number].blocked_head >= 0:
                return True
        for number in range(run.link_count):
            if w.links[number].blocked_head >= 0:
                return True
    if express or run.in_plant == 0:
        return False
    for k in range(run.machine_count):
        machine = w.machines[k]
        if machine.holds > 0:
            return False
        if machine.status != IDLE and machine.status != OFF and w.clocks[k] < NEVER:
            return False
    return True
