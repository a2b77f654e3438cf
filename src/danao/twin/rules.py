"""Dispatching rules that are compiled into the twin: which waiting part a free machine takes.

Sources: Pinedo, Scheduling (ATC, ATCS, MDD); Carroll 1965 (COVERT); Haupt 1989, A survey of priority rule-based
scheduling; Baker & Kanet 1983 (modified operation due date); Holthaus & Rajendran 1997, Efficient dispatching rules for
scheduling in a job shop (PT+WINQ, PT+WINQ+SL).
"""

from __future__ import annotations

import math

from danao.twin.calls import has_room
from danao.twin.compiling import inlined, inner
from danao.twin.learnt import priority_of, work_left
from danao.twin.memory import call_rule
from danao.twin.priority import ALLOWANCE, COVERT_AHEAD, LOOK_AHEAD, SETUP_AHEAD
from danao.twin.turns import in_turn
from danao.twin.world import Records, World

(
    FIFO,
    LIFO,
    SPT,
    EDD,
    CRITICAL_RATIO,
    MOST_URGENT,
    LEAST_SETUP,
    LPT,
    SRPT,
    SLACK,
    MDD,
    COVERT,
    ATC,
    ATCS,
    WINQ,
    FIRST_IN_PLANT,
    WEIGHTED_SPT,
    OPERATION_DUE,
    MODIFIED_OPERATION_DUE,
    WORK_AND_WINQ,
    WORK_WINQ_AND_SLACK,
    FULLEST_BATCH,
    BEGUN_FIRST,
    OF_USER,
    LEARNT,
) = range(25)

FEATURES = (
    "work",
    "remaining",
    "slack",
    "priority",
    "setup",
    "waited",
    "in plant",
    "next queue",
    "queue",
    "mean work",
)
"""What a user's rule and a learning agent see of a waiting part.

Hours of work of its step; hours of work left, this step included; hours until it is due beyond the work left (1e9
without a due date); priority; hours of setup on the machine at hand; hours it has waited here and been in the plant;
hours of work that wait at its next station, per machine; parts that wait here; their mean hours of work.
"""
NEVER_DUE = 1e9


@inlined
def setup_hours(w: World, machine: Records, step: Records) -> float:
    """Hours to change a machine to what a step needs."""
    station = w.stations[machine.station]
    if station.setup_at < 0 or step.setup_class == 0:
        return 0.0
    return float(w.setups[station.setup_at + machine.setup_class * w.run.class_count + step.setup_class])


@inlined
def work_ahead(w: World, part: Records) -> float:
    """Hours of work that wait at the next station of a part, per machine; 0 after its last step."""
    if w.steps[part.step].last == 1:
        return 0.0
    following = w.stations[w.steps[part.step + 1].station]
    return float(following.queued * following.work / following.machines)


@inlined
def operation_due(w: World, part: Records, work: float) -> float:
    """When the step that a part waits for is due: the time to its due date is shared out by work.

    Source: Baker & Kanet 1983, with due dates in proportion to the work.
    """
    total = work_left(part, w.steps[w.products[part.product].first_step])
    if math.isinf(part.due) or total <= 0.0:
        return float(part.due)
    after = max(0.0, work_left(part, w.steps[part.step]) - work)
    return float(part.entered + (part.due - part.entered) * (1.0 - after / total))


@inner
def key_of(
    w: World, rule: int, number: int, machine_number: int, now: float, mean_work: float, mean_setup: float
) -> float:
    """Key of a waiting part under a rule; the smallest goes first."""
    part = w.parts[number]
    step = w.steps[part.step]
    if rule == MOST_URGENT:
        return -float(part.priority)
    if rule == LEAST_SETUP:
        return setup_hours(w, w.machines[machine_number], step)
    if rule == EDD:
        return float(part.due)
    if rule == BEGUN_FIRST:
        return 0.0 if part.machine >= 0 else 1.0
    if rule == FULLEST_BATCH:
        return -min(1.0, w.class_waiting[step.batch_class] / step.batch_max) if step.batch_max > 0 else -1.0
    if rule == CRITICAL_RATIO:
        return float((part.due - now) / max(work_left(part, step), 1e-12))
    if rule == OF_USER:
        return float(call_rule(w.run.user_rule, features_of(w, number, machine_number, now, mean_work)))
    if rule == LEARNT:
        return priority_of(w, number, now, mean_work, setup_hours(w, w.machines[machine_number], step))
    pieces = float(part.pieces) if step.per_piece == 1 else 1.0
    work = step.mean * pieces
    if rule == SPT:
        return float(work)
    if rule == LPT:
        return float(-work)
    if rule == SRPT:
        return work_left(part, step)
    if rule == SLACK:
        return float(part.due - now - work_left(part, step))
    if rule == MDD:
        return float(max(part.due, now + work_left(part, step)))
    if rule == FIRST_IN_PLANT:
        return float(part.entered)
    if rule == LIFO:
        return float(-part.queued_at)
    if rule == WINQ:
        return work_ahead(w, part)
    if rule == WORK_AND_WINQ:
        return work + work_ahead(w, part)
    if rule == WORK_WINQ_AND_SLACK:
        return work + work_ahead(w, part) + min(0.0, part.due - now - work_left(part, step))
    if rule == OPERATION_DUE:
        return operation_due(w, part, work)
    if rule == MODIFIED_OPERATION_DUE:
        return max(operation_due(w, part, work), now + work)
    weight = float(max(part.priority, 1))
    if rule == WEIGHTED_SPT:
        return work / weight
    slack = part.due - now - work_left(part, step) - w.rule_numbers[ALLOWANCE] * max(0.0, work_left(part, step) - work)
    if rule == COVERT:
        allowed = w.rule_numbers[COVERT_AHEAD] * max(work_left(part, step), 1e-12)
        return -weight / max(work, 1e-12) * min(1.0, max(0.0, 1.0 - max(slack, 0.0) / allowed))
    if ATC <= rule <= ATCS:
        index = (
            weight
            / max(work, 1e-12)
            * math.exp(-max(slack, 0.0) / (w.rule_numbers[LOOK_AHEAD] * max(mean_work, 1e-12)))
        )
        if rule == ATCS and mean_setup > 0.0:
            setup = setup_hours(w, w.machines[machine_number], step)
            index *= math.exp(-setup / (w.rule_numbers[SETUP_AHEAD] * mean_setup))
        return -index
    return 0.0


@inlined
def mean_work_of(w: World, station_number: int) -> float:
    """Mean hours of work of the parts that wait at a station."""
    total = 0.0
    number = w.stations[station_number].head
    while number >= 0:
        step = w.steps[w.parts[number].step]
        total += step.mean * (float(w.parts[number].pieces) if step.per_piece == 1 else 1.0)
        number = w.parts[number].next
    return total / max(1, w.stations[station_number].queued)


@inlined
def features_of(
    w: World, number: int, machine_number: int, now: float, mean_work: float
) -> tuple[float, float, float, float, float, float, float, float, float, float]:
    """What `FEATURES` names, of one waiting part."""
    part = w.parts[number]
    step = w.steps[part.step]
    work = step.mean * (float(part.pieces) if step.per_piece == 1 else 1.0)
    return (
        work,
        work_left(part, step),
        min(NEVER_DUE, part.due - now - work_left(part, step)),
        float(part.priority),
        setup_hours(w, w.machines[machine_number], step),
        now - part.queued_at,
        now - part.entered,
        work_ahead(w, part),
        float(w.stations[step.station].queued),
        mean_work,
    )


@inlined
def may_start(w: World, number: int, machine: int, now: float) -> bool:
    """Whether a waiting part could start on a machine now, people apart."""
    part = w.parts[number]
    step = w.steps[part.step]
    if w.stations[step.station].planned == 1 and not in_turn(w, number, machine, now):
        return False
    waits = step.batch_max > 0 and w.class_waiting[step.batch_class] < step.batch_min
    # The clock of patience goes off at this very sum; a difference could round to the other side.
    if waits and now < part.queued_at + step.patience:
        return False
    return may_join(w, number, machine)


@inlined
def may_join(w: World, number: int, machine: int) -> bool:
    """Whether a machine may work on a part: it is the part's own, components are there, and so is the next place."""
    part = w.parts[number]
    step = w.steps[part.step]
    if step.dedicated >= 0:
        bound = w.dedicated[number * w.run.dedication_slots + step.dedicated]
        if bound >= 0 and bound != machine:
            return False
    for row in range(step.needs_at, step.needs_at + step.needs):
        material = w.materials[row]
        if w.products[material.product].stored < material.count:
            return False
    if w.stations[step.station].before == 1 and step.last == 0:
        following = w.steps[part.step + 1].station
        if following != step.station and not has_room(w, following):
            return False
    return True


@inlined
def breaks_run(machine: Records, step: Records) -> bool:
    """Whether a step would end a setup run of a machine before its time."""
    return bool(machine.run_left > 0 and step.setup_class > 0 and step.setup_class != machine.setup_class)


@inlined
def weighs_queue(rule: int) -> bool:
    """Whether the key of a rule depends on the mean work of the parts that wait."""
    return rule in (ATC, ATCS, OF_USER, LEARNT)


@inner
def choose(w: World, station_number: int, machine_number: int, now: float, batch_class: int, leader: int) -> int:
    """The part that a machine takes next, -1: none can start.

    Rules are applied one after the other; first come first among equals. With a `batch_class` of 0 or more, only parts
    of that class but not the `leader` are looked at, whether or not enough of them wait for a batch of their own.
    """
    station = w.stations[station_number]
    machine = w.machines[machine_number]
    mean_work, mean_setup = 0.0, 0.0
    if weighs_queue(station.rule) or weighs_queue(station.second) or weighs_queue(station.third):
        mean_work = mean_work_of(w, station_number)
    if ATCS in (station.rule, station.second, station.third):
        number = station.head
        while number >= 0:
            mean_setup += setup_hours(w, machine, w.steps[w.parts[number].step]) / station.queued
            number = w.parts[number].next
    best = -1
    runs, first, second, third, fourth = 0.0, 0.0, 0.0, 0.0, 0.0
    number = station.head
    while number >= 0:
        part = w.parts[number]
        step = w.steps[part.step]
        if batch_class >= 0:
            fits = step.batch_class == batch_class and number != leader and may_join(w, number, machine_number)
        elif station.waits_first == 1:
            fits = may_join(w, number, machine_number)
        else:
            fits = may_start(w, number, machine_number, now)
        if fits:
            run = 1.0 if breaks_run(machine, step) else 0.0
            one = key_of(w, station.rule, number, machine_number, now, mean_work, mean_setup)
            better = best < 0 or run < runs or (run == runs and one < first)
            same = best >= 0 and run == runs and one == first
            two, three, four = 0.0, 0.0, 0.0
            if station.second > 0 and (better or same):
                two = key_of(w, station.second, number, machine_number, now, mean_work, mean_setup)
                if station.third > 0:
                    three = key_of(w, station.third, number, machine_number, now, mean_work, mean_setup)
                    if station.fourth > 0:
                        four = key_of(w, station.fourth, number, machine_number, now, mean_work, mean_setup)
                if same:
                    better = two < second or (two == second and (three < third or (three == third and four < fourth)))
            if better or (same and station.rule == LIFO):
                best, runs, first, second, third, fourth = number, run, one, two, three, four
        number = part.next
    return best
