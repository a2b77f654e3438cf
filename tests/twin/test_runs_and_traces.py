"""What pictures show is what runs count: the same replication, once summed up and once event by event."""

from dataclasses import replace

import numpy as np
import pytest

from danao.plant import Plant, Product, Segment, Source, Station, Tariff, Worth, example
from danao.plant.policies import plant_with
from danao.twin import Twin
from danao.twin.kpis import kpis, station_kpis
from danao.twin.outcomes import outcomes
from danao.twin.timelines import parts_in_plant, power, state_shares
from tests.twin.plants import exponential

SHOP = replace(
    example("machine-shop"),
    tariff=Tariff(0.2, ((8.0, 12.0, 0.3),), peak=2.0),
    worth=Worth(margin=(("bracket", 14.0), ("housing", 31.0)), scrap=(("shaft", 7.0),), late=2.0, work_in_process=0.1),
)
HOURS, WARM_UP = 60.0, 10.0


@pytest.fixture(scope="module")
def both():
    twin = Twin(SHOP)
    return twin.run([4], HOURS, warm_up=WARM_UP), twin.trace(4, HOURS, warm_up=WARM_UP)


def test_machines_spend_the_same_hours_in_each_state(both):
    runs, trace = both
    assert state_shares(trace) == pytest.approx(station_kpis(runs).state_shares[0], abs=1e-9)


def test_power_over_time_adds_up_to_the_energy(both):
    runs, trace = both
    edges = np.linspace(trace.start, trace.end, 97)
    drawn = (power(trace, edges) * np.diff(edges)).sum()
    assert drawn == pytest.approx(runs.energy_kwh.sum())


def test_the_peak_is_the_highest_mean_over_a_demand_interval(both):
    runs, trace = both
    edges = trace.start + 0.25 * np.arange(4 * int(HOURS) + 1)
    assert power(trace, edges).sum(axis=0).max() == pytest.approx(runs.peak_kw[0])


def test_parts_over_time_add_up_to_the_work_in_process(both):
    runs, trace = both
    edges = np.linspace(trace.start, trace.end, 50)
    drawn = (parts_in_plant(trace, edges).sum(axis=0) * np.diff(edges)).sum()
    assert drawn == pytest.approx(runs.wip_hours[0])


def test_parts_are_conserved_and_worth_their_prices(both):
    """The money, from the events alone."""
    runs, trace = both
    products = [product.name for product in SHOP.products]
    left = np.bincount(trace.of("leave")["product"], minlength=3)
    scrapped = np.bincount(trace.of("scrap")["product"], minlength=3)
    items = outcomes(runs, SHOP).items
    assert (
        items["contribution margin"][0] == 14 * left[products.index("bracket")] + 31 * left[products.index("housing")]
    )
    assert items["scrap"][0] == -7 * scrapped[products.index("shaft")]
    assert kpis(runs, SHOP)["scrap ratio"][0] == pytest.approx(scrapped.sum() / (left.sum() + scrapped.sum()))


def test_little_s_law_ties_work_in_process_to_throughput_and_lead_time():
    """L = lambda W, where parts at the ends of a long span do not matter; scrapped parts stay about as long."""
    plant = replace(SHOP, products=tuple(_without_scrap(product) for product in SHOP.products))
    found = kpis(Twin(plant).run(range(8), 2000.0, warm_up=100.0), plant)
    tied = found["throughput rate"] * found["lead time"]
    assert tied.mean() == pytest.approx(found["work in process"].mean(), rel=0.01)


def test_a_limit_keeps_the_work_in_process_below_it():
    limited = plant_with(SHOP, "limit 6")
    runs = Twin(limited).run(range(4), 200.0, warm_up=20.0)
    assert (kpis(runs, limited)["work in process"] <= 6 + 1e-9).all()
    free = Twin(SHOP).run(range(4), 200.0, warm_up=20.0)
    assert (kpis(free, SHOP)["work in process"] > kpis(runs, limited)["work in process"]).all()


def _without_scrap(product):
    return replace(product, route=tuple(replace(step, scrap=0.0) for step in product.route))


@pytest.mark.parametrize("warm_up", [0.0, 40.0])
def test_components_in_their_store_are_work_in_process(warm_up):
    """A press fills a store of 6 faster than the assembly, which takes 2 for each frame, empties it."""
    plant = Plant(
        "assembly",
        (Station("press"), Station("bench")),
        (
            Product("plate", (Segment("press", exponential(0.3)),), store=6),
            Product("frame", (Segment("bench", exponential(1.0), needs={"plate": 2}),)),
        ),
        (Source("plate", exponential(0.35)), Source("frame", exponential(1.3))),
    )
    twin = Twin(plant)
    runs, trace = twin.run([2], 60.0, warm_up=warm_up), twin.trace(2, 60.0, warm_up=warm_up)
    edges = np.linspace(trace.start, trace.end, 31)
    drawn = parts_in_plant(trace, edges) * np.diff(edges)
    assert drawn.sum() == pytest.approx(runs.wip_hours[0])
    assert drawn[0].sum() > 60.0


def test_no_two_machines_have_the_same_name():
    plant = Plant(
        "names",
        (Station("press", 3), Station("press 2"), Station("press 3", 2), Station("mill")),
        (Product("part", (Segment("press", exponential(1.0)),)),),
        (Source("part", exponential(1.0)),),
    )
    names = Twin(plant).trace(1, 1.0).machine_names()
    assert names == ["press 1", "press 4", "press 5", "press 2", "press 3 1", "press 3 2", "mill"]
