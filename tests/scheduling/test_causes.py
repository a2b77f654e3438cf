"""Constructed cases of which the one cause is known, and the laws of a minimal cause on random plans."""

import time
from dataclasses import replace

import numpy as np
import pytest

from danao.scheduling.causes import Cause, cause_of, causes
from danao.scheduling.model import Batch, Frozen, Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.order_alone import CALENDAR, ORDER, PRECEDENCE, RELEASE, OrderAlone, Rule
from danao.scheduling.schedule import TARDINESS, Schedule
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate
from tests.scheduling.shops import random_shop


def only(problem: Problem, start: list[int], mode: list[int] | None = None) -> Cause:
    """The cause of the only order of a valid schedule that is late or left out."""
    modes = np.zeros(len(start), dtype=int) if mode is None else np.array(mode)
    schedule = Schedule.of(problem, modes, np.array(start))
    assert validate(problem, schedule) == []
    found = causes(problem, schedule, 20.0)
    assert len(found) == 1
    return found[0]


def kinds(cause: Cause) -> list[str]:
    return [rule.kind for rule in cause.rules]


def single(*jobs: Job, length: int = 10, **machine: object) -> Problem:
    operations = tuple(Operation(i, (Mode(0, length),), setup_class=i) for i in range(len(jobs)))
    return Problem("saw only", jobs, operations, (Machine("saw", **machine),))


def test_a_route_that_is_too_long_by_itself_needs_no_other_cause() -> None:
    cause = only(single(Job("a", due=8), Job("b")), [0, 10])
    assert cause.rules == ()
    assert cause.proven
    assert "its route alone takes until 10, after 8" in cause.reason


def test_a_late_release_is_the_cause_though_the_machine_was_closed_too() -> None:
    cause = only(single(Job("a", release=5, due=12), closed=((0, 4),)), [5])
    assert kinds(cause) == [RELEASE]
    assert "released at 5" in cause.reason


def test_the_order_in_front_is_the_cause_and_those_behind_are_not() -> None:
    cause = only(single(Job("a"), Job("b", due=15), Job("c")), [0, 10, 20])
    assert cause.rules == (Rule(ORDER, 0),)
    assert cause.conflicts == (0,)
    assert cause.proven
    assert "order a has saw from 0 to 10" in cause.reason
    assert cause.remedies == ("put order a behind it",)


def test_two_orders_are_both_the_cause_only_if_both_block_the_alternatives() -> None:
    jobs = (Job("a"), Job("b"), Job("c", due=12))
    operations = (
        Operation(0, (Mode(0, 10),)),
        Operation(1, (Mode(1, 10),)),
        Operation(2, (Mode(0, 10), Mode(1, 10))),
    )
    cause = only(Problem("two saws", jobs, operations, (Machine("saw 1"), Machine("saw 2"))), [0, 0, 10])
    assert set(cause.rules) == {Rule(ORDER, 0), Rule(ORDER, 1)}
    assert len(cause.remedies) == 2


def test_calendars_of_alternatives_without_overlap_are_named_all() -> None:
    operation = Operation(0, (Mode(0, 6), Mode(1, 6)))
    machines = (Machine("mill 1", closed=((4, 40),)), Machine("mill 2", closed=((0, 6), (10, 40))))
    cause = only(Problem("shifts", (Job("a", due=20),), (operation,), machines), [40])
    assert set(cause.rules) == {Rule(CALENDAR, 0), Rule(CALENDAR, 1)}
    assert "mill 1 is closed (4 to 40)" in cause.reason
    assert "mill 2 is closed (0 to 6, 10 to 40)" in cause.reason
    assert set(cause.remedies) == {"open mill 1 longer", "open mill 2 longer"}


def test_calendars_without_overlap_before_the_end_of_the_plan_leave_the_order_out_with_both_named() -> None:
    operations = (Operation(0, (Mode(0, 3),)), Operation(0, (Mode(1, 3),)))
    machines = (Machine("mill", closed=((0, 20),)), Machine("oven", closed=((15, 30),)))
    problem = Problem("no overlap", (Job("a"),), operations, machines, (Link(0, 1),), horizon=30)
    plan = solve(problem, time_limit=None, step_limit=20)
    assert [one.operation for one in plan.unplanned] == [1]
    cause = causes(problem, plan.schedule)[0]
    assert cause.tardiness is None
    assert set(cause.rules) == {Rule(CALENDAR, 0), Rule(CALENDAR, 1)}


def test_material_that_another_order_consumes_is_named_with_that_order() -> None:
    operations = tuple(Operation(i, (Mode(0, 5, {0: amount}),)) for i, amount in enumerate((6, 5, 0)))
    steel = (Resource("steel", 10, renewable=False),)
    jobs = tuple(Job(name) for name in "abc")
    problem = Problem("steel", jobs, operations, (Machine("saw"),), resources=steel)
    cause = only(problem, [0, 0, 5], [0, -1, 0])
    assert cause.conflicts == (0,)
    assert "of steel, of which there is 10 for all orders" in cause.reason
    assert "order more steel" in cause.remedies


def test_people_that_are_too_few_are_the_only_cause() -> None:
    operations = (Operation(0, (Mode(0, 5, {0: 3}),)), Operation(1, (Mode(0, 5),)))
    crew = (Resource("fitters", 2),)
    problem = Problem("crew", (Job("a"), Job("b")), operations, (Machine("saw"),), resources=crew)
    cause = only(problem, [0, 0], [-1, 0])
    assert cause.reason == "cannot be planned because it needs 3 of fitters and 2 is there"


def test_a_setup_a_wait_a_transport_and_a_frozen_part_are_each_told_alone() -> None:
    late = Job("b", due=22)
    cause = only(
        replace(
            single(Job("a"), late), machines=(Machine("saw", setup=np.full((2, 2), 4)),), frozen=(Frozen(0, 0, 0),)
        ),
        [0, 14],
    )
    assert "set up" in cause.reason
    two = (Operation(0, (Mode(0, 5),)), Operation(0, (Mode(1, 5),)))
    machines = (Machine("saw"), Machine("mill", closed=((0, 12),)))
    hurry = Problem("hot", (Job("a", due=14),), two, machines, (Link(0, 1, most=0),))
    assert kinds(only(hurry, [7, 12])) == [CALENDAR]
    far = Problem(
        "far",
        (Job("a", due=12),),
        two,
        (machines[0], Machine("mill")),
        (Link(0, 1),),
        transport=np.array([[0, 9], [9, 0]]),
    )
    assert "moving parts" in only(far, [0, 14]).reason
    ice = replace(single(Job("a", due=12)), frozen=(Frozen(0, 0, 5),))
    assert "a part of it is frozen" in only(ice, [5]).reason


def test_an_assembly_waits_for_the_part_of_another_order() -> None:
    operations = (Operation(0, (Mode(0, 10),)), Operation(1, (Mode(1, 5),)))
    problem = Problem(
        "assembly", (Job("part"), Job("whole", due=12)), operations, (Machine("saw"), Machine("bench")), (Link(0, 1),)
    )
    cause = only(problem, [0, 10])
    assert cause.rules == (Rule(PRECEDENCE, 0),)
    assert "it follows part/1, which ends at 10" in cause.reason


def test_an_order_that_would_fit_is_blamed_on_the_search() -> None:
    cause = only(single(Job("a"), Job("b", due=40)), [0, 45])
    assert cause.rules == ()
    assert cause.proven
    assert "the search has not found it" in cause.reason


def test_a_place_in_a_batch_that_leaves_in_time_counts_as_possible() -> None:
    operations = tuple(Operation(i, (Mode(0, 10),), family=0) for i in range(2))
    problem = Problem("furnace", (Job("a"), Job("b", due=15)), operations, (Machine("furnace", batch=Batch(2)),))
    assert "the search has not found it" in only(problem, [0, 10]).reason


@pytest.mark.parametrize("seed", range(4))
def test_every_rule_of_a_cause_is_needed_and_all_together_suffice(seed: int) -> None:
    random = np.random.default_rng(seed)
    shop = random_shop(seed, jobs=6, machines=3, alternatives=2)
    jobs = tuple(Job(f"order {i}", int(random.integers(8)), int(random.integers(25, 50))) for i in range(6))
    machines = tuple(replace(one, closed=((10, int(random.integers(12, 25))),)) for one in shop.machines)
    problem = replace(shop, jobs=jobs, machines=machines)
    schedule = solve(problem, TARDINESS, time_limit=None, step_limit=300).schedule
    found = causes(problem, schedule, 30.0)
    assert found
    for cause in found:
        due = problem.jobs[cause.job].due
        asked = OrderAlone(problem, schedule, cause.job, due, 5.0)
        if not cause.rules:
            continue
        assert cause.proven
        assert asked.possible(frozenset(cause.rules)) is False
        for rule in cause.rules:
            assert asked.possible(frozenset(cause.rules) - {rule}) is True


def test_a_cause_without_time_is_said_not_to_be_proven() -> None:
    problem = single(Job("a"), Job("b", due=15))
    schedule = Schedule.of(problem, np.zeros(2, dtype=int), np.array([0, 10]))
    assert not cause_of(problem, schedule, 1, 5, time.perf_counter() - 1).proven
