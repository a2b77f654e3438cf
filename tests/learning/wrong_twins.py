"""Learnt plants made wrong on purpose: the gate must refuse them."""

from __future__ import annotations

from dataclasses import replace

from danao.learning.build import Ingredients, build
from danao.learning.learn import Learnt, scaled
from danao.learning.shifts import OpenClock


def with_ingredients(learnt: Learnt, what: Ingredients) -> Learnt:
    """The same log, another plant."""
    stations = replace(learnt.stations, facts=tuple(what.stations))
    return replace(learnt, ingredients=what, built=build(what), stations=stations)


def with_machines_less(learnt: Learnt, left: float = 0.67) -> Learnt:
    """Only a share of the machines at the station that is busiest for its machines, of those that have several."""
    what = learnt.ingredients
    busiest = max((one for one in what.stations if one.machines > 1), key=lambda one: one.busy / one.machines)
    stations = [replace(one, machines=int(left * one.machines)) if one is busiest else one for one in what.stations]
    return with_ingredients(learnt, replace(what, stations=stations))


def slower(learnt: Learnt, factor: float = 1.3) -> Learnt:
    """All work takes longer."""
    what = learnt.ingredients
    times = {step: replace(one, distribution=scaled(one.distribution, factor)) for step, one in what.times.items()}
    return with_ingredients(learnt, replace(what, times=times))


def with_a_shift_less(learnt: Learnt, hours: float = 8.0) -> Learnt:
    """Every open day ends earlier; orders come as before."""
    what = learnt.ingredients

    def shorter(clock: OpenClock) -> OpenClock:
        days = clock.spans or tuple((24.0 * day, 24.0 * day + 24) for day in range(7))
        cut = (
            (max(start, 24.0 * day), min(end, 24.0 * day + 24))
            for start, end in days
            for day in range(7)
            if min(end, 24.0 * day + 24) > max(start, 24.0 * day)
        )
        return OpenClock(tuple((start, end - hours) for start, end in cut if end - hours > start))

    stations = [replace(one, shifts=replace(one.shifts, clock=shorter(one.clock))) for one in what.stations]
    return with_ingredients(learnt, replace(what, stations=stations, plant_clock=shorter(what.plant_clock)))


def with_routes_upside_down(learnt: Learnt) -> Learnt:
    """The most frequent route is the rarest, and so on."""
    what = learnt.ingredients
    counts = [len(one.orders) for one in what.variants]
    pool = [order for one in what.variants for order in one.orders]
    variants = tuple(
        replace(one, orders=tuple((pool * 2)[:count]))
        for one, count in zip(what.variants, reversed(counts), strict=True)
    )
    return with_ingredients(learnt, replace(what, variants=variants))


def with_one_route(learnt: Learnt) -> Learnt:
    """All orders take the most frequent route."""
    what = learnt.ingredients
    return with_ingredients(learnt, replace(what, variants=what.variants[:1]))
