"""A plant file that was learnt from records: may its twin back a proof, and what else could the records mean?

Beside `shop.yaml`, `danao learn LOG -o shop.yaml --plants 20` writes `shop.learnt.json` with what the gate found, and
`shop-01.yaml` to `shop-20.yaml`, each learnt from orders drawn with replacement. Routes, times and arrivals come from
these; all else, prices and rules above all, from the plant file itself, which an engineer may have changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from danao.core import BadInput
from danao.core.tables import read_text
from danao.plant import Plant, Source, read_plant
from danao.plant.resources import Worth

HEAD = "# Learnt from "
"""How a plant file begins that was learnt."""
USUAL = 20
"""Plants from resampled records that a message asks for."""

Told = TypeVar("Told")


def gate(path: Path) -> tuple[str, ...] | None:
    """Why the twin of a plant file may not back a `proven` verdict; None: it was not learnt from records.

    Raises:
        BadInput: What stands beside the plant file cannot be read.
    """
    if document(path).exists():
        from danao.learning.write import objections  # takes a second, for the few that need it

        return objections(path)
    if read_text(path).startswith(HEAD):
        return (
            f"it was learnt from records, and {document(path).name}, which says how well it fits them, is not beside "
            f"{path.name}",
        )
    return None


def document(path: Path) -> Path:
    """Where `danao learn` writes what it found, beside a plant file."""
    return path.with_suffix(".learnt.json")


def drawn_files(path: Path) -> tuple[Path, ...]:
    """The plants from resampled records beside a plant file, by their numbers."""
    pattern = re.compile(rf"{re.escape(path.stem)}-(\d{{2,}}){re.escape(path.suffix)}")
    found = [(match, other) for other in path.parent.iterdir() if (match := pattern.fullmatch(other.name))]
    return tuple(other for _, other in sorted(found, key=lambda pair: int(pair[0][1])))


@dataclass(frozen=True)
class Strays:
    """How the plants beside a plant file differ from those that `danao learn` wrote with it."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    """Written with another plant file, or by hand."""

    def objections(self) -> tuple[str, ...]:
        """Why the plants cannot stand for what the records leave uncertain: some of them are not there."""
        return tuple(f"of the plants from resampled records, {name} is missing" for name in self.missing)

    def told(self) -> str:
        """For the story, with a blank before it; empty: nothing was changed or put there."""
        some = (("Changed since they were learnt", self.changed), ("Not written with this plant", self.foreign))
        return "".join(f" {what}, and taken as they are: {', '.join(names)}." for what, names in some if names)


def strays(path: Path) -> Strays:
    """The plants beside a plant file held against the hashes in the document beside it; no strays without hashes.

    Raises:
        BadInput: A file cannot be read.
    """
    if not document(path).exists():
        return Strays()
    try:
        known = json.loads(read_text(document(path))).get("plants")
    except (ValueError, AttributeError):
        return Strays()
    if not known or not isinstance(known, dict):
        return Strays()
    found = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in drawn_files(path)}
    return Strays(
        tuple(name for name in found if name in known and known[name] != found[name]),
        tuple(name for name in known if name not in found),
        tuple(name for name in found if name not in known),
    )


def how_to_draw(path: Path) -> str:
    """What to run for plants from resampled records."""
    return (
        f"run `danao learn LOG -o {path.name} --plants {USUAL}` in another folder and put its numbered files beside "
        f"{path.name}"
    )


def drawn_plant(plant: Plant, path: Path) -> Plant:
    """The plant with routes, times and arrivals as another sample of the records tells them.

    Args:
        plant: The plant of the file, as an engineer left it.
        path: One of `drawn_files`.

    Raises:
        BadInput: It cannot be read, or it has a route of which nothing says what its parts are worth.
    """
    other = read_plant(path)
    stations = {station.name for station in plant.stations}
    calendars = {calendar.name for calendar in plant.calendars}
    known = {source.product: source for source in plant.sources}
    return replace(
        plant,
        products=other.products,
        sources=tuple(_as_in(known, source, path) for source in other.sources),
        stations=(*plant.stations, *(one for one in other.stations if one.name not in stations)),
        calendars=(*plant.calendars, *(one for one in other.calendars if one.name not in calendars)),
        worth=None if plant.worth is None else _worth(plant.worth, other, path),
    )


def _as_in(known: Mapping[str, Source], source: Source, path: Path) -> Source:
    """A source with the due date, priority and limit that the plant file has for its product."""
    told = {name: (one.due_after, one.priority, one.limit) for name, one in known.items()}
    due, priority, limit = _told(told, source.product, path) or (source.due_after, source.priority, source.limit)
    return replace(source, due_after=due, priority=priority, limit=limit)


def _worth(worth: Worth, other: Plant, path: Path) -> Worth:
    """The same prices, for the products of another plant."""
    margin, scrap = (
        tuple(
            (product.name, price)
            for product in other.products
            if (price := _told(dict(prices), product.name, path)) is not None
        )
        for prices in (worth.margin, worth.scrap)
    )
    return replace(worth, margin=margin, scrap=scrap)


def _told(known: Mapping[str, Told], product: str, path: Path) -> Told | None:
    """What is known of a product; of one that the plant file does not have, what all of the same material share.

    Learnt products are named by material and number: `steel 3` is the third most frequent route of steel, and that may
    be another one in another sample.
    """
    if product in known:
        return known[product]
    material = _material(product)
    values = [value for name, value in known.items() if _material(name) == material]
    if any(value != values[0] for value in values):
        raise BadInput(
            f"{path.name}: {product}",
            "is not in the plant file, and what the plant file says of the other routes of the same material differs",
            "Expected one price, due date, priority and limit for all routes of a material",
            f"Make them equal, or remove {path.name}",
        )
    return values[0] if values else None


def _material(product: str) -> str:
    return re.sub(r" \d+$", "", product)
