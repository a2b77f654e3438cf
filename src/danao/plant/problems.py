"""Everything that can be wrong with a plant, each with a message that says what to do.

The place in a message is the name of the plant and then, each after a colon, the part of it and the key in that part,
as a plant file has them: `shop: station mill: failures[2].up`; steps, sources, orders and lists are counted from 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from danao.core.errors import BadInput
from danao.plant.checks import at_least, is_time, repeated, unknown
from danao.plant.problems_products import material_problems, product_problems
from danao.plant.problems_stations import station_problems
from danao.plant.problems_transport import transport_problems

if TYPE_CHECKING:
    from danao.plant.model import Order, Plant, Source
    from danao.plant.resources import Calendar, Tariff, Worth


def problems(plant: Plant) -> Iterator[BadInput]:
    """Everything that is wrong with a plant, one message each; nothing for a sound plant."""
    where = plant.name or "plant"
    if not plant.stations:
        yield BadInput(where, "no stations", "Expected at least one", "Add a station")
    if not plant.sources and not plant.orders:
        yield BadInput(
            where, "no sources and no orders", "Expected at least one: nothing ever enters the plant", "Add a source"
        )
    yield from repeated(where, "station", [station.name for station in plant.stations])
    yield from repeated(where, "product", [product.name for product in plant.products])
    yield from repeated(where, "calendar", [calendar.name for calendar in plant.calendars])
    yield from repeated(where, "pool", [pool.name for pool in plant.pools])
    yield from repeated(where, "transport", [transport.name for transport in plant.transport])
    for calendar in plant.calendars:
        yield from _calendar_problems(f"{where}: calendar {calendar.name}", calendar)
    for pool in plant.pools:
        at = f"{where}: pool {pool.name}"
        yield from at_least(f"{at}: count", 1, pool.count, f"{pool.count} people")
        yield from unknown(f"{at}: calendar", "calendar", pool.calendar, (one.name for one in plant.calendars))
    for station in plant.stations:
        yield from station_problems(f"{where}: station {station.name}", station, plant)
    for product in plant.products:
        yield from product_problems(f"{where}: product {product.name}", product, plant)
    yield from material_problems(where, plant)
    yield from _source_problems(where, plant)
    yield from transport_problems(where, plant)
    if plant.tariff is not None:
        yield from _tariff_problems(f"{where}: tariff", plant.tariff)
    if plant.worth is not None:
        yield from _worth_problems(f"{where}: worth", plant.worth, plant)
    yield from at_least(f"{where}: limit", 1, plant.limit, f"a limit of {plant.limit} parts")


def _calendar_problems(where: str, calendar: Calendar) -> Iterator[BadInput]:
    if not (math.isfinite(calendar.cycle) and calendar.cycle > 0):
        yield BadInput(
            f"{where}: cycle", f"a cycle of {calendar.cycle:g} h", "Expected a time above 0", "Correct the cycle"
        )
        return
    if not calendar.open:
        yield BadInput(f"{where}: open", "it is never open", "Expected at least one open span", "Add a shift")
    last = 0.0
    for number, (start, end) in enumerate(calendar.open):
        if not last <= start < end <= calendar.cycle:
            yield BadInput(
                f"{where}: open[{number + 1}]",
                f"the span from {start:g} h to {end:g} h",
                f"Expected spans in ascending order, apart from each other, between 0 and {calendar.cycle:g} h",
                "Order, merge or split the spans",
            )
            return
        last = end


def _source_problems(where: str, plant: Plant) -> Iterator[BadInput]:
    names = {product.name for product in plant.products}
    saturated: dict[str, str] = {}
    for number, source in enumerate(plant.sources):
        at = f"{where}: source {number + 1}"
        strangers = [product for product in source.made if product not in names]
        for product in strangers:
            yield from unknown(f"{at}: product", "product", product or "?", names)
        if strangers:
            continue
        yield from _mix_problems(at, source, {calendar.name for calendar in plant.calendars})
        if source.gaps is not None and source.gaps.mean == 0:
            yield BadInput(
                f"{at}: gaps", "parts arrive without any gap", "Expected a mean gap above 0 h", "Correct the gaps"
            )
        if not source.due_after > 0:
            found = f"due {source.due_after:g} h after arrival"
            yield BadInput(f"{at}: due_after", found, "Expected a time above 0", "Correct it")
        for what, value in (("size", source.size), ("pieces", source.pieces), ("limit", source.limit)):
            yield from at_least(f"{at}: {what}", 1, value, f"{what} {value}")
        yield from _saturation_problems(at, source, plant, saturated)
    for number, order in enumerate(plant.orders):
        yield from _order_problems(f"{where}: order {number + 1}", order, names)


def _mix_problems(at: str, source: Source, calendars: set[str]) -> Iterator[BadInput]:
    if source.product and source.products:
        yield BadInput(at, "both product and products", "Expected exactly one of them", "Remove one")
    for product, share in source.products.items():
        if not 0 < share < math.inf:
            yield BadInput(f"{at}: products[{product}]", f"{share:g}", "Expected a share above 0", "Correct it")
    if source.calendar and source.calendar not in calendars:
        yield from unknown(f"{at}: calendar", "calendar", source.calendar, calendars)
    if source.gaps is None and (source.products or source.calendar):
        what = "products" if source.products else "calendar"
        yield BadInput(f"{at}: {what}", "a saturated source", "Expected gaps between arrivals", "Write gaps")


def _saturation_problems(at: str, source: Source, plant: Plant, saturated: dict[str, str]) -> Iterator[BadInput]:
    route = next(product for product in plant.products if product.name == source.made[0]).route
    if source.gaps is None and route:
        entry = route[0].station
        if entry in saturated:
            yield BadInput(
                at,
                f"station {entry} is already kept saturated with {saturated[entry]}",
                "Expected one saturated source a station",
                "Give the second one arrival gaps",
            )
        saturated[entry] = source.product


def _order_problems(at: str, order: Order, names: set[str]) -> Iterator[BadInput]:
    if order.product not in names:
        yield from unknown(f"{at}: product", "product", order.product or "?", names)
    if not is_time(order.release):
        found = f"released at {order.release:g} h"
        yield BadInput(f"{at}: release", found, "Expected a finite time of 0 or more", "Correct it")
    if not order.due > -math.inf:
        yield BadInput(f"{at}: due", f"due at {order.due:g} h", "Expected a time, or infinity for never", "Correct it")
    yield from at_least(f"{at}: pieces", 1, order.pieces, f"{order.pieces} pieces")


def _tariff_problems(where: str, tariff: Tariff) -> Iterator[BadInput]:
    if not (math.isfinite(tariff.interval) and tariff.interval > 0):
        found = f"a demand interval of {tariff.interval:g} h"
        yield BadInput(f"{where}: interval", found, "Expected a time above 0", "Correct it")
    if not math.isfinite(tariff.price):
        yield BadInput(f"{where}: price", f"a price of {tariff.price:g}", "Expected a finite price", "Correct it")
    if not 0 <= tariff.peak < math.inf:
        yield BadInput(f"{where}: peak", f"a price of {tariff.peak:g}", "Expected 0 or more", "Correct it")
    last = 0.0
    for start, end, price in sorted(tariff.windows):
        if not (last <= start < end <= 168 and math.isfinite(price)):
            yield BadInput(
                f"{where}: windows",
                f"the window from {start:g} h to {end:g} h at {price:g}",
                "Expected windows within one week that do not overlap",
                "Correct the windows",
            )
            return
        last = end


def _worth_problems(where: str, worth: Worth, plant: Plant) -> Iterator[BadInput]:
    names = [product.name for product in plant.products]
    if not re.fullmatch("[A-Z]{3}", worth.currency):
        yield BadInput(
            f"{where}: currency", f"currency {worth.currency!r}", "Expected ISO 4217, such as EUR", "Correct it"
        )
    for key, prices in (("margin", worth.margin), ("scrap", worth.scrap)):
        yield from repeated(f"{where}: {key}", "the price of", [name for name, _ in prices])
        for name, price in prices:
            yield from unknown(f"{where}: {key}", "product", name or "?", names)
            if not math.isfinite(price):
                yield BadInput(f"{where}: {key}", f"{price:g} for {name}", "Expected a finite price", "Correct it")
    for key in ("late", "work_in_process", "labour", "restart"):
        price = getattr(worth, key)
        if not math.isfinite(price):
            yield BadInput(f"{where}: {key}", f"a price of {price:g}", "Expected a finite price", "Correct it")
