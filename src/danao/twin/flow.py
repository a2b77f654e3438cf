"""How parts flow in compiled code: they come, start, end a step, move on, wait for places, leave."""

from __future__ import annotations

import math

import numpy as np

from danao.twin.calls import at, cooled, delay, has_room, log, ready, turn
from danao.twin.machines import count_work, empty_machine, give_people_back, next_phase, take_off, take_people
from danao.twin.memory import inlined, inner
from danao.twin.parts import (
    arrival,
    book_wip,
    dequeue,
    drop,
    enqueue,
    finish,
    look_at,
    new_part,
    place_freed,
    wait_blocked,
)
from danao.twin.rules import choose, may_start, setup_hours
from danao.twin.sampling import draw, mixed, uniform
from danao.twin.world import (
    ARRIVE,
    BLOCKED,
    BY_CONVEYOR,
    COUNT_ONLY,
    DEPART,
    END,
    ENTER,
    GOES_ON,
    GOES_OUT,
    GOES_TO_SCRAP,
    IDLE,
    LATE_START,
    LEAVE,
    NEVER,
    NOWHERE,
    OFF,
    ON_BELT,
    ON_LINK,
    ON_MACHINE,
    ON_OUTPUT,
    QUEUE,
    REWORK,
    REWORK_LATE,
    SCRAP,
    SCRAP_LATE,
    START,
    World,
)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
SWEPT_AT_ONCE = 8
"""Parts that one look at a queue takes out of it because they waited too long."""


@inlined
def wants_to_move(w: World, number: int, goes: int) -> None:
    """Put a part on the list of those that move on at this moment."""
    run = w.run
    w.parts[number].goes = goes
    w.moves[run.moves_tail] = number
    run.moves_tail += 1
    if run.moves_tail == w.run.moves_size:
        run.moves_tail = 0


@inlined
def chance(w: World, number: int) -> float:
    """The next uniform number of a part."""
    part = w.parts[number]
    part.draws += 1
    return uniform(part.key, part.draws - 1)


@inner
def head_for(w: World, number: int, step: int) -> int:
    """Send a part to a step, past those that sampling skips; where it goes."""
    part = w.parts[number]
    while w.steps[step].share < 1.0 and chance(w, number) >= w.steps[step].share:
        if w.steps[step].last == 1:
            part.step = step
            return GOES_OUT
        step += 1
    part.step = step
    return GOES_ON


@inlined
def may_enter(w: World, source: int) -> bool:
    """Whether the limits on work in process let a part of a source in."""
    run = w.run
    if run.limit >= 0 and run.in_plant >= run.limit:
        return False
    if source < w.run.source_count:
        one = w.sources[source]
        return bool(one.limit < 0 or one.inside < one.limit)
    return True


@inner
def let_in(w: World, number: int, now: float) -> None:
    """A part comes into the plant."""
    part = w.parts[number]
    part.holder = NOWHERE
    part.entered = now
    part.ended_at = now
    part.cooled_at = now
    if part.source < w.run.source_count:
        w.sources[part.source].inside += 1
    w.products[part.product].entered += 1
    book_wip(w, 1, now)
    log(w, ENTER, now, number, -1, -1, 0.0)


@inner
def join_queue(w: World, station: int, number: int, now: float) -> None:
    """A part comes to the queue of a station."""
    enqueue(w, station, number, now)
    part = w.parts[number]
    step = w.steps[part.step]
    if step.batch_max > 0:
        w.class_waiting[step.batch_class] += part.pieces if step.batch_pieces == 1 else 1
    log(w, QUEUE, now, number, station, -1, 0.0)
    look_at(w, station)


@inner
def quit_queue(w: World, station: int, number: int, now: float) -> None:
    """A part leaves the queue of a station."""
    dequeue(w, station, number)
    part = w.parts[number]
    step = w.steps[part.step]
    if step.batch_max > 0:
        w.class_waiting[step.batch_class] -= part.pieces if step.batch_pieces == 1 else 1
    w.stations[station].queue_hours += now - part.queued_at


@inner
def gone(w: World, number: int, now: float) -> None:
    """A part has left the plant."""
    part = w.parts[number]
    run = w.run
    if part.reserved >= 0:
        w.stations[part.reserved].reserved -= 1
        place_freed(w, part.reserved)
        part.reserved = -1
    if part.source < w.run.source_count:
        w.sources[part.source].inside -= 1
        if w.sources[part.source].limit >= 0:
            look_at(w, run.outside_item)
    if run.limit >= 0:
        look_at(w, run.outside_item)
    drop(w, number, now)


@inner
def broken_limit(w: World, number: int, now: float) -> float:
    """Hours by which a waiting part has broken the limit of its step; 0: it has not, or there is none."""
    part = w.parts[number]
    step = w.steps[part.step]
    if step.limit < 0.0:
        return 0.0
    since = part.ended_at
    if step.limit_mark >= 0:
        since = w.marks[number * w.run.mark_slots + step.limit_mark]
    return float(max(0.0, now - (since + step.limit)))


@inner
def count_broken_limit(w: World, number: int, over: float, now: float) -> None:
    """Count a wait that was too long."""
    part = w.parts[number]
    w.products[part.product].broken += 1
    log(w, LATE_START, now, number, w.steps[part.step].station, -1, over)


@inner
def sweep(w: World, station: int, now: float) -> bool:
    """Take the parts that waited too long out of a queue, where that means scrap or rework.

    Returns False after a number of them, as the trace has room for so many: the station is to be looked at again.
    """
    number = w.stations[station].head
    swept = 0
    while number >= 0:
        if swept == SWEPT_AT_ONCE:
            look_at(w, station)
            return False
        part = w.parts[number]
        following = part.next
        step = w.steps[part.step]
        if step.limit >= 0.0 and step.limit_then != COUNT_ONLY:
            over = broken_limit(w, number, now)
            if over > 0.0:
                swept += 1
                count_broken_limit(w, number, over, now)
                quit_queue(w, station, number, now)
                place_freed(w, station)
                if step.limit_then == SCRAP_LATE:
                    wants_to_move(w, number, GOES_TO_SCRAP)
                elif step.limit_then == REWORK_LATE:
                    w.products[part.product].reworked += 1
                    log(w, REWORK, now, number, station, -1, float(w.steps[step.limit_to].position))
                    wants_to_move(w, number, head_for(w, number, step.limit_to))
        number = following
    return True


@inner
def board_machine(w: World, station: int, k: int, number: int, now: float) -> None:
    """A part leaves the queue and goes onto a machine."""
    quit_queue(w, station, number, now)
    part = w.parts[number]
    machine = w.machines[k]
    step = w.steps[part.step]
    if step.limit >= 0.0:
        over = broken_limit(w, number, now)
        if over > 0.0:
            count_broken_limit(w, number, over, now)
    for row in range(step.needs_at, step.needs_at + step.needs):
        material = w.materials[row]
        component = w.products[material.product]
        for _ in range(material.count):
            taken = component.store_head
            component.store_head = w.parts[taken].next
            component.stored -= 1
            gone(w, taken, now)
        look_at(w, w.run.store_item + material.product)
    if w.stations[station].before == 1 and step.last == 0:
        following = w.steps[part.step + 1].station
        w.stations[following].reserved += 1
        part.reserved = following
    if step.dedicate >= 0:
        w.dedicated[number * w.run.dedication_slots + step.dedicate] = k
    part.temperature = cooled(w, number, now)
    part.cooled_at = now
    part.holder = ON_MACHINE
    part.place = k
    part.machine = k
    part.beside = machine.part
    machine.part = number
    machine.load += 1
    log(w, START, now, number, station, k, 0.0)


@inlined
def first_aboard_first(w: World, k: int) -> None:
    """Turn the list of the parts aboard a machine, so that they leave it in the order in which they came."""
    machine = w.machines[k]
    turned, number = -1, int(machine.part)
    while number >= 0:
        following = int(w.parts[number].beside)
        w.parts[number].beside = turned
        turned, number = number, following
    machine.part = turned


@inner
def start_job(w: World, station_number: int, k: int, leader: int, setup: float, now: float) -> None:
    """A machine starts a job with a part, and others of its class where it works in batches."""
    station = w.stations[station_number]
    machine = w.machines[k]
    first = w.parts[leader]
    step = w.steps[first.step]
    was_off = machine.status == OFF
    station.idle -= 1
    station.empty -= 1
    machine.part = -1
    machine.load = 0
    pieces = first.pieces
    amount = first.pieces if step.batch_pieces == 1 else 1
    board_machine(w, station_number, k, leader, now)
    if step.batch_max > 0:
        while True:
            other = choose(w, station_number, k, now, step.batch_class, leader)
            if other < 0:
                break
            more = w.parts[other].pieces if step.batch_pieces == 1 else 1
            if amount + more > step.batch_max:
                break
            amount += more
            pieces += w.parts[other].pieces
            board_machine(w, station_number, k, other, now)
        first_aboard_first(w, k)
    heat = 0.0
    if step.heated == 1:
        number = machine.part
        while number >= 0:
            part = w.parts[number]
            one = w.steps[part.step]
            if part.temperature < one.heat_needs:
                heat = max(heat, (one.heat_needs - part.temperature) / one.heat_rate)
                part.temperature = one.heat_needs
            number = part.beside
    times = float(first.pieces) if step.per_piece == 1 else 1.0
    duration = draw(w.distributions, w.values, step.time, first.key, first.draws) * times
    first.draws += 1
    machine.job = duration
    machine.pipelined = 0
    if step.interval >= 0:
        machine.through = duration
        machine.job = draw(w.distributions, w.values, step.interval, first.key, first.draws) * times
        first.draws += 1
        machine.pipelined = 1
    machine.ideal = step.mean * times
    machine.pieces = pieces
    machine.setup_hours = setup
    if was_off:
        heat += station.warm_up
        station.restarts += 1
    machine.heat_hours = heat
    if step.setup_class > 0 and station.setup_at >= 0:
        if step.setup_class != machine.setup_class:
            if machine.setup_class > 0 or setup > 0.0:
                station.setups += 1
            machine.setup_class = step.setup_class
            machine.run_left = w.setup_runs[station_number * w.run.class_count + step.setup_class]
        machine.run_left = max(0, machine.run_left - 1)
    next_phase(w, k, now)


@inner
def find_job(w: World, station_number: int, now: float) -> tuple[int, int]:
    """The machine and the part that go together next at a station; -1, -1: none can start."""
    station = w.stations[station_number]
    k = -1
    for number in range(station.first, station.first + station.machines):
        status = w.machines[number].status
        if status == IDLE:
            k = number
            break
        if status == OFF and k < 0:
            k = number
    if station.plain == 1:
        return k, station.head
    leader = choose(w, station_number, k, now, -1, -1)
    if leader < 0 and station.dedicates == 1:
        for number in range(station.first, station.first + station.machines):
            status = w.machines[number].status
            if number != k and ready(status):
                leader = choose(w, station_number, number, now, -1, -1)
                if leader >= 0:
                    k = number
                    break
    if leader >= 0 and station.setup_at >= 0:
        step = w.steps[w.parts[leader].step]
        bound = step.dedicated >= 0 and w.dedicated[leader * w.run.dedication_slots + step.dedicated] >= 0
        if step.setup_class > 0 and not bound:
            least = setup_hours(w, w.machines[k], step)
            for number in range(station.first, station.first + station.machines):
                status = w.machines[number].status
                if ready(status):
                    setup = setup_hours(w, w.machines[number], step)
                    in_run = w.machines[number].run_left > 0 and w.machines[number].setup_class != step.setup_class
                    if setup < least and not in_run:
                        least = setup
                        k = number
    return k, leader


@inlined
def machine_at_hand(w: World, station_number: int) -> int:
    """The first machine of a station that waits for a job; there is one."""
    number = w.stations[station_number].first
    while not ready(w.machines[number].status):
        number += 1
    return int(number)


@inner
def is_a_choice(w: World, station_number: int, now: float) -> bool:
    """Whether more than one of the waiting parts could start at a station."""
    machine = machine_at_hand(w, station_number)
    found = False
    number = w.stations[station_number].head
    while number >= 0:
        if may_start(w, number, machine, now):
            if found:
                return True
            found = True
        number = w.parts[number].next
    return False


@inner
def set_patience(w: World, station_number: int, now: float) -> None:
    """Look at a station again when the patience of the first waiting part of an incomplete batch ends."""
    station = w.stations[station_number]
    earliest = NEVER
    number = station.head
    while number >= 0:
        part = w.parts[number]
        step = w.steps[part.step]
        if step.batch_max > 0 and part.queued_at + step.patience > now:
            earliest = min(earliest, part.queued_at + step.patience)
        number = part.next
    at(w, w.run.patience_base + station_number, earliest)


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


@inlined
def get_off(w: World, station: int, number: int, now: float) -> None:
    """A part leaves the conveyor, machine or output place that holds it and joins a queue."""
    part = w.parts[number]
    if part.holder == ON_LINK:
        log(w, ARRIVE, now, number, station, -1, float(w.links[part.place].transport))
    leave_holder(w, number, now)
    join_queue(w, station, number, now)


@inner
def leave_holder(w: World, number: int, now: float) -> None:
    """A part leaves what holds it."""
    part = w.parts[number]
    if part.holder == ON_LINK:
        w.links[part.place].on -= 1
        look_at(w, w.run.link_item + part.place)
        part.holder = NOWHERE
    elif part.holder != NOWHERE:
        take_off(w, number, now)


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


@inner
def put_in_store(w: World, number: int, now: float) -> None:
    """A finished component goes into its store."""
    part = w.parts[number]
    product = w.products[part.product]
    leave_holder(w, number, now)
    finish(w, number, now)
    log(w, LEAVE, now, number, -1, -1, 1.0 if now > part.due else 0.0)
    part.at = -1
    part.next = -1
    if product.stored == 0:
        product.store_head = number
    else:
        w.parts[product.store_tail].next = number
    product.store_tail = number
    product.stored += 1
    for row in range(product.users_at, product.users_at + product.users):
        look_at(w, w.users[row])


@inner
def restock(w: World, product_number: int, now: float) -> None:
    """Let finished components that wait for a place in their store into it."""
    product = w.products[product_number]
    while product.store_blocked_head >= 0 and product.stored < product.store:
        number = product.store_blocked_head
        product.store_blocked_head = w.parts[number].next
        put_in_store(w, number, now)


@inner
def move(w: World, number: int, now: float) -> None:
    """Move a part on: out of the plant, into a store, onto a conveyor, into a queue; or let it wait for a place."""
    part = w.parts[number]
    if part.goes == GOES_TO_SCRAP:
        w.products[part.product].scrapped += 1
        log(w, SCRAP, now, number, part.at, -1, 0.0)
        leave_holder(w, number, now)
        gone(w, number, now)
        return
    if part.goes == GOES_OUT:
        product = w.products[part.product]
        if product.is_component == 1:
            if product.store < 0 or (product.stored < product.store and product.store_blocked_head < 0):
                put_in_store(w, number, now)
                return
            part.next = -1
            if product.store_blocked_head < 0:
                product.store_blocked_head = number
            else:
                w.parts[product.store_blocked_tail].next = number
            product.store_blocked_tail = number
        else:
            finish(w, number, now)
            log(w, LEAVE, now, number, -1, -1, 1.0 if now > part.due else 0.0)
            leave_holder(w, number, now)
            gone(w, number, now)
            return
    else:
        target = w.steps[part.step].station
        if part.reserved >= 0 and part.reserved != target:
            w.stations[part.reserved].reserved -= 1
            place_freed(w, part.reserved)
            part.reserved = -1
        link = link_between(w, part.at, target)
        if link >= 0 and w.links[link].kind == BY_CONVEYOR:
            one = w.links[link]
            if one.places < 0 or (one.on < one.places and one.blocked_head < 0):
                board_belt(w, link, number, now)
                return
            part.next = -1
            if one.blocked_head < 0:
                one.blocked_head = number
            else:
                w.parts[one.blocked_tail].next = number
            one.blocked_tail = number
        elif (
            part.reserved == target
            or part.holder == NOWHERE
            or (w.stations[target].blocked_head < 0 and has_room(w, target))
        ):
            if link >= 0:
                if part.reserved != target:
                    w.stations[target].reserved += 1
                    part.reserved = target
                request(w, link, number)
            else:
                if part.reserved == target:
                    w.stations[target].reserved -= 1
                    part.reserved = -1
                leave_holder(w, number, now)
                join_queue(w, target, number, now)
                return
        else:
            wait_blocked(w, target, number)
    # It stays where it is for now: on an output place if there is one, else on the machine.
    if part.holder == ON_MACHINE:
        k = part.place
        station = w.stations[w.machines[k].station]
        if station.output_used < station.output:
            take_off(w, number, now)
            part.holder = ON_OUTPUT
            part.place = w.machines[k].station
            station.output_used += 1


@inner
def end_step(w: World, number: int, k: int, now: float) -> None:
    """The step of a part has ended: find fault with it or not, and send it on."""
    part = w.parts[number]
    step_number = part.step
    step = w.steps[step_number]
    product = w.products[part.product]
    station = w.stations[step.station]
    station.passed += 1
    part.at = step.station
    part.ended_at = now
    part.cooled_at = now
    if not math.isnan(step.heat_leaves):
        part.temperature = step.heat_leaves
    log(w, END, now, number, step.station, k, 0.0)
    if step.mark >= 0:
        w.marks[number * w.run.mark_slots + step.mark] = now
    goes = GOES_ON
    target = -1
    if step.scrap + step.rework > 0.0:
        luck = chance(w, number)
        if luck < step.scrap:
            goes = GOES_TO_SCRAP
        elif luck < step.scrap + step.rework:
            target = step.rework_to
    if step.defect > 0.0 and chance(w, number) < step.defect:
        part.defective = 1
    inspected = goes == GOES_ON and target < 0 and step.detect + step.false_alarm > 0.0
    if inspected:
        found = chance(w, number) < (step.detect if part.defective == 1 else step.false_alarm)
        if found:
            if step.repairable > 0.0 and chance(w, number) < step.repairable:
                part.defective = 0
                target = step.rework_to
            else:
                goes = GOES_TO_SCRAP
    for row in range(step.yields_at, step.yields_at + step.yields):
        material = w.materials[row]
        for count in range(material.count):
            child = new_part(w, w.run.source_count + 1, 0, material.product, now)
            other = w.parts[child]
            other.key = mixed(part.key + np.uint64((row + 1) * 4096 + count + 1) * _GOLDEN)
            other.flow = w.products[material.product].flow
            other.priority = part.priority
            other.due = part.due
            other.pieces = part.pieces
            other.at = step.station
            if part.holder == ON_MACHINE:
                other.holder = ON_MACHINE
                other.place = part.place
                other.beside = w.machines[part.place].part
                w.machines[part.place].part = child
                w.machines[part.place].load += 1
            w.products[material.product].entered += 1
            book_wip(w, 1, now)
            log(w, ENTER, now, child, step.station, -1, 0.0)
            wants_to_move(w, child, head_for(w, child, other.step))
    if goes == GOES_TO_SCRAP:
        station.rejected += 1
    elif target >= 0:
        station.rejected += 1
        product.reworked += 1
        log(w, REWORK, now, number, step.station, k, float(w.steps[target].position))
        goes = head_for(w, number, target)
    elif step.last == 1:
        goes = GOES_OUT
    else:
        goes = head_for(w, number, step_number + 1)
    wants_to_move(w, number, goes)


@inner
def release_outside(w: World, now: float) -> None:
    """Let parts in that wait in front of the gate, as far as the limits allow; saturated stations may go on too."""
    run = w.run
    number = run.outside_head
    while number >= 0:
        part = w.parts[number]
        following = part.next
        if may_enter(w, part.source):
            if part.prev < 0:
                run.outside_head = following
            else:
                w.parts[part.prev].next = following
            if following < 0:
                run.outside_tail = part.prev
            else:
                w.parts[following].prev = part.prev
            let_in(w, number, now)
            wants_to_move(w, number, head_for(w, number, part.step))
        elif run.limit >= 0 and run.in_plant >= run.limit:
            break
        number = following
    for station in range(w.run.station_count):
        if w.stations[station].saturated >= 0:
            look_at(w, station)


@inlined
def first_batch(w: World, source: int) -> int:
    """Largest batch at the first step of a source's parts."""
    return int(w.steps[w.products[w.sources[source].product].first_step].batch_max)


@inner
def enter_saturated(w: World, number: int, now: float) -> None:
    """A station that never starves gets its next part."""
    entering = arrival(w, w.stations[number].saturated, now)
    let_in(w, entering, now)
    goes = head_for(w, entering, w.parts[entering].step)
    if goes == GOES_ON and w.steps[w.parts[entering].step].station == number:
        join_queue(w, number, entering, now)
    else:
        wants_to_move(w, entering, goes)


@inlined
def look_again(w: World, station: int, now: float) -> None:
    """Look at a station again at this moment, but by way of its clock: the tables of parts may have to grow first."""
    at(w, w.run.patience_base + station, now)


@inner
def feed(w: World, number: int, now: float) -> bool:
    """Start what can start at a station, and let parts in that wait for a place.

    Returns False if somebody outside must decide first: the station is noted in the run.
    """
    run = w.run
    station = w.stations[number]
    while True:
        again = False
        if station.limited == 1 and not sweep(w, number, now):
            return True
        if station.idle > 0:
            if station.queued == 0:
                if station.blocked_head >= 0 and has_room(w, number):
                    admit(w, number, now)
                elif station.saturated >= 0 and may_enter(w, station.saturated):
                    enter_saturated(w, number, now)
                    while (
                        station.batches == 1
                        and may_enter(w, station.saturated)
                        and (0 < station.queued < first_batch(w, station.saturated))
                    ):
                        enter_saturated(w, number, now)
                    if station.queued == 0:
                        look_again(w, number, now)
            if station.queued > 0:
                k, leader = -1, -1
                if run.answer >= 0 and run.decision == number:
                    k, leader = machine_at_hand(w, number), run.answer
                    run.answer = -1
                    run.decision = -1
                elif station.asks == 1 and is_a_choice(w, number, now):
                    run.decision = number
                    return False
                else:
                    k, leader = find_job(w, number, now)
                if leader >= 0:
                    setup = setup_hours(w, w.machines[k], w.steps[w.parts[leader].step])
                    if station.needs == 0 or take_people(w, k, setup > 0.0, now):
                        start_job(w, number, k, leader, setup, now)
                        if station.upstream > 0:
                            place_freed(w, number)
                        again = True
                    elif station.waits == 0:
                        station.waits = 1
                        w.waiting[run.waiting] = number
                        run.waiting += 1
                elif station.batches == 1:
                    source = station.saturated
                    if source >= 0 and may_enter(w, source) and station.queued < first_batch(w, source):
                        before = station.queued
                        enter_saturated(w, number, now)
                        again = station.queued > before
                        if not again:
                            look_again(w, number, now)
                    else:
                        set_patience(w, number, now)
        while station.blocked_head >= 0 and has_room(w, number):
            before = station.queued
            admit(w, number, now)
            if station.plain == 0 and station.idle > 0 and station.queued > before:
                again = True
        if not again:
            return True


@inner
def end_job(w: World, k: int, now: float) -> None:
    """The job of a machine has ended: its parts move on, its people are free."""
    machine = w.machines[k]
    station = w.stations[machine.station]
    station.jobs += 1
    station.ideal += machine.ideal
    at(w, k, NEVER)
    count_work(w, k)
    if station.needs > 0:
        give_people_back(w, k, False, now)
    if machine.pipelined == 1:
        machine.pipelined = 0
        turn(w, k, IDLE, now)
        empty_machine(w, k, now)
        return
    number = machine.part
    turn(w, k, BLOCKED, now)
    while number >= 0:
        following = w.parts[number].beside
        end_step(w, number, k, now)
        number = following
