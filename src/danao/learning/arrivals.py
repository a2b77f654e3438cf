"""How orders come in: gaps on the clock of the working hours, from the moment at which their rate has settled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from danao.learning.fitting import Fit, fit
from danao.learning.log import Flags, Floats
from danao.learning.shifts import OpenClock, shifts_of
from danao.plant import Distribution, Family

_SURE = 0.001
_FEWEST = 10
_A_MINUTE = 1 / 60
_WITHIN = 0.9
_MANY = 300


@dataclass(frozen=True)
class Arrivals:
    """The arrival of orders."""

    clock: OpenClock
    gaps: Fit
    """Open hours between two arrivals."""
    first: float
    """Hour of the log from which the rate holds."""
    last: float
    """Hour of the last arrival."""
    orders: int
    """Arrivals that the fit rests on."""
    left_out: int
    """Orders before `first`, among them those that were under way when the log began."""

    observed: tuple[float, ...] = ()
    """The gaps, open hours."""

    def resampled(self, chooser: np.random.Generator) -> Arrivals:
        """The same from gaps drawn with replacement."""
        if not self.observed:
            return self
        return replace(self, gaps=_resampled(np.array(self.observed), chooser))

    def sample(self, start: float, count: int, chooser: np.random.Generator) -> Floats:
        """Hours of the next arrivals after a moment at which one came."""
        law, numbers = self.gaps.distribution.family, self.gaps.distribution.parameters
        gaps = draws(str(law), numbers, count, chooser)
        return self.clock.at(self.clock.passed(np.float64(start)) + np.cumsum(gaps))


def _resampled(gaps: Floats, chooser: np.random.Generator) -> Fit:
    drawn = chooser.choice(gaps, len(gaps))
    return _gaps(drawn, np.zeros(len(drawn), dtype=bool))


def draws(family: str, numbers: tuple[float, ...], count: int, chooser: np.random.Generator) -> Floats:
    """Times of a distribution of the plant model, h."""
    if family == "constant":
        return np.full(count, numbers[0])
    if family == "exponential":
        return chooser.exponential(numbers[0], count)
    if family == "empirical":
        return chooser.choice(np.array(numbers), count)
    if family == "gamma":
        shape = (numbers[0] / numbers[1]) ** 2
        return chooser.gamma(shape, numbers[0] / shape, count)
    if family == "lognormal":
        spread = np.log1p((numbers[1] / numbers[0]) ** 2)
        return chooser.lognormal(np.log(numbers[0]) - spread / 2, np.sqrt(spread), count)
    if family == "weibull":
        return numbers[0] * chooser.weibull(numbers[1], count)
    return np.maximum(chooser.normal(numbers[0], numbers[1], count), 0.0)


def arrivals_of(first_start: Floats, under_way: Flags, clock: OpenClock, cut: float, longest: float = 0.0) -> Arrivals:
    """The arrivals of a log.

    The first reports of orders that were already in the plant look like arrivals. They are left out as long as an order
    may have waited; a change of the rate after that, in the first half of the log (likelihood ratio of two Poisson
    rates), is taken as the true end of it.

    They count on the clock of the working hours, unless more than a tenth of them comes outside.

    Args:
        first_start: (orders,) h, when each order came, or its first report.
        under_way: (orders,) known to have begun before the log.
        clock: Working hours.
        cut: End of the log, h.
        longest: Hours that an order may have waited for its next step, at most a third of the log is left out for it.
    """
    seen = np.isfinite(first_start)
    moments = np.sort(first_start[seen & ~under_way])
    inside = clock.is_open(moments - 1e-6) | clock.is_open(moments)
    if len(moments) and inside.mean() < _WITHIN:
        clock = shifts_of(moments).clock if len(moments) >= _MANY else OpenClock()
    begin = float(first_start[seen].min())
    later = moments[moments >= begin + min(longest, (cut - begin) / 3)]
    moments = later if len(later) >= _FEWEST else moments
    if not len(moments):
        moments = np.sort(first_start[seen])
    opened = clock.passed(moments)
    begin = _settled(opened, float(clock.passed(np.float64(cut))))
    kept = opened[opened >= begin]
    gaps = np.diff(kept)
    rest = float(clock.passed(np.float64(cut)) - kept[-1])
    censored = np.zeros(len(gaps), dtype=bool)
    typical = float(gaps.mean()) if len(gaps) else max(rest, 1.0)
    if rest > 2 * typical:
        gaps, censored = np.append(gaps, rest), np.append(censored, True)
    fitted = _gaps(gaps if len(gaps) else np.array([typical]), censored if len(gaps) else np.zeros(1, dtype=bool))
    return Arrivals(
        clock=clock,
        gaps=fitted,
        first=float(clock.at(np.float64(begin))),
        last=float(moments[-1]),
        orders=len(kept),
        left_out=int(seen.sum()) - len(kept),
        observed=tuple(gaps.tolist()),
    )


def _gaps(gaps: Floats, censored: Flags) -> Fit:
    """A law of the gaps with a mean above 0, also where most orders come together."""
    found = fit(gaps, censored)
    if found.distribution.mean > 0:
        return found
    mean = float(gaps.mean()) or _A_MINUTE
    return Fit(Distribution(Family.EXPONENTIAL, (float(f"{mean:.5g}"),)), len(gaps), 0, 1.0, ())


def _settled(opened: Floats, end: float) -> float:
    """Open hour from which the rate of the arrivals holds."""
    begin = float(opened[0])
    total = len(opened)
    if total < 4 * _FEWEST:
        return begin

    def likelihood(count: int, hours: float) -> float:
        return count * np.log(count / hours) if count and hours > 0 else 0.0

    best, place = 0.0, begin
    for number in range(_FEWEST, total // 2 + 1):
        at = float(opened[number])
        if not begin < at <= begin + (end - begin) / 2:
            continue
        gain = 2 * (
            likelihood(number, at - begin) + likelihood(total - number, end - at) - likelihood(total, end - begin)
        )
        if gain > best:
            best, place = gain, at
    return place if best > stats.chi2.isf(_SURE / (total / 2), 1) else begin
