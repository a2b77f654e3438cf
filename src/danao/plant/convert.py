"""From the file's documents to the engines' data types, and from the engines' complaints back to lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from danao.core.errors import BadInput
from danao.plant.document import PlantDocument, ProductDocument, SourceDocument, StationDocument, StepDocument
from danao.plant.explain import near
from danao.plant.heal import piece_of
from danao.plant.model import EnergyStates, Failure, Plant, Product, Segment, Source, Station, problems
from danao.plant.tree import Path, Tree

Found = list[tuple[Path, BadInput]]


class Draft(Plant):
    """A plant that may still hold mistakes."""

    def __post_init__(self) -> None:
        """Nothing is refused yet."""


def plant_of(document: PlantDocument, tree: Tree, bad: list[Path]) -> tuple[Plant | None, Found]:
    """The plant that a document describes.

    Args:
        document: Valid by itself; names in it may still be unknown.
        tree: The file, for lines.
        bad: Paths that were complained about already and hold stand-ins now.

    Returns:
        The plant, or None, and what is wrong with it beyond the bad paths.
    """
    found: Found = []
    products = tuple(_product(name, one, tree, found) for name, one in document.products.items())
    draft = Draft(
        name=document.plant,
        stations=tuple(_station(name, one) for name, one in document.stations.items()),
        products=products,
        sources=tuple(_source(one) for one in document.sources),
    )
    pieces = {piece_of(path) for path in bad}
    found += _unknown_setup_classes(draft, tree)
    found += _problems(draft, tree, pieces)
    found = [(path, mistake) for path, mistake in found if not _follows(path, pieces)]
    if found or bad:
        return None, found
    return Plant(draft.name, draft.stations, draft.products, draft.sources), []


def _station(name: str, one: StationDocument) -> Station:
    energy, failure = one.energy, None
    if one.failure is not None:
        failure = Failure(one.failure.clock, one.failure.up.distribution(), one.failure.down.distribution())
    return Station(
        name=name,
        machines=one.machines,
        buffer=one.buffer,
        rule=one.rule,
        failure=failure,
        setup={(before, after): hours for before, row in one.setup.items() for after, hours in row.items()},
        energy=EnergyStates(energy.working, energy.idle, energy.down, energy.setup),
    )


def _product(name: str, one: ProductDocument, tree: Tree, found: Found) -> Product:
    steps = []
    for position, step in enumerate(one.route):
        try:
            target = _rework_to(step, one)
        except BadInput as mistake:
            path = ("products", name, "route", position, "rework_to")
            found.append((path, BadInput(tree.where(path), mistake.found, mistake.expected, mistake.remedy)))
            step, target = step.model_copy(update={"rework": 0.0}), 0
        steps.append(
            Segment(step.station, step.time.distribution(), step.setup_class or "", step.scrap, step.rework, target)
        )
    return Product(name, tuple(steps))


def _rework_to(step: StepDocument, product: ProductDocument) -> int:
    if step.rework_to is None and step.rework > 0:
        raise BadInput("", "rework without rework_to", "Expected the step to repeat from", "Add rework_to: station")
    if step.rework_to is None:
        return 0
    stations = [each.station for each in product.route]
    places = [position for position, station in enumerate(stations) if station == step.rework_to]
    if len(places) == 1:
        return places[0]
    if places:
        numbers = " or ".join(f"step {place + 1}" for place in places)
        raise BadInput("", f"{step.rework_to} is visited more than once", f"Expected {numbers}", "Name the step")
    number = re.fullmatch(r"step ([0-9]{1,9})", step.rework_to)
    if number and 1 <= int(number[1]) <= len(stations):
        return int(number[1]) - 1
    if number:
        raise BadInput("", step.rework_to, f"Expected step 1 to step {len(stations)}", "Correct the step")
    known = ", ".join(dict.fromkeys(stations))
    raise BadInput(
        "",
        f"{step.rework_to!r} is no station of this route",
        f"Expected one of: {known}; or, for example, step 1",
        near(step.rework_to, stations),
    )


def _source(one: SourceDocument) -> Source:
    return Source(
        product=one.product,
        gaps=None if one.gaps is None else one.gaps.distribution(),
        first=None if one.first is None else one.first.distribution(),
        due_after=math.inf if one.due_after is None else one.due_after,
        priority=one.priority,
    )


def _unknown_setup_classes(draft: Draft, tree: Tree) -> Iterator[tuple[Path, BadInput]]:
    steps = [step for product in draft.products for step in product.route]
    for station in draft.stations:
        classes = sorted({step.setup_class for step in steps if step.station == station.name and step.setup_class})
        for name in dict.fromkeys(name for pair in station.setup for name in pair):
            if name in classes:
                continue
            pair = next(pair for pair in station.setup if name in pair)
            path = ("stations", station.name, "setup", *pair)
            expected = f"Expected one of: {', '.join(classes)}" if classes else "No step at this station has a class"
            remedy = near(name, classes) if classes else "Add setup_class to the steps, or remove the setup"
            yield path, BadInput(tree.where(path), f"unknown setup class {name!r}", expected, remedy)


def _problems(draft: Draft, tree: Tree, pieces: set[Path]) -> Iterator[tuple[Path, BadInput]]:
    without = replace(draft, sources=())
    for mistake in problems(without):
        path = _path(mistake.where, draft)
        if path != () or mistake.found != "no sources":
            yield path, _moved(mistake, path, tree)
    sources: tuple[Source, ...] = ()
    already = len(_of_sources(without))
    for position, source in enumerate(draft.sources):
        path = ("sources", position)
        route: Path = ("products", source.product, "route", 0)
        if pieces & {route[:2], route, (*route, "station")} or any(piece[:2] == path for piece in pieces):
            continue
        sources = (*sources, source)
        mistakes = _of_sources(replace(draft, sources=sources))
        for mistake in mistakes[already:]:
            yield path, _moved(mistake, path, tree, source.product)
        already = len(mistakes)


def _of_sources(draft: Draft) -> list[BadInput]:
    return [mistake for mistake in problems(draft) if mistake.where.startswith(f"{draft.name or 'plant'}: source of ")]


def _path(where: str, draft: Draft) -> Path:
    """Where in the document the part is that a complaint of `problems` names."""
    name = draft.name or "plant"
    places: dict[str, Path] = {}
    for station in draft.stations:
        at = f"{name}: station {station.name}"
        places[at] = ("stations", station.name)
        for before, after in station.setup:
            places[f"{at}: setup[{before}→{after}]"] = ("stations", station.name, "setup", before, after)
    for product in draft.products:
        at = f"{name}: product {product.name}"
        places[at] = ("products", product.name)
        for position in range(len(product.route)):
            places[f"{at}: step {position}"] = ("products", product.name, "route", position)
    return places.get(where, ())


def _moved(mistake: BadInput, path: Path, tree: Tree, product: str = "") -> BadInput:
    found = mistake.found
    for key, word in (("failure", "between failures"), ("station", "unknown station"), ("product", "unknown product")):
        if word in found and (*path, key) in tree.lines:
            path = (*path, key)
    if found == "unknown product":
        found = f"{found} {product!r}"
    return BadInput(tree.where(path), found, mistake.expected, mistake.remedy)


def _follows(path: Path, pieces: set[Path]) -> bool:
    """Whether a complaint about a product or a setup class may only follow from a stand-in elsewhere."""
    if path[:1] == ("products",) and len(path) == 2:
        return any(piece[:2] == path for piece in pieces)
    if path[2:3] == ("setup",) and len(path) == 5:
        return any(piece[0] == "products" and piece[-1] != "time" for piece in pieces)
    return False
