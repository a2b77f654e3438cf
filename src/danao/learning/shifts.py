"""Working hours of the week, from the moments at which work ends; and the clock that runs only in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from danao.learning.log import Flags, Floats

WEEK = 168.0
Spans = tuple[tuple[float, float], ...]

_SPARSE = 0.05
_FULL = 20.0
_FEWEST = 60


@dataclass(frozen=True)
class OpenClock:
    """Counts only the open hours of a weekly calendar; no spans: all hours."""

    spans: Spans = ()

    @property
    def share(self) -> float:
        """Open share of the week."""
        return sum(end - start for start, end in self.spans) / WEEK if self.spans else 1.0

    def passed(self, hours: Floats | float) -> Floats:
        """Open hours from hour 0 to some hours."""
        hours = np.asarray(hours, dtype=np.float64)
        if not self.spans:
            return hours
        weeks = np.floor(hours / WEEK)
        rest = hours - weeks * WEEK
        inside = sum(np.clip(rest - start, 0.0, end - start) for start, end in self.spans)
        return np.asarray(weeks * self.share * WEEK + inside)

    def at(self, passed: Floats | float) -> Floats:
        """The first hour at which so many open hours have passed."""
        passed = np.asarray(passed, dtype=np.float64)
        if not self.spans:
            return passed
        whole = self.share * WEEK
        weeks = np.ceil(passed / whole - 1e-12) - 1
        rest = passed - weeks * whole
        lengths = np.array([end - start for start, end in self.spans])
        before = np.concatenate([[0.0], np.cumsum(lengths)])
        place = np.clip(np.searchsorted(before, rest - 1e-9, side="left") - 1, 0, len(lengths) - 1)
        starts = np.array([start for start, _ in self.spans])
        return np.asarray(weeks * WEEK + starts[place] + rest - before[place])

    def between(self, start: Floats | float, end: Floats | float) -> Floats:
        """Open hours between two hours; 0 where the second is earlier."""
        return np.asarray(np.maximum(self.passed(end) - self.passed(start), 0.0))

    def is_open(self, hours: Floats | float) -> Flags:
        """Whether it is open just after some hours."""
        rest = np.asarray(hours, dtype=np.float64) % WEEK
        if not self.spans:
            return np.ones(rest.shape, dtype=bool)
        return np.asarray(np.any([(start <= rest) & (rest < end) for start, end in self.spans], axis=0))


@dataclass(frozen=True)
class Shifts:
    """Working hours, and what they rest on."""

    clock: OpenClock
    moments: int
    outside: int
    """Moments outside the hours."""
    bin: float
    """Hours by which the week was divided."""


def shifts_of(moments: Floats, *, close: float = 0.0) -> Shifts:
    """The open hours of the week.

    An hour of the week is open if about as much ends in it as in others. Ends are used because work that is recorded as
    begun may wait for the next morning, while nothing ends when nobody is there. Hours that a short log does not
    reach are taken as open.

    Args:
        moments: Hours of the log at which work ended.
        close: Gaps between open hours up to so long are closed up as well.
    """
    if len(moments) < _FEWEST:
        return Shifts(OpenClock(), len(moments), 0, WEEK)
    rest = (np.asarray(moments) - 1e-6) % WEEK
    for width in (0.5, 1.0, 2.0):
        counts = np.bincount((rest / width).astype(int), minlength=round(WEEK / width))
        if counts[counts > 0].mean() >= _FULL:
            break
    usual = float(np.median(counts[counts > 0]))
    is_open = (counts >= max(1.0, _SPARSE * usual)) | ~_reached(float(moments.min()), float(moments.max()), width)
    gap = max(close, 0.0 if usual >= _FULL else 2 * width)
    spans = _spans(is_open, width, gap)
    clock = OpenClock(() if spans == ((0.0, WEEK),) else spans)
    return Shifts(clock, len(moments), int((~clock.is_open(rest)).sum()), width)


def _reached(first: float, last: float, width: float) -> Flags:
    """Which bins of the week lie wholly between two moments."""
    bins = np.arange(round(WEEK / width))
    if last - first >= WEEK:
        return np.ones(len(bins), dtype=bool)
    reached = np.arange(int(first / width) + 1, int(last / width)) % len(bins)
    return np.isin(bins, reached)


def _spans(is_open: Flags, width: float, gap: float) -> Spans:
    """Open spans of the week; gaps up to a length are open too."""
    spans: list[tuple[float, float]] = []
    for place in np.flatnonzero(is_open):
        start, end = float(place * width), float((place + 1) * width)
        if spans and start - spans[-1][1] <= gap:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    if len(spans) > 1 and spans[0][0] + WEEK - spans[-1][1] <= gap:
        spans = [(0.0, spans[0][1]), *spans[1:-1], (spans[-1][0], WEEK)]
    return tuple(spans)
