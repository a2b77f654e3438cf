"""The trade-off between energy cost and total tardiness: sequences none of which is better in both."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from danao.core.errors import BadInput
from danao.scheduling.no_wait.model import Floats, Integers, NoWaitLine, evaluate
from danao.scheduling.no_wait.search import SearchResult, search

_LEAST_GAP = 1e-4
"""h of tardiness below which two points are not told apart."""


@dataclass(frozen=True)
class Front:
    """Non-dominated sequences, from the least tardy to the cheapest."""

    tardiness: Floats
    """(points,) total h, rising."""
    cost: Floats
    """(points,) money, falling."""
    sequences: Integers
    """(points, jobs) job at each position."""
    seconds: float
    """Wall time."""


def front(
    line: NoWaitLine,
    points: int = 24,
    time_limit: float | None = 20.0,
    steps: int | None = None,
    seed: int = 0,
) -> Front:
    """The front of energy cost against total tardiness, by searches with a tardiness limit (epsilon constraint).

    First the two ends, then always between the neighbours that leave the largest rectangle open: half way, or, where
    that found nothing new, just below the tardier of the two. Each search begins with the cheapest known sequence that
    is within its limit.

    Args:
        line: The jobs.
        points: Searches, at least 3; the front has at most that many points.
        time_limit: Seconds in all, None for no limit.
        steps: Moves to try in all, None for no limit. With steps and no time limit the result repeats for a seed.
        seed: Of the random streams.

    Raises:
        BadInput: Fewer than 3 points, or neither a time limit nor a number of steps.

    Source: epsilon-constraint method, Haimes, Lasdon & Wismer (1971).
    """
    if points < 3:
        raise BadInput(
            "front: points",
            f"{points}",
            "Expected 3 or more: two for the least tardy end, one for the cheapest",
            "Ask for more points",
        )
    began = time.perf_counter()
    share = None if time_limit is None else time_limit / points
    moves = None if steps is None else max(1, steps // points)

    def with_limit(limit: float, start: Integers) -> SearchResult:
        return search(line, limit, share, moves, seed + len(found), start)

    executed = evaluate(line, line.executed_sequence)
    found = [(executed.total_tardiness, executed.cost, executed.sequence)]
    least = with_limit(0.0, found[0][2])
    for limit in (least.tardiness, math.inf):
        result = with_limit(limit, least.sequence)
        found.append((result.tardiness, result.cost, result.sequence))
    tried: list[float] = []
    for _ in range(points - 3):
        found = _non_dominated(found)
        gaps = []
        for left, right in pairwise(found):
            below = max((limit for limit in tried if left[0] < limit < right[0]), default=left[0])
            if right[0] - below > 2 * _LEAST_GAP:
                limit = (left[0] + right[0]) / 2 if below == left[0] else right[0] - _LEAST_GAP
                gaps.append(((right[0] - below) * (left[1] - right[1]), limit, left[2]))
        if not gaps:
            break
        _, limit, start = max(gaps, key=lambda gap: gap[0])
        tried.append(limit)
        result = with_limit(limit, start)
        found.append((result.tardiness, result.cost, result.sequence))
    found = _non_dominated(found)
    return Front(
        np.array([point[0] for point in found]),
        np.array([point[1] for point in found]),
        np.array([point[2] for point in found], dtype=np.int64),
        time.perf_counter() - began,
    )


def hypervolume(tardiness: Floats, cost: Floats, worst_tardiness: float, worst_cost: float) -> float:
    """Area (h x money) that a front dominates, up to a reference point; larger is better.

    Args:
        tardiness: (points,) h.
        cost: (points,) money.
        worst_tardiness: h of the reference point; points beyond it count nothing.
        worst_cost: Money of the reference point.

    Source: Zitzler & Thiele, IEEE Trans. Evolutionary Computation 3 (1999).
    """
    area, ceiling = 0.0, worst_cost
    for index in np.lexsort((cost, tardiness)):
        if tardiness[index] < worst_tardiness and cost[index] < ceiling:
            area += float((worst_tardiness - tardiness[index]) * (ceiling - cost[index]))
            ceiling = float(cost[index])
    return area


def _non_dominated(points: list[tuple[float, float, Integers]]) -> list[tuple[float, float, Integers]]:
    kept: list[tuple[float, float, Integers]] = []
    for point in sorted(points, key=lambda point: (point[0], point[1])):
        if not kept or point[1] < kept[-1][1] - 1e-9:
            kept.append(point)
    return kept
