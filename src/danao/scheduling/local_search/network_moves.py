"""Starts of all blocks of a network under an order, and changes of the order: compiled.

The state is one sequence of all blocks that respects links and machine orders, and a mode for each block. Moving a
block past another on its machine takes along what it depends on, so that the sequence stays one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from danao.scheduling.local_search.network import NEVER_DUE, NONE, Integers, Network


class Order(NamedTuple):
    """A solution: modes, the sequence and the starts that follow."""

    mode: Integers
    """(blocks,) chosen mode."""
    sequence: Integers
    """(blocks,)."""
    rank: Integers
    """(blocks,) place of each block in the sequence."""
    before: Integers
    """(blocks,) block before it on its machine, or NONE."""
    after: Integers
    """(blocks,) block after it on its machine, or NONE."""
    start: Integers
    """(blocks,)."""
    kept: Integers
    """(blocks,) starts of the last solution that was accepted."""
    former: Integers
    """(blocks,) scratch: the part of the sequence that a move changed, as it was."""
    moved: Integers
    """(blocks,) scratch."""
    mark: Integers
    """(blocks,) scratch, 0 or 1."""


def new_order(network: Network) -> Order:
    """Memory for one solution."""
    blocks = network.mode_first.size - 1
    return Order(*(np.zeros(blocks, dtype=np.int64) for _ in Order._fields))


@njit(cache=True, nogil=True)
def set_out(network: Network, order: Order, sequence: Integers, fixed: bool) -> None:
    """Take over a sequence; modes are those that end first, one block after the other, unless they are fixed."""
    last = np.full(network.closed_first.size - 1, NONE, dtype=np.int64)
    for at in range(sequence.size):
        x = sequence[at]
        order.sequence[at] = x
        order.rank[x] = at
        best, chosen = NEVER_DUE, order.mode[x]
        if not fixed:
            for mode in range(network.mode_first[x], network.mode_first[x + 1]):
                machine = network.mode_machine[mode]
                order.mode[x] = mode
                order.before[x] = last[machine] if machine != NONE else NONE
                start = earliest(network, order, x)
                if start + network.mode_length[mode] < best:
                    best, chosen = start + network.mode_length[mode], mode
        order.mode[x] = chosen
        machine = network.mode_machine[chosen]
        order.before[x], order.after[x] = NONE, NONE
        if machine != NONE:
            order.before[x] = last[machine]
            if last[machine] != NONE:
                order.after[last[machine]] = x
            last[machine] = x
        order.start[x] = earliest(network, order, x)
        order.kept[x] = order.start[x]


@njit(cache=True, nogil=True)
def earliest(network: Network, order: Order, x: int) -> int:
    """Earliest start of a block after what comes before it."""
    mode = order.mode[x]
    machine, times = network.mode_machine[mode], network.times_first[mode]
    time = network.mode_release[mode]
    travels = network.transport.shape[0] > 0
    for at in range(network.into_first[x], network.into_first[x + 1]):
        p = network.into_block[at]
        other = order.mode[p]
        ready = order.start[p] + network.ends[network.times_first[other] + network.into_from[at]]
        ready += network.into_least[at] - network.begins[times + network.into_to[at]]
        if travels and network.into_moves[at] == 1 and machine != NONE and network.mode_machine[other] != NONE:
            ready += network.transport[network.mode_machine[other], machine]
        time = max(time, ready)
    if machine != NONE:
        time = max(time, free_from(network, order, x, machine))
        for window in range(network.closed_first[machine], network.closed_first[machine + 1]):
            if time < network.closed_to[window] and time + network.mode_length[mode] > network.closed_from[window]:
                time = network.closed_to[window]
    return time


@njit(cache=True, nogil=True, inline="always")
def free_from(network: Network, order: Order, x: int, machine: int) -> int:
    """When the machine of a block is free and set up for it."""
    b = order.before[x]
    has_setup = network.setup.shape[0] > 0
    if b == NONE:
        return network.first_setup[machine, network.first_class[x]] if has_setup else 0
    time = order.start[b] + network.mode_length[order.mode[b]]
    if has_setup:
        time += network.setup[machine, network.last_class[b], network.first_class[x]]
    return time


@njit(cache=True, nogil=True)
def renew(network: Network, order: Order, first: int) -> None:
    """Starts of all blocks from a place of the sequence on."""
    if network.setup.shape[0] > 0 or network.transport.shape[0] > 0 or network.closed_from.size > 0:
        for at in range(first, order.sequence.size):
            x = order.sequence[at]
            order.start[x] = earliest(network, order, x)
        return
    sequence, start, chosen, before = order.sequence, order.start, order.mode, order.before
    times_first, begins, ends, length = network.times_first, network.begins, network.ends, network.mode_length
    into_first, into_block, into_from = network.into_first, network.into_block, network.into_from
    into_to, into_least, release = network.into_to, network.into_least, network.mode_release
    for at in range(first, sequence.size):
        x = sequence[at]
        mode, b = chosen[x], before[x]
        time, times = release[mode], times_first[mode]
        if b != NONE:
            time = max(time, start[b] + length[chosen[b]])
        for link in range(into_first[x], into_first[x + 1]):
            p = into_block[link]
            ready = start[p] + ends[times_first[chosen[p]] + into_from[link]]
            time = max(time, ready + into_least[link] - begins[times + into_to[link]])
        start[x] = time


@njit(cache=True, nogil=True)
def worth(network: Network, order: Order, tardy: bool, ends: Integers) -> float:
    """Weighted tardiness, or makespan and a thousandth of the mean end of the jobs; `ends` (jobs,) is scratch."""
    ends[:] = 0
    for at in range(network.last_block.size):
        x, job = network.last_block[at], network.last_job[at]
        end = order.start[x] + network.ends[network.times_first[order.mode[x]] + network.last_member[at]]
        ends[job] = max(ends[job], end)
    total, latest, late = 0.0, 0, 0.0
    for job in range(ends.size):
        total += ends[job]
        latest = max(latest, ends[job])
        if ends[job] > network.due[job]:
            late += network.weight[job] * (ends[job] - network.due[job])
    return late if tardy else latest + 1e-3 * total / ends.size


@njit(cache=True, nogil=True, inline="always")
def take_out(order: Order, x: int) -> None:
    """Remove a block from the order of its machine."""
    b, a = order.before[x], order.after[x]
    if b != NONE:
        order.after[b] = a
    if a != NONE:
        order.before[a] = b
    order.before[x], order.after[x] = NONE, NONE


@njit(cache=True, nogil=True, inline="always")
def put_between(order: Order, x: int, b: int, a: int) -> None:
    """Put a block between two neighbours of a machine, NONE for its ends."""
    order.before[x], order.after[x] = b, a
    if b != NONE:
        order.after[b] = x
    if a != NONE:
        order.before[a] = x


@njit(cache=True, nogil=True)
def neighbour(network: Network, order: Order, x: int, machine: int, step: int) -> int:
    """The block of a machine that is nearest to x in the sequence, before it (step -1) or after it (step 1)."""
    at = order.rank[x] + step
    while 0 <= at < order.sequence.size:
        y = order.sequence[at]
        if network.mode_machine[order.mode[y]] == machine:
            return y
        at += step
    return NONE


@njit(cache=True, nogil=True)
def put_before(network: Network, order: Order, x: int, y: int) -> int:
    """Put x, which is on no machine, before y, which is earlier in the sequence; how many places changed, 0 for none.

    What x depends on goes along; the move is impossible if x depends on y.
    """
    low, high = order.rank[y], order.rank[x]
    order.mark[x] = 1
    order.moved[0] = x
    count = 1
    for at in range(high - 1, low - 1, -1):
        z = order.sequence[at]
        if _touches(order.mark, order.after[z], network.out_first, network.out_block, z):
            order.mark[z] = 1
            order.moved[count] = z
            count += 1
    return _rearrange(order, x, order.before[y], y, low, high, count, True)


@njit(cache=True, nogil=True)
def put_after(network: Network, order: Order, x: int, y: int) -> int:
    """Put x, which is on no machine, after y, which is later in the sequence; how many places changed, 0 for none.

    What depends on x goes along; the move is impossible if y depends on x.
    """
    low, high = order.rank[x], order.rank[y]
    order.mark[x] = 1
    order.moved[0] = x
    count = 1
    for at in range(low + 1, high + 1):
        z = order.sequence[at]
        if _touches(order.mark, order.before[z], network.into_first, network.into_block, z):
            order.mark[z] = 1
            order.moved[count] = z
            count += 1
    return _rearrange(order, x, y, order.after[y], low, high, count, False)


@njit(cache=True, nogil=True, inline="always")
def _touches(mark: Integers, other: int, first: Integers, block: Integers, z: int) -> bool:
    """Whether the neighbour of z on its machine, or a block that it is linked to, is marked."""
    link, touched = first[z], other != NONE and mark[other] == 1
    while not touched and link < first[z + 1]:
        touched = mark[block[link]] == 1
        link += 1
    return touched


@njit(cache=True, nogil=True)
def _rearrange(order: Order, x: int, b: int, a: int, low: int, high: int, count: int, ahead: bool) -> int:
    """Put the marked blocks of a stretch of the sequence ahead of the others, or behind them, and x between b and a.

    Nothing changes where the block that x is to pass, at the other end of the stretch, is marked itself. Returns how
    many places changed; takes the marks away.
    """
    possible = order.mark[a if ahead else b] == 0
    if possible:
        place, size = low, high - low + 1
        for i in range(size):
            order.former[i] = order.sequence[low + i]
        if ahead:
            for i in range(count - 1, -1, -1):
                place = _set_place(order, order.moved[i], place)
        for i in range(size):
            if order.mark[order.former[i]] == 0:
                place = _set_place(order, order.former[i], place)
        if not ahead:
            for i in range(count):
                place = _set_place(order, order.moved[i], place)
        put_between(order, x, b, a)
    for i in range(count):
        order.mark[order.moved[i]] = 0
    return high - low + 1 if possible else 0


@njit(cache=True, nogil=True, inline="always")
def _set_place(order: Order, x: int, place: int) -> int:
    order.sequence[place] = x
    order.rank[x] = place
    return place + 1


@njit(cache=True, nogil=True)
def undo(order: Order, x: int, mode: int, b: int, a: int, low: int, count: int) -> None:
    """Take back a move of x: its mode and neighbours, `count` places of the sequence from `low` on, and all starts."""
    for i in range(count):
        _set_place(order, order.former[i], low + i)
    take_out(order, x)
    order.mode[x] = mode
    put_between(order, x, b, a)
    for at in range(low, order.sequence.size):
        order.start[order.sequence[at]] = order.kept[order.sequence[at]]


@njit(cache=True, nogil=True)
def keep(order: Order, low: int) -> None:
    """Accept the starts from a place of the sequence on."""
    for at in range(low, order.sequence.size):
        order.kept[order.sequence[at]] = order.start[order.sequence[at]]
