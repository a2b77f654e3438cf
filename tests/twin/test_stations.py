"""Every feature of a station on plants that one can follow by hand, and the two lanes of the loop side by side."""

import numpy as np
import pytest

from danao.plant import (
    Batch,
    Calendar,
    Conveyor,
    Cooling,
    EnergyStates,
    Failure,
    Heat,
    Limit,
    Maintenance,
    Need,
    Order,
    Plant,
    Pool,
    Product,
    Segment,
    Source,
    Station,
    Tariff,
)
from danao.plant.model import Distribution, Family
from danao.twin import Deadlock, Twin
from danao.twin.trace import KINDS, STATES
from tests.twin.plants import constant, exponential, serial_line


def every(hours: float) -> Distribution:
    return Distribution(Family.CONSTANT, (hours,))


def seen(plant: Plant, hours: float, *kinds: str) -> list[tuple]:
    """(time, kind, part, station) of the events of some kinds."""
    trace = Twin(plant).trace(1, hours)
    return [
        (round(float(event["time"]), 6), KINDS[event["kind"]], int(event["part"]), int(event["station"]))
        for event in trace.of(*kinds)
    ]


def times(plant: Plant, hours: float, kind: str) -> list[float]:
    return [time for time, *_ in seen(plant, hours, kind)]


def single(segment: Segment, station: Station, **more) -> Plant:
    """One station, one product with one step, orders at 0, 1, 2 and 3 h."""
    more = {"orders": tuple(Order("part", float(i)) for i in range(4))} | more
    return Plant("p", (station,), (Product("part", (segment,)),), **more)


FAILURES = [
    None,
    Failure("calendar", exponential(20.0), exponential(3.0)),
    Failure("operation", exponential(20.0), exponential(3.0)),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("buffer", [0, 3, None])
def test_the_express_lane_and_the_general_loop_agree_to_the_last_bit(failure, buffer):
    plant = Plant(
        "both",
        tuple(
            Station(name, machines, None if i == 0 else buffer, failures=(failure,) if failure else ())
            for i, (name, machines) in enumerate([("a", 2), ("b", 1), ("c", 3)])
        ),
        (
            Product(
                "x", (Segment("a", exponential(1.0)), Segment("b", exponential(0.4)), Segment("c", exponential(1.5)))
            ),
            Product("y", (Segment("b", exponential(0.2)), Segment("c", exponential(0.3)))),
        ),
        (Source("x", exponential(1.1), due_after=5.0), Source("y", exponential(1.3))),
    )
    express, general = (Twin(plant, general=choice).run([1, 2], 3000.0, warm_up=50.0) for choice in (False, True))
    names = ("finished", "late", "lead_hours", "tardiness_hours", "state_hours", "wip_hours", "events", "entered")
    for name in (*names, "breakdowns"):
        assert np.array_equal(getattr(express, name), getattr(general, name)), name


def test_a_batch_waits_for_its_minimum_and_takes_its_maximum():
    plant = single(Segment("oven", every(2.0)), Station("oven", batch=Batch(3, 2)))
    # Orders at 0 and 1 start at 1; those at 2 and 3 wait for the machine until 3.
    assert times(plant, 20.0, "start") == [1.0, 1.0, 3.0, 3.0]
    assert Twin(plant).run([1], 20.0).jobs.tolist() == [[2]]


def test_the_patience_of_a_batch_ends_its_wait():
    plant = single(Segment("oven", every(0.25)), Station("oven", batch=Batch(3, 3, patience=1.5)))
    assert times(plant, 20.0, "start") == [1.5, 1.5, 3.5, 3.5]


def test_batches_keep_to_their_class_and_count_pieces():
    station = Station("oven", batch=Batch(50, 50, unit="pieces"))
    products = (
        Product("x", (Segment("oven", every(1.0), batch_class="a"),)),
        Product("y", (Segment("oven", every(1.0), batch_class="b"),)),
    )
    orders = (
        Order("x", 0.0, pieces=25),
        Order("y", 0.5, pieces=25),
        Order("y", 1.0, pieces=25),
        Order("x", 1.5, pieces=25),
    )
    assert seen(Plant("p", (station,), products, orders=orders), 9.0, "start") == [
        (1.0, "start", 1, 0), (1.0, "start", 2, 0), (2.0, "start", 0, 0), (2.0, "start", 3, 0),
    ]  # fmt: skip


def test_a_batch_that_never_gathers_is_explained():
    plant = single(Segment("oven", every(2.0)), Station("oven", batch=Batch(5, 5)))
    with pytest.raises(Deadlock, match="4 at oven for a batch of 5"):
        Twin(plant).run([1], 20.0)


def test_a_closed_calendar_lets_the_job_finish_or_pauses_it():
    shift = Calendar("day", ((0.0, 2.5), (6.0, 8.0)), cycle=8.0)
    finish = single(Segment("mill", every(1.0)), Station("mill", calendar="day"), calendars=(shift,))
    assert times(finish, 20.0, "end") == [1.0, 2.0, 3.0, 7.0]
    pause = single(Segment("mill", every(1.0)), Station("mill", calendar="day", on_close="pause"), calendars=(shift,))
    assert times(pause, 20.0, "end") == [1.0, 2.0, 6.5, 7.5]
    runs = Twin(pause).run([1], 8.0)
    assert runs.state_hours[0, 0, STATES.index("closed")] == pytest.approx(3.5)


def test_people_are_shared_and_their_shift_counts():
    needs = (Need("setter"),)
    plant = Plant(
        "p",
        (Station("a", needs=needs), Station("b", needs=needs)),
        (Product("x", (Segment("a", every(1.0)),)), Product("y", (Segment("b", every(1.0)),))),
        orders=(Order("x", 0.0), Order("y", 0.0), Order("x", 0.0)),
        pools=(Pool("setters", 1, ("setter",), "day"),),
        calendars=(Calendar("day", ((0.0, 1.5), (4.0, 8.0)), cycle=8.0),),
    )
    # One setter: the second job starts at 1 and is finished after the end of the shift, the third starts with the next.
    assert times(plant, 10.0, "start") == [0.0, 1.0, 4.0]
    runs = Twin(plant).run([1], 8.0)
    assert runs.busy_hours.tolist() == [[3.0]]
    assert runs.shift_hours.tolist() == [[5.5]]


def test_a_setter_is_needed_for_the_setup_alone():
    station = Station("mill", 2, setup={("*", "a"): 1.0}, needs=(Need("setter", during="setup"),))
    plant = single(
        Segment("mill", every(5.0), setup_class="a"), station, orders=(Order("part", 0.0), Order("part", 0.0)),
        pools=(Pool("setter"),),
    )  # fmt: skip
    trace = Twin(plant).trace(1, 20.0)
    states = [(float(e["time"]), int(e["machine"]), STATES[int(e["value"])]) for e in trace.of("state")]
    assert (1.0, 0, "working") in states
    assert (1.0, 1, "setup") in states
    assert (2.0, 1, "working") in states


def test_a_repair_waits_for_its_crew():
    failure = Failure("operation", every(1.0), every(2.0), crew="fitter")
    plant = Plant(
        "p",
        (Station("a", failures=(failure,)), Station("b", failures=(failure,))),
        (Product("x", (Segment("a", every(1.5)),)), Product("y", (Segment("b", every(1.5)),))),
        orders=(Order("x", 0.0), Order("y", 0.0)),
        pools=(Pool("fitter"),),
    )
    # Both fail at 1; a is repaired at 3 and b, for which the fitter comes later, at 5.
    assert times(plant, 20.0, "end") == [3.5, 5.5]


def test_maintenance_waits_for_the_job_and_counts_pieces():
    care = Maintenance("pieces", every(2.0), every(3.0))
    plant = single(Segment("mill", every(1.0)), Station("mill", maintenance=(care,)))
    assert times(plant, 20.0, "start") == [0.0, 1.0, 5.0, 6.0]
    timed = single(
        Segment("mill", every(1.0)), Station("mill", maintenance=(Maintenance("calendar", every(1.5), every(3.0)),))
    )
    assert times(timed, 20.0, "start") == [0.0, 1.0, 5.0, 6.0]


def test_blocking_before_service_keeps_a_machine_from_starting():
    def plant(blocking):
        stations = (Station("a", blocking=blocking), Station("b", buffer=0))
        route = (Segment("a", every(1.0)), Segment("b", every(3.0)))
        return Plant("p", stations, (Product("part", route),), orders=tuple(Order("part", 0.0) for _ in range(3)))

    assert [t for t, _, _, s in seen(plant("after"), 30.0, "start") if s == 0] == [0.0, 1.0, 4.0]
    assert [t for t, _, _, s in seen(plant("before"), 30.0, "start") if s == 0] == [0.0, 4.0, 8.0]


def test_an_output_place_frees_the_machine():
    stations = (Station("a", output=1), Station("b", buffer=0))
    plant = Plant(
        "p",
        stations,
        (Product("part", (Segment("a", every(1.0)), Segment("b", every(3.0)))),),
        orders=tuple(Order("part", 0.0) for _ in range(4)),
    )
    assert [t for t, _, _, s in seen(plant, 30.0, "start") if s == 0] == [0.0, 1.0, 2.0, 4.0]


def test_assembly_takes_components_from_their_store():
    plant = Plant(
        "p",
        (Station("press"), Station("assembly")),
        (
            Product("wheel", (Segment("press", every(1.0)),), store=4),
            Product("cart", (Segment("assembly", every(0.5), needs={"wheel": 4}),)),
        ),
        (Source("wheel"),),
        orders=(Order("cart", 0.0), Order("cart", 0.0)),
    )
    assert [t for t, _, _, s in seen(plant, 12.0, "start") if s == 1] == [4.0, 8.0]
    runs = Twin(plant).run([1], 100.0)
    # The store of four is full in the end, and the press is blocked.
    assert runs.finished.tolist() == [[12, 2]]
    assert runs.state_hours[0, 0, STATES.index("blocked")] == pytest.approx(100 - 13)


def test_disassembly_yields_parts_with_routes_of_their_own():
    plant = Plant(
        "p",
        (Station("unpack"), Station("wash")),
        (
            Product("pallet", (Segment("unpack", every(1.0), yields={"box": 3}),)),
            Product("box", (Segment("wash", every(2.0)),)),
        ),
        orders=(Order("pallet", 0.0),),
    )
    assert [t for t, _, _, s in seen(plant, 12.0, "start") if s == 1] == [1.0, 3.0, 5.0]
    assert Twin(plant).run([1], 12.0).finished.tolist() == [[1, 3]]


def test_a_limit_scraps_sends_back_or_counts():
    def plant(then):
        route = (Segment("a", every(1.0)), Segment("b", every(3.0), limit=Limit(2.0, then=then)))
        orders = tuple(Order("part", 0.0) for _ in range(3))
        return Plant("p", (Station("a", 3), Station("b")), (Product("part", route),), orders=orders)

    for then, finished, scrapped, broken in [("count", 3, 0, 2), ("scrap", 1, 2, 2)]:
        runs = Twin(plant(then)).run([1], 50.0)
        assert (runs.finished[0, 0], runs.scrapped[0, 0], runs.broken_limits[0, 0]) == (finished, scrapped, broken)
    runs = Twin(plant("rework")).run([1], 100.0)
    assert runs.reworked[0, 0] == runs.broken_limits[0, 0] >= 2


def test_a_cooled_part_is_heated_first():
    # 1,000 °C falls to 20 + 980/e² in two time constants, and 100 °C/h bring it back to 800 °C.
    route = (
        Segment("furnace", every(1.0), heat=Heat(leaves=1000.0)),
        Segment("mill", every(1.0), heat=Heat(needs=800.0, rate=100.0)),
    )
    product = Product("slab", route, cooling=Cooling(5.0))
    stations = (Station("furnace"), Station("mill", energy=EnergyStates(heating=50.0)))
    belt = Conveyor("belt", (("furnace", "mill"),), every(10.0))
    plant = Plant("p", stations, (product,), orders=(Order("slab", 0.0),), transport=(belt,))
    hours = (800 - (20 + 980 * np.exp(-10.0 / 5.0))) / 100
    runs = Twin(plant).run([1], 50.0)
    assert runs.state_hours[0, 1, STATES.index("heating")] == pytest.approx(hours)
    assert runs.energy_kwh[0, 1] == pytest.approx(50 * hours)


def test_a_machine_is_switched_off_and_warmed_up():
    energy = EnergyStates(working=10.0, idle=4.0, heating=8.0, off=1.0, off_after=0.5, warm_up=0.25)
    plant = single(Segment("mill", every(0.25)), Station("mill", energy=energy), tariff=Tariff(1.0))
    runs = Twin(plant).run([1], 4.0)
    hours = dict(zip(STATES, runs.state_hours[0, 0], strict=True))
    # Orders at 0, 1, 2 and 3 h. The first finds it on; it idles half an hour after each job, and is off until the next.
    assert hours["working"] == 4 * 0.25
    assert hours["heating"] == 3 * 0.25
    assert hours["off"] == pytest.approx(0.25)
    assert hours["idle"] == pytest.approx(2.0)
    assert runs.restarts[0, 0] == 3
    energy_used = 10 * hours["working"] + 4 * hours["idle"] + 8 * hours["heating"] + hours["off"]
    assert runs.energy_kwh[0, 0] == pytest.approx(energy_used)
    assert runs.energy_cost[0] == pytest.approx(energy_used)


def test_the_tariff_prices_each_hour_and_the_peak_is_the_highest_mean():
    tariff = Tariff(1.0, ((1.0, 2.0, 5.0),), interval=1.0)
    station = Station("mill", energy=EnergyStates(working=10.0, idle=2.0))
    plant = single(Segment("mill", every(1.5)), station, orders=(Order("part", 0.0),), tariff=tariff)
    runs = Twin(plant).run([1], 4.0)
    assert runs.energy_cost[0] == pytest.approx(10 * 1 + (5 + 1) * 5 + 2 * 2)
    assert runs.peak_kw[0] == pytest.approx(10.0)


def test_inspection_finds_what_the_process_spoils():
    route = (
        Segment("mill", every(0.1), defect=0.2),
        Segment("inspect", every(0.1), detect=0.9, false_alarm=0.05, repairable=0.0),
    )
    plant = Plant("p", (Station("mill"), Station("inspect")), (Product("x", route),), (Source("x"),))
    runs = Twin(plant).run([1], 20000.0)
    passed = runs.passed[0, 1]
    assert runs.scrapped[0, 0] / passed == pytest.approx(0.2 * 0.9 + 0.8 * 0.05, abs=0.004)
    assert runs.escaped[0, 0] / runs.finished[0, 0] == pytest.approx(0.2 * 0.1 / (1 - 0.22), abs=0.003)


def test_sampling_skips_a_step():
    route = (Segment("mill", every(0.1)), Segment("measure", every(0.1), share=0.25), Segment("wash", every(0.1)))
    plant = Plant("p", (Station("mill"), Station("measure"), Station("wash")), (Product("x", route),), (Source("x"),))
    runs = Twin(plant).run([1], 5000.0)
    assert runs.passed[0, 1] / runs.passed[0, 0] == pytest.approx(0.25, abs=0.01)


def test_a_part_returns_to_its_machine():
    route = (Segment("litho", every(1.0)), Segment("etch", every(0.5)), Segment("litho", every(1.0), same_machine_as=0))
    plant = Plant(
        "p", (Station("litho", 3), Station("etch", 3)), (Product("x", route),), (Source("x", exponential(0.9)),)
    )
    starts = Twin(plant).trace(1, 500.0).of("start")
    machine = {}
    for event in starts[starts["station"] == 0]:
        assert machine.setdefault(int(event["part"]), int(event["machine"])) == int(event["machine"])
    assert len(set(machine.values())) == 3


def test_a_conveyor_furnace_takes_the_next_part_after_its_interval():
    plant = single(
        Segment("furnace", every(3.0), interval=every(0.5)),
        Station("furnace"),
        orders=tuple(Order("part", 0.0) for _ in range(3)),
    )
    assert times(plant, 20.0, "start") == [0.0, 0.5, 1.0]
    assert times(plant, 20.0, "end") == [3.0, 3.5, 4.0]


def test_a_limit_on_work_in_process_keeps_parts_outside():
    plant = Plant(
        "p", (Station("a", 5),), (Product("x", (Segment("a", exponential(1.0)),)),),
        (Source("x", exponential(0.2), limit=3),),
    )  # fmt: skip
    trace = Twin(plant).trace(1, 200.0)
    level, most = 0, 0
    for event in trace.of("enter", "leave"):
        level += 1 if KINDS[event["kind"]] == "enter" else -1
        most = max(most, level)
    assert most == 3


def test_setup_runs_keep_to_a_class():
    setup = {("a", "b"): 0.5, ("b", "a"): 0.5}
    products = tuple(Product(n, (Segment("mill", every(1.0), setup_class=n),)) for n in ("a", "b"))
    orders = tuple(Order(n, 0.0) for n in ("a", "b", "a", "b", "a", "b", "a"))

    def classes(runs):
        plant = Plant("p", (Station("mill", setup=setup, setup_runs=runs),), products, orders=orders)
        return "".join("ab"[e["product"]] for e in Twin(plant).trace(1, 50.0).of("start"))

    assert classes({}) == "abababa"
    assert classes({"a": 3, "b": 2}) == "aaabbba"


def two_classes(refusals, orders, **more):
    setup = {("*", "a"): 0.5, ("*", "b"): 0.5}
    products = tuple(Product(n, (Segment("mill", every(1.0), setup_class=n),)) for n in ("a", "b"))
    mill = Station("mill", setup=setup, setup_runs={"a": 3, "b": 2}, setup_refusals=refusals, **more)
    return Plant("p", (mill,), products, orders=tuple(Order(n, at) for n, at in orders))


def test_a_machine_that_refuses_keeps_its_setup_run_even_if_none_of_the_class_waits():
    orders = (("a", 0.0), ("b", 0.1), ("a", 4.0), ("a", 5.0))

    def starts(refusals):
        events = Twin(two_classes(refusals, orders)).trace(1, 50.0).of("start")
        return [("ab"[event["product"]], round(float(event["time"]), 6)) for event in events]

    assert starts(0) == [("a", 0.0), ("b", 1.5), ("a", 4.0), ("a", 5.5)]
    assert starts(None) == [("a", 0.0), ("a", 4.0), ("a", 5.0), ("b", 6.0)]


def test_a_machine_refuses_so_many_times_in_a_row():
    """The machine is free at 1.5 h (first refusal); parts come at 2, 3 and 4 h (three more asks)."""
    orders = (("a", 0.0), ("b", 0.1), ("b", 2.0), ("b", 3.0), ("b", 4.0))
    for refusals, start in ((1, 2.0), (2, 3.0), (3, 4.0)):
        events = Twin(two_classes(refusals, orders)).trace(1, 50.0).of("start")
        assert float(events[1]["time"]) == pytest.approx(start)


def test_a_machine_that_refuses_for_ever_is_named():
    with pytest.raises(Deadlock, match="setup run is over"):
        Twin(two_classes(None, (("a", 0.0), ("b", 0.1)))).run([1], 50.0)


def test_of_equal_setups_the_machine_that_has_the_class_on_takes_the_part():
    setup = {("a", "b"): 1.0}
    products = tuple(Product(n, (Segment("mill", every(1.0), setup_class=n),)) for n in ("a", "b"))
    orders = (Order("a", 0.0), Order("a", 0.0), Order("b", 3.0))
    plant = Plant("p", (Station("mill", machines=2, setup=setup),), products, orders=orders)
    assert Twin(plant).run([1], 50.0).setups[0, 0] == 1
    both = Plant("p", (Station("mill", machines=2, setup=setup),), products, orders=(*orders, Order("b", 5.0)))
    assert Twin(both).run([1], 50.0).setups[0, 0] == 1


def furnace(rule, waits, orders):
    products = tuple(
        Product(n, (Segment("saw", every(0.25)), Segment("oven", every(4.0), batch=Batch(2, 2)))) for n in ("a", "b")
    )
    stations = (Station("saw", machines=9), Station("oven", rule=rule, waits_for_first=waits))
    return Plant("p", stations, products, orders=tuple(Order(n, at) for n, at in orders))


@pytest.mark.parametrize(
    ("rule", "waits", "first"), [("fifo", False, "b"), ("fifo", True, "a"), ("fullest batch", True, "b")]
)
def test_a_furnace_waits_for_the_batch_of_the_first_part_if_so_written(rule, waits, first):
    """An a waits from 0.25 h on, its fellow comes at 3.25 h; two b are there at 1.25 h."""
    plant = furnace(rule, waits, (("a", 0.0), ("b", 1.0), ("b", 1.0), ("a", 3.0)))
    trace = Twin(plant).trace(1, 50.0)
    starts = [event for event in trace.of("start") if event["station"] == 1]
    assert "ab"[starts[0]["product"]] == first
    assert float(starts[0]["time"]) == pytest.approx(3.25 if first == "a" else 1.25)


def test_parts_that_began_go_before_those_that_did_not():
    products = (
        Product("new", (Segment("mill", every(1.0)),)),
        Product("begun", (Segment("saw", every(0.5)), Segment("mill", every(1.0)))),
    )
    orders = (Order("new", 0.0), Order("new", 0.1), Order("begun", 0.2))
    for rule, order in (("fifo", [0, 0, 1]), ("begun first", [0, 1, 0])):
        plant = Plant("p", (Station("mill", rule=rule), Station("saw")), products, orders=orders)
        starts = [event["product"] for event in Twin(plant).trace(1, 50.0).of("start") if event["station"] == 0]
        assert starts == order


def test_stops_that_spare_idle_machines_pass_them_and_go_on():
    """Every 4 h from 2 h on for 1 h; the machine works from 5 to 8 h, so the stop at 7 h alone finds a job."""
    stop = {"every": every(4.0), "takes": every(1.0), "first": every(2.0), "interrupts": True}
    for spares, down, end in ((True, 1.0, 9.0), (False, 4.0, 9.0)):
        care = Maintenance("calendar", spares_idle=spares, **stop)
        plant = single(Segment("mill", every(3.0)), Station("mill", maintenance=(care,)), orders=(Order("part", 5.0),))
        runs = Twin(plant).run([1], 20.0)
        assert runs.state_hours[0, 0, STATES.index("maintenance")] == pytest.approx(down)
        assert times(plant, 20.0, "leave") == [pytest.approx(end)]


def test_failures_that_spare_idle_machines_last_as_those_on_the_operation_clock():
    """Exponential times between failures have no memory: what strikes a busy machine is the same on both clocks."""
    down = []
    for failure in (
        Failure("calendar", exponential(5.0), exponential(1.0), spares_idle=True),
        Failure("operation", exponential(5.0), exponential(1.0)),
    ):
        source = (Source("part", exponential(2.0)),)
        plant = single(
            Segment("mill", exponential(1.0)), Station("mill", failures=(failure,)), sources=source, orders=()
        )
        runs = Twin(plant).run(range(40), 4000.0)
        down.append(runs.state_hours[:, 0, STATES.index("down")] / runs.state_hours[:, 0, STATES.index("working")])
    apart = down[0].mean() - down[1].mean()
    assert abs(apart) < 4 * np.hypot(*(one.std(ddof=1) / 40**0.5 for one in down))
    assert down[0].mean() == pytest.approx(0.2, abs=0.01)


def test_maintenance_that_interrupts_does_not_wait_for_the_end_of_the_job():
    for interrupts, end in ((True, 6.0), (False, 4.0)):
        care = Maintenance("calendar", every(100.0), every(2.0), every(1.0), interrupts=interrupts)
        plant = single(Segment("mill", every(4.0)), Station("mill", maintenance=(care,)), orders=(Order("part", 0.0),))
        assert times(plant, 50.0, "leave") == [end]


def test_staggered_maintenance_is_first_due_on_one_machine_after_the_other():
    for staggered, begins in ((True, [2.0, 4.0, 6.0]), (False, [6.0, 6.0, 6.0])):
        care = Maintenance("calendar", every(100.0), every(1.0), every(6.0), staggered=staggered)
        plant = single(Segment("mill", every(0.1)), Station("mill", machines=3, maintenance=(care,)))
        states = Twin(plant).trace(1, 20.0).of("state")
        assert [float(e["time"]) for e in states if e["value"] == STATES.index("maintenance")] == begins


RULES = {
    "fifo": "abc", "lifo": "acb", "spt": "acb", "lpt": "abc", "edd": "acb", "priority": "acb", "slack": "acb",
    "critical ratio": "acb", "mdd": "acb", "atc": "acb", "covert": "acb", "srpt": "acb", "priority, fifo": "acb",
    "first in plant": "abc", "winq": "abc",
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_orders_the_queue(rule):
    """Part a occupies the machine; b is long, patient and came first; c is short, urgent and came later."""
    products = tuple(Product(n, (Segment("mill", every(h)),)) for n, h in (("a", 1.0), ("b", 4.0), ("c", 0.5)))
    orders = (Order("a", 0.0), Order("b", 0.1, due=90.0), Order("c", 0.2, due=2.0, priority=5))
    plant = Plant("p", (Station("mill", rule=rule),), products, orders=orders)
    assert "".join("abc"[e["product"]] for e in Twin(plant).trace(1, 50.0).of("start")) == RULES[rule]


def test_a_line_runs_the_same_in_pieces():
    plant = serial_line([constant(1.0)] * 3, [2, 2])
    whole, parts = Twin(plant).run([1], 100.0), Twin(plant).run([1], 60.0, warm_up=40.0)
    assert whole.finished[0, 0] == 98
    assert parts.finished[0, 0] == 60
