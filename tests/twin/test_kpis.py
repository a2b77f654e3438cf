from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danao.core import BadInput
from danao.plant import Fleet, Limit, Plant, Product, Segment, Source, Station, Tariff, Worth
from danao.plant.model import Edge, Failure
from danao.twin.kpis import UNITS, kpis, station_kpis
from danao.twin.outcomes import outcomes
from danao.twin.runs import BLOCKED, CLOSED, DOWN, IDLE, MAINTENANCE, SETUP, WORKING
from danao.twin.trace import STATES
from tests.twin.plants import constant, exponential
from tests.twin.synthetic import runs_of

LINE = Plant(
    "line",
    (Station("press"), Station("mill", 2)),
    (Product("bolt", (Segment("press", constant(0.1)), Segment("mill", constant(0.2)))),),
    (Source("bolt", exponential(0.15), due_after=3.0),),
)


def hours(**given: float) -> np.ndarray:
    """(states,) hours by name."""
    found = np.zeros(len(STATES))
    for name, value in given.items():
        found[STATES.index(name)] = value
    return found


def test_the_worked_example_of_a_press_gives_its_oee():
    """A day of 24 h: 8 closed, 1 of maintenance, 15 planned: 9 at work, 2 set up, 1 blocked, 1 down, 2 idle.

    By hand: availability 9/15, effectiveness 8.1/9, quality 76/80, OEE 0.6 * 0.9 * 0.95 = 0.513.
    """
    spent = hours(working=9, setup=2, blocked=1, down=1, idle=2, maintenance=1, closed=8)
    found = station_kpis(
        runs_of(
            LINE,
            hours=24.0,
            state_hours=[[spent, 2 * spent]],
            ideal_hours=8.1,
            passed=80,
            rejected=4,
            queue_hours=160.0,
        )
    )
    by_hand = {
        "availability": 9 / 15,
        "effectiveness": 0.9,
        "quality_ratio": 0.95,
        "oee": 0.513,
        "nee": 11 / 15 * 0.9 * 0.95,
        "utilisation_efficiency": 9 / 13,
        "allocation_efficiency": 13 / 15,
        "setup_ratio": 2 / 11,
        "starvation": 2 / 15,
        "blocking": 1 / 15,
        "queue_time": 2.0,
        "scrap_and_rework": 0.05,
        "throughput_rate": 80 / 24,
    }
    for name, value in by_hand.items():
        assert getattr(found, name)[0, 0] == pytest.approx(value), name
    twice_the_machines = found.availability[0, 1], found.starvation[0, 1], found.utilisation_efficiency[0, 1]
    assert twice_the_machines == pytest.approx((9 / 15, 2 / 15, 9 / 13))


def test_the_indicators_of_the_plant_follow_from_its_counts():
    spent = np.array([[hours(working=40, idle=60), hours(working=60, idle=120, down=20)]])
    runs = runs_of(
        LINE,
        hours=100.0,
        finished=90,
        scrapped=10,
        reworked=5,
        late=18,
        escaped=9,
        lead_hours=180.0,
        tardiness_hours=45.0,
        wip_hours=200.0,
        queue_hours=50.0,
        energy_kwh=450.0,
        peak_kw=12.0,
        broken_limits=3,
        state_hours=spent,
    )
    found = {name: float(values[0]) for name, values in kpis(runs, LINE).items()}
    assert found == pytest.approx(
        {
            "good parts": 90,
            "throughput rate": 0.9,
            "work in process": 2.0,
            "lead time": 2.0,
            "queue time": 1.0,
            "tardiness": 0.5,
            "share late": 0.2,
            "scrap ratio": 0.1,
            "rework ratio": 0.05,
            "first pass yield": 0.85,
            "production process ratio": 0.5,
            "allocation ratio": 0.6,
            "energy": 900,
            "energy per good part": 10.0,
        }
    )
    assert kpis(runs, replace(LINE, tariff=Tariff(0.2)))["peak power"][0] == 12.0
    route = tuple(replace(step, defect=0.1, limit=Limit(2.0)) for step in LINE.products[0].route)
    careful = kpis(runs, replace(LINE, products=(replace(LINE.products[0], route=route),)))
    assert careful["share with hidden defect"][0] == 0.1
    assert careful["broken time limits"][0] == 3


def test_failures_share_out_the_hours_of_work_and_of_repair():
    """By hand: 40 h of work and 12 h down with 4 failures; a second run without any has 60 h of work, a lower bound."""
    failing = replace(LINE.stations[0], failures=(Failure("calendar", exponential(10.0), exponential(3.0)),))
    plant = replace(LINE, stations=(failing, *LINE.stations[1:]))
    rest = [hours(idle=200)] * (len(plant.stations) - 1)
    spent = np.array([[hours(working=40, down=12, idle=48), *rest], [hours(working=60, idle=40), *rest]])
    counts = np.array([[4, *[0] * len(rest)], [0, *[0] * len(rest)]])
    found = kpis(runs_of(plant, (1, 2), hours=100.0, state_hours=spent, breakdowns=counts), plant)
    assert list(found["failures"]) == [4, 0]
    assert list(found["operating time between failures"]) == [10.0, 60.0]
    assert list(found["time to repair"]) == [3.0, 0.0]


def test_components_are_no_good_parts_of_the_plant():
    frame = Product("frame", (Segment("press", constant(0.1)),))
    table = Product("table", (Segment("mill", constant(0.2), needs={"frame": 2}),))
    plant = replace(LINE, products=(frame, table), sources=(Source("frame", exponential(1.0)), Source("table")))
    runs = runs_of(plant, finished=[[20, 10]], lead_hours=[[400.0, 30.0]])
    assert kpis(runs, plant)["good parts"][0] == 10
    assert kpis(runs, plant)["lead time"][0] == 3.0
    assert kpis(runs)["good parts"][0] == 30


def test_vehicles_are_utilised_by_driving_loaded_or_empty():
    fleet = Fleet("carts", (("press", "mill"),), 2, 1000.0, (Edge("press", "mill", 50.0),))
    plant = replace(LINE, transport=(fleet,))
    found = kpis(runs_of(plant, hours=100.0, loaded_hours=30.0, empty_hours=20.0), plant)
    assert found["transport utilisation"][0] == 0.25


def test_the_bottleneck_is_active_the_largest_share_of_its_open_hours():
    """Blocked and starved hours are no activity, and a station that is closed half of the time has half as many."""
    press, mill = hours(working=40, closed=50, idle=10), hours(working=70, blocked=60, idle=70)
    assert station_kpis(runs_of(LINE, state_hours=[[press, mill]])).bottleneck() == 0
    assert station_kpis(runs_of(LINE, state_hours=[[press + hours(idle=100), mill]])).bottleneck() == 1


counts = st.integers(0, 50)
spans = st.floats(1e-6, 100) | st.just(0.0)


@given(st.lists(spans, min_size=9, max_size=9), counts, counts, counts, spans)
@settings(max_examples=60, deadline=None)
def test_no_indicator_is_ever_undefined_and_shares_stay_shares(states, good, scrapped, rejected, waited):
    passed = good + scrapped + rejected
    runs = runs_of(
        LINE,
        hours=10.0,
        state_hours=np.array(states),
        finished=good,
        scrapped=scrapped,
        late=good // 2,
        passed=passed,
        rejected=rejected,
        ideal_hours=waited,
        queue_hours=waited,
        wip_hours=waited,
    )
    found = station_kpis(runs)
    for name, values in {**kpis(runs, LINE), **{k: v for k, v in vars(found).items() if k != "stations"}}.items():
        assert np.isfinite(values).all(), name
        assert (values >= 0).all(), name
    for share in (found.availability, found.quality_ratio, found.utilisation_efficiency, found.allocation_efficiency):
        assert (share <= 1 + 1e-12).all()
    whole = found.starvation + found.allocation_efficiency
    assert whole == pytest.approx(np.where(whole > 0, 1.0, 0.0)), "planned time is starved or in use"


def test_every_indicator_has_a_unit_and_no_good_part_costs_no_energy():
    found = kpis(runs_of(LINE, energy_kwh=5.0), LINE)
    assert set(found) <= set(UNITS)
    assert found["energy per good part"][0] == 0.0


PRICED = replace(
    LINE,
    tariff=Tariff(0.2, peak=7.0),
    worth=Worth("CHF", (("bolt", 5.0),), (("bolt", 2.0),), late=0.5, work_in_process=0.1, restart=3.0),
)


def test_money_is_quantity_times_price_with_income_positive():
    runs = runs_of(
        PRICED,
        (1, 2),
        finished=[[100], [50]],
        scrapped=4,
        tardiness_hours=6.0,
        wip_hours=200.0,
        restarts=[[1, 1], [0, 0]],
        energy_cost=[30.0, 10.0],
        peak_kw=11.0,
    )
    found = outcomes(runs, PRICED)
    by_hand = {
        "contribution margin": [500.0, 250.0],
        "scrap": [-8.0, -8.0],
        "lateness": [-3.0, -3.0],
        "work in process": [-20.0, -20.0],
        "restarts": [-6.0, 0.0],
        "peak demand": [-77.0, -77.0],
        "electricity": [-30.0, -10.0],
    }
    assert set(found.items) == set(by_hand)
    for name, amounts in by_hand.items():
        assert list(found.items[name]) == pytest.approx(amounts), name
    assert list(found.money) == pytest.approx([356.0, 132.0])
    assert set(found.units) == set(found.kpis)


def test_what_has_no_price_is_no_item():
    plant = replace(LINE, worth=Worth(margin=(("bolt", 1.0),)))
    assert list(outcomes(runs_of(plant, finished=3), plant).items) == ["contribution margin"]


@pytest.mark.parametrize(
    ("worth", "message"),
    [
        (None, r"plant line: nothing says what its results are worth.*worth: \{margin: \{bolt: 12 EUR\}"),
        (Worth(), "plant line: worth: every price is 0. Expected at least one price"),
    ],
)
def test_a_plant_without_prices_says_what_to_add(worth, message):
    plant = replace(LINE, worth=worth)
    with pytest.raises(BadInput, match=message):
        outcomes(runs_of(plant), plant)


def test_the_states_are_those_that_the_formulas_name():
    named = (IDLE, WORKING, BLOCKED, DOWN, SETUP, MAINTENANCE, CLOSED)
    assert [STATES[state] for state in named] == [
        "idle",
        "working",
        "blocked",
        "down",
        "setup",
        "maintenance",
        "closed",
    ]
