"""Times in the plant file: a constant, a family with its parameters, or observed values from a table."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from danao.core.errors import BadInput
from danao.core.tables import Row, read_csv
from danao.plant.model import Distribution, Family
from danao.plant.quantities import Kind, pattern, quantity, unit_factor, written

PARAMETERS = {
    Family.CONSTANT: "time",
    Family.EXPONENTIAL: "mean",
    Family.UNIFORM: "[low, high]",
    Family.TRIANGULAR: "[low, mode, high]",
    Family.NORMAL: "[mean, standard deviation]",
    Family.LOGNORMAL: "[mean, standard deviation]",
    Family.GAMMA: "[mean, standard deviation]",
    Family.WEIBULL: "[scale, shape]",
    Family.EMPIRICAL: "[time, time, ...] or {file: x.csv, column: minutes, unit: min}",
}
"""How the parameters of each family are written; all are times with units, except the shape, which is a number."""


def refusal(*mistakes: BadInput) -> PydanticCustomError:
    """Mistakes as an error that pydantic collects; an empty `where` stands for the place that pydantic reports."""
    return PydanticCustomError("mistakes", "refused", {"mistakes": mistakes})


def quantity_of(kind: Kind, example: str) -> tuple[Any, ...]:
    """What makes pydantic read a text such as `4 min` as a number of hours or kW, for `Annotated[float, *...]`."""

    def read(value: Any) -> float:
        try:
            return quantity(value, kind)
        except BadInput as mistake:
            raise refusal(mistake) from None

    return BeforeValidator(read), WithJsonSchema({"type": "string", "pattern": pattern(kind), "examples": [example]})


Hours = Annotated[float, *quantity_of("time", "4 min")]
Shape = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Written(BaseModel):
    """Something a person writes: a key that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


def table_rows(info: ValidationInfo, name: str, columns: list[str]) -> list[Row]:
    """The rows of a table that a plant file names, relative to that.

    Raises:
        PydanticCustomError: The table cannot be read; a mistake in the whole of it is reported where it is named.
    """
    folder: Path = (info.context or {}).get("folder", Path())
    try:
        return list(read_csv(folder / name, columns))
    except BadInput as mistake:
        if re.search(r":([2-9]|[0-9]{2,})$", mistake.where):
            raise refusal(mistake) from None
        raise refusal(BadInput("", f"{mistake.where}: {mistake.found}", mistake.expected, mistake.remedy)) from None


class EmpiricalDocument(Written):
    """Observed times, listed or in a column of a CSV table beside the plant file."""

    values: list[Hours] | None = None
    file: str | None = Field(None, description="CSV table, relative to the plant file.")
    column: str | None = Field(None, description="Column of the table.")
    unit: str | None = Field(None, description="Unit of the numbers in the column.", examples=["min"])

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        if isinstance(value, dict) and "values" not in value:
            return value
        if isinstance(value, list):
            return {"values": value}
        raise refusal(
            BadInput("", "no list of times", f"Expected {PARAMETERS[Family.EMPIRICAL]}", "Write one of the two")
        )

    @model_validator(mode="after")
    def _column(self, info: ValidationInfo) -> Self:
        if self.values is not None:
            return self
        if self.file is None or self.column is None or self.unit is None:
            raise refusal(
                BadInput("", "a table without file, column or unit", "Expected all three", "Add the missing keys")
            )
        try:
            factor = unit_factor(self.unit)
        except BadInput as mistake:
            raise refusal(mistake) from None
        values, mistakes = [], []
        for row in table_rows(info, self.file, [self.column]):
            try:
                values.append(row.number(self.column, minimum=0) * float(factor))
            except BadInput as mistake:
                mistakes.append(mistake)
        if mistakes:
            raise refusal(*mistakes)
        self.values = values
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A list of times, or the table."""
        table = handler.resolve_ref_schema(handler(schema))
        properties = dict(table["properties"])
        properties.pop("values")
        text = {key: {**value, "type": "string"} for key, value in properties.items()}
        for value in text.values():
            value.pop("anyOf", None)
            value.pop("default", None)
        table = {**table, "properties": text, "required": ["file", "column", "unit"]}
        time = {"type": "string", "pattern": pattern("time")}
        return {"anyOf": [{"type": "array", "items": time, "minItems": 1}, table]}


class DistributionDocument(Written):
    """A time: constant (`4 min`) or `{family: parameters}`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1, "maxProperties": 1})

    constant: Hours | None = Field(None, description="Always the same.")
    exponential: Hours | None = Field(None, description="The mean.")
    uniform: list[Hours] | None = Field(None, description="[low, high]", min_length=2, max_length=2)
    triangular: list[Hours] | None = Field(None, description="[low, mode, high]", min_length=3, max_length=3)
    normal: list[Hours] | None = Field(
        None, description="[mean, standard deviation]; negative draws become 0.", min_length=2, max_length=2
    )
    lognormal: list[Hours] | None = Field(
        None, description="[mean, standard deviation] of the time itself.", min_length=2, max_length=2
    )
    gamma: list[Hours] | None = Field(None, description="[mean, standard deviation]", min_length=2, max_length=2)
    weibull: tuple[Hours, Shape] | None = Field(None, description="[scale, shape]; the shape is a number.")
    empirical: EmpiricalDocument | None = Field(None, description="Observed times.")

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return {"constant": value}
        known = [name for name in value if name in PARAMETERS]
        if len(value) != 1 and len(known) == len(value):
            families = " and ".join(known) or "no distribution"
            raise refusal(BadInput("", families, "Expected exactly one", "Write, for example, {exponential: 5 min}"))
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        self.distribution()
        return self

    def distribution(self) -> Distribution:
        """As the engines know it.

        Raises:
            PydanticCustomError: The parameters do not describe a distribution.
        """
        name = next((name for name in self.model_fields_set if getattr(self, name) is not None), None)
        if name is None:
            raise refusal(BadInput("", "nothing", "Expected a time such as 4 min", "Write a number and its unit"))
        family, value = Family(name), getattr(self, name)
        parameters = value.values or [] if isinstance(value, EmpiricalDocument) else value
        numbers = tuple(parameters) if isinstance(parameters, (list, tuple)) else (parameters,)
        try:
            distribution = Distribution(family, numbers)
        except BadInput as mistake:
            raise refusal(_reworded(mistake, family, numbers)) from None
        if not _has_mean(distribution):
            raise refusal(
                BadInput("", f"{family} without a finite mean", "Expected a mean that is a time", "Correct the values")
            )
        return distribution

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A text such as `4 min`, or the mapping."""
        families = dict(handler.resolve_ref_schema(handler(schema)))
        families["properties"] = {
            name: {**_without_null(value), "description": value.get("description", "")}
            for name, value in families["properties"].items()
        }
        time = {"type": "string", "pattern": pattern("time"), "examples": ["4 min"]}
        return {"description": families.pop("description", ""), "anyOf": [time, families]}


def _has_mean(distribution: Distribution) -> bool:
    try:
        return math.isfinite(distribution.mean)
    except OverflowError:
        return False


def _reworded(mistake: BadInput, family: Family, numbers: tuple[float, ...]) -> BadInput:
    if family is Family.EMPIRICAL:
        return BadInput("", mistake.found, mistake.expected, mistake.remedy)
    texts = [written(number, "time") for number in numbers]
    if family is Family.WEIBULL:
        texts[1] = f"{numbers[1]:g}"
    return BadInput(
        "", f"{family}: [{', '.join(texts)}]", f"{mistake.expected} in {PARAMETERS[family]}", mistake.remedy
    )


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    inner = [one for one in schema["anyOf"] if one.get("type") != "null"]
    return dict(inner[0])
