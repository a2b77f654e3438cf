"""What the tables of a plant call each other by: numbers of stations, products, skills; collected distributions."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from danao.plant.distribution import Distribution, Family
from danao.plant.model import Plant
from danao.twin import world


class Numbers:
    """The numbers of everything that has a name in a plant, and lists that several tables point into."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.station_number = {station.name: number for number, station in enumerate(plant.stations)}
        self.product_number = {product.name: number for number, product in enumerate(plant.products)}
        self.calendar_number = {calendar.name: number for number, calendar in enumerate(plant.calendars)}
        self.classes = setup_classes(plant)
        self.distributions = Distributions()
        self.skill_number: dict[str, int] = {}
        self.materials: list[tuple[int, int]] = []
        self.batch_classes: dict[tuple[int, str], int] = {}
        self.users: list[int] = []
        self.mixes: list[tuple[int, float]] = []
        names = [name for source in plant.sources for name in ([source.name] if source.name else source.made)]
        self.flows = tuple(dict.fromkeys([*names, *self.product_number]))
        for pool in plant.pools:
            for skill in pool.skills or (pool.name,):
                self.skill_number.setdefault(skill, len(self.skill_number))


class Distributions:
    """Collects each distribution once, with its parameters as the loop wants them."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, float, float]] = []
        self.values: list[float] = []
        self._known: dict[Distribution, int] = {}

    def number(self, distribution: Distribution) -> int:
        """The row of a distribution."""
        if distribution not in self._known:
            self._known[distribution] = len(self.rows)
            self.rows.append((list(Family).index(distribution.family), *self._parameters(distribution)))
        return self._known[distribution]

    def table(self) -> world.Records:
        """All rows."""
        return rows(world.DISTRIBUTION, self.rows)

    def _parameters(self, distribution: Distribution) -> tuple[float, float, float]:
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


def setup_classes(plant: Plant) -> tuple[str, ...]:
    """Names of the setup classes; class 0 is none."""
    names = {segment.setup_class for product in plant.products for segment in product.route if segment.setup_class}
    names |= {name for station in plant.stations for pair in station.setup for name in pair}
    names |= {name for station in plant.stations for name in station.setup_runs}
    return ("", *sorted(names - {"*"}))


def rows(dtype: np.dtype[np.void], rows: Iterable[tuple[float, ...]]) -> world.Records:
    """A table from tuples."""
    return np.array(list(rows), dtype=dtype)
