"""The event calendar: an array of clocks; for many clocks, in blocks of which the earliest time is kept.

Finding the earliest clock looks at the blocks, then into one; changing a clock looks at its block at most. Ties go to
the lower number, so that the order of simultaneous events is part of the model and not an accident.
"""

from __future__ import annotations

from danao.twin.memory import inlined
from danao.twin.world import Floats

FLAT_UP_TO = 40
"""Clocks up to which looking at all of them is the fastest."""
SHIFT = 4
"""Blocks hold 2**SHIFT clocks; the last one is filled up with clocks that never go off."""


@inlined
def earliest(clocks: Floats, count: int) -> int:
    """Number of the earliest clock."""
    best = 0
    time = clocks[0]
    for number in range(1, count):
        if clocks[number] < time:
            time = clocks[number]
            best = number
    return best


@inlined
def earliest_in_blocks(clocks: Floats, blocks: Floats, count: int) -> int:
    """Number of the earliest clock, by way of the earliest block."""
    block = 0
    time = blocks[0]
    for number in range(1, count):
        if blocks[number] < time:
            time = blocks[number]
            block = number
    number = block << SHIFT
    while clocks[number] != time:
        number += 1
    return number


@inlined
def set_in_blocks(clocks: Floats, blocks: Floats, number: int, time: float) -> None:
    """Set a clock and keep its block right."""
    before = clocks[number]
    clocks[number] = time
    block = number >> SHIFT
    if time <= blocks[block]:
        blocks[block] = time
    elif before == blocks[block]:
        start = block << SHIFT
        least = clocks[start]
        for other in range(start + 1, start + (1 << SHIFT)):
            if clocks[other] < least:
                least = clocks[other]
        blocks[block] = least


@inlined
def set_clock(clocks: Floats, blocks: Floats, number: int, time: float, blocked: bool) -> None:
    """Set a clock of the calendar; `blocked` says which way it is kept."""
    if blocked:
        set_in_blocks(clocks, blocks, number, time)
    else:
        clocks[number] = time
