"""Parts in compiled code: they come into the plant, stand in queues, and leave."""

from __future__ import annotations

import math

import numpy as np

from danao.twin.compiling import inlined, inner
from danao.twin.sampling import mixed, stream_key, uniform
from danao.twin.world import NOWHERE, OUTSIDE, World

PURPOSE_PART, PURPOSE_FAILURE, PURPOSE_REPAIR, PURPOSE_GAP, PURPOSE_MIX = range(5)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@inlined
def new_part(w: World, source: int, count: int, product: int, now: float) -> int:
    """A part that is not yet in the plant; its number.

    `source` and `count` (from 0) name its random numbers; orders count as one more source.
    """
    run = w.run
    run.free -= 1
    number = w.free[run.free]
    part = w.parts[number]
    of = w.products[product]
    part.step = of.first_step
    part.product = product
    part.source = source
    part.order = count
    part.serial = run.serial
    run.serial += 1
    part.draws = 0
    part.at = -1
    part.holder = NOWHERE
    part.place = -1
    part.beside = -1
    part.defective = 0
    part.reserved = -1
    part.machine = -1
    part.entered = now
    part.ended_at = now
    part.temperature = of.start_temperature
    part.cooled_at = now
    part.key = mixed(stream_key(run.key, source, PURPOSE_PART) + np.uint64(count + 1) * _GOLDEN)
    for slot in range(run.mark_slots):
        w.marks[number * run.mark_slots + slot] = now
    for slot in range(run.dedication_slots):
        w.dedicated[number * run.dedication_slots + slot] = -1
    return number


@inlined
def arrival(w: World, source: int, now: float) -> int:
    """A new part of a source; its number."""
    one = w.sources[source]
    product = one.product
    if one.mixed > 0:
        chance = uniform(stream_key(w.run.key, source, PURPOSE_MIX), one.number)
        place = one.mix_at
        while place < one.mix_at + one.mixed - 1 and chance > w.mixes[place].upto:
            place += 1
        product = w.mixes[place].product
    number = new_part(w, source, one.number, product, now)
    one.number += 1
    part = w.parts[number]
    part.flow = one.flow if one.flow >= 0 else w.products[product].flow
    part.priority = one.priority
    part.pieces = one.pieces
    part.due = now + one.due_after
    return number


@inner
def after_open_hours(w: World, calendar: int, now: float, hours: float) -> float:
    """The moment at which a calendar has been open for so many hours since now; -1: it is always open."""
    if calendar < 0:
        return now + hours
    day = w.days[calendar]
    length = 0.0
    for span in range(day.spans):
        length += w.spans[day.at + 2 * span + 1] - w.spans[day.at + 2 * span]
    whole = math.floor(hours / length)
    start = math.floor(now / day.cycle) * day.cycle
    since = now - start
    left = hours - whole * length
    start += whole * day.cycle
    while True:
        for span in range(day.spans):
            begin = max(since, w.spans[day.at + 2 * span])
            end = w.spans[day.at + 2 * span + 1]
            if begin < end:
                if left <= end - begin:
                    return start + begin + left
                left -= end - begin
        since = 0.0
        start += day.cycle


@inlined
def book_wip(w: World, change: int, now: float) -> None:
    """Count parts in the plant."""
    run = w.run
    run.wip_hours += run.in_plant * (now - run.wip_since)
    run.wip_since = now
    run.in_plant += change


@inlined
def finish(w: World, number: int, now: float) -> None:
    """A good part is through: count it. It is still in the tables."""
    part = w.parts[number]
    product = w.products[part.product]
    product.finished += 1
    product.escaped += part.defective
    product.lead += now - part.entered
    flow = w.flows[part.flow]
    flow.finished += 1
    flow.lead += now - part.entered
    if now > part.due:
        flow.late += 1
        product.late += 1
        product.tardiness += now - part.due


@inlined
def drop(w: World, number: int, now: float) -> None:
    """Take a part out of the plant and the tables."""
    run = w.run
    book_wip(w, -1, now)
    w.free[run.free] = number
    run.free += 1


@inlined
def enqueue(w: World, station: int, number: int, now: float) -> None:
    """Put a part at the end of the queue of a station."""
    place = w.stations[station]
    part = w.parts[number]
    part.queued_at = now
    part.at = station
    part.next = -1
    part.prev = place.tail
    if place.queued == 0:
        place.head = number
        part.prev = -1
    else:
        w.parts[place.tail].next = number
    place.tail = number
    place.queued += 1


@inlined
def dequeue(w: World, station: int, number: int) -> None:
    """Take a part out of the queue of a station."""
    place = w.stations[station]
    part = w.parts[number]
    if part.prev < 0:
        place.head = part.next
    else:
        w.parts[part.prev].next = part.next
    if part.next < 0:
        place.tail = part.prev
    else:
        w.parts[part.next].prev = part.prev
    place.queued -= 1


@inlined
def wait_blocked(w: World, station: int, number: int) -> None:
    """Let a part wait for a place at a station, behind those that wait already."""
    place = w.stations[station]
    w.parts[number].next = -1
    if place.blocked_head < 0:
        place.blocked_head = number
    else:
        w.parts[place.blocked_tail].next = number
    place.blocked_tail = number


@inlined
def look_at(w: World, item: int) -> None:
    """Put something on the agenda, once."""
    if w.listed[item] == 0:
        w.listed[item] = 1
        run = w.run
        w.agenda[run.tail] = item
        run.tail += 1
        if run.tail == w.run.agenda_size:
            run.tail = 0


@inlined
def place_freed(w: World, station: int) -> None:
    """A place at a station is free: look at it, and at those that wait for the place before they start."""
    look_at(w, station)
    one = w.stations[station]
    for row in range(one.upstream_at, one.upstream_at + one.upstream):
        look_at(w, w.users[row])


@inlined
def next_item(w: World) -> int:
    """Take the first item from the agenda, which is not empty."""
    run = w.run
    item = w.agenda[run.head]
    run.head += 1
    if run.head == w.run.agenda_size:
        run.head = 0
    w.listed[item] = 0
    return int(item)


@inlined
def wait_outside(w: World, number: int) -> None:
    """Let a part wait in front of the gate, behind those that wait already."""
    run = w.run
    part = w.parts[number]
    part.holder = OUTSIDE
    part.next = -1
    part.prev = run.outside_tail
    if run.outside_head < 0:
        run.outside_head = number
        part.prev = -1
    else:
        w.parts[run.outside_tail].next = number
    run.outside_tail = number
