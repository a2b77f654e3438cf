"""Where a part goes next: the end of a step, the lots it draws, the list of those that move on."""

from __future__ import annotations

import math

import numpy as np

from danao.twin.calls import log
from danao.twin.compiling import inlined, inner
from danao.twin.parts import book_wip, new_part
from danao.twin.sampling import mixed, uniform
from danao.twin.world import END, ENTER, GOES_ON, GOES_OUT, GOES_TO_SCRAP, ON_MACHINE, REWORK, World

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@inlined
def wants_to_move(w: World, number: int, goes: int) -> None:
    """Put a part on the list of those that move on at this moment."""
    run = w.run
    w.parts[number].goes = goes
    w.moves[run.moves_tail] = number
    run.moves_tail += 1
    if run.moves_tail == w.run.moves_size:
        run.moves_tail = 0


@inlined
def chance(w: World, number: int) -> float:
    """The next uniform number of a part."""
    part = w.parts[number]
    part.draws += 1
    return uniform(part.key, part.draws - 1)


@inner
def head_for(w: World, number: int, step: int) -> int:
    """Send a part to a step, past those that sampling skips; where it goes."""
    part = w.parts[number]
    while w.steps[step].share < 1.0 and chance(w, number) >= w.steps[step].share:
        if w.steps[step].last == 1:
            part.step = step
            return GOES_OUT
        step += 1
    part.step = step
    return GOES_ON


@inner
def find_fault(w: World, number: int) -> tuple[int, int]:
    """What the end of a step does to a part: where it goes, and the step that it must repeat from; -1: none."""
    part = w.parts[number]
    step = w.steps[part.step]
    goes = GOES_ON
    target = -1
    if step.scrap + step.rework > 0.0:
        luck = chance(w, number)
        if luck < step.scrap:
            goes = GOES_TO_SCRAP
        elif luck < step.scrap + step.rework:
            target = step.rework_to
    if step.defect > 0.0 and chance(w, number) < step.defect:
        part.defective = 1
    inspected = goes == GOES_ON and target < 0 and step.detect + step.false_alarm > 0.0
    if inspected:
        found = chance(w, number) < (step.detect if part.defective == 1 else step.false_alarm)
        if found:
            if step.repairable > 0.0 and chance(w, number) < step.repairable:
                part.defective = 0
                target = step.rework_to
            else:
                goes = GOES_TO_SCRAP
    return goes, target


@inner
def deliver_children(w: World, number: int, now: float) -> None:
    """The parts that come out of a part at the end of its step."""
    part = w.parts[number]
    step = w.steps[part.step]
    for row in range(step.yields_at, step.yields_at + step.yields):
        material = w.materials[row]
        for count in range(material.count):
            child = new_part(w, w.run.source_count + 1, 0, material.product, now)
            other = w.parts[child]
            other.key = mixed(part.key + np.uint64((row + 1) * 4096 + count + 1) * _GOLDEN)
            other.flow = w.products[material.product].flow
            other.priority = part.priority
            other.due = part.due
            other.pieces = part.pieces
            other.at = step.station
            if part.holder == ON_MACHINE:
                other.holder = ON_MACHINE
                other.place = part.place
                other.beside = w.machines[part.place].part
                w.machines[part.place].part = child
                w.machines[part.place].load += 1
            w.products[material.product].entered += 1
            book_wip(w, 1, now)
            log(w, ENTER, now, child, step.station, -1, 0.0)
            wants_to_move(w, child, head_for(w, child, other.step))


@inner
def end_step(w: World, number: int, k: int, now: float) -> None:
    """The step of a part has ended: find fault with it or not, and send it on."""
    part = w.parts[number]
    step_number = part.step
    step = w.steps[step_number]
    product = w.products[part.product]
    station = w.stations[step.station]
    station.passed += 1
    part.at = step.station
    part.ended_at = now
    part.cooled_at = now
    if not math.isnan(step.heat_leaves):
        part.temperature = step.heat_leaves
    log(w, END, now, number, step.station, k, 0.0)
    if step.mark >= 0:
        w.marks[number * w.run.mark_slots + step.mark] = now
    goes, target = find_fault(w, number)
    if step.yields > 0:
        deliver_children(w, number, now)
    if goes == GOES_TO_SCRAP:
        station.rejected += 1
    elif target >= 0:
        station.rejected += 1
        product.reworked += 1
        log(w, REWORK, now, number, step.station, k, float(w.steps[target].position))
        goes = head_for(w, number, target)
    elif step.last == 1:
        goes = GOES_OUT
    else:
        goes = head_for(w, number, step_number + 1)
    wants_to_move(w, number, goes)
