"""Quantities as people write them: a number and its unit, such as `4 min` or `12 kW`."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any, Literal

from danao.core.errors import BadInput

Kind = Literal["time", "power", "length", "speed", "temperature", "heating rate", "number of pieces"]

_UNITS: dict[Kind, dict[str, Fraction]] = {
    "time": {
        "h": Fraction(1),
        "min": Fraction(1, 60),
        "s": Fraction(1, 3600),
        "ms": Fraction(1, 3_600_000),
        "d": Fraction(24),
        "week": Fraction(168),
    },
    "power": {"kW": Fraction(1), "W": Fraction(1, 1000), "MW": Fraction(1000)},
    "length": {"m": Fraction(1), "cm": Fraction(1, 100), "mm": Fraction(1, 1000), "km": Fraction(1000)},
    "speed": {"m/h": Fraction(1), "m/min": Fraction(60), "m/s": Fraction(3600), "km/h": Fraction(1000)},
    "temperature": {"°C": Fraction(1)},
    "heating rate": {"°C/h": Fraction(1), "°C/min": Fraction(60), "°C/s": Fraction(3600)},
    "number of pieces": {"pieces": Fraction(1)},
}
"""Hours, kW, m, m/h, °C and °C/h in one of each unit; the first is the one that the engines count in."""

_SPELLINGS = {
    "hour": "h",
    "hours": "h",
    "minute": "min",
    "minutes": "min",
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "day": "d",
    "days": "d",
    "weeks": "week",
    "metre": "m",
    "metres": "m",
    "meter": "m",
    "meters": "m",
    "C": "°C",
    "℃": "°C",
    "degC": "°C",
    "K/h": "°C/h",
    "K/min": "°C/min",
    "K/s": "°C/s",
    "C/h": "°C/h",
    "C/min": "°C/min",
    "piece": "pieces",
}
_EXAMPLES: dict[Kind, str] = {
    "time": "4 min",
    "power": "12 kW",
    "length": "12 m",
    "speed": "1.2 m/s",
    "temperature": "1250 °C",
    "heating rate": "300 °C/h",
    "number of pieces": "500 pieces",
}
_WRITTEN = ("h", "min", "s", "kW", "W", "MW", "m", "m/min", "m/s", "°C", "°C/h", "°C/min", "pieces")
"""Units in which the shortest way to write a quantity is looked for."""
_QUANTITY = re.compile(
    r"\s*([+−-]?(?:\d[\d.,]*(?:[eE][+-]?\d+)?|\.\d+|\.?(?:nan|inf(?:inity)?)(?![a-z])))\s*(.*?)\s*", re.IGNORECASE
)


def example_of(kind: Kind) -> str:
    """A quantity of that kind as people write it."""
    return _EXAMPLES[kind]


def may_be_negative(kind: Kind) -> bool:
    """Whether a quantity of that kind can be below 0."""
    return kind == "temperature"


def pattern(kind: Kind, signed: bool = False) -> str:
    """Regular expression for JSON Schema: a number, and a unit of that kind.

    Args:
        kind: What is measured.
        signed: Whether it may be negative although others of its kind may not.
    """
    names = [*_UNITS[kind], *(long for long, short in _SPELLINGS.items() if short in _UNITS[kind])]
    sign = "[+−-]?" if signed or may_be_negative(kind) else r"\+?"
    return rf"^\s*{sign}([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*({'|'.join(names)})\s*$"


def quantity(value: Any, kind: Kind, signed: bool = False) -> float:
    """What a text such as `4 min` amounts to, correctly rounded.

    Args:
        value: What stands in the file.
        kind: What is expected.
        signed: Whether it may be negative although others of its kind may not.

    Returns:
        Hours, kW, m, m/h, °C, °C/h or pieces.

    Raises:
        BadInput: No unit, a unit of another kind or an unknown one, a number that is negative, not finite or written
            with a decimal comma. Its `where` is empty: the caller knows the place.
    """
    example = example_of(kind)
    match = _QUANTITY.fullmatch(value if isinstance(value, str) else _plain(value))
    if match is None:
        raise BadInput("", _shown(value), f"Expected a {kind} such as {example}", "Write a number and its unit")
    digits, unit = match[1].replace("−", "-"), match[2]
    if "," in digits:
        better = f"{digits.replace('.', '').replace(',', '.', 1)} {unit}".strip()
        raise BadInput(
            "", f"{value!r}, written with a comma", "Expected a decimal point", f"Write, for example, {better}"
        )
    if not unit:
        ways = [f"{digits} {name}" for name in list(_UNITS[kind])[:3]]
        better = f"{', '.join(ways[:-1])} or {ways[-1]}" if len(ways) > 1 else ways[0]
        raise BadInput("", f"{digits} without a unit", f"Expected a {kind} with its unit", f"Write {better}")
    number = _number(digits, value, kind)
    factor = _factor(unit, value, kind)
    if number < 0 and not (signed or may_be_negative(kind)):
        raise BadInput("", _shown(value), f"A {kind} cannot be negative", "Correct the value")
    if number == 0:
        return 0.0
    try:
        return float(Fraction(digits) * factor)
    except OverflowError:
        raise BadInput("", _shown(value), "Expected a finite number", "Correct the value") from None


def unit_factor(unit: str, kind: Kind = "time") -> Fraction:
    """Hours, or whatever the engines count in, in one of a unit.

    Raises:
        BadInput: No unit of that kind.
    """
    return _factor(unit, unit, kind)


def written(value: float, kind: Kind, signed: bool = False) -> str:
    """The shortest text that `quantity` reads back as exactly this value.

    Args:
        value: In the first unit of its kind.
        kind: What is measured.
        signed: Whether it may be negative although others of its kind may not.

    Raises:
        BadInput: Negative or not finite; its `where` is empty.
    """
    found = [(repr(value), next(iter(_UNITS[kind])))]
    for unit, factor in _UNITS[kind].items():
        text = f"{value / float(factor):.10g}"
        if unit in _WRITTEN and quantity(f"{text} {unit}", kind, signed) == value:
            found.append((text, unit))
    digits, unit = min(found, key=lambda one: len(one[0]))
    return f"{digits} {unit}"


def _number(digits: str, value: Any, kind: Kind) -> float:
    try:
        number = float(digits.replace(".nan", "nan").replace(".inf", "inf"))
    except ValueError:
        raise BadInput(
            "", _shown(value), f"Expected a {kind} such as {_EXAMPLES[kind]}", "Write a number and its unit"
        ) from None
    if not math.isfinite(number):
        raise BadInput("", _shown(value), "Expected a finite number", "Correct the value")
    return number


def _factor(unit: str, value: Any, kind: Kind) -> Fraction:
    name = _SPELLINGS.get(unit, unit)
    if name in _UNITS[kind]:
        return _UNITS[kind][name]
    for other, units in _UNITS.items():
        if name in units:
            raise BadInput(
                "", f"{_shown(value)} is a {other}", f"Expected a {kind} such as {_EXAMPLES[kind]}", "Correct the unit"
            )
    raise BadInput(
        "",
        f"{_shown(value)}: {unit!r} is no unit of {kind}",
        f"Expected one of: {', '.join(_UNITS[kind])}",
        "Correct the unit",
    )


def _plain(value: Any) -> str:
    return repr(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "keys and values"
    return str(value)
