"""Orders in which what is urgent comes early, and everything after what it depends on."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def by_urgency(urgency: Floats, waiting: Integers, after_first: Integers, after: Integers) -> Integers:
    """All numbers from 0, each after those that it waits for, the more urgent (smaller) first.

    Args:
        urgency: (n,).
        waiting: (n,) how many others each waits for; used up.
        after_first: (n + 1,) where the row of each number begins in `after`.
        after: Numbers that wait for it, one entry for each time they were counted.
    """
    heap = [(float(urgency[x]), int(x)) for x in np.flatnonzero(waiting == 0)]
    heapq.heapify(heap)
    order = []
    while heap:
        _, x = heapq.heappop(heap)
        order.append(x)
        for y in after[after_first[x] : after_first[x + 1]]:
            waiting[y] -= 1
            if waiting[y] == 0:
                heapq.heappush(heap, (float(urgency[y]), int(y)))
    return np.array(order, dtype=np.int64)
