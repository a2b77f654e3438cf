import numpy as np
import pytest

from danao.scheduling.cp import solve_exactly
from danao.scheduling.local_search.projects import ProjectSearch, project_obstacle
from danao.scheduling.model import NO_MACHINE, Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.schedule import MAKESPAN, TARDINESS, parts_of
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate


def project(seed: int, activities: int = 14) -> Problem:
    """Activities that share two resources, with gaps after some and earliest starts."""
    random = np.random.default_rng(seed)
    operations = tuple(
        Operation(
            0,
            (
                Mode(
                    NO_MACHINE, int(random.integers(0, 9)), {0: int(random.integers(1, 5)), 1: int(random.integers(3))}
                ),
            ),
            earliest=int(random.integers(4)),
        )
        for _ in range(activities)
    )
    links = tuple(
        Link(i, k, least=int(random.integers(0, 3)), moves=False)
        for i in range(activities)
        for k in range(i + 1, activities)
        if random.random() < 0.15
    )
    resources = (Resource("fitters", 6), Resource("crane", 2))
    return Problem(f"project {seed}", (Job("plant"),), operations, (), links, resources)


def searched(problem: Problem, steps: int = 4_000, **options: int):
    return solve(problem, time_limit=None, step_limit=steps, **options)


@pytest.mark.parametrize("seed", range(6))
def test_the_genetic_search_finds_the_proven_shortest_project(seed: int) -> None:
    problem = project(seed)
    schedule = ProjectSearch(problem, MAKESPAN, 0, 0.0, float("inf"), 4_000, 1).run()
    proof = solve_exactly(problem, MAKESPAN, 120.0, threads=1)
    assert validate(problem, schedule) == []
    assert proof.bound == parts_of(problem, proof.schedule)[MAKESPAN]
    assert parts_of(problem, schedule)[MAKESPAN] == proof.bound


def test_a_project_read_backwards_is_as_long() -> None:
    problem = project(3, activities=20)
    operations = tuple(Operation(0, one.modes) for one in problem.operations)
    ahead = Problem("ahead", problem.jobs, operations, (), problem.links, problem.resources)
    turned = tuple(Link(link.after, link.before, link.least, moves=False) for link in problem.links)
    back = Problem("back", problem.jobs, operations, (), turned, problem.resources)
    assert searched(ahead).value == searched(back).value


def test_a_seed_gives_the_same_project_for_any_number_of_threads() -> None:
    plans = [searched(project(1, activities=30), 500, seed=3, threads=threads) for threads in (1, 2)]
    assert "genetic search" in plans[0].method
    assert plans[0].schedule.start.tolist() == plans[1].schedule.start.tolist()


def test_projects_with_more_rules_are_left_to_other_engines() -> None:
    plain = project(0)
    choice = Operation(0, (Mode(NO_MACHINE, 2), Mode(NO_MACHINE, 3)))
    press = Operation(0, (Mode(0, 2),))
    rivals = (
        Problem("modes", plain.jobs, (*plain.operations, choice), (), plain.links, plain.resources),
        Problem("press", plain.jobs, (*plain.operations, press), (Machine("press"),), plain.links, plain.resources),
        Problem("steel", plain.jobs, plain.operations, (), plain.links, (*plain.resources, Resource("t", 9, False))),
    )
    for problem in rivals:
        assert project_obstacle(problem) is not None
        plan = searched(problem, 50)
        assert not plan.unplanned
        assert "genetic search" not in plan.method
    assert "genetic search" not in solve(plain, TARDINESS, None, step_limit=50).method
