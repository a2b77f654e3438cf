"""What stations need beside parts: shifts, people, maintenance, energy. Times are hours, powers kW."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from danao.plant.distribution import Distribution


@dataclass(frozen=True)
class Calendar:
    """Open hours that repeat, as shifts do; time 0 of the twin is Monday 00:00."""

    name: str
    open: tuple[tuple[float, float], ...]
    """Open spans (start, end) in hours from the start of the cycle: ascending, apart from each other."""
    cycle: float = 168.0
    """Hours after which the spans repeat."""

    @property
    def share(self) -> float:
        """Open share of the time."""
        return sum(end - start for start, end in self.open) / self.cycle


@dataclass(frozen=True)
class Pool:
    """People with the same skills: operators, setters, a repair crew."""

    name: str
    count: int = 1
    skills: tuple[str, ...] = ()
    """What they can do; empty: the name of the pool is the skill."""
    calendar: str = ""
    """Shifts; empty: always there. Who is at work when the shift ends finishes first."""


@dataclass(frozen=True)
class Need:
    """People that a machine needs for a job."""

    skill: str
    count: int = 1
    during: Literal["job", "setup"] = "job"
    """`job`: from setup to the end of the work; `setup`: during the setup alone, if there is one."""


@dataclass(frozen=True)
class Failure:
    """How a machine fails, and how long the repair takes. Work is resumed where it stopped."""

    clock: Literal["calendar", "operation"]
    """`calendar`: also when idle or blocked; `operation`: only while it works. It can shift throughput by 30 %."""
    up: Distribution
    """Time between failures on that clock."""
    down: Distribution
    """Time to repair, from the arrival of the crew."""
    crew: str = ""
    """Skill of the one person that the repair takes; empty: nobody."""
    spares_idle: bool = False
    """A failure by the calendar that finds no job passes without effect, and the next one follows as if it had had."""


@dataclass(frozen=True)
class Maintenance:
    """Preventive maintenance. It waits for the end of the job that runs, unless it interrupts it."""

    clock: Literal["calendar", "operation", "pieces"]
    """What `every` counts: hours, hours of work, or pieces made."""
    every: Distribution
    """From the end of one maintenance to the next one being due: hours, or a number of pieces."""
    takes: Distribution
    first: Distribution | None = None
    """When the first one is due; None: after `every`."""
    crew: str = ""
    """Skill of the one person that it takes; empty: nobody."""
    staggered: bool = False
    """The first one is due on machine k of n after k/n of `first`, which is constant; otherwise on all at once."""
    interrupts: bool = False
    """By the calendar: it does not wait for the end of the job, which is resumed afterwards."""
    spares_idle: bool = False
    """By the calendar: where it finds no job, it is left out, and the next one follows as if it had been done."""


@dataclass(frozen=True)
class Batch:
    """Several parts of one batch class worked on at once, as in a furnace."""

    maximum: int
    minimum: int = 1
    """Parts that must wait before the machine starts."""
    patience: float | None = None
    """Hours after which the oldest waiting part starts with fewer than the minimum; None: never."""
    unit: Literal["parts", "pieces"] = "parts"
    """What minimum and maximum count."""


@dataclass(frozen=True)
class EnergyStates:
    """Power of one machine in each state, kW, and how it is switched off."""

    working: float = 0.0
    idle: float = 0.0
    """Also while blocked."""
    down: float = 0.0
    """Also during maintenance and closed hours."""
    setup: float = 0.0
    heating: float = 0.0
    """While it warms up, or heats a part that has become too cold."""
    off: float = 0.0
    off_after: float | None = None
    """Hours of idling after which the machine is switched off; None: never. 0 and a warm-up of an hour is a caster that
    must be prepared anew after every break of the sequence."""
    warm_up: float = 0.0
    """Hours to start again."""


@dataclass(frozen=True)
class Tariff:
    """What electricity costs."""

    price: float
    """Money per kWh outside the windows."""
    windows: tuple[tuple[float, float, float], ...] = ()
    """(start, end, money per kWh), hours from Monday 00:00, within one week."""
    peak: float = 0.0
    """Money per kW of the highest mean power over a demand interval, per run of the twin."""
    interval: float = 0.25
    """Demand interval, hours."""

    def price_at(self, hour: float) -> float:
        """Money per kWh at a time of the twin."""
        hour = math.fmod(hour, 168.0)
        return next((price for start, end, price in self.windows if start <= hour < end), self.price)


@dataclass(frozen=True)
class Worth:
    """What the results of the plant are worth; electricity is priced by `Tariff`."""

    currency: str = "EUR"
    margin: tuple[tuple[str, float], ...] = ()
    """(product, contribution margin of one good part)."""
    scrap: tuple[tuple[str, float], ...] = ()
    """(product, cost of one scrapped part)."""
    late: float = 0.0
    """Cost of one hour that one part is late."""
    work_in_process: float = 0.0
    """Cost of one part in the plant for one hour."""
    labour: float = 0.0
    """Cost of one hour of one person on shift."""
    restart: float = 0.0
    """Cost of one warm-up of a machine."""
