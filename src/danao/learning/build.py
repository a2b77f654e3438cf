"""From what was found in a log to a plant: stations, one product for each route, waits as steps of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from danao.learning.arrivals import Arrivals
from danao.learning.classes import WorkClass
from danao.learning.fitting import Fit
from danao.learning.log import Floats
from danao.learning.routes import Route, Step
from danao.learning.shifts import OpenClock
from danao.learning.stations import StationFacts
from danao.plant import Calendar, Distribution, Failure, Family, Order, Plant, Product, Segment, Source, Station

WAITING = "waiting"
"""Station of waits that no machine explains; it has room for everything."""
HANDING = "handing over"
"""Station where orders split and come together again, in no time."""
ARRIVALS = "arrivals"
"""Calendar in which orders come."""

Branch = tuple[Distribution | None, Step]
"""A step beside others, and the wait before it."""

_NO_CLASS = WorkClass("", "")
_NOTHING = Distribution(Family.CONSTANT, (0.0,))


@dataclass(frozen=True)
class Variant:
    """A route that orders took, and how many of them."""

    name: str
    items: Route
    orders: tuple[int, ...]
    """Numbers of the orders in the log."""
    waits: tuple[tuple[Distribution | None, ...], ...]
    """As the items: the wait before each step that no machine explains, in open hours of the plant; None: none."""


@dataclass(frozen=True)
class Ingredients:
    """All that a plant is made of."""

    name: str
    stations: Sequence[StationFacts]
    variants: Sequence[Variant]
    times: Mapping[Step, Fit]
    arrivals: Arrivals
    failures: Mapping[int, Failure]
    plant_clock: OpenClock
    scrap: Mapping[Step, float]
    room: int
    """Orders in the plant at once, at most."""
    operations: Sequence[str]
    classes: Sequence[WorkClass] = ()
    """Of the steps."""
    setups: Mapping[int, Mapping[tuple[str, str], float]] = field(default_factory=dict)
    """Station to the hours from one setup class to another."""


@dataclass(frozen=True)
class Built:
    """A plant, and what each step of its products stands for."""

    plant: Plant
    labels: tuple[tuple[Step | None, ...], ...]
    """By product and place in its route: the work, or None for waiting, splitting and joining."""
    starts: tuple[tuple[int, ...], ...]
    """By product and item of the variant: place in the route where the item begins."""
    branches: Mapping[str, str]
    """Product of a branch to the operation that it stands for."""


def build(what: Ingredients, orders: Sequence[Order] = ()) -> Built:
    """The plant.

    Args:
        what: All that was learnt.
        orders: Known arrivals; empty: a source of all routes, with the gaps of the arrivals.
    """
    calendars, used = _calendars(what)
    products: list[Product] = []
    labels: list[tuple[Step | None, ...]] = []
    starts: list[tuple[int, ...]] = []
    branches: dict[Branch, str] = {}
    for variant in what.variants:
        route, told, begins = _route(what, variant, branches)
        products.append(Product(variant.name, tuple(route)))
        labels.append(tuple(told))
        starts.append(tuple(begins))
    for (time, step), name in branches.items():
        wait = _wait(time)
        products.append(Product(name, (*wait, _segment(what, step))))
        labels.append((*[None] * len(wait), step))
        starts.append((0,))
    plant = Plant(
        name=what.name,
        stations=tuple(_stations(what, used)),
        products=tuple(products),
        sources=() if orders else (_source(what),),
        orders=tuple(orders),
        calendars=(*calendars, *(() if orders else _arrivals(what))),
    )
    named = {name: what.operations[step.operation] for (_, step), name in branches.items()}
    return Built(plant, tuple(labels), tuple(starts), named)


def _route(
    what: Ingredients, variant: Variant, branches: dict[Branch, str]
) -> tuple[list[Segment], list[Step | None], list[int]]:
    route: list[Segment] = []
    told: list[Step | None] = []
    begins: list[int] = []
    for item, times in zip(variant.items, variant.waits, strict=True):
        begins.append(len(route))
        if len(item) == 1:
            wait = _wait(times[0])
            route += [*wait, _segment(what, item[0])]
            told += [*[None] * len(wait), item[0]]
        else:
            names = [_branch(what, time, step, branches) for time, step in zip(times, item, strict=True)]
            parts = {name: names.count(name) for name in names}
            route += [Segment(HANDING, _NOTHING, yields=parts), Segment(HANDING, _NOTHING, needs=parts)]
            told += [None, None]
    return route, told, begins


def _branch(what: Ingredients, time: Distribution | None, step: Step, branches: dict[Branch, str]) -> str:
    key = (time, step)
    if key not in branches:
        name = what.operations[step.operation] + (" (setup)" if step.setup else "")
        taken = set(branches.values()) | {variant.name for variant in what.variants}
        branches[key] = name if name not in taken else f"{name} {len(branches) + 1}"
    return branches[key]


def _wait(time: Distribution | None) -> list[Segment]:
    return [] if time is None or time.mean <= 0 else [Segment(WAITING, time)]


def _segment(what: Ingredients, step: Step) -> Segment:
    kind = what.classes[step.group] if step.group >= 0 else _NO_CLASS
    return Segment(
        what.stations[step.station].name,
        what.times[step.plain].distribution,
        setup_class=kind.setup,
        batch_class=kind.batch,
        scrap=what.scrap.get(step, 0.0),
    )


def _calendars(what: Ingredients) -> tuple[list[Calendar], dict[tuple[tuple[float, float], ...], str]]:
    used: dict[tuple[tuple[float, float], ...], str] = {}
    for spans in [what.plant_clock.spans, *(one.calendar for one in what.stations)]:
        if spans and spans not in used:
            used[spans] = "shifts" if not used else f"shifts {len(used) + 1}"
    return [Calendar(name, spans) for spans, name in used.items()], used


def _stations(what: Ingredients, used: Mapping[tuple[tuple[float, float], ...], str]) -> list[Station]:
    stations = [
        Station(
            one.name,
            machines=one.machines,
            failures=(what.failures[number],) if number in what.failures else (),
            setup=what.setups.get(number, {}),
            batch=None if one.rule is None else one.rule.batch,
            calendar=used.get(one.calendar, ""),
            on_close=one.on_close,
        )
        for number, one in enumerate(what.stations)
        if any(step.station == number for step in what.times)
    ]
    items = [item for variant in what.variants for item in variant.items]
    if any(len(item) > 1 for item in items):
        stations.append(Station(HANDING, machines=what.room))
    if any(_wait(time) for variant in what.variants for times in variant.waits for time in times):
        calendar = used.get(what.plant_clock.spans, "")
        stations.append(Station(WAITING, machines=what.room, calendar=calendar, on_close="pause"))
    return stations


def _arrivals(what: Ingredients) -> tuple[Calendar, ...]:
    """The hours in which orders come: apart from the shifts, so that fewer shifts do not mean fewer orders."""
    return (Calendar(ARRIVALS, what.arrivals.clock.spans),) if what.arrivals.clock.spans else ()


def _source(what: Ingredients) -> Source:
    """All orders, in the shares of their routes, with the learnt gaps on the learnt clock."""
    gaps, calendar = what.arrivals.gaps.distribution, ARRIVALS if what.arrivals.clock.spans else ""
    if len(what.variants) == 1:
        return Source(what.variants[0].name, gaps, calendar=calendar)
    return Source("", gaps, calendar=calendar, products={one.name: len(one.orders) for one in what.variants})


def mixed(variants: Sequence[Variant], count: int, chooser: np.random.Generator) -> list[int]:
    """A variant for each of so many orders: in their shares, spread as evenly as whole numbers allow, in random order.

    Systematic sampling: it has the shares of independent draws, with less noise.
    """
    weights: Floats = np.array([len(variant.orders) for variant in variants], dtype=np.float64)
    edges = np.cumsum(weights) / weights.sum()
    places = (np.arange(count) + chooser.random()) / count
    picked = np.minimum(np.searchsorted(edges, places, side="right"), len(variants) - 1)
    return [int(one) for one in chooser.permutation(picked)]
