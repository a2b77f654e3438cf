import csv
import io
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danao.plant import EnergyStates, Fleet, Plant, Product, Segment, Source, Station, Tariff
from danao.plant.model import Edge
from danao.twin.event_table import COLUMNS, event_table
from danao.twin.pictures import gantt, power_over_time, state_bars, telling_end, wip_over_time
from danao.twin.timelines import (
    interval_means,
    machine_spans,
    parts_in_plant,
    power,
    state_shares,
)
from danao.twin.trace import STATES
from tests.twin.plants import constant, exponential
from tests.twin.synthetic import event, runs_of, state, trace_of

PLANT = Plant(
    "cell",
    (
        Station("press", energy=EnergyStates(working=10.0, idle=2.0, down=1.0, setup=4.0)),
        Station("mill", 2, energy=EnergyStates(working=6.0)),
    ),
    tuple(Product(name, (Segment("press", constant(1.0)), Segment("mill", constant(2.0)))) for name in ("bolt", "nut")),
    (Source("bolt", exponential(4.0)), Source("nut", exponential(4.0))),
    tariff=Tariff(0.2, ((0.0, 5.0, 0.3), (10.0, 12.0, 0.1))),
)
"""One press (machine 0) and two mills (machines 1 and 2)."""

MILL = {"station": 1}
EVENTS = [
    state(0.0, 0, "working"),
    state(0.0, 1, "idle", **MILL),
    state(0.0, 2, "down", **MILL),
    event(2.0, "end", part=0, product=1, step=0, station=0, machine=0),
    state(2.0, 0, "blocked"),
    event(3.0, "start", part=0, product=1, step=1, machine=1, **MILL),
    state(3.0, 1, "working", **MILL),
    state(3.0, 0, "setup"),
    event(1.0, "enter", part=1, product=0),
    event(3.0, "start", part=1, product=0, step=0, station=0, machine=0),
    state(4.0, 0, "working"),
    state(6.0, 2, "idle", **MILL),
    event(7.0, "leave", part=0, product=1, value=1.0),
    state(7.0, 1, "idle", **MILL),
    event(9.0, "scrap", part=1, product=0),
    state(9.0, 0, "idle"),
]
"""A nut is on the press from before the start, then on mill 1; a bolt follows it on the press."""
TRACE = trace_of(PLANT, EVENTS, 12.0)


def test_machines_do_what_their_events_say():
    spans = machine_spans(TRACE)
    told = [
        (int(machine), STATES[kind], float(start), float(end), int(product))
        for machine, kind, start, end, product in zip(
            spans.machine, spans.state, spans.start, spans.end, spans.product, strict=True
        )
    ]
    assert told == [
        (0, "working", 0.0, 2.0, 1),
        (0, "blocked", 2.0, 3.0, 1),
        (0, "setup", 3.0, 4.0, 0),
        (0, "working", 4.0, 9.0, 0),
        (0, "idle", 9.0, 12.0, -1),
        (1, "idle", 0.0, 3.0, -1),
        (1, "working", 3.0, 7.0, 1),
        (1, "idle", 7.0, 12.0, -1),
        (2, "down", 0.0, 6.0, -1),
        (2, "idle", 6.0, 12.0, -1),
    ]


def test_two_jobs_in_a_row_are_two_stretches():
    at = {"product": 0, "step": 0, "station": 0, "machine": 0}
    rows = [state(0.0, 0, "working"), event(1.0, "start", part=0, **at), event(3.0, "start", part=1, **at)]
    spans = machine_spans(trace_of(PLANT, rows, 5.0))
    assert spans.start[spans.machine == 0].tolist() == [0.0, 1.0, 3.0]


def test_a_window_cuts_what_reaches_over_its_ends():
    spans = machine_spans(TRACE).within(2.5, 3.5)
    assert (spans.end - spans.start).sum() == pytest.approx(3 * 1.0)
    assert spans.start.min() == 2.5
    assert spans.end.max() == 3.5


def test_shares_of_the_states_are_hours_over_machine_hours():
    shares = state_shares(TRACE)
    assert shares.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert shares[0, STATES.index("working")] == pytest.approx(7 / 12)
    assert shares[1, STATES.index("down")] == pytest.approx(6 / 24)


def test_energy_over_time_is_power_times_hours_in_each_state():
    """By hand: press 7 h x 10 kW + 3 h idle and 1 h blocked x 2 kW + 1 h setup x 4 kW, mill 4 h x 6 kW."""
    edges = np.linspace(0.0, 12.0, 7)
    found = (power(TRACE, edges) * np.diff(edges)).sum(axis=1)
    assert found[STATES.index("working")] == pytest.approx(70.0 + 24.0)
    assert found[STATES.index("idle")] == pytest.approx(6.0)
    assert found[STATES.index("blocked")] == pytest.approx(2.0)
    assert found[STATES.index("setup")] == pytest.approx(4.0)


def test_parts_are_in_the_plant_from_entering_to_leaving_and_some_from_the_start():
    found = parts_in_plant(TRACE, np.array([0.0, 1.0, 7.0, 9.0, 12.0]))
    assert found[0] == pytest.approx([0.0, 1.0, 1.0, 0.0])
    assert found[1] == pytest.approx([1.0, 1.0, 0.0, 0.0])


steps = st.lists(st.tuples(st.floats(-5, 25), st.floats(-3, 3)), max_size=12)


@given(steps, st.lists(st.floats(0, 20), min_size=2, max_size=6, unique=True))
@settings(max_examples=80, deadline=None)
def test_means_over_intervals_keep_the_area_below_a_level(changes, edges):
    edges = np.array(sorted(edges))
    if np.diff(edges).min() < 1e-3:
        return
    times, rises = (np.array([one[at] for one in changes]) for at in (0, 1))
    areas = interval_means(times, rises, edges) * np.diff(edges)
    by_hand = [
        sum(rise * max(0.0, right - max(time, left)) for time, rise in changes) for left, right in pairwise(edges)
    ]
    assert areas == pytest.approx(by_hand, abs=1e-9)


def texts(svg):
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]


def test_the_gantt_chart_names_every_machine_product_and_special_state():
    shown = texts(gantt(TRACE))
    for name in ("press", "mill 1", "mill 2", "bolt", "nut", "setup", "blocked", "down"):
        assert name in shown
    assert "maintenance" not in shown


def test_the_gantt_chart_of_a_window_tells_only_what_happens_in_it():
    shown = texts(gantt(TRACE, 9.5, 12.0))
    assert "bolt" not in shown
    assert "press" in shown


def test_the_bars_mark_the_bottleneck_for_runs_and_traces():
    assert "▸ press" in texts(state_bars(TRACE))
    spent = np.zeros((2, len(STATES)))
    spent[1, STATES.index("working")] = spent[0, STATES.index("idle")] = 5.0
    assert "▸ mill" in texts(state_bars(runs_of(PLANT, hours=5.0, state_hours=spent)))


def test_power_is_told_with_its_peak_and_the_hours_of_the_tariff():
    shown = texts(power_over_time(TRACE))
    for name in ("working", "idle or blocked", "setup", "dear hours", "cheap hours", "16 kW"):
        assert name in shown


def test_parts_in_the_plant_are_told_by_product():
    shown = texts(wip_over_time(TRACE))
    assert {"bolt", "nut"} <= set(shown)


def test_pictures_of_two_traces_side_by_side_have_the_same_scale():
    """Three more nuts make the axis of the first picture as high as that of the second."""
    more = [event(1.5, "enter", part=number, product=1) for number in (7, 8, 9)]
    busy = trace_of(PLANT, [*EVENTS, *more, state(9.5, 2, "working", **MILL)], 12.0)
    for draw in (wip_over_time, power_over_time):
        assert _ticks(draw(TRACE, busy)) == _ticks(draw(busy, TRACE)) == _ticks(draw(busy))
    assert _ticks(wip_over_time(TRACE)) != _ticks(wip_over_time(busy))


def _ticks(svg):
    return {text for text in texts(svg) if text.replace(".", "").isdigit()}


def many(stations, products):
    """A plant of many stations and products, each machine at work on one part all the time."""
    names = [f"work center {number}" for number in range(stations)]
    route = tuple(Segment(name, constant(1.0)) for name in names)
    plant = Plant(
        "hall",
        tuple(Station(name, 2) for name in names),
        tuple(Product(f"product {number}", route) for number in range(products)),
        (Source("product 0", exponential(4.0)),),
    )
    rows = [state(0.0, machine, "working", machine // 2) for machine in range(2 * stations)]
    rows += [
        event(0.0, "start", part=machine, product=machine % products, step=0, station=machine // 2, machine=machine)
        for machine in range(2 * stations)
    ]
    return trace_of(plant, rows, 8.0)


def test_many_machines_and_products_are_all_named_or_counted_among_the_others():
    trace = many(20, 14)
    shown = texts(gantt(trace))
    assert set(trace.machine_names()) <= set(shown)
    assert "product 9" in shown
    assert "product 10" not in shown
    assert "other products" in shown
    assert "other products" in texts(wip_over_time(trace))


def test_a_long_trace_is_drawn_only_as_far_as_its_bars_can_be_told_apart():
    rows = [state(k / 10, 0, "working" if k % 2 else "idle") for k in range(2000)]
    dense = trace_of(PLANT, rows, 200.0)
    end = telling_end(dense, most=100)
    assert 15.0 <= end <= 21.0
    assert telling_end(TRACE) == TRACE.end
    assert telling_end(replace(TRACE, end=500.0), longest=24.0) == 24.0


def test_pictures_are_the_same_bytes_every_time():
    for draw in (gantt, state_bars, wip_over_time, power_over_time):
        assert draw(TRACE) == draw(TRACE)


def test_a_plant_in_which_nothing_happens_is_drawn_too():
    empty = trace_of(PLANT, [state(0.0, machine, "off", min(machine, 1)) for machine in range(3)], 10.0)
    for draw in (gantt, state_bars, wip_over_time, power_over_time):
        assert ElementTree.fromstring(draw(empty)).tag.endswith("svg")


def test_the_table_of_events_has_names_for_numbers():
    fleet = Fleet("carts", (("press", "mill"),), 2, 1000.0, (Edge("press", "mill", 50.0),))
    rows = [
        *EVENTS,
        event(2.5, "depart", part=0, product=1, step=1, machine=1, value=0.0, **MILL),
        event(8.0, "rework", part=1, product=0, step=1, value=0.0, **MILL),
        event(8.5, "late start", part=1, product=0, step=0, station=0, value=0.25),
    ]
    trace = trace_of(replace(PLANT, transport=(fleet,)), rows, 12.0)
    table = list(csv.DictReader(io.StringIO(event_table(trace))))
    assert len(table) == len(rows)
    assert tuple(table[0]) == COLUMNS
    by_kind = {row["event"]: row for row in table}
    assert by_kind["depart"]["machine"] == "carts 2"
    assert by_kind["leave"]["detail"] == "late"
    assert by_kind["rework"]["detail"] == "1"
    assert by_kind["late start"]["detail"] == "0.25"
    assert by_kind["end"] == {
        "time_h": "2.0",
        "event": "end",
        "part": "0",
        "product": "nut",
        "step": "1",
        "station": "press",
        "machine": "press",
        "detail": "",
    }
    assert [row["detail"] for row in table if row["machine"] == "mill 2"] == ["down", "idle"]
