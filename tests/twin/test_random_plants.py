"""Laws of symmetry on random plants: the same bits again, other names, other units of time, other pieces of a run."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

from danao.core.errors import BadInput
from danao.plant.model import Plant
from danao.twin import Deadlock, Twin
from danao.twin.runs import Runs
from tests.twin.small_plants import plants, renamed, scaled

HOURS = 32.0
SEEDS = [3, 4]
COUNTS = (
    "entered", "finished", "scrapped", "reworked", "late", "escaped", "broken_limits", "jobs", "passed", "rejected",
    "setups", "restarts", "moves",
)  # fmt: skip
HOURLY = (
    "lead_hours", "tardiness_hours", "state_hours", "wip_hours", "ideal_hours", "queue_hours", "energy_kwh",
    "busy_hours", "shift_hours", "loaded_hours", "empty_hours",
)  # fmt: skip

quickly = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)  # fmt: skip


def run(plant: Plant, hours: float = HOURS, **more: object) -> Runs | None:
    """Runs of a plant; None: it locks up."""
    try:
        return Twin(plant).run(SEEDS, hours, threads=1, **more)
    except Deadlock:
        return None


def may_lock_up(plant: Plant) -> bool:
    """Whether parts could ever wait for each other: something is scarce that parts hold while they wait for more."""
    scarce = any(station.buffer is not None or station.batch is not None for station in plant.stations)
    scarce |= any(product.store is not None for product in plant.products)
    scarce |= any(segment.needs for product in plant.products for segment in product.route)
    return scarce or any(getattr(one, "places", None) is not None for one in plant.transport)


def assert_same(one: Runs, other: Runs, factor: float = 1.0) -> None:
    for name in COUNTS:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in HOURLY:
        assert np.array_equal(factor * getattr(one, name), getattr(other, name)), name


@quickly
@given(plants())
def test_a_plant_without_scarce_places_or_components_never_locks_up(plant):
    runs = run(plant)
    assert runs is not None or may_lock_up(plant)


@quickly
@given(plants())
def test_the_same_seed_gives_the_same_bits_on_one_thread_and_on_two(plant):
    runs = run(plant)
    assume(runs is not None)
    assert_same(runs, run(plant))
    assert_same(runs, Twin(plant).run(SEEDS, HOURS, threads=2))
    assert_same(runs, Twin(plant, parts=1).run(SEEDS, HOURS, threads=1))


@quickly
@given(plants())
def test_names_of_stations_mean_nothing(plant):
    runs = run(plant)
    assume(runs is not None)
    names = {station.name: f"z{9 - number}" for number, station in enumerate(plant.stations)}
    assert_same(runs, run(renamed(plant, names)))


@quickly
@given(plants())
def test_twice_the_time_for_everything_doubles_all_hours_to_the_last_bit(plant):
    runs = run(dataclasses.replace(plant, tariff=None))
    assume(runs is not None)
    slow = run(scaled(dataclasses.replace(plant, tariff=None), 2.0), 2 * HOURS)
    assert slow is not None
    assert_same(runs, slow, 2.0)


@quickly
@given(plants())
def test_two_halves_of_a_run_add_up_to_the_whole(plant):
    whole, first, second = run(plant, 2 * HOURS), run(plant), run(plant, warm_up=HOURS)
    assume(whole is not None and first is not None and second is not None)
    for name in COUNTS:
        assert np.array_equal(getattr(first, name) + getattr(second, name), getattr(whole, name)), name
    for name in HOURLY:
        halves = getattr(first, name) + getattr(second, name)
        assert np.allclose(halves, getattr(whole, name), rtol=1e-9, atol=1e-9), name
    assert np.allclose(first.energy_cost + second.energy_cost, whole.energy_cost, rtol=1e-9, atol=1e-9)


@quickly
@given(plants())
def test_a_longer_run_begins_with_the_shorter_one(plant):
    try:
        short, long = (Twin(plant).trace(5, hours).events for hours in (HOURS, 2 * HOURS))
    except (Deadlock, BadInput):
        assume(False)
    early = long[long["time"] <= HOURS]
    assert np.array_equal(early[: len(short)], short)
