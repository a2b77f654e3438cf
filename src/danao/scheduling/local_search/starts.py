"""First solutions and solutions between two others."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from danao.scheduling.local_search.moves import Words, random_word
from danao.scheduling.local_search.shop import Numbers, Shop, State, setup_between, travel

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def dispatch(shop: Shop, state: State, words: Words, noise: float, sequence: Numbers) -> None:
    """Active schedule by most work remaining, with noise; fills `sequence` and the modes of the state.

    Args:
        shop: The problem.
        state: Receives the chosen modes; heads and durations are used as scratch.
        words: Random numbers.
        noise: 0 for the pure rule; 1 for work remaining times a random factor between 0 and 1.
        sequence: (n,) receives the operations in the order they were placed.

    Source: Giffler & Thompson, Operations Research 8 (1960).
    """
    n, m = shop.job.size - 1, shop.base.size - 1
    work = np.zeros(n + 1)
    ready = np.empty(n, dtype=np.int32)
    count = 0
    for x in range(n):
        if shop.job_before[x] == n:
            ready[count] = x
            count += 1
            y, length = x, 0
            while y != n:
                length += 1
                y = shop.job_after[y]
            y, route = x, np.empty(length, dtype=np.int32)
            for i in range(length):
                route[i] = y
                y = shop.job_after[y]
            rest = 0.0
            for i in range(length - 1, -1, -1):
                shortest = 2**30
                for mode in range(shop.mode_first[route[i]], shop.mode_first[route[i] + 1]):
                    shortest = min(shortest, shop.mode_duration[mode])
                rest += shortest
                work[route[i]] = rest
    for x in range(n):
        work[x] *= 1.0 - noise * (random_word(words) / 2147483648.0)
    free, last = np.zeros(m, dtype=np.int32), np.full(m, n, dtype=np.int32)
    starts, modes = np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int32)
    state.head[n] = 0
    state.duration[n] = 0
    for i in range(count):
        _earliest(shop, state, ready[i], free, last, starts, modes)
    for at in range(n):
        first = ready[0]
        for i in range(1, count):
            x = ready[i]
            if starts[x] + shop.mode_duration[modes[x]] < starts[first] + shop.mode_duration[modes[first]]:
                first = x
        machine, end = shop.mode_machine[modes[first]], starts[first] + shop.mode_duration[modes[first]]
        chosen, slot = -1, -1
        for i in range(count):
            x = ready[i]
            rival = shop.mode_machine[modes[x]] == machine and (starts[x] < end or x == first)
            if rival and (chosen < 0 or work[x] > work[chosen]):
                chosen, slot = x, i
        sequence[at] = chosen
        state.mode[chosen] = modes[chosen]
        state.machine[chosen] = machine
        state.duration[chosen] = shop.mode_duration[modes[chosen]]
        state.head[chosen] = starts[chosen]
        free[machine] = starts[chosen] + state.duration[chosen]
        last[machine] = chosen
        follower = shop.job_after[chosen]
        if follower != n:
            ready[slot] = follower
            _earliest(shop, state, follower, free, last, starts, modes)
        else:
            count -= 1
            ready[slot] = ready[count]
        for i in range(count):
            x = ready[i]
            if shop.mode_first[x + 1] - shop.mode_first[x] > 1 or shop.mode_machine[modes[x]] == machine:
                _earliest(shop, state, x, free, last, starts, modes)


@njit(cache=True, nogil=True)
def _earliest(shop: Shop, state: State, x: int, free: Numbers, last: Numbers, starts: Numbers, modes: Numbers) -> None:
    """Start and mode with which x ends first if it goes behind everything placed so far."""
    j = shop.job_before[x]
    best = 2**31 - 1
    for mode in range(shop.mode_first[x], shop.mode_first[x + 1]):
        machine = shop.mode_machine[mode]
        start = state.head[j] + state.duration[j] + travel(shop, state.machine[j], machine, x)
        start = max(start, free[machine] + setup_between(shop, machine, last[machine], x), shop.release[x])
        if start + shop.mode_duration[mode] < best:
            best = start + shop.mode_duration[mode]
            starts[x], modes[x] = start, mode


@njit(cache=True, nogil=True)
def distance(shop: Shop, modes: Numbers, ranks: Numbers, other_modes: Numbers, other_ranks: Numbers) -> int:
    """Pairs of operations on one machine that two solutions order differently, and operations in other modes.

    Args:
        shop: The problem.
        modes: (n,) modes of the one.
        ranks: (n,) place of each operation in its sequence.
        other_modes: (n,) modes of the other.
        other_ranks: (n,) place of each operation in its sequence.
    """
    n, m = shop.job.size - 1, shop.base.size - 1
    lines = np.empty((m, 2), dtype=np.int32)
    lines[:, 0] = shop.base[:m]
    lines[:, 1] = shop.base[:m]
    members = np.empty(max(1, shop.base[m]), dtype=np.int32)
    different = 0
    for x in range(n):
        machine = shop.mode_machine[modes[x]]
        if shop.mode_machine[other_modes[x]] == machine:
            members[lines[machine, 1]] = x
            lines[machine, 1] += 1
        else:
            different += 1
    for machine in range(m):
        for i in range(lines[machine, 0], lines[machine, 1]):
            x = members[i]
            for k in range(i + 1, lines[machine, 1]):
                y = members[k]
                different += (ranks[x] < ranks[y]) != (other_ranks[x] < other_ranks[y])
    return different


def between(
    ranks: Numbers,
    modes: Numbers,
    other_ranks: Numbers,
    other_modes: Numbers,
    share: float,
    random: np.random.Generator,
) -> tuple[Numbers, Numbers]:
    """Sequence and modes on the way from one solution to another.

    Operations are sorted by the weighted mean of their places in both. Whatever order two operations have in both
    solutions, they keep, and routes are respected because both respect them: no repair is needed.

    Args:
        ranks: (n,) place of each operation in the sequence of the one.
        modes: (n,) its modes.
        other_ranks: (n,) places in the other.
        other_modes: (n,) its modes.
        share: How far to go from the one (0) to the other (1).
        random: Decides from which solution an operation takes its mode.
    """
    blend = (1.0 - share) * ranks + share * other_ranks
    sequence = np.argsort(blend, kind="stable").astype(np.int32)
    mixed = np.where(random.random(len(modes)) < share, other_modes, modes).astype(np.int32)
    return sequence, mixed
