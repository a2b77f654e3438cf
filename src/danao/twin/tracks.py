"""Transport as tables: links between stations, shortest ways on the tracks of fleets, positions of cranes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from danao.plant.model import Plant
from danao.plant.transport import Conveyor, Edge, Fleet, Transport
from danao.twin import world
from danao.twin.numbering import Distributions


@dataclass(frozen=True)
class Tracks:
    """The tables of all transport."""

    links: world.Records
    link_of: world.Integers
    transports: world.Records
    vehicles: world.Records
    edges: world.Records
    next_node: world.Integers
    next_edge: world.Integers
    distance: world.Floats


def lay_tracks(plant: Plant, station_number: dict[str, int], distributions: Distributions) -> Tracks:
    """The tables of a plant's transport; moves that nothing carries take no time."""
    count = len(plant.stations)
    link_of = np.full((count, count), -1, dtype=np.int64)
    transports = np.zeros(len(plant.transport), world.TRANSPORT)
    links: list[tuple[float, ...]] = []
    vehicles: list[tuple[float, ...]] = []
    edges: list[tuple[float, ...]] = []
    ways: list[tuple[world.Integers, world.Integers, world.Floats]] = []
    size = 0
    for number, transport in enumerate(plant.transport):
        row = transports[number]
        row["head"] = row["tail"] = -1
        row["first_vehicle"] = len(vehicles)
        if isinstance(transport, Conveyor):
            row["kind"] = world.BY_CONVEYOR
            continue
        row["load"], row["unload"] = distributions.number(transport.load), distributions.number(transport.unload)
        row["speed"] = transport.speed
        if isinstance(transport, Fleet):
            row["kind"] = world.BY_FLEET
            nodes = _nodes(transport)
            row["vehicles"], row["nodes"], row["ways"] = transport.vehicles, len(nodes), size
            row["limited"] = any(edge.vehicles is not None for edge in transport.track)
            ways.append(_shortest(transport, nodes, len(edges)))
            edges += [
                (-1 if edge.vehicles is None else edge.vehicles, 0, -1, -1, edge.length) for edge in transport.track
            ]
            size += len(nodes) ** 2
            home = nodes[transport.home or transport.track[0].start]
            vehicles += [(number, 0, home, home, -1, -1, -1, 0, 0.0, 0.0, 0.0, 0.0, 0.0)] * transport.vehicles
        else:
            row["kind"] = world.BY_CRANE
            row["vehicles"], row["gap"] = len(transport.start), transport.gap
            vehicles += [(number, 0, -1, -1, -1, -1, -1, 0, x, x, x, 0.0, 0.0) for x in transport.start]
    moves = [(move, number) for number, transport in enumerate(plant.transport) for move in transport.moves]
    for (start, end), number in sorted(moves, key=lambda one: one[0].count("*")):
        for i, origin in enumerate(plant.stations):
            for j, target in enumerate(plant.stations):
                if start in ("*", origin.name) and end in ("*", target.name) and link_of[i, j] < 0:
                    link_of[i, j] = len(links)
                    links.append(_link(plant.transport[number], number, origin.name, target.name, distributions))
    return Tracks(
        np.array(links, dtype=world.LINK),
        link_of.ravel(),
        transports,
        np.array(vehicles, dtype=world.VEHICLE),
        np.array(edges, dtype=world.EDGE),
        np.concatenate([way[0].ravel() for way in ways] or [np.zeros(1, np.int64)]),
        np.concatenate([way[1].ravel() for way in ways] or [np.zeros(1, np.int64)]),
        np.concatenate([way[2].ravel() for way in ways] or [np.zeros(1)]),
    )


def _link(
    transport: Transport, number: int, origin: str, target: str, distributions: Distributions
) -> tuple[float, ...]:
    if isinstance(transport, Conveyor):
        places = -1 if transport.places is None else transport.places
        return world.BY_CONVEYOR, number, distributions.number(transport.time), places, 0, -1, -1, 0.0, 0.0
    if isinstance(transport, Fleet):
        nodes = _nodes(transport)
        start, end = (nodes[transport.stops.get(name, name)] for name in (origin, target))
        return world.BY_FLEET, number, -1, -1, 0, -1, -1, float(start), float(end)
    places_x = [transport.positions[name] for name in (origin, target)]
    return world.BY_CRANE, number, -1, -1, 0, -1, -1, places_x[0], places_x[1]


def _nodes(fleet: Fleet) -> dict[str, int]:
    names = dict.fromkeys(node for edge in fleet.track for node in (edge.start, edge.end))
    return {name: number for number, name in enumerate(names)}


def _shortest(
    fleet: Fleet, nodes: dict[str, int], first_edge: int
) -> tuple[world.Integers, world.Integers, world.Floats]:
    """Next node, next edge and distance for each pair of nodes, on the shortest way."""
    count = len(nodes)
    lengths = np.full((count, count), np.inf)
    edge_of = np.full((count, count), -1, dtype=np.int64)
    for number, edge in enumerate(fleet.track):
        for a, b in _directions(edge):
            if edge.length < lengths[nodes[a], nodes[b]]:
                lengths[nodes[a], nodes[b]] = edge.length
                edge_of[nodes[a], nodes[b]] = first_edge + number
    # Floyd and Warshall: SciPy's takes longer to load than most plants take to run.
    distance = lengths.copy()
    np.fill_diagonal(distance, 0.0)
    next_node = np.where(np.isinf(lengths), -1, np.arange(count))
    np.fill_diagonal(next_node, -1)
    for via in range(count):
        through = distance[:, via, None] + distance[via]
        next_node = np.where(through < distance, next_node[:, via, None], next_node)
        distance = np.minimum(distance, through)
    rows = np.arange(count)[:, None]
    next_edge = np.where(next_node >= 0, edge_of[rows, np.maximum(next_node, 0)], -1)
    return next_node, next_edge, distance


def _directions(edge: Edge) -> list[tuple[str, str]]:
    return [(edge.start, edge.end)] if edge.one_way else [(edge.start, edge.end), (edge.end, edge.start)]
