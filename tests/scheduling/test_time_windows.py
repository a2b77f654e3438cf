"""Stretches of time of flexible shops, against CP-SAT on the whole problem and against the validator."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from danao.scheduling.cp import solve_exactly
from danao.scheduling.local_search.elite import EliteSearch, Solution, starts_of
from danao.scheduling.local_search.shop import State, build, longest, new_state
from danao.scheduling.local_search.shops import NumberedShop, numbered_shop
from danao.scheduling.model import Job, Link, Machine, Mode, Operation, Problem
from danao.scheduling.time_windows import WindowSearch, by_time, fits_stretches, solve_stretch
from danao.scheduling.validate import validate


def flexible_shop(seed: int, jobs: int = 5, steps: int = 4, machines: int = 3) -> Problem:
    """Alternative machines with durations of their own (0 as well), lags and releases."""
    random = np.random.default_rng(seed)
    operations, links = [], []
    for job in range(jobs):
        for step in range(steps):
            if step:
                links.append(Link(len(operations) - 1, len(operations), int(random.integers(0, 3))))
            chosen = random.choice(machines, int(random.integers(1, machines)), replace=False)
            modes = tuple(Mode(int(machine), int(random.integers(0, 12))) for machine in chosen)
            operations.append(Operation(job, modes))
    return Problem(
        f"flexible {seed}",
        tuple(Job(f"J{job}", release=int(random.integers(0, 8))) for job in range(jobs)),
        tuple(operations),
        tuple(Machine(f"M{machine}") for machine in range(machines)),
        tuple(links),
    )


def first_solution(problem: Problem) -> tuple[NumberedShop, Solution]:
    numbered = numbered_shop(problem)
    return numbered, EliteSearch(numbered.shop, 0, 0, math.inf, 1, 1).run()


def state_of(numbered: NumberedShop, found: Solution) -> State:
    state = new_state(numbered.shop)
    state.mode[: len(found.modes)] = found.modes
    build(numbered.shop, state, np.argsort(found.ranks).astype(np.int32))
    return state


@pytest.mark.parametrize("first_size", [8.0, 1000.0])
@pytest.mark.parametrize("seed", range(8))
def test_a_search_that_closes_has_found_the_shortest_schedule(seed, first_size, monkeypatch):
    monkeypatch.setattr("danao.scheduling.time_windows._FIRST_SIZE", first_size)
    problem = flexible_shop(seed, jobs=6)
    numbered, found = first_solution(problem)
    sequence = np.argsort(found.ranks).astype(np.int32)
    search = WindowSearch(numbered.shop, 0, 0, time.perf_counter() + 60, 1, sequence, found.modes)
    length = search.run()
    exact = solve_exactly(problem, "makespan", 60, threads=1)
    assert search.closed
    assert exact.bound == length
    schedule = numbered.schedule(problem, search.modes, starts_of(numbered.shop, search.sequence, search.modes))
    assert validate(problem, schedule) == []
    assert schedule.end.max() == length


@pytest.mark.parametrize("seed", range(8))
def test_a_stretch_shortens_the_schedule_and_leaves_the_rest_as_it_was(seed):
    problem = flexible_shop(seed, jobs=8)
    numbered, found = first_solution(problem)
    state = state_of(numbered, found)
    length = int(longest(numbered.shop, state))
    random = np.random.default_rng(seed)
    for share in (0.0, 0.5, 1.0):
        order = by_time(state, length, share)
        first = int(random.integers(0, 16))
        answer = solve_stretch(numbered.shop, state, order, first, first + 16, length, 10.0, 0)
        if answer.orders is None:
            assert answer.proven
            continue
        sequence, modes = answer.orders
        outside = np.concatenate([order[:first], order[first + 16 :]])
        assert np.array_equal(modes[outside], state.mode[outside])
        assert np.array_equal(sequence[:first], order[:first])
        assert np.array_equal(sequence[first + 16 :], order[first + 16 :])
        schedule = numbered.schedule(problem, modes, starts_of(numbered.shop, sequence, modes))
        assert validate(problem, schedule) == []
        assert schedule.end.max() < length


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_operations_sorted_by_time_respect_routes_and_machine_orders(share):
    for seed in range(10):
        numbered, found = first_solution(flexible_shop(seed, jobs=7))
        state = state_of(numbered, found)
        order = by_time(state, int(longest(numbered.shop, state)), share)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        for x in range(len(order)):
            for before in (numbered.shop.job_before[x], state.before[x]):
                assert before == len(order) or place[before] < place[x]


def test_shops_with_setups_transport_or_no_choice_have_no_stretches():
    problem = flexible_shop(0)
    assert fits_stretches(numbered_shop(problem).shop)
    setup = tuple(Machine(machine.name, setup=np.ones((1, 1), dtype=np.int64)) for machine in problem.machines)
    moved = np.ones((3, 3), dtype=np.int64)
    fixed = tuple(Operation(one.job, one.modes[:1]) for one in problem.operations)
    for other in (
        Problem("setups", problem.jobs, problem.operations, setup, problem.links),
        Problem("transport", problem.jobs, problem.operations, problem.machines, problem.links, (), moved),
        Problem("one way", problem.jobs, fixed, problem.machines, problem.links),
    ):
        assert not fits_stretches(numbered_shop(other).shop)
