"""How parts come into the plant of a plant file: sources, and orders inline or from a table."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, PrivateAttr, ValidationInfo, model_validator
from pydantic_core import CoreSchema

from danao.core.errors import BadInput
from danao.plant.model import Order, Source
from danao.plant.tables import hours
from danao.plant.times import Count, DistributionDocument, Hours, Moment, Name, Written, refusal, table_rows

Share = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A part of a mix, in proportion to the others."""


class SourceDocument(Written):
    """Where parts of a product come from."""

    product: Name | None = Field(None, description="Which product.", examples=["bracket"])
    products: dict[Name, Share] = Field(
        default_factory=dict,
        description="A mix instead of one product: {product: share}, in any proportion; each arrival is one of them.",
    )
    gaps: DistributionDocument | None = Field(None, description="Time between arrivals.")
    saturated: bool = Field(False, description="The first station is never starved; instead of gaps.")
    first: DistributionDocument | None = Field(None, description="Time of the first arrival; left out: one gap.")
    due_after: Hours | None = Field(None, description="Time after its arrival at which a part is due.")
    priority: int = Field(0, description="Larger is more urgent.")
    size: Count = Field(1, description="Parts that arrive together.")
    pieces: Count = Field(1, description="Pieces of one part, if parts are lots.")
    limit: Count | None = Field(
        None, description="CONWIP: parts of this source in the plant at most; the others wait outside."
    )
    name: Name | None = Field(None, description="To tell sources of one product apart.")
    calendar: Name | None = Field(None, description="Hours in which parts come, which gaps count; left out: always.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.product is None) == (not self.products):
            found = "neither product nor products" if self.product is None else "both product and products"
            raise refusal(BadInput("", found, "Expected exactly one of them", "Write, for example, product: bracket"))
        return self

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.saturated == (self.gaps is not None):
            found = "both gaps and saturated" if self.saturated else "neither gaps nor saturated: true"
            raise refusal(BadInput("", found, "Expected exactly one of them", "Write, for example, gaps: 5 min"))
        return self

    def source(self) -> Source:
        """As the engines know it."""
        return Source(
            product=self.product or "",
            gaps=None if self.gaps is None else self.gaps.distribution(),
            first=None if self.first is None else self.first.distribution(),
            due_after=math.inf if self.due_after is None else self.due_after,
            priority=self.priority,
            size=self.size,
            pieces=self.pieces,
            limit=self.limit,
            name=self.name or "",
            calendar=self.calendar or "",
            products=dict(self.products),
        )


class OrderDocument(Written):
    """One part to be released at a known time, or a recorded arrival."""

    product: Name = Field(description="Which product.", examples=["bracket"])
    release: Hours = Field(description="Time of the twin at which it comes.", examples=["8 h"])
    due: Moment | None = Field(None, description="Time of the twin at which it is due; left out: never.")
    priority: int = Field(0, description="Larger is more urgent.")
    pieces: Count = Field(1, description="Pieces, if the part is a lot.")
    name: Name | None = Field(None, description="Number or name of the order.")

    _row: str = PrivateAttr("")

    @property
    def row(self) -> str:
        """File and line of the table that it comes from; empty if it stands in the plant file."""
        return self._row

    def order(self) -> Order:
        """As the engines know it."""
        due = math.inf if self.due is None else self.due
        return Order(self.product, self.release, due, self.priority, self.pieces, self.name or "")


_REQUIRED = ("product", "release")
_OPTIONAL = ("due", "priority", "pieces", "name")


def _orders(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    orders, mistakes = list[OrderDocument](), list[BadInput]()
    seen: dict[tuple[str, ...], str] = {}
    for where, row in table_rows(info, value, _REQUIRED, _OPTIONAL):
        try:
            key = ("name", row["name"]) if row["name"] else tuple(row.values())
            if key in seen:
                found = f"order {row['name']} is" if row["name"] else "the same order without a name is"
                raise BadInput(
                    where, f"{found} in line {seen[key]} too", "Expected each order once", "Remove or rename one"
                )
            seen[key] = where.rsplit(":", 1)[1]
            orders.append(_order(where, row))
        except BadInput as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise refusal(*mistakes)
    return orders


def _order(where: str, row: dict[str, str]) -> OrderDocument:
    if not row["product"]:
        raise BadInput(where, "column product is empty", "Expected the name of a product", "Fill the cell")
    document = OrderDocument.model_construct(
        product=row["product"],
        release=hours(where, "release", row["release"], bare=True),
        due=hours(where, "due", row["due"], bare=True, signed=True) if row["due"] else None,
        priority=_whole(where, "priority", row["priority"], -(10**9)) if row["priority"] else 0,
        pieces=_whole(where, "pieces", row["pieces"], 1) if row["pieces"] else 1,
        name=row["name"] or None,
    )
    document._row = where
    return document


def _whole(where: str, column: str, cell: str, least: int) -> int:
    if not re.fullmatch(r"[+-]?\d{1,9}", cell):
        raise BadInput(f"{where}: {column}", cell, "Expected a whole number", "Correct the cell")
    if int(cell) < least:
        raise BadInput(f"{where}: {column}", cell, f"Expected {least} or more", "Correct the cell")
    return int(cell)


class _OrTable:
    """The JSON Schema of a list that may also be the name of a table."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        columns = f"CSV table with the columns {', '.join(_REQUIRED)} and, if wanted, {', '.join(_OPTIONAL)}."
        return {"anyOf": [{"type": "string", "description": columns}, handler(schema)]}


Orders = Annotated[list[OrderDocument], Field(min_length=1), BeforeValidator(_orders), _OrTable()]
