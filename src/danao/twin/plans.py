"""A plan that the twin follows: which machine takes which order when, and when dispatching takes over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from danao.core.errors import BadInput
from danao.twin import world
from danao.twin.layout import Layout


@dataclass(frozen=True)
class PlannedStep:
    """One step of one order."""

    order: int
    """Number of the order in the plant, from 0."""
    step: int
    """Position in the route of its product, from 0."""
    machine: int
    """Machine of the step's station, from 0."""
    start: float
    """h on the clock of the twin."""


@dataclass(frozen=True)
class FollowedPlan:
    """What each machine does in which order.

    A machine takes the parts in the order of their planned starts. When something takes longer than planned, all that
    comes after it is shifted to the right and the sequence stays.
    """

    steps: tuple[PlannedStep, ...]
    """Every step of the orders that are planned; orders without any fill the gaps by the rule of each station."""
    early: bool = False
    """Whether a step may start before its planned start when part and machine are ready."""
    patience: float = math.inf
    """h: a part that is later than this goes to any machine of its station, and a machine whose next turn is later than
    this takes any part, by the rule of the station. Infinity: the sequence always stays."""


def use_plan(layout: Layout, plan: FollowedPlan) -> Layout:
    """The same plant, whose machines follow a plan.

    Raises:
        BadInput: The plan names an order, a step or a machine that is not there, has a step twice or leaves one out, or
            has a patience below 0.
    """
    where = f"plan for {layout.plant.name}"
    if not plan.patience >= 0:
        raise BadInput(where, f"patience {plan.patience:g} h", "Expected 0 h or more", "Correct the patience")
    first = _rows_of_orders(layout, plan, where)
    tables = layout.world
    turns = np.zeros(max(1, int(first[-1])), world.TURN)
    turns["next"] = -1
    lanes: dict[int, list[tuple[float, int]]] = {}
    places = _places(layout)
    for one in plan.steps:
        place = places[one.order]
        row = int(first[place]) + one.step
        machine = _machine(layout, one, where)
        turns[row]["machine"], turns[row]["start"] = machine, one.start
        lanes.setdefault(machine, []).append((one.start, row))
    machines, stations, run = tables.machines.copy(), tables.stations.copy(), tables.run.copy()
    machines["turn"] = -1
    for machine, lane in lanes.items():
        lane.sort()
        machines[machine]["turn"] = lane[0][1]
        for (_, row), (_, following) in pairwise(lane):
            turns[row]["next"] = following
        number = machines[machine]["station"]
        stations[number]["planned"] = stations[number]["batches"] = stations[number]["dedicates"] = 1
        stations[number]["plain"] = 0
    run["planned"], run["early"], run["patience"] = 1, int(plan.early), plan.patience
    changed = tables.replaced(turns=turns, turn_at=first, machines=machines, stations=stations, run=run)
    return replace(layout, world=changed, express=False)


def _places(layout: Layout) -> list[int]:
    """For each order of the plant, its number among the released ones."""
    orders = layout.plant.orders
    places = [0] * len(orders)
    for place, number in enumerate(sorted(range(len(orders)), key=lambda number: orders[number].release)):
        places[number] = place
    return places


def _rows_of_orders(layout: Layout, plan: FollowedPlan, where: str) -> world.Integers:
    """Row of the first turn of each order in the sequence of release, -1 where it is not planned; and the end."""
    plant = layout.plant
    found: dict[int, list[int]] = {}
    for one in plan.steps:
        if not 0 <= one.order < len(plant.orders):
            raise BadInput(
                where, f"order {one.order}", f"Expected 0 to {len(plant.orders) - 1}", "Plan the orders of the plant"
            )
        if not math.isfinite(one.start):
            raise BadInput(where, f"start {one.start:g} h", "Expected a time", "Correct the start")
        found.setdefault(one.order, []).append(one.step)
    for order, steps in found.items():
        _check_steps(sorted(steps), len(plant.product(plant.orders[order].product).route), order, where)
    first = np.full(len(plant.orders) + 1, -1, dtype=np.int64)
    row = 0
    for order, place in sorted(enumerate(_places(layout)), key=lambda pair: pair[1]):
        if order in found:
            first[place] = row
            row += len(found[order])
    first[-1] = row
    return first


def _check_steps(steps: Sequence[int], length: int, order: int, where: str) -> None:
    if list(steps) != list(range(length)):
        raise BadInput(
            where,
            f"steps {list(steps)} of order {order}",
            f"Expected each of 0 to {length - 1} once",
            "Plan all steps of an order, or none",
        )


def _machine(layout: Layout, one: PlannedStep, where: str) -> int:
    """Number of a planned machine in the tables."""
    plant = layout.plant
    name = plant.product(plant.orders[one.order].product).route[one.step].station
    number = next(number for number, station in enumerate(plant.stations) if station.name == name)
    count = plant.stations[number].machines
    if not 0 <= one.machine < count:
        raise BadInput(
            where, f"machine {one.machine} of {name}", f"Expected 0 to {count - 1}", "Name one of its machines"
        )
    return int(layout.world.stations[number]["first"]) + one.machine
