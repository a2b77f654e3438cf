"""Small verbs of the general twin in compiled code: clocks, states of machines, the trace, delays."""

from __future__ import annotations

import math

from danao.twin.calendar import set_in_tree
from danao.twin.compiling import inlined, inner
from danao.twin.world import HEATING, IDLE, NEVER, OFF, SETUP, STATE, WORKING, Records, World


@inlined
def at(w: World, clock: int, time: float) -> None:
    """Set a clock."""
    set_in_tree(w.tree, w.run.leaves, clock, time)


@inner
def write(
    trace: Records,
    run: Records,
    kind: int,
    now: float,
    part: int,
    product: int,
    step: int,
    station: int,
    machine: int,
    value: float,
) -> None:
    """Write one event into the trace."""
    event = trace[run.traced]
    event.kind = kind
    event.time = now
    event.part = part
    event.product = product
    event.step = step
    event.station = station
    event.machine = machine
    event.value = value
    run.traced += 1


@inlined
def log(w: World, kind: int, now: float, number: int, station: int, machine: int, value: float) -> None:
    """Write an event of a part into the trace, if there is one."""
    run = w.run
    if run.tracing == 1:
        part = w.parts[number]
        position = w.steps[part.step].position
        write(w.trace, run, kind, now, part.serial, part.product, position, station, machine, value)


@inlined
def use_power(w: World, change: float, now: float) -> None:
    """The power of the plant changes by some kW."""
    run = w.run
    run.kwh += run.kw * (now - run.meter_at)
    run.meter_at = now
    run.kw += change


@inlined
def turn(w: World, number: int, status: int, now: float) -> None:
    """Put a machine into another state: book the hours of the old one and the change of power."""
    machine = w.machines[number]
    run = w.run
    before = machine.status
    machine.hours[before] += now - machine.since
    machine.since = now
    machine.status = status
    if run.powered == 1:
        power = w.stations[machine.station].power
        use_power(w, power[status] - power[before], now)
    if run.tracing == 1 and status != before:
        write(w.trace, run, STATE, now, -1, -1, -1, machine.station, number, float(status))


@inlined
def delay(w: World, number: int, until: float) -> None:
    """Let a part come back at a time."""
    run = w.run
    place = run.heap_size
    run.heap_size += 1
    order = run.heap_number
    run.heap_number += 1
    while place > 0:
        above = (place - 1) >> 1
        if w.heap_time[above] <= until:
            break
        w.heap_time[place] = w.heap_time[above]
        w.heap_number[place] = w.heap_number[above]
        w.heap_part[place] = w.heap_part[above]
        place = above
    w.heap_time[place] = until
    w.heap_number[place] = order
    w.heap_part[place] = number
    at(w, run.heap_clock, w.heap_time[0])


@inlined
def delayed(w: World) -> int:
    """Take the part that comes back first; the earlier delayed one among equals."""
    run = w.run
    first = w.heap_part[0]
    run.heap_size -= 1
    size = run.heap_size
    if size == 0:
        at(w, run.heap_clock, NEVER)
        return int(first)
    time, order, part = w.heap_time[size], w.heap_number[size], w.heap_part[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and (
            w.heap_time[below + 1] < w.heap_time[below]
            or (w.heap_time[below + 1] == w.heap_time[below] and w.heap_number[below + 1] < w.heap_number[below])
        ):
            below += 1
        if w.heap_time[below] > time or (w.heap_time[below] == time and w.heap_number[below] > order):
            break
        w.heap_time[place] = w.heap_time[below]
        w.heap_number[place] = w.heap_number[below]
        w.heap_part[place] = w.heap_part[below]
        place = below
    w.heap_time[place], w.heap_number[place], w.heap_part[place] = time, order, part
    at(w, run.heap_clock, w.heap_time[0])
    return int(first)


@inlined
def cooled(w: World, number: int, now: float) -> float:
    """Temperature of a part, °C: exponential cooling towards the ambient temperature (Newton's law)."""
    part = w.parts[number]
    product = w.products[part.product]
    if product.cools == 0:
        return float(part.temperature)
    share = math.exp(-(now - part.cooled_at) / product.cooling)
    return float(product.ambient + (part.temperature - product.ambient) * share)


@inlined
def busy_status(status: int) -> bool:
    """Whether a machine has a job."""
    return bool(status == WORKING) | bool(status == SETUP) | bool(status == HEATING)


@inlined
def ready(status: int) -> bool:
    """Whether a machine waits for a job."""
    return bool(status == IDLE) | bool(status == OFF)


@inlined
def has_room(w: World, number: int) -> bool:
    """Whether a station has a free place in its buffer or an empty machine."""
    station = w.stations[number]
    return bool(station.capacity < 0 or station.queued + station.reserved < station.capacity + station.empty)
