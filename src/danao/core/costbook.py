"""The cost book: turns physical quantities into money, once, for planner, twin and proof alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from danao.core.errors import BadInput, CurrencyMismatch, UnpricedItem
from danao.core.outcomes import Column
from danao.core.tables import read_csv


@dataclass(frozen=True)
class Price:
    """What one unit of an item is worth.

    Raises:
        BadInput: A negative spread or a unit that is not known.
    """

    item: str
    amount: float
    """Money per `unit`; may be negative (power prices are, at times)."""
    unit: str
    """The unit that the amount is for, for example `MWh`, `h`, `m^3`, `piece`."""
    currency: str
    """ISO 4217."""
    kind: Literal["income", "cost"] = "cost"
    spread: float = 0.0
    """Relative standard deviation of the price over the life of the investment (0.1 = 10 %)."""
    source: str = ""
    """Where the price comes from: contract, tariff, invoice, with its date."""

    def __post_init__(self) -> None:
        if self.spread < 0:
            raise BadInput(f"price of {self.item}", f"spread {self.spread}", "Expected 0 or more", "Correct the spread")
        unit_of(self.unit, f"price of {self.item}")


@dataclass(frozen=True)
class CostBook:
    """All prices of a case, in one currency.

    Raises:
        CurrencyMismatch: A price is in another currency than the book.
    """

    currency: str
    prices: Mapping[str, Price] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for price in self.prices.values():
            if price.currency != self.currency:
                raise CurrencyMismatch(
                    f"cost book, item {price.item}",
                    f"priced in {price.currency}",
                    f"Expected {self.currency}, the currency of the book",
                    "Convert the price; Danao never converts currencies by itself",
                )

    @classmethod
    def of(cls, currency: str, *prices: Price) -> CostBook:
        """A cost book from prices in one currency."""
        return cls(currency, {price.item: price for price in prices})

    @classmethod
    def read(cls, path: Path, currency: str) -> CostBook:
        """A cost book from a CSV table: item, amount, unit, currency and optionally kind, spread, source.

        Raises:
            BadInput: A cell cannot be used (file and line are named), or an item is priced twice.
            CurrencyMismatch: A row is in another currency than the case.
        """
        prices: dict[str, Price] = {}
        for row in read_csv(path, ["item", "amount", "unit", "currency"]):
            item = row.text("item")
            if item in prices:
                raise BadInput(row.where, f"{item} is priced twice", "Expected one price an item", "Remove one row")
            found = row.text("currency")
            if found != currency:
                raise CurrencyMismatch(
                    row.where,
                    f"{item} is priced in {found}",
                    f"Expected {currency}, the currency of the case",
                    "Convert the price; Danao never converts currencies by itself",
                )
            kind = row.values.get("kind", "").strip() or "cost"
            if kind not in ("income", "cost"):
                raise BadInput(row.where, f"kind is {kind!r}", "Expected income or cost", "Correct the cell")
            unit = row.text("unit")
            unit_of(unit, row.where)
            prices[item] = Price(
                item=item,
                amount=row.number("amount"),
                unit=unit,
                currency=found,
                kind="income" if kind == "income" else "cost",
                spread=row.number("spread", minimum=0) if row.values.get("spread", "").strip() else 0.0,
                source=row.values.get("source", "").strip(),
            )
        return cls(currency, prices)

    def money(self, item: str, quantity: ArrayLike, unit: str) -> Column:
        """The money that a quantity of an item is worth, income positive, cost negative.

        Args:
            item: Name of a priced item.
            quantity: Any shape.
            unit: Unit of the quantity; converted to the unit of the price.

        Raises:
            UnpricedItem: The book has no price for the item.
            BadInput: The unit cannot be converted into that of the price (kW is not kWh).
        """
        price = self.prices.get(item)
        if price is None:
            known = ", ".join(sorted(self.prices)) or "nothing"
            raise UnpricedItem(
                f"cost book ({self.currency})",
                f"{item} is used but not priced",
                f"Expected a price per {unit}; the book prices {known}",
                f"Add a row for {item}",
            )
        factor = _factor(unit, price.unit, f"cost book, item {item}")
        sign = 1.0 if price.kind == "income" else -1.0
        return sign * price.amount * factor * np.asarray(quantity, dtype=np.float64)


@cache
def _registry() -> Any:
    import pint

    registry = pint.UnitRegistry()
    for definition in ("piece = [piece] = pieces = part", "job = [job]", "trial = [trial]", "Nm3 = m**3"):
        registry.define(definition)
    return registry


def unit_of(text: str, where: str) -> Any:
    """The unit that a text names.

    Raises:
        BadInput: No such unit.
    """
    try:
        return _registry().Unit(text)
    except Exception:
        raise BadInput(
            where, f"unit {text!r} is not known", "Expected a unit such as kWh, m^3, h, t, piece", "Correct the unit"
        ) from None


@cache
def _factor(found: str, wanted: str, where: str) -> float:
    if found == wanted:
        return 1.0
    unit, target = unit_of(found, where), unit_of(wanted, where)
    if not unit.is_compatible_with(target):
        raise BadInput(
            where,
            f"a quantity in {found} cannot be priced per {wanted}",
            f"Expected a unit of {target.dimensionality}",
            "Correct the unit of the quantity or of the price",
        )
    return float((1 * unit).to(target).magnitude)
