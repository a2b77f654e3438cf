"""How parts join and leave queues, leave what holds them, and leave the plant."""

from __future__ import annotations

from danao.twin.calls import log
from danao.twin.compiling import inlined, inner
from danao.twin.machines import take_off
from danao.twin.parts import dequeue, drop, enqueue, look_at, place_freed
from danao.twin.turns import leave_plan
from danao.twin.world import ARRIVE, NOWHERE, ON_LINK, QUEUE, World


@inner
def join_queue(w: World, station: int, number: int, now: float) -> None:
    """A part comes to the queue of a station."""
    enqueue(w, station, number, now)
    w.stations[station].news += 1
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
def leave_holder(w: World, number: int, now: float) -> None:
    """A part leaves what holds it."""
    part = w.parts[number]
    if part.holder == ON_LINK:
        w.links[part.place].on -= 1
        look_at(w, w.run.link_item + part.place)
        part.holder = NOWHERE
    elif part.holder != NOWHERE:
        take_off(w, number, now)


@inlined
def get_off(w: World, station: int, number: int, now: float) -> None:
    """A part leaves the conveyor, machine or output place that holds it and joins a queue."""
    part = w.parts[number]
    if part.holder == ON_LINK:
        log(w, ARRIVE, now, number, station, -1, float(w.links[part.place].transport))
    leave_holder(w, number, now)
    join_queue(w, station, number, now)


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
    if run.planned == 1:
        leave_plan(w, number)
    drop(w, number, now)
