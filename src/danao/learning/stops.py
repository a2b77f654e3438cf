"""Breakdowns that hide in the reports of jobs: a few that took far longer than all others of their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from danao.learning.fitting import Fit, fit
from danao.learning.log import Flags, Floats

_FAR = 6.0
_LONGER = 0.5
_MOST = 0.05
_FEWEST = 3
_ENOUGH = 100
_EXPECTED = 0.05
_QUARTILES = 2 * float(stats.norm.ppf(0.75))


@dataclass(frozen=True)
class Stops:
    """Stops of the machines of a station, as far as they hide in its reports."""

    up: float
    """Mean hours of work between two stops."""
    down: Fit
    """Their length, h."""


def is_stopped(hours: Floats) -> Flags:
    """(n,) which jobs of one kind took so long that a stop must hide in them.

    Far out by Tukey's rule (six interquartile ranges above the third quartile), a few of many, and twenty times as
    often as under a lognormal law with the same quartiles, so that laws with a long tail have none.

    Args:
        hours: (n,) times of jobs of one kind.

    Source: Tukey, Exploratory Data Analysis, 1977, for the fences.
    """
    nothing = np.zeros(len(hours), dtype=bool)
    if len(hours) < _ENOUGH:
        return nothing
    low, middle, high = np.quantile(hours, (0.25, 0.5, 0.75)).tolist()
    if low <= 0:
        return nothing
    fence = high + max(_FAR * (high - low), _LONGER * high)
    far = hours > fence
    spread = np.log(high / low) / _QUARTILES
    expected = len(hours) * float(stats.norm.sf(np.log(fence / middle) / spread)) if spread > 0 else 0.0
    return far if expected < _EXPECTED * far.sum() and far.sum() <= _MOST * len(hours) else nothing


def stops_of(kinds: Sequence[tuple[Floats, Floats]]) -> Stops | None:
    """The stops of a station from the jobs of all kinds; None where fewer than three are seen.

    Args:
        kinds: Of each kind of job the times without and with a stop, h.
    """
    some = [(usual, far, float(np.median(usual))) for usual, far in kinds if len(usual)]
    count = sum(len(far) for _, far, _ in some)
    if count < _FEWEST:
        return None
    work = sum(float(usual.sum()) + len(far) * middle for usual, far, middle in some)
    return Stops(work / count, fit(np.concatenate([far - middle for _, far, middle in some])))
