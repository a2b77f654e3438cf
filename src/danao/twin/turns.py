"""A plan in compiled code: each machine takes the parts in their turn, until the plan is out of touch."""

from __future__ import annotations

from danao.twin.compiling import inlined, inner
from danao.twin.parts import look_at
from danao.twin.world import NEVER, World


@inlined
def turn_of(w: World, number: int) -> int:
    """Row of the turn of a part at the step that it waits for; -1: the plan does not know it."""
    part = w.parts[number]
    if part.source != w.run.source_count or w.turn_at[part.order] < 0:
        return -1
    return int(w.turn_at[part.order] + w.steps[part.step].position)


@inner
def next_turn(w: World, machine_number: int) -> int:
    """Row of the turn that a machine waits for; -1: the plan has no more work for it."""
    machine = w.machines[machine_number]
    while machine.turn >= 0 and w.turns[machine.turn].done == 1:
        machine.turn = w.turns[machine.turn].next
    return int(machine.turn)


@inner
def in_turn(w: World, number: int, machine_number: int, now: float) -> bool:
    """Whether a machine may take a part by the plan, or because the plan is out of touch.

    It is out of touch with a part, or with the machine, when the part or the machine's next turn is later than the plan
    has it by more than the patience. Parts that the plan does not know fill in.
    """
    row = turn_of(w, number)
    if row < 0 or w.turns[row].done == 1:
        return True
    following = next_turn(w, machine_number)
    start = w.turns[row].start
    if following == row:
        return w.run.early == 1 or now >= start
    if now >= start + w.run.patience:
        return True
    return following >= 0 and now >= w.turns[following].start + w.run.patience


@inner
def start_turn(w: World, number: int) -> None:
    """A part starts a step of the plan: its turn is over, and so are those of the steps that it skipped."""
    row = turn_of(w, number)
    if row >= 0:
        end_turns(w, number, row)


@inner
def end_turns(w: World, number: int, last: int) -> None:
    """Strike the turns of a part from its first step to a row; machines that waited for them are looked at."""
    for row in range(w.turn_at[w.parts[number].order], last + 1):
        if w.turns[row].done == 0:
            w.turns[row].done = 1
            look_at(w, w.machines[w.turns[row].machine].station)


@inner
def leave_plan(w: World, number: int) -> None:
    """A part leaves the plant: nobody waits for it any more."""
    row = turn_of(w, number)
    if row >= 0:
        last = w.parts[number].step
        while w.steps[last].last == 0:
            last += 1
        end_turns(w, number, w.turn_at[w.parts[number].order] + w.steps[last].position)


@inner
def next_moment(w: World, station_number: int, now: float) -> float:
    """When the plan next lets something happen at a station by itself: a planned start, or the end of patience."""
    station = w.stations[station_number]
    earliest = NEVER
    for machine_number in range(station.first, station.first + station.machines):
        row = next_turn(w, machine_number)
        if row >= 0:
            start = w.turns[row].start
            for moment in (start, start + w.run.patience):
                if now < moment < earliest:
                    earliest = moment
    number = station.head
    while number >= 0:
        row = turn_of(w, number)
        if row >= 0:
            moment = w.turns[row].start + w.run.patience
            if now < moment < earliest:
                earliest = moment
        number = w.parts[number].next
    return float(earliest)
