from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling.cp import solve_exactly
from danao.scheduling.model import Frozen, Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.reasons import late_jobs
from danao.scheduling.replan import replan
from danao.scheduling.schedule import MAKESPAN, TARDINESS, Schedule
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate
from tests.scheduling.shops import random_shop


def planned(seed: int, jobs: int = 10, machines: int = 4) -> tuple[Problem, Schedule]:
    problem = random_shop(seed, jobs, machines, alternatives=2)
    return problem, solve(problem, time_limit=None, step_limit=2_000).schedule


def broken(problem: Problem, machine: int, start: int, end: int) -> Problem:
    machines = list(problem.machines)
    machines[machine] = replace(machines[machine], closed=((start, end),))
    return replace(problem, machines=tuple(machines))


@pytest.mark.parametrize("seed", range(4))
def test_after_a_breakdown_what_can_stay_stays(seed: int) -> None:
    problem, old = planned(seed)
    now, window = 20, 15
    changed = broken(problem, 0, 25, 45)
    again = replan(changed, old, now, window, time_limit=None, step_limit=300)
    schedule = again.plan.schedule
    assert validate(again.problem, schedule) == []
    assert validate(replace(again.problem, frozen=()), schedule) == []
    soon = np.flatnonzero(old.start < now + window)
    stays = [i for i in soon if i not in again.released]
    assert len(stays) == again.kept
    assert schedule.start[stays].tolist() == old.start[stays].tolist()
    others = [i for i in range(len(old.start)) if i not in stays]
    assert schedule.start[others].min() >= now


def brute_force_fewest_moves(problem: Problem, old: Schedule, now: int, window: int) -> int:
    """Fewest starts from now to the end of the window that move, by trying every set of kept ones, largest first."""
    soon = [int(i) for i in np.flatnonzero((old.start >= now) & (old.start < now + window))]
    gone = {int(i) for i in np.flatnonzero(old.start < now)}
    for count in range(len(soon) + 1):
        for moved in combinations(soon, count):
            frozen = tuple(
                Frozen(i, int(old.mode[i]), int(old.start[i])) for i in sorted(gone | (set(soon) - set(moved)))
            )
            operations = tuple(
                one if i in gone else replace(one, earliest=now) for i, one in enumerate(problem.operations)
            )
            proof = solve_exactly(replace(problem, operations=operations, frozen=frozen), MAKESPAN, 20.0, threads=1)
            if proof.schedule is not None:
                return count
    return len(soon)


@pytest.mark.parametrize("seed", range(4))
def test_no_set_of_fewer_moves_in_the_window_is_possible_after_a_breakdown(seed: int) -> None:
    problem = random_shop(seed, 5, 3)
    old = solve(problem, time_limit=None, step_limit=2_000).schedule
    now, window = int(old.end.max()) // 3, int(old.end.max()) // 3
    machine = seed % 3
    since = max([now, *(int(old.end[i]) for i in old.orders(problem)[machine] if old.start[i] < now)])
    changed = broken(problem, machine, since, since + window // 2)
    again = replan(changed, old, now, window, time_limit=None, step_limit=200)
    fewest = brute_force_fewest_moves(changed, old, now, window)
    assert again.unavoidable == fewest == len(again.shifted)


def test_an_order_keeps_its_start_where_another_machine_is_free() -> None:
    jobs = (Job("a"), Job("b"))
    operations = (Operation(0, (Mode(0, 10), Mode(1, 12))), Operation(1, (Mode(0, 10),)))
    problem = Problem("two saws", jobs, operations, (Machine("saw"), Machine("old saw")))
    old = Schedule.of(problem, np.zeros(2, dtype=int), np.array([5, 20]))
    again = replan(broken(problem, 0, 4, 18), old, 2, 10, time_limit=None, step_limit=20, nervousness=100.0)
    assert again.plan.schedule.start.tolist() == [5, 20]
    assert again.plan.schedule.mode.tolist() == [1, 0]
    assert again.released == (0,)
    assert again.shifted == ()
    assert again.unavoidable == 0


def test_without_a_change_and_with_a_price_for_moves_nothing_moves() -> None:
    problem, old = planned(1)
    again = replan(problem, old, 10, 10, time_limit=None, step_limit=200, nervousness=1e6)
    assert again.moved == 0
    assert again.plan.value == old.end.max()


def test_a_higher_price_of_nervousness_moves_no_more() -> None:
    problem, old = planned(2)
    changed = broken(problem, 1, 30, 50)
    moved = [
        replan(changed, old, 25, 5, time_limit=None, step_limit=2_000, nervousness=price).moved for price in (0.0, 50.0)
    ]
    assert moved[1] <= moved[0]


def test_a_rush_order_joins_the_plan() -> None:
    problem, old = planned(3)
    n = len(problem.operations)
    job = len(problem.jobs)
    rush = replace(
        problem,
        jobs=(*problem.jobs, Job("rush", due=60, weight=50.0)),
        operations=(*problem.operations, Operation(job, (Mode(0, 6),)), Operation(job, (Mode(1, 6),))),
        links=(*problem.links, Link(n, n + 1)),
    )
    again = replan(rush, old, 15, 5, TARDINESS, time_limit=None, step_limit=500)
    assert again.plan.unplanned == ()
    assert again.plan.schedule.end[n + 1] <= 60
    assert late_jobs(again.problem, again.plan.schedule) == []


def test_an_old_plan_with_unknown_operations_is_refused() -> None:
    problem, old = planned(0)
    with pytest.raises(BadInput, match="old plan"):
        replan(random_shop(0, jobs=2), old, 0, 0)
    with pytest.raises(BadInput, match="now"):
        replan(problem, old, -1, 0)


def one_machine(*jobs: Job, closed: tuple[tuple[int, int], ...] = ()) -> Problem:
    operations = tuple(Operation(i, (Mode(0, 10),)) for i in range(len(jobs)))
    return Problem("saw only", jobs, operations, (Machine("saw", closed=closed),))


def test_an_order_that_is_late_alone_is_told_so() -> None:
    problem = one_machine(Job("a", release=5, due=12))
    late = late_jobs(problem, Schedule.of(problem, np.zeros(1, dtype=int), np.array([5])))
    assert "its route alone takes until 15" in late[0].reason
    assert "by 3 or more" in late[0].remedy


def test_an_order_that_waits_for_another_names_it() -> None:
    problem = one_machine(Job("a"), Job("b", due=15))
    late = late_jobs(problem, Schedule.of(problem, np.zeros(2, dtype=int), np.array([0, 10])))
    assert late[0].conflicts == (0,)
    assert "saw, which works on a" in late[0].reason


def test_an_order_that_waits_for_a_closed_machine_names_the_calendar() -> None:
    problem = one_machine(Job("a", due=30), Job("b"), closed=((11, 40),))
    late = late_jobs(problem, Schedule.of(problem, np.zeros(2, dtype=int), np.array([40, 0])))
    assert late[0].tardiness == 20
    assert "while saw is closed" in late[0].reason


def test_an_operation_that_needs_more_than_there_is_is_left_out_with_the_reason() -> None:
    problem = Problem(
        "too many",
        (Job("a"), Job("b")),
        (Operation(0, (Mode(0, 5, {0: 3}),)), Operation(0, (Mode(0, 5),)), Operation(1, (Mode(0, 5, {0: 1}),))),
        (Machine("saw"),),
        (Link(0, 1),),
        (Resource("fitters", 2),),
    )
    plan = solve(problem, time_limit=None, step_limit=10)
    assert [one.operation for one in plan.unplanned] == [0, 1]
    assert "needs 3 of fitters and 2 is there" in plan.unplanned[0].reason
    assert "a/1" in plan.unplanned[1].reason
    assert plan.lower_bound is None
    assert not plan.optimal


def test_material_that_runs_short_is_named() -> None:
    operations = tuple(Operation(i, (Mode(0, 5, {0: 2}),)) for i in range(3))
    problem = Problem(
        "short of steel",
        tuple(Job(f"order {i}") for i in range(3)),
        operations,
        (Machine("saw"),),
        resources=(Resource("steel", 5, renewable=False),),
    )
    plan = solve(problem, MAKESPAN, time_limit=None, step_limit=20)
    assert len(plan.unplanned) == 1
    assert "1 more of steel" in plan.unplanned[0].reason
