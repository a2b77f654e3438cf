"""Tabu search for the shortest schedule of a (flexible) job shop with setups and transport.

Each step follows one critical path, chosen at random, and carries out the move with the best estimate that does not
bring back an order that was left lately. What is forbidden is a stretch of operations at their places of a machine,
kept as its sum of random numbers, so that memory does not grow with the square of the operations.
Source: Nowicki & Smutnicki, Management Science 42 (1996); Zhang et al., Computers & Operations Research 35 (2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from danao.scheduling.local_search.estimates import (
    HIGH,
    KEY,
    KIND,
    LONGEST_TENURE,
    LOW,
    MOVE_FIELDS,
    NEVER,
    PLACE,
    RING,
    SHIFT,
    TARGET,
    UNTIL,
    VALUE,
    WHAT,
    Bans,
    Integers,
    best_reassignment,
    best_shift,
)
from danao.scheduling.local_search.moves import Words, random_word, reassign, shift
from danao.scheduling.local_search.shop import Numbers, Shop, State, longest

STEP, BEST, IMPROVED_AT = 0, 1, 2
"""Entries of `Memory.progress`: steps done, best length, the step that found it."""


class Memory(NamedTuple):
    """What one walk remembers."""

    bans: Bans
    progress: Integers
    """(3,) see STEP, BEST, IMPROVED_AT."""
    words: Words
    """(1,) state of the random numbers."""
    best_mode: Numbers
    """(n,) modes of the best solution."""
    best_sequence: Numbers
    """(n,) its operations in topological order."""
    path: Numbers
    """(n,) scratch: the critical path, the last operation first."""
    segment: Numbers
    """(n,) scratch."""
    heads: Numbers
    """(n,) scratch."""


def new_memory(shop: Shop) -> Memory:
    """An empty memory."""
    operations, machines = shop.job.size - 1, shop.base.size - 1
    keys = np.random.default_rng(20070101)

    def array() -> Numbers:
        return np.zeros(operations, dtype=np.int32)

    bans = Bans(
        keys.integers(-(2**62), 2**62, operations),
        keys.integers(-(2**62), 2**62, max(1, int(np.diff(shop.base).max(initial=1)))),
        np.zeros(int(shop.base[-1]) + machines, dtype=np.int64),
        np.full((machines, RING, 4), -1, dtype=np.int64),
        np.zeros(machines, dtype=np.int64),
        np.full(shop.mode_machine.size, -1, dtype=np.int64),
    )
    words = np.ones(1, dtype=np.uint64)
    return Memory(bans, np.zeros(3, dtype=np.int64), words, array(), array(), array(), array(), array())


@njit(cache=True, nogil=True)
def begin(shop: Shop, state: State, memory: Memory) -> None:
    """Forget everything and take the state as the best solution."""
    memory.bans.stretches[:] = -1
    memory.bans.newest[:] = 0
    memory.bans.mode_until[:] = -1
    memory.progress[:] = 0
    for machine in range(state.size.size):
        _sum_up(shop, state, memory.bans, machine, 0)
    _keep_best(state, memory, longest(shop, state))


@njit(cache=True, nogil=True)
def _keep_best(state: State, memory: Memory, length: int) -> None:
    memory.progress[BEST] = length
    memory.progress[IMPROVED_AT] = memory.progress[STEP]
    for at in range(state.topo.size):
        memory.best_sequence[at] = state.topo[at]
        memory.best_mode[at] = state.mode[at]


@njit(cache=True, nogil=True)
def walk(shop: Shop, state: State, memory: Memory, steps: int, patience: int, goal: int) -> bool:
    """Continue the search.

    Args:
        shop: The problem.
        state: The present solution; moves on.
        memory: Of this walk; keeps the best solution.
        steps: Steps to do in this call.
        patience: Steps without a better solution after which the walk is over.
        goal: Length that cannot be beaten or need not be.

    Returns:
        Whether the walk is over: out of patience, without a move, or at its goal.
    """
    machines = shop.base.size - 1
    operations = state.topo.size
    count, words, bans, path = memory.progress, memory.words, memory.bans, memory.path
    tenure = min(LONGEST_TENURE, 10 + operations // max(1, machines * machines))
    flexible = shop.mode_machine.size > operations
    move = np.zeros(MOVE_FIELDS, dtype=np.int64)
    any_move = np.zeros(MOVE_FIELDS, dtype=np.int64)
    now = longest(shop, state)
    for _ in range(steps):
        if count[BEST] <= goal or count[STEP] - count[IMPROVED_AT] > patience:
            return True
        length = _critical_path(shop, state, words, path, now)
        move[VALUE] = NEVER
        found = best_shift(shop, state, bans, path, length, count[STEP], words, memory.heads, move, any_move)
        if flexible:
            found = best_reassignment(shop, state, bans, path, length, count[STEP], words, found, move, any_move)
        if found == 0:
            return True
        count[STEP] += 1
        chosen = any_move if move[VALUE] == NEVER else move
        until = count[STEP] + tenure + random_word(words) % (tenure + 1)
        if chosen[KIND] == SHIFT:
            _shift_and_forbid(shop, state, bans, memory.segment, chosen, until)
        else:
            x = chosen[WHAT]
            old_mode, old_machine = state.mode[x], state.machine[x]
            if reassign(shop, state, x, chosen[PLACE], chosen[TARGET]):
                bans.mode_until[old_mode] = until + tenure
                _sum_up(shop, state, bans, old_machine, 0)
                _sum_up(shop, state, bans, state.machine[x], 0)
            else:
                bans.mode_until[chosen[PLACE]] = until
        now = longest(shop, state)
        if now < count[BEST]:
            _keep_best(state, memory, now)
    return count[BEST] <= goal


@njit(cache=True, nogil=True)
def _critical_path(shop: Shop, state: State, words: Words, path: Numbers, length: int) -> int:
    """One longest path, at random, written backwards into `path`; its number of operations."""
    none = shop.job.size - 1
    head, duration, machine_of = state.head, state.duration, state.machine
    x, ends = none, 0
    for y in range(none):
        if head[y] + duration[y] + shop.delivery[y] == length:
            ends += 1
            if random_word(words) % ends == 0:
                x = y
    count = 0
    while x != none:
        path[count] = x
        count += 1
        j, b = shop.job_before[x], state.before[x]
        by_job = j != none and state.ready[x] == head[x]
        if by_job and shop.release[x] == head[x]:
            gap = shop.lag[x]
            if shop.transport.shape[0] > 0:
                gap += shop.transport[machine_of[j], machine_of[x]]
            by_job = head[j] + duration[j] + gap == head[x]
        by_machine = False
        if b != none:
            gap = 0
            if shop.setup.shape[0] > 0:
                gap = shop.setup[machine_of[x], shop.setup_class[b], shop.setup_class[x]]
            by_machine = head[b] + duration[b] + gap == head[x]
        if by_job and by_machine:
            x = j if random_word(words) % 2 == 0 else b
        elif by_job:
            x = j
        elif by_machine:
            x = b
        else:
            x = none
    return count


@njit(cache=True, nogil=True)
def _shift_and_forbid(shop: Shop, state: State, bans: Bans, segment: Numbers, move: Integers, until: int) -> None:
    """Carry out a move along a machine and forbid the order that was there; forbid the move itself on a circle."""
    machine, source, target = move[WHAT], move[PLACE], move[TARGET]
    low, high, base = min(source, target), max(source, target), shop.base[machine]
    first = base + machine
    key = bans.sums[first + high + 1] - bans.sums[first + low]
    x = state.line[base + source]
    if shift(shop, state, machine, source, target, segment):
        _sum_up(shop, state, bans, machine, low)
    else:
        key = bans.operation_key[x] * bans.place_key[target]
        for at in range(low, high + 1):
            if at != target:
                other = state.line[base + at + 1] if source < target else state.line[base + at - 1]
                key += bans.operation_key[other] * bans.place_key[at]
    slot = bans.newest[machine] % RING
    bans.newest[machine] += 1
    bans.stretches[machine, slot, LOW] = low
    bans.stretches[machine, slot, HIGH] = high
    bans.stretches[machine, slot, KEY] = key
    bans.stretches[machine, slot, UNTIL] = until


@njit(cache=True, nogil=True)
def _sum_up(shop: Shop, state: State, bans: Bans, machine: int, first: int) -> None:
    """Renew the sums of a machine from a place on."""
    base = shop.base[machine]
    total = bans.sums[base + machine + first]
    for at in range(first, state.size[machine]):
        total += bans.operation_key[state.line[base + at]] * bans.place_key[at]
        bans.sums[base + machine + at + 1] = total
