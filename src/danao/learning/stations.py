"""Stations: resources that do the same work are one; how many machines, and whether work stops with the shift."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from danao.learning.log import BREAKDOWN, EventLog, Flags, Floats, Integers
from danao.learning.shifts import WEEK, OpenClock, Shifts, Spans, shifts_of

ALIKE = 0.4
"""Resources whose work differs by no more than this (1 - cosine of their operations) are one station."""

_OWN_SHIFTS = 150
_LONG_BREAK = 4.0
_A_MINUTE = 1 / 60
_A_SECOND = 1 / 3600
_SOME = 3
_OFTEN = 0.005


@dataclass(frozen=True)
class StationFacts:
    """A station as the log shows it."""

    name: str
    resources: tuple[str, ...]
    """Empty: the log names none."""
    machines: int
    """Jobs that it does at once."""
    shifts: Shifts
    on_close: Literal["finish", "pause"]
    reports: int
    busy: float
    """Mean number of jobs that ran at once, in its open hours."""
    most: int
    """Largest number of reports that were open at once."""
    crossed: int
    """Reports that ran over a long break of the shifts."""
    at_close: int
    """Reports that began at the very moment at which a shift ended."""

    @property
    def calendar(self) -> Spans:
        """Open hours for the plant: a minute longer where work is begun as the shift ends, and left for the next."""
        if self.on_close == "finish" or self.at_close < max(_SOME, _OFTEN * self.reports):
            return self.clock.spans
        ends = [start for start, _ in self.clock.spans[1:]] + [WEEK + 1]
        pairs = zip(self.clock.spans, ends, strict=True)
        return tuple((start, min(end + _A_MINUTE, after - _A_MINUTE, WEEK)) for (start, end), after in pairs)

    @property
    def clock(self) -> OpenClock:
        """Of its open hours."""
        return self.shifts.clock


@dataclass(frozen=True)
class Stations:
    """All stations, and which one each report belongs to."""

    facts: tuple[StationFacts, ...]
    of: Integers
    """(n,) station of each report."""
    plant: Shifts
    """Working hours of the plant as a whole."""


def stations_of(log: EventLog) -> Stations:
    """The stations of a log."""
    of, members = _groups(log)
    plant = shifts_of(log.end[~log.running])
    names = _names(log, of, members)
    facts = tuple(_facts(log, of == number, names[number], members[number], plant) for number in range(len(members)))
    return Stations(facts, of, plant)


def _groups(log: EventLog) -> tuple[Integers, list[tuple[int, ...]]]:
    """Station of each report, and the resources of each station."""
    known = log.resource >= 0
    used, place = np.unique(log.resource[known], return_inverse=True)
    count = len(used)
    table = np.zeros((count, len(log.operations)))
    np.add.at(table, (place, log.operation[known]), 1.0)
    if count > 1:
        labels = fcluster(linkage(table, "average", "cosine"), ALIKE, "distance") - 1
    else:
        labels = np.zeros(count, dtype=np.int64)
    _, labels = np.unique(labels, return_inverse=True)
    groups = int(labels.max()) + 1 if count else 0
    members: list[tuple[int, ...]] = [tuple(used[labels == one].tolist()) for one in range(groups)]
    of = np.full(len(log), -1)
    of[known] = labels[place]
    for operation in np.unique(log.operation[~known]).tolist():
        nameless = ~known & (log.operation == operation)
        beside = of[known & (log.operation == operation)]
        if len(beside):
            of[nameless] = np.bincount(beside).argmax()
        else:
            of[nameless] = len(members)
            members.append(())
    return of.astype(np.int64), members


def _names(log: EventLog, of: Integers, members: list[tuple[int, ...]]) -> list[str]:
    """One name each: of the only resource, what the resources' names share, or the main operation."""
    found: list[str] = []
    for number, group in enumerate(members):
        main = log.operations[int(np.bincount(log.operation[of == number]).argmax())]
        names = [log.resources[one] for one in group]
        shared = re.sub(r"[\s\-_#0-9]+$", "", _prefix(names)) if len(names) > 1 else "".join(names)
        name = shared if len(shared) > 2 else main
        found.append(name if name not in found else f"{name} {1 + sum(one.startswith(name) for one in found)}")
    return found


def _prefix(names: list[str]) -> str:
    """The letters with which all names begin."""
    pairs = zip(*names, strict=False)
    return "".join(letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, pairs))


def _facts(log: EventLog, mine: Flags, name: str, group: tuple[int, ...], plant: Shifts) -> StationFacts:
    start, end = log.start[mine], log.ends()[mine]
    shifts = plant
    if mine.sum() >= _OWN_SHIFTS:
        own = shifts_of(end[~log.running[mine]])
        if own.clock.share < 0.9 * plant.clock.share:
            shifts = own
    work = mine & (log.kind != BREAKDOWN)
    levels, hours = concurrency(log.start[work], log.ends()[work])
    worked = float(shifts.clock.between(log.start[work], log.ends()[work]).sum())
    available = float(shifts.clock.between(log.start.min(), np.float64(log.cut)))
    on_close, crossed = _at_close(start, log.end[mine], shifts.clock)
    return StationFacts(
        name=name,
        resources=tuple(log.resources[one] for one in group),
        machines=max(len(group), _usual_most(levels, hours, 0.9 if group else 0.98)),
        shifts=shifts,
        on_close=on_close,
        reports=int(mine.sum()),
        busy=worked / max(available, 1e-9),
        most=int(levels.max()) if len(levels) else 0,
        crossed=crossed,
        at_close=int(sum((np.abs(start % WEEK - close) < _A_SECOND).sum() for _, close in shifts.clock.spans)),
    )


def concurrency(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Number of open reports on each stretch of time, and its length; where nothing runs is left out."""
    times = np.concatenate([start, end])
    step = np.concatenate([np.ones(len(start)), -np.ones(len(end))])
    place = np.lexsort((step, times))
    levels = np.cumsum(step[place])[:-1]
    hours = np.diff(times[place])
    some = (hours > 0) & (levels > 0)
    return levels[some], hours[some]


def _usual_most(levels: Floats, hours: Floats, share: float) -> int:
    """The number of jobs at once that is not exceeded in a share of the busy time: reports overlap here and there."""
    if not len(levels):
        return 1
    at = np.cumsum(np.bincount(levels.astype(int), weights=hours))
    return max(int(np.searchsorted(at, share * at[-1])), 1)


def _at_close(start: Floats, end: Floats, clock: OpenClock) -> tuple[Literal["finish", "pause"], int]:
    """Whether jobs that meet the end of the shift go on after the break, and how many did."""
    ended = np.isfinite(end)
    start, end = start[ended], end[ended]
    idle = (end - start) - clock.between(start, end)
    crossed = idle >= _LONG_BREAK
    finished = (idle > 0.25) & ~clock.is_open(end - 1e-6)
    pauses = crossed.sum() > max(finished.sum(), 0.005 * len(end))
    return "pause" if pauses else "finish", int(crossed.sum())
