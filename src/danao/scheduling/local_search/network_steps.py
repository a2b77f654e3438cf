"""The steps of an annealing on a network of blocks: compiled.

A step follows what delays one late job back through the schedule, and there lets one block overtake another on its
machine or go to another machine; a few steps are taken anywhere.
Source: Mati, Dauzère-Pérès & Lahlou, European Journal of Operational Research 212 (2011) (moves on the paths to all
late jobs); van Laarhoven, Aarts & Lenstra, Operations Research 40 (1992) (annealing).
"""

from __future__ import annotations

import math

from numba import njit

from danao.scheduling.local_search.moves import Words, random_word
from danao.scheduling.local_search.network import NONE, Floats, Integers, Network
from danao.scheduling.local_search.network_moves import (
    Order,
    free_from,
    keep,
    neighbour,
    put_after,
    put_before,
    put_between,
    renew,
    take_out,
    undo,
    worth,
)

COLD = 0.003
"""Last temperature, in units of the mean loss of a step that makes the schedule worse."""
_ANYWHERE = 10
"""One step in so many is not on a path to a late job."""
STEP, NOW, BEST, LOSS, LOSSES = 0, 1, 2, 3, 4
"""Entries of a walk's figures: steps, present and best value, sum and number of losses."""


@njit(cache=True, nogil=True)
def anneal(
    network: Network,
    order: Order,
    best: Order,
    figures: Floats,
    path: Integers,
    ends: Integers,
    words: Words,
    tardy: bool,
    steps: int,
    begin: int,
    length: int,
    heat: float,
    goal: float,
) -> None:
    """Continue a walk.

    Args:
        network: The problem.
        order: The present solution; moves on.
        best: Receives sequence and modes of the best solution.
        figures: (5,) see STEP.
        path: (blocks,) scratch.
        ends: (jobs,) scratch.
        words: Random numbers.
        tardy: Whether weighted tardiness counts, else the makespan.
        steps: Steps to do.
        begin: Step at which the present cooling began.
        length: Its length in steps.
        heat: Its first temperature, in units of the mean loss of a step that makes the schedule worse.
        goal: Value that cannot be beaten.
    """
    for _ in range(steps):
        if figures[BEST] <= goal:
            return
        share = (figures[STEP] - begin) / length
        figures[STEP] += 1
        x, mode, target, forward = choose(network, order, path, words, tardy, ends)
        if x == NONE:
            continue
        old_mode, b, a, rank = order.mode[x], order.before[x], order.after[x], order.rank[x]
        take_out(order, x)
        order.mode[x] = mode
        low, count, possible = rank, 0, True
        if target == NONE:
            machine = network.mode_machine[mode]
            if machine != NONE:
                left, right = neighbour(network, order, x, machine, -1), neighbour(network, order, x, machine, 1)
                put_between(order, x, left, right)
        elif forward:
            count = put_after(network, order, x, target)
            possible = count > 0
        else:
            low = order.rank[target]
            count = put_before(network, order, x, target)
            possible = count > 0
        if not possible:
            order.mode[x] = old_mode
            put_between(order, x, b, a)
            continue
        renew(network, order, low)
        value = worth(network, order, tardy, ends)
        loss = value - figures[NOW]
        if loss > 0.0 and figures[LOSSES] < 1e4:
            figures[LOSS] += loss
            figures[LOSSES] += 1.0
        accepted = loss <= 0.0
        if not accepted:
            temperature = heat * (COLD / heat) ** share * figures[LOSS] / figures[LOSSES]
            accepted = random_word(words) / 2147483648.0 < math.exp(-loss / temperature)
        if not accepted:
            undo(order, x, old_mode, b, a, low, count)
            continue
        keep(order, low)
        figures[NOW] = value
        if value < figures[BEST]:
            figures[BEST] = value
            best.sequence[:] = order.sequence
            best.mode[:] = order.mode
            best.start[:] = order.start


@njit(cache=True, nogil=True)
def choose(
    network: Network, order: Order, path: Integers, words: Words, tardy: bool, ends: Integers
) -> tuple[int, int, int, bool]:
    """A move: block, mode, the block to overtake (NONE: keep the place in the sequence), whether to go behind it."""
    blocks = order.sequence.size
    x = NONE
    if random_word(words) % _ANYWHERE > 0:
        length = _path_back(network, order, path, words, tardy, ends)
        if length > 0:
            x = path[random_word(words) % length]
    anywhere = x == NONE
    if anywhere:
        x = random_word(words) % blocks
    mode = order.mode[x]
    modes = network.mode_first[x + 1] - network.mode_first[x]
    if modes > 1 and random_word(words) % 2 == 0:
        other = network.mode_first[x] + random_word(words) % (modes - 1)
        other += other >= mode
        machine = network.mode_machine[other]
        kind = random_word(words) % 4
        if machine == NONE or kind > 1:
            return x, other, NONE, False
        return x, other, neighbour(network, order, x, machine, 1 if kind == 1 else -1), kind == 1
    if network.mode_machine[mode] == NONE:
        return NONE, mode, NONE, False
    forward = random_word(words) % 2 == 0
    y = order.after[x] if forward else order.before[x]
    if y == NONE:
        forward = not forward
        y = order.after[x] if forward else order.before[x]
    if y == NONE:
        return NONE, mode, NONE, False
    while random_word(words) % 2 == 0:
        further = order.after[y] if forward else order.before[y]
        if further == NONE:
            break
        y = further
    return x, mode, y, forward


@njit(cache=True, nogil=True)
def _path_back(network: Network, order: Order, path: Integers, words: Words, tardy: bool, ends: Integers) -> int:
    """Blocks on one path of no slack to a late job (or to the last end), at random; their number, 0 if none is late."""
    x, seen, latest = NONE, 0, 0
    if not tardy:
        for at in range(network.last_block.size):
            latest = max(latest, _end_of(network, order, at))
    for at in range(network.last_block.size):
        end = _end_of(network, order, at)
        if end > network.due[network.last_job[at]] if tardy else end == latest:
            seen += 1
            if random_word(words) % seen == 0:
                x = network.last_block[at]
    length = 0
    while x != NONE:
        path[length] = x
        length += 1
        mode = order.mode[x]
        machine, times, start = network.mode_machine[mode], network.times_first[mode], order.start[x]
        previous, ties = NONE, 0
        for at in range(network.into_first[x], network.into_first[x + 1]):
            p = network.into_block[at]
            other = order.mode[p]
            ready = order.start[p] + network.ends[network.times_first[other] + network.into_from[at]]
            ready += network.into_least[at] - network.begins[times + network.into_to[at]]
            travels = network.transport.shape[0] > 0 and network.into_moves[at] == 1
            if travels and machine != NONE and network.mode_machine[other] != NONE:
                ready += network.transport[network.mode_machine[other], machine]
            if ready == start:
                ties += 1
                if random_word(words) % ties == 0:
                    previous = p
        if machine != NONE and order.before[x] != NONE and free_from(network, order, x, machine) == start:
            ties += 1
            if random_word(words) % ties == 0:
                previous = order.before[x]
        if previous == NONE and machine != NONE and order.before[x] != NONE:
            window = network.closed_first[machine]
            while window < network.closed_first[machine + 1] and network.closed_to[window] <= start:
                if network.closed_to[window] == start:
                    previous = order.before[x]
                window += 1
        x = previous
    return length


@njit(cache=True, nogil=True, inline="always")
def _end_of(network: Network, order: Order, at: int) -> int:
    x = network.last_block[at]
    return order.start[x] + network.ends[network.times_first[order.mode[x]] + network.last_member[at]]
