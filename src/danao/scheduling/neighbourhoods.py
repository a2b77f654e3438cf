"""Large neighbourhoods of a schedule where energy counts, searched by CP-SAT: shifts in time, and new places for some.

First all operations shift with their order kept; then the operations in a stretch of time may also change machine and
place, while the others shift. Source: Shaw, CP 1998 (large neighbourhood search).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from danao.core.random import stream
from danao.scheduling.cp import Near, solve_exactly
from danao.scheduling.cp_energy import table_entries
from danao.scheduling.model import Problem
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import Schedule

_TABLE = 400_000
"""Entries of cost tables that a neighbourhood may have in all."""
_FREE = 12
"""Operations that may change their place."""
_SECONDS = 3.0
"""Longest time for one neighbourhood."""


def neighbours(
    problem: Problem,
    objective: Objective,
    present: Callable[[], Schedule],
    seed: int,
    threads: int,
    deadline: float,
) -> Iterator[Schedule]:
    """The best schedule of one neighbourhood after the other.

    Args:
        problem: The problem.
        objective: What is minimised.
        present: Gives the schedule, of all operations, whose neighbourhood is searched next.
        seed: Of the random stream.
        threads: Workers of CP-SAT.
        deadline: Clock time at which to stop.
    """
    random = stream(seed, "energy neighbourhoods")
    n = len(problem.operations)
    reach = max(1, _TABLE // (8 * n))
    if table_entries(problem, 8 * reach, int(present().end.max()) + 4 * reach) > 3 * _TABLE:
        return
    turn = 0
    while (left := deadline - time.perf_counter()) > 0.05:
        schedule = present()
        free: frozenset[int] = frozenset()
        if turn:
            middle = schedule.start[random.integers(n)]
            nearest = np.argsort(np.abs(schedule.start - middle), kind="stable")
            free = frozenset(int(i) for i in nearest[:_FREE])
        near = Near(schedule, free, reach if turn % 3 else 4 * reach)
        proof = solve_exactly(
            problem,
            objective,
            min(left, _SECONDS),
            seed=seed + turn,
            threads=threads,
            hint=schedule,
            near=near,
        )
        if proof.schedule is not None:
            yield proof.schedule
        turn += 1
