"""Quantiles against their closed forms, and random shops against their own promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from danao.core import BadInput
from danao.planning import ShopKind, random_shop
from danao.planning.order_books import with_order_book
from danao.planning.quantiles import quantile
from danao.plant.distribution import Distribution, Family
from danao.plant.example import example


@pytest.mark.parametrize(
    ("family", "parameters", "share", "expected"),
    [
        ("constant", (2.0,), 0.9, 2.0),
        ("exponential", (2.0,), 0.8, -2.0 * math.log(0.2)),
        ("uniform", (1.0, 3.0), 0.75, 2.5),
        ("triangular", (0.0, 1.0, 2.0), 0.5, 1.0),
        ("triangular", (0.0, 2.0, 2.0), 0.25, 1.0),
        ("normal", (3.0, 1.0), 0.975, 3.0 + 1.959963984540054),
        ("normal", (0.1, 1.0), 0.1, 0.0),
        ("lognormal", (1.0, 1.0), 0.5, 1 / math.sqrt(2)),
        ("gamma", (2.0, 2.0), 0.5, 2.0 * math.log(2)),
        ("weibull", (3.0, 2.0), 0.5, 3.0 * math.sqrt(math.log(2))),
        ("empirical", (1.0, 2.0, 9.0), 0.5, 2.0),
    ],
)
def test_a_quantile_is_that_of_the_closed_form(
    family: str, parameters: tuple[float, ...], share: float, expected: float
) -> None:
    assert quantile(Distribution(Family(family), parameters), share) == pytest.approx(expected)


@pytest.mark.parametrize("machines", [1, 2])
def test_the_busiest_station_of_a_random_shop_is_as_busy_as_asked(machines: int) -> None:
    kind = ShopKind(machines=machines, utilisation=0.9)
    shop = random_shop(11, kind)
    load = dict.fromkeys((station.name for station in shop.stations), 0.0)
    for source in shop.sources:
        assert source.gaps is not None
        for step in shop.product(source.product).route:
            load[step.station] += step.time.mean / source.gaps.mean / machines
    assert max(load.values()) == pytest.approx(0.9)
    assert shop == random_shop(11, kind)
    assert shop != random_shop(12, kind)


def test_a_kind_of_shop_out_of_range_is_refused() -> None:
    with pytest.raises(BadInput, match="utilisation"):
        ShopKind(utilisation=1.0)
    with pytest.raises(BadInput, match="shortest route"):
        ShopKind(stations=3)


def test_an_order_book_has_the_mix_of_the_sources() -> None:
    plant = example("machine-shop")
    book = with_order_book(plant, 3000, 1)
    rates = np.array([1 / source.gaps.mean for source in plant.sources if source.gaps is not None])
    counts = [sum(order.product == source.product for order in book.orders) for source in plant.sources]
    np.testing.assert_allclose(np.array(counts) / 3000, rates / rates.sum(), atol=0.03)
    assert with_order_book(plant, 5, 1).orders == with_order_book(plant, 5, 1).orders
    with pytest.raises(BadInput, match="0 orders"):
        with_order_book(plant, 0, 1)
