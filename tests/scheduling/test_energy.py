from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danao.core.costbook import CostBook, Price
from danao.core.errors import BadInput, CurrencyMismatch
from danao.scheduling.audit import audit
from danao.scheduling.cp import solve_exactly
from danao.scheduling.energy import Energy
from danao.scheduling.local_search.lists import ListSearch
from danao.scheduling.model import Frozen, Job, Link, Machine, Mode, Operation, Problem
from danao.scheduling.objective_bounds import least_energy_cost
from danao.scheduling.objectives import MONEY, Objective, money
from danao.scheduling.schedule import ENERGY, MAKESPAN, SETUP, TARDINESS, Schedule, parts_of
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate

QUARTER = 0.25
"""h in one time unit."""


def tariff(*prices: float, every: int = 5) -> Energy:
    return Energy(QUARTER, tuple(range(0, every * len(prices), every)), prices)


def powered(seed: int, jobs: int = 3, machines: int = 2, negative: bool = True) -> Problem:
    """A small job shop with setups, powers of operations and machine states, and a tariff."""
    random = np.random.default_rng(seed)
    operations, links = [], []
    for job in range(jobs):
        for step, machine in enumerate(random.permutation(machines)):
            modes = [Mode(int(machine), int(random.integers(2, 6)), power=float(random.integers(0, 40)))]
            if random.random() < 0.3:
                other = int((machine + 1) % machines)
                modes.append(Mode(other, int(random.integers(2, 6)), power=float(random.integers(0, 40)), fuel=1.0))
            if step:
                links.append(Link(len(operations) - 1, len(operations)))
            operations.append(Operation(job, tuple(modes), setup_class=int(random.integers(2))))
    shops = tuple(
        Machine(
            f"machine {machine + 1}",
            closed=((int(random.integers(4, 9)), 11),),
            setup=random.integers(0, 4, (2, 2)),
            first_setup=random.integers(0, 3, 2),
            setup_power=float(random.integers(0, 20)),
            idle_power=float(random.integers(0, 10)),
            setup_fuel=random.integers(0, 4, (2, 2)).astype(float),
        )
        for machine in range(machines)
    )
    low = -20 if negative else 1
    prices = (*(float(price) / 100 for price in random.integers(low, 60, 5)), 0.5)
    energy = replace(tariff(*prices), fuel_price=2.0)
    orders = tuple(Job(f"job {job + 1}", due=int(random.integers(8, 25)), weight=1.5) for job in range(jobs))
    return Problem(f"powered {seed}", orders, tuple(operations), shops, tuple(links), energy=energy)


@pytest.mark.parametrize("seed", range(8))
def test_the_energy_of_a_schedule_is_counted_alike_by_search_validator_and_cp_sat(seed: int) -> None:
    problem = powered(seed)
    proof = solve_exactly(problem, ENERGY, 120.0, threads=1)
    search = ListSearch(problem, ENERGY, seed, -np.inf, np.inf, 200, 1)
    schedules = [proof.schedule, search.run()]
    for schedule in schedules:
        parts = parts_of(problem, schedule)
        assert validate(problem, schedule, parts) == []
        assert audit(problem, schedule) == pytest.approx(parts)
    assert proof.bound <= parts_of(problem, proof.schedule)[ENERGY] + 1e-6
    again = replace(
        problem,
        frozen=tuple(
            Frozen(i, int(m), int(s)) for i, (m, s) in enumerate(zip(*schedule_arrays(schedules[1]), strict=True))
        ),
    )
    fixed = solve_exactly(again, ENERGY, 120.0, threads=1)
    assert fixed.bound == pytest.approx(parts_of(problem, schedules[1])[ENERGY], abs=1e-3)
    assert search.trace[-1][1] == pytest.approx(
        parts_of(problem, schedules[1])[ENERGY] + 1e-6 * schedules[1].end.max(), abs=1e-6
    )


def schedule_arrays(schedule: Schedule):
    return schedule.mode, schedule.start


@pytest.mark.parametrize("seed", range(6))
def test_the_least_energy_of_each_operation_alone_is_below_the_optimum(seed: int) -> None:
    problem = powered(seed)
    best = solve_exactly(problem, ENERGY, 120.0, threads=1)
    assert least_energy_cost(problem) <= best.bound + 1e-6


def test_one_operation_is_moved_to_the_cheapest_hours_and_paid_for_negative_prices() -> None:
    problem = Problem(
        "night",
        (Job("a"),),
        (Operation(0, (Mode(0, 4, power=100.0),)),),
        (Machine("furnace"),),
        energy=tariff(0.3, 0.1, -0.2, 0.4),
    )
    plan = solve(problem, ENERGY, time_limit=5.0, threads=1)
    costs = [100.0 * sum(QUARTER * price(problem, t) for t in range(s, s + 4)) for s in range(30)]
    assert plan.value == pytest.approx(min(costs)) == pytest.approx(-20.0)
    assert plan.optimal


def price(problem: Problem, time: int) -> float:
    return problem.energy.prices[max(k for k, begin in enumerate(problem.energy.begins) if begin <= time)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1, 1, allow_nan=False), min_size=1, max_size=6),
    st.integers(0, 40),
    st.integers(0, 15),
    st.integers(1, 7),
)
def test_a_price_between_two_times_is_the_sum_over_the_units(
    prices: list[float], start: int, length: int, every: int
) -> None:
    energy = tariff(*prices, every=every)
    problem = Problem("any", (Job("a"),), (Operation(0, (Mode(0, 1),)),), (Machine("m"),), energy=energy)
    expected = sum(QUARTER * price(problem, t) for t in range(start, start + length))
    assert energy.between(start, start + length) == pytest.approx(expected, abs=1e-9)


def test_solve_finds_the_proven_least_energy_within_a_limit_on_the_end() -> None:
    problem = powered(3, jobs=2)
    fastest = solve_exactly(problem, MAKESPAN, 120.0, threads=1).bound
    goal = Objective("cheap in time", {ENERGY: 1.0}, {MAKESPAN: fastest + 3})
    proof = solve_exactly(problem, goal, 120.0, threads=1)
    solve(problem, goal, time_limit=None, step_limit=10)
    plan = solve(problem, goal, time_limit=6.0, threads=1)
    assert plan.parts[MAKESPAN] <= fastest + 3
    assert plan.excess == {}
    assert plan.value == pytest.approx(proof.bound, abs=1e-3)


def test_a_limit_that_no_plan_keeps_is_told_and_nothing_is_called_optimal() -> None:
    problem = powered(1, jobs=2)
    plan = solve(problem, Objective("too short", {ENERGY: 1.0}, {MAKESPAN: 3}), time_limit=None, step_limit=50)
    assert plan.excess[MAKESPAN] == plan.parts[MAKESPAN] - 3 > 0
    assert not plan.optimal
    assert plan.lower_bound is None


def test_money_is_every_priced_part_at_the_prices_of_the_book() -> None:
    book = CostBook.of(
        "EUR",
        Price("tardiness", 30.0, "h", "EUR"),
        Price("setup", 120.0, "h", "EUR"),
        Price("production", 50.0, "h", "EUR"),
        Price("electricity", 200.0, "MWh", "EUR"),
        Price("natural gas", 0.9, "m^3", "EUR"),
    )
    energy = Energy.of(book, QUARTER, fuel="natural gas", fuel_unit="m^3")
    assert (energy.prices, energy.fuel_price, energy.currency) == ((0.2,), 0.9, "EUR")
    problem = replace(powered(2), energy=energy)
    plan = solve(problem, money(problem, book), time_limit=None, step_limit=300)
    parts = plan.parts
    expected = QUARTER * (30 * parts[TARDINESS] + 120 * parts[SETUP] + 50 * parts[MAKESPAN]) + parts[ENERGY]
    assert plan.objective == MONEY
    assert plan.value == pytest.approx(expected)
    with pytest.raises(CurrencyMismatch):
        money(problem, CostBook.of("USD", Price("tardiness", 1.0, "h", "USD")))


@pytest.mark.parametrize("seed", range(3))
def test_a_weighted_sum_is_solved_to_the_value_that_cp_sat_proves(seed: int) -> None:
    problem = powered(seed, jobs=2)
    goal = Objective("mix", {MAKESPAN: 0.7, TARDINESS: 1.3, SETUP: 0.25, ENERGY: 2.0})
    proof = solve_exactly(problem, goal, 120.0, threads=1)
    value = goal.value(parts_of(problem, proof.schedule))
    assert value == pytest.approx(proof.bound, abs=1e-2)
    found = ListSearch(problem, goal, 0, -np.inf, np.inf, 6_000, 1).run()
    assert goal.value(parts_of(problem, found)) >= proof.bound - 1e-6


def test_without_prices_energy_cannot_be_minimised() -> None:
    problem = replace(powered(0), energy=None)
    with pytest.raises(BadInput, match="tariff"):
        solve(problem, ENERGY, time_limit=1.0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"energy": Energy(0.25, (0, 5), (0.1,))}, "a price for each time"),
        ({"energy": Energy(0.25, (3,), (0.1,))}, "from time 0"),
        ({"energy": Energy(0.25, (0, 5, 5), (0.1, 0.2, 0.3))}, "ascending"),
        ({"energy": Energy(0.0)}, "above 0"),
        ({"energy": Energy(0.25, (0,), (float("nan"),))}, "finite"),
        ({"energy": Energy(0.25, (0, 5), (0.1, -0.1))}, "earn for ever"),
        ({"machines": (Machine("m", setup_power=-1.0),)}, "setup_power"),
        ({"machines": (Machine("m", setup_fuel=np.array([[-1.0]])),)}, r"setup_fuel\[0\]\[0\]"),
        ({"machines": (Machine("m", setup_fuel=np.zeros((0, 0))),)}, "missing rows"),
        ({"operations": (Operation(0, (Mode(0, 5, power=float("inf")),)),)}, "power"),
    ],
)
def test_energy_that_cannot_be_is_refused(change: dict, word: str) -> None:
    parts = {
        "jobs": (Job("a"),),
        "operations": (Operation(0, (Mode(0, 5),)),),
        "machines": (Machine("m", idle_power=1.0),),
    } | change
    with pytest.raises(BadInput, match=word):
        Problem("wrong", **parts)


def test_an_objective_without_sense_is_refused() -> None:
    for weights, limits in (
        ({"profit": 1.0}, {}),
        ({MAKESPAN: -1.0}, {}),
        ({MAKESPAN: 0.0}, {}),
        ({MAKESPAN: 1.0}, {TARDINESS: -1.0}),
    ):
        with pytest.raises(BadInput):
            Objective("wrong", weights, limits)


def test_parts_that_are_not_true_are_found_by_the_validator() -> None:
    problem = powered(0)
    schedule = solve(problem, ENERGY, time_limit=None, step_limit=50).schedule
    parts = parts_of(problem, schedule)
    for part in parts:
        wrong = {**parts, part: parts[part] + 1}
        assert {violation.rule for violation in validate(problem, schedule, wrong)} == {"parts"}


def test_every_schedule_of_two_short_operations_costs_what_its_minutes_cost() -> None:
    machine = Machine("press", closed=((6, 7),), setup=np.array([[0, 2], [1, 0]]), setup_power=7.0, idle_power=3.0)
    operations = (Operation(0, (Mode(0, 2, power=10.0),)), Operation(1, (Mode(0, 3, power=20.0),), setup_class=1))
    problem = Problem("press", (Job("a"), Job("b")), operations, (machine,), energy=tariff(0.3, -0.1, 0.2, every=4))
    for a, b in product(range(12), range(12)):
        schedule = Schedule.of(problem, np.zeros(2, dtype=int), np.array([a, b]))
        if validate(problem, schedule):
            continue
        first, second, setup = (2, 3, 2) if a < b else (3, 2, 1)
        begin, follow = (a, b) if a < b else (b, a)
        cost = 0.0
        for t in range(begin, follow + second):
            running = begin <= t < begin + first or t >= follow
            power = (10.0 if (t < begin + first) == (a < b) else 20.0) if running else 3.0
            if follow - setup <= t < follow:
                power = 7.0
            elif not running and t == 6:
                power = 0.0
            cost += power * QUARTER * price(problem, t)
        assert parts_of(problem, schedule)[ENERGY] == pytest.approx(cost)
