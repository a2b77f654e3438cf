"""What can be wrong with transports: moves, tracks, vehicles, runways."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from danao.core.errors import BadInput
from danao.plant.checks import at_least, unknown
from danao.plant.transport import Conveyor, Cranes, Fleet

if TYPE_CHECKING:
    from danao.plant.model import Plant


def transport_problems(where: str, plant: Plant) -> Iterator[BadInput]:
    """Everything that is wrong with the transports of a plant, whose name is `where`."""
    names = [station.name for station in plant.stations]
    claimed: dict[tuple[str, str], str] = {}
    for transport in plant.transport:
        at = f"{where}: transport {transport.name}"
        kind = "conveyor" if isinstance(transport, Conveyor) else "fleet" if isinstance(transport, Fleet) else "cranes"
        if not transport.moves:
            yield BadInput(f"{at}: {kind}.moves", "it moves nothing", "Expected at least one move", "Add a move")
        for number, move in enumerate(transport.moves):
            here = f"{at}: {kind}.moves[{number + 1}]"
            for name in move:
                if name != "*":
                    yield from unknown(here, "station", name or "?", names)
            if move in claimed:
                found = f"{claimed[move]} does the move {move[0]} → {move[1]} already"
                yield BadInput(here, found, "Expected one transport for each move", "Remove one")
            claimed[move] = transport.name
        if isinstance(transport, Conveyor):
            places = transport.places
            yield from at_least(f"{at}: conveyor.places", 1, places, f"{places} places")
        elif isinstance(transport, Fleet):
            yield from _fleet_problems(f"{at}: fleet", transport, names)
        else:
            yield from _crane_problems(f"{at}: cranes", transport, names)


def _speed_problems(where: str, speed: float) -> Iterator[BadInput]:
    if not 0 < speed < math.inf:
        yield BadInput(where, f"a speed of {speed:g} m/h", "Expected a speed above 0", "Correct it")


def _fleet_problems(at: str, fleet: Fleet, names: list[str]) -> Iterator[BadInput]:
    yield from at_least(f"{at}.vehicles", 1, fleet.vehicles, f"{fleet.vehicles} vehicles")
    yield from _speed_problems(f"{at}.speed", fleet.speed)
    if not fleet.track:
        yield BadInput(f"{at}.track", "no track", "Expected at least one edge", "Add the edges")
        return
    nodes = {node for edge in fleet.track for node in (edge.start, edge.end)}
    for number, edge in enumerate(fleet.track):
        here = f"{at}.track[{number + 1}]"
        if not 0 <= edge.length < math.inf:
            found = f"{edge.length:g} m from {edge.start} to {edge.end}"
            yield BadInput(f"{here}.length", found, "Expected 0 m or more", "Correct it")
        yield from at_least(f"{here}.vehicles", 1, edge.vehicles, f"{edge.vehicles} vehicles at most")
    if fleet.home and fleet.home not in nodes:
        yield from unknown(f"{at}.home", "node", fleet.home, nodes)
        return
    for name in fleet.stops:
        yield from unknown(f"{at}.stops", "station", name or "?", names)
    served = {name for move in fleet.moves for name in move}
    stops = {name: fleet.stops.get(name, name) for name in (names if "*" in served else served) if name in names}
    for station, node in stops.items():
        if node not in nodes:
            yield BadInput(
                f"{at}.stops",
                f"station {station} stands at node {node!r}, which is not on the track",
                f"Expected one of: {', '.join(sorted(nodes))}",
                "Add it to stops",
            )
            return
    home = fleet.home or fleet.track[0].start
    there, back = _reached(fleet, home), _reached(fleet, home, backwards=True)
    for station, node in stops.items():
        if node not in there:
            yield BadInput(
                f"{at}.track", f"no way from {home} to {station}", "Expected a connected track", "Add an edge"
            )
        elif node not in back:
            found = f"no way back from {station} to {home}"
            yield BadInput(f"{at}.track", found, "Expected a connected track", "Add an edge")


def _reached(fleet: Fleet, start: str, *, backwards: bool = False) -> set[str]:
    """Nodes that can be reached from one, or that it can be reached from."""
    following: dict[str, list[str]] = {}
    for edge in fleet.track:
        ways = [(edge.start, edge.end)] if edge.one_way else [(edge.start, edge.end), (edge.end, edge.start)]
        for here, there in ways:
            before, after = (there, here) if backwards else (here, there)
            following.setdefault(before, []).append(after)
    reached, waiting = {start}, [start]
    while waiting:
        new = set(following.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return reached


def _crane_problems(at: str, cranes: Cranes, names: list[str]) -> Iterator[BadInput]:
    if not cranes.start:
        yield BadInput(f"{at}.start", "no cranes", "Expected at least one", "Say where each crane stands at first")
    yield from _speed_problems(f"{at}.speed", cranes.speed)
    if not 0 <= cranes.gap < math.inf:
        yield BadInput(f"{at}.gap", f"a gap of {cranes.gap:g} m", "Expected 0 m or more", "Correct it")
    for key, places in (("start", cranes.start), ("positions", tuple(cranes.positions.values()))):
        for place in places:
            if not math.isfinite(place):
                yield BadInput(f"{at}.{key}", f"{place:g} m", "Expected a finite place", "Correct it")
    for left, right in zip(cranes.start, cranes.start[1:], strict=False):
        if not (right - left >= cranes.gap and right >= left):
            yield BadInput(
                f"{at}.start",
                f"cranes at {left:g} m and {right:g} m",
                f"Expected them ascending, {cranes.gap:g} m or more apart",
                "Correct the places",
            )
    served = {name for move in cranes.moves for name in move}
    for name in sorted(names if "*" in served else served & set(names)):
        if name not in cranes.positions:
            found = f"no position for station {name}"
            yield BadInput(f"{at}.positions", found, "Expected metres along the runway", "Add it")
    for name in cranes.positions:
        yield from unknown(f"{at}.positions", "station", name or "?", names)
