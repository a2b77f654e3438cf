"""What a plant is: ISA-95 words as plain, frozen data. Times are hours, powers kW, unless a field says otherwise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from danao.core.errors import BadInput

DISPATCHING_RULES = ("fifo", "lifo", "spt", "edd", "critical ratio", "priority", "least setup")
"""First come, last come, shortest mean process time, earliest due date, least time to the due date over work left,
largest priority, shortest change of setup; first come among equals."""


class Family(StrEnum):
    """Families of distributions for times."""

    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    UNIFORM = "uniform"
    TRIANGULAR = "triangular"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    WEIBULL = "weibull"
    EMPIRICAL = "empirical"


@dataclass(frozen=True)
class Distribution:
    """A distribution of times in hours.

    Parameters by family: constant (value), exponential (mean), uniform (low, high), triangular (low, mode, high),
    normal (mean, standard deviation; negative draws become 0), lognormal (mean, standard deviation, of the value
    itself), gamma (mean, standard deviation), weibull (scale, shape), empirical (any number of observed values).

    Raises:
        BadInput: Wrong number of parameters, a value that is negative or not finite, or limits in the wrong order.
    """

    family: Family
    parameters: tuple[float, ...]

    def __post_init__(self) -> None:
        where = f"distribution {self.family}"
        counts = {"constant": 1, "exponential": 1, "triangular": 3}
        wanted = counts.get(self.family, 2)
        values = self.parameters
        if self.family is Family.EMPIRICAL:
            if not values:
                raise BadInput(where, "no observed values", "Expected at least one", "List the values")
        elif len(values) != wanted:
            raise BadInput(where, f"{len(values)} parameters", f"Expected {wanted}", "See the list of distributions")
        for value in values:
            if not math.isfinite(value) or value < 0:
                raise BadInput(where, f"{value:g} h", "Expected a finite time of 0 or more", "Correct the value")
        if self.family in (Family.UNIFORM, Family.TRIANGULAR) and list(values) != sorted(values):
            raise BadInput(where, f"limits {values} are not ascending", "Expected low <= high", "Swap them")
        if self.family in (Family.LOGNORMAL, Family.GAMMA, Family.WEIBULL) and values[0] <= 0:
            raise BadInput(where, f"{values[0]:g} h", "Expected a time above 0", "Correct the value")
        if self.family in (Family.GAMMA, Family.WEIBULL) and values[1] <= 0:
            raise BadInput(where, f"second parameter {values[1]:g}", "Expected a number above 0", "Correct the value")

    @property
    def mean(self) -> float:
        """Mean in hours (of the normal family before negative draws are cut off)."""
        values = self.parameters
        if self.family in (Family.UNIFORM, Family.TRIANGULAR, Family.EMPIRICAL):
            return sum(values) / len(values)
        if self.family is Family.WEIBULL:
            return values[0] * math.gamma(1 + 1 / values[1])
        return values[0]


@dataclass(frozen=True)
class Failure:
    """How a machine fails, and how long the repair takes."""

    clock: Literal["calendar", "operation"]
    """`calendar`: also when idle or blocked; `operation`: only while it works. It can shift throughput by 30 %."""
    up: Distribution
    """Time between failures on that clock."""
    down: Distribution
    """Time to repair."""


@dataclass(frozen=True)
class EnergyStates:
    """Power of one machine in each state, kW."""

    working: float = 0.0
    idle: float = 0.0
    """Also while blocked."""
    down: float = 0.0
    setup: float = 0.0


@dataclass(frozen=True)
class Station:
    """A work center: identical machines behind one input buffer."""

    name: str
    machines: int = 1
    buffer: int | None = None
    """Places in front of the machines, the machines' own not counted; None: without limit. A machine whose part finds
    the next buffer full keeps it and is blocked (blocking after service). Parts from a source always find a place."""
    rule: str = "fifo"
    """Dispatching rule: which waiting part is next; one of `DISPATCHING_RULES`."""
    failure: Failure | None = None
    setup: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Hours to change from one setup class to another; a missing pair takes none."""
    energy: EnergyStates = EnergyStates()


@dataclass(frozen=True)
class Segment:
    """A process segment: one step of a route."""

    station: str
    time: Distribution
    setup_class: str = ""
    """Class for `Station.setup`; empty: takes part in no setup."""
    scrap: float = 0.0
    """Probability that the part is scrapped at the end of this step."""
    rework: float = 0.0
    """Probability that the part must repeat from step `rework_to`."""
    rework_to: int = 0
    """Position in the route, from 0."""


@dataclass(frozen=True)
class Product:
    """A material definition with its operations definition (route)."""

    name: str
    route: tuple[Segment, ...]


@dataclass(frozen=True)
class Source:
    """Where parts come from.

    `saturated`: the first station is never starved. Otherwise parts arrive with random gaps, from time `first` on.
    """

    product: str
    gaps: Distribution | None = None
    """Time between arrivals; None: saturated."""
    first: Distribution | None = None
    """Time of the first arrival; None: one gap after the start."""
    due_after: float = math.inf
    """Hours after its arrival at which a part is due."""
    priority: int = 0
    """Larger is more urgent, for the rules that look at it."""


@dataclass(frozen=True)
class Plant:
    """A plant: stations, products, sources.

    Raises:
        BadInput: A name is used twice or unknown, a number is out of its range, or nothing ever enters.
    """

    name: str
    stations: tuple[Station, ...]
    products: tuple[Product, ...]
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        for problem in problems(self):
            raise problem

    def station(self, name: str) -> Station:
        """The station of that name."""
        return next(station for station in self.stations if station.name == name)


def problems(plant: Plant) -> Iterator[BadInput]:
    """Everything that is wrong with a plant, one message each; nothing for a sound plant."""
    where = plant.name or "plant"
    if not plant.stations:
        yield BadInput(where, "no stations", "Expected at least one", "Add a station")
    if not plant.sources:
        yield BadInput(where, "no sources", "Expected at least one: nothing ever enters the plant", "Add a source")
    yield from _repeated(where, "station", [station.name for station in plant.stations])
    yield from _repeated(where, "product", [product.name for product in plant.products])
    known = {station.name for station in plant.stations}
    for station in plant.stations:
        yield from _station_problems(f"{where}: station {station.name}", station)
    for product in plant.products:
        yield from _product_problems(f"{where}: product {product.name}", product, known)
    names = {product.name for product in plant.products}
    saturated: dict[str, str] = {}
    for source in plant.sources:
        at = f"{where}: source of {source.product}"
        if source.product not in names:
            yield BadInput(
                at,
                f"unknown product {source.product!r}",
                f"Expected one of: {', '.join(sorted(names))}",
                "Correct the name",
            )
            continue
        if source.gaps is not None and source.gaps.mean == 0:
            yield BadInput(at, "parts arrive without any gap", "Expected a mean gap above 0 h", "Correct the gaps")
        if not source.due_after > 0:
            yield BadInput(at, f"due {source.due_after:g} h after arrival", "Expected a time above 0", "Correct it")
        route = next(product for product in plant.products if product.name == source.product).route
        if source.gaps is None and route:
            entry = route[0].station
            if entry in saturated:
                yield BadInput(
                    at,
                    f"station {entry} is already kept saturated with {saturated[entry]}",
                    "Expected one saturated source a station",
                    "Give the second one arrival gaps",
                )
            saturated[entry] = source.product


def _station_problems(where: str, station: Station) -> Iterator[BadInput]:
    if station.machines < 1:
        yield BadInput(where, f"{station.machines} machines", "Expected 1 or more", "Correct the number")
    if station.buffer is not None and station.buffer < 0:
        yield BadInput(where, f"a buffer of {station.buffer} places", "Expected 0 or more", "Correct the number")
    if station.rule not in DISPATCHING_RULES:
        yield BadInput(
            where,
            f"unknown dispatching rule {station.rule!r}",
            f"Expected one of: {', '.join(DISPATCHING_RULES)}",
            "Correct the rule",
        )
    for state, power in vars(station.energy).items():
        if not 0 <= power < math.inf:
            yield BadInput(f"{where}: energy.{state}", f"{power:g} kW", "Expected a power of 0 or more", "Correct it")
    for (before, after), hours in station.setup.items():
        if not (math.isfinite(hours) and hours >= 0):
            yield BadInput(
                f"{where}: setup[{before}→{after}]", f"{hours:g} h", "A setup time cannot be negative", "Correct it"
            )
    if station.failure is not None and station.failure.up.mean == 0:
        yield BadInput(where, "a mean time between failures of 0", "Expected a time above 0", "Correct the failure")


def _product_problems(where: str, product: Product, stations: set[str]) -> Iterator[BadInput]:
    if not product.route:
        yield BadInput(where, "an empty route", "Expected at least one step", "Add a step")
    for position, segment in enumerate(product.route):
        at = f"{where}: step {position}"
        if segment.station not in stations:
            yield BadInput(
                at,
                f"unknown station {segment.station!r}",
                f"Expected one of: {', '.join(sorted(stations))}",
                "Correct the name",
            )
        if not (segment.scrap >= 0 and segment.rework >= 0 and segment.scrap + segment.rework <= 1):
            yield BadInput(
                at,
                f"scrap {segment.scrap:g} and rework {segment.rework:g}",
                "Expected probabilities that sum to 1 at most",
                "Correct them",
            )
        elif segment.rework == 1 and segment.rework_to <= position:
            yield BadInput(at, "every part is reworked for ever", "Expected a rework below 1", "Correct it")
        if segment.rework > 0 and not 0 <= segment.rework_to < len(product.route):
            yield BadInput(
                at, f"rework to step {segment.rework_to}", f"Expected 0 to {len(product.route) - 1}", "Correct it"
            )
    if product.route and all(segment.time.mean == 0 for segment in product.route):
        yield BadInput(where, "a route that takes no time at all", "Expected a time above 0", "Correct the times")


def _repeated(where: str, what: str, names: list[str]) -> Iterator[BadInput]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield BadInput(where, f"{what} {name} is described twice", "Expected each name once", "Rename one of them")
