"""Machines in compiled code: phases of a job, holds (failures, maintenance, closed hours), people."""

from __future__ import annotations

from danao.twin.calls import at, busy_status, delay, turn
from danao.twin.compiling import inlined, inner
from danao.twin.parts import PURPOSE_FAILURE, PURPOSE_REPAIR, look_at, place_freed
from danao.twin.sampling import draw, stream_key
from danao.twin.world import (
    BLOCKED,
    CALENDAR,
    CLOSED,
    COUNTING,
    DOWN,
    DUE_STOP,
    HEATING,
    IDLE,
    IN_PIPELINE,
    MAINTENANCE,
    NEVER,
    NOWHERE,
    ON_MACHINE,
    ON_OUTPUT,
    OPERATION,
    PIECES,
    SETUP,
    UNDER_REPAIR,
    WAITS_FOR_CREW,
    WORKING,
    Records,
    World,
)


@inlined
def book_people(pool: Records, change: int, now: float) -> None:
    """People of a pool start or end work."""
    pool.busy += pool.working * (now - pool.since)
    pool.shift += pool.on_shift * (now - pool.since)
    pool.since = now
    pool.working += change


@inner
def free_pool(pools: Records, skills: Records, skill_pools: Records, skill: int, count: int) -> int:
    """The first pool of a skill that has so many people at hand; -1: none."""
    for place in range(skills[skill], skills[skill + 1]):
        number = skill_pools[place]
        if pools[number].on_shift - pools[number].working >= count:
            return int(number)
    return -1


@inner
def next_pool(w: World, skill: int, count: int, after: int) -> int:
    """The first pool of a skill behind a given one (-1: of all) that has so many people at hand; -1: none."""
    passed = after < 0
    for place in range(w.skills[skill], w.skills[skill + 1]):
        number = w.skill_pools[place]
        if passed and w.pools[number].on_shift - w.pools[number].working >= count:
            return int(number)
        passed = passed or number == after
    return -1


@inner
def take_people(w: World, number: int, with_setup: bool, now: float) -> bool:
    """Take the people that a machine needs for a job; all or nobody.

    Where several needs could be met from one pool, other pools are tried for the earlier ones before giving up.
    """
    machine = w.machines[number]
    station = w.stations[machine.station]
    j, back = 0, False
    while 0 <= j < station.needs:
        need = w.needs[station.needs_at + j]
        pool = -1
        if need.setup_only == 0 or with_setup:
            before = -1
            if back:
                before = int(machine.pools[j])
                book_people(w.pools[before], -need.count, now)
            pool = next_pool(w, need.skill, need.count, before)
            back = pool < 0
        machine.pools[j] = pool
        if pool >= 0:
            book_people(w.pools[pool], need.count, now)
        j += -1 if back else 1
    return j == station.needs


@inner
def give_people_back(w: World, number: int, setup_only: bool, now: float) -> None:
    """Let the people of a machine go: those for the setup, or all."""
    machine = w.machines[number]
    station = w.stations[machine.station]
    for j in range(station.needs):
        need = w.needs[station.needs_at + j]
        if machine.pools[j] >= 0 and (need.setup_only == 1 or not setup_only):
            book_people(w.pools[machine.pools[j]], -need.count, now)
            machine.pools[j] = -1
            look_at(w, w.run.staff_item)


@inlined
def work_on(w: World, number: int, duration: float, now: float) -> None:
    """Work for some hours, or up to the next failure on the operation clock."""
    machine = w.machines[number]
    machine.strikes = -1
    length = duration
    for j in range(machine.first_stop, machine.first_stop + machine.stops):
        stop = w.stops[j]
        if stop.clock == OPERATION and stop.maintains == 0 and stop.left < length:
            length = stop.left
            machine.strikes = j
    machine.after = duration - length
    for j in range(machine.first_stop, machine.first_stop + machine.stops):
        if w.stops[j].clock == OPERATION:
            w.stops[j].left -= length
    at(w, number, now + length)


@inner
def next_phase(w: World, number: int, now: float) -> None:
    """Begin the next phase of a job: heat, set up, work."""
    machine = w.machines[number]
    if machine.heat_hours > 0.0:
        turn(w, number, HEATING, now)
        at(w, number, now + machine.heat_hours)
        machine.heat_hours = 0.0
    elif machine.setup_hours > 0.0:
        turn(w, number, SETUP, now)
        at(w, number, now + machine.setup_hours)
        machine.setup_hours = 0.0
    else:
        if w.stations[machine.station].needs > 0:
            give_people_back(w, number, True, now)
        turn(w, number, WORKING, now)
        if machine.pipelined == 1:
            part_number = machine.part
            while part_number >= 0:
                part = w.parts[part_number]
                following = part.beside
                part.holder = NOWHERE
                part.beside = -1
                part.delayed = IN_PIPELINE
                delay(w, part_number, now + machine.through)
                part_number = following
            machine.part = -1
            machine.load = 0
        work_on(w, number, machine.job, now)


@inlined
def show_hold(w: World, number: int, now: float) -> None:
    """Show why a machine is held."""
    machine = w.machines[number]
    if machine.down > 0:
        turn(w, number, DOWN, now)
    elif machine.maintained > 0:
        turn(w, number, MAINTENANCE, now)
    else:
        turn(w, number, CLOSED, now)


@inner
def hold(w: World, number: int, now: float) -> None:
    """One more reason why a machine cannot work; its work is interrupted. Its counter is raised before."""
    machine = w.machines[number]
    machine.holds += 1
    if machine.holds == 1:
        status = machine.status
        if busy_status(status):
            unworked = w.clocks[number] - now
            machine.left = unworked
            machine.resumes = status
            if status == WORKING:
                machine.left += machine.after
                if unworked > 0.0:
                    for j in range(machine.first_stop, machine.first_stop + machine.stops):
                        if w.stops[j].clock == OPERATION:
                            w.stops[j].left += unworked
            machine.strikes = -1
        elif status == BLOCKED:
            machine.left = -2.0
        else:
            machine.left = -1.0
            w.stations[machine.station].idle -= 1
        at(w, number, NEVER)
    show_hold(w, number, now)


@inner
def begin_repair(w: World, number: int, now: float) -> None:
    """Begin a repair or maintenance, if somebody of the crew is at hand; otherwise wait for the crew."""
    run = w.run
    stop = w.stops[number]
    clock = run.machine_count + number
    if stop.skill >= 0:
        pool = free_pool(w.pools, w.skills, w.skill_pools, stop.skill, 1)
        if pool < 0:
            if stop.state != WAITS_FOR_CREW:
                stop.state = WAITS_FOR_CREW
                stop.next = -1
                if run.crew_head < 0:
                    run.crew_head = number
                else:
                    w.stops[run.crew_tail].next = number
                run.crew_tail = number
            at(w, clock, NEVER)
            return
        book_people(w.pools[pool], 1, now)
        stop.pool = pool
    stop.state = UNDER_REPAIR
    stream = stream_key(run.key, number, PURPOSE_REPAIR)
    down = draw(w.distributions, w.values, stop.down, stream, stop.count)
    stop.count += 1
    at(w, clock, now + down)


@inner
def strike(w: World, number: int, now: float) -> None:
    """A failure, or maintenance that is due, stops its machine."""
    stop = w.stops[number]
    machine = w.machines[stop.machine]
    if stop.maintains == 1:
        machine.due -= 1
        machine.maintained += 1
    else:
        if machine.down == 0:
            w.stations[machine.station].breakdowns += 1
        machine.down += 1
    hold(w, stop.machine, now)
    begin_repair(w, number, now)


@inner
def become_idle(w: World, number: int, now: float) -> None:
    """An empty machine that nothing holds: close it, maintain it, or let it wait for work."""
    machine = w.machines[number]
    station = w.stations[machine.station]
    turn(w, number, IDLE, now)
    machine.seen = -1
    station.idle += 1
    at(w, number, now + station.off_after if station.off_after >= 0.0 else NEVER)
    if machine.closing == 1:
        machine.closing = 0
        machine.closed = 1
        hold(w, number, now)
    elif machine.due > 0:
        for j in range(machine.first_stop, machine.first_stop + machine.stops):
            if w.stops[j].state == DUE_STOP:
                strike(w, j, now)
                break
    look_at(w, machine.station)


@inner
def empty_machine(w: World, number: int, now: float) -> None:
    """The last part has left the machine."""
    machine = w.machines[number]
    station = w.stations[machine.station]
    machine.part = -1
    station.empty += 1
    place_freed(w, machine.station)
    if machine.holds > 0:
        machine.left = -1.0
    else:
        become_idle(w, number, now)


@inner
def let_go(w: World, number: int, now: float) -> None:
    """One reason why a machine could not work is gone; its counter is lowered before."""
    machine = w.machines[number]
    machine.holds -= 1
    if machine.holds > 0:
        show_hold(w, number, now)
    elif machine.left >= 0.0:
        turn(w, number, machine.resumes, now)
        if machine.resumes == WORKING:
            work_on(w, number, machine.left, now)
        else:
            at(w, number, now + machine.left)
    elif machine.left == -2.0:
        turn(w, number, BLOCKED, now)
    else:
        become_idle(w, number, now)


@inner
def stop_event(w: World, number: int, now: float) -> None:
    """The clock of a stop goes off: it strikes, falls due, or is over."""
    run = w.run
    stop = w.stops[number]
    machine = w.machines[stop.machine]
    if stop.state == UNDER_REPAIR:
        if stop.pool >= 0:
            book_people(w.pools[stop.pool], -1, now)
            stop.pool = -1
            look_at(w, run.staff_item)
        stop.state = COUNTING
        up = draw(w.distributions, w.values, stop.up, stream_key(run.key, number, PURPOSE_FAILURE), stop.count)
        if stop.clock == CALENDAR:
            at(w, run.machine_count + number, now + up)
        else:
            stop.left = up
            at(w, run.machine_count + number, NEVER)
        if stop.maintains == 1:
            machine.maintained -= 1
        else:
            machine.down -= 1
        let_go(w, stop.machine, now)
    else:
        at(w, run.machine_count + number, NEVER)
        if stop.spares == 1 and machine.holds == 0 and not busy_status(machine.status):
            pass_by(w, number, now)
        elif stop.maintains == 1:
            fall_due(w, number, now)
        else:
            strike(w, number, now)


@inner
def pass_by(w: World, number: int, now: float) -> None:
    """A stop finds no job and passes: the next one follows as if it had struck."""
    stop = w.stops[number]
    down = draw(w.distributions, w.values, stop.down, stream_key(w.run.key, number, PURPOSE_REPAIR), stop.count)
    stop.count += 1
    up = draw(w.distributions, w.values, stop.up, stream_key(w.run.key, number, PURPOSE_FAILURE), stop.count)
    at(w, w.run.machine_count + number, now + down + up)


@inner
def fall_due(w: World, number: int, now: float) -> None:
    """Maintenance is due: at once on a machine that waits for work, or that it interrupts, else after its job."""
    stop = w.stops[number]
    machine = w.machines[stop.machine]
    stop.state = DUE_STOP
    machine.due += 1
    waits_for_work = machine.load == 0 and machine.holds == 0 and machine.status != WORKING
    if waits_for_work or stop.interrupts == 1:
        strike(w, number, now)


@inlined
def count_work(w: World, number: int) -> None:
    """A job has ended: wear of the machine that is counted in pieces or hours of work."""
    machine = w.machines[number]
    for j in range(machine.first_stop, machine.first_stop + machine.stops):
        stop = w.stops[j]
        if stop.clock == PIECES:
            stop.left -= machine.pieces
        if stop.maintains == 1 and stop.clock != CALENDAR and stop.state == COUNTING and stop.left <= 0.0:
            stop.state = DUE_STOP
            machine.due += 1


@inner
def close_or_open(w: World, number: int, is_open: int, pauses: int, now: float) -> None:
    """The calendar of a machine opens or closes."""
    machine = w.machines[number]
    if is_open == 1:
        if machine.closing == 1:
            machine.closing = 0
        elif machine.closed == 1:
            machine.closed = 0
            let_go(w, number, now)
        return
    status = machine.status
    busy = busy_status(status) or (machine.holds > 0 and machine.left >= 0.0)
    through = machine.holds == 0 and w.clocks[number] <= now
    if busy and (pauses == 0 or through):
        machine.closing = 1
    else:
        machine.closed = 1
        hold(w, number, now)


@inner
def take_off(w: World, number: int, now: float) -> None:
    """A part leaves the machine or the output place that held it."""
    part = w.parts[number]
    if part.holder == ON_MACHINE:
        k = part.place
        machine = w.machines[k]
        if machine.part == number:
            machine.part = part.beside
        else:
            other = machine.part
            while w.parts[other].beside != number:
                other = w.parts[other].beside
            w.parts[other].beside = part.beside
        machine.load -= 1
        if machine.load == 0 and machine.status != WORKING:
            empty_machine(w, k, now)
    elif part.holder == ON_OUTPUT:
        station = w.stations[part.place]
        station.output_used -= 1
        for k in range(station.first, station.first + station.machines):
            machine = w.machines[k]
            kept = machine.status == BLOCKED or (machine.holds > 0 and machine.left == -2.0)
            if kept and machine.load > 0:
                other = machine.part
                machine.part = w.parts[other].beside
                machine.load -= 1
                w.parts[other].beside = -1
                w.parts[other].holder = ON_OUTPUT
                w.parts[other].place = part.place
                station.output_used += 1
                if machine.load == 0:
                    empty_machine(w, k, now)
                break
    part.beside = -1
    part.holder = NOWHERE
