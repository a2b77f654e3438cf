"""Numbers as people read them: thousands separators, few digits, a proper minus sign."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from danao.proof.estimate import Estimate

NBSP = "\u00a0"
MINUS = "\u2212"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


@dataclass(frozen=True)
class Shown:
    """A number as a person reads it, with the exact value behind it for machines."""

    value: float
    text: str

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        if not math.isfinite(self.value):
            return escape(self.text)
        return f'<data value="{float(self.value)!r}">{escape(self.text)}</data>'


def number(value: float, places: int | None = None, *, signed: bool = False) -> str:
    """A number with thousands separators and a proper minus sign.

    Args:
        value: Finite; anything else is shown as a dash.
        places: Decimals; negative rounds to tens, hundreds, ...; None shows 3 significant digits, and
            whole numbers in full.
        signed: Whether a gain carries a plus sign.
    """
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if places is None:
        places = max(0, significant(value))
    if size >= 1e15 or (value != 0 and (size < 1e-6 or places > 9)):
        mantissa, exponent = f"{size:.2e}".split("e")
        digits = f"{mantissa}{NBSP}×{NBSP}10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    else:
        digits = f"{round(size, places):,.{max(places, 0)}f}"
    if not any(digit in digits for digit in "123456789"):
        return digits
    return (MINUS if value < 0 else "+" if signed else "") + digits


def given(value: float) -> str:
    """A number that a person wrote, without digits they did not write."""
    return number(value, next((places for places in range(7) if math.isclose(value, round(value, places))), None))


def significant(value: float, digits: int = 3) -> int:
    """Decimals that show a value with so many significant digits; negative for large values, 0 for zero."""
    if value == 0 or not math.isfinite(value):
        return 0
    return digits - 1 - math.floor(math.log10(abs(value)))


def interval_places(value: float, lower: float, upper: float) -> int:
    """Decimals at which an interval is told to two digits and nothing that differs from 0 is shown as 0."""
    known = [each for each in (value, lower, upper) if math.isfinite(each) and each != 0]
    half = (upper - lower) / 2
    if not math.isfinite(half) or half == 0:
        return max(0, significant(value))
    places = significant(half, 2)
    while places < 12 and any(round(each, places) == 0 for each in known):
        places += 1
    return places


@dataclass(frozen=True)
class Triple:
    """A value and the limits of its interval, told with the same digits and, where large, in the same word."""

    value: float
    lower: float
    upper: float

    @staticmethod
    def of(estimate: Estimate) -> Triple:
        """The triple of an estimate."""
        return Triple(estimate.mean, estimate.lower, estimate.upper)

    @property
    def known(self) -> bool:
        """Whether there is an interval at all."""
        return math.isfinite(self.lower) and math.isfinite(self.upper)

    @property
    def scale(self) -> tuple[float, str]:
        """Factor and word for large numbers, such that none of the three is a tiny fraction of the word."""
        sizes = [abs(each) for each in (self.value, self.lower, self.upper) if each and math.isfinite(each)]
        for factor, word in _SCALES:
            if sizes and max(sizes) >= factor and min(sizes) >= factor / 100:
                return factor, word
        return 1.0, ""

    def told(self, value: float, *, signed: bool = False) -> str:
        """One of the three, without the word."""
        factor, _ = self.scale
        places = interval_places(self.value, self.lower, self.upper) + round(math.log10(factor))
        if factor > 1 and not (self.known and self.upper > self.lower):
            places = max(0, significant(value / factor))
        return number(value / factor, places, signed=signed)

    def unit(self, name: str) -> str:
        """The unit with the word before it, kept on one line."""
        return f"{self.scale[1]} {name}".strip().replace(" ", NBSP)

    def shown(self, unit: str, *, signed: bool = False) -> Shown:
        """The value with its unit."""
        return Shown(self.value, f"{self.told(self.value, signed=signed)}{NBSP}{self.unit(unit)}")

    def span(self, *, signed: bool = False) -> str:
        """The interval as `+1.2 to +3.4`, or the reason why there is none."""
        if not self.known:
            return "no interval: too few trials"
        if self.lower == self.upper:
            return "no spread left"
        return f"{self.told(self.lower, signed=signed)} to {self.told(self.upper, signed=signed)}"


def column_places(values: list[float]) -> int:
    """Decimals for a column: three significant digits of its largest value, at least 0."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    return max(0, significant(largest))


def cell(value: float, places: int, *, signed: bool = False) -> Shown:
    """A number of a column; where the column's decimals would show 0 for a value that is not 0, it gets its own."""
    vanishes = value != 0 and math.isfinite(value) and round(value, places) == 0
    return Shown(value, number(value, None if vanishes else places, signed=signed))


def percent(share: float, places: int | None = None) -> str:
    """A share as percentage, 0.08 as `8 %`."""
    value = 100 * share
    if places is None:
        places = 0 if value == round(value) or abs(value) >= 100 else 1
    return f"{number(value, places)}{NBSP}%"


def probability(share: float | None) -> str:
    """A simulated probability, never told as certain."""
    if share is None:
        return "not known"
    if share > 0.999:
        return f"more than 99.9{NBSP}%"
    if share < 0.001:
        return f"less than 0.1{NBSP}%"
    return percent(share, 1)
