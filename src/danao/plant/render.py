"""A plant as YAML text, laid out as a person would write it."""

from __future__ import annotations

import math
from typing import Any

import yaml

from danao.plant.model import Order, Plant, Source
from danao.plant.quantities import written
from danao.plant.render_products import rendered_product
from danao.plant.render_resources import rendered_calendar, rendered_pool, rendered_tariff, rendered_worth
from danao.plant.render_stations import rendered_station
from danao.plant.render_transport import rendered_transport
from danao.plant.rendering import Line, time_text


class _Dumper(yaml.SafeDumper):
    """Block style for what is long, one line for what is short; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Equal values are written out each time."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists are indented below their key."""
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Text with a character that YAML might fold or refuse is written with escapes."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    Line, lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line.items(), flow_style=True)
)


def rendered(plant: Plant) -> str:
    """The YAML text of a plant.

    Raises:
        BadInput: A time or power in the plant is negative or not finite.
    """
    currency = "EUR" if plant.worth is None else plant.worth.currency
    document: dict[str, Any] = {
        "plant": plant.name,
        "products": {product.name: rendered_product(product) for product in plant.products},
        "stations": {station.name: rendered_station(station) for station in plant.stations},
        "sources": [_source(source) for source in plant.sources],
        "orders": [_order(order) for order in plant.orders],
        "calendars": {calendar.name: rendered_calendar(calendar) for calendar in plant.calendars},
        "pools": {pool.name: rendered_pool(pool) for pool in plant.pools},
        "transport": {transport.name: rendered_transport(transport) for transport in plant.transport},
    }
    document = {key: value for key, value in document.items() if value or key in ("plant", "products", "stations")}
    if plant.tariff is not None:
        document["tariff"] = rendered_tariff(plant.tariff, currency)
    if plant.worth is not None:
        document["worth"] = rendered_worth(plant.worth)
    if plant.limit is not None:
        document["limit"] = plant.limit
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)


def _source(source: Source) -> Line:
    line = Line(products=Line(source.products)) if source.products else Line(product=source.product)
    if source.gaps is None:
        line["saturated"] = True
    else:
        line["gaps"] = time_text(source.gaps)
    if source.first is not None:
        line["first"] = time_text(source.first)
    if source.due_after != math.inf:
        line["due_after"] = written(source.due_after, "time")
    numbers = {"priority": (source.priority, 0), "size": (source.size, 1), "pieces": (source.pieces, 1)}
    line.update({key: value for key, (value, default) in numbers.items() if value != default})
    if source.limit is not None:
        line["limit"] = source.limit
    if source.name:
        line["name"] = source.name
    if source.calendar:
        line["calendar"] = source.calendar
    return line


def _order(order: Order) -> Line:
    line = Line(product=order.product, release=written(order.release, "time"))
    if order.due != math.inf:
        line["due"] = written(order.due, "time", signed=True)
    if order.priority:
        line["priority"] = order.priority
    if order.pieces != 1:
        line["pieces"] = order.pieces
    if order.name:
        line["name"] = order.name
    return line
