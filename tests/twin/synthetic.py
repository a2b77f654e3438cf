"""Results as a twin gives them, made by hand: runs from a few numbers, traces from a few events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from danao.core import stream
from danao.plant import Plant, PlantState
from danao.twin.runs import IDLE, Runs
from danao.twin.trace import EVENT, KINDS, STATES, Trace


def runs_of(plant: Plant, seeds: Sequence[int] = (0,), hours: float = 100.0, **given: Any) -> Runs:
    """Runs of a plant in which nothing happens, but for what is given; values broadcast over the replications."""
    n, products, stations = len(seeds), len(plant.products), len(plant.stations)
    machines = np.array([station.machines for station in plant.stations])
    idle = np.zeros((n, stations, len(STATES)))
    idle[:, :, IDLE] = machines * hours
    of_products = dict.fromkeys(
        ("finished", "scrapped", "reworked", "late", "entered", "escaped", "broken_limits"),
        np.zeros((n, products), int),
    )
    of_stations = dict.fromkeys(
        ("jobs", "passed", "rejected", "setups", "restarts", "breakdowns"), np.zeros((n, stations), dtype=np.int64)
    )
    hours_of = dict.fromkeys(("lead_hours", "tardiness_hours"), np.zeros((n, products)))
    hours_at = dict.fromkeys(("ideal_hours", "queue_hours", "energy_kwh"), np.zeros((n, stations)))
    plain = dict.fromkeys(("wip_hours", "energy_cost", "peak_kw"), np.zeros(n))
    shared = {
        "busy_hours": np.zeros((n, len(plant.pools))),
        "shift_hours": np.zeros((n, len(plant.pools))),
        **dict.fromkeys(("moves", "loaded_hours", "empty_hours"), np.zeros((n, len(plant.transport)))),
    }
    columns: dict[str, Any] = {
        **of_products,
        **of_stations,
        **hours_of,
        **hours_at,
        **plain,
        **shared,
        "state_hours": idle,
        "events": np.zeros(n, dtype=np.int64),
    }
    columns |= {
        name: np.broadcast_to(np.asarray(value, dtype=columns[name].dtype), columns[name].shape)
        for name, value in given.items()
    }
    return Runs(
        seeds=np.array(seeds, dtype=np.int64),
        hours=hours,
        products=tuple(product.name for product in plant.products),
        stations=tuple(station.name for station in plant.stations),
        pools=tuple(pool.name for pool in plant.pools),
        transport=tuple(one.name for one in plant.transport),
        **columns,
    )


def event(time: float, kind: str, **given: float) -> tuple[Any, ...]:
    """One event; what is not given does not apply."""
    rest = {"part": -1, "product": -1, "step": -1, "station": -1, "machine": -1, "value": 0.0, **given}
    return (time, KINDS.index(kind), *(rest[name] for name in EVENT.names[2:]))


def state(time: float, machine: int, name: str, station: int = 0) -> tuple[Any, ...]:
    """A machine changes its state."""
    return event(time, "state", machine=machine, station=station, value=STATES.index(name))


def trace_of(plant: Plant, events: Iterable[tuple[Any, ...]], end: float, start: float = 0.0) -> Trace:
    """A trace of some events, in the order of their times."""
    rows = np.array(sorted(events, key=lambda row: row[0]), dtype=EVENT)
    return Trace(plant, 1, start, end, rows)


class FormulaTwin:
    """Stands in for a twin: random arrivals by seed, the same for every policy; lateness depends on the first rule.

    Each part is late by 0.5 h under `edd` and by 1 h under every other rule; one part in ten is scrapped.
    """

    def __init__(self, plant: Plant, *, parts: int = 256) -> None:
        self.plant = plant

    def run(
        self,
        seeds: Sequence[int],
        hours: float,
        *,
        warm_up: float = 0.0,
        threads: int | None = None,
        start: PlantState | None = None,
    ) -> Runs:
        products = len(self.plant.products)
        made = np.array([stream(seed, "arrivals").poisson(10 * hours, products) for seed in seeds])
        late = 0.5 if self.plant.stations[0].rule == "edd" else 1.0
        return runs_of(
            self.plant,
            seeds,
            hours,
            finished=made,
            scrapped=made // 10,
            lead_hours=2.0 * made,
            late=made,
            tardiness_hours=late * made,
            wip_hours=2.0 * made.sum(axis=1),
        )

    def trace(self, seed: int, hours: float, *, warm_up: float = 0.0, start: PlantState | None = None) -> Trace:
        stations = [number for number, one in enumerate(self.plant.stations) for _ in range(one.machines)]
        begin = warm_up
        rows = [state(begin, machine, "idle", station) for machine, station in enumerate(stations)]
        at = {"part": 0, "product": 0, "step": 0, "station": 0}
        rows += [
            event(begin + 1, "enter", part=0, product=0),
            event(begin + 1, "start", machine=0, **at),
            state(begin + 1, 0, "working"),
            event(begin + 2, "end", machine=0, **at),
            state(begin + 2, 0, "idle"),
            event(begin + 2, "leave", part=0, product=0, value=1.0),
        ]
        return trace_of(self.plant, rows, begin + hours, begin)
