"""Stations: resources that do the same work are one; how many machines, and whether work stops with the shift."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from danao.learning.batches import BatchRule, Together, rule_of, together_of
from danao.learning.changeovers import Changeover, changeover_of, setup_hours
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
_MOSTLY = 0.8


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
    rule: BatchRule | None = None
    """How orders are put together; None: one at a time."""
    changeover: Changeover | None = None
    """Setups that nobody reported; None: none were evident."""

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
    heads: Flags
    """(n,) one report of each batch; all others."""
    setups: Floats
    """(n,) h of setup in or before each report."""

    def with_setups(self, log: EventLog) -> EventLog:
        """The log with all setups in its reports: those that lie between reports begin earlier."""
        before = np.array([one.changeover is not None and one.changeover.where == "gap" for one in self.facts])
        return replace(log, start=log.start - np.where(before[self.of], self.setups, 0.0)) if before.any() else log


def stations_of(log: EventLog) -> Stations:
    """The stations of a log."""
    of, members = _groups(log)
    plant = shifts_of(log.end[~log.running])
    names = _names(log, of, members)
    together = Together(np.arange(len(log)), frozenset()) if log.by_people else together_of(log)
    facts = [
        _facts(log, of == number, names[number], members[number], plant, together.heads)
        for number in range(len(members))
    ]
    if not log.by_people:
        ready = ready_times(log)
        facts = [_with_rules(log, one, np.flatnonzero(of == k), together, ready) for k, one in enumerate(facts)]
    changes, clocks = [one.changeover for one in facts], [one.clock for one in facts]
    setups = setup_hours(log, together, of, changes, clocks)
    return Stations(tuple(facts), of, plant, together.heads, setups)


def ready_times(log: EventLog) -> Floats:
    """(n,) h at which the order of each report was there for it: the end of what came before, or its arrival.

    nan: not known, as for the first report of an order whose arrival was not recorded.
    """
    ready = np.full(len(log), np.nan)
    ends = log.ends()
    for order, rows in enumerate(log.by_order()):
        last = float(log.arrived[order]) if len(log.arrived) else np.nan
        pending: list[float] = []
        for row in rows.tolist():
            start = float(log.start[row]) + _A_SECOND
            done = [end for end in pending if end <= start]
            if done:
                last = max(done) if np.isnan(last) else max(last, *done)
                pending = [end for end in pending if end > start]
            ready[row] = last
            pending.append(float(ends[row]))
    return ready


def _with_rules(log: EventLog, facts: StationFacts, rows: Integers, together: Together, ready: Floats) -> StationFacts:
    """The same with its batches and setups."""
    in_batches = np.isin(log.resource[rows], list(together.resources))
    rule = rule_of(log, together, rows[in_batches], ready, facts.clock) if in_batches.mean() >= _MOSTLY else None
    return replace(facts, rule=rule, changeover=changeover_of(log, together, rows, ready, facts.clock))


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


def _facts(log: EventLog, mine: Flags, name: str, group: tuple[int, ...], plant: Shifts, heads: Flags) -> StationFacts:
    start, end = log.start[mine], log.ends()[mine]
    shifts = plant
    if mine.sum() >= _OWN_SHIFTS:
        own = shifts_of(end[~log.running[mine]])
        if own.clock.share < 0.9 * plant.clock.share:
            shifts = own
    work = mine & (log.kind != BREAKDOWN) & heads
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
