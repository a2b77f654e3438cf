"""Many twins at once that pause where somebody must decide: what they show, and how they go on."""

from __future__ import annotations

import numpy as np

from danao.twin.compiling import entry, inlined, inner
from danao.twin.jobs import machine_at_hand
from danao.twin.loop import ASKED, DONE, NOTHING_HAPPENS, TRACE_FULL, event_loop
from danao.twin.memory import call_rule, world_at
from danao.twin.rules import FEATURES, features_of, may_start, mean_work_of
from danao.twin.world import Floats, Integers, World

WIDTH = len(FEATURES)
_advance = event_loop(True, True, False)


@inner
def candidate(w: World, place: int) -> int:
    """The waiting part number `place` (from 0) of those that could start at the station that asks."""
    station = w.run.decision
    machine = machine_at_hand(w, station)
    number = w.stations[station].head
    found = -1
    while number >= 0:
        if may_start(w, number, machine, w.run.now):
            found = number
            if place == 0:
                return int(number)
            place -= 1
        number = w.parts[number].next
    return int(found)


@inner
def observe(w: World, seen: Floats, mask: Integers) -> None:
    """Write the features of the parts that could start, in the order of the queue, and where there are any."""
    station = w.run.decision
    machine = machine_at_hand(w, station)
    mean_work = mean_work_of(w, station)
    place = 0
    number = w.stations[station].head
    while number >= 0 and place < mask.size:
        if may_start(w, number, machine, w.run.now):
            features = features_of(w, number, machine, w.run.now, mean_work)
            for column in range(WIDTH):
                seen[place, column] = features[column]
            mask[place] = 1
            place += 1
        number = w.parts[number].next
    for rest in range(place, mask.size):
        mask[rest] = 0
        for column in range(WIDTH):
            seen[rest, column] = 0.0


@inlined
def gained(w: World, weights: Floats) -> float:
    """Weighted sum of what a twin has reached so far: finished parts, hours of parts in the plant, hours late."""
    run = w.run
    total = weights[1] * (run.wip_hours + run.in_plant * (run.now - run.wip_since))
    for number in range(run.product_count):
        product = w.products[number]
        total += weights[0] * product.finished + weights[2] * product.tardiness
    return float(total)


@entry
def step_all(
    addresses: Integers,
    until: Integers,
    actions: Integers,
    seen: Floats,
    mask: Integers,
    stations: Integers,
    reached: Floats,
    weights: Floats,
    outcomes: Integers,
) -> None:
    """Carry out the decisions of many twins and run each to its next decision or its end.

    Twins whose outcome says that they are over are left alone.
    """
    for i in range(addresses.size):
        if outcomes[i] == DONE or outcomes[i] == NOTHING_HAPPENS:
            continue
        w = world_at(addresses[i])
        if outcomes[i] == ASKED:
            w.run.answer = candidate(w, actions[i])
        outcomes[i] = _advance(w, until[i])
        if outcomes[i] == ASKED:
            observe(w, seen[i], mask[i])
            stations[i] = w.run.decision
        reached[i] = gained(w, weights)


@entry
def roll_out(
    addresses: Integers,
    until: Integers,
    policy: int,
    most: int,
    seen: Floats,
    mask: Integers,
    steps: Integers,
    outcomes: Integers,
) -> None:
    """Run many twins to their end, or for so many decisions, with a compiled policy.

    The policy is the address of a function of `FEATURES` that scores each candidate; the smallest score goes first.
    """
    for i in range(addresses.size):
        w = world_at(addresses[i])
        while outcomes[i] != DONE and outcomes[i] != NOTHING_HAPPENS and steps[i] < most:
            if outcomes[i] == ASKED:
                observe(w, seen, mask)
                best, least = 0, np.inf
                for place in range(mask.size):
                    if mask[place] == 0:
                        break
                    row = seen[place]
                    score = call_rule(
                        policy,
                        (row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9]),
                    )
                    if score < least:
                        best, least = place, score
                w.run.answer = candidate(w, best)
                steps[i] += 1
            outcomes[i] = _advance(w, until[i])
            if outcomes[i] < TRACE_FULL and outcomes[i] != DONE and outcomes[i] != NOTHING_HAPPENS:
                break
