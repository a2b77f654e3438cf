"""Random dynamic job shops, as the literature on dispatching tries its rules on.

Every product has a route and times of its own; orders come at random, are due after a multiple of their work, and cost
money for each hour that they are late, some more than others.

Sources: Holthaus & Rajendran 1997, Efficient dispatching rules for scheduling in a job shop; Branke, Hildebrandt &
Scholz-Reiter 2015, Hyper-heuristic evolution of dispatching rules. Unlike there, an order is one of several products
rather than wholly new, times vary around their mean, and the utilisation is that of the busiest station.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from danao.core.errors import BadInput
from danao.plant.distribution import Distribution, Family
from danao.plant.model import Plant, Product, Segment, Source, Station, Worth
from danao.twin.runs import Floats, Runs


@dataclass(frozen=True)
class ShopKind:
    """What random shops have in common.

    Raises:
        BadInput: A number is out of its range.
    """

    stations: int = 10
    machines: int = 1
    """Of each station; above 1 the shop is a flexible one."""
    products: int = 30
    shortest_route: int = 5
    """Steps of a route at least; at most it visits every station once."""
    minutes: tuple[float, float] = (1.0, 49.0)
    """Mean time of a step: uniform."""
    spread: float = 0.2
    """Standard deviation of a time over its mean (gamma)."""
    utilisation: float = 0.95
    """Of the busiest station."""
    allowance: tuple[float, float] = (2.0, 7.0)
    """Hours until an order is due over its mean work: uniform over the products."""
    weights: tuple[tuple[int, float], ...] = ((1, 0.2), (2, 0.6), (4, 0.2))
    """Money an hour late, and the share of products with it."""

    def __post_init__(self) -> None:
        shares = sum(share for _, share in self.weights)
        for what, found, right in (
            ("utilisation", self.utilisation, 0 < self.utilisation < 1),
            ("stations", self.stations, self.stations >= 1),
            ("machines", self.machines, self.machines >= 1),
            ("products", self.products, self.products >= 1),
            ("shortest route", self.shortest_route, 1 <= self.shortest_route <= self.stations),
            ("minutes", self.minutes, 0 < self.minutes[0] <= self.minutes[1]),
            ("spread", self.spread, self.spread >= 0),
            ("allowance", self.allowance, 0 <= self.allowance[0] <= self.allowance[1]),
            ("weights", self.weights, abs(shares - 1) < 1e-9),
        ):
            if not right:
                raise BadInput(f"job shop: {what}", f"{found}", "Expected a number in its range", "See `ShopKind`")


def random_shop(seed: int, kind: ShopKind | None = None) -> Plant:
    """The random shop of a seed: the same one for the same seed and kind."""
    kind = kind or ShopKind()
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, kind.stations, kind.products))))
    names = [f"station {number + 1}" for number in range(kind.stations)]
    products, hours = [], np.zeros(kind.stations)
    sources: list[tuple[str, float, int]] = []
    weights = [weight for weight, _ in kind.weights]
    shares = [share for _, share in kind.weights]
    for number in range(kind.products):
        length = int(random.integers(kind.shortest_route, kind.stations + 1))
        route = random.permutation(kind.stations)[:length]
        means = random.uniform(*kind.minutes, length) / 60
        hours[route] += means
        products.append(
            Product(
                f"product {number + 1}",
                tuple(Segment(names[at], _time(mean, kind.spread)) for at, mean in zip(route, means, strict=True)),
            )
        )
        due = float(random.uniform(*kind.allowance) * means.sum())
        sources.append((f"product {number + 1}", due, int(random.choice(weights, p=shares))))
    gap = float(hours.max() / kind.machines / kind.utilisation)
    return Plant(
        f"job shop {seed}",
        tuple(Station(name, machines=kind.machines) for name in names),
        tuple(products),
        tuple(
            Source(product, Distribution(Family.EXPONENTIAL, (gap,)), due_after=due, priority=weight)
            for product, due, weight in sources
        ),
        worth=Worth("EUR", late=1.0),
    )


def _time(mean: float, spread: float) -> Distribution:
    if spread == 0:
        return Distribution(Family.CONSTANT, (float(mean),))
    return Distribution(Family.GAMMA, (float(mean), float(mean * spread)))


def weighted_lateness(plant: Plant, runs: Runs) -> Floats:
    """(n,) hours late, each times the priority of its product's source, orders that are still open included."""
    weight = {source.product: float(source.priority) for source in plant.sources}
    return np.asarray(runs.lateness_hours @ np.array([weight.get(name, 0.0) for name in runs.products]))
