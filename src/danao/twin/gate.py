"""The gate of the plant: limits on work in process, parts that wait outside, stations that never starve."""

from __future__ import annotations

from danao.twin.calls import log
from danao.twin.compiling import inlined, inner
from danao.twin.parts import arrival, book_wip, look_at
from danao.twin.queues import join_queue
from danao.twin.routing import head_for, wants_to_move
from danao.twin.world import ENTER, GOES_ON, NOWHERE, World


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
