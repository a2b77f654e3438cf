"""Shops cut from a schedule in which no machine is ever idle: the sum of every machine is the shortest makespan."""

import numpy as np

from danao.scheduling.bounds import quick_bound
from danao.scheduling.cp import schedule_within
from danao.scheduling.model import Problem, routed
from danao.scheduling.schedule import MAKESPAN
from danao.scheduling.validate import validate


def jigsaw(seed: int, machines: int = 5, pieces: int = 8, length: int = 100) -> Problem:
    """Every machine's time is cut into pieces; a job takes a piece that is still free and begins after its last one."""
    random = np.random.default_rng(seed)
    free = []
    for machine in range(machines):
        cuts = [0, *sorted(random.choice(np.arange(1, length), pieces - 1, replace=False).tolist()), length]
        free += [(cuts[i], cuts[i + 1], machine) for i in range(pieces)]
    free.sort()
    routes = []
    while free:
        route, clock = [], 0
        for piece in list(free):
            if piece[0] >= clock:
                route.append([(piece[2], piece[1] - piece[0])])
                clock = piece[1]
                free.remove(piece)
        routes.append(route)
    return routed(f"jigsaw {seed}", routes, machines)


def test_a_schedule_without_idle_time_is_found_at_the_bound_and_none_below() -> None:
    for seed in range(4):
        problem = jigsaw(seed)
        assert quick_bound(problem, MAKESPAN) == 100
        found = schedule_within(problem, 100, 60.0, threads=1)
        assert found.schedule is not None
        assert validate(problem, found.schedule) == []
        assert found.schedule.end.max() == 100
        below = schedule_within(problem, 99, 60.0, threads=1)
        assert below.infeasible
        assert below.schedule is None
