"""What a twin's runs yield: counts, hours and energy by replication, and the KPIs that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from danao.twin.trace import STATES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

IDLE, WORKING, BLOCKED, DOWN, SETUP, MAINTENANCE, CLOSED, HEATING, OFF = range(len(STATES))


def _nothing() -> Floats:
    return np.zeros((0, 0))


def _no_counts() -> Integers:
    return np.zeros((0, 0), dtype=np.int64)


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
    """(n, products) good parts that left; components: that went into their store."""
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
    """(n, stations, states) machine hours in each of `STATES`."""
    wip_hours: Floats
    """(n,) h in the plant during the span, summed over all parts: the mean work in process times `hours`."""
    events: Integers
    """(n,) events of the whole replication, warm-up included."""
    entered: Integers
    """(n, products)."""
    escaped: Integers
    """(n, products) finished with a defect that no inspection found."""
    broken_limits: Integers
    """(n, products) waits longer than a `Limit` allows."""
    jobs: Integers
    """(n, stations) jobs ended; a batch is one."""
    passed: Integers
    """(n, stations) parts whose step ended here, whatever became of them."""
    rejected: Integers
    """(n, stations) of these: scrapped or sent back."""
    setups: Integers
    """(n, stations) changes of setup class."""
    restarts: Integers
    """(n, stations) warm-ups after a machine was switched off."""
    breakdowns: Integers
    """(n, stations) times that a machine went down; one that fails in another way while it is down counts once."""
    ideal_hours: Floats
    """(n, stations) mean process times summed over the jobs ended: what the work should have taken."""
    queue_hours: Floats
    """(n, stations) h waited in front of the machines, summed over the parts that started."""
    energy_kwh: Floats
    """(n, stations)."""
    energy_cost: Floats
    """(n,) money for electricity under the tariff of the plant, without the peak; 0 without a tariff."""
    peak_kw: Floats
    """(n,) highest mean power over a demand interval; 0 without a tariff."""
    open_late_hours: Floats = field(default_factory=_nothing)
    """(n, products) h that parts still in the plant were late at the end of the span, less the same at its beginning;
    with `tardiness_hours` they make up the lateness of the span, whatever is finished in it."""
    flows: tuple[str, ...] = ()
    """Names that parts are also counted under: of their sources, else of their products."""
    flow_finished: Integers = field(default_factory=_no_counts)
    """(n, flows)."""
    flow_late: Integers = field(default_factory=_no_counts)
    """(n, flows)."""
    flow_lead_hours: Floats = field(default_factory=_nothing)
    """(n, flows) h in the plant, summed over the finished parts."""
    pools: tuple[str, ...] = ()
    busy_hours: Floats = field(default_factory=_nothing)
    """(n, pools) hours of people at work."""
    shift_hours: Floats = field(default_factory=_nothing)
    """(n, pools) hours of people on shift."""
    transport: tuple[str, ...] = ()
    moves: Floats = field(default_factory=_nothing)
    """(n, transport) parts carried."""
    loaded_hours: Floats = field(default_factory=_nothing)
    """(n, transport) hours of vehicles from picking up to setting down; conveyors: part hours."""
    empty_hours: Floats = field(default_factory=_nothing)
    """(n, transport) hours of vehicles on the way to a part."""

    @property
    def lateness_hours(self) -> Floats:
        """(n, products) h late that the span brought: of finished parts, and so far of those still in the plant."""
        return self.tardiness_hours + self.open_late_hours if self.open_late_hours.size else self.tardiness_hours

    @property
    def throughput(self) -> Floats:
        """(n,) good parts per hour."""
        return np.asarray(self.finished.sum(axis=1) / self.hours)

    @property
    def utilisation(self) -> Floats:
        """(n, stations) share of machine hours spent working (ISO 22400 utilisation efficiency counts setup apart)."""
        return np.asarray(self.state_hours[:, :, WORKING] / self.state_hours.sum(axis=2))
