"""Transports as they stand in the plant file."""

from __future__ import annotations

from typing import Any

from danao.plant.document_transport import ARROW
from danao.plant.quantities import written
from danao.plant.rendering import Line, time_text
from danao.plant.transport import Conveyor, Cranes, Edge, Fleet, Moves, Transport

_ALL: Moves = (("*", "*"),)


def rendered_transport(transport: Transport) -> dict[str, Any]:
    """A transport below the name of its kind."""
    result: dict[str, Any] = {}
    if transport.moves != _ALL:
        result["moves"] = [_move(*move) for move in transport.moves]
    if isinstance(transport, Conveyor):
        result["time"] = time_text(transport.time)
        if transport.places is not None:
            result["places"] = transport.places
        return {"conveyor": Line(result)}
    result["speed"] = written(transport.speed, "speed")
    for key, time in (("load", transport.load), ("unload", transport.unload)):
        if time_text(time) != "0 h":
            result[key] = time_text(time)
    return (
        {"fleet": _fleet(transport, result)} if isinstance(transport, Fleet) else {"cranes": _cranes(transport, result)}
    )


def _move(start: str, end: str) -> Any:
    text = f"{start} -> {end}"
    return text if ARROW.split(text.strip()) == [start, end] else [start, end]


def _fleet(fleet: Fleet, shared: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"vehicles": fleet.vehicles, **shared}
    if fleet.home:
        result["home"] = fleet.home
    if fleet.stops:
        result["stops"] = Line(fleet.stops)
    return {**result, "track": [_edge(edge) for edge in fleet.track]}


def _edge(edge: Edge) -> Line:
    line = Line(start=edge.start, end=edge.end, length=written(edge.length, "length"))
    if edge.one_way:
        line["one_way"] = True
    if edge.vehicles is not None:
        line["vehicles"] = edge.vehicles
    return line


def _cranes(cranes: Cranes, shared: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {
        **shared,
        "start": [written(place, "length", signed=True) for place in cranes.start],
        "positions": Line({name: written(place, "length", signed=True) for name, place in cranes.positions.items()}),
    }
    if cranes.gap:
        result["gap"] = written(cranes.gap, "length")
    return result
