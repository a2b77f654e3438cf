"""The disjunctive graph of a (flexible) job shop as arrays, and the longest paths in it, for compiled code.

Operations are numbered 0 .. n-1; index n stands for "none", with length 0, so that no test for the ends of routes and
machine orders is needed in the inner loops. Times are whole numbers of the problem's time unit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Shop(NamedTuple):
    """What does not change while the search runs. `n` operations, `m` machines, `c` setup classes."""

    job: Numbers
    """(n + 1,) job of each operation."""
    job_before: Numbers
    """(n + 1,) operation before it in its route, n for none."""
    job_after: Numbers
    """(n + 1,) operation after it in its route, n for none."""
    lag: Numbers
    """(n + 1,) least time from the end of the operation before it in the route to its start."""
    release: Numbers
    """(n + 1,) earliest start."""
    delivery: Numbers
    """(n + 1,) time that has to follow its end."""
    revisits: Flags
    """(n + 1,) whether another operation of its job may run on one of its machines."""
    mode_first: Numbers
    """(n + 2,) first mode of each operation; its modes are mode_first[i] .. mode_first[i + 1] - 1."""
    mode_machine: Numbers
    """(modes,) machine of each mode."""
    mode_duration: Numbers
    """(modes,) duration of each mode."""
    base: Numbers
    """(m + 1,) where the order of each machine begins in `State.line`."""
    setup_class: Numbers
    """(n + 1,) class of each operation in `setup`."""
    setup: Numbers
    """(m, c, c) setup time between neighbours by class; (0, 0, 0) where there are none."""
    first_setup: Numbers
    """(m, c) setup time before the first operation of a machine; (0, 0) where there are none."""
    transport: Numbers
    """(m, m) time to move a job from machine to machine; (0, 0) where there is none."""


class State(NamedTuple):
    """A solution: modes, the order on every machine, and its longest paths."""

    mode: Numbers
    """(n + 1,) chosen mode, as an index of `Shop.mode_machine`."""
    machine: Numbers
    """(n + 1,) its machine."""
    duration: Numbers
    """(n + 1,) its duration."""
    line: Numbers
    """(sum of eligible operations,) operations of every machine in their order."""
    size: Numbers
    """(m,) number of operations on each machine."""
    place: Numbers
    """(n + 1,) position of an operation on its machine."""
    before: Numbers
    """(n + 1,) operation before it on its machine, n for none."""
    after: Numbers
    """(n + 1,) operation after it on its machine, n for none."""
    topo: Numbers
    """(n,) operations in an order that respects routes and machine orders."""
    rank: Numbers
    """(n + 1,) position of an operation in `topo`."""
    head: Numbers
    """(n + 1,) earliest start."""
    tail: Numbers
    """(n + 1,) longest time that follows its end."""
    ready: Numbers
    """(n + 1,) earliest start as far as its route is concerned."""
    rest: Numbers
    """(n + 1,) longest time that follows its end as far as its route is concerned."""
    mark: Flags
    """(n + 1,) scratch."""
    scratch: Numbers
    """(n + 1,) scratch."""


def new_state(shop: Shop) -> State:
    """An empty solution with memory of its own."""
    n, m = shop.job.size - 1, shop.base.size - 1

    def array(length: int) -> Numbers:
        return np.zeros(length, dtype=np.int32)

    return State(
        array(n + 1),
        array(n + 1),
        array(n + 1),
        array(max(1, int(shop.base[-1]))),
        array(m),
        array(n + 1),
        array(n + 1),
        array(n + 1),
        array(n),
        array(n + 1),
        array(n + 1),
        array(n + 1),
        array(n + 1),
        array(n + 1),
        np.zeros(n + 1, dtype=np.bool_),
        array(n + 1),
    )


@njit(cache=True, nogil=True, inline="always")
def setup_between(shop: Shop, machine: int, first: int, second: int) -> int:
    """Setup time on a machine from one operation (n for none) to its neighbour (n for none)."""
    none = shop.job.size - 1
    if shop.setup.shape[0] == 0 or second == none:
        return 0
    if first == none:
        return shop.first_setup[machine, shop.setup_class[second]]
    return shop.setup[machine, shop.setup_class[first], shop.setup_class[second]]


@njit(cache=True, nogil=True, inline="always")
def travel(shop: Shop, from_machine: int, to_machine: int, second: int) -> int:
    """Least time from the end of the operation before `second` in its route to its start."""
    if shop.transport.shape[0] == 0 or shop.job_before[second] == shop.job.size - 1:
        return shop.lag[second]
    return shop.lag[second] + shop.transport[from_machine, to_machine]


@njit(cache=True, nogil=True)
def set_heads(shop: Shop, state: State, first: int) -> None:
    """Earliest starts of the operations from position `first` of the topological order on."""
    topo, machine, before, duration = state.topo, state.machine, state.before, state.duration
    head, ready, job_before, release, lag = state.head, state.ready, shop.job_before, shop.release, shop.lag
    plain = shop.setup.shape[0] == 0 and shop.transport.shape[0] == 0
    for at in range(first, topo.size):
        x = topo[at]
        j, b = job_before[x], before[x]
        if plain:
            start = max(head[j] + duration[j] + lag[x], release[x])
            other = head[b] + duration[b]
        else:
            start = max(head[j] + duration[j] + travel(shop, machine[j], machine[x], x), release[x])
            other = head[b] + duration[b] + setup_between(shop, machine[x], b, x)
        ready[x] = start
        head[x] = max(start, other)


@njit(cache=True, nogil=True)
def set_tails(shop: Shop, state: State, last: int) -> None:
    """Longest times after the operations up to position `last` of the topological order."""
    none = shop.job.size - 1
    topo, machine, after, duration = state.topo, state.machine, state.after, state.duration
    tail, rest, job_after, delivery, lag = state.tail, state.rest, shop.job_after, shop.delivery, shop.lag
    plain = shop.setup.shape[0] == 0 and shop.transport.shape[0] == 0
    for at in range(last, -1, -1):
        x = topo[at]
        j, a = job_after[x], after[x]
        if plain:
            by_job = max(tail[j] + duration[j] + lag[j], delivery[x])
            by_machine = tail[a] + duration[a]
        else:
            by_job = delivery[x]
            if j != none:
                by_job = max(by_job, tail[j] + duration[j] + travel(shop, machine[x], machine[j], j))
            by_machine = tail[a] + duration[a] + setup_between(shop, machine[x], x, a)
        rest[x] = by_job
        tail[x] = max(by_job, by_machine)


@njit(cache=True, nogil=True)
def longest(shop: Shop, state: State) -> int:
    """Length of the schedule, deliveries included."""
    head, duration, delivery = state.head, state.duration, shop.delivery
    length = 0
    for x in range(state.topo.size):
        length = max(length, head[x] + duration[x] + delivery[x])
    return length


@njit(cache=True, nogil=True)
def link_line(shop: Shop, state: State, machine: int, first: int, last: int) -> None:
    """Set neighbours and places of the positions first .. last of a machine's order, and of what surrounds them."""
    none, base, size = shop.job.size - 1, shop.base[machine], state.size[machine]
    for at in range(max(0, first), min(size - 1, last) + 1):
        x = state.line[base + at]
        state.place[x] = at
        state.before[x] = state.line[base + at - 1] if at > 0 else none
        state.after[x] = state.line[base + at + 1] if at + 1 < size else none


@njit(cache=True, nogil=True)
def build(shop: Shop, state: State, sequence: Numbers) -> None:
    """Set up the solution in which every machine works in the order of `sequence`, with the modes of the state.

    Args:
        shop: The problem.
        state: Receives orders, neighbours, topological order and longest paths; `mode` is read.
        sequence: (n,) all operations, each after those before it in its route.
    """
    n = shop.job.size - 1
    state.size[:] = 0
    for at in range(n):
        x = sequence[at]
        machine = shop.mode_machine[state.mode[x]]
        state.machine[x] = machine
        state.duration[x] = shop.mode_duration[state.mode[x]]
        state.line[shop.base[machine] + state.size[machine]] = x
        state.size[machine] += 1
        state.topo[at] = x
        state.rank[x] = at
    for machine in range(state.size.size):
        link_line(shop, state, machine, 0, state.size[machine] - 1)
    state.machine[n] = 0
    state.duration[n] = 0
    state.head[n] = 0
    state.tail[n] = 0
    set_heads(shop, state, 0)
    set_tails(shop, state, n - 1)


@njit(cache=True, nogil=True)
def sort_topologically(shop: Shop, state: State) -> bool:
    """Renew the topological order from routes and machine orders; False, with the old order kept, on a circle."""
    n = shop.job.size - 1
    count = state.scratch
    for x in range(n):
        count[x] = (1 if shop.job_before[x] != n else 0) + (1 if state.before[x] != n else 0)
    order = np.empty(n, dtype=np.int32)
    filled = 0
    for x in range(n):
        if count[x] == 0:
            order[filled] = x
            filled += 1
    at = 0
    while at < filled:
        x = order[at]
        at += 1
        j, a = shop.job_after[x], state.after[x]
        if j != n:
            count[j] -= 1
            if count[j] == 0:
                order[filled] = j
                filled += 1
        if a != n:
            count[a] -= 1
            if count[a] == 0:
                order[filled] = a
                filled += 1
    if filled < n:
        return False
    for at in range(n):
        state.topo[at] = order[at]
        state.rank[order[at]] = at
    return True
