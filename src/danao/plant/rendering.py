"""Parts of a plant file that are written in many places: lines, distributions, references to steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from danao.plant.distribution import Distribution, Family
from danao.plant.quantities import Kind, written


class Line(dict[str, Any]):
    """A mapping that stands on one line."""


def time_text(time: Distribution, kind: Kind = "time") -> Any:
    """A distribution as it stands in the file.

    Args:
        time: Any.
        kind: What its values are: times, or numbers of pieces.
    """
    texts: list[Any] = [written(value, kind) for value in time.parameters]
    if time.family is Family.CONSTANT:
        return texts[0]
    if time.family is Family.WEIBULL:
        texts[1] = time.parameters[1]
    return Line({str(time.family): texts[0] if time.family is Family.EXPONENTIAL else texts})


def step_text(position: int, stations: Sequence[str]) -> str:
    """A step of a route as it is named in the file: by its station where that is unique, else by its number.

    Args:
        position: In the route, from 0.
        stations: Station of each step of the route.
    """
    inside = 0 <= position < len(stations)
    once = inside and list(stations).count(stations[position]) == 1
    return stations[position] if once else f"step {position + 1}"
