"""Drawing of a plant: stations with their machines and buffers, routes by product, sources and the exit."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from danao.core import pictures
from danao.plant.layout import BOX, SHORT, TALL, Layout, Line, Node, Point, layout
from danao.plant.legend import plant_notes, station_note, transport_letters, ways_in
from danao.plant.model import Plant, Product, Station

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

_CELL = 0.062
_LEGEND = 0.3
_NOTE = 0.15
"""Height of a line of notes below the legend."""
_CORNER = 0.05
_TAG = 0.125
"""From the tip of an arrow to the middle of its circled letter."""


def show(plant: Plant) -> str:
    """The plant, from its sources on the left to its exit on the right; long plants continue in a line below.

    A filled square is a machine, an empty one a place in the buffer before it; below the name of a station stand the
    sizes of its batches and the people that it needs. An arrow is the route of a product; a dashed one is rework, with
    the share of parts that takes it. A circled letter is the transport that carries parts there. A component goes
    into a store and from there to where it is needed.

    Returns:
        One `<svg>` element.
    """
    plan = layout(plant, pictures.WIDE)
    notes = plant_notes(plant, plan.width)
    below = _LEGEND + _NOTE * len(notes)

    def build(figure: Figure) -> None:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, plan.width)
        axes.set_ylim(-below, plan.height)
        for line in plan.lines:
            _arrow(axes, line)
        for node in plan.nodes:
            _node(axes, node, plant)
        _tags(axes, plan, plant)
        _legend(axes, plan)
        for number, note in enumerate(notes):
            y = -_LEGEND - _NOTE * (number + 0.3)
            axes.text(0.2, y, note, va="center", size=6.5, color=pictures.SOFT)

    return pictures.drawn(plan.height + below, build, plan.width)


def colour(product: int) -> str:
    """Colour of a product by its position in the plant."""
    return pictures.SERIES[product % len(pictures.SERIES)]


def _node(axes: Axes, node: Node, plant: Plant) -> None:
    kind, number = node.name
    if kind == "station":
        _station(axes, node, plant.stations[number], plant)
    elif kind == "source":
        product = plant.products[number]
        _source(axes, node, product, ways_in(product, plant), colour(number))
    elif kind == "store":
        product = plant.products[number]
        _box(axes, node, SHORT, colour(number), pictures.FILL)
        places = "store" if product.store is None else f"store, {product.store} places"
        _label(axes, node, product.name, places, colour(number))
    else:
        _box(axes, node, SHORT, pictures.NEUTRAL, pictures.FILL)
        axes.text(node.x, node.y, "exit", ha="center", va="center", color=pictures.SOFT, size=7.5)


def _box(axes: Axes, node: Node, height: float, edge: str, face: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    style = f"round,pad=0,rounding_size={_CORNER}"
    corner = (node.x - BOX / 2, node.y - height / 2)
    axes.add_patch(FancyBboxPatch(corner, BOX, height, boxstyle=style, facecolor=face, edgecolor=edge, linewidth=0.8))


def _source(axes: Axes, node: Node, product: Product, ways: str, hue: str) -> None:
    _box(axes, node, SHORT, hue, "white")
    _label(axes, node, product.name, ways, hue)


def _label(axes: Axes, node: Node, name: str, below: str, hue: str) -> None:
    size = 7.5 if len(name) <= 14 else 6.2
    shown = _short(name, 18)
    axes.text(node.x, node.y + 0.09, shown, ha="center", va="center", color=hue, size=size, weight="bold")
    size = 6.5 if len(below) <= 18 else 5.6
    axes.text(node.x, node.y - 0.1, _short(below, 21), ha="center", va="center", color=pictures.SOFT, size=size)


def _station(axes: Axes, node: Node, station: Station, plant: Plant) -> None:
    _box(axes, node, TALL, pictures.INK, "white")
    lines = textwrap.wrap(station.name, 15, max_lines=2, placeholder=" …") or [station.name[:14]]
    name = "\n".join(_short(line, 15) for line in lines)
    top = node.y + TALL / 2
    axes.text(node.x, top - 0.19, name, ha="center", va="center", size=7, weight="bold", linespacing=1.0)
    note = _short(station_note(station), 21 if station.machines < 3 else 13)
    axes.text(node.x - BOX / 2 + 0.07, top - 0.35, note, ha="left", va="center", size=5.5, color=pictures.SOFT)
    _buffer(axes, node.x - BOX / 2 + 0.07, node.y - TALL / 2 + 0.08, station.buffer)
    _machines(axes, node.x + BOX / 2 - 0.07, node.y - TALL / 2 + 0.08, station.machines)
    scraps = {step.scrap for product in plant.products for step in product.route if step.station == station.name}
    scraps -= {0.0}
    if scraps:
        low, high = f"{100 * min(scraps):.2g}", f"{100 * max(scraps):.2g}"
        text = f"scrap {low} %" if low == high else f"scrap {low}–{high} %"
        axes.text(node.x, node.y - TALL / 2 - 0.03, text, ha="center", va="top", size=6, color=pictures.BAD)


def _buffer(axes: Axes, left: float, bottom: float, places: int | None) -> None:
    """Up to ten cells in two rows; of a larger buffer one row of cells and the number."""
    numbered = places is None or places > 10
    shown = 5 if places is None else min(places, 5 if numbered else 10)
    for cell in range(shown):
        row = 1 if numbered else cell // 5
        at = (left + cell % 5 * (_CELL + 0.02), bottom + row * (_CELL + 0.02))
        _square(axes, at, _CELL, "white", pictures.NEUTRAL)
    if shown == 0 or numbered:
        text = "∞" if places is None else str(places)
        axes.text(left, bottom + 0.025, text, ha="left", va="center", size=6, color=pictures.SOFT)


def _machines(axes: Axes, right: float, bottom: float, machines: int) -> None:
    side = 0.11
    shown = machines if machines <= 4 else 1
    for number in range(shown):
        at = (right - side - number // 2 * (side + 0.025), bottom + number % 2 * (side + 0.025))
        _square(axes, at, side, pictures.ACCENT, pictures.ACCENT)
    if machines > 4:
        axes.text(right - side - 0.03, bottom + 0.05, f"{machines} ×", ha="right", va="center", size=6.5)


def _square(axes: Axes, corner: Point, side: float, face: str, edge: str) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle(corner, side, side, facecolor=face, edgecolor=edge, linewidth=0.6))


def _arrow(axes: Axes, line: Line) -> None:
    from matplotlib.patches import PathPatch, Polygon

    hue = colour(line.product)
    dashes = (0, (3, 1.6)) if line.back else "solid"
    path = _rounded(line.points)
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=hue, linewidth=1.1, linestyle=dashes, capstyle="butt"))
    (x0, y0), (x, y) = line.points[-2:]
    if (x0, y0) == (x, y):
        x0, y0 = line.points[-3]
    across, along = (0.028, 0.07)
    step = (0.0, -1.0) if abs(x - x0) < 1e-9 and y < y0 else (1.0, 0.0)
    back = (x - along * step[0], y - along * step[1])
    corners = [
        (x, y),
        (back[0] + across * step[1], back[1] + across * step[0]),
        (back[0] - across * step[1], back[1] - across * step[0]),
    ]
    axes.add_patch(Polygon(corners, closed=True, facecolor=hue, edgecolor="none"))
    if line.back:
        levels = [(a, b) for a, b in zip(line.points, line.points[1:], strict=False) if a[1] == b[1]]
        (left, level), (right, _) = max(levels, key=lambda pair: abs(pair[0][0] - pair[1][0]))
        axes.text((left + right) / 2, level + 0.012, line.back, ha="center", va="bottom", size=6, color=hue)


def _tags(axes: Axes, plan: Layout, plant: Plant) -> None:
    """The letter of the transport at the end of the arrows between two boxes, once for all products."""
    from matplotlib.patches import Circle

    letters = transport_letters(plant)
    ends: dict[tuple[str, int, int, bool], list[Point]] = {}
    for line in plan.lines:
        (before, start), (after, end) = line.start.name, line.end.name
        if before != "station" or after != "station" or start == end:
            continue
        letter = letters.get((plant.stations[start].name, plant.stations[end].name), "")
        (x0, y0), (x, y) = line.points[-2:]
        upright = abs(x - x0) < 1e-9 and y < y0
        at = (x, y + _TAG) if upright else (x - _TAG, y)
        if letter:
            ends.setdefault((letter, start, end, upright), []).append(at)
    for (letter, *_), places in ends.items():
        x = sum(place[0] for place in places) / len(places)
        y = sum(place[1] for place in places) / len(places)
        axes.add_patch(Circle((x, y), 0.052, facecolor="white", edgecolor=pictures.INK, linewidth=0.6, zorder=3))
        axes.text(x, y - 0.004, letter, ha="center", va="center", size=5.2, color=pictures.INK, zorder=4)


def _rounded(points: list[Point]) -> Path:
    from matplotlib.path import Path

    kept = [points[0]]
    for point in points[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > 1e-9:
            kept.append(point)
    vertices, codes = [kept[0]], [Path.MOVETO]
    for before, corner, after in zip(kept, kept[1:], kept[2:], strict=False):
        vertices += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, kept[-1]], [*codes, Path.LINETO])


def _towards(corner: Point, other: Point) -> Point:
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(_CORNER, length / 2) / length
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share


def _legend(axes: Axes, plan: Layout) -> None:
    y, x = -_LEGEND + 0.1, 0.2
    _square(axes, (x, y - 0.02), 0.1, pictures.ACCENT, pictures.ACCENT)
    axes.text(x + 0.15, y + 0.03, "machine", va="center", size=6.5, color=pictures.SOFT)
    _square(axes, (x + 0.85, y), _CELL, "white", pictures.NEUTRAL)
    axes.text(x + 0.96, y + 0.03, "place in the buffer (∞: no limit)", va="center", size=6.5, color=pictures.SOFT)
    if any(line.back for line in plan.lines) and plan.width > 5:
        axes.plot(
            [x + 2.75, x + 3.0], [y + 0.03, y + 0.03], color=pictures.SOFT, linewidth=1.1, linestyle=(0, (3, 1.6))
        )
        axes.text(x + 3.06, y + 0.03, "rework", va="center", size=6.5, color=pictures.SOFT)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
