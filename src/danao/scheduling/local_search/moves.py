"""Carrying out moves: an operation along its machine, or to another machine; and random numbers for compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from danao.scheduling.local_search.shop import (
    Numbers,
    Shop,
    State,
    link_line,
    set_heads,
    set_tails,
    sort_topologically,
)

Words = NDArray[np.uint64]


@njit(cache=True, nogil=True, inline="always")
def random_word(words: Words) -> np.int64:
    """The next 31 random bits (xorshift64*)."""
    x = words[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    words[0] = x
    return np.int64((x * np.uint64(2685821657736338717)) >> np.uint64(33))


@njit(cache=True, nogil=True)
def shifted(shop: Shop, state: State, machine: int, place: int, target: int, segment: Numbers) -> int:
    """The stretch between two places of a machine after the operation at `place` moved to `target`; its length."""
    base = shop.base[machine]
    x = state.line[base + place]
    if place < target:
        for at in range(place, target):
            segment[at - place] = state.line[base + at + 1]
        segment[target - place] = x
        return target - place + 1
    segment[0] = x
    for at in range(target, place):
        segment[at - target + 1] = state.line[base + at]
    return place - target + 1


@njit(cache=True, nogil=True)
def put_segment(shop: Shop, state: State, machine: int, first: int, segment: Numbers, length: int) -> None:
    """Write operations to consecutive places of a machine."""
    base = shop.base[machine]
    for i in range(length):
        state.line[base + first + i] = segment[i]
    link_line(shop, state, machine, first - 1, first + length)


@njit(cache=True, nogil=True)
def shift(shop: Shop, state: State, machine: int, place: int, target: int, segment: Numbers) -> bool:
    """Move an operation along its machine and renew all longest paths; False, with nothing changed, on a circle."""
    base = shop.base[machine]
    x, y = state.line[base + place], state.line[base + target]
    first = min(place, target)
    length = shifted(shop, state, machine, place, target, segment)
    put_segment(shop, state, machine, first, segment, length)
    forward = place < target
    low, high = (state.rank[x], state.rank[y]) if forward else (state.rank[y], state.rank[x])
    if not (_reorder_forward(shop, state, x, low, high) if forward else _reorder_backward(shop, state, x, low, high)):
        shifted(shop, state, machine, target, place, segment)
        put_segment(shop, state, machine, first, segment, length)
        return False
    set_heads(shop, state, low)
    set_tails(shop, state, high)
    return True


@njit(cache=True, nogil=True)
def _reorder_forward(shop: Shop, state: State, x: int, low: int, high: int) -> bool:
    """Put x and what follows from it behind the rest of a stretch of the topological order."""
    kept, moved = low, 0
    goal = state.topo[high]
    state.mark[x] = True
    state.scratch[0] = x
    moved = 1
    for at in range(low + 1, high + 1):
        y = state.topo[at]
        if state.mark[shop.job_before[y]] or state.mark[state.before[y]]:
            state.mark[y] = True
            state.scratch[moved] = y
            moved += 1
    circle = state.mark[goal]
    if not circle:
        for at in range(low, high + 1):
            y = state.topo[at]
            if not state.mark[y]:
                state.topo[kept] = y
                state.rank[y] = kept
                kept += 1
        for i in range(moved):
            state.topo[kept + i] = state.scratch[i]
            state.rank[state.scratch[i]] = kept + i
    for i in range(moved):
        state.mark[state.scratch[i]] = False
    return not circle


@njit(cache=True, nogil=True)
def _reorder_backward(shop: Shop, state: State, x: int, low: int, high: int) -> bool:
    """Put x and what it follows from before the rest of a stretch of the topological order."""
    goal = state.topo[low]
    state.mark[x] = True
    state.scratch[0] = x
    moved = 1
    for at in range(high - 1, low - 1, -1):
        y = state.topo[at]
        if state.mark[shop.job_after[y]] or state.mark[state.after[y]]:
            state.mark[y] = True
            state.scratch[moved] = y
            moved += 1
    circle = state.mark[goal]
    if not circle:
        kept = high
        for at in range(high, low - 1, -1):
            y = state.topo[at]
            if not state.mark[y]:
                state.topo[kept] = y
                state.rank[y] = kept
                kept -= 1
        for i in range(moved):
            state.topo[kept - i] = state.scratch[i]
            state.rank[state.scratch[i]] = kept - i
    for i in range(moved):
        state.mark[state.scratch[i]] = False
    return not circle


@njit(cache=True, nogil=True)
def reassign(shop: Shop, state: State, x: int, mode: int, place: int) -> bool:
    """Move an operation to a place of another machine; False, with nothing changed, on a circle."""
    old_mode, old_place = state.mode[x], state.place[x]
    _take_out(shop, state, x)
    _put_in(shop, state, x, mode, place)
    if not sort_topologically(shop, state):
        _take_out(shop, state, x)
        _put_in(shop, state, x, old_mode, old_place)
        return False
    set_heads(shop, state, 0)
    set_tails(shop, state, state.topo.size - 1)
    return True


@njit(cache=True, nogil=True)
def _take_out(shop: Shop, state: State, x: int) -> None:
    machine, place = state.machine[x], state.place[x]
    base = shop.base[machine]
    for at in range(place, state.size[machine] - 1):
        state.line[base + at] = state.line[base + at + 1]
    state.size[machine] -= 1
    link_line(shop, state, machine, place - 1, state.size[machine] - 1)


@njit(cache=True, nogil=True)
def _put_in(shop: Shop, state: State, x: int, mode: int, place: int) -> None:
    machine = shop.mode_machine[mode]
    base = shop.base[machine]
    for at in range(state.size[machine], place, -1):
        state.line[base + at] = state.line[base + at - 1]
    state.line[base + place] = x
    state.size[machine] += 1
    state.mode[x] = mode
    state.machine[x] = machine
    state.duration[x] = shop.mode_duration[mode]
    link_line(shop, state, machine, place - 1, state.size[machine] - 1)
