"""Limits on the time between two steps: who broke one, and what becomes of it."""

from __future__ import annotations

from danao.twin.calls import log
from danao.twin.compiling import inner
from danao.twin.parts import look_at, place_freed
from danao.twin.queues import quit_queue
from danao.twin.routing import head_for, wants_to_move
from danao.twin.world import COUNT_ONLY, GOES_TO_SCRAP, LATE_START, REWORK, REWORK_LATE, SCRAP_LATE, World

SWEPT_AT_ONCE = 8
"""Parts that one look at a queue takes out of it because they waited too long."""


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
