"""The plant at the end of the log: which orders are in it, where, and how long they will still wait or be worked on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from danao.core.random import stream
from danao.learning.arrivals import draws
from danao.learning.build import WAITING
from danao.learning.learn import Learnt
from danao.learning.log import Floats
from danao.learning.routes import Item, OrderRoute
from danao.plant import PartState, PlantState

_NEAREST = 5


@dataclass(frozen=True)
class Now:
    """A state that the plant may be in at the cut, and the orders in it."""

    state: PlantState
    orders: tuple[int, ...]
    """Number of the order of each part, in the order of the parts."""


@dataclass(frozen=True)
class _Donor:
    """An order that went on from some item."""

    order: OrderRoute
    place: int
    """Of that item in its route."""
    wait: float
    """h that it waited before the next item although a machine was free."""


def state_at_cut(learnt: Learnt, seed: int) -> Now:
    """A state drawn from what the log leaves open: whether quiet orders are finished, and how the others go on.

    An order goes on as another one did from the same operation, after about as many steps, that waited at least as
    long there.
    """
    chooser = stream(seed, "state at the cut")
    log, built = learnt.log, learnt.built
    variant_of = {order: k for k, variant in enumerate(learnt.ingredients.variants) for order in variant.orders}
    donors = _donors(learnt, variant_of)
    free = _Machines(learnt)
    first = log.first_start()
    ends = log.ends()
    parts: list[PartState] = []
    orders: list[int] = []
    for one in learnt.routes.orders:
        if not chooser.random() < one.open:
            continue
        name = log.orders[one.order]
        rows = one.rows[-1]
        running = [row for row in rows if log.running[row]]
        donor = _choose(one, donors, chooser, learnt, 0.0 if running else log.cut - max(ends[row] for row in rows))
        if donor is None and not (running and one.order in variant_of):
            continue
        number, place = (
            (variant_of[donor.order.order], donor.place) if donor else (variant_of[one.order], len(one.items) - 1)
        )
        starts = built.starts[number]
        product = built.plant.products[number]
        entered = float(first[one.order])
        if running:
            item = learnt.ingredients.variants[number].items[place]
            at = starts[place] + (1 if len(item) == 1 and built.labels[number][starts[place]] is None else 0)
            station = product.route[at].station
            machine = free.take(station) if len(item) == 1 else None
            left = _left(learnt, one, running[0], chooser) if machine is not None else None
            since = None if machine is not None else log.cut
            parts.append(PartState(product.name, at, machine, left, entered, waits_since=since, name=name))
        else:
            at = starts[place + 1]
            since = max(float(ends[row]) for row in rows)
            machine = free.take(WAITING) if product.route[at].station == WAITING else None
            left = None
            if machine is not None and donor is not None:
                passed = float(learnt.ingredients.plant_clock.between(np.float64(since), np.float64(log.cut)))
                left = max(donor.wait * learnt.options.scale - passed, 0.0)
            parts.append(PartState(product.name, at, machine, left, entered, waits_since=since, name=name))
        orders.append(one.order)
    return Now(PlantState(clock=log.cut, parts=tuple(parts)), tuple(orders))


class _Machines:
    """Machines that are open at the cut and not taken yet."""

    def __init__(self, learnt: Learnt) -> None:
        plant = learnt.built.plant
        cut = np.float64(learnt.log.cut)
        clocks = {facts.name: facts.clock for facts in learnt.stations.facts}
        clocks[WAITING] = learnt.ingredients.plant_clock
        self._left = {
            station.name: list(range(station.machines - 1, -1, -1))
            for station in plant.stations
            if station.name not in clocks or bool(clocks[station.name].is_open(cut))
        }

    def take(self, station: str) -> tuple[str, int] | None:
        """A free machine, if there is one."""
        left = self._left.get(station)
        return (station, left.pop()) if left else None


def _donors(learnt: Learnt, variant_of: dict[int, int]) -> dict[Item, list[_Donor]]:
    found: dict[Item, list[_Donor]] = defaultdict(list)
    row = 0
    for one in learnt.routes.orders:
        waits = []
        for item in one.items[1:]:
            waits.append(float(learnt.waits.other[row : row + len(item)].max()))
            row += len(item)
        if one.order in variant_of:
            for place, wait in enumerate(waits):
                found[one.items[place]].append(_Donor(one, place, wait))
    return found


def _choose(
    one: OrderRoute, donors: dict[Item, list[_Donor]], chooser: np.random.Generator, learnt: Learnt, quiet: float
) -> _Donor | None:
    """Another order that was at the same item, did not go on sooner than this one, and is alike in its steps."""
    candidates = donors.get(one.items[-1], [])
    if not candidates:
        return None
    cut = learnt.log.cut
    passed = float(learnt.ingredients.plant_clock.between(np.float64(cut - quiet), np.float64(cut)))
    later = [donor for donor in candidates if donor.wait >= passed]
    pool = later or sorted(candidates, key=lambda donor: -donor.wait)[:_NEAREST]
    away = np.array([abs(donor.place - (len(one.items) - 1)) for donor in pool])
    near = np.flatnonzero(away <= np.sort(away)[min(_NEAREST - 1, len(away) - 1)])
    return pool[int(chooser.choice(near))]


def _left(learnt: Learnt, one: OrderRoute, row: int, chooser: np.random.Generator) -> float:
    """Hours of work left on a running report: a time longer than what has passed, less that."""
    log = learnt.log
    place = one.rows[-1].index(row)
    step = one.items[-1][place]
    facts = learnt.stations.facts[step.station]
    since = np.float64(log.start[row])
    passed = float(facts.clock.between(since, np.float64(log.cut)) if facts.on_close == "pause" else log.cut - since)
    law = learnt.ingredients.times[step.plain].distribution
    times: Floats = draws(str(law.family), law.parameters, 200, chooser)
    longer = times[times > passed]
    return float(longer[0] - passed) if len(longer) else law.mean
