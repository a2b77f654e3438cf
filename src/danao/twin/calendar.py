"""The event calendar: an array of clocks; for many clocks, a tree over them that keeps the earliest at its root.

The tree has four branches at each node, which lie side by side: a clock that changes is compared with three neighbours
on each level, up to where nothing changes any more. Ties go to the lower number, so that the order of simultaneous
events is part of the model and not an accident.
"""

from __future__ import annotations

from danao.twin.compiling import inlined
from danao.twin.world import Floats

FLAT_UP_TO = 40
"""Clocks up to which looking at all of them is the fastest."""


def leaves_at(clocks: int) -> int:
    """Number of nodes above the clocks in a tree for so many; the clocks follow them."""
    above, leaves = 0, 1
    while leaves < clocks:
        above += leaves
        leaves *= 4
    return above


def tree_size(clocks: int) -> int:
    """Number of nodes and clocks, those that never go off included."""
    return 4 * leaves_at(clocks) + 1


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
def earliest_in_tree(tree: Floats, leaves: int) -> int:
    """Number of the earliest clock: from the root down."""
    time = tree[0]
    node = 0
    while node < leaves:
        child = 4 * node + 1
        # Without branches: which of the four it is cannot be predicted.
        not_first = int(tree[child] != time)
        not_second = not_first & int(tree[child + 1] != time)
        not_third = not_second & int(tree[child + 2] != time)
        node = child + not_first + not_second + not_third
    return node - leaves


@inlined
def set_in_tree(tree: Floats, leaves: int, number: int, time: float) -> None:
    """Set a clock and keep the nodes above it right."""
    node = leaves + number
    tree[node] = time
    while node > 0:
        above = (node - 1) >> 2
        child = 4 * above + 1
        a, b, c, d = tree[child], tree[child + 1], tree[child + 2], tree[child + 3]
        left = a if a < b else b
        right = c if c < d else d
        least = left if left < right else right
        if least == tree[above]:
            break
        tree[above] = least
        node = above


@inlined
def set_clock(clocks: Floats, tree: Floats, leaves: int, number: int, time: float, many: bool) -> None:
    """Set a clock of the calendar; `many` says which way it is kept."""
    if many:
        set_in_tree(tree, leaves, number, time)
    else:
        clocks[number] = time
