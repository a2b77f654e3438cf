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
from numpy.typing import NDArray

from danao.scheduling.search.moves import (
    Words,
    estimate,
    estimate_insertion,
    may_shift,
    random_word,
    reassign,
    shift,
    shifted,
)
from danao.scheduling.search.shop import Numbers, Shop, State, longest

Integers = NDArray[np.int64]

STEP, BEST, IMPROVED_AT, STUCK = 0, 1, 2, 3
"""Entries of `Memory.count`: steps done, best length, the step that found it, 1 if no move is left."""
SHIFT, REASSIGN = 0, 1
_MOVE_FIELDS = 5
"""A move: kind, machine or operation, place or mode, target place, estimate."""
_LOW, _HIGH, _KEY, _UNTIL = 0, 1, 2, 3
"""Fields of a forbidden stretch: first place, last place, sum, last step of the ban."""
_RING = 64
_LONGEST_TENURE = 30
_NEVER = 2**62


class Memory(NamedTuple):
    """What one walk remembers."""

    operation_key: Integers
    """(n,) a random number for each operation."""
    place_key: Integers
    """(longest order,) a random number for each place; their products, summed, stand for an order."""
    sums: Integers
    """(sum of eligible operations + machines,) sums of products up to each place, machine by machine."""
    banned: Integers
    """(machines, 64, 4) the latest forbidden stretches of each machine, see _LOW."""
    newest: Integers
    """(machines,) number of stretches that were ever forbidden."""
    mode_until: Integers
    """(modes,) step up to which a mode is forbidden."""
    count: Integers
    """(4,) see STEP, BEST, IMPROVED_AT, STUCK."""
    words: Words
    """(1,) state of the random numbers."""
    best_mode: Numbers
    """(n,) modes of the best solution."""
    best_sequence: Numbers
    """(n,) its operations in topological order."""
    path: Numbers
    """(n,) scratch: the critical path."""
    segment: Numbers
    """(n,) scratch."""
    heads: Numbers
    """(n,) scratch."""


def new_memory(shop: Shop, seed: int) -> Memory:
    """An empty memory whose random numbers start from `seed`."""
    operations, machines = shop.job.size - 1, shop.base.size - 1
    keys = np.random.default_rng(20070101)

    def array() -> Numbers:
        return np.zeros(operations, dtype=np.int32)

    return Memory(
        keys.integers(-(2**62), 2**62, operations),
        keys.integers(-(2**62), 2**62, max(1, int(np.diff(shop.base).max(initial=1)))),
        np.zeros(int(shop.base[-1]) + machines, dtype=np.int64),
        np.full((machines, _RING, 4), -1, dtype=np.int64),
        np.zeros(machines, dtype=np.int64),
        np.full(shop.mode_machine.size, -1, dtype=np.int64),
        np.zeros(4, dtype=np.int64),
        np.array([seed % 2**63 | 1], dtype=np.uint64),
        array(),
        array(),
        array(),
        array(),
        array(),
    )


@njit(cache=True, nogil=True)
def begin(shop: Shop, state: State, memory: Memory) -> None:
    """Forget everything and take the state as the best solution."""
    memory.banned[:] = -1
    memory.mode_until[:] = -1
    memory.count[:] = 0
    for machine in range(state.size.size):
        _sum_up(shop, state, memory, machine, 0)
    _keep_best(state, memory, longest(shop, state))


@njit(cache=True, nogil=True)
def _keep_best(state: State, memory: Memory, length: int) -> None:
    memory.count[BEST] = length
    memory.count[IMPROVED_AT] = memory.count[STEP]
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
        Whether the walk is over: out of patience, stuck, or at its goal.
    """
    machines = shop.base.size - 1
    operations = state.topo.size
    tenure = min(_LONGEST_TENURE, 10 + operations // max(1, machines * machines))
    flexible = shop.mode_machine.size > operations
    move = np.zeros(_MOVE_FIELDS, dtype=np.int64)
    any_move = np.zeros(_MOVE_FIELDS, dtype=np.int64)
    for _ in range(steps):
        if memory.count[BEST] <= goal or memory.count[STEP] - memory.count[IMPROVED_AT] > patience:
            return True
        length = _critical_path(shop, state, memory)
        move[4] = _NEVER
        found, ties = 0, 0
        found, ties = _best_shift(shop, state, memory, length, move, any_move)
        if flexible:
            found, ties = _best_reassignment(shop, state, memory, length, move, any_move, found, ties)
        if found == 0:
            memory.count[STUCK] = 1
            return True
        memory.count[STEP] += 1
        chosen = any_move if move[4] == _NEVER else move
        until = memory.count[STEP] + tenure + random_word(memory.words) % (tenure + 1)
        if chosen[0] == SHIFT:
            _shift_and_forbid(shop, state, memory, chosen, until)
        else:
            x = chosen[1]
            old_mode, old_machine = state.mode[x], state.machine[x]
            if reassign(shop, state, x, chosen[2], chosen[3]):
                memory.mode_until[old_mode] = until + tenure
                _sum_up(shop, state, memory, old_machine, 0)
                _sum_up(shop, state, memory, state.machine[x], 0)
            else:
                memory.mode_until[chosen[2]] = until
        now = longest(shop, state)
        if now < memory.count[BEST]:
            _keep_best(state, memory, now)
    return memory.count[BEST] <= goal


@njit(cache=True, nogil=True)
def _critical_path(shop: Shop, state: State, memory: Memory) -> int:
    """One longest path, at random, written backwards into `memory.path`; its number of operations."""
    none = shop.job.size - 1
    length = longest(shop, state)
    x, ends = none, 0
    for y in range(none):
        if state.head[y] + state.duration[y] + shop.delivery[y] == length:
            ends += 1
            if random_word(memory.words) % ends == 0:
                x = y
    count = 0
    while x != none:
        memory.path[count] = x
        count += 1
        j, b = shop.job_before[x], state.before[x]
        machine = state.machine[x]
        by_job, by_machine = False, False
        if j != none:
            gap = shop.lag[x]
            if shop.transport.shape[0] > 0:
                gap += shop.transport[state.machine[j], machine]
            by_job = state.head[j] + state.duration[j] + gap == state.head[x]
        if b != none:
            gap = 0
            if shop.setup.shape[0] > 0:
                gap = shop.setup[machine, shop.setup_class[b], shop.setup_class[x]]
            by_machine = state.head[b] + state.duration[b] + gap == state.head[x]
        if by_job and by_machine:
            x = j if random_word(memory.words) % 2 == 0 else b
        elif by_job:
            x = j
        elif by_machine:
            x = b
        else:
            x = none
    return count


@njit(cache=True, nogil=True)
def _best_shift(
    shop: Shop, state: State, memory: Memory, length: int, move: Integers, any_move: Integers
) -> tuple[int, int]:
    """The best allowed move inside the blocks of the path, and any move; numbers of moves seen and of ties."""
    found, ties = 0, 0
    plain = shop.setup.shape[0] == 0
    at = length - 1
    while at >= 0:
        machine = state.machine[memory.path[at]]
        last = at
        while (
            last > 0
            and state.machine[memory.path[last - 1]] == machine
            and state.before[memory.path[last - 1]] == memory.path[last]
        ):
            last -= 1
        if last < at:
            front, back = state.place[memory.path[at]], state.place[memory.path[last]]
            to_front = not (plain and at == length - 1 and state.head[memory.path[at]] == 0)
            to_back = not (plain and last == 0 and state.tail[memory.path[last]] == 0)
            for place in range(front, back + 1):
                if to_back and place < back:
                    found, ties = _consider(shop, state, memory, machine, place, back, move, any_move, found, ties)
                if to_front and place > front + (1 if to_back and back == front + 1 else 0):
                    found, ties = _consider(shop, state, memory, machine, place, front, move, any_move, found, ties)
                if front < place < back:
                    if to_front:
                        found, ties = _consider(shop, state, memory, machine, front, place, move, any_move, found, ties)
                    if to_back:
                        found, ties = _consider(shop, state, memory, machine, back, place, move, any_move, found, ties)
        at = last - 1
    return found, ties


@njit(cache=True, nogil=True)
def _consider(
    shop: Shop,
    state: State,
    memory: Memory,
    machine: int,
    place: int,
    target: int,
    move: Integers,
    any_move: Integers,
    found: int,
    ties: int,
) -> tuple[int, int]:
    """Compare a move along its machine with the best so far."""
    if not may_shift(shop, state, machine, place, target):
        return found, ties
    none = shop.job.size - 1
    base, low, high = shop.base[machine], min(place, target), max(place, target)
    before = state.line[base + low - 1] if low > 0 else none
    after = state.line[base + high + 1] if high + 1 < state.size[machine] else none
    length = shifted(shop, state, machine, place, target, memory.segment)
    value = estimate(shop, state, memory.segment, length, before, after, memory.heads)
    found += 1
    if random_word(memory.words) % found == 0:
        any_move[0], any_move[1], any_move[2], any_move[3], any_move[4] = SHIFT, machine, place, target, value
    if value > move[4]:
        return found, ties
    if _forbidden(shop, memory, machine, low, length):
        return found, ties
    ties = ties + 1 if value == move[4] else 1
    if ties == 1 or random_word(memory.words) % ties == 0:
        move[0], move[1], move[2], move[3], move[4] = SHIFT, machine, place, target, value
    return found, ties


@njit(cache=True, nogil=True)
def _best_reassignment(
    shop: Shop, state: State, memory: Memory, length: int, move: Integers, any_move: Integers, found: int, ties: int
) -> tuple[int, int]:
    """The best allowed move of a critical operation to another machine, compared with the best so far."""
    for i in range(length):
        x = memory.path[i]
        for mode in range(shop.mode_first[x], shop.mode_first[x + 1]):
            if shop.mode_machine[mode] == state.machine[x]:
                continue
            banned = memory.mode_until[mode] >= memory.count[STEP]
            for place in range(state.size[shop.mode_machine[mode]] + 1):
                value = estimate_insertion(shop, state, x, mode, place)
                if value < 0:
                    continue
                found += 1
                if random_word(memory.words) % found == 0:
                    any_move[0], any_move[1], any_move[2], any_move[3], any_move[4] = REASSIGN, x, mode, place, value
                if value > move[4] or banned:
                    continue
                ties = ties + 1 if value == move[4] else 1
                if ties == 1 or random_word(memory.words) % ties == 0:
                    move[0], move[1], move[2], move[3], move[4] = REASSIGN, x, mode, place, value
    return found, ties


@njit(cache=True, nogil=True)
def _shift_and_forbid(shop: Shop, state: State, memory: Memory, move: Integers, until: int) -> None:
    """Carry out a move along a machine and forbid the order that was there; forbid the move itself on a circle."""
    machine, place, target = move[1], move[2], move[3]
    low, high, base = min(place, target), max(place, target), shop.base[machine]
    first = base + machine
    key = memory.sums[first + high + 1] - memory.sums[first + low]
    if shift(shop, state, machine, place, target, memory.segment):
        _sum_up(shop, state, memory, machine, low)
    else:
        length = shifted(shop, state, machine, place, target, memory.segment)
        key = 0
        for i in range(length):
            key += memory.operation_key[memory.segment[i]] * memory.place_key[low + i]
    slot = memory.newest[machine] % _RING
    memory.newest[machine] += 1
    stretch = memory.banned[machine, slot]
    stretch[_LOW], stretch[_HIGH], stretch[_KEY], stretch[_UNTIL] = low, high, key, until


@njit(cache=True, nogil=True)
def _sum_up(shop: Shop, state: State, memory: Memory, machine: int, first: int) -> None:
    """Renew the sums of a machine from a place on."""
    base = shop.base[machine]
    total = memory.sums[base + machine + first]
    for at in range(first, state.size[machine]):
        total += memory.operation_key[state.line[base + at]] * memory.place_key[at]
        memory.sums[base + machine + at + 1] = total


@njit(cache=True, nogil=True)
def _forbidden(shop: Shop, memory: Memory, machine: int, low: int, length: int) -> bool:
    """Whether the operations of `memory.segment` at the places from `low` on complete a forbidden stretch."""
    first, step, high = shop.base[machine] + machine, memory.count[STEP], low + length - 1
    newest = memory.newest[machine]
    for back in range(1, min(newest, _RING) + 1):
        stretch = memory.banned[machine, (newest - back) % _RING]
        if stretch[_UNTIL] < step:
            if stretch[_UNTIL] < step - 2 * _LONGEST_TENURE:
                break
            continue
        start, end = stretch[_LOW], stretch[_HIGH]
        if end < low or start > high:
            continue
        key = 0
        if start < low:
            key += memory.sums[first + low] - memory.sums[first + start]
        if end > high:
            key += memory.sums[first + end + 1] - memory.sums[first + high + 1]
        for at in range(max(start, low), min(end, high) + 1):
            key += memory.operation_key[memory.segment[at - low]] * memory.place_key[at]
        if key == stretch[_KEY]:
            return True
    return False
