"""From a plant and its orders to a planning problem, and from the plan back to what the twin follows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from danao.core.errors import BadInput
from danao.planning.quantiles import quantile
from danao.plant.model import Limit, Plant, Segment, Station
from danao.plant.resources import Calendar
from danao.scheduling import Energy, Job, Link, Machine, Mode, Operation, Problem, Schedule
from danao.scheduling.model import Times
from danao.twin.plans import FollowedPlan, PlannedStep

MINUTE = 1 / 60
WEEK = 168.0
_ALMOST = 1e-6
"""Share of a time unit that is taken for rounding."""
_SPARE = 4.0
"""Closed hours are laid out over this many times the work of all orders."""


@dataclass(frozen=True)
class Bridge:
    """A planning problem that stands for the orders of a plant."""

    plant: Plant
    problem: Problem
    hours: float
    """Length of the problem's time unit."""
    steps: tuple[tuple[int, int], ...]
    """For each operation, the order (number in the plant) and the position in its route."""
    ignored: tuple[str, ...]
    """What the plant has and the plan does not see; the twin has it all the same."""

    def followed(self, schedule: Schedule, *, early: bool = False, patience: float = math.inf) -> FollowedPlan:
        """What the twin follows. A machine that has to be set up takes its part so much before the planned start.

        Args:
            schedule: Of `problem`; orders with a step that is not planned are left to the rules of the stations.
            early: Whether a step may start before its planned start.
            patience: h after which dispatching takes over.
        """
        setups = self._setups(schedule)
        missing = {self.steps[i][0] for i in np.flatnonzero(~schedule.planned)}
        return FollowedPlan(
            tuple(
                PlannedStep(order, step, int(schedule.mode[i]), (int(schedule.start[i]) - setups[i]) * self.hours)
                for i, (order, step) in enumerate(self.steps)
                if order not in missing
            ),
            early=early,
            patience=patience,
        )

    def _setups(self, schedule: Schedule) -> list[int]:
        """For each operation, time units of setup before it."""
        setups = [0] * len(self.steps)
        for machine, order in zip(self.problem.machines, schedule.orders(self.problem), strict=True):
            classes = [self.problem.operations[i].setup_class for i in order]
            if order and machine.first_setup is not None:
                setups[order[0]] = int(machine.first_setup[classes[0]])
            if machine.setup is not None:
                for (_, i), (before, after) in zip(pairwise(order), pairwise(classes), strict=True):
                    setups[i] = int(machine.setup[before, after])
        return setups


def bridge(plant: Plant, *, unit: float = MINUTE, at: float | None = None) -> Bridge:
    """The orders of a plant as a planning problem.

    Args:
        plant: With `orders`; its sources, breakdowns, scrap and people are left to the twin.
        unit: h of the problem's time unit; durations are rounded up to it.
        at: Quantile of the process times to plan with, between 0 and 1; None: their means.

    Raises:
        BadInput: There are no orders, the unit or the quantile is out of range, or a step works in batches, needs or
            yields other products, or overlaps with the next part, which a plan cannot say.
    """
    where = f"plan of {plant.name}"
    if not (math.isfinite(unit) and unit > 0):
        raise BadInput(where, f"time unit {unit:g} h", "Expected a time above 0", "For example: 1 minute")
    if not plant.orders:
        raise BadInput(
            where, "the plant has no orders", "Expected orders with product, release and due", "Add `orders`"
        )
    for product in plant.products:
        for segment in product.route:
            _check(segment, plant.station(segment.station), f"{where}: {product.name} at {segment.station}")
    classes = _classes(plant)
    first_machine = dict(
        zip(
            (station.name for station in plant.stations),
            np.cumsum([0, *(station.machines for station in plant.stations)]),
            strict=False,
        )
    )
    operations: list[Operation] = []
    links: list[Link] = []
    steps: list[tuple[int, int]] = []
    work = 0
    for number, order in enumerate(plant.orders):
        route = plant.product(order.product).route
        first = len(operations)
        for position, segment in enumerate(route):
            duration = _duration(segment, order.pieces, unit, at)
            work += duration
            station = plant.station(segment.station)
            power = station.energy.working - _always(station)
            modes = tuple(
                Mode(int(first_machine[station.name]) + k, duration, power=power) for k in range(station.machines)
            )
            operations.append(Operation(number, modes, setup_class=classes.index(segment.setup_class)))
            steps.append((number, position))
            links += _links(first, position, segment, unit)
    jobs = tuple(
        Job(
            order.name or f"order {number + 1}",
            release=_up(order.release, unit),
            due=int(order.due / unit + _ALMOST) if math.isfinite(order.due) else None,
        )
        for number, order in enumerate(plant.orders)
    )
    horizon = int(_SPARE * work) + max(job.release for job in jobs) + _up(WEEK, unit)
    machines = tuple(
        _machine(plant, station, k, classes, unit, horizon)
        for station in plant.stations
        for k in range(station.machines)
    )
    name = "min" if math.isclose(unit, MINUTE) else f"× {unit:g} h"
    problem = Problem(
        plant.name, jobs, tuple(operations), machines, tuple(links), unit=name, energy=_energy(plant, unit, horizon)
    )
    return Bridge(plant, problem, unit, tuple(steps), tuple(_ignored(plant)))


def _check(segment: Segment, station: Station, where: str) -> None:
    for what, found in (
        ("works in batches", (segment.batch or station.batch) is not None),
        ("needs other products", bool(segment.needs)),
        ("yields other products", bool(segment.yields)),
        ("overlaps with the next part (interval)", segment.interval is not None),
    ):
        if found:
            raise BadInput(
                where, f"the step {what}", "Expected one part after the other", "Leave this plant to dispatching rules"
            )


def _duration(segment: Segment, pieces: int, unit: float, at: float | None) -> int:
    hours = segment.time.mean if at is None else quantile(segment.time, at)
    return _up(hours * (pieces if segment.per == "piece" else 1), unit)


def _up(hours: float, unit: float) -> int:
    return max(0, math.ceil(hours / unit - _ALMOST))


def _links(first: int, position: int, segment: Segment, unit: float) -> Iterator[Link]:
    """What ties a step to the ones before it."""
    here = first + position
    same = segment.same_machine_as
    limit = segment.limit
    if position > 0:
        close = limit is not None and (limit.since is None or limit.since == position - 1)
        yield Link(here - 1, here, most=_most(limit, unit) if close else None, same_machine=same == position - 1)
    if limit is not None and limit.since is not None and limit.since < position - 1:
        yield Link(first + limit.since, here, most=_most(limit, unit), moves=False)
    if same is not None and same < position - 1:
        yield Link(first + same, here, moves=False, same_machine=True)


def _most(limit: Limit | None, unit: float) -> int | None:
    return None if limit is None else int(limit.hours / unit + _ALMOST)


def _classes(plant: Plant) -> list[str]:
    names = [segment.setup_class for product in plant.products for segment in product.route]
    named = [name for station in plant.stations for pair in station.setup for name in pair if name != "*"]
    return list(dict.fromkeys(["", *names, *named]))


def _machine(plant: Plant, station: Station, k: int, classes: list[str], unit: float, horizon: int) -> Machine:
    name = station.name if station.machines == 1 else f"{station.name} {k + 1}"
    closed: tuple[tuple[int, int], ...] = ()
    if station.calendar:
        calendar = next(one for one in plant.calendars if one.name == station.calendar)
        closed = tuple(_closed(calendar, unit, horizon))
    always, powers = _always(station), station.energy
    machine = Machine(
        name,
        closed,
        setup_power=max(0.0, powers.setup - always),
        idle_power=max(0.0, powers.idle - always) if powers.off_after else 0.0,
    )
    if not station.setup:
        return machine
    matrix = _matrix(station, classes, unit)
    return replace(machine, setup=matrix, first_setup=matrix[0])


def _always(station: Station) -> float:
    """kW that a machine draws in open hours whatever is planned; what a plan decides is the power above it.

    In the twin a machine idles from the first hour to the last, unless it is switched off.
    """
    return station.energy.idle if station.energy.off_after is None else station.energy.off


def _energy(plant: Plant, unit: float, horizon: int) -> Energy | None:
    """The tariff, week after week; behind the horizon its price outside the windows, and never less than nothing."""
    tariff = plant.tariff
    if tariff is None:
        return None
    weeks = math.ceil(horizon * unit / WEEK)
    changes = {0: tariff.price_at(0.0)}
    for hour in sorted({edge for start, end, _ in tariff.windows for edge in (start, end % WEEK)} | {0.0}):
        for week in range(weeks):
            changes[round((week * WEEK + hour) / unit)] = tariff.price_at(hour)
    changes[round(weeks * WEEK / unit)] = max(0.0, tariff.price)
    steps = sorted(changes.items())
    kept = [steps[0], *(after for before, after in pairwise(steps) if after[1] != before[1])]
    return Energy(
        unit,
        tuple(begin for begin, _ in kept),
        tuple(price for _, price in kept),
        currency=plant.worth.currency if plant.worth is not None else "",
    )


def _matrix(station: Station, classes: list[str], unit: float) -> Times:
    """(classes, classes) time units; a step without class takes none, and an exact pair goes before `*`."""
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for (before, after), hours in sorted(station.setup.items(), key=lambda item: item[0].count("*"), reverse=True):
        rows = slice(None) if before == "*" else classes.index(before)
        columns = slice(None) if after == "*" else classes.index(after)
        matrix[rows, columns] = _up(hours, unit)
    for place, name in enumerate(classes):
        matrix[place, place] = _up(station.setup.get((name, name), 0.0), unit)
    matrix[:, 0] = 0
    return matrix


def _closed(calendar: Calendar, unit: float, horizon: int) -> Iterator[tuple[int, int]]:
    """Closed windows [from, to), rounded outwards."""
    since, cycle = 0.0, 0
    while since < horizon * unit:
        for start, end in calendar.open:
            opens = start + cycle * calendar.cycle
            if opens > since:
                yield int(since / unit + _ALMOST), _up(opens, unit)
            since = end + cycle * calendar.cycle
        cycle += 1


def _ignored(plant: Plant) -> Iterator[str]:
    """What the plan does not see, in words."""
    steps = [segment for product in plant.products for segment in product.route]
    stations = plant.stations
    for what, found in (
        ("parts of sources", bool(plant.sources)),
        ("breakdowns and maintenance", any(one.failures or one.maintenance for one in stations)),
        ("people", any(one.needs for one in stations)),
        ("full buffers", any(one.buffer is not None for one in stations)),
        ("transport", bool(plant.transport)),
        ("scrap and rework", any(one.scrap or one.rework or one.detect for one in steps)),
        ("steps that not every part takes", any(one.share < 1 for one in steps)),
        ("heating", any(one.heat is not None for one in steps)),
        ("limits on the work in process", plant.limit is not None),
        ("the price of the highest power", plant.tariff is not None and plant.tariff.peak != 0),
        ("the price of work in process", plant.worth is not None and plant.worth.work_in_process != 0),
        ("switching idle machines off", any(one.energy.off_after is not None for one in stations)),
    ):
        if found:
            yield what
