"""An estimate with its interval, the currency of every statement in a proof."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class InputUncertainty:
    """How much of an interval comes from inputs of the twin that are not known exactly."""

    draws: int
    """Draws of the inputs in the trials, such as plants learnt from resampled records."""
    share: float
    """Share of the interval's variance that comes from the inputs, 0 to 1; the rest is chance in the trials."""
    known: float
    """Half-width that the same trials would have if the inputs were known exactly."""

    def left(self, half_width: float) -> float:
        """Half-width that endless trials of the same draws would leave of an interval."""
        return half_width * math.sqrt(self.share)


@dataclass(frozen=True)
class Estimate:
    """A mean with a confidence interval."""

    mean: float
    lower: float
    upper: float
    confidence: float
    """Probability that the interval covers the true mean, 0.95 = 95 %."""
    method: str
    """How the interval was made, in words."""
    standard_error: float
    """Of the mean."""
    degrees: float
    """Degrees of freedom behind the standard error; infinity where it is taken as known."""
    units: int
    """Number of independent units (trials, batches, clusters) behind it."""
    skewness: float = 0.0
    """Sample skewness of the units."""
    fewest: int = 5
    """Units below which no statement is made, whatever the interval."""
    inputs: InputUncertainty | None = None
    """Where the trials were spread over draws of uncertain inputs."""

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.upper - self.lower) / 2

    def scaled(self, factor: float) -> Estimate:
        """The same statement in another unit, for example per year instead of per trial (factor > 0)."""
        return replace(
            self,
            mean=self.mean * factor,
            lower=self.lower * factor,
            upper=self.upper * factor,
            standard_error=self.standard_error * factor,
            inputs=None if self.inputs is None else replace(self.inputs, known=self.inputs.known * factor),
        )

    def around(self, lower: float, upper: float, method: str) -> Estimate:
        """The same mean with other limits."""
        return replace(self, lower=lower, upper=upper, method=method)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; limits that are not finite become null."""
        document: dict[str, Any] = {
            "mean": self.mean,
            "lower": finite(self.lower),
            "upper": finite(self.upper),
            "confidence": self.confidence,
            "method": self.method,
        }
        if self.inputs is not None:
            left = finite(self.inputs.left(self.half_width))
            document["inputs"] = {**vars(self.inputs), "known": finite(self.inputs.known), "left": left}
        return document


def percent(share: float, places: int = 0) -> str:
    """A share as people write it: 0.951 is 95 %."""
    return f"{100 * share:.{places}f} %"


def finite(value: float) -> float | None:
    """The value, or None where JSON has no word for it."""
    return float(value) if math.isfinite(value) else None
