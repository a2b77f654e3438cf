"""Whatever engine plans a problem: it keeps each rule of it and counts each part of the objective, or refuses."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.scheduling.cp import solve_exactly
from danao.scheduling.energy import Energy
from danao.scheduling.model import NO_MACHINE, Batch, Frozen, Link, Mode, Operation, Problem, Resource, routed
from danao.scheduling.objectives import Objective
from danao.scheduling.schedule import ENERGY, MAKESPAN, SETUP, TARDINESS
from danao.scheduling.solve import solve
from danao.scheduling.validate import validate

Change = Callable[[Problem], Problem]

PRICES = Energy(1.0, (0, 12, 30), (0.5, 0.1, 0.4), fuel_price=1.0)


def shop(*, permutation: bool = False, no_wait: bool = False) -> Problem:
    """Three jobs with dates on two machines."""
    random = np.random.default_rng(5)
    routes = []
    for job in range(3):
        order = (1, 0) if job == 1 and not permutation else (0, 1)
        routes.append([[(machine, int(random.integers(3, 9)))] for machine in order])
    made = routed("shop", routes, 2, no_wait=no_wait, permutation=permutation)
    jobs = tuple(replace(job, due=8 + 4 * number) for number, job in enumerate(made.jobs))
    operations = tuple(
        replace(one, modes=(replace(one.modes[0], power=2.0 + one.job),), setup_class=one.job)
        for one in made.operations
    )
    return replace(made, jobs=jobs, operations=operations, energy=PRICES)


def project() -> Problem:
    """Six activities with one way each and people who are short."""
    made = shop()
    operations = tuple(Operation(one.job, (Mode(NO_MACHINE, 4 + one.job, {0: 1}),)) for one in made.operations)
    return replace(made, operations=operations, machines=(), resources=(Resource("fitters", 2),))


def with_machines(**features: object) -> Change:
    """The same rule for all machines."""
    return lambda problem: replace(problem, machines=tuple(replace(one, **features) for one in problem.machines))


def with_links(**features: object) -> Change:
    return lambda problem: replace(problem, links=tuple(replace(one, **features) for one in problem.links))


def with_use(capacity: int, renewable: bool) -> Change:
    """Every operation takes one of a further resource."""

    def change(problem: Problem) -> Problem:
        number = len(problem.resources)
        operations = tuple(
            replace(one, modes=tuple(replace(mode, uses={**mode.uses, number: 1}) for mode in one.modes))
            for one in problem.operations
        )
        resources = (*problem.resources, Resource("more", capacity, renewable))
        return replace(problem, operations=operations, resources=resources)

    return change


def with_operation(number: int, change: Callable[[Operation], Operation]) -> Change:
    return lambda problem: replace(
        problem, operations=tuple(change(one) if i == number else one for i, one in enumerate(problem.operations))
    )


def batched(problem: Problem) -> Problem:
    """Furnaces that need two pieces of a family; equal durations, so that two can run together."""
    operations = tuple(
        replace(one, family=0, modes=tuple(replace(mode, duration=5) for mode in one.modes))
        for one in problem.operations
    )
    machines = tuple(replace(one, batch=Batch(2)) for one in problem.machines)
    return replace(problem, operations=operations, machines=machines)


CLASSES = np.array([[0, 7, 1], [2, 0, 9], [6, 3, 0]])

RULES: Mapping[str, Change] = {
    "nothing more": lambda problem: problem,
    "a calendar": with_machines(closed=((4, 9), (15, 18))),
    "setups": with_machines(setup=CLASSES),
    "first setups": with_machines(setup=CLASSES, first_setup=np.array([9, 2, 5])),
    "fuel of setups": with_machines(setup=CLASSES, setup_fuel=CLASSES.astype(float)),
    "idle power": with_machines(idle_power=3.0),
    "batches": batched,
    "a horizon": lambda problem: replace(problem, horizon=20),
    "people": with_use(1, renewable=True),
    "material that runs out": with_use(4, renewable=False),
    "transport": lambda problem: replace(problem, transport=np.array([[0, 6], [5, 0]])[: len(problem.machines)]),
    "limited waits": with_links(most=3),
    "no waits": with_links(most=0),
    "lags": with_links(least=4),
    "overlaps": with_links(least=-6),
    "releases": lambda problem: replace(problem, jobs=tuple(replace(one, release=11) for one in problem.jobs)),
    "weights": lambda problem: replace(
        problem, jobs=tuple(replace(one, weight=1.0 + 3 * at) for at, one in enumerate(problem.jobs))
    ),
    "an earliest start": with_operation(2, lambda one: replace(one, earliest=17)),
    "a frozen start": lambda problem: replace(problem, frozen=(Frozen(0, 0, 13),)),
    "two modes": with_operation(3, lambda one: replace(one, modes=(*one.modes, Mode(NO_MACHINE, 2)))),
    "an operation without a machine": with_operation(1, lambda one: replace(one, modes=(Mode(NO_MACHINE, 3),))),
    "a step more without a machine": lambda problem: replace(
        problem,
        operations=(*problem.operations, Operation(0, (Mode(NO_MACHINE, 15),))),
        links=(*problem.links, Link(1, 6)),
    ),
    "a step that nothing precedes": lambda problem: replace(problem, links=problem.links[1:]),
    "a join": lambda problem: replace(problem, links=(*problem.links, Link(1, 5))),
    "one machine for two": with_links(same_machine=True),
}
BASES = {
    "job shop": shop,
    "flow shop": lambda: shop(permutation=True),
    "no-wait line": lambda: shop(permutation=True, no_wait=True),
    "project": project,
}
OBJECTIVES: Mapping[str, str | Objective] = {
    MAKESPAN: MAKESPAN,
    TARDINESS: TARDINESS,
    SETUP: SETUP,
    ENERGY: ENERGY,
    "weighted": Objective("weighted", {MAKESPAN: 1.0, TARDINESS: 0.5}, {}),
    "limited": Objective("limited", {ENERGY: 1.0}, {TARDINESS: 400.0}),
}


def changed(base: str, rule: str) -> Problem | None:
    """The problem; None where the model itself has no such problem, and says so."""
    try:
        return RULES[rule](BASES[base]())
    except BadInput:
        return None


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("base", BASES)
def test_an_engine_keeps_a_rule_or_refuses_it(base: str, rule: str) -> None:
    problem, refused = changed(base, rule), []
    for name, objective in OBJECTIVES.items():
        if problem is None:
            continue
        try:
            plan = solve(problem, objective, time_limit=None, step_limit=40)
        except BadInput:
            refused.append(name)
            continue
        assert validate(problem, plan.schedule, plan.parts) == [], name
        if plan.unplanned or plan.excess:
            continue
        proof = solve_exactly(problem, objective, 120.0, threads=1)
        assert not proof.infeasible, name
        assert plan.value >= proof.bound - 1e-4, name
    assert not refused or problem.permutation


def test_most_rules_can_be_given_to_every_kind_of_problem() -> None:
    given = [(base, rule) for base in BASES for rule in RULES if changed(base, rule) is not None]
    assert len(given) > 0.7 * len(BASES) * len(RULES)
    assert {base for base, _ in given} == set(BASES)
    assert {rule for _, rule in given} == set(RULES)
