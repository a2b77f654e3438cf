"""Many replications in one call of compiled code: wherever it stops and whoever runs them, the same bits."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from danao.plant.example import example
from danao.plant.model import Failure, Source
from danao.plant.state import PartState, PlantState
from danao.twin import Twin, series
from danao.twin.replication import Deadlock
from danao.twin.runs import Runs
from tests.twin.plants import exponential, serial_line
from tests.twin.test_stuck import loop


def line(stations=4, clock="calendar"):
    failure = Failure(clock, exponential(20.0), exponential(3.0))
    return serial_line([exponential(1.0)] * stations, [2] * (stations - 1), [failure] * stations)


def same_bits(one: Runs, other: Runs) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Runs))


def state_of(plant):
    """Some parts at the first step of the first product, since an hour."""
    parts = tuple(PartState(plant.products[0].name, entered=29.0) for _ in range(3))
    return PlantState(clock=30.0, parts=parts)


@pytest.mark.parametrize("name", ["line", "machine-shop", "steel-mill", "logistics-hall"])
@pytest.mark.parametrize("with_state", [False, True])
def test_where_compiled_code_looks_up_changes_no_bit(monkeypatch, name, with_state):
    plant = line() if name == "line" else example(name)
    twin = Twin(plant, parts=8)
    start = state_of(plant) if with_state else None
    whole = twin.run([3, 4, 5], 100.0, warm_up=10.0, start=start, threads=1)
    monkeypatch.setattr(series, "EVENTS_A_CALL", 7)
    assert same_bits(twin.run([3, 4, 5], 100.0, warm_up=10.0, start=start, threads=1), whole)


def test_seeds_threads_and_shares_change_no_bit(monkeypatch):
    twin = Twin(line())
    whole = twin.run(range(100), 50.0, warm_up=5.0, threads=1)
    assert same_bits(twin.run(range(100), 50.0, warm_up=5.0, threads=3), whole)
    monkeypatch.setattr(series, "_MOST_BYTES", 1)
    assert same_bits(twin.run(range(100), 50.0, warm_up=5.0, threads=2), whole)
    one = twin.run([60], 50.0, warm_up=5.0)
    assert np.array_equal(one.state_hours[0], whole.state_hours[60])


def test_a_plant_that_fills_up_counts_the_same_in_small_tables_and_in_large_ones():
    plant = line()
    stations = (replace(plant.stations[0], buffer=None), *plant.stations[1:])
    full = replace(plant, stations=stations, sources=(Source("part", exponential(0.2)),))
    small, large = (Twin(full, parts=parts).run(range(6), 2000.0, threads=1) for parts in (1, 50_000))
    assert same_bits(small, large)
    assert small.wip_hours.min() / 2000.0 > 100


def test_who_is_stopped_gets_no_results(monkeypatch):
    monkeypatch.setattr(series, "EVENTS_A_CALL", 50)
    twin = Twin(line())
    replication = twin._replication(None)
    some = series.Series(replication, twin._loop, None, 0.0, 1000.0)
    asked = []

    def is_stopped():
        asked.append(replication.now)
        return len(asked) == 3

    assert some.run([1, 2, 3], is_stopped) is None
    assert len(asked) == 3
    assert asked[-1] < 1000.0


def test_the_deadlock_of_one_replication_among_many_is_explained():
    with pytest.raises(Deadlock, match="stations wait for each other for ever: all machines of"):
        Twin(loop()).run(range(40), 10_000.0, threads=2)
