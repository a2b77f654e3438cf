"""Plants that once broke the twin: time that stands still, traces that overflow, recorded states, odd tariffs."""

import pytest

from danao.plant import (
    Cranes,
    EnergyStates,
    Failure,
    Limit,
    Order,
    Plant,
    PlantState,
    Product,
    Segment,
    Station,
    Tariff,
)
from danao.twin import Deadlock, Twin
from tests.twin.plants import constant as every


def test_a_late_part_that_is_sent_back_past_a_skipped_step_is_explained():
    route = (
        Segment("a", every(1.0), share=0.0),
        Segment("b", every(3.0), limit=Limit(1.0, then="rework", rework_to=0)),
    )
    plant = Plant("p", (Station("a"), Station("b")), (Product("part", route),), orders=(Order("part", 0.0),) * 2)
    with pytest.raises(Deadlock, match="a loop that takes no time"):
        Twin(plant).run([1], 20.0)


def test_a_long_job_with_many_failures_finds_room_in_the_trace():
    station = Station("a", failures=(Failure("calendar", every(1.0), every(0.5)),))
    plant = Plant("p", (station,), (Product("part", (Segment("a", every(1e6)),)),), orders=(Order("part", 0.0),))
    assert len(Twin(plant).trace(1, 150_000.0).of("state")) == 200_001


def test_orders_from_before_the_clock_do_not_come_again():
    plant = Plant(
        "p",
        (Station("a"),),
        (Product("part", (Segment("a", every(1.0)),)),),
        orders=tuple(Order("part", t) for t in (0.0, 5.0, 13.0)),
    )
    assert Twin(plant).run([1], 20.0, start=PlantState(10.0)).entered.tolist() == [[1]]


def test_the_price_changes_at_any_hour_of_any_week():
    tariff = Tariff(1.0, ((6.1, 7.0, 100.0),))
    station = Station("a", energy=EnergyStates(idle=1.0))
    plant = Plant(
        "p", (station,), (Product("part", (Segment("a", every(1.0)),)),), orders=(Order("part", 9000.0),), tariff=tariff
    )
    assert Twin(plant).run([1], 1680.0).energy_cost[0] == pytest.approx(10 * (168 - 0.9 + 90))


def test_a_crane_that_makes_way_needs_its_time():
    """Crane 1 is pushed from 50 m to 90 m while crane 0 works there; its own job begins when it has arrived."""
    moves = (("a", "b"), ("c", "d"))
    cranes = Cranes("cranes", moves, {"a": 0.0, "b": 80.0, "c": 90.0, "d": 100.0}, (0.0, 50.0), 10.0, gap=10.0)
    plant = Plant(
        "p",
        tuple(Station(name) for name in "abcd"),
        (
            Product("x", (Segment("a", every(1.0)), Segment("b", every(1.0)))),
            Product("y", (Segment("c", every(2.0)), Segment("d", every(1.0)))),
        ),
        orders=(Order("x", 0.0), Order("y", 0.0)),
        transport=(cranes,),
    )
    departs = Twin(plant).trace(1, 50.0).of("depart")
    # Pushed from 1 h on, it is at 90 m at 5 h, which is when it can take the part that is ready at 2 h.
    assert [(round(float(e["time"]), 6), int(e["machine"])) for e in departs] == [(1.0, 0), (5.0, 1)]
