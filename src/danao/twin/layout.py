"""The plant as flat tables for the compiled kernel: one row a station, machine, step, source; columns by number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danao.plant.model import DISPATCHING_RULES, Distribution, Family, Plant

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Stations, whole numbers. The second half changes while the twin runs.
FIRST, MACHINES, CAPACITY, RULE, FAILURE_CLOCK, UP, DOWN_TIME, SETUP_AT, SATURATED = range(9)
QUEUED, HEAD, TAIL, BLOCKED_HEAD, BLOCKED_TAIL, IDLE_MACHINES, EMPTY_DOWN = range(9, 16)
STATION_COLUMNS = 16

# Machines, whole numbers: all change while the twin runs but the station.
STATION, STATUS, PART, NEXT_BLOCKED, SETUP_CLASS, FAILURES = range(6)
MACHINE_COLUMNS = 6

# Machines, hours.
SINCE, LEFT, TO_FAILURE, IN_STATE = range(4)
IDLE, WORKING, BLOCKED, DOWN, SETUP = range(5)
"""States of a machine; the hours spent in each stand in the columns from IN_STATE on."""
MACHINE_HOURS = IN_STATE + 5

# Steps of all routes, one after the other.
STEP_STATION, STEP_TIME, STEP_CLASS, REWORK_TO, LAST = range(5)
STEP_COLUMNS = 5
SCRAP, REWORK = range(2)
"""Cumulative probabilities: scrapped below the first, reworked below the second."""

MEAN, REMAINING = range(2)

# Sources.
PRODUCT, GAPS, FIRST_GAP, PRIORITY, NUMBER = range(5)
SOURCE_COLUMNS = 5

# Parts.
STEP, NEXT, SOURCE, DRAWS = range(4)
PART_COLUMNS = 4
ENTERED, DUE, QUEUED_AT, WORK_LEFT = range(4)
PART_HOURS = 4

# Counts of a run, by product, and hours in the plant and of tardiness, summed over finished parts.
FINISHED, SCRAPPED, LATE, REWORKED = range(4)
COUNTS = 4
LEAD, TARDINESS = range(2)
SUMS = 2

CALENDAR, OPERATION = 1, 2


@dataclass(frozen=True)
class Layout:
    """A compiled plant. Everything but the random numbers of a replication."""

    plant: Plant
    stations: Integers
    """(stations, STATION_COLUMNS), as at the start."""
    machines: Integers
    """(machines, MACHINE_COLUMNS), as at the start."""
    steps: Integers
    """(steps, STEP_COLUMNS)."""
    chances: Floats
    """(steps, 2)."""
    work: Floats
    """(steps, 2) h of mean process time: of the step, and from it to the end of the route."""
    sources: Integers
    """(sources, SOURCE_COLUMNS), as at the start."""
    due_after: Floats
    """(sources,) h."""
    setups: Floats
    """Setup matrices of all stations that have one, row after row; `SETUP_AT` is where each begins."""
    classes: tuple[str, ...]
    """Names of the setup classes; class 0 is none."""
    first_step: Integers
    """(products,)."""
    kinds: Integers
    """(distributions,)."""
    parameters: Floats
    """(distributions, 3)."""
    values: Floats
    """Observed values of the empirical distributions."""

    @property
    def failing(self) -> bool:
        """Whether any machine fails."""
        return bool((self.stations[:, FAILURE_CLOCK] > 0).any())

    @property
    def clocks(self) -> int:
        """Clocks of the event calendar: two a machine where machines fail, else one; one a source."""
        return len(self.machines) * (2 if self.failing else 1) + len(self.sources)


def compile_plant(plant: Plant) -> Layout:
    """Lay a plant out in tables."""
    distributions = _Distributions()
    position = {station.name: number for number, station in enumerate(plant.stations)}
    classes = _setup_classes(plant)
    stations = np.zeros((len(plant.stations), STATION_COLUMNS), dtype=np.int64)
    machines: list[list[int]] = []
    setups: list[Floats] = []
    for number, station in enumerate(plant.stations):
        row = stations[number]
        row[FIRST], row[MACHINES] = len(machines), station.machines
        row[CAPACITY] = -1 if station.buffer is None else station.buffer
        row[RULE] = DISPATCHING_RULES.index(station.rule)
        row[[HEAD, TAIL, BLOCKED_HEAD, BLOCKED_TAIL, SETUP_AT, SATURATED]] = -1
        row[IDLE_MACHINES] = station.machines
        if station.failure is not None:
            row[FAILURE_CLOCK] = CALENDAR if station.failure.clock == "calendar" else OPERATION
            row[UP] = distributions.number(station.failure.up)
            row[DOWN_TIME] = distributions.number(station.failure.down)
        if station.setup:
            row[SETUP_AT] = sum(matrix.size for matrix in setups)
            setups.append(_setup_matrix(station.setup, classes))
        machines += [[number, IDLE, -1, -1, 0, 0] for _ in range(station.machines)]
    steps, chances, work, first_step = _routes(plant, position, classes, distributions)
    sources, due_after = _sources(plant, distributions)
    for number, source in enumerate(plant.sources):
        if source.gaps is None:
            entry = steps[first_step[sources[number, PRODUCT]], STEP_STATION]
            stations[entry, SATURATED] = number
    return Layout(
        plant,
        stations,
        np.array(machines, dtype=np.int64),
        steps,
        chances,
        work,
        sources,
        due_after,
        np.concatenate([matrix.ravel() for matrix in setups]) if setups else np.zeros(0),
        classes,
        first_step,
        np.array(distributions.kinds, dtype=np.int64),
        np.array(distributions.rows, dtype=np.float64).reshape(-1, 3),
        np.array(distributions.values or [0.0], dtype=np.float64),
    )


class _Distributions:
    """Collects each distribution once, with its parameters as the kernel wants them."""

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.rows: list[tuple[float, float, float]] = []
        self.values: list[float] = []
        self._known: dict[Distribution, int] = {}

    def number(self, distribution: Distribution) -> int:
        if distribution not in self._known:
            self._known[distribution] = len(self.kinds)
            self.kinds.append(list(Family).index(distribution.family))
            self.rows.append(self._row(distribution))
        return self._known[distribution]

    def _row(self, distribution: Distribution) -> tuple[float, float, float]:
        values, family = distribution.parameters, distribution.family
        if family is Family.LOGNORMAL:
            variance = math.log1p((values[1] / values[0]) ** 2)
            return math.log(values[0]) - variance / 2, math.sqrt(variance), 0.0
        if family is Family.GAMMA:
            return (values[0] / values[1]) ** 2, values[1] ** 2 / values[0], 0.0
        if family is Family.EMPIRICAL:
            start = len(self.values)
            self.values += values
            return float(start), float(len(values)), 0.0
        a, b, c = (*values, 0.0, 0.0)[:3]
        return a, b, c


def _setup_classes(plant: Plant) -> tuple[str, ...]:
    names = {segment.setup_class for product in plant.products for segment in product.route if segment.setup_class}
    names |= {name for station in plant.stations for pair in station.setup for name in pair}
    return ("", *sorted(names))


def _setup_matrix(setup: Mapping[tuple[str, str], float], classes: tuple[str, ...]) -> Floats:
    matrix = np.zeros((len(classes), len(classes)))
    for (before, after), hours in setup.items():
        matrix[classes.index(before), classes.index(after)] = hours
    return matrix


def _routes(
    plant: Plant, position: dict[str, int], classes: tuple[str, ...], distributions: _Distributions
) -> tuple[Integers, Floats, Floats, Integers]:
    steps: list[list[int]] = []
    chances, work, first = [], [], []
    for product in plant.products:
        start = len(steps)
        first.append(start)
        for number, segment in enumerate(product.route):
            last = number == len(product.route) - 1
            steps.append(
                [
                    position[segment.station],
                    distributions.number(segment.time),
                    classes.index(segment.setup_class),
                    start + segment.rework_to,
                    int(last),
                ]
            )
            chances.append([segment.scrap, segment.scrap + segment.rework])
            work.append([segment.time.mean, sum(later.time.mean for later in product.route[number:])])
    return (
        np.array(steps, dtype=np.int64),
        np.array(chances),
        np.array(work),
        np.array(first, dtype=np.int64),
    )


def _sources(plant: Plant, distributions: _Distributions) -> tuple[Integers, Floats]:
    names = [product.name for product in plant.products]
    rows, due = [], []
    for source in plant.sources:
        gaps = -1 if source.gaps is None else distributions.number(source.gaps)
        first = gaps if source.first is None else distributions.number(source.first)
        rows.append([names.index(source.product), gaps, first, source.priority, 0])
        due.append(source.due_after)
    return np.array(rows, dtype=np.int64), np.array(due)
