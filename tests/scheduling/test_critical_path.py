"""What holds an operation, against the validator; the critical path, against longest paths found another way."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling.gantt import critical_path, holds
from danao.scheduling.model import Frozen, Job, Link, Machine, Mode, Operation, Problem, Resource
from danao.scheduling.schedule import Schedule
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate
from tests.scheduling.shops import random_shop


def random_problem(seed: int) -> Problem:
    """A small shop with everything that can hold an operation: setups, transport, waits, people, shifts, dates."""
    random = np.random.default_rng(seed)
    jobs, steps, machines = 4, 3, 3
    operations, links = [], []
    for job in range(jobs):
        for step in range(steps):
            number = len(operations)
            if step:
                most = int(random.integers(8, 30)) if random.random() < 0.3 else None
                links.append(Link(number - 1, number, int(random.integers(0, 2)), most))
            uses = {0: int(random.integers(1, 3))} if random.random() < 0.6 else {}
            mode = Mode(int(random.integers(machines)), int(random.integers(1, 6)), uses)
            operations.append(Operation(job, (mode,), setup_class=int(random.integers(2))))
    setup = random.integers(0, 3, (2, 2))
    closed = ((7, 10), (25, 27))
    return Problem(
        f"random {seed}",
        tuple(Job(f"J{job}", release=int(random.integers(0, 6))) for job in range(jobs)),
        tuple(operations),
        tuple(
            Machine(f"M{m}", closed if m == 0 else (), setup, np.array([0, 2]) if m == 1 else None)
            for m in range(machines)
        ),
        tuple(links),
        (Resource("people", 3), Resource("steel", 99, renewable=False)),
        random.integers(0, 3, (machines, machines)) * (1 - np.eye(machines, dtype=np.int64)),
    )


def planned(problem: Problem) -> Schedule:
    return solve(problem, time_limit=None, step_limit=30, threads=1).schedule


def earlier(problem: Problem, schedule: Schedule, operation: int) -> Schedule:
    start = schedule.start.copy()
    start[operation] -= 1
    return Schedule.of(problem, schedule.mode, start)


@pytest.mark.parametrize("seed", range(12))
def test_an_operation_is_held_if_and_only_if_starting_it_earlier_breaks_a_rule(seed):
    problem = random_problem(seed)
    schedule = planned(problem)
    assert schedule.planned.sum() > 6
    held = holds(problem, schedule)
    for operation in np.flatnonzero(schedule.planned):
        broken = validate(problem, earlier(problem, schedule, int(operation)))
        assert bool(broken) == bool(held[operation]), (problem.label(int(operation)), broken, held[operation])


def test_the_random_problems_hold_operations_in_every_way():
    kinds = set()
    for seed in range(12):
        problem = random_problem(seed)
        kinds |= {hold.kind for one in holds(problem, planned(problem)) for hold in one}
    assert kinds >= {"release", "closed", "route", "machine", "setup", "resource"}


def longest(problem: Problem, schedule: Schedule) -> tuple[np.ndarray, np.ndarray]:
    """Longest ways to the start and from the end of each operation, by routes and machine orders; Bellman's way."""
    n = len(problem.operations)
    arcs = [(link.before, link.after) for link in problem.links]
    for order in schedule.orders(problem):
        arcs += pairwise(order)
    durations = schedule.end - schedule.start
    head, tail = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for _ in range(n):
        for a, b in arcs:
            head[b] = max(head[b], head[a] + durations[a])
            tail[a] = max(tail[a], tail[b] + durations[b])
    return head, tail


@pytest.mark.parametrize("seed", range(8))
def test_in_a_job_shop_the_path_is_every_operation_without_slack(seed):
    problem = random_shop(seed, jobs=6, machines=4)
    schedule = solve(problem, time_limit=None, step_limit=60, threads=1).schedule
    head, tail = longest(problem, schedule)
    assert np.array_equal(head, schedule.start)
    makespan = int(schedule.end.max())
    without_slack = set(np.flatnonzero(schedule.end + tail == makespan).tolist())
    path = critical_path(problem, schedule)
    assert path.operations == without_slack
    assert path.loose == ()
    assert all(schedule.end[a] == schedule.start[b] for a, b in path.arcs)


def test_a_plan_that_was_only_pushed_back_has_a_loose_end():
    problem = random_shop(3, jobs=4, machines=3)
    schedule = solve(problem, time_limit=None, step_limit=60, threads=1).schedule
    later = Schedule.of(problem, schedule.mode, schedule.start + 5)
    path = critical_path(problem, later)
    assert path.operations == critical_path(problem, schedule).operations
    assert {int(later.start[i]) for i in path.loose} == {5}


def test_a_chain_without_waiting_is_held_from_behind():
    """The second must wait for the machine, and the first may not be so early that the part would wait."""
    problem = Problem(
        "no wait",
        (Job("A"), Job("B")),
        (Operation(0, (Mode(0, 2),)), Operation(0, (Mode(1, 2),)), Operation(1, (Mode(1, 6),))),
        (Machine("saw"), Machine("oven")),
        (Link(0, 1, most=0),),
    )
    path = critical_path(problem, Schedule.of(problem, np.zeros(3, np.int64), np.array([4, 6, 0])), ends=[0])
    assert path.operations == {0, 1, 2}
    assert (1, 0) in path.arcs
    assert path.loose == ()


def test_a_frozen_operation_is_held_wherever_it_is():
    problem = replace(random_shop(1), frozen=(Frozen(0, 0, 50),))
    schedule = planned(problem)
    assert "frozen" in {hold.kind for hold in holds(problem, schedule)[0]}


@pytest.mark.parametrize("ends", [[-1], [99]])
def test_an_unknown_end_is_refused(ends):
    problem = random_shop(1)
    with pytest.raises(BadInput, match="Expected operations of the plan"):
        critical_path(problem, planned(problem), ends)


def test_nothing_planned_has_no_path():
    problem = random_shop(1)
    nothing = Schedule.of(problem, np.full(len(problem.operations), -1), np.zeros(len(problem.operations)))
    assert critical_path(problem, nothing).operations == frozenset()
