"""Vehicles and cranes in compiled code.

The oldest request goes first, to the nearest idle vehicle; it drives from node to node where stretches of track hold a
limited number of vehicles, in one go elsewhere. A crane reserves the stretch of the runway that it will sweep before it
starts; no other working crane may reach into it, and idle cranes make way at the same speed. A request that no crane
can serve now does not hold up later ones.
"""

from __future__ import annotations

from danao.twin.calls import at, log
from danao.twin.compiling import inlined, inner
from danao.twin.parts import look_at
from danao.twin.queues import join_queue, leave_holder
from danao.twin.sampling import draw
from danao.twin.world import ARRIVE, AT_REST, BY_CRANE, DEPART, NEVER, NOWHERE, TO_PART, WITH_PART, World

DRIVING, HANDLING = range(2)


@inner
def take_request(w: World, transport_number: int, number: int) -> None:
    """Take a part from the list of requests."""
    transport = w.transports[transport_number]
    part = w.parts[number]
    if part.prev < 0:
        transport.head = part.next
    else:
        w.parts[part.prev].next = part.next
    if part.next < 0:
        transport.tail = part.prev
    else:
        w.parts[part.next].prev = part.prev


@inner
def dispatch(w: World, transport_number: int, now: float) -> None:
    """Give requests to idle vehicles."""
    transport = w.transports[transport_number]
    number = transport.head
    while number >= 0:
        following = w.parts[number].next
        if transport.kind == BY_CRANE:
            send_crane(w, transport_number, number, now)
        elif not send_vehicle(w, transport_number, number, now):
            break
        number = following


@inner
def send_vehicle(w: World, transport_number: int, number: int, now: float) -> bool:
    """Send the nearest idle vehicle to a part; False: none is idle."""
    transport = w.transports[transport_number]
    part = w.parts[number]
    link = w.links[w.link_of[part.at * w.run.station_count + part.reserved]]
    best, least = -1, NEVER
    for v in range(transport.first_vehicle, transport.first_vehicle + transport.vehicles):
        vehicle = w.vehicles[v]
        if vehicle.state == AT_REST:
            way = w.distance[transport.ways + vehicle.node * transport.nodes + int(link.start)]
            if way < least:
                best, least = v, way
    if best < 0:
        return False
    take_request(w, transport_number, number)
    vehicle = w.vehicles[best]
    vehicle.part = number
    vehicle.state = TO_PART
    vehicle.since = now
    drive(w, best, int(link.start), now)
    return True


@inner
def drive(w: World, v: int, goal: int, now: float) -> None:
    """Let a vehicle drive to a node, which may be where it stands."""
    vehicle = w.vehicles[v]
    vehicle.goal = goal
    vehicle.stage = DRIVING
    vehicle.edge = -1
    go_on(w, v, now)


@inner
def go_on(w: World, v: int, now: float) -> None:
    """Next stretch of the way, or begin to handle the part at the goal."""
    run = w.run
    vehicle = w.vehicles[v]
    transport = w.transports[vehicle.transport]
    clock = run.vehicle_base + v
    if vehicle.node == vehicle.goal:
        part = w.parts[vehicle.part]
        which = transport.load if vehicle.state == TO_PART else transport.unload
        vehicle.stage = HANDLING
        hours = draw(w.distributions, w.values, which, part.key, part.draws)
        part.draws += 1
        at(w, clock, now + hours)
        return
    way = transport.ways + vehicle.node * transport.nodes + vehicle.goal
    if transport.limited == 0:
        at(w, clock, now + w.distance[way] / transport.speed)
        return
    vehicle.edge = w.next_edge[way]
    edge = w.edges[vehicle.edge]
    if edge.vehicles < 0 or edge.on < edge.vehicles:
        edge.on += 1
        at(w, clock, now + edge.length / transport.speed)
        return
    vehicle.next = -1
    if edge.head < 0:
        edge.head = v
    else:
        w.vehicles[edge.tail].next = v
    edge.tail = v
    at(w, clock, NEVER)


@inner
def vehicle_event(w: World, v: int, now: float) -> None:
    """The clock of a vehicle goes off: it has driven a stretch, taken its part, or set it down."""
    run = w.run
    vehicle = w.vehicles[v]
    transport = w.transports[vehicle.transport]
    if transport.kind != BY_CRANE and vehicle.stage == DRIVING:
        if transport.limited == 1:
            edge = w.edges[vehicle.edge]
            edge.on -= 1
            if edge.head >= 0:
                other = edge.head
                edge.head = w.vehicles[other].next
                edge.on += 1
                at(w, run.vehicle_base + other, now + edge.length / transport.speed)
            vehicle.node = w.next_node[transport.ways + vehicle.node * transport.nodes + vehicle.goal]
        else:
            vehicle.node = vehicle.goal
        go_on(w, v, now)
        return
    number = vehicle.part
    part = w.parts[number]
    link = w.links[w.link_of[part.at * w.run.station_count + part.reserved]]
    if vehicle.state == TO_PART:
        transport.empty += now - vehicle.since
        vehicle.since = now
        vehicle.state = WITH_PART
        transport.carried += 1
        leave_holder(w, number, now)
        part.holder = NOWHERE
        log(w, DEPART, now, number, part.reserved, v, float(vehicle.transport))
        if transport.kind == BY_CRANE:
            hours = abs(link.end - link.start) / transport.speed
            hours += draw(w.distributions, w.values, transport.unload, part.key, part.draws)
            part.draws += 1
            at(w, run.vehicle_base + v, now + hours)
        else:
            drive(w, v, int(link.end), now)
        return
    transport.loaded += now - vehicle.since
    vehicle.state = AT_REST
    vehicle.part = -1
    at(w, run.vehicle_base + v, NEVER)
    if transport.kind == BY_CRANE:
        vehicle.x = link.end
        vehicle.low = link.end
        vehicle.high = link.end
    station = part.reserved
    part.reserved = -1
    w.stations[station].reserved -= 1
    log(w, ARRIVE, now, number, station, v, float(vehicle.transport))
    join_queue(w, station, number, now)
    look_at(w, run.transport_item + vehicle.transport)


@inlined
def make_way(w: World, v: int, x: float, now: float) -> None:
    """An idle crane drives to a place; its next job begins when it is there."""
    crane = w.vehicles[v]
    crane.ready = max(now, crane.ready) + abs(x - crane.x) / w.transports[crane.transport].speed
    crane.x = x


@inner
def send_crane(w: World, transport_number: int, number: int, now: float) -> bool:
    """Send the nearest idle crane that no working crane is in the way of; False: none can go now."""
    run = w.run
    transport = w.transports[transport_number]
    part = w.parts[number]
    link = w.links[w.link_of[part.at * w.run.station_count + part.reserved]]
    first, last = transport.first_vehicle, transport.first_vehicle + transport.vehicles
    best, least = -1, NEVER
    for v in range(first, last):
        crane = w.vehicles[v]
        if crane.state != AT_REST:
            continue
        low = min(crane.x, min(link.start, link.end))
        high = max(crane.x, max(link.start, link.end))
        free = True
        for other in range(first, last):
            busy = w.vehicles[other]
            if busy.state == AT_REST or other == v:
                continue
            between = transport.gap * abs(other - v)
            if (other > v and busy.low < high + between) or (other < v and busy.high > low - between):
                free = False
        way = abs(crane.x - link.start)
        if free and way < least:
            best, least = v, way
    if best < 0:
        return False
    take_request(w, transport_number, number)
    crane = w.vehicles[best]
    crane.low = min(crane.x, min(link.start, link.end))
    crane.high = max(crane.x, max(link.start, link.end))
    for other in range(best + 1, last):
        neighbour = w.vehicles[other]
        if neighbour.state != AT_REST:
            break
        make_way(w, other, max(neighbour.x, crane.high + transport.gap * (other - best)), now)
        neighbour.low, neighbour.high = neighbour.x, neighbour.x
    for other in range(best - 1, first - 1, -1):
        neighbour = w.vehicles[other]
        if neighbour.state != AT_REST:
            break
        make_way(w, other, min(neighbour.x, crane.low - transport.gap * (best - other)), now)
        neighbour.low, neighbour.high = neighbour.x, neighbour.x
    crane.state = TO_PART
    crane.part = number
    crane.stage = HANDLING
    crane.since = now
    hours = (
        max(0.0, crane.ready - now)
        + least / transport.speed
        + draw(w.distributions, w.values, transport.load, part.key, part.draws)
    )
    part.draws += 1
    at(w, run.vehicle_base + best, now + hours)
    return True
