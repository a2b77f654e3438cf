"""What a station does when it is looked at: start what can start, let in what waits for a place."""

from __future__ import annotations

from danao.twin.calls import at, has_room
from danao.twin.compiling import inlined, inner
from danao.twin.gate import enter_saturated, first_batch, may_enter
from danao.twin.jobs import find_job, is_a_choice, machine_at_hand, start_job
from danao.twin.limits import sweep
from danao.twin.links import admit
from danao.twin.machines import take_people
from danao.twin.parts import place_freed
from danao.twin.rules import setup_hours
from danao.twin.turns import next_moment
from danao.twin.world import NEVER, World


@inner
def set_patience(w: World, station_number: int, now: float) -> None:
    """Look at a station again when the patience of a plan or of the first part of an incomplete batch ends."""
    station = w.stations[station_number]
    earliest = NEVER if station.planned == 0 else next_moment(w, station_number, now)
    number = station.head
    while number >= 0:
        part = w.parts[number]
        step = w.steps[part.step]
        if step.batch_max > 0 and part.queued_at + step.patience > now:
            earliest = min(earliest, part.queued_at + step.patience)
        number = part.next
    at(w, w.run.patience_base + station_number, earliest)


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
