"""What comes in is what goes out and what stays; hours, people, places and energy add up, told apart by the trace."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from danao.plant.model import Failure, Plant
from danao.twin import Deadlock, Twin
from danao.twin.runs import Runs
from danao.twin.trace import KINDS, STATES, Trace
from tests.twin.plants import exponential, serial_line
from tests.twin.small_plants import SHIFTS, plants

HOURS = 40.0
BUSY = {STATES.index(name) for name in ("working", "setup", "heating")}

quickly = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)  # fmt: skip


def both(plant: Plant, seed: int) -> tuple[Runs, Trace]:
    """Results and trace of the same replication."""
    twin = Twin(plant)
    try:
        return twin.run([seed], HOURS), twin.trace(seed, HOURS)
    except Deadlock:
        reject()


def steps_before(trace: Trace) -> list[tuple[float, str, int, int, int, int]]:
    """(time, kind, part, product, station, machine) of the events of parts."""
    return [
        (float(e["time"]), KINDS[e["kind"]], *(int(e[name]) for name in ("part", "product", "station", "machine")))
        for e in trace.events
        if KINDS[e["kind"]] != "state"
    ]


def by_product(trace: Trace, *kinds: str) -> list[int]:
    """Number of events of some kinds for each product."""
    return np.bincount(trace.of(*kinds)["product"], minlength=len(trace.plant.products)).tolist()


def by_station(trace: Trace, kind: str) -> list[int]:
    return np.bincount(trace.of(kind)["station"], minlength=len(trace.plant.stations)).tolist()


def consumed(trace: Trace) -> list[tuple[float, int]]:
    """(time, number of components) that went into other parts."""
    return [
        (float(event["time"]), sum(segment.needs.values()))
        for event in trace.of("start")
        if (segment := trace.plant.products[event["product"]].route[event["step"]]).needs
    ]


@quickly
@given(plants(), st.integers(0, 99))
def test_the_results_count_what_the_trace_shows(plant, seed):
    runs, trace = both(plant, seed)
    assert runs.entered[0].tolist() == by_product(trace, "enter")
    assert runs.finished[0].tolist() == by_product(trace, "leave")
    assert runs.scrapped[0].tolist() == by_product(trace, "scrap")
    assert runs.reworked[0].tolist() == by_product(trace, "rework")
    assert runs.broken_limits[0].tolist() == by_product(trace, "late start")
    assert runs.passed[0].tolist() == by_station(trace, "end")


@quickly
@given(plants(), st.integers(0, 99))
def test_each_part_enters_once_and_leaves_at_most_once(plant, seed):
    _, trace = both(plant, seed)
    entered, left = Counter(trace.of("enter")["part"].tolist()), Counter(trace.of("leave", "scrap")["part"].tolist())
    assert set(entered.values()) <= {1}
    assert set(left.values()) <= {1}
    assert left.keys() <= entered.keys()
    inside = set()
    for _, kind, part, *_ in steps_before(trace):
        if kind == "enter":
            inside.add(part)
        assert part in inside, f"{kind} of part {part}, which is not in the plant"
        if kind in ("leave", "scrap"):
            inside.discard(part)


@quickly
@given(plants(), st.integers(0, 99))
def test_the_work_in_process_is_the_sum_of_all_stays(plant, seed):
    """Little's law without its limit: the area under the level is the sum of the stays, cut off at the horizon."""
    runs, trace = both(plant, seed)
    stays = (HOURS - trace.of("enter")["time"]).sum()
    stays -= (HOURS - trace.of("scrap")["time"]).sum()
    components = {name for product in plant.products for step in product.route for name in step.needs}
    names = np.array([product.name for product in plant.products])
    leave = trace.of("leave")
    stays -= (HOURS - leave["time"][~np.isin(names[leave["product"]], list(components))]).sum()
    stays -= sum((HOURS - time) * count for time, count in consumed(trace))
    assert runs.wip_hours[0] == pytest.approx(stays, rel=1e-9, abs=1e-9)
    assert sum(count for _, count in consumed(trace)) <= sum(
        int(count) for name, count in zip(names, runs.finished[0], strict=True) if name in components
    )


@quickly
@given(plants(), st.integers(0, 99))
def test_machine_hours_and_hours_in_queues_are_those_of_the_trace(plant, seed):
    runs, trace = both(plant, seed)
    machines = np.array([station.machines for station in plant.stations])
    assert runs.state_hours[0].sum(axis=1) == pytest.approx(machines * HOURS, rel=1e-12)
    hours = np.zeros((len(plant.stations), len(STATES)))
    for machine, station in enumerate(trace.machine_stations()):
        events = trace.of("state")
        mine = events[events["machine"] == machine]
        spans = np.diff(np.append(mine["time"], HOURS))
        np.add.at(hours[station], mine["value"].astype(int), spans)
    assert runs.state_hours[0] == pytest.approx(hours, rel=1e-9, abs=1e-9)
    waits, since = np.zeros(len(plant.stations)), {}
    for time, kind, part, _, station, _ in steps_before(trace):
        if kind == "queue":
            since[part] = (time, station)
        elif kind in ("start", "scrap", "rework") and part in since:
            begin, where = since.pop(part)
            waits[where] += time - begin
    assert runs.queue_hours[0] == pytest.approx(waits, rel=1e-9, abs=1e-9)


@quickly
@given(plants(), st.integers(0, 99))
def test_energy_closes_and_costs_its_sum_at_a_flat_price_of_one(plant, seed):
    runs, _ = both(plant, seed)
    for number, station in enumerate(plant.stations):
        energy = station.energy
        power = {"blocked": energy.idle, "maintenance": energy.down, "closed": energy.down}
        kwh = sum(
            hours * (power[state] if state in power else getattr(energy, state))
            for state, hours in zip(STATES, runs.state_hours[0, number], strict=True)
        )
        assert runs.energy_kwh[0, number] == pytest.approx(kwh, rel=1e-9)
    assert runs.energy_cost[0] == pytest.approx(runs.energy_kwh[0].sum(), rel=1e-9)


@quickly
@given(plants(), st.integers(0, 99))
def test_work_starts_on_free_machines_in_open_hours_alone(plant, seed):
    _, trace = both(plant, seed)
    stations = trace.machine_stations()
    aboard: dict[int, set[int]] = {}
    for time, kind, part, _, station, machine in steps_before(trace):
        if kind == "start":
            assert stations[machine] == station
            aboard.setdefault(machine, set()).add(part)
            if plant.stations[station].batch is None:
                assert len(aboard[machine]) == 1
            if plant.stations[station].calendar:
                # At the very moment of closing, the end of a job comes first and the next one may begin.
                assert any(start <= time % SHIFTS.cycle <= end for start, end in SHIFTS.open)
        elif kind == "end":
            aboard[machine].discard(part)
    events = trace.of("state")
    for machine, number in enumerate(stations):
        station = plant.stations[number]
        mine = events[events["machine"] == machine]
        if not station.calendar or station.on_close == "finish":
            continue
        for begin, end, value in zip(mine["time"], [*mine["time"][1:], HOURS], mine["value"], strict=True):
            if value in BUSY and end > begin:
                middle = (begin + end) / 2 % SHIFTS.cycle
                assert any(start <= middle <= stop for start, stop in SHIFTS.open)
                assert end - begin <= max(stop - start for start, stop in SHIFTS.open) + 1e-9


@quickly
@given(plants(), st.integers(0, 99))
def test_people_work_on_one_job_at_a_time_and_their_hours_are_those_of_the_jobs(plant, seed):
    runs, trace = both(plant, seed)
    begun: dict[int, float] = {}
    hours, at_work = 0.0, 0
    for time, kind, _, _, station, machine in steps_before(trace):
        if kind not in ("start", "end") or not plant.stations[station].needs:
            continue
        if kind == "start" and machine not in begun:
            begun[machine] = time
            at_work += 1
            assert at_work <= plant.pools[0].count
        elif kind == "end" and machine in begun:
            hours += time - begun.pop(machine)
            at_work -= 1
    hours += sum(HOURS - time for time in begun.values())
    assert runs.busy_hours[0, 0] == pytest.approx(hours, rel=1e-9, abs=1e-9)
    assert runs.busy_hours[0, 1] <= HOURS + 1e-9
    pool = plant.pools[0]
    open_hours = sum(min(12 * k + end, HOURS) - 12 * k - start for k in range(4) for start, end in SHIFTS.open
                     if 12 * k + start < HOURS)  # fmt: skip
    assert runs.shift_hours[0, 0] == pytest.approx(pool.count * (open_hours if pool.calendar else HOURS), rel=1e-9)


@quickly
@given(plants(), st.integers(0, 99))
def test_no_queue_is_longer_than_its_places_and_the_empty_machines(plant, seed):
    """Parts that nothing holds (from a source, or sent back because they waited too long) always find a place."""
    _, trace = both(plant, seed)
    always = set()
    for product in plant.products:
        for position, step in enumerate(product.route):
            always.add(step.station)
            if all(other.share == 1.0 for other in product.route[: position + 1]):
                break
        if any(step.limit is not None and step.limit.then == "rework" for step in product.route):
            always |= {step.station for step in product.route}
    waiting: dict[int, int] = {}
    aboard: dict[int, int] = {}
    stations = trace.machine_stations()
    for time, kind, part, _, station, machine in steps_before(trace):
        if kind in ("queue", "depart", "leave", "scrap"):
            aboard.pop(part, None)
        if kind == "queue":
            waiting[part] = station
            one = plant.stations[station]
            if one.buffer is None or one.output or one.name in always:
                continue
            empty = one.machines - len({k for k in aboard.values() if stations[k] == station})
            assert list(waiting.values()).count(station) <= one.buffer + empty, time
        elif kind == "start":
            waiting.pop(part, None)
            aboard[part] = machine
        elif kind in ("scrap", "rework", "late start"):  # a late part that is not scrapped starts in the same moment
            waiting.pop(part, None)


@pytest.mark.parametrize("places", [(2, 3), (4, 8)])
def test_pairing_a_buffer_change_on_a_failing_line_saves_a_factor_of_five(places):
    """The same seeds for both lines against seeds of their own."""

    def line(buffer: int) -> Twin:
        failure = Failure("operation", exponential(50.0), exponential(4.0))
        return Twin(serial_line([exponential(1.0)] * 5, [buffer] * 4, [failure] * 5))

    before, after, apart = (
        line(buffer).run(seeds, 2_000.0, warm_up=200.0).throughput
        for buffer, seeds in ((places[0], range(100)), (places[1], range(100)), (places[1], range(1_000, 1_100)))
    )
    assert (after - before).mean() == pytest.approx((apart - before).mean(), abs=0.02)
    assert (apart - before).var(ddof=1) / (after - before).var(ddof=1) >= 5


def test_a_line_against_itself_differs_by_exactly_nothing():
    failure = Failure("calendar", exponential(30.0), exponential(2.0))
    plant = serial_line([exponential(1.0)] * 3, [2, 1], [failure] * 3)
    first, second = (Twin(plant).run(range(10), 500.0).throughput for _ in range(2))
    assert np.array_equal(first, second)
