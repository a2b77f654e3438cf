"""The twin starts from a recorded state of the plant, followed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from danao.core.errors import BadInput
from danao.plant.model import (
    Calendar,
    Failure,
    Limit,
    Order,
    Plant,
    Product,
    Segment,
    Source,
    Station,
)
from danao.plant.state import MachineState, PartState, PlantState
from danao.twin import Twin
from danao.twin.trace import STATES
from tests.twin.plants import constant as every

NEVER = (Order("part", 9_000.0),)


def line(*stations, times=(1.0, 1.0), **more):
    """Stations in a row, and one product that visits them."""
    route = tuple(Segment(station.name, every(time)) for station, time in zip(stations, times, strict=True))
    more = {"orders": NEVER} | more
    return Plant("p", stations, (Product("part", route),), **more)


def moments(plant, state, hours, kind, station):
    """(time, part) of the events of a kind at a station; parts count from 0 in the order of the state."""
    found = Twin(plant).trace(1, hours, start=state).of(kind)
    return [(float(e["time"]), int(e["part"])) for e in found[found["station"] == station]]


def test_the_queue_keeps_its_order_and_its_waits():
    plant = line(Station("a"), Station("b"))
    parts = tuple(PartState("part", 1, entered=50.0, waits_since=90.0 + number) for number in range(3))
    state = PlantState(100.0, parts)
    assert moments(plant, state, 10.0, "start", 1) == [(100.0, 0), (101.0, 1), (102.0, 2)]
    runs = Twin(plant).run([1], 10.0, start=state)
    # Waits of 10, 10 and 10 h; stays of 51, 52 and 53 h; the parts did not enter during the span.
    assert runs.queue_hours[0, 1] == 10.0 + 10.0 + 10.0
    assert runs.lead_hours[0, 0] == 51.0 + 52.0 + 53.0
    assert (runs.entered[0, 0], runs.finished[0, 0]) == (0, 3)
    assert runs.wip_hours[0] == 1.0 + 2.0 + 3.0


def test_last_come_first_served_looks_at_the_recorded_waits():
    plant = line(Station("a", rule="lifo"), times=(1.0,))
    parts = tuple(PartState("part", waits_since=since) for since in (7.0, 9.0, 8.0))
    assert moments(plant, PlantState(10.0, parts), 10.0, "start", 0) == [(10.0, 1), (11.0, 2), (12.0, 0)]


def test_machines_go_on_with_the_work_that_is_left():
    plant = line(Station("a", 2), Station("b"))
    parts = (PartState("part", machine=("a", 1), left=0.25), PartState("part", machine=("a", 0), left=0.75))
    assert moments(plant, PlantState(8.0, parts), 10.0, "end", 0) == [(8.25, 0), (8.75, 1)]
    assert moments(plant, PlantState(8.0, parts), 10.0, "end", 1) == [(9.25, 0), (10.25, 1)]
    fresh = (PartState("part", machine=("a", 1)),)
    assert moments(plant, PlantState(8.0, fresh), 10.0, "end", 0) == [(9.0, 0)]


def test_a_finished_part_stays_on_its_machine_until_there_is_a_place():
    plant = line(Station("a"), Station("b", buffer=0), times=(1.0, 5.0))
    parts = (
        PartState("part", 1, ("b", 0), left=2.0),
        PartState("part", 0, ("a", 0), left=0.0),
        PartState("part", 0),
    )
    state = PlantState(20.0, parts)
    assert moments(plant, state, 30.0, "start", 1) == [(22.0, 1), (27.0, 2)]
    assert moments(plant, state, 30.0, "start", 0) == [(22.0, 2)]
    blocked = Twin(plant).run([1], 30.0, start=state).state_hours[0, 0, STATES.index("blocked")]
    assert blocked == 2.0 + 4.0


def test_a_machine_under_repair_takes_its_time_and_then_resumes_its_part():
    plant = line(Station("a", failures=(Failure("operation", every(50.0), every(9.0)),)), times=(1.0,))
    parts = (PartState("part", 0, ("a", 0), left=0.5), PartState("part"))
    state = PlantState(5.0, parts, (MachineState("a", repair_left=3.0),))
    assert moments(plant, state, 20.0, "end", 0) == [(8.5, 0), (9.5, 1)]
    assert Twin(plant).run([1], 20.0, start=state).state_hours[0, 0, STATES.index("down")] == 3.0


def test_a_machine_is_set_up_for_what_it_was_set_up_for():
    setup = {("a", "b"): 2.0, ("b", "a"): 2.0}
    products = tuple(Product(name, (Segment("mill", every(1.0), setup_class=name),)) for name in "ab")
    plant = Plant("p", (Station("mill", setup=setup),), products, orders=(Order("a", 9_000.0),))
    for setup_class, end in (("a", 1.0), ("b", 3.0)):
        state = PlantState(0.0, (PartState("a"),), (MachineState("mill", 0, None, setup_class),))
        assert moments(plant, state, 10.0, "end", 0) == [(end, 0)]


@pytest.mark.parametrize(
    ("clock", "first"), [(0.0, 2.0), (2.0, 2.0), (5.0, 5.0), (6.0, 10.0), (7.5, 10.0), (26.0, 26.0)]
)
def test_the_clock_stands_on_the_calendar_of_shifts(clock, first):
    """Open from 2 to 6 of every 8 hours."""
    plant = line(Station("a", calendar="day"), times=(0.5,), calendars=(Calendar("day", ((2.0, 6.0),), 8.0),))
    state = PlantState(clock, (PartState("part"),))
    assert moments(plant, state, 20.0, "start", 0) == [(first, 0)]
    closed = Twin(plant).run([1], 16.0, start=state).state_hours[0, 0, STATES.index("closed")]
    assert closed == 8.0


def test_a_part_that_was_due_before_the_clock_is_late_by_all_of_that():
    plant = line(Station("a", rule="edd"), times=(1.0,))
    parts = (PartState("part", due=200.0), PartState("part", due=90.0), PartState("part", due=70.0))
    state = PlantState(100.0, parts)
    assert [part for _, part in moments(plant, state, 10.0, "start", 0)] == [2, 1, 0]
    runs = Twin(plant).run([1], 10.0, start=state)
    assert (runs.late[0, 0], runs.tardiness_hours[0, 0]) == (2, 31.0 + 12.0)


def test_a_limit_counts_from_the_recorded_wait():
    route = (Segment("a", every(1.0)), Segment("b", every(1.0), limit=Limit(2.0, since=0)))
    plant = Plant("p", (Station("a"), Station("b")), (Product("part", route),), orders=NEVER)
    for since, broken in ((98.5, 0), (97.5, 1)):
        state = PlantState(100.0, (PartState("part", 1, waits_since=since),))
        assert Twin(plant).run([1], 10.0, start=state).broken_limits[0, 0] == broken


def test_a_part_at_work_returns_to_its_machine():
    route = (Segment("a", every(1.0)), Segment("b", every(1.0)), Segment("a", every(1.0), same_machine_as=0))
    plant = Plant("p", (Station("a", 3), Station("b")), (Product("part", route),), orders=NEVER)
    state = PlantState(0.0, (PartState("part", 0, ("a", 2), left=0.5),))
    starts = Twin(plant).trace(1, 10.0, start=state).of("start")
    assert starts["machine"].tolist() == [3, 2]


def test_an_empty_state_at_time_zero_is_a_plain_start():
    plant = line(Station("a"), Station("b", buffer=1), orders=tuple(Order("part", float(i)) for i in range(5)))
    plain, started = (Twin(plant).run([1, 2], 30.0, start=start) for start in (None, PlantState()))
    for name in ("finished", "entered", "lead_hours", "state_hours", "wip_hours"):
        assert np.array_equal(getattr(plain, name), getattr(started, name)), name


@pytest.mark.parametrize("cut", [4.0, 7.25, 12.5])
def test_a_run_goes_on_from_its_own_state_as_if_nothing_had_happened(cut):
    """The state at the cut is read off the trace of the whole run: a line of constant times, with a source of its own
    gap, which is at the cut in the middle of a gap."""
    stations = (Station("a"), Station("b", buffer=2), Station("c", 2))
    times = (1.0, 1.5, 2.75)
    first = 0.5
    plant = line(*stations, times=times, orders=(), sources=(Source("part", every(1.25), first=every(first)),))
    whole = Twin(plant).trace(1, 40.0)
    parts, queue = [], {}
    starts = [station.machines for station in stations]
    first_machine = np.concatenate([[0], np.cumsum(starts)])
    for e in whole.events[whole.events["time"] <= cut]:
        kind, number = int(e["kind"]), int(e["part"])
        if kind == 0:
            queue[number] = {"entered": float(e["time"])}
        elif kind == 1:
            queue[number] |= {"step": int(e["step"]), "machine": None, "left": None, "waits_since": float(e["time"])}
        elif kind == 2:
            station = int(e["station"])
            machine = (stations[station].name, int(e["machine"] - first_machine[station]))
            queue[number] |= {"machine": machine, "left": float(e["time"]) + times[station] - cut}
        elif kind == 3:
            queue[number] |= {"left": 0.0}
        elif kind == 4:
            del queue[number]
    parts = [PartState("part", **values) for values in queue.values()]
    gaps = first + 1.25 * np.arange(100)
    again = Plant(
        "p", stations, plant.products,
        (Source("part", every(1.25), first=every(float(gaps[gaps > cut][0] - cut))),),
    )  # fmt: skip
    rest = Twin(again).trace(1, 40.0 - cut, start=PlantState(cut, tuple(parts)))
    for kind in ("start", "leave"):
        later = whole.of(kind)
        later = later[later["time"] > cut]
        found = rest.of(kind)
        assert found["time"] == pytest.approx(later["time"])
        assert found["station"].tolist() == later["station"].tolist()


FAILING = (Failure("operation", every(50.0), every(9.0)),)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (PlantState(-1.0), "a clock of -1 h"),
        (PlantState(float("inf")), "a clock of inf h"),
        (PlantState(0.0, (PartState("bolt"),)), "unknown product 'bolt'. Expected one of: part"),
        (PlantState(0.0, (PartState("part", 2),)), r"part 1: step 3. Expected 1 to 2"),
        (PlantState(0.0, (PartState("part", -1, name="x7"),)), r"part x7: step 0. Expected 1 to 2"),
        (PlantState(0.0, (PartState("part", 0, ("c", 0)),)), "unknown station 'c'. Expected one of: a, b"),
        (PlantState(0.0, (PartState("part", 0, ("a", 1)),)), "station a: machine 2. Expected 1 to 1"),
        (PlantState(0.0, (PartState("part", 0, ("b", 0)),)), "Expected a, where the step is done"),
        (PlantState(0.0, (PartState("part", 0, ("a", 0)),) * 2), "machine 1 of a already has a part"),
        (PlantState(5.0, (PartState("part", 1, ("b", 0)),)), "machine 1 of b is closed at that time"),
        (PlantState(0.0, (PartState("part", 0, ("a", 0), left=-1.0),)), "-1 h left"),
        (PlantState(0.0, (PartState("part", pieces=0),)), "0 pieces. Expected 1 or more"),
        (PlantState(5.0, (PartState("part", entered=6.0),)), "entered 6 h. Expected a time up to the clock, 5 h"),
        (PlantState(5.0, (PartState("part", waits_since=6.0),)), "waits since 6 h. Expected a time up to the clock"),
        (PlantState(5.0, (PartState("part", due=float("nan")),)), "due at nan h"),
        (PlantState(0.0, (), (MachineState("c"),)), "unknown station 'c'"),
        (PlantState(0.0, (), (MachineState("a", 1),)), "machine 2. Expected 1 to 1"),
        (PlantState(0.0, (), (MachineState("a"), MachineState("a"))), "machine 1 is described twice"),
        (PlantState(0.0, (), (MachineState("a", setup_class="red"),)), "unknown setup class 'red'"),
        (PlantState(0.0, (), (MachineState("b", repair_left=1.0),)), "Expected a station whose machines fail"),
        (PlantState(0.0, (), (MachineState("a", repair_left=-1.0),)), "-1 h of repair left"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(state, message):
    plant = line(
        Station("a", failures=FAILING), Station("b", calendar="day"), calendars=(Calendar("day", ((0.0, 4.0),), 8.0),)
    )
    with pytest.raises(BadInput, match=message):
        Twin(plant).run([1], 10.0, start=state)
