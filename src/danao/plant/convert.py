"""From the file's documents to the engines' data types."""

from __future__ import annotations

import re
from collections.abc import Iterator

from danao.core.errors import BadInput
from danao.plant.complaints import Found, complaints, follows
from danao.plant.document import PlantDocument
from danao.plant.document_products import LimitDocument, ProductDocument, StepDocument
from danao.plant.explain import near
from danao.plant.heal import piece_of
from danao.plant.model import Limit, Plant, Product, Segment
from danao.plant.tree import Path, Tree


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
    draft = Draft(
        name=document.plant,
        stations=tuple(one.station(name) for name, one in document.stations.items()),
        products=tuple(_product(name, one, tree, found) for name, one in document.products.items()),
        sources=tuple(one.source() for one in document.sources),
        orders=tuple(one.order() for one in document.orders),
        calendars=tuple(one.calendar(name) for name, one in document.calendars.items()),
        pools=tuple(one.pool(name) for name, one in document.pools.items()),
        transport=tuple(one.transport(name) for name, one in document.transport.items()),
        tariff=None if document.tariff is None else document.tariff.tariff(),
        worth=None if document.worth is None else document.worth.worth(),
        limit=document.limit,
    )
    pieces = {piece_of(path) for path in bad}
    found += _unknown_setup_classes(draft, tree)
    found += _currencies(document, tree)
    found += complaints(draft, tree, [one.row for one in document.orders])
    found = [(path, mistake) for path, mistake in found if not follows(path, mistake, pieces)]
    if found or bad:
        return None, found
    return Plant(**vars(draft)), []


def _product(name: str, one: ProductDocument, tree: Tree, found: Found) -> Product:
    stations = [step.station for step in one.route]
    route = tuple(
        _segment(step, stations, ("products", name, "route", position), tree, found)
        for position, step in enumerate(one.route)
    )
    return Product(name, route, None if one.cooling is None else one.cooling.cooling(), one.store)


def _segment(step: StepDocument, stations: list[str], path: Path, tree: Tree, found: Found) -> Segment:
    rework, repairable = step.rework, step.repairable
    target = _position(step.rework_to, stations, (*path, "rework_to"), tree, found)
    if target is None and (rework > 0 or repairable > 0):
        if step.rework_to is None:
            found.append((path, _nowhere("rework" if rework > 0 else "repairable", tree.where(path))))
        rework = repairable = 0.0
    return Segment(
        station=step.station,
        time=step.time.distribution(),
        per=step.per,
        interval=None if step.interval is None else step.interval.distribution(),
        share=step.share,
        setup_class=step.setup_class or "",
        batch=None if step.batch is None else step.batch.batch(),
        batch_class=step.batch_class or "",
        scrap=step.scrap,
        rework=rework,
        rework_to=target or 0,
        defect=step.defect,
        detect=step.detect,
        false_alarm=step.false_alarm,
        repairable=repairable,
        needs=step.needs,
        yields=step.yields,
        limit=None if step.limit is None else _limit(step.limit, stations, (*path, "limit"), tree, found),
        heat=None if step.heat is None else step.heat.heat(),
        same_machine_as=_position(step.same_machine_as, stations, (*path, "same_machine_as"), tree, found),
    )


def _limit(limit: LimitDocument, stations: list[str], path: Path, tree: Tree, found: Found) -> Limit:
    since = _position(limit.since, stations, (*path, "since"), tree, found)
    target = _position(limit.rework_to, stations, (*path, "rework_to"), tree, found)
    then = limit.then
    if then == "rework" and target is None:
        if limit.rework_to is None:
            found.append((path, _nowhere("then: rework", tree.where(path))))
        then = "count"
    return Limit(limit.within, since, then, target or 0)


def _nowhere(what: str, where: str) -> BadInput:
    return BadInput(where, f"{what} without rework_to", "Expected the step to repeat from", "Add rework_to: station")


def _position(name: str | None, stations: list[str], path: Path, tree: Tree, found: Found) -> int | None:
    """Position in a route of the step that a key names, from 0; None if it names none, or is mistaken."""
    if name is None:
        return None
    places = [position for position, station in enumerate(stations) if station == name]
    if len(places) == 1:
        return places[0]
    number = re.fullmatch(r"step ([0-9]{1,9})", name)
    if number and not places and 1 <= int(number[1]) <= len(stations):
        return int(number[1]) - 1
    known = ", ".join(dict.fromkeys(stations))
    if places:
        numbers = " or ".join(f"step {place + 1}" for place in places)
        parts = (f"{name} is visited more than once", f"Expected {numbers}", "Name the step")
    elif number:
        parts = (name, f"Expected step 1 to step {len(stations)}", "Correct the step")
    else:
        expected = f"Expected one of: {known}; or, for example, step 1"
        parts = (f"{name!r} is no station of this route", expected, near(name, stations))
    found.append((path, BadInput(tree.where(path), *parts)))
    return None


def _unknown_setup_classes(draft: Plant, tree: Tree) -> Iterator[tuple[Path, BadInput]]:
    steps = [step for product in draft.products for step in product.route]
    for station in draft.stations:
        classes = sorted({step.setup_class for step in steps if step.station == station.name and step.setup_class})
        named: dict[str, Path] = {}
        for pair in station.setup:
            for name in pair:
                named.setdefault(name, ("setup", *pair))
        named.pop("*", None)
        for name in station.setup_runs:
            named.setdefault(name, ("setup_runs", name))
        for name in [name for name in named if name not in classes]:
            path = ("stations", station.name, *named[name])
            expected = f"Expected one of: {', '.join(classes)}" if classes else "No step at this station has a class"
            remedy = near(name, classes) if classes else "Add setup_class to the steps, or remove the setup"
            yield path, BadInput(tree.where(path), f"unknown setup class {name!r}", expected, remedy)


def _currencies(document: PlantDocument, tree: Tree) -> Iterator[tuple[Path, BadInput]]:
    """Complaints about prices in another currency than that of `worth`."""
    prices: list[tuple[Path, str]] = []
    if document.tariff is not None:
        prices += [(("tariff", key), currency) for key, currency in document.tariff.currencies()]
    own = "EUR"
    if document.worth is not None:
        own = document.worth.currency
        prices += [(("worth", *keys), currency) for keys, currency in document.worth.currencies()]
    for path, currency in prices:
        if currency != own:
            remedy = f"Convert the price, or write currency: {currency} in worth"
            yield path, BadInput(tree.where(path), f"a price in {currency}", f"Expected {own}, as in worth", remedy)
