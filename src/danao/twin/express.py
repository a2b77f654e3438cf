"""The express lane of the twin: machines, queues, blocking, one kind of failure a station; first come, first served.

Plants that need no more run here, several times faster than in the general part of the loop, to the same bits: a test
runs such plants both ways. Rules of the game: blocking after service; a machine's own place is not counted in the
buffer; a part that is released from a blocked machine enters the buffer in the order of blocking; work interrupted by a
failure is resumed (preempt-resume); a failed machine lets a finished part go, and the empty place in it can hold a part
that waits for the repair. Parts from a source always find a place in front of their first station.
"""

from __future__ import annotations

from danao.twin.calendar import set_clock
from danao.twin.compiling import inlined
from danao.twin.parts import (
    PURPOSE_FAILURE,
    PURPOSE_REPAIR,
    arrival,
    book_wip,
    drop,
    enqueue,
    finish,
    look_at,
    wait_blocked,
)
from danao.twin.sampling import draw, stream_key
from danao.twin.world import BLOCKED, DOWN, IDLE, NEVER, OPERATION, WORKING, Records, World


@inlined
def turn(machine: Records, status: int, now: float) -> None:
    """Put a machine into another state and book the hours of the old one."""
    machine.hours[machine.status] += now - machine.since
    machine.since = now
    machine.status = status


@inlined
def work_on(w: World, number: int, duration: float, now: float, many: bool, failing: bool) -> None:
    """Work for some hours, or up to the next failure on the operation clock."""
    machine = w.machines[number]
    if failing and machine.stops > 0:
        stop = w.stops[machine.first_stop]
        if stop.clock == OPERATION:
            if duration > stop.left:
                machine.after = duration - stop.left
                duration = stop.left
                machine.strikes = machine.first_stop
            else:
                stop.left -= duration
                machine.strikes = -1
    set_clock(w.clocks, w.tree, w.run.leaves, number, now + duration, many)


@inlined
def start_part(w: World, number: int, part_number: int, now: float, many: bool, failing: bool) -> None:
    """Start the next step of a part on an idle machine."""
    machine = w.machines[number]
    part = w.parts[part_number]
    machine.part = part_number
    part.place = number
    duration = draw(w.distributions, w.values, w.steps[part.step].time, part.key, part.draws)
    part.draws += 1
    turn(machine, WORKING, now)
    work_on(w, number, duration, now, many, failing)


@inlined
def empty_machine(w: World, number: int, now: float, many: bool, failing: bool) -> None:
    """The part has left the machine."""
    machine = w.machines[number]
    machine.part = -1
    station = w.stations[machine.station]
    station.empty += 1
    look_at(w, machine.station)
    if failing and machine.status == DOWN:
        machine.left = -1.0
        return
    station.idle += 1
    turn(machine, IDLE, now)
    if station.machines > 1:
        set_clock(w.clocks, w.tree, w.run.leaves, number, NEVER, many)
    # A single machine mostly starts anew at once; if not, its clock is stopped when its station has been looked at.


@inlined
def feed_station(w: World, number: int, now: float, many: bool, failing: bool) -> None:
    """Start what can start at a station, and let parts in that wait for a place."""
    station = w.stations[number]
    while True:
        part = -1
        if station.idle > 0:
            if station.queued > 0:
                part = station.head
                station.head = w.parts[part].next
                station.queued -= 1
            elif station.blocked_head >= 0:
                part = station.blocked_head
                station.blocked_head = w.parts[part].next
                empty_machine(w, w.parts[part].place, now, many, failing)
            elif station.saturated >= 0:
                part = arrival(w, station.saturated, now)
                w.products[w.parts[part].product].entered += 1
                book_wip(w, 1, now)
        if part >= 0:
            machine = station.first
            while w.machines[machine].status != IDLE:
                machine += 1
            station.idle -= 1
            station.empty -= 1
            start_part(w, machine, part, now, many, failing)
        while station.blocked_head >= 0 and station.queued < station.capacity + station.empty:
            entering = station.blocked_head
            station.blocked_head = w.parts[entering].next
            empty_machine(w, w.parts[entering].place, now, many, failing)
            enqueue(w, number, entering, now)
        if part < 0:
            break
    if station.machines == 1 and station.idle == 1 and w.clocks[station.first] != NEVER:
        set_clock(w.clocks, w.tree, w.run.leaves, station.first, NEVER, many)


@inlined
def end_of_service(w: World, number: int, now: float, many: bool, failing: bool) -> None:
    """A machine's clock goes off: its part is through, or it fails or is repaired on the operation clock."""
    machine = w.machines[number]
    if failing and machine.stops > 0:
        stop = w.stops[machine.first_stop]
        if stop.clock == OPERATION:
            if machine.status == DOWN:
                stream = stream_key(w.run.key, machine.first_stop, PURPOSE_FAILURE)
                stop.left = draw(w.distributions, w.values, stop.up, stream, stop.count)
                turn(machine, WORKING, now)
                work_on(w, number, machine.after, now, many, failing)
                return
            if machine.strikes >= 0:
                stream = stream_key(w.run.key, machine.first_stop, PURPOSE_REPAIR)
                down = draw(w.distributions, w.values, stop.down, stream, stop.count)
                stop.count += 1
                w.stations[machine.station].breakdowns += 1
                turn(machine, DOWN, now)
                set_clock(w.clocks, w.tree, w.run.leaves, number, now + down, many)
                return
    part_number = machine.part
    part = w.parts[part_number]
    step = w.steps[part.step]
    if step.last == 1:
        finish(w, part_number, now)
        drop(w, part_number, now)
        empty_machine(w, number, now, many, failing)
        return
    part.step += 1
    target = w.steps[part.step].station
    station = w.stations[target]
    if station.capacity < 0 or station.queued < station.capacity + station.empty:
        empty_machine(w, number, now, many, failing)
        enqueue(w, target, part_number, now)
        look_at(w, target)
    else:
        turn(machine, BLOCKED, now)
        set_clock(w.clocks, w.tree, w.run.leaves, number, NEVER, many)
        wait_blocked(w, target, part_number)


@inlined
def failure_or_repair(w: World, number: int, clock: int, now: float, many: bool) -> None:
    """A failure, or the end of a repair, on the calendar clock of stop `number`."""
    stop = w.stops[number]
    k = stop.machine
    machine = w.machines[k]
    station = w.stations[machine.station]
    if machine.status != DOWN:
        if machine.status == WORKING:
            machine.left = w.clocks[k] - now
            set_clock(w.clocks, w.tree, w.run.leaves, k, NEVER, many)
        elif machine.status == BLOCKED:
            machine.left = -2.0
        else:
            machine.left = -1.0
            station.idle -= 1
        station.breakdowns += 1
        turn(machine, DOWN, now)
        stream = stream_key(w.run.key, number, PURPOSE_REPAIR)
        down = draw(w.distributions, w.values, stop.down, stream, stop.count)
        stop.count += 1
        set_clock(w.clocks, w.tree, w.run.leaves, clock, now + down, many)
        return
    stream = stream_key(w.run.key, number, PURPOSE_FAILURE)
    up = draw(w.distributions, w.values, stop.up, stream, stop.count)
    set_clock(w.clocks, w.tree, w.run.leaves, clock, now + up, many)
    if machine.left >= 0.0:
        turn(machine, WORKING, now)
        set_clock(w.clocks, w.tree, w.run.leaves, k, now + machine.left, many)
    elif machine.left == -2.0:
        turn(machine, BLOCKED, now)
    else:
        turn(machine, IDLE, now)
        station.idle += 1
        look_at(w, machine.station)
