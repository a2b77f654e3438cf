"""Compiled moves on a sequence: exchange two stretches of jobs, priced without evaluating the whole sequence.

Every move is the same: the positions a..d are cut into A = [a, b), M = [b, c), B = [c, d), and `A M B` becomes `B M A`.
With one job each it is a swap, with an empty M a move of a stretch to another place. Only three or four neighbour pairs
change, and every stretch keeps its inner times and is shifted as a whole.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from danao.scheduling.no_wait.model import Floats, Integers

Word = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TO_UNIT = 1.0 / (1 << 53)


@njit(cache=True, nogil=True, inline="always")
def uniform(state: Word) -> float:
    """A number in [0, 1); the state is advanced. Source: SplitMix64, Steele, Lea & Flood (2014)."""
    state[0] += _GOLDEN
    word = state[0]
    word = (word ^ (word >> _S30)) * _MIX_1
    word = (word ^ (word >> _S27)) * _MIX_2
    word = word ^ (word >> _S31)
    return float(np.int64(word >> _S11) * _TO_UNIT)


@njit(cache=True, nogil=True, inline="always")
def below(state: Word, count: int) -> int:
    """A whole number in 0 .. count - 1; the state is advanced."""
    return int(uniform(state) * count)


@njit(cache=True, nogil=True)
def late_hours(lateness: Floats, first: int, last: int, shift: float) -> float:
    """Hours of tardiness added at positions first .. last - 1 when all their jobs finish `shift` h later."""
    total = 0.0
    for position in range(first, last):
        late = lateness[position]
        total += max(0.0, late + shift) - max(0.0, late)
    return total


@njit(cache=True, nogil=True, inline="always")
def arc(table: Floats, sequence: Integers, left: int, right: int) -> float:
    """Entry of the table between the jobs at two positions; 0 beyond either end of the sequence."""
    if left < 0 or right >= sequence.size:
        return 0.0
    return float(table[sequence[left], sequence[right]])


@njit(cache=True, nogil=True)
def exchange_gas(gas: Floats, sequence: Integers, a: int, b: int, c: int, d: int) -> float:
    """Nm3 of idle gas added by exchanging [a, b) and [c, d)."""
    if b == c:
        new = arc(gas, sequence, a - 1, c) + arc(gas, sequence, d - 1, a) + arc(gas, sequence, b - 1, d)
        return float(new - (arc(gas, sequence, a - 1, a) + arc(gas, sequence, b - 1, b) + arc(gas, sequence, d - 1, d)))
    new = arc(gas, sequence, a - 1, c) + arc(gas, sequence, d - 1, b)
    new += arc(gas, sequence, c - 1, a) + arc(gas, sequence, b - 1, d)
    old = arc(gas, sequence, a - 1, a) + arc(gas, sequence, b - 1, b)
    return float(new - old - arc(gas, sequence, c - 1, c) - arc(gas, sequence, d - 1, d))


@njit(cache=True, nogil=True)
def exchange_tardiness(
    waiting: Floats, sequence: Integers, starts: Floats, lateness: Floats, a: int, b: int, c: int, d: int
) -> float:
    """Hours of tardiness added by exchanging [a, b) and [c, d).

    Args:
        waiting: (jobs, jobs) h between the starts of neighbours.
        sequence: (jobs,) job by position.
        starts: (jobs,) h, by position.
        lateness: (jobs,) completion minus due h, by position.
        a: First position of the first stretch.
        b: Position after it.
        c: First position of the second stretch; b if the stretches touch.
        d: Position after it.
    """
    start = starts[a - 1] + arc(waiting, sequence, a - 1, c) if a > 0 else 0.0
    total = late_hours(lateness, c, d, start - starts[c])
    clock = start + starts[d - 1] - starts[c]
    last = d - 1
    if b < c:
        start = clock + waiting[sequence[last], sequence[b]]
        total += late_hours(lateness, b, c, start - starts[b])
        clock = start + starts[c - 1] - starts[b]
        last = c - 1
    start = clock + waiting[sequence[last], sequence[a]]
    total += late_hours(lateness, a, b, start - starts[a])
    if d < sequence.size:
        shift = start + starts[b - 1] - starts[a] + waiting[sequence[b - 1], sequence[d]] - starts[d]
        if abs(shift) > 1e-10:
            total += late_hours(lateness, d, sequence.size, shift)
    return float(total)


@njit(cache=True, nogil=True)
def exchange(sequence: Integers, spare: Integers, a: int, b: int, c: int, d: int) -> None:
    """Exchange the stretches [a, b) and [c, d) in place; `spare` is scratch of the same length."""
    spare[a:d] = sequence[a:d]
    place = a
    for first, last in ((c, d), (b, c), (a, b)):
        for position in range(first, last):
            sequence[place] = spare[position]
            place += 1


@njit(cache=True, nogil=True)
def retime(
    waiting: Floats, process: Floats, due: Floats, sequence: Integers, starts: Floats, lateness: Floats, first: int
) -> float:
    """Fill starts and lateness from position `first` on; total tardiness in h of the whole sequence."""
    for position in range(first, sequence.size):
        job = sequence[position]
        starts[position] = 0.0 if position == 0 else starts[position - 1] + waiting[sequence[position - 1], job]
        lateness[position] = starts[position] + process[job] - due[job]
    total = 0.0
    for position in range(sequence.size):
        total += max(0.0, lateness[position])
    return total


@njit(cache=True, nogil=True)
def total_gas(gas: Floats, sequence: Integers) -> float:
    """Nm3 of idle gas of the whole sequence."""
    total = 0.0
    for position in range(1, sequence.size):
        total += gas[sequence[position - 1], sequence[position]]
    return total


@njit(cache=True, nogil=True)
def propose(state: Word, sequence: Integers, recipes: Integers, cuts: Integers) -> bool:
    """Draw a move into cuts = (a, b, c, d); False if the draw is no move.

    One job to another place, one job beside a job of its recipe, a swap of two jobs, a run of one recipe to the
    border of another run, an exchange of two runs, or a stretch of any length to any place.
    """
    jobs = sequence.size
    kind = uniform(state)
    p, q = below(state, jobs), below(state, jobs)
    if kind < 0.25:
        return bool(_move(cuts, p, p + 1, q if q < p else q + 1))
    if kind < 0.45:
        recipe = recipes[sequence[p]]
        for step in range(jobs):
            place = (q + step) % jobs
            if place != p and recipes[sequence[place]] == recipe:
                return bool(_move(cuts, p, p + 1, place if uniform(state) < 0.5 else place + 1))
        return False
    if kind < 0.65:
        if p == q:
            return False
        cuts[0], cuts[2] = min(p, q), max(p, q)
        cuts[1], cuts[3] = cuts[0] + 1, cuts[2] + 1
        return True
    if kind < 0.80:
        first, last = _run(sequence, recipes, p)
        left, right = _run(sequence, recipes, q)
        return bool(_move(cuts, first, last, left if uniform(state) < 0.5 else right))
    if kind < 0.90:
        first, last = _run(sequence, recipes, min(p, q))
        left, right = _run(sequence, recipes, max(p, q))
        cuts[0], cuts[1], cuts[2], cuts[3] = first, last, left, right
        return bool(last <= left)
    length = 2 + below(state, max(1, min(12, jobs // 2)))
    return bool(_move(cuts, p, min(jobs, p + length), q))


@njit(cache=True, nogil=True)
def _move(cuts: Integers, first: int, last: int, place: int) -> bool:
    """The stretch [first, last) to just before `place`, as an exchange with what lies between."""
    if first <= place <= last:
        return False
    if place < first:
        cuts[0], cuts[1], cuts[2], cuts[3] = place, first, first, last
    else:
        cuts[0], cuts[1], cuts[2], cuts[3] = first, last, last, place
    return True


@njit(cache=True, nogil=True)
def _run(sequence: Integers, recipes: Integers, position: int) -> tuple[int, int]:
    """The longest stretch of one recipe around a position."""
    recipe = recipes[sequence[position]]
    first = last = position
    while first > 0 and recipes[sequence[first - 1]] == recipe:
        first -= 1
    while last < sequence.size and recipes[sequence[last]] == recipe:
        last += 1
    return first, last
