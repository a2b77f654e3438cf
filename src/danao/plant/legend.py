"""The words in a plant's drawing: how parts come in, batches, people, transports, shifts."""

from __future__ import annotations

import textwrap

from danao.plant.model import Plant, Product, Source, Station
from danao.plant.transport import Conveyor, Fleet, Transport

_LETTER = 0.051
"""Mean width of a letter of the notes, in inches."""
_LONGEST = 21
"""Letters that fit below the name of a product."""


def ways_in(product: Product, plant: Plant) -> str:
    """How parts of a product come into the plant, such as `30 every 4 h` or `from caster`."""
    sources = [source for source in plant.sources if product.name in source.made]
    orders = sum(order.product == product.name for order in plant.orders)
    makers = {
        step.station: None for other in plant.products for step in other.route if step.yields.get(product.name, 0) > 0
    }
    ways = [
        "saturated" if source.gaps is None else _every(source.size, _gap(source, product.name)) for source in sources
    ]
    if len(sources) > 1 and len(", ".join(ways)) > _LONGEST:
        ways = [f"{len(sources)} sources"]
    ways += [f"from {station}" for station in makers]
    ways += [f"{orders} order{'s' if orders > 1 else ''}"] if orders else []
    return ", ".join(ways) or "no source"


def _gap(source: Source, product: str) -> float:
    """Mean hours on the source's clock between two arrivals of a product; 0 where it is never starved."""
    share = source.products[product] / sum(source.products.values()) if source.products else 1.0
    return source.gaps.mean / share if source.gaps is not None else 0.0


def _every(size: int, gap: float) -> str:
    return f"{f'{size} ' if size > 1 else ''}every {_duration(gap)}"


def station_note(station: Station) -> str:
    """Batches and people of a station, such as `batch 6–8, 2 roller`."""
    notes = []
    if station.batch is not None:
        least, most = station.batch.minimum, station.batch.maximum
        notes.append(f"batch {most}" if least == most else f"batch {least}–{most}")
    for need in station.needs:
        notes.append(f"{need.count} {need.skill}" if need.count > 1 else need.skill)
    return ", ".join(notes)


def transport_letters(plant: Plant) -> dict[tuple[str, str], str]:
    """Letter of the transport for each move from station to station that one does."""
    letters: dict[tuple[str, str], str] = {}
    moves = {move: _letter(number) for number, one in enumerate(plant.transport) for move in one.moves}
    for start in plant.stations:
        for end in plant.stations:
            exact = [(start.name, end.name), (start.name, "*"), ("*", end.name), ("*", "*")]
            letter = next((moves[move] for move in exact if move in moves), None)
            if letter is not None:
                letters[start.name, end.name] = letter
    return letters


def plant_notes(plant: Plant, width: float) -> list[str]:
    """Lines below the drawing: the transports by their letters, and the people with their shifts.

    Args:
        plant: Any.
        width: Inches that a line may be long.
    """
    most = max(20, int((width - 0.4) / _LETTER))
    transports = [f"{_letter(number)}: {_transport(one)}" for number, one in enumerate(plant.transport)]
    people = [
        f"{pool.count} {pool.name}{f' ({pool.calendar})' if pool.calendar and pool.calendar != pool.name else ''}"
        for pool in plant.pools
    ]
    lines = []
    for title, parts in (("transport", transports), ("people", people)):
        if parts:
            lines += textwrap.wrap(f"{title}   {';  '.join(parts)}", most)
    return lines


def _transport(transport: Transport) -> str:
    if isinstance(transport, Conveyor):
        return f"{transport.name} (conveyor)"
    if isinstance(transport, Fleet):
        return f"{transport.name} ({transport.vehicles} vehicle{'s' if transport.vehicles > 1 else ''})"
    return f"{transport.name} ({len(transport.start)} crane{'s' if len(transport.start) > 1 else ''})"


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number + 1)


def _duration(hours: float) -> str:
    for unit, factor in (("s", 3600), ("min", 60), ("h", 1)):
        if hours * factor < 120:
            return f"{hours * factor:.3g} {unit}"
    return f"{hours / 24:.3g} d"
