"""The way to the next station: conveyors, calls for vehicles, places that become free."""

from __future__ import annotations

from danao.twin.calls import delay, has_room, log
from danao.twin.compiling import inlined, inner
from danao.twin.parts import look_at, wait_blocked
from danao.twin.queues import get_off, leave_holder
from danao.twin.sampling import draw
from danao.twin.world import BY_CONVEYOR, DEPART, ON_BELT, ON_LINK, World


@inner
def request(w: World, link_number: int, number: int) -> None:
    """Ask for a vehicle; the part has a place where it goes."""
    transport_number = w.links[link_number].transport
    transport = w.transports[transport_number]
    part = w.parts[number]
    part.next = -1
    part.prev = transport.tail
    if transport.head < 0:
        transport.head = number
        part.prev = -1
    else:
        w.parts[transport.tail].next = number
    transport.tail = number
    look_at(w, w.run.transport_item + transport_number)


@inlined
def link_between(w: World, start: int, end: int) -> int:
    """The transport link between two stations; -1: parts move in no time."""
    if w.run.link_count == 0 or start < 0:
        return -1
    return int(w.link_of[start * w.run.station_count + end])


@inner
def admit(w: World, station_number: int, now: float) -> None:
    """Give the first part that waits for a place at a station that place."""
    station = w.stations[station_number]
    number = station.blocked_head
    part = w.parts[number]
    station.blocked_head = part.next
    link = link_between(w, part.at, station_number)
    if part.holder != ON_LINK and link >= 0 and w.links[link].kind != BY_CONVEYOR:
        station.reserved += 1
        part.reserved = station_number
        request(w, link, number)
        return
    get_off(w, station_number, number, now)


@inner
def board_belt(w: World, link_number: int, number: int, now: float) -> None:
    """A part goes onto a conveyor that has a place for it."""
    link = w.links[link_number]
    part = w.parts[number]
    leave_holder(w, number, now)
    link.on += 1
    part.holder = ON_LINK
    part.place = link_number
    part.delayed = ON_BELT
    hours = draw(w.distributions, w.values, link.time, part.key, part.draws)
    part.draws += 1
    transport = w.transports[link.transport]
    transport.carried += 1
    transport.loaded += hours
    log(w, DEPART, now, number, w.steps[part.step].station, -1, float(link.transport))
    delay(w, number, now + hours)


@inner
def board_waiting(w: World, link_number: int, now: float) -> None:
    """Let parts that wait for a conveyor onto it."""
    link = w.links[link_number]
    while link.blocked_head >= 0 and (link.places < 0 or link.on < link.places):
        number = link.blocked_head
        link.blocked_head = w.parts[number].next
        board_belt(w, link_number, number, now)


@inner
def end_of_belt(w: World, number: int, now: float) -> None:
    """A part has come to the end of a conveyor."""
    part = w.parts[number]
    target = w.steps[part.step].station
    if part.reserved == target:
        w.stations[target].reserved -= 1
        part.reserved = -1
    elif w.stations[target].blocked_head >= 0 or not has_room(w, target):
        wait_blocked(w, target, number)
        return
    get_off(w, target, number, now)
