"""Small plants with any mix of features: to be run, for laws that must hold in every run."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from danao.plant.model import (
    Calendar,
    Conveyor,
    Cranes,
    Distribution,
    Edge,
    EnergyStates,
    Family,
    Fleet,
    Limit,
    Maintenance,
    Need,
    Order,
    Plant,
    Pool,
    Product,
    Segment,
    Source,
    Station,
    Tariff,
)
from tests import plant_features
from tests.plant_features import rules
from tests.twin.plants import constant, exponential

SHIFTS = Calendar("shifts", ((0.0, 5.0), (6.0, 9.5)), cycle=12.0)
SETUPS = {("a", "b"): 0.5, ("b", "a"): 0.25, ("*", "b"): 0.125}
ENERGY = EnergyStates(working=8.0, idle=2.0, down=1.0, setup=4.0, heating=16.0, off=0.5, off_after=0.75, warm_up=0.25)

times = st.sampled_from(
    [
        constant(0.25),
        constant(1.0),
        exponential(0.5),
        exponential(1.5),
        Distribution(Family.UNIFORM, (0.125, 1.0)),
        Distribution(Family.TRIANGULAR, (0.0, 0.5, 1.0)),
    ]
)
crews = st.sampled_from(["", "fitter"])


def rarely(strategy: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    """Mostly the plain value, so that features meet in all combinations instead of all at once."""
    return st.one_of(st.just(otherwise), st.just(otherwise), strategy)


failures = plant_features.failures(
    st.sampled_from([exponential(4.0), constant(3.0)]), st.sampled_from([exponential(0.5), constant(1.0)]), crews
)
maintenances = plant_features.maintenances(st.just(constant(4.0)), st.just(constant(0.5)), crews)
batches = plant_features.batches(st.integers(1, 2), 4, st.sampled_from([0.1, 1.0]))


@st.composite
def stations(draw: st.DrawFn, name: str) -> Station:
    """A station."""
    return Station(
        name,
        machines=draw(st.integers(1, 3)),
        buffer=draw(st.sampled_from([None, None, 0, 1, 3])),
        blocking=draw(rarely(st.just("before"), "after")),
        output=draw(rarely(st.integers(1, 2), 0)),
        rule=draw(rarely(rules, "fifo")),
        failures=tuple(draw(rarely(st.lists(failures, min_size=1, max_size=2), []))),
        maintenance=tuple(draw(rarely(st.lists(maintenances, min_size=1, max_size=2), []))),
        setup=draw(rarely(st.just(SETUPS), {})),
        setup_runs=draw(rarely(st.just({"a": 2}), {})),
        setup_refusals=draw(rarely(st.integers(1, 3), 0)),
        waits_for_first=draw(rarely(st.just(True), False)),
        batch=draw(rarely(batches, None)),
        calendar=draw(rarely(st.just("shifts"), "")),
        on_close=draw(st.sampled_from(["finish", "pause"])),
        needs=tuple(draw(rarely(st.just([Need("worker")]), []))),
        energy=draw(rarely(st.just(ENERGY), EnergyStates(working=4.0, idle=1.0))),
    )


@st.composite
def segments(draw: st.DrawFn, names: list[str], position: int, setup_class: str) -> Segment:
    """One step of a route; what goes back goes to its first step."""
    limit = None
    if position:
        limits = st.builds(
            Limit, hours=st.sampled_from([0.5, 2.0]), then=st.sampled_from(["count", "scrap", "rework"]),
            since=st.sampled_from([None, 0]),
        )  # fmt: skip
        limit = draw(rarely(limits, None))
    return Segment(
        draw(st.sampled_from(names)),
        draw(times),
        share=draw(rarely(st.just(0.5), 1.0)),
        setup_class=setup_class,
        batch_class=draw(st.sampled_from(["", "oven"])),
        scrap=draw(rarely(st.just(0.125), 0.0)),
        rework=draw(rarely(st.just(0.25), 0.0)),
        defect=draw(rarely(st.just(0.25), 0.0)),
        detect=draw(rarely(st.just(0.75), 0.0)),
        false_alarm=draw(rarely(st.just(0.125), 0.0)),
        repairable=0.5,
        limit=limit,
        same_machine_as=None,
    )


@st.composite
def transports(draw: st.DrawFn, names: list[str]) -> tuple[Any, ...]:
    """Nothing, a conveyor, vehicles on a ring or cranes, for all moves."""
    kind = draw(st.sampled_from(["none", "none", "conveyor", "fleet", "cranes"]))
    moves = (("*", "*"),)
    if kind == "conveyor":
        return (Conveyor("belt", moves, draw(times), draw(st.sampled_from([None, 1, 2]))),)
    if kind == "fleet":
        most = draw(st.sampled_from([None, 1]))
        ring = [*names, "corner"]
        track = tuple(
            Edge(here, there, 8.0 * (number + 1), vehicles=most)
            for number, (here, there) in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True))
        )
        return (Fleet("carts", moves, draw(st.integers(1, 3)), 64.0, track, load=constant(0.125), home="corner"),)
    if kind == "cranes":
        positions = {name: 10.0 * number for number, name in enumerate(names)}
        start = draw(st.sampled_from([(0.0,), (0.0, 20.0), (0.0, 8.0, 30.0)]))
        return (Cranes("cranes", moves, positions, start, 64.0, 4.0, constant(0.125), constant(0.0625)),)
    return ()


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    """A plant with one to four stations and one to three products; the last may go into the first."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 4)))]
    products = []
    for number in range(draw(st.integers(1, 3))):
        setup_class = draw(st.sampled_from(["", "a", "b"]))
        route = [draw(segments(names, position, setup_class)) for position in range(draw(st.integers(1, 4)))]
        route[0] = dataclasses.replace(route[0], share=1.0)
        products.append(Product(f"p{number}", tuple(route), store=draw(st.sampled_from([None, 2]))))
    if len(products) > 1 and draw(st.booleans()):
        first, last = products[0], products[-1].name
        used = dataclasses.replace(first.route[0], **{draw(st.sampled_from(["needs", "yields"])): {last: 2}})
        products[0] = dataclasses.replace(first, route=(used, *first.route[1:]))
    sources, saturated = [], set()
    for product in products:
        entry = product.route[0].station
        endless = entry not in saturated and draw(rarely(st.just(True), False))
        saturated |= {entry} if endless else set()
        sources.append(
            Source(
                product.name,
                None if endless else draw(st.sampled_from([exponential(1.0), constant(2.0)])),
                due_after=4.0,
                priority=draw(st.integers(0, 2)),
                size=draw(rarely(st.just(3), 1)),
                pieces=draw(rarely(st.just(3), 1)),
                limit=draw(rarely(st.just(4), None)),
            )
        )
    orders = tuple(Order(products[0].name, 1.5 * number, due=3.0 * number) for number in range(draw(st.integers(0, 3))))
    return Plant(
        "random",
        tuple(draw(stations(name)) for name in names),
        tuple(products),
        tuple(sources),
        orders,
        calendars=(SHIFTS,),
        pools=(
            Pool("worker", draw(st.integers(1, 2)), calendar=draw(rarely(st.just("shifts"), ""))),
            Pool("fitter", 1),
        ),
        transport=draw(transports(names)),
        tariff=Tariff(1.0),
        limit=draw(rarely(st.just(6), None)),
    )


_SCALED = {"patience", "hours", "off_after", "warm_up", "due_after", "release", "due", "cycle", "interval"}


def scaled(thing: Any, factor: float, name: str = "") -> Any:
    """The same plant with all its times multiplied."""
    if isinstance(thing, Distribution):
        return Distribution(thing.family, tuple(value * factor for value in thing.parameters))
    if isinstance(thing, Maintenance) and thing.clock == "pieces":
        return dataclasses.replace(thing, takes=scaled(thing.takes, factor))
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        fields = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
        return dataclasses.replace(thing, **{key: scaled(value, factor, key) for key, value in fields.items()})
    if name == "setup" and isinstance(thing, dict):
        return {key: value * factor for key, value in thing.items()}
    if name == "open":
        return tuple((start * factor, end * factor) for start, end in thing)
    if name == "speed":
        return thing / factor
    if isinstance(thing, tuple):
        return tuple(scaled(one, factor) for one in thing)
    if name in _SCALED and thing is not None:
        return thing * factor
    return thing


def renamed(thing: Any, names: dict[str, str]) -> Any:
    """The same plant with other names for its stations."""
    if isinstance(thing, str):
        return names.get(thing, thing)
    if isinstance(thing, dict):
        return {renamed(key, names): renamed(value, names) for key, value in thing.items()}
    if isinstance(thing, tuple):
        return tuple(renamed(one, names) for one in thing)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type) and not isinstance(thing, Distribution):
        fields = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
        return dataclasses.replace(thing, **{key: renamed(value, names) for key, value in fields.items()})
    return thing
