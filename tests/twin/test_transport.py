"""Conveyors, vehicles and cranes on plants small enough to follow by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.plant.model import Conveyor, Cranes, Edge, Fleet, Order, Plant, Product, Segment, Source, Station
from danao.twin import Twin
from danao.twin.trace import KINDS, STATES
from tests.twin.plants import constant as every
from tests.twin.plants import exponential

HANDLING = {"load": every(0.25), "unload": every(0.5)}


def line(*transport, times=(1.0, 1.0), releases=(0.0,), buffers=(), **more):
    """Stations a, b, … in a row, and orders for one part each."""
    names = "abcdef"[: len(times)]
    stations = tuple(Station(name, buffer=buffer) for name, buffer in itertools.zip_longest(names, buffers))
    route = tuple(Segment(name, every(time)) for name, time in zip(names, times, strict=True))
    orders = tuple(Order("part", release) for release in releases)
    return Plant("p", stations, (Product("part", route),), orders=orders, transport=transport, **more)


def events(plant, hours, *kinds):
    """(time, kind, part, station) of the events of some kinds."""
    return [
        (float(e["time"]), KINDS[e["kind"]], int(e["part"]), int(e["station"]))
        for e in Twin(plant).trace(1, hours).of(*kinds)
    ]


def starts(plant, hours, station):
    return [time for time, _, _, where in events(plant, hours, "start") if where == station]


# Conveyors.


def test_a_conveyor_carries_each_part_for_its_time():
    plant = line(Conveyor("belt", (("a", "b"),), every(2.0)), releases=(0.0, 0.0))
    assert events(plant, 20.0, "depart", "arrive") == [
        (1.0, "depart", 0, 1), (2.0, "depart", 1, 1), (3.0, "arrive", 0, 1), (4.0, "arrive", 1, 1),
    ]  # fmt: skip
    runs = Twin(plant).run([1], 20.0)
    assert (runs.moves[0, 0], runs.loaded_hours[0, 0], runs.empty_hours[0, 0]) == (2, 4.0, 0.0)


def test_a_full_conveyor_blocks_the_machine_in_front_of_it():
    plant = line(Conveyor("belt", (("a", "b"),), every(3.0), places=1), releases=(0.0,) * 3)
    # The belt takes parts at 1, 4 and 7; the second and the third wait on the machine for 2 h each.
    assert starts(plant, 20.0, 0) == [0.0, 1.0, 4.0]
    assert starts(plant, 20.0, 1) == [4.0, 7.0, 10.0]
    assert Twin(plant).run([1], 20.0).state_hours[0, 0, STATES.index("blocked")] == 4.0


def test_parts_wait_on_the_conveyor_for_a_place_at_its_end():
    belt = Conveyor("belt", (("a", "b"),), every(0.5), places=2)
    plant = line(belt, times=(1.0, 4.0), releases=(0.0,) * 5, buffers=(None, 0))
    # b works from 1.5; two parts wait on the belt from then on, and the fourth is kept on machine a until 5.5.
    assert starts(plant, 30.0, 1) == [1.5, 5.5, 9.5, 13.5, 17.5]
    assert starts(plant, 30.0, 0) == [0.0, 1.0, 2.0, 3.0, 5.5]
    arrivals = [time for time, *_ in events(plant, 30.0, "arrive")]
    assert arrivals == [1.5, 5.5, 9.5, 13.5, 17.5]


def test_the_exact_move_wins_over_any_station_whatever_the_order():
    slow = Conveyor("slow", (("a", "b"), ("*", "*")), every(4.0))
    quick = Conveyor("quick", (("a", "*"),), every(1.0))
    for transport in itertools.permutations((slow, quick)):
        plant = line(*transport, times=(1.0, 1.0, 1.0))
        # a → b is named by the slow belt; b → c is left to it; from a to elsewhere goes the quick one.
        assert [time for time, kind, *_ in events(plant, 30.0, "arrive")] == [5.0, 10.0]
    plant = line(slow, quick, times=(1.0, 1.0, 1.0))
    skipping = Plant(
        "p", plant.stations, (Product("part", (Segment("a", every(1.0)), Segment("c", every(1.0)))),),
        orders=plant.orders, transport=plant.transport,
    )  # fmt: skip
    assert [time for time, *_ in events(skipping, 30.0, "arrive")] == [2.0]


# Vehicles.


def test_a_vehicle_takes_the_shortest_way_and_stays_where_it_was_last_needed():
    track = (Edge("depot", "a", 30.0), Edge("a", "b", 40.0), Edge("a", "x", 10.0), Edge("x", "b", 20.0))
    fleet = Fleet("cart", (("a", "b"),), 1, 10.0, track, **HANDLING)
    plant = line(fleet, releases=(0.0, 20.0))
    # 3 h from the depot, 0.25 h loading, 3 h by way of x, 0.5 h unloading; then back from b.
    assert events(plant, 40.0, "depart", "arrive") == [
        (1.0 + 3.25, "depart", 0, 1), (7.75, "arrive", 0, 1), (21.0 + 3.25, "depart", 1, 1), (27.75, "arrive", 1, 1),
    ]  # fmt: skip
    runs = Twin(plant).run([1], 40.0)
    assert (runs.moves[0, 0], runs.empty_hours[0, 0], runs.loaded_hours[0, 0]) == (2, 6.5, 7.0)


def test_the_nearest_idle_vehicle_goes():
    track = (Edge("a", "b", 10.0), Edge("b", "c", 10.0))
    fleet = Fleet("carts", (("*", "*"),), 2, 10.0, track, home="a")
    plant = line(fleet, times=(1.0, 1.0, 1.0), releases=(0.0, 10.0))
    machines = [int(e["machine"]) for e in Twin(plant).trace(1, 40.0).of("depart")]
    # Cart 0 carries the first part all the way to c; for the second part the other cart still stands at a, but at b
    # the two of them are compared anew: cart 1 is there.
    assert machines == [0, 0, 1, 1]
    assert [t for t, *_ in events(plant, 40.0, "arrive")] == [2.0, 4.0, 12.0, 14.0]


def test_one_way_edges_are_gone_one_way():
    track = (Edge("a", "b", 10.0, one_way=True), Edge("b", "a", 70.0, one_way=True))
    plant = line(Fleet("cart", (("a", "b"),), 1, 10.0, track), releases=(0.0, 0.0))
    # The second part waits for the way back of 7 h.
    assert [time for time, *_ in events(plant, 40.0, "depart")] == [1.0, 9.0]


def test_a_stretch_for_one_vehicle_lets_the_others_wait():
    track = (Edge("a", "b", 20.0, vehicles=1),)
    plant = line(Fleet("carts", (("a", "b"),), 2, 10.0, track), times=(0.5, 0.5), releases=(0.0, 0.0))
    # Loaded at 0.5 and 1.0; the second cart waits at a until the first is through at 2.5.
    assert [time for time, *_ in events(plant, 40.0, "arrive")] == [2.5, 4.5]


def test_never_two_vehicles_on_a_stretch_for_one():
    """With loads in no time the spans from depart to arrive hold the stretch, and wait for it at most."""
    track = (Edge("a", "b", 2.0, vehicles=1),)
    plant = Plant(
        "p",
        (Station("a", 3), Station("b", 3)),
        (Product("part", (Segment("a", exponential(0.5)), Segment("b", exponential(0.5)))),),
        (Source("part", exponential(0.5)),),
        transport=(Fleet("carts", (("a", "b"),), 3, 10.0, track),),
    )
    arrivals = Twin(plant).trace(3, 400.0).of("arrive")["time"]
    assert len(arrivals) > 300
    # Each cart drives 0.2 h on the stretch before it arrives, so two arrivals are at least that far apart.
    assert np.diff(arrivals).min() >= 0.2 - 1e-9


def test_a_roomy_limit_on_the_track_changes_nothing():
    def plant(most):
        track = tuple(Edge(*pair, 8.0, vehicles=most) for pair in (("a", "x"), ("x", "b"), ("b", "a")))
        return line(Fleet("carts", (("a", "b"),), 2, 16.0, track, **HANDLING), releases=(0.0, 0.0, 0.5, 3.0))

    free, limited = (Twin(plant(most)).run([1], 50.0) for most in (None, 9))
    for name in ("finished", "lead_hours", "loaded_hours", "empty_hours", "state_hours"):
        assert np.array_equal(getattr(free, name), getattr(limited, name)), name


def test_a_place_at_the_target_is_reserved_before_the_part_is_picked_up():
    fleet = Fleet("carts", (("a", "b"),), 2, 10.0, (Edge("a", "b", 10.0),))
    plant = line(fleet, times=(1.0, 5.0), releases=(0.0,) * 3, buffers=(None, 0))
    # Only the one place of machine b: a part is picked up when the one before leaves b, at 7 and 13 h; the cart that
    # did not carry the last part still stands at a, the next time one comes back from b.
    assert [time for time, *_ in events(plant, 40.0, "depart")] == [1.0, 7.0, 14.0]
    assert starts(plant, 40.0, 0) == [0.0, 1.0, 7.0]


# Cranes.


def spans(plant, seed, hours):
    """For each crane, (begin, end, low, high) of what it sweeps with a part, and its order on the runway."""
    cranes = plant.transport[0]
    trace = Twin(plant).trace(seed, hours)
    names = [station.name for station in plant.stations]
    place, open_, found = {}, {}, []
    for e in trace.of("end", "depart", "arrive"):
        part, kind = int(e["part"]), KINDS[e["kind"]]
        if kind == "end":
            place[part] = cranes.positions[names[e["station"]]]
        elif kind == "depart":
            ends = (place[part], cranes.positions[names[e["station"]]])
            open_[part] = (float(e["time"]), int(e["machine"]), min(ends), max(ends))
        else:
            begin, crane, low, high = open_.pop(part)
            found.append((begin, float(e["time"]), crane, low, high))
    return found


def test_a_crane_drives_loads_drives_and_unloads():
    cranes = Cranes("crane", (("a", "b"),), {"a": 10.0, "b": 40.0}, (0.0,), 10.0, 0.0, **HANDLING)
    plant = line(cranes, releases=(0.0, 0.0))
    # 1 h to a, 0.25 h loading, 3 h to b, 0.5 h unloading; then 3 h back.
    assert events(plant, 40.0, "depart", "arrive") == [
        (2.25, "depart", 0, 1), (5.75, "arrive", 0, 1), (9.0, "depart", 1, 1), (12.5, "arrive", 1, 1),
    ]  # fmt: skip
    runs = Twin(plant).run([1], 40.0)
    assert (runs.moves[0, 0], runs.empty_hours[0, 0], runs.loaded_hours[0, 0]) == (2, 1.25 + 3.25, 3.5 + 3.5)


def test_idle_cranes_make_way():
    cranes = Cranes("cranes", (("a", "b"),), {"a": 0.0, "b": 50.0}, (0.0, 30.0), 10.0, 5.0)
    plant = line(cranes, releases=(0.0, 0.0))
    # The left crane carries both parts past the place where the right one stood.
    moves = Twin(plant).trace(1, 40.0).of("depart")
    assert moves["machine"].tolist() == [0, 0]
    assert moves["time"].tolist() == [1.0, 11.0]


def two_pairs(gap):
    """Moves from a to b on the left and from c to d on the right, which reach to 5 m from each other."""
    names = ("a", "b", "c", "d")
    products = tuple(
        Product(name, (Segment(start, every(1.0)), Segment(end, every(1.0))))
        for name, start, end in (("left", "a", "b"), ("right", "c", "d"))
    )
    cranes = Cranes(
        "cranes", (("*", "*"),), dict(zip(names, (0.0, 20.0, 25.0, 45.0), strict=True)), (0.0, 45.0), 10.0, gap
    )
    orders = (Order("left", 0.0), Order("right", 0.0))
    return Plant("p", tuple(Station(name) for name in names), products, orders=orders, transport=(cranes,))


@pytest.mark.parametrize(("gap", "arrivals"), [(5.0, [3.0, 5.0]), (6.0, [3.0, 5.5])])
def test_working_cranes_keep_their_distance(gap, arrivals):
    # Far enough apart, both work at once: 2 h to b; 2 h to c and 2 h back to d. Otherwise the
    # second move waits until 3, when the left crane is nearer to it: 0.5 h to c, 2 h to d.
    assert [time for time, *_ in events(two_pairs(gap), 40.0, "arrive")] == arrivals


def test_a_blocked_request_does_not_hold_up_later_ones():
    names, places = ("a", "b", "c", "d"), (0.0, 40.0, 60.0, 80.0)
    products = tuple(
        Product(name, (Segment(start, every(time)), Segment(end, every(1.0))))
        for name, start, end, time in (("first", "b", "a", 1.0), ("wide", "a", "c", 1.5), ("right", "c", "d", 2.0))
    )
    cranes = Cranes("cranes", (("*", "*"),), dict(zip(names, places, strict=True)), (40.0, 80.0), 10.0, 5.0)
    orders = tuple(Order(product.name, 0.0) for product in products)
    plant = Plant("p", tuple(Station(name) for name in names), products, orders=orders, transport=(cranes,))
    moved = {int(e["product"]): float(e["time"]) for e in Twin(plant).trace(1, 60.0).of("depart")}
    # The left crane works from 1 to 5 between b and a. The wide move, asked for at 1.5, would need all of that; the
    # one on the right is asked for at 2 and goes at once: 2 h to c, there at 4, at d at 6.
    assert moved[0] == 1.0
    assert moved[2] == 4.0
    assert moved[1] >= 5.0


@pytest.mark.parametrize("seed", range(4))
def test_working_cranes_never_cross(seed):
    names = ("a", "b", "c", "d", "e")
    positions = {name: 15.0 * number for number, name in enumerate(names)}
    cranes = Cranes("cranes", (("*", "*"),), positions, (0.0, 30.0, 60.0), 60.0, 4.0, every(0.05), every(0.05))
    products = tuple(
        Product("".join(way), tuple(Segment(name, exponential(0.3)) for name in way))
        for way in (("a", "b", "e"), ("d", "c"), ("e", "d", "a"))
    )
    sources = tuple(Source(product.name, exponential(1.5)) for product in products)
    plant = Plant("p", tuple(Station(name, 2) for name in names), products, sources, transport=(cranes,))
    found = spans(plant, seed, 300.0)
    assert len({crane for _, _, crane, _, _ in found}) == 3
    together = 0
    for one, other in itertools.combinations(found, 2):
        overlap = min(one[1], other[1]) - max(one[0], other[0])
        if overlap > 1e-9:
            left, right = sorted((one, other), key=lambda span: span[2])
            assert left[2] != right[2]
            assert right[3] - left[4] >= cranes.gap * (right[2] - left[2]) - 1e-9
            together += 1
    assert together > 20


def test_moves_that_the_track_does_not_reach_are_refused():
    with pytest.raises(BadInput, match="no way from a to b"):
        line(Fleet("cart", (("a", "b"),), 1, 10.0, (Edge("b", "a", 10.0, one_way=True),), home="a"))
    with pytest.raises(BadInput, match="stands at node 'b', which is not on the track"):
        line(Fleet("cart", (("a", "b"),), 1, 10.0, (Edge("a", "x", 10.0),)))
    with pytest.raises(BadInput, match="no position for station b"):
        line(Cranes("crane", (("a", "b"),), {"a": 0.0}, (0.0,), 10.0))
