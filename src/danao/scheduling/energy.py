"""What energy costs: a price of power that is constant between its steps, and fuel by the amount.

Power is drawn by operations (`Mode.power`) and by machines in a state: set up (`Machine.setup_power`), idle between the
first and the last operation while the machine is open (`Machine.idle_power`), off before, after and while it is closed.
Fuel is burnt by operations (`Mode.fuel`) and between neighbours (`Machine.setup_fuel`). Prices may be negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from danao.core.costbook import CostBook

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

POWER = "electricity"
"""Item of the cost book that prices a kWh where there is no tariff."""


@dataclass(frozen=True)
class Energy:
    """Prices of energy over the time of a plan."""

    unit_hours: float
    """h in one time unit of the problem."""
    begins: tuple[int, ...] = (0,)
    """Time units at which each price of power begins; the first is 0, the last price goes on for ever."""
    prices: tuple[float, ...] = (0.0,)
    """Money per kWh, by step."""
    fuel_price: float = 0.0
    """Money per unit of fuel."""
    fuel: str = "fuel"
    """Name of the fuel, for people."""
    currency: str = ""
    """ISO 4217, for people; where it is given, it must be that of the cost book."""

    @staticmethod
    def of(
        book: CostBook,
        unit_hours: float,
        steps: Sequence[tuple[int, float]] = (),
        fuel: str = "",
        fuel_unit: str = "",
    ) -> Energy:
        """Prices from a cost book.

        Args:
            book: Prices `electricity` where `steps` is empty, and the fuel where one is named.
            unit_hours: h in one time unit.
            steps: Pairs of a time and the price of a kWh from then on.
            fuel: Item of the book.
            fuel_unit: Unit that the amounts of fuel in the problem have.

        Raises:
            UnpricedItem: The book does not price an item that is needed.
        """
        price = 0.0 if not fuel else -float(book.money(fuel, 1.0, fuel_unit))
        if not steps:
            flat = -float(book.money(POWER, 1.0, "kWh")) if POWER in book.prices else 0.0
            return Energy(unit_hours, (0,), (flat,), price, fuel or "fuel", book.currency)
        begins, prices = zip(*steps, strict=True)
        return Energy(unit_hours, tuple(begins), tuple(prices), price, fuel or "fuel", book.currency)

    @cached_property
    def sums(self) -> Floats:
        """(steps,) money that 1 kW costs from time 0 to the beginning of each step."""
        lengths = np.diff(np.array(self.begins, dtype=np.float64))
        return np.concatenate(([0.0], np.cumsum(lengths * np.array(self.prices[:-1]) * self.unit_hours)))

    @cached_property
    def rates(self) -> Floats:
        """(steps,) money that 1 kW costs in one time unit."""
        return np.array(self.prices) * self.unit_hours

    def until(self, times: Integers) -> Floats:
        """Money that 1 kW costs from time 0 to each time."""
        begins = np.array(self.begins, dtype=np.int64)
        step = np.searchsorted(begins, times, side="right") - 1
        return self.sums[step] + self.rates[step] * (np.asarray(times) - begins[step])

    def between(self, start: int, end: int) -> float:
        """Money that 1 kW costs from a start to an end."""
        first, last = self.until(np.array([start, end], dtype=np.int64))
        return float(last - first)

    def open_between(self, start: int, end: int, closed: Sequence[tuple[int, int]]) -> float:
        """The same without the time in closed windows."""
        shut = sum(self.between(max(a, start), min(b, end)) for a, b in closed if a < end and b > start)
        return self.between(start, end) - shut
