"""Times in the plant file: a constant, a family with its parameters, or observed values from a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

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
from danao.plant.distribution import Distribution, Family
from danao.plant.quantities import Kind, example_of, pattern, quantity, unit_factor, written
from danao.plant.tables import is_about_a_row, measured, table

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


def quantity_of(kind: Kind, signed: bool = False) -> tuple[Any, ...]:
    """What makes pydantic read a text such as `4 min` as a number of hours, kW and so on.

    Args:
        kind: What is measured.
        signed: Whether it may be negative although others of its kind may not.

    Returns:
        Annotations for `Annotated[float, *...]`.
    """

    def read(value: Any) -> float:
        try:
            return quantity(value, kind, signed)
        except BadInput as mistake:
            raise refusal(mistake) from None

    schema = {"type": "string", "pattern": pattern(kind, signed), "examples": [example_of(kind)]}
    return BeforeValidator(read), WithJsonSchema(schema)


Hours = Annotated[float, *quantity_of("time")]
Moment = Annotated[float, *quantity_of("time", signed=True)]
"""Hours on the twin's clock; may lie before its start."""
Kilowatts = Annotated[float, *quantity_of("power")]
Metres = Annotated[float, *quantity_of("length")]
Place = Annotated[float, *quantity_of("length", signed=True)]
"""Metres from some origin."""
Speed = Annotated[float, *quantity_of("speed")]
Celsius = Annotated[float, *quantity_of("temperature")]
HeatingRate = Annotated[float, *quantity_of("heating rate")]
Pieces = Annotated[float, *quantity_of("number of pieces")]
Name = Annotated[str, Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Shape = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Written(BaseModel):
    """Something a person writes: a key that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class MayBeEmpty(Written):
    """Something that a name alone stands for: nothing at all after it means all defaults."""

    @model_validator(mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return {} if value is None else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """An object, or nothing."""
        found = dict(handler.resolve_ref_schema(handler(schema)))
        found["type"] = ["object", "null"]
        return found


def table_rows(
    info: ValidationInfo, name: str, columns: Sequence[str], optional: Sequence[str] = ()
) -> list[tuple[str, dict[str, str]]]:
    """The rows of a table that a plant file names, relative to that; see `danao.plant.tables.table`.

    Raises:
        PydanticCustomError: The table cannot be read; a mistake in the whole of it is reported where it is named.
    """
    folder: Path = (info.context or {}).get("folder", Path())
    try:
        return table(folder / name, columns, optional)
    except BadInput as mistake:
        if is_about_a_row(mistake):
            raise refusal(mistake) from None
        raise refusal(BadInput("", f"{mistake.where}: {mistake.found}", mistake.expected, mistake.remedy)) from None


class EmpiricalDocument(Written):
    """Observed times, listed or in a column of a CSV table beside the plant file."""

    kind: ClassVar[Kind] = "time"
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
            factor = unit_factor(self.unit, self.kind)
        except BadInput as mistake:
            raise refusal(mistake) from None
        values, mistakes = [], []
        for where, row in table_rows(info, self.file, [self.column]):
            try:
                values.append(measured(where, self.column, row[self.column]) * float(factor))
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
        one = {"type": "string", "pattern": pattern(cls.kind)}
        return {"anyOf": [{"type": "array", "items": one, "minItems": 1}, table]}


class DistributionDocument(Written):
    """A time: constant (`4 min`) or `{family: parameters}`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1, "maxProperties": 1})
    kind: ClassVar[Kind] = "time"

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
            expected = f"Expected a {self.kind} such as {example_of(self.kind)}"
            raise refusal(BadInput("", "nothing", expected, "Write a number and its unit"))
        family, value = Family(name), getattr(self, name)
        parameters = value.values or [] if isinstance(value, EmpiricalDocument) else value
        numbers = tuple(parameters) if isinstance(parameters, (list, tuple)) else (parameters,)
        try:
            distribution = Distribution(family, numbers)
        except BadInput as mistake:
            raise refusal(_reworded(mistake, family, numbers, self.kind)) from None
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
        one = {"type": "string", "pattern": pattern(cls.kind), "examples": [example_of(cls.kind)]}
        return {"description": families.pop("description", ""), "anyOf": [one, families]}


class PiecesEmpiricalDocument(EmpiricalDocument):
    """Observed numbers of pieces, listed or in a column of a CSV table beside the plant file."""

    kind: ClassVar[Kind] = "number of pieces"
    values: list[Pieces] | None = None


class PiecesDocument(DistributionDocument):
    """A number of pieces: constant (`500 pieces`) or `{family: parameters}`."""

    kind: ClassVar[Kind] = "number of pieces"

    constant: Pieces | None = Field(None, description="Always the same.")
    exponential: Pieces | None = Field(None, description="The mean.")
    uniform: list[Pieces] | None = Field(None, description="[low, high]", min_length=2, max_length=2)
    triangular: list[Pieces] | None = Field(None, description="[low, mode, high]", min_length=3, max_length=3)
    normal: list[Pieces] | None = Field(None, description="[mean, standard deviation]", min_length=2, max_length=2)
    lognormal: list[Pieces] | None = Field(None, description="[mean, standard deviation]", min_length=2, max_length=2)
    gamma: list[Pieces] | None = Field(None, description="[mean, standard deviation]", min_length=2, max_length=2)
    weibull: tuple[Pieces, Shape] | None = Field(None, description="[scale, shape]; the shape is a number.")
    empirical: PiecesEmpiricalDocument | None = Field(None, description="Observed numbers of pieces.")


def _has_mean(distribution: Distribution) -> bool:
    try:
        return math.isfinite(distribution.mean)
    except OverflowError:
        return False


def _reworded(mistake: BadInput, family: Family, numbers: tuple[float, ...], kind: Kind) -> BadInput:
    if family is Family.EMPIRICAL:
        return BadInput("", mistake.found, mistake.expected, mistake.remedy)
    texts = [written(number, kind) for number in numbers]
    if family is Family.WEIBULL:
        texts[1] = f"{numbers[1]:g}"
    return BadInput(
        "", f"{family}: [{', '.join(texts)}]", f"{mistake.expected} in {PARAMETERS[family]}", mistake.remedy
    )


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    inner = [one for one in schema["anyOf"] if one.get("type") != "null"]
    return dict(inner[0])
