"""Small problems for the tests, and the schedules that are best for them, found by trying everything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from danao.scheduling.model import Problem, routed
from danao.scheduling.schedule import Plan
from danao.scheduling.solve import solve


def random_shop(seed: int, jobs: int = 4, machines: int = 3, alternatives: int = 1) -> Problem:
    """A job shop with routes and durations drawn at random; flexible with more than one alternative."""
    random = np.random.default_rng(seed)
    routes = []
    for _ in range(jobs):
        route = []
        for first in random.permutation(machines):
            others = [machine for machine in random.permutation(machines) if machine != first]
            chosen = [first, *others[: int(random.integers(alternatives))]]
            route.append([(int(machine), int(random.integers(1, 20))) for machine in chosen])
        routes.append(route)
    return routed(f"shop {seed}", routes, machines)


def active_makespans(problem: Problem) -> Iterator[int]:
    """Makespan of every schedule in which each operation is put behind what was placed before it.

    The shortest of all schedules is among them. Uses nothing but the problem; modes, links and machines only.
    """
    n = len(problem.operations)

    def place(placed: dict[int, int], free: list[int]) -> Iterator[int]:
        if len(placed) == n:
            yield max(placed.values())
            return
        for i in range(n):
            links = problem.links_before[i]
            if i in placed or any(link.before not in placed for link in links):
                continue
            for mode in problem.operations[i].modes:
                start = max([free[mode.machine], *(placed[link.before] + link.least for link in links)])
                behind = list(free)
                behind[mode.machine] = start + mode.duration
                yield from place({**placed, i: start + mode.duration}, behind)

    yield from place({}, [0] * len(problem.machines))


def timed(problem: Problem, seconds: float = 10.0) -> Plan:
    """A plan within seconds that are not spent on compiling."""
    solve(problem, time_limit=None, step_limit=2)
    return solve(problem, time_limit=seconds, threads=1)
