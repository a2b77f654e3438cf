"""Products of the plant file: routes, steps, temperatures, limits on waiting."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from danao.plant.document_stations import BatchDocument
from danao.plant.model import Cooling, Heat
from danao.plant.quantities import pattern
from danao.plant.times import Celsius, Count, DistributionDocument, HeatingRate, Hours, Name, Probability, Written

_STEP = "its station, or `step 3` (counted from 1) where the route visits it twice."


class LimitDocument(Written):
    """Longest time between the end of an earlier step and the start of this one: `30 min`, or with more detail."""

    within: Hours = Field(description="Longest time.", examples=["30 min"])
    since: Name | None = Field(None, description=f"The earlier step: {_STEP} Left out: the step before.")
    then: Literal["count", "scrap", "rework"] = Field(
        "count", description="What happens to a part that waited longer; it is counted in any case."
    )
    rework_to: Name | None = Field(None, description=f"Where a late part goes back to: {_STEP}")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"within": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A time alone, or the mapping."""
        long = dict(handler.resolve_ref_schema(handler(schema)))
        short = {"type": "string", "pattern": pattern("time"), "examples": ["30 min"]}
        return {"description": long.pop("description", ""), "anyOf": [short, long]}


class HeatDocument(Written):
    """Temperatures of a step."""

    needs: Celsius | None = Field(None, description="The part must be this hot; the machine heats it first.")
    leaves: Celsius | None = Field(None, description="Temperature after the step; left out: as it came.")
    rate: HeatingRate | None = Field(None, description="How fast the machine heats; left out: in no time.")

    def heat(self) -> Heat:
        """As the engines know it."""
        return Heat(self.needs, self.leaves, math.inf if self.rate is None else self.rate)


class CoolingDocument(Written):
    """How a part cools while no machine works on it: exponentially, towards the ambient temperature."""

    time_constant: Hours = Field(description="After this time 63 % of the difference is gone.", examples=["6 h"])
    ambient: Celsius = Field(20.0, description="Temperature that it cools to.")
    start: Celsius = Field(20.0, description="Temperature at which it comes into the plant.")

    def cooling(self) -> Cooling:
        """As the engines know it."""
        return Cooling(self.time_constant, self.ambient, self.start)


class StepDocument(Written):
    """One step of a route."""

    station: Name = Field(description="Where it is done.", examples=["mill"])
    time: DistributionDocument = Field(description="How long it takes.", examples=["4 min"])
    per: Literal["part", "piece"] = Field(
        "part", description="piece: the time is drawn once and multiplied by the pieces of the part (lot)."
    )
    interval: DistributionDocument | None = Field(
        None, description="Time after which the machine takes the next part although this one is not through."
    )
    share: Probability = Field(1.0, description="Share of the parts that does the step at all.")
    setup_class: Name | None = Field(None, description="Class for the setup times of the station.")
    batch: BatchDocument | None = Field(None, description="Parts worked on at once; left out: as the station has it.")
    batch_class: Name | None = Field(
        None, description="Parts of one class can share a batch; left out: parts at this very step."
    )
    scrap: Probability = Field(0.0, description="Share of the parts that is scrapped at the end of the step.")
    rework: Probability = Field(0.0, description="Share of the parts that goes back to `rework_to`.")
    rework_to: Name | None = Field(None, description=f"The step to repeat from: {_STEP}")
    defect: Probability = Field(0.0, description="Share of the parts that the step makes defective, unseen.")
    detect: Probability = Field(0.0, description="Share of the defective parts that this step, an inspection, finds.")
    false_alarm: Probability = Field(0.0, description="Share of the good parts that the inspection finds fault with.")
    repairable: Probability = Field(
        0.0, description="Share of the parts found here that goes back to `rework_to`; the others are scrapped."
    )
    needs: dict[Name, Count] = Field(default_factory=dict, description="Bill of material: {product: parts of it}.")
    yields: dict[Name, Count] = Field(default_factory=dict, description="Disassembly: {product: parts of it}.")
    limit: LimitDocument | None = Field(None, description="Longest time since an earlier step.")
    heat: HeatDocument | None = Field(None, description="Temperatures.")
    same_machine_as: Name | None = Field(
        None, description=f"An earlier step that was done on the machine which must do this one: {_STEP}"
    )


class ProductDocument(Written):
    """A product and its route."""

    route: list[StepDocument] = Field(
        description="The steps, in their order.", examples=["[{station: mill, time: 4 min}]"], min_length=1
    )
    cooling: CoolingDocument | None = Field(None, description="How a part cools; left out: it does not.")
    store: Count | None = Field(None, description="Places of the store of a component; left out: without limit.")
