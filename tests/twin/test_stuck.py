"""Every way to be stuck is explained, and none is a hang or a crash."""

from __future__ import annotations

import pytest

from danao.core.errors import BadInput
from danao.plant.model import (
    Batch,
    Calendar,
    Conveyor,
    Edge,
    Fleet,
    Limit,
    Need,
    Order,
    Plant,
    Pool,
    Product,
    Segment,
    Source,
    Station,
)
from danao.twin import Deadlock, Twin
from tests.twin.plants import constant as every
from tests.twin.plants import exponential

NOW = tuple(Order("part", 0.0) for _ in range(4))


def single(station, **more):
    """One station, one product with one step of an hour."""
    product = Product("part", (Segment(station.name, every(1.0), needs=more.pop("needs", {})),))
    more = {"orders": NOW} | more
    return Plant("p", (station,), (product, *more.pop("products", ())), **more)


def loop(rework=0.9, times=(1.0, 1.0), **more):
    """Parts go from a to b and, mostly, back."""
    stations = tuple(Station(name, buffer=0) for name in "ab")
    route = (Segment("a", every(times[0])), Segment("b", every(times[1]), rework=rework, rework_to=0))
    more = {"orders": tuple(Order("part", float(i)) for i in range(8))} | more
    return Plant("p", stations, (Product("part", route),), **more)


def assert_stuck(plant, message, hours=1_000.0):
    """Both a run and a trace explain why nothing happens any more."""
    for attempt in (lambda: Twin(plant).run([1], hours), lambda: Twin(plant).trace(1, hours)):
        with pytest.raises(Deadlock, match=message):
            attempt()


def test_a_loop_of_full_buffers():
    assert_stuck(loop(), r"all machines of a, b are blocked by each other.*Enlarge a buffer")


def test_a_loop_of_full_buffers_that_vehicles_serve():
    fleet = Fleet("cart", (("*", "*"),), 1, 100.0, (Edge("a", "b", 10.0),))
    assert_stuck(loop(transport=(fleet,)), "all machines of a, b are blocked by each other")


def test_a_loop_in_which_machines_may_not_start_before_the_next_has_room():
    stations = tuple(Station(name, buffer=0, blocking="before") for name in "ab")
    route = tuple(Segment(name, every(1.0)) for name in "abab")
    plant = Plant("p", stations, (Product("part", route),), orders=NOW)
    assert_stuck(plant, "nothing will ever happen")


def test_a_step_that_is_repeated_at_its_own_full_station():
    product = Product("part", (Segment("a", every(1.0), rework=0.9, rework_to=0),))
    plant = Plant("p", (Station("a", buffer=0),), (product,), orders=NOW)
    assert_stuck(plant, "all machines of a are blocked by each other")


def test_a_batch_that_never_gathers():
    assert_stuck(single(Station("oven", batch=Batch(5, 5))), "4 at oven for a batch of 5")
    with pytest.raises(BadInput, match="can never gather in a buffer of 2"):
        single(Station("oven", buffer=2, batch=Batch(5, 5)))
    with pytest.raises(BadInput, match="can never gather with 3 in the plant at most"):
        single(Station("oven", batch=Batch(5, 5)), limit=3)


def test_a_limit_of_one_part_and_a_batch_of_two():
    plant = single(Station("oven", batch=Batch(2, 2)), orders=(), sources=(Source("part", limit=1),))
    assert_stuck(plant, "1 at oven for a batch of 2")


def test_a_component_that_does_not_come_any_more():
    bolt = Product("bolt", (Segment("press", every(1.0)),))
    plant = Plant(
        "p",
        (Station("cell"), Station("press")),
        (Product("part", (Segment("cell", every(1.0), needs={"bolt": 2}),)), bolt),
        orders=(*NOW, *(Order("bolt", 0.0) for _ in range(3))),
    )
    assert_stuck(plant, "3 at cell for bolt")
    with pytest.raises(BadInput, match="nobody makes bolt"):
        single(Station("cell"), needs={"bolt": 1}, products=(Product("bolt", (Segment("cell", every(1.0)),)),))


def test_a_batch_whose_components_do_not_suffice_for_all_of_it():
    """Members take components as the first part does, and stay behind when there are none."""
    bolt = Product("bolt", (Segment("press", every(0.25)),))
    plant = Plant(
        "p",
        (Station("cell", batch=Batch(4, 4)), Station("press", 2)),
        (Product("part", (Segment("cell", every(1.0), needs={"bolt": 1}),)), bolt),
        orders=(*NOW, *(Order("bolt", 0.0) for _ in range(2))),
    )
    assert_stuck(plant, "nothing will ever happen again")


def test_people_that_never_suffice():
    plant = single(Station("a", needs=(Need("fitter"), Need("fitter"))), pools=(Pool("fitter"),))
    assert_stuck(plant, "4 at a for people")
    with pytest.raises(BadInput, match="nobody has the skill 'welder'"):
        single(Station("a", needs=(Need("welder"),)))
    with pytest.raises(BadInput, match="2 people with the skill 'fitter'"):
        single(Station("a", needs=(Need("fitter", 2),)), pools=(Pool("fitter"),))
    with pytest.raises(BadInput, match="it is never open"):
        single(Station("a", calendar="never"), calendars=(Calendar("never", ()),))


def test_people_are_chosen_so_that_all_needs_are_met():
    """Anna alone can do b, so that a is for Bert, although both could."""
    pools = (Pool("anna", 1, ("a", "b")), Pool("bert", 1, ("a", "c")))
    plant = single(Station("cell", needs=(Need("a"), Need("b"))), pools=pools)
    assert Twin(plant).run([1], 20.0).finished.tolist() == [[4]]


def test_the_patience_of_a_batch_ends_at_every_time_of_day():
    """0.7 h plus 0.1 h minus 0.7 h is less than 0.1 h in binary numbers."""
    plant = single(Station("oven", batch=Batch(3, 2, patience=0.1)), orders=(Order("part", 0.7),))
    assert Twin(plant).run([1], 20.0).finished.tolist() == [[1]]


def test_a_loop_of_rework_that_takes_no_time():
    with pytest.raises(BadInput, match="a route that takes no time at all"):
        loop(times=(0.0, 0.0))
    route = (
        Segment("a", every(1.0)),
        Segment("a", every(0.0)),
        Segment("b", every(0.0), rework=1.0 - 1e-12, rework_to=1),
    )
    endless = Plant("p", (Station("a"), Station("b")), (Product("part", route),), orders=NOW[:1])
    with pytest.raises(Deadlock, match="a loop that takes no time"):
        Twin(endless).run([1], 10.0)


def test_endless_rework_and_arrivals_without_gaps_are_refused():
    with pytest.raises(BadInput, match="every part is reworked for ever"):
        loop(rework=1.0)
    with pytest.raises(BadInput, match="parts arrive without any gap"):
        single(Station("a"), sources=(Source("part", every(0.0)),))


def test_a_limit_that_sends_parts_back_again_and_again_goes_on():
    """Nothing is stuck: the parts that wait too long repeat the first step, which takes time."""
    route = (Segment("a", every(0.1)), Segment("b", every(3.0), limit=Limit(0.0, then="rework", rework_to=0)))
    plant = Plant("p", (Station("a"), Station("b")), (Product("part", route),), (Source("part", exponential(1.0)),))
    runs = Twin(plant).run([1], 300.0)
    assert runs.finished[0, 0] == pytest.approx(100, abs=3)
    assert runs.reworked[0, 0] == runs.broken_limits[0, 0] > 1_000


def test_a_full_store_is_an_end_and_no_fault():
    plant = Plant(
        "p",
        (Station("press"), Station("cell")),
        (
            Product("bolt", (Segment("press", every(1.0)),), store=2),
            Product("part", (Segment("cell", every(1.0), needs={"bolt": 1}),)),
        ),
        (Source("bolt"),),
        NOW,
    )
    assert Twin(plant).run([1], 100.0).finished[0].tolist() == [6, 4]


def test_a_saturated_station_goes_on_when_sampling_lets_parts_pass_it():
    route = (Segment("a", every(1.0), share=0.5), Segment("b", every(0.125)))
    plant = Plant("p", (Station("a"), Station("b")), (Product("part", route),), (Source("part"),))
    assert Twin(plant).run([1], 100.0).jobs[0, 0] == 100


def test_large_batches_of_a_saturated_station_find_room_in_the_tables():
    route = (Segment("a", every(1.0)), Segment("b", every(1.0)))
    plant = Plant("p", (Station("a", 2, batch=Batch(150, 150)), Station("b")), (Product("part", route),),
                  (Source("part"),))  # fmt: skip
    runs = Twin(plant, parts=1).run([1], 20.0)
    assert (runs.jobs[0, 0], runs.finished[0, 0]) == (40, 19)


def test_a_crowd_that_waited_too_long_finds_room_in_the_trace():
    orders = (*(Order("part", 0.0) for _ in range(30_000)), Order("part", 5.0))
    route = (Segment("a", every(100.0), limit=Limit(1.0, then="scrap")),)
    plant = Plant("p", (Station("a"),), (Product("part", route),), orders=orders)
    assert len(Twin(plant).trace(1, 30.0).of("scrap")) == 29_999


def test_a_conveyor_loop_with_room_does_not_lock_up():
    belt = Conveyor("belt", (("*", "*"),), every(0.125))
    plant = loop(rework=0.5, transport=(belt,), orders=NOW)
    assert Twin(plant).run([1], 1_000.0).finished.tolist() == [[4]]
