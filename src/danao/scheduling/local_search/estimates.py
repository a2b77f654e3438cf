"""How good moves on a critical path probably are.

On one machine, an operation of a critical block is put behind the last or before the first operation of the block, or
the first or last operation is put into its inside. To another machine, a critical operation is put between two
operations there. The loops read arrays directly instead of calling small functions: they are what the search spends
its time on.
Source: Balas & Vazacopoulos, Management Science 44 (1998) (estimates, conditions against circles); Zhang et al.,
Computers & Operations Research 34 (2007) (the neighbourhood N7); Mastrolilli & Gambardella, J. Scheduling 3 (2000).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from danao.scheduling.local_search.moves import Words, random_word
from danao.scheduling.local_search.shop import Numbers, Shop, State, travel

Integers = NDArray[np.int64]

KIND, WHAT, PLACE, TARGET, VALUE = 0, 1, 2, 3, 4
"""Fields of a move: SHIFT or REASSIGN, machine or operation, place or mode, target place, estimate."""
SHIFT, REASSIGN = 0, 1
MOVE_FIELDS = 5
NEVER = 2**62

LOW, HIGH, KEY, UNTIL = 0, 1, 2, 3
"""Fields of a forbidden stretch: first place, last place, sum, last step of the ban."""
RING = 64
LONGEST_TENURE = 30


class Bans(NamedTuple):
    """What may not come back for some steps: stretches of operations at their places, and modes."""

    operation_key: Integers
    """(n,) a random number for each operation."""
    place_key: Integers
    """(longest order,) a random number for each place; their products, summed, stand for an order."""
    sums: Integers
    """(sum of eligible operations + machines,) sums of products up to each place, machine by machine."""
    stretches: Integers
    """(machines, RING, 4) the latest forbidden stretches of each machine, see LOW."""
    newest: Integers
    """(machines,) number of stretches that were ever forbidden."""
    mode_until: Integers
    """(modes,) step up to which a mode is forbidden."""


@njit(cache=True, nogil=True, inline="always")
def _set(move: Integers, kind: int, what: int, place: int, target: int) -> None:
    move[KIND], move[WHAT], move[PLACE], move[TARGET] = kind, what, place, target


@njit(cache=True, nogil=True, inline="always")
def _offer(move: Integers, ties: int, words: Words, kind: int, what: int, place: int, target: int, value: int) -> int:
    """Take a move that is no worse than the best so far, by lot among equals; how many equals there are now."""
    ties = ties + 1 if value == move[VALUE] else 1
    if ties == 1 or random_word(words) % ties == 0:
        _set(move, kind, what, place, target)
        move[VALUE] = value
    return ties


@njit(cache=True, nogil=True)
def best_shift(
    shop: Shop,
    state: State,
    bans: Bans,
    path: Numbers,
    length: int,
    step: int,
    words: Words,
    heads: Numbers,
    move: Integers,
    any_move: Integers,
) -> int:
    """The best allowed move inside the blocks of a critical path.

    Args:
        shop: The problem.
        state: The present solution.
        bans: What is forbidden.
        path: Operations of the path, the last one first.
        length: How many they are.
        step: The present step, for the bans.
        words: Random numbers.
        heads: (n,) scratch.
        move: Receives the best allowed move; its VALUE holds the value to beat.
        any_move: Receives any possible move, at random.

    Returns:
        Number of possible moves, allowed or not.
    """
    none = shop.job.size - 1
    line, place_of, before, machine_of = state.line, state.place, state.before, state.machine
    head, tail, ready, rest, duration = state.head, state.tail, state.ready, state.rest, state.duration
    job, job_before, job_after, revisits = shop.job, shop.job_before, shop.job_after, shop.revisits
    setup, first_setup, setup_class = shop.setup, shop.first_setup, shop.setup_class
    has_setup = setup.shape[0] > 0
    found, ties, best = 0, 0, move[VALUE]
    begin = length - 1
    while begin >= 0:
        machine, end = machine_of[path[begin]], begin
        while end > 0 and machine_of[path[end - 1]] == machine and before[path[end - 1]] == path[end]:
            end -= 1
        first, last, base = place_of[path[begin]], place_of[path[end]], shop.base[machine]
        # Within the first block only its end matters, within the last block only its beginning.
        to_front = has_setup or begin < length - 1 or head[path[begin]] > 0
        to_back = has_setup or end > 0 or tail[path[end]] > 0
        begin = end - 1
        if first == last:
            continue
        for place in range(first, last + 1):
            x = line[base + place]
            for kind in range(4):
                if kind == 0:
                    source, target = place, last
                    if not to_back or place == last:
                        continue
                elif kind == 1:
                    source, target = place, first
                    if not to_front or place == first or (to_back and first + 1 == last):
                        continue
                elif kind == 2:
                    source, target = first, place
                    if not to_front or place in (first, last):
                        continue
                else:
                    source, target = last, place
                    if not to_back or place in (first, last):
                        continue
                x, y = line[base + source], line[base + target]
                if source < target:
                    j = job_after[x]
                    if j != none and (j == y or tail[y] + duration[y] < tail[j] + duration[j]):
                        continue
                else:
                    j = job_before[x]
                    if j != none and (j == y or head[y] + duration[y] < head[j] + duration[j]):
                        continue
                low, high = min(source, target), max(source, target)
                if revisits[x]:
                    own = 0
                    for at in range(low, high + 1):
                        own += job[line[base + at]] == job[x]
                    if own > 1:
                        continue
                found += 1
                if random_word(words) % found == 0:
                    _set(any_move, SHIFT, machine, source, target)
                size = high - low + 1
                previous = line[base + low - 1] if low > 0 else none
                following = line[base + high + 1] if high + 1 < state.size[machine] else none
                time = head[previous] + duration[previous]
                for i in range(size):
                    if source < target:
                        z = line[base + low + i + 1] if i + 1 < size else x
                    else:
                        z = line[base + low + i - 1] if i > 0 else x
                    if has_setup:
                        if previous == none:
                            time += first_setup[machine, setup_class[z]]
                        else:
                            time += setup[machine, setup_class[previous], setup_class[z]]
                        previous = z
                    time = max(time, ready[z])
                    heads[i] = time
                    time += duration[z]
                time = tail[following] + duration[following]
                value = 0
                for i in range(size - 1, -1, -1):
                    if source < target:
                        z = line[base + low + i + 1] if i + 1 < size else x
                    else:
                        z = line[base + low + i - 1] if i > 0 else x
                    if has_setup:
                        if following != none:
                            time += setup[machine, setup_class[z], setup_class[following]]
                        following = z
                    time = max(time, rest[z]) + duration[z]
                    value = max(value, heads[i] + time)
                    if value > best:
                        break
                if value > best or _completes_ban(bans, line, base, machine, x, source, target, step):
                    continue
                ties, best = _offer(move, ties, words, SHIFT, machine, source, target, value), value
    return found


@njit(cache=True, nogil=True)
def best_reassignment(
    shop: Shop,
    state: State,
    bans: Bans,
    path: Numbers,
    length: int,
    step: int,
    words: Words,
    found: int,
    move: Integers,
    any_move: Integers,
) -> int:
    """The best allowed move of an operation of the path to another machine, if it beats the move known so far.

    Args:
        shop: The problem.
        state: The present solution.
        bans: What is forbidden.
        path: Operations of the path.
        length: How many they are.
        step: The present step, for the bans.
        words: Random numbers.
        found: Number of possible moves seen before.
        move: The best allowed move so far; receives a better one.
        any_move: Any possible move, at random.

    Returns:
        Number of possible moves, those seen before included.
    """
    none = shop.job.size - 1
    line, head, tail, duration = state.line, state.head, state.tail, state.duration
    setup, setup_class = shop.setup, shop.setup_class
    has_setup, has_transport = setup.shape[0] > 0, shop.transport.shape[0] > 0
    ties, best = 1, move[VALUE]
    for i in range(length):
        x = path[i]
        j, k = shop.job_before[x], shop.job_after[x]
        for mode in range(shop.mode_first[x], shop.mode_first[x + 1]):
            machine, own = shop.mode_machine[mode], shop.mode_duration[mode]
            if machine == state.machine[x]:
                continue
            base, size = shop.base[machine], state.size[machine]
            ready, rest = state.ready[x], state.rest[x]
            if has_transport:
                ready = head[j] + duration[j] + travel(shop, state.machine[j], machine, x)
                ready = max(ready, shop.release[x])
                rest = shop.delivery[x]
                if k != none:
                    rest = max(rest, tail[k] + duration[k] + travel(shop, machine, state.machine[k], k))
            banned = bans.mode_until[mode] >= step
            for place in range(size + 1):
                p = line[base + place - 1] if place > 0 else none
                s = line[base + place] if place < size else none
                if s != none and j != none and (s == j or head[s] + duration[s] <= head[j]):
                    continue
                if p != none and k != none and (p == k or head[k] + duration[k] <= head[p]):
                    break
                early, late = head[p] + duration[p], tail[s] + duration[s]
                if has_setup:
                    if p == none:
                        early += shop.first_setup[machine, setup_class[x]]
                    else:
                        early += setup[machine, setup_class[p], setup_class[x]]
                    if s != none:
                        late += setup[machine, setup_class[x], setup_class[s]]
                value = max(ready, early) + own + max(rest, late)
                found += 1
                if random_word(words) % found == 0:
                    _set(any_move, REASSIGN, x, mode, place)
                if value > best or banned:
                    continue
                ties, best = _offer(move, ties, words, REASSIGN, x, mode, place, value), value
    return found


@njit(cache=True, nogil=True)
def _completes_ban(
    bans: Bans, line: Numbers, base: int, machine: int, x: int, source: int, target: int, step: int
) -> bool:
    """Whether moving x from one place to another brings back a forbidden stretch."""
    sums, first = bans.sums, base + machine
    low, high = min(source, target), max(source, target)
    newest = bans.newest[machine]
    for back in range(1, min(newest, RING) + 1):
        slot = (newest - back) % RING
        until = bans.stretches[machine, slot, UNTIL]
        if until < step:
            if until < step - 2 * LONGEST_TENURE:
                break
            continue
        start, end = bans.stretches[machine, slot, LOW], bans.stretches[machine, slot, HIGH]
        if end < low or start > high:
            continue
        key = 0
        if start < low:
            key += sums[first + low] - sums[first + start]
        if end > high:
            key += sums[first + end + 1] - sums[first + high + 1]
        for at in range(max(start, low), min(end, high) + 1):
            if at == target:
                z = x
            elif source < target:
                z = line[base + at + 1]
            else:
                z = line[base + at - 1]
            key += bans.operation_key[z] * bans.place_key[at]
        if key == bans.stretches[machine, slot, KEY]:
            return True
    return False
