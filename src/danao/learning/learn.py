"""Learn a plant from an event log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from danao.core.random import stream
from danao.learning.arrivals import Arrivals, arrivals_of
from danao.learning.build import Built, Ingredients, Variant, build
from danao.learning.classes import WorkClass, classes_of, setup_classes
from danao.learning.durations import durations_of
from danao.learning.evidence import Fact
from danao.learning.facts import facts_of
from danao.learning.fitting import fit
from danao.learning.log import BREAKDOWN, EventLog, Flags, Integers
from danao.learning.routes import Item, Route, Routes, Step, begun_before, completed, routes_of
from danao.learning.shifts import shifts_of
from danao.learning.stations import Stations, concurrency, stations_of
from danao.learning.stops import Stops
from danao.learning.waits import Waits, waits_of
from danao.plant import Distribution, Failure, Family, Order, Plant

MOST_VARIANTS = 250
_WARM = 336.0
_FEWEST_PAIRS = 15
_FEWEST_FAILURES = 3
_DETAIL = 12


@dataclass(frozen=True)
class Options:
    """What cannot be read off a log, but can be chosen by trying on a part of it."""

    waits: Literal["own", "pooled"] = "own"
    """Waits that no machine explains: each route with those of its own orders, or all routes with the same."""
    scale: float = 1.0
    """Factor on these waits, for what the twin adds by queueing that the plant did not have."""
    seed: int = 1
    """Of the choice of the steps that open orders are expected to go through still."""


@dataclass(frozen=True)
class Learnt:
    """A plant learnt from a log, and all that it was made of."""

    log: EventLog
    options: Options
    stations: Stations
    routes: Routes
    waits: Waits
    ingredients: Ingredients
    built: Built
    facts: tuple[Fact, ...]

    @property
    def plant(self) -> Plant:
        """For a plant file: orders come from sources."""
        return self.built.plant

    @property
    def arrivals(self) -> Arrivals:
        """How orders come in."""
        return self.ingredients.arrivals

    def with_orders(self, orders: Sequence[Order]) -> Built:
        """The plant with known arrivals in place of sources."""
        return build(self.ingredients, orders)


def learn(log: EventLog, name: str = "learnt plant", options: Options | None = None) -> Learnt:
    """A plant from an event log.

    Args:
        log: What was recorded.
        name: Of the plant.
        options: See there.
    """
    options = options or Options()
    stations = stations_of(log)
    classes, groups = classes_of(
        log, stations.of, [one.changeover for one in stations.facts], [one.rule for one in stations.facts]
    )
    whole = stations.with_setups(log)
    routes = routes_of(whole, stations.of, groups)
    return _assembled(log, name, options, stations, classes, routes, waits_of(whole, stations, routes.orders), None)


def resampled(learnt: Learnt, seed: int) -> Learnt:
    """The same learnt from orders drawn with replacement: what another sample of orders might have shown.

    Stations, shifts and what goes side by side stay; routes and their shares, times, waits and gaps are learnt anew.
    """
    chooser = stream(seed, "bootstrap of the log")
    count = len(learnt.log.orders)
    drawn = np.bincount(chooser.integers(0, count, count), minlength=count)
    return _assembled(
        learnt.log,
        learnt.ingredients.name,
        replace(learnt.options, seed=seed),
        learnt.stations,
        learnt.ingredients.classes,
        learnt.routes,
        learnt.waits,
        drawn,
    )


def _assembled(
    log: EventLog,
    name: str,
    options: Options,
    stations: Stations,
    classes: Sequence[WorkClass],
    routes: Routes,
    waits: Waits,
    drawn: Integers | None,
) -> Learnt:
    """Fit everything; `drawn`: how often each order counts, None: once."""
    under_way = begun_before(log, routes, _WARM)
    weights = np.ones(len(log.orders), dtype=np.int64) if drawn is None else drawn
    variants = _variants(log, routes, waits, under_way, options, weights)
    longest = 0.0 if np.isfinite(log.arrived).any() else _longest_wait(waits)
    arrivals = arrivals_of(log.came(), under_way, stations.plant.clock, log.cut, longest)
    if drawn is not None:
        arrivals = arrivals.resampled(stream(options.seed, "bootstrap of the gaps"))
    seen = np.isfinite(log.first_start())
    levels, _ = concurrency(log.first_start()[seen], log.last_end()[seen])
    durations = durations_of(log, stations, weights)
    ingredients = Ingredients(
        name=name,
        stations=stations.facts,
        variants=variants,
        times=durations.times,
        arrivals=arrivals,
        failures=_failures(log, stations, durations.stops),
        plant_clock=stations.plant.clock,
        scrap={},
        room=int(3 * levels.max()) + 50 if len(levels) else 50,
        operations=log.operations,
        classes=classes,
        setups=_setups(log, stations),
    )
    facts = facts_of(log, stations, routes, waits, ingredients, int(under_way.sum()), durations.stops)
    return Learnt(log, options, stations, routes, waits, ingredients, build(ingredients), tuple(facts))


def _longest_wait(waits: Waits) -> float:
    """Hours that 95 % of the waits between two steps do not exceed."""
    whole = waits.closed + waits.queueing + waits.other
    return float(np.quantile(whole, 0.95)) if len(whole) else 0.0


def _variants(
    log: EventLog, routes: Routes, waits: Waits, under_way: Flags, options: Options, weights: Integers
) -> tuple[Variant, ...]:
    """Routes that orders took, the most frequent first, with the waits before each step."""
    chooser = stream(options.seed, "rest of open orders")
    all_routes = completed(routes, chooser)
    pooled = _pooled(log, routes, waits, weights)
    groups: dict[Route, list[int]] = defaultdict(list)
    for number, (one, route) in enumerate(zip(routes.orders, all_routes, strict=True)):
        if not under_way[one.order]:
            groups[route] += [number] * int(weights[one.order])
    if not any(groups.values()):
        for number, route in enumerate(all_routes):
            groups[route].append(number)
    groups = {route: numbers for route, numbers in groups.items() if numbers}
    own = _own(routes, waits)
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[1][0]))
    found = []
    names: Counter[str] = Counter()
    for route, numbers in ordered[:MOST_VARIANTS]:
        material = _material(log, [routes.orders[number].order for number in numbers])
        names[material] += 1
        told = tuple(_waits_before(place, route, numbers, own, pooled, options) for place in range(len(route)))
        orders = tuple(routes.orders[number].order for number in numbers)
        found.append(Variant(f"{material} {names[material]}", route, orders, told))
    return tuple(found)


def _waits_before(
    place: int,
    route: Route,
    numbers: Sequence[int],
    own: Mapping[tuple[int, int, Step], float],
    pooled: Pooled,
    options: Options,
) -> tuple[Distribution | None, ...]:
    if place == 0:
        return (None,) * len(route[0])
    before = route[place - 1]
    found: list[Distribution | None] = []
    for step in route[place]:
        values = [own[number, place, step] for number in numbers if (number, place, step) in own]
        own_law = options.waits == "own" and bool(values)
        law = fit(np.array(values), detail=_DETAIL).distribution if own_law else pooled.between(before, step)
        found.append(scaled(law, options.scale) if law.mean > 0 else None)
    return tuple(found)


def _own(routes: Routes, waits: Waits) -> dict[tuple[int, int, Step], float]:
    """Wait by (number of the order, place in its route, step)."""
    found: dict[tuple[int, int, Step], float] = {}
    row = 0
    for number, one in enumerate(routes.orders):
        for place in range(1, len(one.items)):
            for step in one.items[place]:
                found[number, place, step] = float(waits.other[row])
                row += 1
    return found


@dataclass(frozen=True)
class Pooled:
    """Waits of all orders, by what came before and what comes."""

    pairs: Mapping[tuple[Step, Step], Distribution]
    """Where there are enough observations."""
    after: Mapping[Step, Distribution]
    """After a step, the waits that had not ended at the cut among them."""
    to: Mapping[Step, Distribution]
    """Before a step."""

    def between(self, before: Item, step: Step) -> Distribution:
        """The most special law that there is."""
        found = self.pairs.get((before[0], step)) if len(before) == 1 else None
        found = found or (self.after.get(before[0]) if len(before) == 1 else None) or self.to.get(step)
        return found or Distribution(Family.CONSTANT, (0.0,))


def _pooled(log: EventLog, routes: Routes, waits: Waits, weights: Integers) -> Pooled:
    pairs: dict[tuple[Step, Step], list[float]] = defaultdict(list)
    after: dict[Step, list[tuple[float, bool]]] = defaultdict(list)
    to: dict[Step, list[float]] = defaultdict(list)
    times = np.maximum(weights[waits.order], 0) if len(waits.order) else np.zeros(0, dtype=np.int64)
    for before, step, other, count in zip(waits.before, waits.step, waits.other.tolist(), times.tolist(), strict=True):
        pairs[before, step] += [other] * count
        after[before] += [(other, False)] * count
        to[step] += [other] * count
    clock = shifts_of(log.end[~log.running]).clock
    ends = log.ends()
    for one in routes.orders:
        if one.open >= 0.5 and len(one.items[-1]) == 1 and not log.running[one.rows[-1][0]]:
            passed = float(clock.between(ends[one.rows[-1][0]], np.float64(log.cut)))
            after[one.items[-1][0]].append((passed, True))
    known = {
        step: fit(
            np.array([value for value, _ in found]), np.array([cut for _, cut in found]), detail=_DETAIL
        ).distribution
        for step, found in after.items()
        if found
    }
    caught = {step for step, found in after.items() if any(cut for _, cut in found)}
    enough = {
        pair: fit(np.array(found), detail=_DETAIL).distribution
        for pair, found in pairs.items()
        if len(found) >= _FEWEST_PAIRS and pair[0] not in caught
    }
    return Pooled(
        enough, known, {step: fit(np.array(found), detail=_DETAIL).distribution for step, found in to.items() if found}
    )


def scaled(law: Distribution, factor: float) -> Distribution:
    """A distribution of times that are longer by a factor."""
    if factor == 1.0:
        return law
    numbers = tuple(float(f"{value * factor:.5g}") for value in law.parameters)
    if law.family is Family.WEIBULL:
        numbers = (numbers[0], law.parameters[1])
    return Distribution(law.family, numbers)


def _material(log: EventLog, orders: Sequence[int]) -> str:
    rows = np.isin(log.order, orders) & (log.material >= 0)
    return log.materials[int(np.bincount(log.material[rows]).argmax())] if rows.any() else "route"


def _setups(log: EventLog, stations: Stations) -> dict[int, dict[tuple[str, str], float]]:
    """Setup times by the names of the classes."""
    found = {}
    for number, facts in enumerate(stations.facts):
        if facts.changeover is not None:
            names = setup_classes(log, facts.changeover)
            hours = facts.changeover.hours.items()
            found[number] = {(names[one], names[other]): value for (one, other), value in hours}
    return found


def _failures(log: EventLog, stations: Stations, stops: Mapping[int, Stops]) -> dict[int, Failure]:
    """Breakdowns that were reported or hide in reports, on the clock of the hours of work of one machine."""
    found = {
        number: Failure("operation", Distribution(Family.EXPONENTIAL, (float(f"{one.up:.5g}"),)), one.down.distribution)
        for number, one in stops.items()
    }
    ends = log.ends()
    for number, facts in enumerate(stations.facts):
        mine = stations.of == number
        broken = mine & (log.kind == BREAKDOWN)
        if broken.sum() < _FEWEST_FAILURES:
            continue
        work = mine & (log.kind != BREAKDOWN) & stations.heads
        hours = facts.clock.between(log.start[work], ends[work]).sum()
        down = fit(ends[broken] - log.start[broken], log.running[broken]).distribution
        if hours > 0 and down.mean > 0:
            up = Distribution(Family.EXPONENTIAL, (float(f"{hours / broken.sum():.5g}"),))
            found[number] = Failure("operation", up, down)
    return found
