"""Where the boxes and arrows of a plant's drawing go: layers by longest path, in bands, lines at right angles.

After Sugiyama, Tagawa & Toda, IEEE Trans. Systems, Man, and Cybernetics 11 (1981): cycles are cut, nodes are layered,
the order within a layer follows the barycentres of the neighbours. Lines run in lanes between the columns and between
the bands, packed so that no two of them lie on each other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from danao.plant.model import Plant

BOX = 0.97
"""Width of a node, in inches like all lengths here."""
TALL = 0.66
_GAP = 0.46
SHORT = 0.46
"""Height of a source and of the exit."""
_ROW = TALL + 0.36
_SOURCE_ROW = SHORT + 0.14
_LANE = 0.15
_PORT = 0.07
_SWEEPS = 8

Point = tuple[float, float]
Name = tuple[Literal["source", "station", "store", "exit"], int]
"""Kind of a node, and its position in the plant: of the product for a source or store, of the station for a station."""


@dataclass
class Node:
    """A box."""

    name: Name
    layer: int
    band: int = 0
    column: int = 0
    row: int = 0
    x: float = 0.0
    """Centre."""
    y: float = 0.0

    @property
    def height(self) -> float:
        """Stations are taller than the rest."""
        return TALL if self.name[0] == "station" else SHORT


@dataclass
class Line:
    """An arrow from box to box."""

    start: Node
    end: Node
    product: int
    """Position in the plant."""
    back: str = ""
    """What is sent back this way, such as `5 %`; empty: it is the route itself."""
    points: list[Point] = field(default_factory=list)

    @property
    def returns(self) -> bool:
        """Whether it leads to an earlier column, or to the same."""
        return self.end.layer <= self.start.layer

    @property
    def adjacent(self) -> bool:
        """Whether it leads straight to the next column."""
        return self.start.band == self.end.band and self.end.column == self.start.column + 1


@dataclass
class Layout:
    """A drawing without ink: inches, y upwards."""

    width: float
    height: float
    nodes: list[Node]
    lines: list[Line]


def layout(plant: Plant, width: float) -> Layout:
    """Boxes and lines of a plant.

    Args:
        plant: Any.
        width: Inches that must not be exceeded; long plants continue in a further band below.
    """
    nodes, lines = _network(plant)
    _layer(nodes, lines)
    columns = max(node.layer for node in nodes) + 1
    most = max(2, int((width - _GAP) / (BOX + _GAP)))
    each = math.ceil(columns / math.ceil(columns / most))
    for node in nodes:
        node.band, node.column = divmod(node.layer, each)
        node.x = _GAP + BOX / 2 + node.column * (BOX + _GAP)
    _order(nodes, lines)
    height = _place(nodes, lines)
    _route(lines)
    return Layout(_GAP + each * (BOX + _GAP), height, nodes, lines)


def _network(plant: Plant) -> tuple[list[Node], list[Line]]:
    stations = {station.name: Node(("station", number), 1) for number, station in enumerate(plant.stations)}
    leave = Node(("exit", 0), 1)
    nodes, lines = [*stations.values(), leave], list[Line]()
    components: dict[str, dict[str, None]] = {}
    for product in plant.products:
        for step in product.route:
            for needed in step.needs:
                components.setdefault(needed, {})[step.station] = None
    for number, product in enumerate(plant.products):
        enter = Node(("source", number), 0)
        nodes.append(enter)
        end = leave
        if product.name in components:
            end = Node(("store", number), 1)
            nodes.append(end)
            lines += [Line(end, stations[name], number) for name in components[product.name]]
        path = [enter, *(stations[step.station] for step in product.route), end]
        seen: set[tuple[Name, Name]] = set()
        for before, after in pairwise(path):
            if (before.name, after.name) not in seen:
                lines.append(Line(before, after, number))
            seen.add((before.name, after.name))
        for step in product.route:
            target = stations[product.route[step.rework_to].station]
            if step.rework > 0:
                lines.append(Line(stations[step.station], target, number, f"{100 * step.rework:.2g} %"))
            if step.repairable > 0:
                lines.append(Line(stations[step.station], target, number, "repair"))
            if step.limit is not None and step.limit.then == "rework":
                target = stations[product.route[step.limit.rework_to].station]
                lines.append(Line(stations[step.station], target, number, "late"))
    return nodes, lines


def _layer(nodes: list[Node], lines: list[Line]) -> None:
    """Longest path from the sources, after every line that closes a cycle is left out (the earlier product wins)."""
    after: dict[Name, set[Name]] = {node.name: set() for node in nodes}
    for line in lines:
        if not line.back and not _reaches(after, line.end.name, line.start.name):
            after[line.start.name].add(line.end.name)
    by_name = {node.name: node for node in nodes}
    for _ in nodes:
        for name, following in after.items():
            for other in following:
                by_name[other].layer = max(by_name[other].layer, by_name[name].layer + 1)
    leave = by_name[("exit", 0)]
    leave.layer = max(leave.layer, 1 + max(node.layer for node in nodes if node is not leave))


def _reaches(after: dict[Name, set[Name]], start: Name, goal: Name) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        new = after[name] - seen
        seen |= new
        waiting += new
    return False


def _order(nodes: list[Node], lines: list[Line]) -> None:
    layers: dict[int, list[Node]] = {}
    for node in sorted(nodes, key=lambda node: (node.layer, node.name)):
        layers.setdefault(node.layer, []).append(node)
    neighbours: dict[Name, list[Node]] = {node.name: [] for node in nodes}
    for line in lines:
        if not line.returns:
            neighbours[line.start.name].append(line.end)
            neighbours[line.end.name].append(line.start)
    for sweep in range(_SWEEPS):
        for number in sorted(layers, reverse=bool(sweep % 2)):
            layer = layers[number]
            for row, node in enumerate(layer):
                node.row = row
            side = number + 1 if sweep % 2 else number - 1
            centre = {node.name: _barycentre(node, neighbours[node.name], side, layers) for node in layer}
            layer.sort(key=lambda node: centre[node.name])
            for row, node in enumerate(layer):
                node.row = row


def _barycentre(node: Node, neighbours: list[Node], side: int, layers: dict[int, list[Node]]) -> float:
    beyond = [other for other in neighbours if (other.layer - side) * (side - node.layer) >= 0]
    rows = [(other.row + 0.5) / len(layers[other.layer]) for other in beyond]
    return sum(rows) / len(rows) if rows else (node.row + 0.5) / len(layers[node.layer])


def _place(nodes: list[Node], lines: list[Line]) -> float:
    """Heights of bands and boxes; the first point of each line that needs a corridor is put there for `_route`."""
    bands = max(node.band for node in nodes) + 1
    upper = {band: _packed([line for line in lines if _corridor(line) == ("upper", band)]) for band in range(bands)}
    lower = {band: _packed([line for line in lines if _corridor(line) == ("lower", band)]) for band in range(bands)}
    y = 0.0
    for band in range(bands):
        inside = [node for node in nodes if node.band == band]
        y -= 0.08
        for line, lane in upper[band]:
            line.points = [(0.0, y - _LANE * (lane + 0.5))]
        y -= _LANE * _lanes(upper[band]) + 0.12
        counts = Counter(node.layer for node in inside)
        height = max(count * _pitch(layer) for layer, count in counts.items())
        for node in inside:
            node.y = y - height / 2 + ((counts[node.layer] - 1) / 2 - node.row) * _pitch(node.layer)
        y -= height
        for line, lane in lower[band]:
            line.points = [(0.0, y - _LANE * (lane + 0.5))]
        y -= _LANE * _lanes(lower[band]) + 0.08
    for node in nodes:
        node.y -= y
    for line in lines:
        line.points = [(x, at - y) for x, at in line.points]
    return -y


def _pitch(layer: int) -> float:
    return _SOURCE_ROW if layer == 0 else _ROW


def _corridor(line: Line) -> tuple[str, int]:
    if line.adjacent:
        return "none", 0
    return ("upper" if line.returns else "lower"), line.start.band


def _packed(lines: list[Line]) -> list[tuple[Line, int]]:
    spans = [sorted((line.start.x + BOX / 2, line.end.x - BOX / 2)) for line in lines]
    lanes = _pack([(low - _GAP / 2, high + _GAP / 2) for low, high in spans])
    return list(zip(lines, lanes, strict=True))


def _lanes(packed: list[tuple[Line, int]]) -> int:
    return max((lane for _, lane in packed), default=-1) + 1


def _pack(spans: Sequence[tuple[float, float]]) -> list[int]:
    """The lowest lane for each span in which it touches no other; short spans come first."""
    lanes: list[list[tuple[float, float]]] = []
    result = [0] * len(spans)
    for index in sorted(range(len(spans)), key=lambda index: (spans[index][1] - spans[index][0], index)):
        low, high = spans[index]
        free = (number for number, lane in enumerate(lanes) if all(high <= a or low >= b for a, b in lane))
        lane = next(free, len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((low, high))
        result[index] = lane
    return result


def _route(lines: list[Line]) -> None:
    """Points of every line: out of the right side, along a lane, into the left side; loops over the top."""
    ports = _ports(lines)
    channels: dict[int, list[tuple[float, float]]] = {}
    members: dict[int, list[tuple[Line, str]]] = {}
    for line in lines:
        start, end = line.start.y + ports[id(line), "out"], line.end.y + ports[id(line), "in"]
        if line.adjacent:
            wanted = [(line.start.column + 1, "both", start, end)]
        else:
            level = line.points[0][1]
            wanted = [] if _over(line, line.start) else [(line.start.column + 1, "out", start, level)]
            wanted += [] if _over(line, line.end) else [(line.end.column, "in", level, end)]
        for channel, side, low, high in wanted:
            if low != high:
                channels.setdefault(channel, []).append((min(low, high) - 0.04, max(low, high) + 0.04))
                members.setdefault(channel, []).append((line, side))
    at: dict[tuple[int, str], float] = {}
    for channel, spans in channels.items():
        lanes = _pack(spans)
        step = min(0.09, (_GAP - 0.24) / max(1, max(lanes)))
        left = channel * (BOX + _GAP) + 0.08
        for (line, side), lane in zip(members[channel], lanes, strict=True):
            at[id(line), side] = left + lane * step
    for line in lines:
        line.points = _points(line, ports, at)


def _points(line: Line, ports: dict[tuple[int, str], float], at: dict[tuple[int, str], float]) -> list[Point]:
    out: Point = (line.start.x + BOX / 2, line.start.y + ports[id(line), "out"])
    into: Point = (line.end.x - BOX / 2, line.end.y + ports[id(line), "in"])
    if line.adjacent:
        x = at.get((id(line), "both"), out[0])
        return [out, (x, out[1]), (x, into[1]), into]
    level = line.points[0][1]
    if _over(line, line.start):
        x = line.start.x + BOX / 4 + ports[id(line), "out"]
        first: list[Point] = [(x, line.start.y + line.start.height / 2), (x, level)]
    else:
        x = at[id(line), "out"]
        first = [out, (x, out[1]), (x, level)]
    if _over(line, line.end):
        x = line.end.x - BOX / 4 + ports[id(line), "in"]
        return [*first, (x, level), (x, line.end.y + line.end.height / 2)]
    x = at[id(line), "in"]
    return [*first, (x, level), (x, into[1]), into]


def _over(line: Line, node: Node) -> bool:
    """Whether a line that returns may use the top side of a box: it is the topmost one, below the line's corridor."""
    return line.returns and node.row == 0 and node.band == line.start.band


def _ports(lines: list[Line]) -> dict[tuple[int, str], float]:
    """How far from the middle of its side each line leaves and enters a box."""
    result: dict[tuple[int, str], float] = {}
    for side in ("out", "in"):
        boxes: dict[tuple[Name, bool], list[Line]] = {}
        for line in lines:
            node = line.start if side == "out" else line.end
            boxes.setdefault((node.name, _over(line, node)), []).append(line)
        for (_, over), group in boxes.items():
            group.sort(key=lambda line: (line.product, line.back != ""))
            keys = list(dict.fromkeys((line.product, line.back != "") for line in group))
            step = min(_PORT, (TALL - 0.16) / max(1, len(keys) - 1))
            for line in group:
                shift = (len(keys) - 1) / 2 - keys.index((line.product, line.back != ""))
                result[id(line), side] = shift * step * (-1 if over else 1)
    return result
