"""Dispatching rules that are compiled into the twin: which waiting part a free machine takes."""

from __future__ import annotations

from numba import njit

from danao.twin.layout import (
    DUE,
    HEAD,
    MEAN,
    NEXT,
    PRIORITY,
    REMAINING,
    SETUP_AT,
    SETUP_CLASS,
    SOURCE,
    STEP,
    STEP_CLASS,
    Floats,
    Integers,
)

FIFO, LIFO, SPT, EDD, CRITICAL_RATIO, MOST_URGENT, LEAST_SETUP = range(7)


@njit(cache=True)
def choose(
    rule: int,
    station: int,
    machine: int,
    now: float,
    stations: Integers,
    machines: Integers,
    steps: Integers,
    sources: Integers,
    parts: Integers,
    part_hours: Floats,
    work: Floats,
    setups: Floats,
    classes: int,
) -> tuple[int, int]:
    """The part with the smallest key, first come first among equals, and the part before it in the queue (-1: none).

    Rules: lifo; spt, the shortest mean process time of the step; edd, the earliest due date; critical ratio, time to
    the due date over mean work left; priority, the largest; least setup, the shortest change from the machine's class.
    """
    best, best_before = -1, -1
    least = 0.0
    before, part = -1, stations[station, HEAD]
    while part >= 0:
        step = parts[part, STEP]
        key = 0.0
        if rule == SPT:
            key = work[step, MEAN]
        elif rule == EDD:
            key = part_hours[part, DUE]
        elif rule == CRITICAL_RATIO:
            key = (part_hours[part, DUE] - now) / max(work[step, REMAINING], 1e-12)
        elif rule == MOST_URGENT:
            key = -float(sources[parts[part, SOURCE], PRIORITY])
        elif rule == LEAST_SETUP and stations[station, SETUP_AT] >= 0:
            wanted = steps[step, STEP_CLASS]
            if wanted > 0:
                key = setups[stations[station, SETUP_AT] + machines[machine, SETUP_CLASS] * classes + wanted]
        if best < 0 or key < least or rule == LIFO:
            best, best_before, least = part, before, key
        before, part = part, parts[part, NEXT]
    return best_before, best
