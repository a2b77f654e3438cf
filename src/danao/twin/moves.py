"""How a part that is through with a step moves on: out, into a store, onto a conveyor, into a queue."""

from __future__ import annotations

from danao.twin.calls import has_room, log
from danao.twin.compiling import inner
from danao.twin.links import board_belt, link_between, request
from danao.twin.machines import take_off
from danao.twin.parts import finish, look_at, place_freed, wait_blocked
from danao.twin.queues import gone, join_queue, leave_holder
from danao.twin.world import BY_CONVEYOR, GOES_OUT, GOES_TO_SCRAP, LEAVE, NOWHERE, ON_MACHINE, ON_OUTPUT, SCRAP, World


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
