"""What a plant is: ISA-95 words as plain, frozen data. Times are hours, powers kW, unless a field says otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from danao.plant.distribution import Distribution, Family
from danao.plant.problems import problems
from danao.plant.resources import (
    Batch,
    Calendar,
    EnergyStates,
    Failure,
    Maintenance,
    Need,
    Pool,
    Tariff,
    Worth,
)
from danao.plant.rules import DISPATCHING_RULES
from danao.plant.transport import Conveyor, Cranes, Edge, Fleet, Transport

__all__ = [
    "DISPATCHING_RULES",
    "Batch",
    "Calendar",
    "Conveyor",
    "Cooling",
    "Cranes",
    "Distribution",
    "Edge",
    "EnergyStates",
    "Failure",
    "Family",
    "Fleet",
    "Heat",
    "Limit",
    "Maintenance",
    "Need",
    "Order",
    "Plant",
    "Pool",
    "Product",
    "Segment",
    "Source",
    "Station",
    "Tariff",
    "Transport",
    "Worth",
    "problems",
]


@dataclass(frozen=True)
class Station:
    """A work center: identical machines behind one input buffer."""

    name: str
    machines: int = 1
    buffer: int | None = None
    """Places in front of the machines, the machines' own not counted; None: without limit. Parts from a source always
    find a place."""
    blocking: Literal["after", "before"] = "after"
    """`after`: a machine whose part finds the next buffer full keeps it and is blocked; `before`: it does not even
    start before a place is free there."""
    output: int = 0
    """Places for finished parts that cannot move on yet; with none they stay on the machine."""
    rule: str = "fifo"
    """Dispatching rule: which waiting part is next; names of `DISPATCHING_RULES`, separated by commas."""
    failures: tuple[Failure, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    setup: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Hours to change from one setup class to another; `*` is any class; a missing pair takes none."""
    setup_runs: Mapping[str, int] = field(default_factory=dict)
    """Jobs of a setup class that a machine does at least after changing to it, as long as there are any."""
    setup_refusals: int | None = 0
    """How often in a row a machine in the midst of its `setup_runs` refuses parts of other classes, when a part comes
    or the machine becomes free and none of its own class waits, before it takes one; None: always."""
    waits_for_first: bool = False
    """A machine waits for the batch of the part that the rules put first, even if others could start."""
    batch: Batch | None = None
    """For all steps here that name no batch of their own."""
    calendar: str = ""
    """Shifts; empty: always open."""
    on_close: Literal["finish", "pause"] = "finish"
    """What happens to the job that runs when the calendar closes."""
    needs: tuple[Need, ...] = ()
    """People for each job."""
    energy: EnergyStates = field(default_factory=EnergyStates)


@dataclass(frozen=True)
class Heat:
    """Temperatures of a step, °C."""

    needs: float | None = None
    """The part must be at least this hot; the machine heats it first. None: does not matter."""
    leaves: float | None = None
    """Temperature of the part after the step; None: as it came."""
    rate: float = math.inf
    """Degrees an hour that the machine heats a part which is too cold."""


@dataclass(frozen=True)
class Cooling:
    """How a part cools while no machine works on it: exponentially, towards the ambient temperature."""

    hours: float
    """Time constant."""
    ambient: float = 20.0
    start: float = 20.0
    """Temperature at which it enters the plant, °C."""


@dataclass(frozen=True)
class Limit:
    """Longest time between the end of an earlier step and the start of this one."""

    hours: float
    since: int | None = None
    """Position of the earlier step in the route, from 0; None: the step before."""
    then: Literal["count", "scrap", "rework"] = "count"
    """What happens to a part that waited longer, when a machine turns to it; it is counted in any case."""
    rework_to: int = 0
    """Position in the route, from 0."""


@dataclass(frozen=True)
class Segment:
    """A process segment: one step of a route."""

    station: str
    time: Distribution
    per: Literal["part", "piece"] = "part"
    """`piece`: the time is drawn once and multiplied by the pieces of the part (lot)."""
    interval: Distribution | None = None
    """Time after which the machine takes the next part although this one is not through, as in a conveyor furnace;
    with `per` as the time has it. None: the whole time."""
    share: float = 1.0
    """Probability that the part does the step at all (sampling)."""
    setup_class: str = ""
    """Class for `Station.setup`; empty: takes part in no setup."""
    batch: Batch | None = None
    batch_class: str = ""
    """Parts of one class can share a batch; empty: parts at this very step."""
    scrap: float = 0.0
    """Probability that the part is scrapped at the end of this step."""
    rework: float = 0.0
    """Probability that the part must repeat from step `rework_to`."""
    rework_to: int = 0
    """Position in the route, from 0."""
    defect: float = 0.0
    """Probability that the step makes the part defective; nobody sees it before an inspection."""
    detect: float = 0.0
    """Probability that this step, an inspection, finds a defective part; it is sent to `rework_to` with probability
    `repairable`, without its defect, and scrapped otherwise."""
    false_alarm: float = 0.0
    """Probability that the inspection finds fault with a good part."""
    repairable: float = 0.0
    needs: Mapping[str, int] = field(default_factory=dict)
    """Bill of material: parts of other products that go into this one."""
    yields: Mapping[str, int] = field(default_factory=dict)
    """Disassembly: parts of other products that come out of this one."""
    limit: Limit | None = None
    heat: Heat | None = None
    same_machine_as: int | None = None
    """Position of an earlier step that was done on the machine that must do this one; None: any machine."""


@dataclass(frozen=True)
class Product:
    """A material definition with its operations definition (route).

    A product that is needed by a step of another one goes into a store at the end of its route and is taken from there.
    """

    name: str
    route: tuple[Segment, ...]
    cooling: Cooling | None = None
    store: int | None = None
    """Places of the store of a component; None: without limit."""


@dataclass(frozen=True)
class Source:
    """Where parts come from.

    `saturated`: the first station is never starved. Otherwise parts arrive with random gaps, from time `first` on.
    """

    product: str
    """What comes; empty: a mix, see `products`."""
    gaps: Distribution | None = None
    """Time between arrivals; None: saturated."""
    first: Distribution | None = None
    """Time of the first arrival; None: one gap after the start."""
    due_after: float = math.inf
    """Hours after its arrival at which a part is due."""
    priority: int = 0
    """Larger is more urgent, for the rules that look at it."""
    size: int = 1
    """Parts that arrive together."""
    pieces: int = 1
    """Pieces of one part, if parts are lots."""
    limit: int | None = None
    """CONWIP: parts of this source in the plant at most; the others wait outside, in their order. None: no limit."""
    name: str = ""
    """To tell sources of one product apart; empty: the product."""
    calendar: str = ""
    """Hours in which parts come: gaps count only these; empty: always."""
    products: Mapping[str, float] = field(default_factory=dict)
    """A mix instead of one product: each arrival is one of these, with probabilities in proportion to their shares."""

    @property
    def made(self) -> tuple[str, ...]:
        """The products that come."""
        return tuple(self.products) or (self.product,)

    @property
    def label(self) -> str:
        """How policies and results call it."""
        return self.name or " + ".join(self.made)


@dataclass(frozen=True)
class Order:
    """An operations request: one part to be released at a known time, or a recorded arrival."""

    product: str
    release: float
    due: float = math.inf
    """Time of the twin at which it is due."""
    priority: int = 0
    pieces: int = 1
    name: str = ""


@dataclass(frozen=True)
class Plant:
    """A plant: stations, products, sources, and what they share.

    Raises:
        BadInput: A name is used twice or unknown, a number is out of its range, or nothing ever enters.
    """

    name: str
    stations: tuple[Station, ...]
    products: tuple[Product, ...]
    sources: tuple[Source, ...] = ()
    orders: tuple[Order, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    pools: tuple[Pool, ...] = ()
    transport: tuple[Transport, ...] = ()
    tariff: Tariff | None = None
    worth: Worth | None = None
    limit: int | None = None
    """CONWIP over all sources and orders: parts in the plant at most. None: no limit."""

    def __post_init__(self) -> None:
        for problem in problems(self):
            raise problem

    def station(self, name: str) -> Station:
        """The station of that name."""
        return next(station for station in self.stations if station.name == name)

    def product(self, name: str) -> Product:
        """The product of that name."""
        return next(product for product in self.products if product.name == name)
