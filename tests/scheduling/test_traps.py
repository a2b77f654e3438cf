"""Traps of the field: inputs on which planners silently go wrong, each with what must be true or said."""

from dataclasses import replace

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling.causes import causes
from danao.scheduling.cp import solve_exactly
from danao.scheduling.energy import Energy
from danao.scheduling.model import Job, Link, Machine, Mode, Operation, Problem
from danao.scheduling.objectives import Objective
from danao.scheduling.readers import read_problem
from danao.scheduling.schedule import ENERGY, MAKESPAN, SETUP, TARDINESS, Schedule
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate

STEPS = {"time_limit": None, "step_limit": 1_500}


def press(setup: list[list[int]], first: list[int] | None = None) -> Problem:
    operations = tuple(Operation(i, (Mode(0, 5),), setup_class=i) for i in range(3))
    machine = Machine("press", setup=np.array(setup), first_setup=None if first is None else np.array(first))
    return Problem("press", tuple(Job(f"job {i}") for i in range(3)), operations, (machine,))


def test_setups_by_a_detour_may_be_shorter_than_the_direct_one() -> None:
    problem = press([[0, 1, 9], [9, 0, 1], [9, 9, 0]])
    for objective, best in ((MAKESPAN, 17), (SETUP, 2)):
        plan = solve(problem, objective, **STEPS)
        assert plan.value == best == solve_exactly(problem, objective, 120.0, threads=1).bound
        assert plan.schedule.orders(problem)[0] == [0, 1, 2]


def test_the_setup_before_the_first_job_counts_and_is_kept() -> None:
    problem = press([[0, 4, 4], [4, 0, 4], [4, 4, 0]], first=[9, 2, 7])
    plan = solve(problem, MAKESPAN, **STEPS)
    assert plan.schedule.orders(problem)[0][0] == 1
    assert plan.value == 2 + 5 + 4 + 5 + 4 + 5
    early = Schedule.of(problem, np.zeros(3, dtype=int), plan.schedule.start - 1)
    assert "machine" in {violation.rule for violation in validate(problem, early)}


@pytest.mark.parametrize("objective", [MAKESPAN, TARDINESS, ENERGY])
def test_operations_of_no_duration_and_jobs_that_return_are_planned(objective: str) -> None:
    steps = [(0, 3), (1, 0), (0, 2), (0, 0), (1, 4)]
    operations = tuple(Operation(0, (Mode(machine, length, power=9.0),)) for machine, length in steps)
    links = tuple(Link(i, i + 1) for i in range(4))
    machines = (Machine("saw"), Machine("mill"))
    problem = Problem("returns", (Job("a", due=5),), operations, machines, links, energy=Energy(1.0, prices=(0.1,)))
    plan = solve(problem, objective, **STEPS)
    assert validate(problem, plan.schedule, plan.parts) == []
    assert plan.value == pytest.approx({MAKESPAN: 9, TARDINESS: 4, ENERGY: 9 * 9.0 * 0.1}[objective])


def test_an_order_due_before_its_release_is_planned_late_and_told_why() -> None:
    problem = Problem("late", (Job("a", release=20, due=10),), (Operation(0, (Mode(0, 5),)),), (Machine("saw"),))
    plan = solve(problem, TARDINESS, **STEPS)
    assert plan.value == 15
    cause = causes(problem, plan.schedule)[0]
    assert cause.reason == "cannot be finished by 10 because it is released at 20"
    assert cause.remedies == ("release it earlier",)


@pytest.mark.parametrize("objective", [MAKESPAN, ENERGY])
def test_what_cannot_be_planned_is_never_called_optimal(objective: str) -> None:
    operations = (Operation(0, (Mode(0, 8),)), Operation(1, (Mode(0, 8),)))
    problem = Problem(
        "too short", (Job("a"), Job("b")), operations, (Machine("saw"),), horizon=12, energy=Energy(1.0, prices=(0.2,))
    )
    plan = solve(problem, objective, time_limit=2.0, threads=1)
    assert len(plan.unplanned) == 1
    assert not plan.optimal
    assert plan.lower_bound is None
    assert "before the end of the plan at 12" in plan.unplanned[0].reason


def test_a_hot_ladle_does_not_wait_for_cheap_power() -> None:
    operations = (Operation(0, (Mode(0, 4, power=10.0),)), Operation(0, (Mode(1, 4, power=500.0),)))
    problem = Problem(
        "ladle",
        (Job("heat"),),
        operations,
        (Machine("furnace"), Machine("caster")),
        (Link(0, 1, most=2),),
        energy=Energy(1.0, (0, 4, 40), (0.01, 1.0, 0.02)),
    )
    plan = solve(problem, ENERGY, time_limit=3.0, threads=1)
    assert plan.schedule.start[1] - plan.schedule.end[0] <= 2
    assert plan.optimal
    assert plan.value == pytest.approx(4 * 10 * 0.02 + 4 * 500 * 0.02)


def test_free_energy_is_not_assumed_and_costs_below_zero_are_possible() -> None:
    operation = Operation(0, (Mode(0, 4, power=10.0),))
    problem = Problem(
        "paid", (Job("a"),), (operation,), (Machine("saw"),), energy=Energy(1.0, (0, 10, 20), (0.3, -0.1, 0.3))
    )
    plan = solve(problem, Objective("cheap", {ENERGY: 1.0}, {MAKESPAN: 30}), time_limit=3.0, threads=1)
    assert plan.value == plan.lower_bound == pytest.approx(-4.0)
    assert plan.optimal
    with pytest.raises(BadInput, match="earn for ever"):
        replace(problem, machines=(Machine("saw", idle_power=1.0),), energy=Energy(1.0, prices=(-0.1,)))


def test_machines_counted_from_0_in_a_format_that_counts_from_1_are_refused(tmp_path) -> None:
    path = tmp_path / "shop.txt"
    path.write_text("1 2\n1 1 0 5\n")
    with pytest.raises(BadInput, match=r"shop.txt:2: a machine of operation 1 is 0"):
        read_problem(path, "fjsplib")
    path.write_text("2 2\n0 5 1 3\n1 4 -1 -1\n")
    assert len(read_problem(path, "jsplib").operations) == 3
