"""Stations of the plant file: machines, buffers, setups, batches, failures, maintenance, people, energy."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from danao.core.errors import BadInput
from danao.plant.model import Batch, EnergyStates, Failure, Maintenance, Need, Station
from danao.plant.quantities import pattern
from danao.plant.tables import hours
from danao.plant.times import (
    Count,
    DistributionDocument,
    Hours,
    Kilowatts,
    MayBeEmpty,
    Name,
    PiecesDocument,
    Written,
    refusal,
    table_rows,
)


class BatchDocument(Written):
    """Several parts worked on at once, as in a furnace."""

    maximum: Count = Field(description="Parts at most.", examples=["8"])
    minimum: Count = Field(1, description="Parts that must wait before the machine starts.")
    patience: Hours | None = Field(
        None, description="Time after which the oldest part starts with fewer than the minimum; left out: never."
    )
    unit: Literal["parts", "pieces"] = Field("parts", description="What minimum and maximum count.")

    def batch(self) -> Batch:
        """As the engines know it."""
        return Batch(self.maximum, self.minimum, self.patience, self.unit)


class NeedDocument(Written):
    """People that a machine needs for a job: a skill alone, or with more detail."""

    skill: Name = Field(description="What they can do: a skill of a pool, or its name.", examples=["operator"])
    count: Count = Field(1, description="How many.")
    during: Literal["job", "setup"] = Field(
        "job", description="job: from setup to the end of the work; setup: during the setup alone."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"skill": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A name, or the mapping."""
        long = dict(handler.resolve_ref_schema(handler(schema)))
        return {"description": long.pop("description", ""), "anyOf": [{"type": "string", "minLength": 1}, long]}

    def need(self) -> Need:
        """As the engines know it."""
        return Need(self.skill, self.count, self.during)


class FailureDocument(Written):
    """How a machine fails and is repaired."""

    clock: Literal["calendar", "operation"] = Field(
        description="calendar: also when idle or blocked; operation: only while it works.", examples=["operation"]
    )
    up: DistributionDocument = Field(
        description="Time between failures on that clock.", examples=["{exponential: 8 h}"]
    )
    down: DistributionDocument = Field(description="Time to repair.", examples=["{exponential: 30 min}"])
    crew: Name | None = Field(None, description="Skill of the one person that the repair takes.")
    spares_idle: bool = Field(False, description="By the calendar: passes without effect where it finds no job.")

    def failure(self) -> Failure:
        """As the engines know it."""
        return Failure(self.clock, self.up.distribution(), self.down.distribution(), self.crew or "", self.spares_idle)


TIME, PIECES = "<time>", "<pieces>"
"""Marks of the two ways to write an interval of maintenance, in the paths that pydantic reports."""


def _counted_in(value: Any) -> str:
    return PIECES if isinstance(value, PiecesDocument) or "piece" in str(value) else TIME


Interval = Annotated[
    Annotated[DistributionDocument, Tag(TIME)] | Annotated[PiecesDocument, Tag(PIECES)], Discriminator(_counted_in)
]


class MaintenanceDocument(Written):
    """Preventive maintenance; it waits for the end of the job that runs, unless it interrupts it."""

    clock: Literal["calendar", "operation", "pieces"] = Field(
        description="What `every` counts: time, time of work, or pieces made.", examples=["operation"]
    )
    every: Interval = Field(
        description="From the end of one to the next one being due.", examples=["200 h", "500 pieces"]
    )
    takes: DistributionDocument = Field(description="How long it takes.", examples=["2 h"])
    first: Interval | None = Field(None, description="When the first one is due; left out: after `every`.")
    crew: Name | None = Field(None, description="Skill of the one person that it takes.")
    staggered: bool = Field(False, description="First due on machine k of n after k/n of `first`, which is constant.")
    interrupts: bool = Field(False, description="By the calendar: the job that runs is interrupted, and resumed.")
    spares_idle: bool = Field(False, description="By the calendar: left out where it finds no job.")

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        expected = "number of pieces" if self.clock == "pieces" else "time"
        example = "500 pieces" if self.clock == "pieces" else "200 h"
        for name, value in (("every", self.every), ("first", self.first)):
            if value is not None and value.kind != expected:
                raise refusal(
                    BadInput(
                        "",
                        f"clock: {self.clock}, but `{name}` is a {value.kind}",
                        f"Expected a {expected} such as {example}",
                        "Correct the clock or the unit",
                    )
                )
        return self

    def maintenance(self) -> Maintenance:
        """As the engines know it."""
        first = None if self.first is None else self.first.distribution()
        return Maintenance(
            clock=self.clock,
            every=self.every.distribution(),
            takes=self.takes.distribution(),
            first=first,
            crew=self.crew or "",
            staggered=self.staggered,
            interrupts=self.interrupts,
            spares_idle=self.spares_idle,
        )


class EnergyDocument(Written):
    """Power of one machine in each state, and how it is switched off."""

    working: Kilowatts = 0.0
    idle: Kilowatts = Field(0.0, description="Also while blocked.")
    down: Kilowatts = Field(0.0, description="Also during maintenance and closed hours.")
    setup: Kilowatts = 0.0
    heating: Kilowatts = Field(0.0, description="While it warms up, or heats a part that has become too cold.")
    switched_off: Kilowatts = 0.0
    off_after: Hours | None = Field(
        None, description="Time of idling after which the machine is switched off; left out: never."
    )
    warm_up: Hours = Field(0.0, description="Time to start again.")

    def energy(self) -> EnergyStates:
        """As the engines know it."""
        return EnergyStates(
            self.working,
            self.idle,
            self.down,
            self.setup,
            self.heating,
            self.switched_off,
            self.off_after,
            self.warm_up,
        )


def _setup_table(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    table: dict[str, dict[str, str]] = {}
    mistakes = []
    for where, row in table_rows(info, value, ["from", "to", "time"]):
        try:
            for column in ("from", "to"):
                if not row[column]:
                    raise BadInput(where, f"column {column} is empty", "Expected a setup class, or *", "Fill the cell")
            hours(where, "time", row["time"])
            before, after = row["from"], row["to"]
            if after in table.get(before, {}):
                raise BadInput(
                    f"{where}: time", f"{before} to {after} is written twice", "Expected each pair once", "Remove one"
                )
            table.setdefault(before, {})[after] = row["time"]
        except BadInput as mistake:
            mistakes.append(mistake)
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


def _rules(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value


_RULE_SCHEMA = {
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}


class StationDocument(MayBeEmpty):
    """A station: identical machines behind one input buffer."""

    machines: Count = Field(1, description="Identical machines.")
    buffer: int | None = Field(None, ge=0, description="Places in front of the machines; left out: without limit.")
    blocking: Literal["after", "before"] = Field(
        "after", description="before: a machine does not even start before there is a place for the part afterwards."
    )
    output: int = Field(0, ge=0, description="Places for finished parts that cannot move on yet.")
    rule: Annotated[Name, BeforeValidator(_rules), WithJsonSchema(_RULE_SCHEMA)] = Field(
        "fifo", description="Dispatching rule: which waiting part is next; or several, one after the other."
    )
    failure: FailureDocument | None = Field(None, description="Left out: never fails.")
    failures: list[FailureDocument] = Field(
        default_factory=list, description="Where there are several ways to fail; instead of `failure`."
    )
    maintenance: list[MaintenanceDocument] = Field(default_factory=list, description="Preventive maintenance.")
    setup: Annotated[dict[Name, dict[Name, Hours]], BeforeValidator(_setup_table), WithJsonSchema(_TABLE_SCHEMA)] = (
        Field(
            default_factory=dict,
            description="Time to change between setup classes: {from: {to: time}}; `*` is any class; a missing pair "
            "takes none.",
        )
    )
    setup_runs: dict[Name, Count] = Field(
        default_factory=dict, description="Jobs of a setup class that are done at least after changing to it."
    )
    setup_refusals: Annotated[int, Field(ge=0)] | Literal["always"] = Field(
        0,
        description="How often in a row a machine in the midst of its setup runs refuses parts of other classes, when "
        "a part comes or the machine becomes free, before it takes one.",
    )
    batch: BatchDocument | None = Field(None, description="For all steps here that name no batch of their own.")
    waits_for_first: bool = Field(
        False, description="A machine waits for the batch of the part that the rules put first, even if others could."
    )
    calendar: Name | None = Field(None, description="Shifts; left out: always open.")
    on_close: Literal["finish", "pause"] = Field(
        "finish", description="What happens to the job that runs when the calendar closes."
    )
    needs: list[NeedDocument] = Field(default_factory=list, description="People for each job.")
    energy: EnergyDocument = Field(default_factory=EnergyDocument, description="Power of one machine in each state.")

    @model_validator(mode="before")
    @classmethod
    def _failures(cls, value: Any) -> Any:
        if isinstance(value, dict) and "failure" in value and "failures" in value:
            raise refusal(BadInput("", "both failure and failures", "Expected one of them", "Move all into failures"))
        return value

    def station(self, name: str) -> Station:
        """As the engines know it."""
        failures = [*self.failures, *([self.failure] if self.failure is not None else [])]
        return Station(
            name=name,
            machines=self.machines,
            buffer=self.buffer,
            blocking=self.blocking,
            output=self.output,
            rule=self.rule,
            failures=tuple(one.failure() for one in failures),
            maintenance=tuple(one.maintenance() for one in self.maintenance),
            setup={(before, after): hours for before, row in self.setup.items() for after, hours in row.items()},
            setup_runs=self.setup_runs,
            setup_refusals=None if self.setup_refusals == "always" else self.setup_refusals,
            batch=None if self.batch is None else self.batch.batch(),
            waits_for_first=self.waits_for_first,
            calendar=self.calendar or "",
            on_close=self.on_close,
            needs=tuple(one.need() for one in self.needs),
            energy=self.energy.energy(),
        )
