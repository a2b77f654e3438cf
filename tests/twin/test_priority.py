"""Priority functions in the twin: those that are classical rules decide as these do, to the bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from danao.core import BadInput
from danao.planning import Rival, as_function, grown, random_shop
from danao.planning.arena import ruled
from danao.plant.distribution import Distribution, Family
from danao.plant.model import Plant, Product, Segment, Source, Station
from danao.twin import Runs, Twin
from danao.twin.priority import PriorityFunction, Tuning

SHOP = random_shop(5)


def _same(first: Runs, second: Runs) -> bool:
    return np.array_equal(first.tardiness_hours, second.tardiness_hours) and np.array_equal(
        first.wip_hours, second.wip_hours
    )


@pytest.mark.parametrize(
    "rival",
    [
        Rival("spt"),
        Rival("wspt"),
        Rival("slack"),
        Rival("first in plant"),
        Rival("atc"),
        Rival("atc", Tuning(look_ahead=3, allowance=1)),
    ],
    ids=lambda rival: rival.name,
)
def test_the_function_that_is_a_classical_rule_decides_as_the_rule_does(rival: Rival) -> None:
    function = as_function(rival)
    assert function is not None
    rule = Twin(ruled(SHOP, rival.rule), tuning=rival.tuning).run([1, 2], 150.0)
    assert _same(rule, Twin(SHOP, function=function).run([1, 2], 150.0))
    assert not _same(rule, Twin(SHOP).run([1, 2], 150.0))


def test_a_tree_with_equal_leaves_or_without_a_way_right_is_its_linear_function() -> None:
    linear = PriorityFunction(({"log work": 1.0, "slack": 0.1, "next queue": 0.3},), allowance=0.5)
    twin = Twin(SHOP, function=linear)
    expected = twin.run([3], 150.0)
    twin.follow(grown(grown(linear, "slack ratio", 0.5), "queue", 1.0))
    assert _same(expected, twin.run([3], 150.0))
    one_sided = PriorityFunction((linear.leaves[0], {"one": -9.0}), (("queue", np.inf),), allowance=0.5)
    twin.follow(one_sided)
    assert _same(expected, twin.run([3], 150.0))
    twin.follow(PriorityFunction((linear.leaves[0], {"one": -9.0}), (("queue", 1.0),), allowance=0.5))
    assert not _same(expected, twin.run([3], 150.0))


def test_atc_behind_a_key_that_never_decides_is_atc() -> None:
    assert _same(Twin(ruled(SHOP, "atc")).run([1], 150.0), Twin(ruled(SHOP, "least setup, atc")).run([1], 150.0))


def test_the_work_left_of_a_lot_counts_its_pieces() -> None:
    by_piece = _lots("piece", 1.0)
    by_part = _lots("part", 10.0)
    for rule in ("slack", "critical ratio", "srpt", "covert", "mod"):
        pieces = Twin(ruled(by_piece, rule)).run([1], 500.0)
        parts = Twin(ruled(by_part, rule)).run([1], 500.0)
        np.testing.assert_allclose(pieces.tardiness_hours, parts.tardiness_hours, rtol=1e-9)
        assert pieces.tardiness_hours.sum() > 0


def _lots(per: str, minutes: float) -> Plant:
    def step(station: str, times: float) -> Segment:
        time = Distribution(Family.GAMMA, (times * minutes / 60, times * minutes / 120))
        return Segment(station, time, per="piece" if per == "piece" else "part")

    products = (
        Product("long", (step("one", 1), step("two", 3), step("one", 2))),
        Product("short", (step("two", 2), step("one", 1))),
    )
    gaps = Distribution(Family.EXPONENTIAL, (0.95,))
    sources = (Source("long", gaps, due_after=3, pieces=10), Source("short", gaps, due_after=2, pieces=10))
    return Plant("lots", (Station("one"), Station("two")), products, sources)


def test_lateness_adds_up_over_spans() -> None:
    twin = Twin(ruled(SHOP, "spt"))
    whole = twin.run([4], 300.0).lateness_hours
    first = twin.run([4], 120.0).lateness_hours
    rest = twin.run([4], 180.0, warm_up=120.0).lateness_hours
    assert whole.sum() > first.sum() > 0
    np.testing.assert_allclose(first + rest, whole, rtol=1e-9)


def test_a_part_that_is_kept_for_ever_is_late_all_the_same() -> None:
    time = Distribution(Family.CONSTANT, (1.0,))
    plant = Plant(
        "stuck",
        (Station("one", rule="lifo"),),
        (Product("a", (Segment("one", time),)),),
        (Source("a", Distribution(Family.CONSTANT, (0.5,)), due_after=2.0),),
    )
    runs = Twin(plant).run([1], 20.0)
    entered = np.arange(0.5, 20.25, 0.5)
    assert runs.finished.sum() == 19
    # All but the parts that lifo finished in time wait until the end.
    assert runs.open_late_hours.sum() <= np.maximum(0.0, 18.0 - entered).sum()
    assert runs.open_late_hours.sum() > 0.3 * np.maximum(0.0, 18.0 - entered).sum()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PriorityFunction(({"weight": 1.0},)), "unknown term 'weight'"),
        (lambda: PriorityFunction(({}, {})), "complete tree"),
        (lambda: PriorityFunction(({"slack": float("nan")},)), "not finite"),
        (lambda: PriorityFunction(({},), allowance=-1.0), "allowance"),
        (
            lambda: grown(grown(grown(grown(PriorityFunction(({},)), "late", 0), "late", 0), "late", 0), "late", 0),
            "depth",
        ),
        (lambda: Tuning(look_ahead=0.0), "look_ahead"),
        (lambda: Twin(SHOP, function=PriorityFunction(({},)), stations=["nowhere"]), "nowhere"),
    ],
)
def test_a_mistake_in_a_priority_function_is_explained(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(BadInput, match=message):
        make()


def test_a_rule_of_the_last_place_keeps_the_keys_before_it() -> None:
    plant = replace(SHOP, stations=tuple(replace(one, rule="priority, fifo") for one in SHOP.stations))
    spt = as_function(Rival("spt"))
    assert spt is not None
    assert _same(
        Twin(plant, function=spt, place="last").run([1], 100.0), Twin(ruled(SHOP, "priority, spt")).run([1], 100.0)
    )
