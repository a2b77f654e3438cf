"""Transport in the plant file: conveyors, fleets of vehicles on a track, cranes on a runway."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from danao.core.errors import BadInput
from danao.plant.distribution import Distribution, Family
from danao.plant.times import Count, DistributionDocument, Metres, Name, Place, Speed, Written, refusal
from danao.plant.transport import Conveyor, Cranes, Edge, Fleet, Moves, Transport

ARROW = re.compile(r"\s*(?:->|→)\s*")


def _moves(value: Any) -> list[tuple[str, str]]:
    moves, mistakes = [], []
    for one in value if isinstance(value, list) else [value]:
        ends = ARROW.split(one.strip()) if isinstance(one, str) else one
        if isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, str) and end for end in ends):
            moves.append((ends[0], ends[1]))
        else:
            found = one if isinstance(one, str) and one else "no move"
            example = "Write the names of two stations; * is any"
            mistakes.append(BadInput("", found, "Expected a move such as saw -> mill, or [saw, mill]", example))
    if not moves and not mistakes:
        mistakes.append(BadInput("", "an empty list", "Expected at least one move", "Write, for example, saw -> mill"))
    if mistakes:
        raise refusal(*mistakes)
    return moves


_MOVE_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": "(->|→)", "examples": ["saw -> mill"]},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 2, "maxItems": 2},
    ]
}
MovesDocument = Annotated[
    list[tuple[str, str]],
    BeforeValidator(_moves),
    WithJsonSchema({"type": "array", "items": _MOVE_SCHEMA, "minItems": 1}),
]


class Carrying(Written):
    """What all kinds of transport have."""

    moves: MovesDocument = Field(
        default_factory=lambda: [("*", "*")],
        description="From station to station, such as `saw -> mill`; `*` is any. Left out: all moves that no other "
        "transport does.",
    )

    def pairs(self) -> Moves:
        """The moves as the engines know them."""
        return tuple(self.moves)


class ConveyorDocument(Carrying):
    """Carries each part for a time; what finds no place at the end waits on the conveyor."""

    time: DistributionDocument = Field(description="How long it takes.", examples=["2 min"])
    places: Count | None = Field(None, description="Parts on each of the moves at most; left out: without limit.")

    def transport(self, name: str) -> Conveyor:
        """As the engines know it."""
        return Conveyor(name, self.pairs(), self.time.distribution(), self.places)


class EdgeDocument(Written):
    """A stretch of track between two nodes."""

    start: Name = Field(description="Node.", examples=["A"])
    end: Name = Field(description="Node.", examples=["B"])
    length: Metres = Field(description="How long it is.", examples=["12 m"])
    one_way: bool = Field(False, description="From start to end alone.")
    vehicles: Count | None = Field(
        None, description="Vehicles on it at most, in both directions together; left out: without limit."
    )

    def edge(self) -> Edge:
        """As the engines know it."""
        return Edge(self.start, self.end, self.length, self.one_way, self.vehicles)


class Lifting(Carrying):
    """What vehicles and cranes have."""

    speed: Speed = Field(description="Loaded and empty.", examples=["1.2 m/s"])
    load: DistributionDocument | None = Field(None, description="Time to pick a part up; left out: none.")
    unload: DistributionDocument | None = Field(None, description="Time to set it down; left out: none.")

    def handling(self) -> tuple[Distribution, Distribution]:
        """Times to load and to unload."""
        nothing = Distribution(Family.CONSTANT, (0.0,))
        return (
            nothing if self.load is None else self.load.distribution(),
            nothing if self.unload is None else self.unload.distribution(),
        )


class FleetDocument(Lifting):
    """Vehicles on a track: each carries one part, by the shortest way, and stays where it was last needed."""

    vehicles: Count = Field(description="How many.", examples=["3"])
    track: list[EdgeDocument] = Field(
        description="Stretches between nodes.", examples=["[{start: A, end: B, length: 12 m}]"], min_length=1
    )
    stops: dict[Name, Name] = Field(
        default_factory=dict,
        description="{station: node}; a station that is left out stands at the node of its own name.",
    )
    home: Name | None = Field(None, description="Node where all start; left out: the first node of the track.")

    def transport(self, name: str) -> Fleet:
        """As the engines know it."""
        load, unload = self.handling()
        track = tuple(edge.edge() for edge in self.track)
        return Fleet(name, self.pairs(), self.vehicles, self.speed, track, self.stops, load, unload, self.home or "")


class CranesDocument(Lifting):
    """Cranes on one runway: they cannot pass each other, and idle ones make way."""

    positions: dict[Name, Place] = Field(
        description="Where each station lies along the runway.", examples=["{mill: 12 m}"]
    )
    start: list[Place] = Field(
        description="Where each crane stands at first, ascending.", examples=["[0 m, 40 m]"], min_length=1
    )
    gap: Metres = Field(0.0, description="Least distance between neighbours.")

    def transport(self, name: str) -> Cranes:
        """As the engines know it."""
        load, unload = self.handling()
        return Cranes(name, self.pairs(), self.positions, tuple(self.start), self.speed, self.gap, load, unload)


class TransportDocument(Written):
    """One transport: exactly one of conveyor, fleet and cranes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1, "maxProperties": 1})

    conveyor: ConveyorDocument | None = None
    fleet: FleetDocument | None = None
    cranes: CranesDocument | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("conveyor", "fleet", "cranes") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "no kind of transport"
            example = "Write, for example, {conveyor: {time: 2 min}}"
            raise refusal(BadInput("", found, "Expected exactly one of conveyor, fleet and cranes", example))
        return self

    def transport(self, name: str) -> Transport:
        """As the engines know it."""
        kind = next(one for one in (self.conveyor, self.fleet, self.cranes) if one is not None)
        return kind.transport(name)
