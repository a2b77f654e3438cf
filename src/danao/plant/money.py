"""Money as people write it: an amount, its currency and what it is for, such as `0.21 EUR/kWh`."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

from danao.core.errors import BadInput
from danao.plant.times import refusal

Per = Literal["", "/kWh", "/kW", "/h"]

_MONEY = re.compile(
    r"\s*([+−-]?[\d.,]+(?:[eE][+-]?\d+)?|[+-]?\.?(?:nan|inf))\s*([^\d\s/]*)\s*(/\s*\w+)?\s*", re.IGNORECASE
)


class Money(NamedTuple):
    """An amount and its currency."""

    amount: float
    currency: str
    """ISO 4217, such as EUR."""


def money(value: Any, per: Per) -> Money:
    """What a text such as `0.21 EUR/kWh` says.

    Args:
        value: What stands in the file.
        per: What the money is for: a kWh, a kW, an hour, or one piece of whatever it is (empty).

    Raises:
        BadInput: No currency, another unit behind the stroke, no finite number, or a decimal comma. Its `where` is
            empty: the caller knows the place.
    """
    example = f"12.5 EUR{per}"
    match = _MONEY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        found = "nothing" if value in (None, "") else str(value) if isinstance(value, str) else "no text"
        raise BadInput("", found, f"Expected money such as {example}", "Write an amount and its currency")
    digits, currency, stroke = match[1].replace("−", "-"), match[2], (match[3] or "").replace(" ", "")
    if "," in digits:
        better = f"{digits.replace('.', '').replace(',', '.', 1)} {currency}{stroke}"
        raise BadInput("", f"{value!r}, written with a comma", "Expected a decimal point", f"Write, perhaps, {better}")
    if not re.fullmatch("[A-Z]{3}", currency):
        found = f"{currency!r} is no currency" if currency else f"{digits} without a currency"
        raise BadInput("", found, "Expected three capitals as in ISO 4217, such as EUR", f"Write, perhaps, {example}")
    if stroke != per:
        raise BadInput(
            "", str(value), f"Expected money{per.replace('/', ' per ')}, such as {example}", "Correct the unit"
        )
    try:
        amount = float(digits.lstrip(".") if digits.lstrip("+-.")[:1].isalpha() else digits)
    except ValueError:
        raise BadInput("", str(value), f"Expected money such as {example}", "Correct the amount") from None
    if not math.isfinite(amount):
        raise BadInput("", str(value), "Expected a finite amount", "Correct the amount")
    return Money(amount, currency)


def money_written(amount: float, currency: str, per: Per) -> str:
    """The shortest text that `money` reads back as exactly this amount."""
    short = f"{amount:.10g}"
    return f"{short if float(short) == amount else repr(amount)} {currency}{per}"


def _read(per: Per) -> tuple[Any, ...]:
    def read(value: Any) -> Money:
        if isinstance(value, Money):
            return value
        try:
            return money(value, per)
        except BadInput as mistake:
            raise refusal(mistake) from None

    shape = rf"^\s*[+−-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*[A-Z]{{3}}\s*{per}\s*$"
    return BeforeValidator(read), WithJsonSchema({"type": "string", "pattern": shape, "examples": [f"12.5 EUR{per}"]})


Amount = Annotated[Money, *_read("")]
PerKilowattHour = Annotated[Money, *_read("/kWh")]
PerKilowatt = Annotated[Money, *_read("/kW")]
PerHour = Annotated[Money, *_read("/h")]
