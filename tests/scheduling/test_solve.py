from itertools import permutations

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling.bounds import preemptive_bound, quick_bound
from danao.scheduling.cp import solve_exactly
from danao.scheduling.model import Job, Link, Machine, Mode, Operation, Problem, routed
from danao.scheduling.schedule import MAKESPAN
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate
from tests.scheduling.shops import active_makespans, random_shop, timed

FT06 = """
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
"""


def fisher_thompson_06() -> Problem:
    rows = [[int(word) for word in row.split()] for row in FT06.strip().splitlines()]
    routes = [[[pair] for pair in zip(row[::2], row[1::2], strict=True)] for row in rows]
    return routed("ft06", routes, 6)


def searched(problem: Problem, steps: int = 4_000, **options: int):
    return solve(problem, time_limit=None, step_limit=steps, **options)


@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_the_shortest_schedule_of_small_job_shops(seed: int) -> None:
    problem = random_shop(seed, jobs=3)
    plan = searched(problem)
    assert plan.value == min(active_makespans(problem))
    assert plan.lower_bound <= plan.value


@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_the_shortest_schedule_of_small_flexible_job_shops(seed: int) -> None:
    problem = random_shop(seed, jobs=2, alternatives=3)
    assert searched(problem).value == min(active_makespans(problem))


def test_the_published_optimum_of_fisher_and_thompson_is_found() -> None:
    assert searched(fisher_thompson_06(), 20_000).value == 55


def test_cp_sat_proves_the_published_optimum() -> None:
    plan = timed(fisher_thompson_06(), 20.0)
    assert plan.value == plan.lower_bound == 55
    assert plan.optimal
    assert plan.gap == 0.0


@pytest.mark.parametrize("alternatives", [1, 2])
def test_a_seed_gives_the_same_plan_for_any_number_of_threads(alternatives: int) -> None:
    problem = random_shop(7, jobs=8, machines=5, alternatives=alternatives)
    plans = [searched(problem, 3_000, seed=3, threads=threads) for threads in (1, 2, 2)]
    for plan in plans[1:]:
        assert plan.steps == plans[0].steps
        assert plan.schedule.start.tolist() == plans[0].schedule.start.tolist()
        assert plan.schedule.mode.tolist() == plans[0].schedule.mode.tolist()


def with_setups_and_transport(seed: int) -> Problem:
    random = np.random.default_rng(seed)
    shop = random_shop(seed, jobs=3, alternatives=2)
    operations = tuple(Operation(one.job, one.modes, setup_class=int(random.integers(3))) for one in shop.operations)
    machines = tuple(
        Machine(one.name, setup=random.integers(0, 15, (3, 3)), first_setup=random.integers(0, 9, 3))
        for one in shop.machines
    )
    jobs = tuple(Job(job.name, release=int(random.integers(10))) for job in shop.jobs)
    return Problem(shop.name, jobs, operations, machines, shop.links, transport=random.integers(0, 8, (3, 3)))


@pytest.mark.parametrize("seed", range(4))
def test_with_setups_transport_and_releases_the_search_meets_the_proven_optimum(seed: int) -> None:
    problem = with_setups_and_transport(seed)
    proof = solve_exactly(problem, MAKESPAN, 120.0, threads=1)
    assert proof.schedule is not None
    assert validate(problem, proof.schedule) == []
    assert searched(problem, 20_000).value == proof.bound


def test_jobs_that_return_to_a_machine_are_planned() -> None:
    routes = [[[(0, 3)], [(1, 2)], [(0, 4)], [(0, 0)], [(1, 1)]], [[(1, 5)], [(0, 1)], [(1, 2)]]]
    problem = routed("reentrant", routes, 2)
    assert searched(problem).value == min(active_makespans(problem))


def test_the_preemptive_bound_is_that_of_carliers_example() -> None:
    entries = [(10, 5, 7), (13, 6, 26), (11, 7, 24), (20, 4, 21), (30, 3, 8), (0, 6, 17), (30, 2, 0)]
    lengths = []
    for order in permutations(entries):
        time, length = 0, 0
        for head, duration, tail in order:
            time = max(time, head) + duration
            length = max(length, time + tail)
        lengths.append(length)
    assert preemptive_bound(entries) == 49
    assert min(lengths) == 50


def test_the_quick_bound_is_not_above_the_optimum() -> None:
    for seed in range(6):
        problem = random_shop(seed, jobs=3, alternatives=1 + seed % 2)
        assert quick_bound(problem, MAKESPAN) <= min(active_makespans(problem))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"objective": "profit"}, "makespan"),
        ({"time_limit": None}, "no limit"),
        ({"time_limit": -1.0}, "above 0"),
        ({"time_limit": None, "step_limit": 0}, "1 or more"),
        ({"threads": 0}, "threads"),
    ],
)
def test_wrong_options_are_refused(options: dict, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        solve(random_shop(0), **options)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"operations": ()}, "no operations"),
        ({"operations": (Operation(0, ()),)}, "no machine can do it"),
        ({"operations": (Operation(0, (Mode(3, 5),)),)}, "machine 3 does not exist"),
        ({"operations": (Operation(0, (Mode(0, -5),)),)}, "duration: -5"),
        ({"operations": (Operation(0, (Mode(0, 5, {0: 1}),)),)}, "resource 0 does not exist"),
        ({"links": (Link(0, 0),)}, "wait for each other"),
        ({"links": (Link(0, 5),)}, "no such operation"),
        ({"machines": (Machine("saw", closed=((5, 5),)),)}, "an end after its start"),
        ({"machines": (Machine("saw", closed=((5, 9), (7, 12))),)}, "do not overlap"),
        ({"machines": (Machine("saw", setup=np.array([[-1]])),)}, r"setup\[0\]\[0\]"),
        ({"jobs": (Job("a", due=-3),)}, "due"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(change: dict, word: str) -> None:
    parts = {
        "jobs": (Job("a"),),
        "operations": (Operation(0, (Mode(0, 5),)),),
        "machines": (Machine("saw"),),
    } | change
    with pytest.raises(BadInput, match=word):
        Problem("wrong", **parts)
