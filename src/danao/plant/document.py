"""The plant file as pydantic models: which keys there are, what they may hold, and the JSON Schema that follows."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, ValidationInfo, WithJsonSchema, model_validator
from pydantic_core import CoreSchema

from danao.core.errors import BadInput
from danao.plant.quantities import pattern, quantity
from danao.plant.times import DistributionDocument, Hours, Written, quantity_of, refusal, table_rows

Kilowatts = Annotated[float, *quantity_of("power", "12 kW")]
Name = Annotated[str, Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class StepDocument(Written):
    """One step of a route."""

    station: Name = Field(description="Where it is done.", examples=["mill"])
    time: DistributionDocument = Field(description="How long it takes.", examples=["4 min"])
    setup_class: Name | None = Field(None, description="Class for the setup times of the station.")
    scrap: Probability = Field(0.0, description="Share of the parts that is scrapped at the end of the step.")
    rework: Probability = Field(0.0, description="Share of the parts that goes back to `rework_to`.")
    rework_to: Name | None = Field(
        None,
        description="Station of the step to repeat from, or `step 3` (counted from 1) if the route visits it twice.",
    )


class ProductDocument(Written):
    """A product and its route."""

    route: list[StepDocument] = Field(
        description="The steps, in their order.", examples=["[{station: mill, time: 4 min}]"], min_length=1
    )


class FailureDocument(Written):
    """How a machine fails and is repaired."""

    clock: Literal["calendar", "operation"] = Field(
        description="calendar: also when idle or blocked; operation: only while it works.", examples=["operation"]
    )
    up: DistributionDocument = Field(
        description="Time between failures on that clock.", examples=["{exponential: 8 h}"]
    )
    down: DistributionDocument = Field(description="Time to repair.", examples=["{exponential: 30 min}"])


class EnergyDocument(Written):
    """Power of one machine in each state."""

    working: Kilowatts = 0.0
    idle: Kilowatts = Field(0.0, description="Also while blocked.")
    down: Kilowatts = 0.0
    setup: Kilowatts = 0.0


def _setup_table(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    rows = table_rows(info, value, ["from", "to", "time"])
    table: dict[str, dict[str, str]] = {}
    mistakes = []
    for row in rows:
        try:
            before, after, time = row.text("from"), row.text("to"), row.text("time")
            quantity(time, "time")
            if after in table.get(before, {}):
                raise BadInput("", f"{before} to {after} is written twice", "Expected each pair once", "Remove one row")
            table.setdefault(before, {})[after] = time
        except BadInput as mistake:
            mistakes.append(
                BadInput(mistake.where or f"{row.where}: time", mistake.found, mistake.expected, mistake.remedy)
            )
    if mistakes:
        raise refusal(*mistakes)
    return table


_TABLE_SCHEMA = {
    "anyOf": [
        {"type": "string", "description": "CSV table with the columns from, to, time (with unit in each cell)."},
        {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": pattern("time")},
            },
        },
    ]
}


class StationDocument(Written):
    """A station: identical machines behind one input buffer."""

    machines: int = Field(1, ge=1, description="Identical machines.")
    buffer: int | None = Field(None, ge=0, description="Places in front of the machines; left out: without limit.")
    rule: Name = Field("fifo", description="Dispatching rule: which waiting part is next.")
    failure: FailureDocument | None = Field(None, description="Left out: never fails.")
    setup: Annotated[dict[Name, dict[Name, Hours]], BeforeValidator(_setup_table), WithJsonSchema(_TABLE_SCHEMA)] = (
        Field(
            default_factory=dict,
            description="Time to change between setup classes: {from: {to: time}}; a missing pair takes none.",
        )
    )
    energy: EnergyDocument = Field(default_factory=EnergyDocument, description="Power of one machine in each state.")

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {} if value is None else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Nothing at all is a station too."""
        station = dict(handler.resolve_ref_schema(handler(schema)))
        station["type"] = ["object", "null"]
        return station


class SourceDocument(Written):
    """Where parts of a product come from."""

    product: Name = Field(description="Which product.", examples=["bracket"])
    gaps: DistributionDocument | None = Field(None, description="Time between arrivals.")
    saturated: bool = Field(False, description="The first station is never starved; instead of gaps.")
    first: DistributionDocument | None = Field(None, description="Time of the first arrival; left out: one gap.")
    due_after: Hours | None = Field(None, description="Time after its arrival at which a part is due.")
    priority: int = Field(0, description="Larger is more urgent.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.saturated == (self.gaps is not None):
            found = "both gaps and saturated" if self.saturated else "neither gaps nor saturated: true"
            raise refusal(BadInput("", found, "Expected exactly one of them", "Write, for example, gaps: 5 min"))
        return self


class PlantDocument(Written):
    """A plant for Danao: products with their routes, stations, sources."""

    plant: Name = Field(description="Name of the plant.", examples=["machine shop"])
    products: dict[Name, ProductDocument] = Field(
        description="Products by name.", examples=["{bracket: {route: [...]}}"], min_length=1
    )
    stations: dict[Name, StationDocument] = Field(
        description="Stations by name.", examples=["{mill: {machines: 2}}"], min_length=1
    )
    sources: list[SourceDocument] = Field(
        description="Where parts come from.", examples=["[{product: bracket, gaps: 5 min}]"], min_length=1
    )


def plant_schema() -> dict[str, Any]:
    """JSON Schema of the plant file, for editors that complete and check while one types."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://danao.dev/schema/plant-1.0.json",
        **PlantDocument.model_json_schema(),
    }
