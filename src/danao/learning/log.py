"""An event log in one form, wherever it came from: columns of numbers, names once. Times are hours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

PRODUCTION, SETUP, BREAKDOWN = range(3)
"""Kinds of reports."""


@dataclass(frozen=True)
class EventLog:
    """Reports of work on orders, by order and then by start.

    All columns have shape (n,). Numbers of names are places in the tuples; -1: not recorded.
    """

    source: str
    """Where it was read, for messages."""
    monday: datetime
    """Hour 0: a Monday 00:00 of plant time before the first event; without a zone."""
    zone: str
    """Zone whose clock the plant follows; empty: the times in the log are taken as plant time."""
    cut: float
    """End of the observation, h."""
    orders: tuple[str, ...]
    operations: tuple[str, ...]
    resources: tuple[str, ...]
    """Machines or work centers; people where the log names nothing else."""
    workers: tuple[str, ...]
    materials: tuple[str, ...]
    order: Integers
    operation: Integers
    resource: Integers
    worker: Integers
    material: Integers
    start: Floats
    end: Floats
    """nan: still running at the cut."""
    kind: Integers
    """PRODUCTION, SETUP or BREAKDOWN."""
    good: Floats
    """Good pieces; nan: not recorded."""
    rejected: Floats
    """Rejected pieces; nan: not recorded."""
    by_people: bool = False
    """Whether the resources are people."""
    arrived: Floats = field(default_factory=lambda: np.zeros(0))
    """(orders,) when the order came; nan or empty: not recorded, taken as the start of its first report."""
    left: Floats = field(default_factory=lambda: np.zeros(0))
    """(orders,) when the order was recorded as finished; nan: not recorded; empty: never recorded."""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def running(self) -> Flags:
        """(n,) reports without an end: the work was still on at the cut."""
        return np.isnan(self.end)

    def ends(self) -> Floats:
        """(n,) the ends, and the cut for what still runs."""
        return np.where(self.running, self.cut, self.end)

    def first_start(self) -> Floats:
        """(orders,) start of the first report of each order; inf for orders without any."""
        first = np.full(len(self.orders), np.inf)
        np.minimum.at(first, self.order, self.start)
        return first

    def came(self) -> Floats:
        """(orders,) when each order came: as recorded, else the start of its first report; inf for unseen ones."""
        first = self.first_start()
        if len(self.arrived) != len(first):
            return first
        return np.where(np.isfinite(first) & np.isfinite(self.arrived), self.arrived, first)

    def last_end(self) -> Floats:
        """(orders,) end of the last report of each order, the cut where one is running."""
        last = np.full(len(self.orders), -np.inf)
        np.maximum.at(last, self.order, self.ends())
        return last

    def when(self, hour: float) -> datetime:
        """Plant time of an hour of the log."""
        return self.monday + timedelta(hours=float(hour))

    def only(self, keep: Flags) -> EventLog:
        """The reports that are kept; names and their numbers stay."""
        columns = ("order", "operation", "resource", "worker", "material", "start", "end", "kind", "good", "rejected")
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})

    def until(self, cut: float) -> EventLog:
        """What was known at an earlier moment: later reports are gone, running ones have lost their end."""
        log = self.only(self.start < cut)
        late = ~(log.end <= cut)
        end, good, rejected = log.end.copy(), log.good.copy(), log.rejected.copy()
        end[late] = good[late] = rejected[late] = np.nan
        left = np.where(self.left <= cut, self.left, np.nan)
        return replace(log, end=end, good=good, rejected=rejected, left=left, cut=min(cut, self.cut))

    def of_orders(self, chosen: Flags) -> EventLog:
        """The reports of some orders; shape (orders,)."""
        return self.only(chosen[self.order])

    def sorted(self) -> EventLog:
        """By order, start and end; reports at the same time in the order in which they were written."""
        place = np.lexsort((np.arange(len(self)), self.ends(), self.start, self.order))
        columns = ("order", "operation", "resource", "worker", "material", "start", "end", "kind", "good", "rejected")
        return replace(self, **{name: getattr(self, name)[place] for name in columns})

    def by_order(self) -> list[Integers]:
        """The rows of each order, by start and end."""
        place = np.lexsort((np.arange(len(self)), self.ends(), self.start, self.order))
        bounds = np.searchsorted(self.order[place], np.arange(len(self.orders) + 1))
        return [place[bounds[k] : bounds[k + 1]] for k in range(len(self.orders))]


def monday_before(moment: datetime) -> datetime:
    """Monday 00:00 of the week of a moment."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())
