"""Orders of the jobs of a permutation flow shop, their cost, and iterated greedy on them: compiled.

For the makespan all places of a job are compared in one pass over heads and tails, of which only what a change touched
is renewed; among equal places the one that leaves machines idle least is taken.
Source: Taillard, EJOR 47 (1990) (heads and tails); Fernandez-Viagas & Framinan, Computers & Operations Research 45
(2014) (equal places); Dubois-Lacoste, Pagnozzi & Stuetzle, Computers & Operations Research 81 (2017) (local search also
on what is left when jobs are taken out).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from danao.scheduling.local_search.moves import Words, random_word
from danao.scheduling.local_search.tasks import Floats, Integers

TAKEN_OUT = 2
TEMPERATURE = 0.7
"""In tenths of the mean duration."""
NOW, BEST = 0, 1
"""Entries of a walk's values: cost of the present and of the best order."""
HEADS, TAILS = 0, 1
"""Entries of `Desk.valid`."""


class Flow(NamedTuple):
    """What does not change while the search runs."""

    durations: Integers
    """(machines, jobs)."""
    release: Integers
    """(jobs,)."""
    due: Integers
    """(jobs,)."""
    weight: Floats
    """(jobs,)."""
    tardy: bool
    """Whether weighted tardiness counts, else the makespan."""


class Desk(NamedTuple):
    """Memory for one order in the making."""

    order: Integers
    """(jobs,) its jobs; those behind the first `count`, which callers keep, mean nothing."""
    heads: Integers
    """(machines, jobs + 1) when each machine is done with the first jobs, by their number."""
    tails: Integers
    """(machines, jobs + 1) longest time from the start on a machine to the end, of the last jobs; the column is the
    number of all jobs less theirs, so that the places of a job and what follows it run in one direction."""
    valid: Integers
    """(2,) up to how many jobs heads and tails are true."""
    none: Integers
    """(jobs + 1,) zeros."""
    ends: Integers
    """(jobs + 1,) scratch: end of a job on a machine, by its place."""
    lengths: Integers
    """(jobs + 1,) scratch: makespan, by the place of the job put in."""
    free: Integers
    """(machines,) scratch."""


def new_desk(flow: Flow) -> Desk:
    """An empty order."""
    machines, jobs = flow.durations.shape

    def array(*shape: int) -> Integers:
        return np.zeros(shape, dtype=np.int64)

    return Desk(
        array(jobs),
        array(machines, jobs + 1),
        array(machines, jobs + 1),
        array(2),
        array(jobs + 1),
        array(jobs + 1),
        array(jobs + 1),
        array(machines),
    )


@njit(cache=True, nogil=True)
def renew(flow: Flow, desk: Desk, count: int) -> None:
    """Heads and tails of the first `count` jobs, in one loop: the processor works on both chains at a time."""
    machines, ends = flow.durations.shape[0], desk.ends
    head_from, tail_from = min(desk.valid[HEADS], count), min(desk.valid[TAILS], count)
    ahead, behind = desk.order[head_from:count], desk.order[: count - tail_from][::-1]
    both, column = min(ahead.size, behind.size), flow.release.size - tail_from
    for at in range(ahead.size):
        ends[head_from + 1 + at] = flow.release[ahead[at]]
    over, under = ends[head_from + 1 : count + 1], desk.none[: behind.size][::-1]
    for machine in range(machines):
        back = machines - 1 - machine
        heads = desk.heads[machine, head_from + 1 : count + 1]
        tails = desk.tails[back, column - behind.size : column][::-1]
        ahead_durations, behind_durations = flow.durations[machine], flow.durations[back]
        head, tail = desk.heads[machine, head_from], desk.tails[back, column]
        for i in range(both):
            head = max(head, over[i]) + ahead_durations[ahead[i]]
            tail = max(tail, under[i]) + behind_durations[behind[i]]
            heads[i] = head
            tails[i] = tail
        for i in range(both, ahead.size):
            head = max(head, over[i]) + ahead_durations[ahead[i]]
            heads[i] = head
        for i in range(both, behind.size):
            tail = max(tail, under[i]) + behind_durations[behind[i]]
            tails[i] = tail
        over, under = heads, tails
    desk.valid[HEADS] = desk.valid[TAILS] = count


@njit(cache=True, nogil=True)
def put_in(desk: Desk, count: int, place: int, job: int) -> None:
    """Put a job at a place among the first `count`."""
    order = desk.order
    for at in range(count, place, -1):
        order[at] = order[at - 1]
    order[place] = job
    desk.valid[HEADS] = min(desk.valid[HEADS], place)
    desk.valid[TAILS] = min(desk.valid[TAILS], count - place)


@njit(cache=True, nogil=True)
def take_out(desk: Desk, count: int, place: int) -> int:
    """Take the job at a place out of the first `count`."""
    order = desk.order
    job = order[place]
    for at in range(place, count - 1):
        order[at] = order[at + 1]
    desk.valid[HEADS] = min(desk.valid[HEADS], place)
    desk.valid[TAILS] = min(desk.valid[TAILS], count - 1 - place)
    return job


@njit(cache=True, nogil=True)
def best_place(flow: Flow, desk: Desk, count: int, job: int, words: Words) -> tuple[int, float]:
    """Where a job does least harm among the first `count` jobs, and the cost then."""
    renew(flow, desk, count)
    if flow.tardy:
        return _best_dated_place(flow, desk, count, job, words)
    _set_lengths(flow, desk, count, job)
    lengths = desk.lengths
    least = lengths[0]
    for place in range(1, count + 1):
        least = min(least, lengths[place])
    chosen, idle, ties = 0, np.int64(2**62), 0
    for place in range(count + 1):
        if lengths[place] == least:
            lost = _idle(flow, desk, count, job, place)
            ties = ties + 1 if lost == idle else 1
            if lost < idle or (lost == idle and random_word(words) % ties == 0):
                chosen, idle = place, lost
    return chosen, float(least)


@njit(cache=True, nogil=True)
def _set_lengths(flow: Flow, desk: Desk, count: int, job: int) -> None:
    """Makespan for every place of a job."""
    ends, lengths, skipped = desk.ends[: count + 1], desk.lengths[: count + 1], flow.release.size - count
    for place in range(count + 1):
        ends[place] = flow.release[job]
        lengths[place] = 0
    longest = 0
    for place in range(count - 1, -1, -1):
        longest = max(longest, flow.release[desk.order[place]] + desk.tails[0, skipped + place])
        lengths[place] = longest
    for machine in range(flow.durations.shape[0]):
        duration = flow.durations[machine, job]
        heads, tails = desk.heads[machine, : count + 1], desk.tails[machine, skipped : skipped + count + 1]
        for place in range(count + 1):
            end = max(ends[place], heads[place]) + duration
            ends[place] = end
            lengths[place] = max(lengths[place], end + tails[place])


@njit(cache=True, nogil=True)
def _idle(flow: Flow, desk: Desk, count: int, job: int, place: int) -> int:
    """Time that machines stand idle before a job at a place and, about, before the job that it pushes back."""
    durations, heads = flow.durations, desk.heads
    end, pushed, idle = flow.release[job], 0, 0
    for machine in range(durations.shape[0]):
        before = end
        end = max(end, heads[machine, place]) + durations[machine, job]
        if place == count:
            idle += max(0, before - heads[machine, place]) if machine > 0 else 0
            continue
        own = durations[machine, desk.order[place]]
        if machine > 0:
            idle += end - durations[machine, job] - heads[machine, place + 1] + own + max(0, pushed - end)
        pushed = max(pushed, end) + own
    return idle


@njit(cache=True, nogil=True)
def _best_dated_place(flow: Flow, desk: Desk, count: int, job: int, words: Words) -> tuple[int, float]:
    """The same for weighted tardiness."""
    heads, order, free, last = desk.heads, desk.order, desk.free, flow.durations.shape[0] - 1
    chosen, best, ties, passed = 0, np.inf, 0, 0.0
    for place in range(count + 1):
        free[:] = heads[:, place]
        total = passed
        for at in range(place, count + 1):
            x = job if at == place else order[at - 1]
            total += _late(flow, x, _run(flow, x, free))
            if total > best:
                break
        if total <= best:
            ties = ties + 1 if total == best else 1
            if total < best or random_word(words) % ties == 0:
                chosen, best = place, total
        if place < count:
            passed += _late(flow, order[place], heads[last, place + 1])
    return chosen, best


@njit(cache=True, nogil=True, inline="always")
def _late(flow: Flow, job: int, end: int) -> float:
    return flow.weight[job] * max(0, end - flow.due[job])


@njit(cache=True, nogil=True)
def _run(flow: Flow, job: int, free: Integers) -> int:
    """Put a job behind those after which the machines are free; its end."""
    time = flow.release[job]
    for machine in range(free.size):
        time = max(time, free[machine]) + flow.durations[machine, job]
        free[machine] = time
    return time


@njit(cache=True, nogil=True)
def build_up(flow: Flow, desk: Desk, first: Integers, words: Words) -> float:
    """Insert the jobs of `first` one after the other at their best places (Nawaz, Enscore & Ham 1983)."""
    value = 0.0
    desk.valid[:] = 0
    for count in range(first.size):
        place, value = best_place(flow, desk, count, first[count], words)
        put_in(desk, count, place, first[count])
    return value


@njit(cache=True, nogil=True)
def descend(flow: Flow, desk: Desk, count: int, value: float, queue: Integers, words: Words) -> float:
    """Try each of the first `count` jobs at every place until none makes the order better; the cost."""
    improved = count > 1
    while improved:
        improved = False
        queue[:count] = desk.order[:count]
        for i in range(count - 1, 0, -1):
            k = random_word(words) % (i + 1)
            queue[i], queue[k] = queue[k], queue[i]
        for job in queue[:count]:
            at = 0
            while desk.order[at] != job:
                at += 1
            take_out(desk, count, at)
            place, moved = best_place(flow, desk, count - 1, job, words)
            put_in(desk, count - 1, place, job)
            improved = improved or moved < value
            value = moved
    return value


@njit(cache=True, nogil=True)
def iterate(
    flow: Flow,
    desk: Desk,
    order: Integers,
    best: Integers,
    values: Floats,
    words: Words,
    steps: int,
    goal: float,
) -> int:
    """Continue iterated greedy.

    Args:
        flow: The flow shop.
        desk: Scratch.
        order: (jobs,) present order; moves on.
        best: (jobs,) best order.
        values: (2,) see NOW.
        words: Random numbers.
        steps: Rounds to do.
        goal: Cost that cannot be beaten.

    Returns:
        Rounds done.
    """
    jobs = order.size
    temperature = TEMPERATURE * flow.durations.mean() / 10.0 * (flow.weight.mean() if flow.tardy else 1.0)
    queue, out = np.empty(jobs, dtype=np.int64), np.empty(min(TAKEN_OUT, jobs - 1), dtype=np.int64)
    for step in range(steps):
        if values[BEST] <= goal:
            return step
        desk.order[:] = order
        desk.valid[:] = 0
        count = jobs
        for i in range(out.size):
            out[i] = take_out(desk, count, random_word(words) % count)
            count -= 1
        descend(flow, desk, count, np.inf, queue, words)
        value = 0.0
        for i in range(out.size):
            place, value = best_place(flow, desk, count, out[i], words)
            put_in(desk, count, place, out[i])
            count += 1
        value = descend(flow, desk, jobs, value, queue, words)
        chance = random_word(words) / 2147483648.0
        if value <= values[NOW] or chance <= math.exp(-(value - values[NOW]) / max(temperature, 1e-9)):
            order[:] = desk.order
            values[NOW] = value
            if value < values[BEST]:
                values[BEST] = value
                best[:] = order
    return steps


def starts_of(flow: Flow, order: Integers) -> Integers:
    """(machines, jobs) start of each job on each machine."""
    starts, free = np.zeros_like(flow.durations), np.zeros(flow.durations.shape[0], dtype=np.int64)
    for job in order:
        _run(flow, job, free)
        starts[:, job] = free - flow.durations[:, job]
    return starts
