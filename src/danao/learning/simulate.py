"""A learnt twin writes a log of its own, in the form of the one that it was learnt from."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from danao.core.random import stream
from danao.learning.build import HANDING, Built, mixed
from danao.learning.learn import Learnt
from danao.learning.log import PRODUCTION, SETUP, EventLog
from danao.learning.routes import Step
from danao.plant import Order, PlantState
from danao.twin import Trace, Twin
from danao.twin.trace import KINDS, STATES

NEW = "new "
"""How the names of simulated new orders begin."""
OLD = "open "
"""How the names of simulated orders begin that were in the plant at the start."""


def simulated(
    learnt: Learnt, seed: int, start: float, hours: float, *, count: int | None = None, state: PlantState | None = None
) -> EventLog:
    """A log of a span of time.

    Args:
        learnt: The plant.
        seed: Of everything that is random.
        start: Hour of the log at which the span begins.
        hours: Its length; what is not finished then stays unfinished.
        count: New orders that arrive at most; None: as many as come.
        state: What is in the plant at the start; None: nothing.
    """
    built = learnt.with_orders(releases(learnt, seed, start, hours, count))
    twin = Twin(built.plant, general=True)
    trace = twin.trace(seed, hours, start=state or PlantState(clock=start))
    between = {one.name for one in learnt.stations.facts if one.changeover and one.changeover.where == "gap"}
    return log_of(trace, built, learnt.log, start + hours, between)


def releases(learnt: Learnt, seed: int, start: float, hours: float, count: int | None) -> list[Order]:
    """Orders that arrive in a span: the learnt gaps, the learnt mix of routes."""
    chooser = stream(seed, "arrivals")
    arrivals = learnt.arrivals
    mean = arrivals.gaps.distribution.mean / arrivals.clock.share
    enough = count if count is not None else int(hours / mean + 10 * np.sqrt(hours / mean) + 50)
    last = arrivals.last if 0 <= start - arrivals.last < 2 * mean else start
    moments = arrivals.sample(last, enough + 50, chooser)
    moments = moments[(moments >= start) & (moments < start + hours)][:enough]
    variants = learnt.ingredients.variants
    picked = mixed(variants, len(moments), chooser) if len(moments) else []
    orders = [
        Order(variants[one].name, float(moment), name=f"{NEW}{number + 1}")
        for number, (one, moment) in enumerate(zip(picked, moments, strict=True))
    ]
    return orders or [Order(variants[0].name, start + 2 * hours, name=f"{NEW}1")]


def log_of(trace: Trace, built: Built, pattern: EventLog, cut: float, between: Collection[str] = ()) -> EventLog:
    """The reports in a trace, as a log with the names of another one.

    Args:
        trace: With the parts of the plant as orders.
        built: What each step stands for.
        pattern: The log that the plant was learnt from.
        cut: End of the trace, h.
        between: Stations whose setups lie between the reports.
    """
    main = len(built.starts) - len(built.branches)
    owners = _Owners(trace, main)
    rows: list[tuple[int, Step, int, float]] = []
    running: dict[tuple[int, int], int] = {}
    ends: list[float] = []
    machines = trace.machine_stations()
    first = {station: machines.index(station) for station in set(machines)}
    setups = _Setups(trace, between)
    begin, over = KINDS.index("start"), KINDS.index("end")
    for time, kind, part, product, step, station, machine, value in trace.events.tolist():
        for row in setups.over(kind, machine, value):
            rows[row] = (*rows[row][:3], time)
        owners.see(time, kind, part, product, step)
        if kind not in (begin, over) or part < 0:
            continue
        label = built.labels[product][step]
        if label is None:
            continue
        if kind == begin:
            running[part, step] = len(rows)
            rows.append((owners.of(part), label, machine - first[station], time))
            setups.begin(machine, running[part, step])
            ends.append(np.nan)
        elif (part, step) in running:
            ends[running.pop((part, step))] = time
    count = len(rows)
    nothing = np.full(count, np.nan)
    names = owners.names()
    return replace(
        pattern,
        source="twin",
        cut=cut,
        orders=tuple(names),
        resources=(),
        workers=(),
        materials=(),
        order=np.array([row[0] for row in rows], dtype=np.int64),
        operation=np.array([row[1].operation for row in rows], dtype=np.int64),
        resource=np.full(count, -1),
        worker=np.full(count, -1),
        material=np.full(count, -1),
        start=np.array([row[3] for row in rows], dtype=np.float64),
        end=np.array(ends, dtype=np.float64),
        kind=np.array([SETUP if row[1].setup else PRODUCTION for row in rows], dtype=np.int64),
        arrived=np.zeros(0),
        left=np.zeros(0),
        good=nothing,
        rejected=nothing.copy(),
    )


class _Setups:
    """Jobs whose report begins only when their setup is over."""

    def __init__(self, trace: Trace, stations: Collection[str]) -> None:
        names = [station.name for station in trace.plant.stations]
        self._mine = [names[station] in stations for station in trace.machine_stations()]
        self._jobs: dict[int, list[int]] = defaultdict(list)
        self._in_setup: set[int] = set()

    def begin(self, machine: int, row: int) -> None:
        """A job begins on a machine."""
        if self._mine[machine]:
            self._jobs[machine].append(row)

    def over(self, kind: int, machine: int, value: float) -> list[int]:
        """The jobs whose setup ends with an event."""
        if machine < 0 or KINDS[kind] not in ("state", "end") or not self._mine[machine]:
            return []
        if KINDS[kind] == "state" and STATES[int(value)] == "setup":
            self._in_setup.add(machine)
        elif KINDS[kind] == "end" or STATES[int(value)] == "working":
            jobs = self._jobs.pop(machine, [])
            if machine in self._in_setup and KINDS[kind] == "state":
                self._in_setup.discard(machine)
                return jobs
        return []


class _Owners:
    """Which order each part belongs to: parts of a split order belong to the one that was split."""

    def __init__(self, trace: Trace, main: int) -> None:
        self._main = main
        self._yields = [
            [segment.yields if segment.station == HANDING else {} for segment in product.route]
            for product in trace.plant.products
        ]
        self._numbers = {product.name: number for number, product in enumerate(trace.plant.products)}
        self._owner: dict[int, int] = {}
        self._entered: list[bool] = []
        self._waiting: dict[int, deque[int]] = defaultdict(deque)

    def see(self, time: float, kind: int, part: int, product: int, step: int) -> None:
        """Follow an event."""
        name = KINDS[kind]
        if name == "enter" and product >= self._main and self._waiting[product]:
            self._owner[part] = self._waiting[product].popleft()
        elif name == "enter":
            self._own(part, True)
        elif name == "end" and self._yields[product][step]:
            for other, count in self._yields[product][step].items():
                self._waiting[self._numbers[other]].extend([self.of(part)] * count)

    def of(self, part: int) -> int:
        """Number of the order of a part."""
        if part not in self._owner:
            self._own(part, False)
        return self._owner[part]

    def names(self) -> list[str]:
        """Names of the orders by number."""
        return [f"{NEW if entered else OLD}{number + 1}" for number, entered in enumerate(self._entered)]

    def _own(self, part: int, entered: bool) -> None:
        self._owner[part] = len(self._entered)
        self._entered.append(entered)
