"""Batches: orders that one machine begins and ends together, how many it takes, and for how many it waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from danao.learning.log import PRODUCTION, EventLog, Flags, Floats, Integers
from danao.learning.shifts import OpenClock
from danao.plant import Batch

_TOGETHER = 1 / 60
"""Hours by which starts and ends of one batch may differ: it takes a moment to report them all."""
_FEWEST = 10
_SHARE = 0.3
_OVERLAP = 0.05
_EVIDENT = 5
_RARE = 0.1
_USUAL = 0.25
_NEAR = 0.02
_EVEN = 0.1


@dataclass(frozen=True)
class BatchRule:
    """How the machines of a station put orders together."""

    batch: Batch
    members: tuple[frozenset[tuple[int, int]], ...]
    """Classes that are worked on together: pairs of operation and material."""
    batches: int
    """That were seen, those of one order among them."""
    sizes: tuple[tuple[int, int], ...]
    """(orders, batches of so many)."""
    triggered: int
    """Batches that an idle machine began when an order came."""
    patient: int
    """Batches that an idle machine began without that."""

    def told(self) -> str:
        """Limits, for people."""
        one = self.batch
        patience = "" if one.patience is None else f", after {one.patience:.2f} h with fewer"
        return f"{one.minimum} to {one.maximum} at once{patience}"

    def why(self) -> str:
        """What that rests on."""
        sizes = ", ".join(f"{count} of {size}" for size, count in self.sizes)
        rule = f"{self.triggered} begun by an idle machine as an order came, {self.patient} without one"
        return f"{sizes}; {rule}; {len(self.members)} classes that were never together"


@dataclass(frozen=True)
class Together:
    """Which reports are one batch."""

    head: Integers
    """(n,) row of the first report of its batch; its own row where it is alone."""
    resources: frozenset[int]
    """Resources that work in batches."""

    @property
    def heads(self) -> Flags:
        """(n,) one report a batch."""
        return np.asarray(self.head == np.arange(len(self.head)))


def together_of(log: EventLog) -> Together:
    """The batches of a log.

    Reports of different orders that one resource begins and ends at the same time are a batch if that is usual there
    and its batches come one after the other. Jobs of several machines under one name overlap, so they are none.
    """
    head = np.arange(len(log))
    found = set()
    work = (log.kind == PRODUCTION) & ~log.running & (log.end - log.start > _TOGETHER) & (log.resource >= 0)
    rows = np.flatnonzero(work)
    rows = rows[np.lexsort((log.end[rows], log.start[rows], log.resource[rows]))]
    bounds = np.flatnonzero(np.diff(log.resource[rows])) + 1
    for mine in np.split(rows, bounds):
        heads = _heads(log, mine)
        if len(mine) and _in_batches(log, mine, heads):
            head[mine] = heads
            found.add(int(log.resource[mine[0]]))
    return Together(head, frozenset(found))


def _heads(log: EventLog, rows: Integers) -> Integers:
    """First row of the batch of each; rows by start."""
    heads = rows.copy()
    open_ones: list[int] = []
    start, end = log.start, log.end
    for place, row in enumerate(rows.tolist()):
        open_ones = [one for one in open_ones if start[row] - start[one] <= _TOGETHER]
        same = [one for one in open_ones if abs(end[row] - end[one]) <= _TOGETHER]
        if same:
            heads[place] = same[0]
        else:
            open_ones.append(row)
    return heads


def _in_batches(log: EventLog, rows: Integers, heads: Integers) -> bool:
    """Whether many rows are in batches of several orders, and these do not overlap each other."""
    _, place, sizes = np.unique(heads, return_inverse=True, return_counts=True)
    orders = np.unique(np.column_stack([place, log.order[rows]]), axis=0)
    several = np.bincount(orders[:, 0], minlength=len(sizes)) > 1
    if several.sum() < _FEWEST or sizes[several].sum() < _SHARE * len(rows):
        return False
    first = np.unique(heads)
    first = first[np.argsort(log.start[first])]
    start, end = log.start[first], log.end[first]
    overlap = np.maximum(np.maximum.accumulate(end)[:-1] - start[1:], 0.0) if len(first) > 1 else np.zeros(1)
    return bool(overlap.sum() <= _OVERLAP * (end - start).sum())


def rule_of(log: EventLog, together: Together, rows: Integers, ready: Floats, clock: OpenClock) -> BatchRule:
    """How a station that works in batches puts orders together.

    Args:
        log: The log.
        together: Which reports are one batch.
        rows: Its reports.
        ready: (n,) h at which each order could have been begun; nan: not known.
        clock: Its open hours.
    """
    batches: dict[int, list[int]] = defaultdict(list)
    for row in rows.tolist():
        batches[int(together.head[row])].append(row)
    sizes = np.array([len(one) for one in batches.values()])
    triggered, waited = _idle_starts(log, list(batches.values()), ready, clock)
    minimum, patience = _minimum(triggered, waited)
    counts = np.bincount(sizes)
    return BatchRule(
        Batch(int(sizes.max()), minimum, patience),
        _classes(log, list(batches.values())),
        len(sizes),
        tuple((size, int(count)) for size, count in enumerate(counts) if count),
        len(triggered),
        len(waited),
    )


def _idle_starts(
    log: EventLog, batches: Sequence[Sequence[int]], ready: Floats, clock: OpenClock
) -> tuple[list[int], list[float]]:
    """Batches that a machine began after it had been idle.

    Returns:
        Sizes of those that began as their last order came, and for the others how long the first one had waited, h.
    """
    near = max(_TOGETHER, _NEAR * float(np.median([log.end[one[0]] - log.start[one[0]] for one in batches])))
    last: dict[int, float] = {}
    sizes: list[int] = []
    waited: list[float] = []
    for members in sorted(batches, key=lambda one: float(log.start[one[0]])):
        resource, start = int(log.resource[members[0]]), float(log.start[members[0]])
        before = last.get(resource, np.inf)
        last[resource] = max(float(log.end[row]) for row in members)
        came = ready[list(members)]
        if np.isnan(came).any() or start - before <= near or not bool(clock.is_open(start - near)):
            continue
        if start - came.max() <= near:
            sizes.append(len(members))
        else:
            waited.append(start - float(came.min()))
    return sizes, waited


def _minimum(triggered: Sequence[int], waited: Sequence[float]) -> tuple[int, float | None]:
    """For how many orders an idle machine waits, and how long; 1 where no rule is evident."""
    if len(triggered) < _EVIDENT:
        return 1, None
    values, counts = np.unique(triggered, return_counts=True)
    minimum = int(values[np.cumsum(counts) >= _USUAL * len(triggered)][0])
    if len(waited) <= _RARE * (len(triggered) + len(waited)):
        return minimum, None
    low, usual, high = np.quantile(waited, (0.25, 0.5, 0.75))
    if minimum > 1 and high - low <= _EVEN * usual:
        return minimum, float(f"{usual:.3g}")
    return 1, None


def _classes(log: EventLog, batches: Sequence[Sequence[int]]) -> tuple[frozenset[tuple[int, int]], ...]:
    """What was ever in one batch is one class, also over a third."""
    class_of: dict[tuple[int, int], tuple[int, int]] = {}

    def root(one: tuple[int, int]) -> tuple[int, int]:
        while class_of.setdefault(one, one) != one:
            one = class_of[one]
        return one

    for members in batches:
        kinds = [(int(log.operation[row]), int(log.material[row])) for row in members]
        for kind in kinds:
            class_of[root(kind)] = root(kinds[0])
    found: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for kind in sorted(class_of):
        found[root(kind)].add(kind)
    return tuple(frozenset(one) for one in found.values())
