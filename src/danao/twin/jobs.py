"""Jobs of machines: which part goes onto which machine, the start of a job and its end."""

from __future__ import annotations

from danao.twin.calls import at, cooled, log, ready, turn
from danao.twin.compiling import inlined, inner
from danao.twin.limits import broken_limit, count_broken_limit
from danao.twin.machines import count_work, empty_machine, give_people_back, next_phase
from danao.twin.parts import look_at
from danao.twin.queues import gone, quit_queue
from danao.twin.routing import end_step
from danao.twin.rules import breaks_run, choose, may_start, setup_hours
from danao.twin.sampling import draw
from danao.twin.turns import start_turn
from danao.twin.world import BLOCKED, IDLE, NEVER, OFF, ON_MACHINE, START, World


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
    if w.stations[station].planned == 1:
        start_turn(w, number)
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
def with_least_setup(w: World, station_number: int, k: int, leader: int) -> int:
    """The machine that waits and takes a part with the shortest setup, its class on before others; `k` among equals."""
    station = w.stations[station_number]
    step = w.steps[w.parts[leader].step]
    bound = step.dedicated >= 0 and w.dedicated[leader * w.run.dedication_slots + step.dedicated] >= 0
    if step.setup_class == 0 or bound:
        return k
    least = setup_hours(w, w.machines[k], step)
    least_on = w.machines[k].setup_class == step.setup_class
    for number in range(station.first, station.first + station.machines):
        machine = w.machines[number]
        if ready(machine.status):
            setup = setup_hours(w, machine, step)
            on = machine.setup_class == step.setup_class
            if (setup < least or (setup == least and on and not least_on)) and not breaks_run(machine, step):
                least, least_on, k = setup, on, number
    return k


@inner
def find_job_in_runs(w: World, station_number: int, now: float) -> tuple[int, int]:
    """As `find_job`, where machines in the midst of a setup run refuse parts of other classes.

    A machine that refused is asked again when a part comes to the queue, or when it becomes free anew.
    """
    station = w.stations[station_number]
    for k in range(station.first, station.first + station.machines):
        if ready(w.machines[k].status) and w.machines[k].seen != station.news:
            leader = choose(w, station_number, k, now, -1, -1)
            if leader >= 0:
                taker = with_least_setup(w, station_number, k, leader)
                machine = w.machines[taker]
                patient = station.refusals < 0 or machine.refused < station.refusals
                if not (patient and breaks_run(machine, w.steps[w.parts[leader].step])):
                    machine.refused = 0
                    return taker, leader
                machine.refused += 1
                machine.seen = station.news
    return -1, -1


@inner
def find_job(w: World, station_number: int, now: float) -> tuple[int, int]:
    """The machine and the part that go together next at a station; -1, -1: none can start."""
    station = w.stations[station_number]
    if station.refusals != 0 and station.planned == 0:
        return find_job_in_runs(w, station_number, now)
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
    if leader >= 0 and station.waits_first == 1 and not may_start(w, leader, k, now):
        return -1, -1
    if leader >= 0 and station.setup_at >= 0 and station.planned == 0:
        k = with_least_setup(w, station_number, k, leader)
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
