"""From what is wrong with a plant back to the lines of the file that it was read from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from danao.core.errors import BadInput
from danao.plant.model import Plant, problems
from danao.plant.tree import Path, Tree

Found = list[tuple[Path, BadInput]]


def complaints(draft: Plant, tree: Tree, rows: Sequence[str]) -> Iterator[tuple[Path, BadInput]]:
    """Everything that is wrong with a plant, each with its place in the file.

    Args:
        draft: The plant, unchecked.
        tree: The file.
        rows: For each order, file and line of the table that it comes from; empty if it stands in the plant file.
    """
    places: dict[str, Path] | None = None
    for mistake in problems(draft):
        places = _places(draft) if places is None else places
        path = _path(mistake.where, places, tree)
        where = tree.where(path)
        if path[:1] == ("orders",) and len(path) > 1 and rows[int(path[1])]:
            where = f"{rows[int(path[1])]}: {mistake.where.rsplit(': ', 1)[-1]}"
        yield path, BadInput(where, mistake.found, mistake.expected, mistake.remedy)


def follows(path: Path, mistake: BadInput, pieces: set[Path]) -> bool:
    """Whether a complaint may only follow from a stand-in for something that could not be read elsewhere.

    Args:
        path: What the complaint is about.
        mistake: The complaint.
        pieces: Parts of the file that were replaced by stand-ins.
    """
    sections = {piece[0] for piece in pieces if piece}
    words = mistake.found
    if path[:1] == ("products",) and len(path) == 2:
        return any(piece[:2] == path for piece in pieces)
    if words.startswith("unknown setup class"):
        return any(piece[0] == "products" and piece[-1] != "time" for piece in pieces)
    if words.startswith("no sources and no orders"):
        return bool(sections & {"sources", "orders"})
    if words.startswith("nobody makes"):
        return bool(sections & {"sources", "orders", "products"})
    if "is already kept saturated" in words:
        steps = ("route", "station")
        return any(piece[0] == "sources" or (piece[0] == "products" and _entry(piece, steps)) for piece in pieces)
    if "with the skill" in words or "has the skill" in words:
        return "pools" in sections
    if words.startswith("unknown calendar"):
        return "calendars" in sections
    if "can never gather" in words:
        return "limit" in sections or any(piece[:2] == path[:2] for piece in pieces)
    if words.startswith("a price in"):
        return "worth" in sections
    return False


def _entry(piece: Path, keys: tuple[str, str]) -> bool:
    """Whether a piece is a product as a whole, its first step, or the station of that."""
    return len(piece) == 2 or (piece[2:4] == (keys[0], 0) and piece[4:] in ((), (keys[1],)))


def _places(draft: Plant) -> dict[str, Path]:
    """Where in the file each part of a plant is that `problems` names."""
    name = draft.name or "plant"
    places: dict[str, Path] = {name: (), f"{name}: tariff": ("tariff",), f"{name}: worth": ("worth",)}
    for station in draft.stations:
        at = f"{name}: station {station.name}"
        places[at] = ("stations", station.name)
        for before, after in station.setup:
            places[f"{at}: setup[{before}→{after}]"] = ("stations", station.name, "setup", before, after)
    for product in draft.products:
        at = f"{name}: product {product.name}"
        places[at] = ("products", product.name)
        for position in range(len(product.route)):
            places[f"{at}: step {position + 1}"] = ("products", product.name, "route", position)
    for kind, section, parts in (
        ("calendar", "calendars", draft.calendars),
        ("pool", "pools", draft.pools),
        ("transport", "transport", draft.transport),
    ):
        places |= {f"{name}: {kind} {part.name}": (section, part.name) for part in parts}
    places |= {f"{name}: source {number + 1}": ("sources", number) for number in range(len(draft.sources))}
    places |= {f"{name}: order {number + 1}": ("orders", number) for number in range(len(draft.orders))}
    return places


def _path(where: str, places: dict[str, Path], tree: Tree) -> Path:
    """The part of the file that a complaint names: a place, and the keys behind it as far as they stand there."""
    place = where
    while place not in places and ": " in place:
        place = place.rsplit(": ", 1)[0]
    path = places.get(place, ())
    for key in re.findall(r"\w+", where[len(place) :]):
        part = int(key) - 1 if key.isdigit() else key
        part = "failure" if part == "failures" and (*path, part) not in tree.lines else part
        if (*path, part) in tree.lines:
            path = (*path, part)
    return path
