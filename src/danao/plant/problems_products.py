"""What can be wrong with a product: its route, its steps, its material."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from danao.core.errors import BadInput
from danao.plant.checks import at_least, unknown
from danao.plant.problems_stations import batch_problems

if TYPE_CHECKING:
    from danao.plant.model import Plant, Product, Segment


def product_problems(where: str, product: Product, plant: Plant) -> Iterator[BadInput]:
    """Everything that is wrong with one product by itself.

    Args:
        where: Plant and product, for messages.
        product: The product.
        plant: What it belongs to, for stations and other products.
    """
    if not product.route:
        yield BadInput(f"{where}: route", "an empty route", "Expected at least one step", "Add a step")
    known = {station.name: station for station in plant.stations}
    names = [other.name for other in plant.products]
    for position, segment in enumerate(product.route):
        at = f"{where}: step {position + 1}"
        if segment.station not in known:
            yield from unknown(f"{at}: station", "station", segment.station or "?", known)
        elif segment.batch is not None:
            yield from batch_problems(f"{at}: batch", segment.batch, known[segment.station], plant)
        yield from _segment_problems(at, position, segment, len(product.route))
        for key, parts in (("needs", segment.needs), ("yields", segment.yields)):
            for name, count in parts.items():
                yield from unknown(f"{at}: {key}", "product", name or "?", names)
                yield from at_least(f"{at}: {key}", 1, count, f"{count} of {name}")
            if product.name in parts:
                found = f"{product.name} {'goes into' if key == 'needs' else 'comes out of'} itself"
                yield BadInput(f"{at}: {key}", found, "Expected other products", "Correct the material")
    if product.route and all(segment.time.mean == 0 for segment in product.route):
        yield BadInput(where, "a route that takes no time at all", "Expected a time above 0", "Correct the times")
    yield from at_least(f"{where}: store", 1, product.store, f"a store of {product.store} places")
    cooling = product.cooling
    if cooling is not None:
        if not 0 < cooling.hours < math.inf:
            found = f"a cooling time of {cooling.hours:g} h"
            yield BadInput(f"{where}: cooling.time_constant", found, "Expected a time above 0", "Correct it")
        for key, degrees in (("ambient", cooling.ambient), ("start", cooling.start)):
            yield from _temperature_problems(f"{where}: cooling.{key}", degrees)


def material_problems(where: str, plant: Plant) -> Iterator[BadInput]:
    """What is wrong with the bills of material: components that nobody makes, or that have too little room."""
    products = {product.name: product for product in plant.products}
    made = {name for source in plant.sources for name in source.made} | {order.product for order in plant.orders}
    made |= {name for product in plant.products for segment in product.route for name in segment.yields}
    for product in plant.products:
        for position, segment in enumerate(product.route):
            at = f"{where}: product {product.name}: step {position + 1}: needs"
            for name, count in segment.needs.items():
                if name not in products or name == product.name:
                    continue
                store = products[name].store
                if name not in made:
                    yield BadInput(
                        at,
                        f"nobody makes {name}: the station would wait for ever",
                        "Expected a source or order of it, or a step that yields it",
                        f"Add, for example, a source of {name}",
                    )
                if store is not None and store < count:
                    yield BadInput(
                        at,
                        f"{count} of {name}, but its store has {store} places",
                        f"Expected a store of {count} places or more",
                        "Enlarge the store",
                    )
    for product in plant.products:
        circle = _circle(product.name, products)
        if circle and min(circle) == product.name:
            yield BadInput(
                f"{where}: product {product.name}",
                f"it can never be made, because it goes into itself: {' → '.join([*circle, circle[0]])}",
                "Expected a bill of material without circles",
                "Correct the material",
            )


def _circle(start: str, products: dict[str, Product]) -> list[str]:
    """Products that each need the one before, from a product back to itself; empty if there is no such circle."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        needed = {name for segment in products[way[-1]].route for name in segment.needs if name != way[-1]}
        for name in sorted(needed & products.keys()):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _segment_problems(at: str, position: int, segment: Segment, steps: int) -> Iterator[BadInput]:
    for name in ("share", "scrap", "rework", "defect", "detect", "false_alarm", "repairable"):
        value = getattr(segment, name)
        if not 0 <= value <= 1:
            yield BadInput(f"{at}: {name}", f"{name} {value:g}", "Expected a probability from 0 to 1", "Correct it")
    if segment.scrap + segment.rework > 1:
        yield BadInput(
            at,
            f"scrap {segment.scrap:g} and rework {segment.rework:g}",
            "Expected probabilities that sum to 1 at most",
            "Correct them",
        )
    elif segment.rework == 1 and segment.rework_to <= position:
        yield BadInput(f"{at}: rework", "every part is reworked for ever", "Expected a rework below 1", "Correct it")
    elif segment.false_alarm * segment.repairable == 1 and segment.rework_to <= position:
        yield BadInput(
            f"{at}: false_alarm",
            "every good part is repaired for ever",
            "Expected false alarms below 1",
            "Correct them",
        )
    sends_back = segment.rework > 0 or segment.repairable > 0
    if sends_back and not 0 <= segment.rework_to < steps:
        found = f"rework to step {segment.rework_to + 1}"
        yield BadInput(f"{at}: rework_to", found, f"Expected 1 to {steps}", "Correct it")
    if segment.setup_class == "*":
        yield BadInput(
            f"{at}: setup_class", "setup class *", "Expected the name of a class: * means any class", "Rename it"
        )
    if segment.interval is not None and segment.interval.mean == 0:
        yield BadInput(
            f"{at}: interval",
            "an interval of 0: the machine would take parts without end",
            "Expected a time above 0",
            "Correct the interval",
        )
    yield from _limit_problems(at, position, segment, steps)
    heat = segment.heat
    if heat is not None:
        if not heat.rate > 0:
            found = f"heating at {heat.rate:g} °C/h"
            yield BadInput(f"{at}: heat.rate", found, "Expected a rate above 0", "Correct it")
        for key, degrees in (("needs", heat.needs), ("leaves", heat.leaves)):
            if degrees is not None:
                yield from _temperature_problems(f"{at}: heat.{key}", degrees)
    if segment.same_machine_as is not None and not 0 <= segment.same_machine_as < position:
        yield BadInput(
            f"{at}: same_machine_as",
            f"the machine of step {segment.same_machine_as + 1}",
            f"Expected an earlier step, 1 to {position}" if position else "Expected an earlier step: this is the first",
            "Correct it",
        )


def _limit_problems(at: str, position: int, segment: Segment, steps: int) -> Iterator[BadInput]:
    limit = segment.limit
    if limit is None:
        return
    if not 0 <= limit.hours < math.inf:
        found = f"a limit of {limit.hours:g} h"
        yield BadInput(f"{at}: limit.within", found, "Expected a time of 0 or more", "Correct it")
    if limit.since is not None and not 0 <= limit.since < steps:
        found = f"a limit since step {limit.since + 1}"
        yield BadInput(f"{at}: limit.since", found, f"Expected 1 to {steps}", "Correct it")
    if limit.then == "rework" and not 0 <= limit.rework_to < position:
        expected = f"Expected 1 to {position}" if position else "Expected an earlier step: this is the first"
        yield BadInput(
            f"{at}: limit.rework_to",
            f"late parts go to step {limit.rework_to + 1}",
            expected,
            "Name an earlier step",
        )


def _temperature_problems(where: str, degrees: float) -> Iterator[BadInput]:
    if not -273.15 <= degrees < math.inf:
        yield BadInput(where, f"{degrees:g} °C", "Expected a temperature above absolute zero", "Correct it")
