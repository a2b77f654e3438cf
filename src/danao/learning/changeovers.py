"""Changeovers that nobody reported: what a machine loses when the next job is unlike the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from danao.learning.batches import Together
from danao.learning.log import BREAKDOWN, PRODUCTION, SETUP, EventLog, Floats, Integers
from danao.learning.shifts import OpenClock

Attribute = Literal["material", "operation"]
Where = Literal["gap", "report"]

_SURE = 1e-4
_FEWEST = 5
_FEWEST_EACH = 15
_A_SECOND = 1 / 3600
_NEAR = 1 / 60
_TRIM = 0.1
_CLEAR = 0.7
_ALIKE = 0.25
_WORTH = 0.02
_MOST_VALUES = 60


@dataclass(frozen=True)
class Changeover:
    """Setup times of a station between classes of work."""

    attribute: Attribute
    """What the classes are made of."""
    where: Where
    """`gap`: the setup lies between two reports; `report`: the report of the next job holds it."""
    class_of: Mapping[int, int]
    """Number of the material or operation to its class."""
    hours: Mapping[tuple[int, int], float]
    """(from, to) class to the setup, h; all pairs."""
    counts: Mapping[tuple[int, int], int]
    """Changes that were seen of each pair."""
    like: int
    """Jobs that followed one of their own class."""
    p: float
    """Of the Mann-Whitney test that changes take no longer."""
    alternatives: tuple[tuple[str, float], ...]
    """(attribute and place, p) of what was tried beside it."""

    def setup(self, before: int, after: int) -> float:
        """Hours from one value of the attribute to another one."""
        pair = self.class_of.get(before, -1), self.class_of.get(after, -1)
        return self.hours.get(pair, 0.0)


@dataclass(frozen=True)
class _Pairs:
    """Consecutive jobs of one machine, (m,) each."""

    before: Integers
    after: Integers
    """Rows."""
    gap: Floats
    """Open hours between them; nan where the later order came after the machine was free."""
    span: Floats
    """Open hours of the later one."""


@dataclass(frozen=True)
class _Table:
    """Extra hours of each pair of values."""

    values: Integers
    extra: Floats
    """(v, v), nan where too few were seen."""
    p: float
    clear: float
    """Probability that a change takes longer than none."""
    like: int
    unlike: int
    mean: float
    """Extra hours of a change, over all."""


def changeover_of(
    log: EventLog, together: Together, rows: Integers, ready: Floats, clock: OpenClock
) -> Changeover | None:
    """The setups of a station, where they are evident; None where not, or where they are reported.

    The later of two jobs in a row on one machine takes more time, or begins later although it was there, if it is
    unlike the one before. A change is compared with the jobs of the same kind that followed one of their kind, so that
    kinds of work that take longer are not taken for setups. Kinds between which nothing is lost are one class.

    Args:
        log: The log.
        together: Which reports are one batch.
        rows: Reports of the station.
        ready: (n,) h at which each order could have been begun; nan: not known.
        clock: Its open hours.

    Source: Mann & Whitney 1947, at 0.01 %; classes by average linkage.
    """
    if (log.kind[rows] == SETUP).any():
        return None
    pairs = _pairs(log, together, rows, ready, clock)
    found = []
    for attribute, column in (("material", log.material), ("operation", log.operation)):
        for where, lost in (("gap", pairs.gap), ("report", pairs.span)):
            table = _table(column[pairs.before], column[pairs.after], lost)
            if table is not None:
                found.append((table, attribute, where))
    usual = float(pairs.span.mean()) if len(pairs.span) else 0.0
    sure = [one for one in found if _evident(one[0], one[2], usual)]
    if not sure:
        return None
    table, attribute, where = min(sure, key=lambda one: (one[0].p, -one[0].mean))
    others = tuple((f"{one[1]}, {one[2]}", one[0].p) for one in found if one[0] is not table)
    column = log.material if attribute == "material" else log.operation
    lost = pairs.gap if where == "gap" else pairs.span
    return _classed(table, column[pairs.before], column[pairs.after], lost, attribute, where, others)


def _evident(table: _Table, where: str, usual: float) -> bool:
    long = table.mean > max(_A_SECOND, _WORTH * usual)
    return table.p < _SURE and long and (where == "report" or table.clear >= _CLEAR)


def _pairs(log: EventLog, together: Together, rows: Integers, ready: Floats, clock: OpenClock) -> _Pairs:
    """Jobs that followed each other on a machine that does one at a time; nothing around breakdowns."""
    mine = rows[together.heads[rows] & (log.resource[rows] >= 0) & ~log.running[rows]]
    mine = mine[np.lexsort((log.start[mine], log.resource[mine]))]
    before, after = mine[:-1], mine[1:]
    production = (log.kind[before] == PRODUCTION) & (log.kind[after] == PRODUCTION)
    keep = production & (log.resource[before] == log.resource[after])
    keep &= log.start[after] >= log.end[before] - _A_SECOND
    before, after = before[keep], after[keep]
    gap = clock.between(log.end[before], log.start[after])
    gap = np.where(ready[after] <= log.end[before] + _NEAR, gap, np.nan)
    return _Pairs(before, after, gap, clock.between(log.start[after], log.end[after]))


def _table(before: Integers, after: Integers, lost: Floats) -> _Table | None:
    """What each change of a value costs beside no change; None where too few are there to tell."""
    keep = np.isfinite(lost) & (before >= 0) & (after >= 0)
    before, after, lost = before[keep], after[keep], lost[keep]
    values = np.unique(after)
    if not 2 <= len(values) <= _MOST_VALUES:
        return None
    extra = np.full((len(values), len(values)), np.nan)
    like_rest: list[Floats] = []
    unlike_rest: list[Floats] = []
    for place, value in enumerate(values.tolist()):
        mine = after == value
        like = lost[mine & (before == value)]
        if len(like) < _FEWEST:
            continue
        usual = _middle(like)
        like_rest.append(like - usual)
        unlike_rest.append(lost[mine & (before != value)] - usual)
        for other, one in enumerate(values.tolist()):
            changed = lost[mine & (before == one)]
            if len(changed) >= _FEWEST:
                extra[other, place] = _middle(changed) - usual
    if not like_rest:
        return None
    like, unlike = np.concatenate(like_rest), np.concatenate(unlike_rest)
    if min(len(like), len(unlike)) < _FEWEST_EACH:
        return None
    test = stats.mannwhitneyu(unlike, like, alternative="greater")
    clear = float(test.statistic) / (len(like) * len(unlike))
    return _Table(values, extra, float(test.pvalue), clear, len(like), len(unlike), _middle(unlike))


def _middle(hours: Floats) -> float:
    """Mean without the longest and the shortest tenth: breakdowns and slips hide in them."""
    return float(stats.trim_mean(hours, _TRIM))


def _classed(
    table: _Table,
    before: Integers,
    after: Integers,
    lost: Floats,
    attribute: str,
    where: str,
    others: tuple[tuple[str, float], ...],
) -> Changeover | None:
    """Values between which nothing is lost are one class; the setups between classes from all their changes."""
    labels = _labels(table)
    if labels.max() == 0:
        return None
    class_of = {int(value): int(label) for value, label in zip(table.values, labels, strict=True)}
    keep = np.isfinite(lost) & np.isin(before, table.values) & np.isin(after, table.values)
    start = np.array([class_of[one] for one in before[keep].tolist()])
    end = np.array([class_of[one] for one in after[keep].tolist()])
    kind, hours = after[keep], lost[keep].copy()
    for value in table.values.tolist():
        like = (kind == value) & (start == end)
        if like.any():
            hours[kind == value] -= _middle(hours[like])
    setups, counts = {}, {}
    for one, other in _unlike(int(labels.max()) + 1):
        seen = hours[(start == one) & (end == other)]
        counts[one, other] = len(seen)
        setups[one, other] = _round(max(_middle(seen), 0.0) if len(seen) >= _FEWEST else table.mean)
    return Changeover(
        "material" if attribute == "material" else "operation",
        "gap" if where == "gap" else "report",
        class_of,
        setups,
        counts,
        int((start == end).sum()),
        table.p,
        others,
    )


def _labels(table: _Table) -> Integers:
    """Class of each value: pairs of which too few were seen count as a change like all others."""
    one_way = np.where(np.isnan(table.extra), table.mean, np.maximum(table.extra, 0.0))
    seen = np.isfinite(table.extra)
    either = np.where(seen & ~seen.T, one_way, np.where(seen.T & ~seen, one_way.T, np.maximum(one_way, one_way.T)))
    np.fill_diagonal(either, 0.0)
    groups = fcluster(linkage(squareform(either, checks=False), "average"), _ALIKE * table.mean, "distance")
    _, labels = np.unique(groups, return_inverse=True)
    return np.asarray(labels, dtype=np.int64)


def _unlike(count: int) -> Iterator[tuple[int, int]]:
    return ((one, other) for one in range(count) for other in range(count) if one != other)


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def setup_hours(
    log: EventLog,
    together: Together,
    station: Integers,
    changes: Sequence[Changeover | None],
    clocks: Sequence[OpenClock],
) -> Floats:
    """(n,) h of setup before or in each report, by what its machine did before."""
    hours = np.zeros(len(log))
    for number, change in enumerate(changes):
        if change is None:
            continue
        rows = np.flatnonzero((station == number) & (log.kind != BREAKDOWN) & (log.resource >= 0) & together.heads)
        rows = rows[np.lexsort((log.start[rows], log.resource[rows]))]
        column = log.material if change.attribute == "material" else log.operation
        same = log.resource[rows[1:]] == log.resource[rows[:-1]]
        for before, after in zip(rows[:-1][same].tolist(), rows[1:][same].tolist(), strict=True):
            setup = change.setup(int(column[before]), int(column[after]))
            if change.where == "gap":
                gap = max(float(log.start[after] - log.end[before]), 0.0) if not log.running[before] else 0.0
                setup = min(setup, gap)
            hours[after] = setup
    return np.asarray(hours[together.head])
