"""The digital twin of a plant: compiled once, run many times, the same bits for the same seeds."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from danao.core.errors import BadInput, DanaoError
from danao.plant.model import Plant
from danao.twin import kernel, layout
from danao.twin.calendar import FLAT_UP_TO, SHIFT
from danao.twin.layout import Floats, Integers, Layout, compile_plant

STATES = ("idle", "working", "blocked", "down", "setup")


class Deadlock(DanaoError):
    """Nothing can ever happen again although parts are in the plant."""


@dataclass(frozen=True)
class Runs:
    """Results of n replications over the same span after the warm-up."""

    seeds: Integers
    """(n,)."""
    hours: float
    """Length of the span."""
    products: tuple[str, ...]
    stations: tuple[str, ...]
    finished: Integers
    """(n, products) good parts that left."""
    scrapped: Integers
    """(n, products)."""
    reworked: Integers
    """(n, products) times that a part was sent back."""
    late: Integers
    """(n, products) finished after they were due."""
    lead_hours: Floats
    """(n, products) h in the plant, summed over the finished parts."""
    tardiness_hours: Floats
    """(n, products) h late, summed over the finished parts."""
    state_hours: Floats
    """(n, stations, 5) machine hours in each of `STATES`."""
    wip_hours: Floats
    """(n,) h in the plant during the span, summed over all parts: the mean work in process times `hours`."""
    events: Integers
    """(n,) events of the whole replication, warm-up included."""

    @property
    def throughput(self) -> Floats:
        """(n,) good parts per hour."""
        return np.asarray(self.finished.sum(axis=1) / self.hours)

    @property
    def utilisation(self) -> Floats:
        """(n, stations) share of machine hours spent working (ISO 22400 utilisation efficiency counts setup apart)."""
        return np.asarray(self.state_hours[:, :, 1] / self.state_hours.sum(axis=2))


class Twin:
    """A plant, ready to run.

    Args:
        plant: What to simulate.
        parts: Parts that the tables hold at first; they grow when the plant fills up.

    """

    def __init__(self, plant: Plant, *, parts: int = 256) -> None:
        self.plant = plant
        self.layout = compile_plant(plant)
        self._parts = parts
        self._loop = kernel.event_loop(
            self.layout.clocks > FLAT_UP_TO, self.layout.failing, _needs_full_loop(self.layout)
        )

    def run(self, seeds: Sequence[int], hours: float, *, warm_up: float = 0.0, threads: int | None = None) -> Runs:
        """Run one replication for each seed, starting with an empty plant.

        Args:
            seeds: Whole numbers; the same seed gives the same bits, whatever the other seeds or the threads.
            hours: Span that counts.
            warm_up: Hours before it that do not.
            threads: Replications side by side; default: all cores.

        Raises:
            BadInput: A span that is not positive and finite.
            Deadlock: A replication came to a stop with parts in the plant.
        """
        if not (math.isfinite(hours) and hours > 0 and math.isfinite(warm_up) and warm_up >= 0):
            raise BadInput(
                f"twin of {self.plant.name}",
                f"{hours} h after {warm_up} h of warm-up",
                "Expected a span above 0 and a warm-up of 0 or more",
                "Correct the spans",
            )
        workers = threads or os.cpu_count() or 1
        if workers == 1 or len(seeds) == 1:
            replications = [self._replicate(seed, hours, warm_up) for seed in seeds]
        else:
            with ThreadPoolExecutor(workers) as pool:
                replications = list(pool.map(lambda seed: self._replicate(seed, hours, warm_up), seeds))
        return self._gather(seeds, hours, replications)

    def _replicate(self, seed: int, hours: float, warm_up: float) -> _Replication:
        replication = _Replication(self.layout, seed, self._parts)
        if warm_up > 0:
            replication.advance(self._loop, warm_up)
            replication.forget()
        replication.advance(self._loop, warm_up + hours)
        replication.settle()
        return replication

    def _gather(self, seeds: Sequence[int], hours: float, replications: list[_Replication]) -> Runs:
        counts = np.stack([one.counts for one in replications])
        sums = np.stack([one.sums for one in replications])
        machines = np.stack([one.hours[:, layout.IN_STATE :] for one in replications])
        first = self.layout.stations[:, layout.FIRST]
        return Runs(
            seeds=np.array(seeds, dtype=np.int64),
            hours=hours,
            products=tuple(product.name for product in self.plant.products),
            stations=tuple(station.name for station in self.plant.stations),
            finished=counts[:, :, layout.FINISHED],
            scrapped=counts[:, :, layout.SCRAPPED],
            reworked=counts[:, :, layout.REWORKED],
            late=counts[:, :, layout.LATE],
            lead_hours=sums[:, :, layout.LEAD],
            tardiness_hours=sums[:, :, layout.TARDINESS],
            state_hours=np.add.reduceat(machines, first, axis=1),
            wip_hours=np.array([one.times[kernel.WIP_HOURS] for one in replications]),
            events=np.array([one.scalars[kernel.EVENTS] for one in replications]),
        )


class _Replication:
    """All that changes while the twin runs."""

    def __init__(self, plan: Layout, seed: int, parts: int) -> None:
        self.plan = plan
        self.key = np.uint64(int(seed) & 0xFFFFFFFFFFFFFFFF)
        self.stations, self.machines, self.sources = plan.stations.copy(), plan.machines.copy(), plan.sources.copy()
        self.hours = np.zeros((len(plan.machines), layout.MACHINE_HOURS))
        parts = max(parts, len(plan.machines) + kernel.MOST_PARTS_AN_EVENT)
        self.parts = np.zeros((parts, layout.PART_COLUMNS), dtype=np.int64)
        self.part_hours = np.zeros((parts, layout.PART_HOURS))
        self.part_keys = np.zeros(parts, dtype=np.uint64)
        self.free = np.arange(parts)[::-1].copy()
        self.clocks = np.full(plan.clocks, np.inf)
        self.blocks = np.full((plan.clocks >> SHIFT) + 1, np.inf)
        self.scalars = np.zeros(kernel.SCALARS, dtype=np.int64)
        self.scalars[kernel.FREE_PARTS] = parts
        self.times = np.zeros(kernel.TIMES)
        self.counts = np.zeros((len(plan.first_step), layout.COUNTS), dtype=np.int64)
        self.sums = np.zeros((len(plan.first_step), layout.SUMS))

    def advance(self, loop: Callable[..., int], until: float) -> None:
        """Run to a time, with larger tables when the plant fills up."""
        plan = self.plan
        while True:
            outcome = loop(
                self.key,
                until,
                self.stations,
                self.machines,
                self.hours,
                plan.steps,
                plan.chances,
                plan.work,
                self.sources,
                plan.due_after,
                plan.setups,
                len(plan.classes),
                plan.first_step,
                plan.kinds,
                plan.parameters,
                plan.values,
                self.parts,
                self.part_hours,
                self.part_keys,
                self.free,
                self.clocks,
                self.blocks,
                self.scalars,
                self.times,
                self.counts,
                self.sums,
            )
            if outcome != kernel.PARTS_USED_UP:
                break
            self._grow()
        if stations := self.locked():
            raise self._deadlock(stations)

    def _grow(self) -> None:
        """Twice as many parts."""
        old = len(self.parts)
        self.parts = np.concatenate([self.parts, np.zeros_like(self.parts)])
        self.part_hours = np.concatenate([self.part_hours, np.zeros_like(self.part_hours)])
        self.part_keys = np.concatenate([self.part_keys, np.zeros_like(self.part_keys)])
        spare = self.scalars[kernel.FREE_PARTS]
        self.free = np.concatenate([self.free[:spare], np.arange(old, 2 * old)[::-1], np.zeros(old - spare, np.int64)])
        self.scalars[kernel.FREE_PARTS] += old

    def forget(self) -> None:
        """Throw the statistics of the warm-up away."""
        now = self.times[kernel.NOW]
        self.counts[:], self.sums[:] = 0, 0.0
        self.hours[:, layout.IN_STATE :] = 0.0
        self.hours[:, layout.SINCE] = now
        self.times[kernel.WIP_HOURS], self.times[kernel.WIP_SINCE] = 0.0, now

    def settle(self) -> None:
        """Count what is still going on at the end of the span."""
        now = self.times[kernel.NOW]
        rows = np.arange(len(self.machines))
        self.hours[rows, layout.IN_STATE + self.machines[:, layout.STATUS]] += now - self.hours[:, layout.SINCE]
        self.times[kernel.WIP_HOURS] += self.scalars[kernel.IN_PLANT] * (now - self.times[kernel.WIP_SINCE])

    def locked(self) -> list[str]:
        """Stations that wait for each other for ever: every machine blocked, by stations of the same set alone."""
        plan = self.plan
        waits: dict[int, set[int]] = {}
        for number in range(len(plan.stations)):
            rows = self.machines[self.machines[:, layout.STATION] == number]
            if (rows[:, layout.STATUS] == layout.BLOCKED).all():
                steps = self.parts[rows[:, layout.PART], layout.STEP]
                waits[number] = {int(station) for station in plan.steps[steps, layout.STEP_STATION]}
        while loose := [number for number, targets in waits.items() if not targets <= waits.keys()]:
            for number in loose:
                del waits[number]
        return [plan.plant.stations[number].name for number in waits]

    def _deadlock(self, stations: list[str]) -> Deadlock:
        plant = self.plan.plant
        return Deadlock(
            f"twin of {plant.name} at {self.times[kernel.NOW]:.4g} h",
            f"stations wait for each other for ever: all machines of {', '.join(stations)} are blocked by each other "
            f"({self.scalars[kernel.IN_PLANT]} parts are in the plant)",
            "Expected a free place somewhere along every loop of the routes",
            "Enlarge a buffer in the loop, or limit the parts that enter it",
        )


def _needs_full_loop(plan: Layout) -> bool:
    return bool(
        (plan.stations[:, layout.RULE] > 0).any()
        or (plan.stations[:, layout.SETUP_AT] >= 0).any()
        or (plan.chances > 0).any()
    )
