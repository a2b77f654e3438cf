"""The event loop of the twin: one compiled function; an express lane through it for plants that need no more.

An event is a clock that goes off: the end of a phase of a job, a failure or repair, an arrival, a shift, a vehicle, a
part that comes off a conveyor, the meter. What it sets in motion is put on lists: parts that move on, and an agenda of
stations, conveyors, stores, vehicles and people to be looked at. The lists are worked off before time goes on. All
state lies in the tables, so a run can stop at any moment and go on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from danao.twin.calendar import earliest, earliest_in_tree, set_clock
from danao.twin.calls import at, delayed, turn, use_power, write
from danao.twin.compiling import entry, inner
from danao.twin.express import end_of_service, failure_or_repair, feed_station
from danao.twin.feed import feed
from danao.twin.gate import let_in, may_enter, release_outside
from danao.twin.jobs import end_job
from danao.twin.links import board_waiting, end_of_belt
from danao.twin.machines import begin_repair, book_people, close_or_open, free_pool, next_phase, stop_event, strike
from danao.twin.moves import move, restock
from danao.twin.parts import (
    PURPOSE_FAILURE,
    PURPOSE_GAP,
    after_open_hours,
    arrival,
    book_wip,
    enqueue,
    look_at,
    new_part,
    next_item,
    wait_outside,
)
from danao.twin.routing import end_step, head_for, wants_to_move
from danao.twin.sampling import draw, stream_key
from danao.twin.vehicles import dispatch, vehicle_event
from danao.twin.world import (
    CALENDAR,
    IDLE,
    NEVER,
    OFF,
    ON_BELT,
    STATE,
    WORKING,
    World,
)

DONE, PARTS_USED_UP, NOTHING_HAPPENS, TRACE_FULL, ASKED, ENDLESS = range(6)
"""Why the loop stopped: the horizon is reached; more parts in the plant than the tables hold; no event is left; the
trace is full; somebody must decide; time stands still."""

MOST_EVENTS_AT_ONCE = 10_000_000
"""More events than this at one moment are taken for a loop that needs no time."""


@inner
def set_first_clocks(w: World, many: bool) -> None:
    """Set the clocks of sources and stops, and put the stations that never starve on the agenda."""
    run = w.run
    for i in range(w.run.source_count):
        source = w.sources[i]
        if source.gaps >= 0:
            gap = draw(w.distributions, w.values, source.first_gap, stream_key(run.key, i, PURPOSE_GAP), 0)
            first = after_open_hours(w, source.calendar if source.first_open == 1 else -1, run.now, gap)
            set_clock(w.clocks, w.tree, w.run.leaves, run.source_base + i, first, many)
    for j in range(w.run.stop_count):
        stop = w.stops[j]
        if stop.state == 0:
            up = draw(w.distributions, w.values, stop.first, stream_key(run.key, j, PURPOSE_FAILURE), 0)
            if stop.clock == CALENDAR:
                set_clock(w.clocks, w.tree, w.run.leaves, run.machine_count + j, run.now + up, many)
            else:
                stop.left = up
    for station in range(w.run.station_count):
        if w.stations[station].saturated >= 0 or w.stations[station].queued > 0:
            look_at(w, station)


@inner
def set_further_clocks(w: World) -> None:
    """Set the clocks of calendars, orders, machines that switch off, the meter; start the trace."""
    run = w.run
    for k in range(w.run.machine_count):
        machine = w.machines[k]
        off_after = w.stations[machine.station].off_after
        if machine.status == IDLE and off_after >= 0.0:
            at(w, k, run.now + off_after)
    if w.run.order_count > 0:
        # Orders from before the clock of a recorded state are in it, or through.
        while run.next_order < w.run.order_count and w.orders[run.next_order].release < run.now:
            run.next_order += 1
        if run.next_order < w.run.order_count:
            at(w, run.order_clock, w.orders[run.next_order].release)
    for number in range(w.run.day_count):
        day = w.days[number]
        at(w, run.calendar_base + number, day.start)
    find_next_edge(w)
    if run.powered == 1:
        run.meter_at = run.now
        at(w, run.meter_clock, next_tick(w, run.now))
    for number in range(w.run.transport_count):
        look_at(w, run.transport_item + number)
    look_at(w, run.staff_item)
    if run.tracing == 1:
        write_states(w, run.now)


@entry
def write_states(w: World, now: float) -> None:
    """Write the state of every machine into the trace."""
    for k in range(w.run.machine_count):
        machine = w.machines[k]
        write(w.trace, w.run, STATE, now, -1, -1, -1, machine.station, k, float(machine.status))


@inner
def price_at(w: World, now: float) -> float:
    """Money per kWh."""
    hour = now - 168.0 * (now // 168.0)
    for row in range(w.run.window_count):
        if w.tariff[3 * row] <= hour < w.tariff[3 * row + 1]:
            return float(w.tariff[3 * row + 2])
    return float(w.run.price)


@inner
def next_tick(w: World, now: float) -> float:
    """When the meter is read next: at the end of the demand interval or where the price changes."""
    week = 168.0 * (now // 168.0)
    time = w.run.interval_end
    for row in range(w.run.window_count):
        for edge in (week + w.tariff[3 * row], week + w.tariff[3 * row + 1], week + 168.0 + w.tariff[3 * row]):
            if now < edge < time:
                time = edge
    return float(time)


@entry
def read_meter(w: World, now: float) -> None:
    """Book the energy since the last reading at its price, and the peak at the end of a demand interval."""
    run = w.run
    since = run.metered_at
    use_power(w, 0.0, now)
    run.cost += run.kwh * price_at(w, 0.5 * (since + now))
    run.interval_kwh += run.kwh
    run.kwh = 0.0
    run.metered_at = now
    if now >= run.interval_end:
        run.peak = max(run.peak, run.interval_kwh / run.interval)
        run.interval_kwh = 0.0
        run.interval_end += run.interval
    at(w, run.meter_clock, next_tick(w, now))


@inner
def come(w: World, number: int, now: float) -> None:
    """A part stands at the gate: it comes in, or waits outside for its turn."""
    run = w.run
    part = w.parts[number]
    alone = run.outside_head < 0 or (
        run.limit < 0 and part.source < w.run.source_count and (w.sources[part.source].limit < 0)
    )
    if alone and may_enter(w, part.source):
        let_in(w, number, now)
        wants_to_move(w, number, head_for(w, number, part.step))
    else:
        wait_outside(w, number)
        look_at(w, run.outside_item)


@inner
def source_event(w: World, i: int, now: float) -> None:
    """Parts of a source arrive."""
    source = w.sources[i]
    for _ in range(source.size):
        come(w, arrival(w, i, now), now)
    run = w.run
    gap = draw(w.distributions, w.values, source.gaps, stream_key(run.key, i, PURPOSE_GAP), source.number)
    at(w, run.source_base + i, after_open_hours(w, source.calendar, now, gap))


@inner
def order_event(w: World, now: float) -> None:
    """An order is released."""
    run = w.run
    order = w.orders[run.next_order]
    number = new_part(w, w.run.source_count, run.next_order, order.product, now)
    part = w.parts[number]
    part.flow = order.flow
    part.priority = order.priority
    part.pieces = order.pieces
    part.due = order.due
    come(w, number, now)
    run.next_order += 1
    if run.next_order < w.run.order_count:
        at(w, run.order_clock, max(now, w.orders[run.next_order].release))
    else:
        at(w, run.order_clock, NEVER)


@inner
def find_next_edge(w: World) -> None:
    """Which calendar opens or closes next, and when: before anything else that happens at that moment."""
    run = w.run
    run.next_edge = NEVER
    for number in range(run.day_count):
        if w.days[number].start < run.next_edge:
            run.next_edge = w.days[number].start
            run.next_day = number


@inner
def calendar_event(w: World, number: int, now: float) -> None:
    """A calendar opens or closes."""
    run = w.run
    day = w.days[number]
    day.is_open = 1 - day.is_open
    edges = 2 * day.spans
    day.next += 1
    day.start = w.spans[day.at + day.next % edges] + day.cycle * (day.next // edges)
    while day.start <= now:
        # Two spans that touch are one: the closing and the opening in between cancel out.
        day.is_open = 1 - day.is_open
        day.next += 1
        day.start = w.spans[day.at + day.next % edges] + day.cycle * (day.next // edges)
    at(w, run.calendar_base + number, day.start)
    find_next_edge(w)
    set_open(w, number, now)


@inner
def set_open(w: World, number: int, now: float) -> None:
    """Open or close what follows a calendar."""
    run = w.run
    is_open = w.days[number].is_open
    for s in range(w.run.station_count):
        station = w.stations[s]
        if station.calendar == number:
            for k in range(station.first, station.first + station.machines):
                machine = w.machines[k]
                if (machine.closed == 0 and machine.closing == 0) != (is_open == 1) or is_open == 0:
                    close_or_open(w, k, is_open, station.pauses, now)
    for p in range(w.run.pool_count):
        pool = w.pools[p]
        if pool.calendar == number:
            book_people(pool, 0, now)
            pool.on_shift = pool.count if is_open == 1 else 0
            look_at(w, run.staff_item)


@inner
def staff(w: World, now: float) -> None:
    """People are at hand: first for repairs, in the order of waiting, then for the stations that wait."""
    run = w.run
    number = run.crew_head
    before = -1
    while number >= 0:
        stop = w.stops[number]
        following = stop.next
        if free_pool(w.pools, w.skills, w.skill_pools, stop.skill, 1) >= 0:
            if before < 0:
                run.crew_head = following
            else:
                w.stops[before].next = following
            if following < 0:
                run.crew_tail = before
            begin_repair(w, number, now)
        else:
            before = number
        number = following
    for place in range(run.waiting):
        w.stations[w.waiting[place]].waits = 0
        look_at(w, w.waiting[place])
    run.waiting = 0


@inner
def machine_event(w: World, k: int, now: float) -> None:
    """The clock of a machine goes off: end of a phase, a failure during work, or time to switch off."""
    machine = w.machines[k]
    status = machine.status
    if status == WORKING:
        if machine.strikes >= 0:
            strike(w, machine.strikes, now)
        else:
            end_job(w, k, now)
    elif status == IDLE:
        turn(w, k, OFF, now)
        at(w, k, NEVER)
    else:
        next_phase(w, k, now)


@inner
def late_event(w: World, number: int, now: float) -> None:
    """An event of the rarer clocks: calendars, patience, vehicles, orders, delays, the meter."""
    run = w.run
    if number < run.patience_base:
        calendar_event(w, number - run.calendar_base, now)
    elif number < run.vehicle_base:
        at(w, number, NEVER)
        look_at(w, number - run.patience_base)
    elif number < run.order_clock:
        vehicle_event(w, number - run.vehicle_base, now)
    elif number == run.order_clock:
        order_event(w, now)
    elif number == run.heap_clock:
        part = delayed(w)
        if w.parts[part].delayed == ON_BELT:
            end_of_belt(w, part, now)
        else:
            end_step(w, part, w.parts[part].machine, now)
    else:
        read_meter(w, now)


@inner
def item_event(w: World, item: int, now: float) -> bool:
    """Work off one item of the agenda. Returns False if somebody outside must decide first."""
    run = w.run
    if item < run.link_item:
        return feed(w, item, now)
    if item < run.store_item:
        board_waiting(w, item - run.link_item, now)
    elif item < run.transport_item:
        restock(w, item - run.store_item, now)
    elif item < run.outside_item:
        dispatch(w, item - run.transport_item, now)
    elif item == run.outside_item:
        release_outside(w, now)
    else:
        staff(w, now)
    return True


@cache
def event_loop(many: bool, failing: bool, express: bool) -> Callable[[World, float], int]:
    """The compiled loop; kept on disk after its first use, as only the three switches tell the versions apart.

    Args:
        many: Event calendar as a tree instead of one flat array.
        failing: Machines fail.
        express: Nothing occurs that the express lane does not know.
    """

    @entry
    def run_until(w: World, until: float) -> int:
        run = w.run
        now = run.now
        events = 0
        outcome = DONE
        if run.started == 0:
            run.started = 1
            set_first_clocks(w, many)
            if not express:
                set_further_clocks(w)
        while True:
            if express:
                while run.head != run.tail:
                    feed_station(w, next_item(w), now, many, failing)
            else:
                if run.decision >= 0 and not feed(w, run.decision, now):
                    outcome = ASKED
                    break
                while run.moves_head != run.moves_tail or run.head != run.tail:
                    if run.tracing == 1 and run.traced + run.trace_margin > run.trace_size:
                        outcome = TRACE_FULL
                        break
                    # What is worked off counts as an event for this purpose alone.
                    run.same -= 1
                    if events - run.same > MOST_EVENTS_AT_ONCE:
                        outcome = ENDLESS
                        break
                    if run.moves_head != run.moves_tail:
                        number = w.moves[run.moves_head]
                        run.moves_head += 1
                        if run.moves_head == w.run.moves_size:
                            run.moves_head = 0
                        move(w, number, now)
                    elif not item_event(w, next_item(w), now):
                        outcome = ASKED
                        break
                if outcome != DONE:
                    break
            if run.free < run.margin:
                outcome = PARTS_USED_UP
                break
            if not express and run.tracing == 1 and run.traced + run.trace_margin > run.trace_size:
                outcome = TRACE_FULL
                break
            number = earliest_in_tree(w.tree, run.leaves) if many else earliest(w.clocks, run.clock_count)
            time = w.clocks[number]
            if time > until:
                if time == NEVER:
                    outcome = NOTHING_HAPPENS
                now = until
                break
            if not express and time >= run.next_edge:
                number = run.calendar_base + run.next_day
            if time > now:
                now = time
                run.same = events
            elif events - run.same > MOST_EVENTS_AT_ONCE:
                outcome = ENDLESS
                break
            events += 1
            if express:
                if number < run.machine_count:
                    end_of_service(w, number, now, many, failing)
                elif failing and number < run.source_base:
                    failure_or_repair(w, number - run.machine_count, number, now, many)
                else:
                    i = number - run.source_base
                    source = w.sources[i]
                    part = arrival(w, i, now)
                    w.products[source.product].entered += 1
                    book_wip(w, 1, now)
                    station = w.steps[w.parts[part].step].station
                    enqueue(w, station, part, now)
                    look_at(w, station)
                    gap = draw(
                        w.distributions, w.values, source.gaps, stream_key(run.key, i, PURPOSE_GAP), source.number
                    )
                    set_clock(w.clocks, w.tree, w.run.leaves, number, now + gap, many)
            elif number < run.machine_count:
                machine_event(w, number, now)
            elif number < run.source_base:
                stop_event(w, number - run.machine_count, now)
            elif number < run.calendar_base:
                source_event(w, number - run.source_base, now)
            else:
                late_event(w, number, now)
        run.now = now
        run.events += events
        run.same -= events
        return outcome

    loop: Callable[[World, float], int] = run_until
    return loop
