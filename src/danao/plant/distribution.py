"""Distributions of times: the families, their parameters, their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from danao.core.errors import BadInput


class Family(StrEnum):
    """Families of distributions for times."""

    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    UNIFORM = "uniform"
    TRIANGULAR = "triangular"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    WEIBULL = "weibull"
    EMPIRICAL = "empirical"


@dataclass(frozen=True)
class Distribution:
    """A distribution of times in hours.

    Parameters by family: constant (value), exponential (mean), uniform (low, high), triangular (low, mode, high),
    normal (mean, standard deviation; negative draws become 0), lognormal (mean, standard deviation, of the value
    itself), gamma (mean, standard deviation), weibull (scale, shape), empirical (any number of observed values).

    Raises:
        BadInput: Wrong number of parameters, a value that is negative or not finite, or limits in the wrong order.
    """

    family: Family
    parameters: tuple[float, ...]

    def __post_init__(self) -> None:
        where = f"distribution {self.family}"
        counts = {"constant": 1, "exponential": 1, "triangular": 3}
        wanted = counts.get(self.family, 2)
        values = self.parameters
        if self.family is Family.EMPIRICAL:
            if not values:
                raise BadInput(where, "no observed values", "Expected at least one", "List the values")
        elif len(values) != wanted:
            raise BadInput(where, f"{len(values)} parameters", f"Expected {wanted}", "See the list of distributions")
        for value in values:
            if not math.isfinite(value) or value < 0:
                raise BadInput(where, f"{value:g} h", "Expected a finite time of 0 or more", "Correct the value")
        if self.family in (Family.UNIFORM, Family.TRIANGULAR) and list(values) != sorted(values):
            raise BadInput(where, f"limits {values} are not ascending", "Expected low <= high", "Swap them")
        if self.family in (Family.LOGNORMAL, Family.GAMMA, Family.WEIBULL) and values[0] <= 0:
            raise BadInput(where, f"{values[0]:g} h", "Expected a time above 0", "Correct the value")
        if self.family in (Family.GAMMA, Family.WEIBULL) and values[1] <= 0:
            raise BadInput(where, f"second parameter {values[1]:g}", "Expected a number above 0", "Correct the value")

    @property
    def mean(self) -> float:
        """Mean in hours (of the normal family before negative draws are cut off)."""
        values = self.parameters
        if self.family in (Family.UNIFORM, Family.TRIANGULAR, Family.EMPIRICAL):
            return sum(values) / len(values)
        if self.family is Family.WEIBULL:
            return values[0] * math.gamma(1 + 1 / values[1])
        return values[0]
