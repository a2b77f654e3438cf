"""Priority functions in compiled code: the terms of a waiting part, and the value of the tree at hand."""

from __future__ import annotations

import math

from danao.twin.compiling import inlined, inner
from danao.twin.priority import DEPTH, LEAVES_AT, NODES_AT, OWN_ALLOWANCE, SCALE, TERM_COUNT
from danao.twin.world import Records, World

_LEAST = 1e-9
"""Hours that stand for none in logarithms and ratios."""
_LONGEST = 1e5
"""Hours of slack beyond which a due date no longer matters, so that a part without one does not drown the rest."""


@inlined
def work_left(part: Records, step: Records) -> float:
    """Hours of work of a part from a step to the end of its route."""
    return float(step.remaining + part.pieces * step.remaining_pieces)


@inner
def priority_of(w: World, number: int, now: float, mean_work: float, setup: float) -> float:
    """Value of the priority function in the tables for a waiting part; the smallest goes first. `setup`: hours."""
    part = w.parts[number]
    step = w.steps[part.step]
    station = w.stations[step.station]
    numbers = w.rule_numbers
    scale = numbers[SCALE]
    work = max(_LEAST, step.mean * (float(part.pieces) if step.per_piece == 1 else 1.0))
    left = max(_LEAST, work_left(part, step))
    mean = max(_LEAST, mean_work)
    after = max(0.0, left - work)
    slack = min(_LONGEST, part.due - now - left - numbers[OWN_ALLOWANCE] * after)
    waits, next_work, last = 0.0, 0.0, 1.0
    if step.last == 0:
        other = w.steps[part.step + 1]
        following = w.stations[other.station]
        waits = float(following.queued * following.work / following.machines)
        next_work = other.mean * (float(part.pieces) if other.per_piece == 1 else 1.0)
        last = 0.0
    queue = math.log1p(float(station.queued))
    log_work = math.log(work / scale)
    terms = (
        1.0,
        log_work,
        math.log(left / scale),
        math.log(float(max(part.priority, 1))),
        max(slack, 0.0) / mean,
        max(slack, 0.0) / scale,
        max(-slack, 0.0) / scale,
        min(10.0, max(-2.0, slack / left)),
        1.0 if slack < 0.0 else 0.0,
        setup / scale,
        setup / mean,
        (now - part.queued_at) / scale,
        math.log1p((now - part.entered) / scale),
        math.log1p(waits / scale),
        1.0 if waits <= 0.0 and last == 0.0 else 0.0,
        last,
        work / mean,
        math.log1p(next_work / scale),
        math.exp(-max(slack, 0.0) / (2.0 * mean)),
        queue,
        log_work * queue,
    )
    node = 0
    depth = int(numbers[DEPTH])
    for _ in range(depth):
        term = int(numbers[NODES_AT + 2 * node])
        node = 2 * node + (2 if terms[term] > numbers[NODES_AT + 2 * node + 1] else 1)
    at = LEAVES_AT + TERM_COUNT * (node - (2**depth - 1))
    total = 0.0
    for term in range(TERM_COUNT):
        total += numbers[at + term] * terms[term]
    return float(total)
