from itertools import permutations

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling.cp import solve_exactly
from danao.scheduling.local_search.lists import ListSearch
from danao.scheduling.model import NO_MACHINE, Frozen, Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.schedule import MAKESPAN, SETUP, TARDINESS, parts_of
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate
from tests.scheduling.shops import random_shop, timed


def listed(problem: Problem, objective: str = MAKESPAN, steps: int = 3_000, seed: int = 0):
    search = ListSearch(problem, objective, seed, 0.0, float("inf"), steps, 2)
    return search.run()


def random_project(seed: int, activities: int = 8) -> Problem:
    """A project whose activities share two resources and partly a machine that is closed at times."""
    random = np.random.default_rng(seed)
    resources = (Resource("fitters", 4), Resource("crane", 2))
    operations = []
    for i in range(activities):
        uses = {0: int(random.integers(1, 4)), 1: int(random.integers(0, 3))}
        machine = 0 if i % 3 == 0 else NO_MACHINE
        operations.append(Operation(i % 3, (Mode(machine, int(random.integers(0, 9)), uses),)))
    links = tuple(
        Link(i, k, least=int(random.integers(0, 3)), moves=False)
        for i in range(activities)
        for k in range(i + 1, activities)
        if random.random() < 0.25
    )
    jobs = tuple(
        Job(f"part {j}", int(random.integers(5)), int(random.integers(10, 20)), float(random.integers(1, 4)))
        for j in range(3)
    )
    machines = (Machine("press", closed=((4, 7), (15, 18))),)
    return Problem(f"project {seed}", jobs, tuple(operations), machines, links, resources)


@pytest.mark.parametrize("objective", [MAKESPAN, TARDINESS])
@pytest.mark.parametrize("seed", range(5))
def test_small_projects_are_planned_as_well_as_proven_possible(seed: int, objective: str) -> None:
    problem = random_project(seed)
    schedule = listed(problem, objective)
    proof = solve_exactly(problem, objective, 120.0, threads=1)
    assert validate(problem, schedule) == []
    assert parts_of(problem, schedule)[objective] == pytest.approx(proof.bound)


def bound_together(seed: int) -> Problem:
    """A flexible shop with limits on waiting, setups, transport, a common machine and a frozen start."""
    random = np.random.default_rng(seed)
    shop = random_shop(seed, jobs=4, machines=3, alternatives=2)
    links = tuple(Link(link.before, link.after, int(random.integers(3)), most=25) for link in shop.links)
    operations = tuple(Operation(one.job, one.modes, setup_class=one.job % 2) for one in shop.operations)
    machines = tuple(
        Machine(one.name, closed=((40, 45),), setup=random.integers(0, 5, (2, 2)), first_setup=random.integers(0, 3, 2))
        for one in shop.machines
    )
    transport = random.integers(0, 4, (3, 3))
    frozen = (Frozen(0, 0, 6),)
    return Problem(shop.name, shop.jobs, operations, machines, links, transport=transport, frozen=frozen)


@pytest.mark.parametrize("objective", [MAKESPAN, TARDINESS, SETUP])
@pytest.mark.parametrize("seed", range(5))
def test_plans_with_every_rule_are_valid_and_not_below_the_proven_bound(seed: int, objective: str) -> None:
    problem = bound_together(seed)
    schedule = listed(problem, objective, 500)
    proof = solve_exactly(problem, objective, 120.0, threads=1)
    assert schedule.planned.all()
    assert validate(problem, schedule) == []
    assert parts_of(problem, schedule)[objective] >= proof.bound - 1e-6
    assert validate(problem, proof.schedule) == []


def no_wait(seed: int) -> Problem:
    shop = random_shop(seed, jobs=4, machines=3)
    links = tuple(Link(link.before, link.after, most=0) for link in shop.links)
    return Problem(shop.name, shop.jobs, shop.operations, shop.machines, links)


@pytest.mark.parametrize("seed", range(4))
def test_without_waiting_lists_are_valid_and_the_whole_solver_proves_its_plan(seed: int) -> None:
    problem = no_wait(seed)
    schedule = listed(problem, steps=500)
    assert validate(problem, schedule) == []
    plan = timed(problem)
    assert plan.optimal
    assert parts_of(problem, schedule)[MAKESPAN] >= plan.value


def test_a_cast_runs_on_one_caster_without_a_break() -> None:
    charges = 4
    operations, links = [], []
    for charge in range(charges):
        operations.append(Operation(charge, (Mode(0, 10), Mode(1, 12))))
        operations.append(Operation(charge, (Mode(2, 9), Mode(3, 9))))
        links.append(Link(2 * charge, 2 * charge + 1))
        if charge:
            links.append(Link(2 * charge - 1, 2 * charge + 1, most=0, moves=False, same_machine=True))
    problem = Problem(
        "cast",
        tuple(Job(f"charge {charge}", due=60) for charge in range(charges)),
        tuple(operations),
        tuple(Machine(name) for name in ("furnace 1", "furnace 2", "caster 1", "caster 2")),
        tuple(links),
    )
    schedule = listed(problem, steps=200)
    assert validate(problem, schedule) == []
    casting = range(1, 2 * charges, 2)
    assert len({schedule.machine_of(problem, i) for i in casting}) == 1
    assert all(schedule.start[i + 2] == schedule.end[i] for i in list(casting)[:-1])


def test_the_same_seed_gives_the_same_list_plan() -> None:
    problem = bound_together(1)
    first, second = (listed(problem, TARDINESS, 400, seed=5) for _ in range(2))
    assert first.start.tolist() == second.start.tolist()
    assert first.mode.tolist() == second.mode.tolist()


def flow_shop(seed: int, jobs: int = 6, machines: int = 4, **dates: bool) -> Problem:
    random = np.random.default_rng(seed)
    shop = random_shop(seed, jobs=jobs, machines=machines)
    operations = tuple(
        Operation(i // machines, (Mode(i % machines, int(random.integers(1, 30))),)) for i in range(jobs * machines)
    )
    orders = tuple(
        Job(f"job {j}", int(random.integers(20)) if dates.get("released") else 0, int(random.integers(40, 120)))
        for j in range(jobs)
    )
    return Problem(shop.name, orders, operations, shop.machines, shop.links, permutation=True)


@pytest.mark.parametrize("objective", [MAKESPAN, TARDINESS])
@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_iterated_greedy_finds_the_best_order_of_a_flow_shop(seed: int, released: bool, objective: str) -> None:
    problem = flow_shop(seed, jobs=5, released=released)
    machines = len(problem.machines)

    def value(order: tuple[int, ...]) -> float:
        free, total, last = [0] * machines, 0.0, 0
        for job in order:
            clock = problem.jobs[job].release
            for machine in range(machines):
                clock = max(clock, free[machine]) + problem.operations[job * machines + machine].modes[0].duration
                free[machine] = clock
            total += max(0, clock - problem.jobs[job].due)
            last = clock
        return float(last) if objective == MAKESPAN else total

    plan = solve(problem, objective, time_limit=None, step_limit=400)
    assert plan.value == min(value(order) for order in permutations(range(5)))


def test_a_flow_shop_with_rules_that_its_search_does_not_know_is_refused() -> None:
    problem = flow_shop(0)
    closed = tuple(Machine(one.name, closed=((5, 9),)) for one in problem.machines)
    shut = Problem("shut", problem.jobs, problem.operations, closed, problem.links, permutation=True)
    with pytest.raises(BadInput, match="closed machines"):
        solve(shut, time_limit=1.0)


def test_fewer_setups_are_found_where_they_are_asked_for() -> None:
    operations = tuple(Operation(i, (Mode(0, 5),), setup_class=i % 2) for i in range(6))
    machine = Machine("press", setup=np.array([[0, 10], [10, 0]]))
    problem = Problem("two tools", tuple(Job(f"order {i}") for i in range(6)), operations, (machine,))
    assert parts_of(problem, listed(problem, SETUP, 400))[SETUP] == 10


def test_a_problem_without_any_plan_is_said_to_have_none() -> None:
    machines = (Machine("saw"), Machine("mill"))
    operations = (Operation(0, (Mode(0, 5),)), Operation(1, (Mode(0, 5),)), Operation(0, (Mode(1, 3),)))
    tied = (Link(0, 2, most=0), Link(1, 2, most=0))
    problem = Problem("torn", (Job("a"), Job("b")), operations, machines, tied)
    plan = timed(problem)
    assert "no plan of all operations exists" in plan.method
    assert plan.unplanned
    assert plan.lower_bound is None
