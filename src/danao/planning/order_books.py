"""Order books drawn from what a plant's sources make: what a planner has on the desk on a Monday morning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from danao.core.errors import BadInput
from danao.core.random import stream
from danao.plant.model import Order, Plant


def with_order_book(plant: Plant, orders: int, seed: int, tightness: float = 0.6) -> Plant:
    """The plant with a drawn order book instead of its sources.

    All orders are there at time 0. Products come as often as their sources make them. Due dates lie evenly between the
    work of an order and the time that the busiest station needs for all of them over `tightness`.

    Args:
        plant: With sources that have gaps.
        orders: How many.
        seed: Of the draw.
        tightness: Below 1 there is time to spare, above 1 the last orders must be late.

    Raises:
        BadInput: No source has gaps, or a number is out of its range.
    """
    where = f"order book of {plant.name}"
    sources = [source for source in plant.sources if source.gaps is not None and source.gaps.mean > 0]
    if not sources:
        raise BadInput(where, "no source with gaps", "Expected sources that say how often products come", "Add `gaps`")
    if orders < 1 or not tightness > 0:
        raise BadInput(where, f"{orders} orders, tightness {tightness:g}", "Expected numbers above 0", "Correct them")
    random = stream(seed, "order book")
    rates = np.array([1 / source.gaps.mean for source in sources if source.gaps is not None])
    chosen = random.choice(len(sources), orders, p=rates / rates.sum())
    load = {station.name: 0.0 for station in plant.stations}
    machines = {station.name: station.machines for station in plant.stations}
    for number in chosen:
        for segment in plant.product(sources[number].product).route:
            load[segment.station] += segment.time.mean / machines[segment.station]
    span = max(load.values()) / tightness
    drawn = tuple(
        Order(
            sources[number].product,
            0.0,
            due=float(_work(plant, sources[number].product) + random.uniform(0, span)),
            priority=sources[number].priority,
            pieces=sources[number].pieces,
        )
        for number in chosen
    )
    return replace(plant, sources=(), orders=drawn)


def _work(plant: Plant, product: str) -> float:
    return sum(segment.time.mean for segment in plant.product(product).route)
