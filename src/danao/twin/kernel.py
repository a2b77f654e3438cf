"""The event loop of the twin: one compiled function for every plant, in a lean and a full version.

An event is the end of a service, a failure, a repair or an arrival. Each leaves at most one part to be moved and at
most one machine to be fed; feeding a machine may free a place, unblock the machine upstream and so free that one: the
chain is followed until nobody is freed. All state lies in the arrays, so a run can stop at any time and go on.

Rules of the game: blocking after service; a machine's own place is not counted in the buffer; a part that is released
from a blocked machine enters the buffer in the order of blocking; work interrupted by a failure is resumed
(preempt-resume); a failed machine lets a finished part go, and the empty place in it can hold a part that waits for the
repair. Parts from a source always find a place in front of their first station.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from danao.twin.calendar import earliest, earliest_in_blocks, set_in_blocks
from danao.twin.layout import (
    BLOCKED,
    BLOCKED_HEAD,
    BLOCKED_TAIL,
    CALENDAR,
    CAPACITY,
    DOWN,
    DOWN_TIME,
    DRAWS,
    DUE,
    EMPTY_DOWN,
    ENTERED,
    FAILURE_CLOCK,
    FAILURES,
    FINISHED,
    FIRST,
    FIRST_GAP,
    GAPS,
    HEAD,
    IDLE,
    IDLE_MACHINES,
    IN_STATE,
    LAST,
    LATE,
    LEAD,
    LEFT,
    NEXT,
    NEXT_BLOCKED,
    NUMBER,
    OPERATION,
    PART,
    PRODUCT,
    QUEUED,
    QUEUED_AT,
    REWORK,
    REWORK_TO,
    REWORKED,
    RULE,
    SATURATED,
    SCRAP,
    SCRAPPED,
    SETUP,
    SETUP_AT,
    SETUP_CLASS,
    SINCE,
    SOURCE,
    STATION,
    STATUS,
    STEP,
    STEP_CLASS,
    STEP_STATION,
    STEP_TIME,
    TAIL,
    TARDINESS,
    TO_FAILURE,
    UP,
    WORKING,
    Floats,
    Integers,
)
from danao.twin.rules import choose
from danao.twin.sampling import draw, mixed, stream_key, uniform

# Whole numbers of a run.
IN_PLANT, FREE_PARTS, EVENTS = range(3)
SCALARS = 3
# Hours of a run.
NOW, WIP_SINCE, WIP_HOURS = range(3)
TIMES = 3

DONE, PARTS_USED_UP, NOTHING_HAPPENS = range(3)
"""Why the loop stopped: the horizon is reached; more parts in the plant than the tables hold; no event is left."""

MOST_PARTS_AN_EVENT = 2
"""One that arrives, and one that a saturated station takes from its source."""

PURPOSE_PART, PURPOSE_FAILURE, PURPOSE_REPAIR, PURPOSE_GAP = range(4)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_NEVER = np.inf
_NOTHING_LEFT, _HELD_PART = -1.0, -2.0


@njit(cache=True, inline="always")
def set_clock(clocks: Floats, blocks: Floats, number: int, time: float, blocked: bool) -> None:
    """Set a clock of the calendar."""
    if blocked:
        set_in_blocks(clocks, blocks, number, time)
    else:
        clocks[number] = time


@njit(cache=True, inline="always")
def turn(machines: Integers, hours: Floats, k: int, now: float, status: int) -> None:
    """Put a machine into another state and book the hours of the old one."""
    hours[k, IN_STATE + machines[k, STATUS]] += now - hours[k, SINCE]
    hours[k, SINCE] = now
    machines[k, STATUS] = status


@njit(cache=True, inline="always")
def enqueue(stations: Integers, parts: Integers, part_hours: Floats, station: int, part: int, now: float) -> None:
    """Put a part at the end of a station's queue."""
    part_hours[part, QUEUED_AT] = now
    parts[part, NEXT] = -1
    if stations[station, QUEUED] == 0:
        stations[station, HEAD] = part
    else:
        parts[stations[station, TAIL], NEXT] = part
    stations[station, TAIL] = part
    stations[station, QUEUED] += 1


@njit(cache=True, inline="always")
def enter(
    key: np.uint64,
    source: int,
    now: float,
    sources: Integers,
    due_after: Floats,
    first_step: Integers,
    parts: Integers,
    part_hours: Floats,
    part_keys: Any,
    free: Integers,
    scalars: Integers,
    times: Floats,
) -> int:
    """A new part of a source; its number in the tables."""
    scalars[FREE_PARTS] -= 1
    part = free[scalars[FREE_PARTS]]
    serial = sources[source, NUMBER]
    sources[source, NUMBER] = serial + 1
    parts[part, STEP] = first_step[sources[source, PRODUCT]]
    parts[part, SOURCE] = source
    parts[part, DRAWS] = 0
    part_hours[part, ENTERED] = now
    part_hours[part, DUE] = now + due_after[source]
    part_keys[part] = mixed(stream_key(key, source, PURPOSE_PART) + np.uint64(serial + 1) * _GOLDEN)
    times[WIP_HOURS] += scalars[IN_PLANT] * (now - times[WIP_SINCE])
    times[WIP_SINCE] = now
    scalars[IN_PLANT] += 1
    return part


@cache
def event_loop(blocked: bool, failing: bool, full: bool) -> Callable[..., int]:
    """The compiled loop; kept on disk after its first use, as only the three switches tell the versions apart.

    Args:
        blocked: Event calendar in blocks instead of one flat array.
        failing: Machines fail.
        full: Setups, dispatching rules other than fifo, scrap or rework occur.
    """

    @njit(cache=True, nogil=True)
    def run(
        key: np.uint64,
        until: float,
        stations: Integers,
        machines: Integers,
        hours: Floats,
        steps: Integers,
        chances: Floats,
        work: Floats,
        sources: Integers,
        due_after: Floats,
        setups: Floats,
        classes: int,
        first_step: Integers,
        kinds: Integers,
        parameters: Floats,
        values: Floats,
        parts: Integers,
        part_hours: Floats,
        part_keys: Any,
        free: Integers,
        clocks: Floats,
        blocks: Floats,
        scalars: Integers,
        times: Floats,
        counts: Integers,
        sums: Floats,
    ) -> int:
        machine_count = machines.shape[0]
        source_base = 2 * machine_count if failing else machine_count
        now = times[NOW]
        events = 0
        outcome = DONE
        next_machine = 0 if now == 0.0 and scalars[EVENTS] == 0 else machine_count
        if next_machine == 0:
            for i in range(sources.shape[0]):
                if sources[i, GAPS] >= 0:
                    gap = draw(kinds, parameters, values, sources[i, FIRST_GAP], stream_key(key, i, PURPOSE_GAP), 0)
                    set_clock(clocks, blocks, source_base + i, gap, blocked)
            if failing:
                for k in range(machine_count):
                    clock = stations[machines[k, STATION], FAILURE_CLOCK]
                    if clock > 0:
                        stream = stream_key(key, k, PURPOSE_FAILURE)
                        up = draw(kinds, parameters, values, stations[machines[k, STATION], UP], stream, 0)
                        if clock == CALENDAR:
                            set_clock(clocks, blocks, machine_count + k, up, blocked)
                        else:
                            hours[k, TO_FAILURE] = up
        while True:
            part = -1
            holder = -1
            idle = -1
            if next_machine < machine_count:
                idle = next_machine
                next_machine += 1
                if stations[machines[idle, STATION], SATURATED] < 0:
                    continue
            else:
                if scalars[FREE_PARTS] < MOST_PARTS_AN_EVENT:
                    outcome = PARTS_USED_UP
                    break
                number = earliest_in_blocks(clocks, blocks) if blocked else earliest(clocks)
                time = clocks[number]
                if time > until:
                    if time == _NEVER:
                        outcome = NOTHING_HAPPENS
                    now = until
                    break
                now = time
                events += 1
                if number < machine_count:
                    k = number
                    station = machines[k, STATION]
                    if failing and stations[station, FAILURE_CLOCK] == OPERATION:
                        if machines[k, STATUS] == DOWN:
                            stream = stream_key(key, k, PURPOSE_FAILURE)
                            up = draw(kinds, parameters, values, stations[station, UP], stream, machines[k, FAILURES])
                            turn(machines, hours, k, now, WORKING)
                            left = hours[k, LEFT]
                            if left > up:
                                hours[k, LEFT] = left - up
                                hours[k, TO_FAILURE] = -1.0
                                set_clock(clocks, blocks, k, now + up, blocked)
                            else:
                                hours[k, TO_FAILURE] = up - left
                                set_clock(clocks, blocks, k, now + left, blocked)
                            continue
                        if hours[k, TO_FAILURE] < 0.0:
                            stream = stream_key(key, k, PURPOSE_REPAIR)
                            count = machines[k, FAILURES]
                            machines[k, FAILURES] = count + 1
                            down = draw(kinds, parameters, values, stations[station, DOWN_TIME], stream, count)
                            turn(machines, hours, k, now, DOWN)
                            set_clock(clocks, blocks, k, now + down, blocked)
                            continue
                    part = machines[k, PART]
                    holder = k
                elif failing and number < source_base:
                    k = number - machine_count
                    station = machines[k, STATION]
                    count = machines[k, FAILURES]
                    if machines[k, STATUS] != DOWN:
                        status = machines[k, STATUS]
                        if status == WORKING:
                            hours[k, LEFT] = clocks[k] - now
                            set_clock(clocks, blocks, k, _NEVER, blocked)
                        elif status == BLOCKED:
                            hours[k, LEFT] = _HELD_PART
                        else:
                            hours[k, LEFT] = _NOTHING_LEFT
                            stations[station, IDLE_MACHINES] -= 1
                            stations[station, EMPTY_DOWN] += 1
                        turn(machines, hours, k, now, DOWN)
                        machines[k, FAILURES] = count + 1
                        stream = stream_key(key, k, PURPOSE_REPAIR)
                        down = draw(kinds, parameters, values, stations[station, DOWN_TIME], stream, count)
                        set_clock(clocks, blocks, number, now + down, blocked)
                        continue
                    stream = stream_key(key, k, PURPOSE_FAILURE)
                    up = draw(kinds, parameters, values, stations[station, UP], stream, count)
                    set_clock(clocks, blocks, number, now + up, blocked)
                    if hours[k, LEFT] >= 0.0:
                        turn(machines, hours, k, now, WORKING)
                        set_clock(clocks, blocks, k, now + hours[k, LEFT], blocked)
                        continue
                    if hours[k, LEFT] == _HELD_PART:
                        turn(machines, hours, k, now, BLOCKED)
                        continue
                    turn(machines, hours, k, now, IDLE)
                    stations[station, IDLE_MACHINES] += 1
                    stations[station, EMPTY_DOWN] -= 1
                    idle = k
                else:
                    i = number - source_base
                    part = enter(
                        key, i, now, sources, due_after, first_step, parts, part_hours, part_keys, free, scalars, times
                    )
                    stream = stream_key(key, i, PURPOSE_GAP)
                    gap = draw(kinds, parameters, values, sources[i, GAPS], stream, sources[i, NUMBER])
                    set_clock(clocks, blocks, number, now + gap, blocked)

            # Move the part, if any: out of the plant, to an idle machine, into the buffer, or nowhere (blocked).
            start_on = -1
            if part >= 0:
                target = parts[part, STEP]
                leaves = False
                if holder >= 0:
                    step = target
                    product = sources[parts[part, SOURCE], PRODUCT]
                    target = step + 1
                    leaves = steps[step, LAST] == 1
                    if full and chances[step, REWORK] > 0.0:
                        luck = uniform(part_keys[part], parts[part, DRAWS])
                        parts[part, DRAWS] += 1
                        if luck < chances[step, SCRAP]:
                            counts[product, SCRAPPED] += 1
                            leaves = True
                            target = -1
                        elif luck < chances[step, REWORK]:
                            counts[product, REWORKED] += 1
                            target = steps[step, REWORK_TO]
                            leaves = False
                if leaves:
                    if target >= 0:
                        counts[product, FINISHED] += 1
                        sums[product, LEAD] += now - part_hours[part, ENTERED]
                        if now > part_hours[part, DUE]:
                            counts[product, LATE] += 1
                            sums[product, TARDINESS] += now - part_hours[part, DUE]
                    times[WIP_HOURS] += scalars[IN_PLANT] * (now - times[WIP_SINCE])
                    times[WIP_SINCE] = now
                    scalars[IN_PLANT] -= 1
                    free[scalars[FREE_PARTS]] = part
                    scalars[FREE_PARTS] += 1
                    idle = holder
                else:
                    parts[part, STEP] = target
                    station = steps[target, STEP_STATION]
                    if stations[station, IDLE_MACHINES] > 0:
                        k = stations[station, FIRST]
                        while machines[k, STATUS] != IDLE:
                            k += 1
                        stations[station, IDLE_MACHINES] -= 1
                        start_on = k
                        idle = holder
                    elif (
                        holder == -1
                        or stations[station, CAPACITY] < 0
                        or (stations[station, QUEUED] < stations[station, CAPACITY] + stations[station, EMPTY_DOWN])
                    ):
                        enqueue(stations, parts, part_hours, station, part, now)
                        idle = holder
                    else:
                        turn(machines, hours, holder, now, BLOCKED)
                        set_clock(clocks, blocks, holder, _NEVER, blocked)
                        machines[holder, NEXT_BLOCKED] = -1
                        if stations[station, BLOCKED_HEAD] < 0:
                            stations[station, BLOCKED_HEAD] = holder
                        else:
                            machines[stations[station, BLOCKED_TAIL], NEXT_BLOCKED] = holder
                        stations[station, BLOCKED_TAIL] = holder
            if idle >= 0 and idle == holder:
                machines[idle, PART] = -1

            # Start work; feed the machine that became free; go on with the machine that this unblocked.
            while True:
                if start_on >= 0:
                    k = start_on
                    machines[k, PART] = part
                    step = parts[part, STEP]
                    station = machines[k, STATION]
                    count = parts[part, DRAWS]
                    parts[part, DRAWS] = count + 1
                    duration = draw(kinds, parameters, values, steps[step, STEP_TIME], part_keys[part], count)
                    turn(machines, hours, k, now, WORKING)
                    if full and stations[station, SETUP_AT] >= 0:
                        wanted = steps[step, STEP_CLASS]
                        if wanted > 0:
                            setup = setups[stations[station, SETUP_AT] + machines[k, SETUP_CLASS] * classes + wanted]
                            machines[k, SETUP_CLASS] = wanted
                            hours[k, IN_STATE + SETUP] += setup
                            hours[k, SINCE] += setup
                            duration += setup
                    if failing and stations[station, FAILURE_CLOCK] == OPERATION:
                        if duration > hours[k, TO_FAILURE]:
                            hours[k, LEFT] = duration - hours[k, TO_FAILURE]
                            duration = hours[k, TO_FAILURE]
                            hours[k, TO_FAILURE] = -1.0
                        else:
                            hours[k, TO_FAILURE] -= duration
                    set_clock(clocks, blocks, k, now + duration, blocked)
                    start_on = -1
                if idle < 0:
                    break
                station = machines[idle, STATION]
                released = -1
                part = -1
                if failing and machines[idle, STATUS] == DOWN:
                    # A blocked machine that failed got rid of its part: an empty place, but no work.
                    hours[idle, LEFT] = _NOTHING_LEFT
                    stations[station, EMPTY_DOWN] += 1
                elif stations[station, QUEUED] > 0:
                    before = -1
                    part = stations[station, HEAD]
                    if full and stations[station, RULE] > 0:
                        before, part = choose(
                            stations[station, RULE],
                            station,
                            idle,
                            now,
                            stations,
                            machines,
                            steps,
                            sources,
                            parts,
                            part_hours,
                            work,
                            setups,
                            classes,
                        )
                    after = parts[part, NEXT]
                    if before < 0:
                        stations[station, HEAD] = after
                    else:
                        parts[before, NEXT] = after
                    if after < 0:
                        stations[station, TAIL] = before
                    stations[station, QUEUED] -= 1
                elif stations[station, BLOCKED_HEAD] >= 0:
                    released = stations[station, BLOCKED_HEAD]
                    part = machines[released, PART]
                elif stations[station, SATURATED] >= 0:
                    i = stations[station, SATURATED]
                    part = enter(
                        key, i, now, sources, due_after, first_step, parts, part_hours, part_keys, free, scalars, times
                    )
                if (
                    released < 0
                    and stations[station, BLOCKED_HEAD] >= 0
                    and (stations[station, QUEUED] < stations[station, CAPACITY] + stations[station, EMPTY_DOWN])
                ):
                    released = stations[station, BLOCKED_HEAD]
                    enqueue(stations, parts, part_hours, station, machines[released, PART], now)
                if released >= 0:
                    stations[station, BLOCKED_HEAD] = machines[released, NEXT_BLOCKED]
                    machines[released, PART] = -1
                if failing and machines[idle, STATUS] == DOWN:
                    idle = released
                    continue
                if part < 0:
                    if machines[idle, STATUS] != IDLE:
                        turn(machines, hours, idle, now, IDLE)
                        set_clock(clocks, blocks, idle, _NEVER, blocked)
                        stations[station, IDLE_MACHINES] += 1
                    break
                if machines[idle, STATUS] == IDLE:
                    stations[station, IDLE_MACHINES] -= 1
                start_on = idle
                idle = released
        times[NOW] = now
        scalars[EVENTS] += events
        return outcome

    loop: Callable[..., int] = run
    return loop
