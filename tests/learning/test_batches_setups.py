from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danao.learning import learn
from danao.learning.batches import together_of
from danao.learning.log import EventLog
from danao.learning.simulate import simulated
from danao.plant import Batch, Plant, read_plant, write_plant
from danao.twin import Twin
from tests.learning.known_plants import SETUPS, recorded, without_setups, workshop

METALS = {"bolt": "steel", "nut": "steel", "valve": "brass"}


def setups_by_product(plant: Plant) -> dict[tuple[str, str], float]:
    """Setup of the mill between each two products, h."""
    classes = {product.name.split()[0]: product.route[1].setup_class for product in plant.products}
    matrix = plant.station("mill").setup
    return {(one, other): matrix.get((classes[one], classes[other]), 0.0) for one in METALS for other in METALS}


@pytest.mark.parametrize("reported", [True, False])
def test_setups_that_depend_on_the_sequence_are_learnt_within_5_percent(tmp_path: Path, reported: bool) -> None:
    known = workshop(None, SETUPS)
    log = recorded(known, tmp_path)
    learnt = learn(log if reported else without_setups(log, known, "mill"))
    for (one, other), hours in setups_by_product(learnt.plant).items():
        assert hours == pytest.approx(SETUPS.get((METALS[one], METALS[other]), 0.0), rel=0.05)
    times = {product.name: product.route[1].time.mean for product in learnt.plant.products}
    assert times == pytest.approx({"bolt 1": 0.4, "nut 1": 0.5, "valve 1": 0.6}, rel=0.05)
    facts = [fact for fact in learnt.facts if fact.about == "mill" and fact.what.startswith("setup from")]
    assert len(facts) == 2
    assert all(fact.n > 500 and "Mann-Whitney" in fact.why for fact in facts)


def test_setups_between_reports_lie_between_the_reports_of_the_twin_too(tmp_path: Path) -> None:
    known = workshop(None, SETUPS)
    log = without_setups(recorded(known, tmp_path, hours=1500.0), known, "mill")
    again = simulated(learn(log), 1, 0.0, 1500.0)

    def milling(one: EventLog) -> np.ndarray:
        rows = (one.operation == log.operations.index("mill")) & ~one.running
        return one.end[rows] - one.start[rows]

    assert milling(again).mean() == pytest.approx(milling(log).mean(), rel=0.05)


@pytest.mark.parametrize(
    "batch", [Batch(4), Batch(6, 3), Batch(8, 4, 2.0)], ids=["at once", "waits for three", "waits two hours for four"]
)
def test_a_furnace_that_works_in_batches_is_learnt_back(tmp_path: Path, batch: Batch) -> None:
    learnt = learn(recorded(workshop(batch, {}), tmp_path))
    furnace = learnt.plant.station("furnace")
    assert furnace.machines == 1
    assert furnace.batch is not None
    assert (furnace.batch.maximum, furnace.batch.minimum) == (batch.maximum, batch.minimum)
    if batch.patience is None:
        assert furnace.batch.patience is None
    else:
        assert furnace.batch.patience == pytest.approx(batch.patience, rel=0.02)
    classes = {product.name.split()[0]: product.route[-1].batch_class for product in learnt.plant.products}
    assert classes["bolt"] == classes["nut"] != classes["valve"]
    assert all(product.route[-1].time.mean == pytest.approx(2.0, rel=0.02) for product in learnt.plant.products)
    assert not any(step.station == "waiting" for product in learnt.plant.products for step in product.route)
    assert any(fact.what == "batches" and fact.n > 300 for fact in learnt.facts)


def test_a_learnt_furnace_makes_orders_wait_as_the_known_one_does(tmp_path: Path) -> None:
    known = workshop(Batch(8, 4, 2.0), SETUPS)
    learnt = learn(recorded(known, tmp_path, hours=6000.0)).plant

    def lead(plant: Plant) -> float:
        runs = Twin(plant).run(range(20), 2000.0, warm_up=500.0, threads=1)
        return float(runs.lead_hours.sum() / runs.finished.sum())

    assert lead(learnt) == pytest.approx(lead(known), rel=0.08)


def test_a_plant_without_batches_and_setups_is_given_none(tmp_path: Path) -> None:
    for seed in range(1, 6):
        plant = learn(recorded(workshop(None, {}), tmp_path, hours=1500.0, seed=seed)).plant
        assert all(station.batch is None and not station.setup for station in plant.stations)


def test_machines_under_one_name_that_begin_together_are_no_batch(tmp_path: Path) -> None:
    known = workshop(None, {})
    several = replace(known, stations=tuple(replace(one, machines=3) for one in known.stations))
    log = recorded(several, tmp_path, hours=1500.0)
    pooled = replace(
        log,
        resources=tuple(dict.fromkeys(name.split()[0] for name in log.resources)),
        resource=np.array(
            [
                list(dict.fromkeys(name.split()[0] for name in log.resources)).index(log.resources[one].split()[0])
                if one >= 0
                else -1
                for one in log.resource
            ]
        ),
    )
    assert not together_of(pooled).resources


def test_a_plant_file_keeps_learnt_batches_and_setups(tmp_path: Path) -> None:
    plant = learn(recorded(workshop(Batch(4), SETUPS), tmp_path, hours=1500.0)).plant
    write_plant(plant, tmp_path / "plant.yaml")
    assert read_plant(tmp_path / "plant.yaml") == plant
    assert plant.station("furnace").batch == Batch(4)
    assert plant.station("mill").setup
