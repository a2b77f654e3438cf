"""Plants whose truth is known, and the logs that they write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from danao.learning import EventLog, read_log
from danao.plant import Batch, Distribution, Family, Plant, Product, Segment, Source, Station
from danao.twin import Twin
from danao.twin.event_csv import to_csv

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
SETUPS = {("steel", "brass"): 0.5, ("brass", "steel"): 0.3}
"""Hours."""


def gamma(mean: float, deviation: float) -> Distribution:
    """A time, h."""
    return Distribution(Family.GAMMA, (mean, deviation))


def workshop(batch: Batch | None, setup: dict[tuple[str, str], float], gap: float = 2.4) -> Plant:
    """Saw, mill with setups between steel and brass, furnace with batches of one metal; three products.

    Args:
        batch: Of the furnace; None: one after the other on a faster furnace.
        setup: Of the mill.
        gap: Mean hours between two orders of one product.
    """

    def route(metal: str, milling: float) -> tuple[Segment, ...]:
        firing = gamma(2.0, 0.2) if batch else gamma(0.5, 0.05)
        return (
            Segment("saw", gamma(0.3, 0.1)),
            Segment("mill", gamma(milling, 0.1), setup_class=metal),
            Segment("furnace", firing, batch_class=metal),
        )

    products = {"bolt": ("steel", 0.4), "nut": ("steel", 0.5), "valve": ("brass", 0.6)}
    return Plant(
        "workshop",
        (Station("saw"), Station("mill", setup=setup), Station("furnace", batch=batch)),
        tuple(Product(name, route(*made)) for name, made in products.items()),
        tuple(Source(name, Distribution(Family.EXPONENTIAL, (gap,))) for name in products),
    )


def recorded(plant: Plant, folder: Path, *, hours: float = 3000.0, seed: int = 1) -> EventLog:
    """The log that a plant writes."""
    return read_log(to_csv(Twin(plant).trace(seed, hours), folder / "log.csv", MONDAY)).log


def without_setups(log: EventLog, plant: Plant, station: str) -> EventLog:
    """The same log with the setups of a station between the reports, as if nobody had reported them."""
    rows = np.flatnonzero([log.resources[one] == station if one >= 0 else False for one in log.resource])
    rows = rows[np.argsort(log.start[rows])]
    metals = {product.name: product.route[1].setup_class for product in plant.products}
    made = [metals[log.materials[one]] for one in log.material[rows]]
    start = log.start.copy()
    for row, before, after in zip(rows[1:].tolist(), made[:-1], made[1:], strict=True):
        start[row] += plant.station(station).setup.get((before, after), 0.0)
    return replace(log, start=start)
