"""How parts move from station to station. Times are hours, lengths metres, speeds metres per hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from danao.plant.distribution import Distribution, Family

Moves = tuple[tuple[str, str], ...]
"""Pairs (from station, to station); `*` is any station, and `("*", "*")` all moves that no other transport does."""

_NOTHING = Distribution(Family.CONSTANT, (0.0,))


@dataclass(frozen=True)
class Conveyor:
    """Carries each part for a time; what finds no place at the end waits on the conveyor."""

    name: str
    moves: Moves
    time: Distribution
    places: int | None = None
    """Parts on each of the moves at most; None: without limit."""


@dataclass(frozen=True)
class Edge:
    """A stretch of track between two nodes."""

    start: str
    end: str
    length: float
    one_way: bool = False
    vehicles: int | None = None
    """Vehicles on it at most, in both directions together; the others wait at the node. None: without limit."""


@dataclass(frozen=True)
class Fleet:
    """Vehicles on a track: each carries one part, by the shortest way, and stays where it was last needed."""

    name: str
    moves: Moves
    vehicles: int
    speed: float
    track: tuple[Edge, ...]
    stops: Mapping[str, str] = field(default_factory=dict)
    """Node of each station; a station that is left out stands at the node of its own name."""
    load: Distribution = _NOTHING
    unload: Distribution = _NOTHING
    home: str = ""
    """Node where all vehicles start; empty: the first node of the track."""


@dataclass(frozen=True)
class Cranes:
    """Cranes on one runway: they cannot pass each other, and idle ones make way."""

    name: str
    moves: Moves
    positions: Mapping[str, float]
    """Where each station lies along the runway."""
    start: tuple[float, ...]
    """Where each crane stands at first, ascending."""
    speed: float
    gap: float = 0.0
    """Least distance between neighbours."""
    load: Distribution = _NOTHING
    """To lower the hook, take the part and lift it."""
    unload: Distribution = _NOTHING


Transport = Conveyor | Fleet | Cranes
