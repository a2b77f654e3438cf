from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling.cp import solve_exactly
from danao.scheduling.energy import Energy
from danao.scheduling.local_search.lists import ListSearch
from danao.scheduling.model import Batch, Frozen, Job, Link, Machine, Mode, Operation, Problem
from danao.scheduling.schedule import ENERGY, MAKESPAN, SETUP, TARDINESS, Schedule, parts_of
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate


def furnace(most: int, least: int = 1, jobs: int = 6, **changes: object) -> Problem:
    """Jobs with a saw cut of 2 each, then a furnace that takes several of one family at once for 10."""
    operations, links = [], []
    for job in range(jobs):
        operations.append(Operation(job, (Mode(0, 2),)))
        operations.append(Operation(job, (Mode(1, 10, power=50.0),), setup_class=job % 2, family=job % 2))
        links.append(Link(2 * job, 2 * job + 1))
    machines = (Machine("saw"), Machine("furnace", batch=Batch(most, least), setup=np.array([[0, 3], [3, 0]])))
    orders = tuple(Job(f"job {job + 1}", due=14 + 2 * job) for job in range(jobs))
    return replace(Problem("furnace", orders, tuple(operations), machines, tuple(links)), **changes)


def listed(problem: Problem, objective: str = MAKESPAN, steps: int = 3_000) -> Schedule:
    return ListSearch(problem, objective, 0, -np.inf, np.inf, steps, 1).run()


@pytest.mark.parametrize(("most", "least"), [(1, 1), (2, 1), (3, 1), (3, 2), (3, 3)])
def test_search_and_cp_sat_agree_on_the_shortest_plan_with_batches(most: int, least: int) -> None:
    problem = furnace(most, least)
    proof = solve_exactly(problem, MAKESPAN, 120.0, threads=1)
    found = listed(problem)
    assert found.planned.all()
    for schedule in (proof.schedule, found):
        assert validate(problem, schedule, parts_of(problem, schedule)) == []
    assert parts_of(problem, found)[MAKESPAN] == proof.bound


def test_two_full_batches_of_three_and_one_setup_are_the_best_of_a_furnace_for_three() -> None:
    problem = furnace(3)
    plan = solve(problem, time_limit=5.0, threads=1)
    batches = plan.schedule.batches(problem)[1]
    assert sorted(len(batch) for batch in batches) == [3, 3]
    assert {frozenset(problem.operations[i].family for i in batch) for batch in batches} == {
        frozenset({0}),
        frozenset({1}),
    }
    assert plan.parts[SETUP] == 3
    # 3 saw cuts of a family end at 6, 10 in the furnace, 3 of setup, 10 again.
    assert plan.value == plan.lower_bound == 6 + 10 + 3 + 10


@pytest.mark.parametrize("objective", [TARDINESS, SETUP])
def test_plans_with_batches_are_valid_and_not_below_the_bound(objective: str) -> None:
    problem = furnace(2, jobs=5)
    proof = solve_exactly(problem, objective, 120.0, threads=1)
    found = listed(problem, objective)
    assert validate(problem, found) == []
    assert parts_of(problem, found)[objective] >= proof.bound - 1e-6
    assert parts_of(problem, proof.schedule)[objective] == pytest.approx(proof.bound)


def test_the_least_size_of_a_batch_leaves_out_what_cannot_fill_one() -> None:
    problem = furnace(3, least=3, jobs=5)
    plan = solve(problem, time_limit=3.0, threads=1)
    left_out = {problem.operations[one.operation].job for one in plan.unplanned}
    assert left_out == {1, 3}
    assert validate(problem, plan.schedule) == []
    assert "batch" in plan.unplanned[0].reason
    assert "furnace" in plan.unplanned[0].reason


def test_sizes_count_and_not_the_number_of_operations() -> None:
    problem = furnace(4, jobs=3)
    sizes = (3, 2, 2)
    problem = replace(
        problem,
        operations=tuple(
            replace(one, size=sizes[one.job], family=0, setup_class=0) if one.family is not None else one
            for one in problem.operations
        ),
    )
    for first, second in combinations(range(3), 2):
        start = np.zeros(6, dtype=int)
        start[[0, 2, 4]] = [0, 2, 4]
        start[[1, 3, 5]] = 30
        start[[2 * first + 1, 2 * second + 1]] = 10
        schedule = Schedule.of(problem, np.zeros(6, dtype=int), start)
        broken = {violation.rule for violation in validate(problem, schedule)}
        assert ("batch" in broken) == (sizes[first] + sizes[second] > 4)


def test_a_batch_of_two_families_is_found_by_the_validator() -> None:
    problem = furnace(3, jobs=2)
    schedule = Schedule.of(problem, np.zeros(4, dtype=int), np.array([0, 10, 2, 10]))
    assert "machine" in {violation.rule for violation in validate(problem, schedule)}


def test_batches_share_no_energy_of_the_machine_but_draw_their_own() -> None:
    machine = Machine("furnace", batch=Batch(2), idle_power=10.0)
    operations = tuple(Operation(i, (Mode(0, 4, power=5.0),), family=0) for i in range(4))
    jobs = tuple(Job(f"job {i}") for i in range(4))
    problem = Problem("idle", jobs, operations, (machine,), energy=Energy(1.0, prices=(1.0,)))
    schedule = Schedule.of(problem, np.zeros(4, dtype=int), np.array([0, 0, 6, 6]))
    parts = parts_of(problem, schedule)
    assert validate(problem, schedule, parts) == []
    assert parts[ENERGY] == 4 * 4 * 5.0 + 2 * 10.0


def test_a_frozen_batch_may_be_filled_up() -> None:
    problem = furnace(2, jobs=4, frozen=(Frozen(0, 0, 0), Frozen(1, 0, 9)))
    found = listed(problem)
    assert found.planned.all()
    assert validate(problem, found) == []
    assert parts_of(problem, found)[MAKESPAN] == solve_exactly(problem, MAKESPAN, 120.0, threads=1).bound


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"machines": (Machine("f", batch=Batch(2, 3)),)}, "least <= most"),
        ({"operations": (Operation(0, (Mode(0, 5),), family=0, size=4),)}, "no more than a batch holds"),
        ({"operations": (Operation(0, (Mode(0, 5),), size=0),)}, "1 or more"),
        (
            {"operations": (Operation(0, (Mode(0, 5),), family=0), Operation(0, (Mode(0, 6),), family=0))},
            "one duration",
        ),
        (
            {
                "operations": (
                    Operation(0, (Mode(0, 5),), family=0),
                    Operation(0, (Mode(0, 5),), family=0, setup_class=1),
                )
            },
            "one setup class",
        ),
    ],
)
def test_batches_that_cannot_be_are_refused(change: dict, word: str) -> None:
    parts = {
        "jobs": (Job("a"),),
        "operations": (Operation(0, (Mode(0, 5),)),),
        "machines": (Machine("f", batch=Batch(3)),),
    } | change
    with pytest.raises(BadInput, match=word):
        Problem("wrong", **parts)
