"""When a plant that started empty has forgotten its start: how much of a run is warm-up."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from danao.core.errors import BadInput, DanaoError
from danao.twin.runs import Floats

BATCH = 5
"""Observations averaged into one before the rule looks at them: the 5 of MSER-5."""
FEWEST_BATCHES = 10
"""With fewer the rule chases noise."""


class NotSettled(DanaoError):
    """The series still drifts in its second half: no warm-up inside it can be recommended."""


def mser5(series: ArrayLike, *, where: str = "series") -> int:
    """Observations to leave out at the start of one series, by the marginal standard error rule (MSER-5).

    The series is averaged in batches of 5. Of all ways to cut batches off its start, the rule takes the one after which
    the mean of the m batches that are left has the smallest estimated squared error, sum of squares / m². A cut that
    gives away the noisy start but keeps the rest: cutting more loses observations, cutting less keeps the bias. The
    last 5 batches are never judged alone, since so few can look alike by chance.

    Args:
        series: (n,) observations at equal distances, n at least 50; up to 4 at the end that fill no batch are not used.
        where: What the series is, for the messages.

    Returns:
        Number of observations to leave out: a multiple of 5, at most half of the series.

    Raises:
        BadInput: Not one row of finite numbers, or fewer than 50.
        NotSettled: The best cut lies in the second half: the run is too short for its transient.

    Source: White, An effective truncation heuristic for bias reduction in simulation output, Simulation 69 (1997);
        White, Cobb & Spratt, A comparison of five steady-state truncation heuristics for simulation, WSC 2000 (batches
        of 5); the half: Hoad, Robinson & Davies, Automating warm-up length estimation, JORS 61 (2010).
    """
    values = _numbers(series, 1, where)
    batches = len(values) // BATCH
    if batches < FEWEST_BATCHES:
        raise BadInput(
            where,
            f"{len(values)} observations",
            f"Expected at least {FEWEST_BATCHES * BATCH}",
            "Run longer, or take shorter windows",
        )
    sums = values[: batches * BATCH].reshape(batches, BATCH).sum(axis=1)
    sums -= np.median(sums)
    sums = np.ldexp(sums, -int(np.frexp(np.abs(sums).max())[1]))  # squares of any unit neither overflow nor vanish
    left = np.arange(batches, 0, -1)
    total, squares = (np.cumsum(power[::-1])[::-1] for power in (sums, sums * sums))
    errors = np.maximum(squares - total * total / left, 0.0) / (left * left)
    cut = int(np.argmin(errors[: batches - BATCH + 1]))
    if 2 * cut > batches:
        raise NotSettled(
            where,
            f"the best cut is after {cut * BATCH} of {len(values)} observations",
            "Expected a series that is steady in its second half",
            "Run longer; if it keeps drifting, the plant takes in more than it can do and has no steady state",
        )
    return cut * BATCH


def warm_up_of(windows: ArrayLike, hours: float, *, where: str = "warm-up") -> float:
    """Recommended warm-up of a plant, from one KPI in consecutive windows of several replications.

    The replications are averaged window by window, so that the drift of the start stands out from the noise (Welch),
    and MSER-5 cuts the mean curve. Take a KPI that settles last, such as the work in process, rather than the
    throughput; with several, take the longest of their warm-ups.

    Args:
        windows: (windows, replications) the KPI, such as parts finished or the mean work in process in each window, at
            least 50 windows, from time 0 on.
        hours: Length of one window.
        where: Which KPI it is, for the messages.

    Returns:
        Hours, a multiple of 5 windows.

    Raises:
        BadInput: Not a table of finite numbers, no replication, fewer than 50 windows, or a window of no length.
        NotSettled: The mean curve still drifts in its second half.

    Source: Welch, The statistical analysis of simulation results, in: Lavenberg (ed.), Computer Performance Modeling
        Handbook (1983); see `mser5`.
    """
    if not (math.isfinite(hours) and hours > 0):
        raise BadInput(where, f"windows of {hours:g} h", "Expected a length above 0", "Correct the length")
    return mser5(_numbers(windows, 2, where).mean(axis=1), where=where) * hours


def _numbers(values: ArrayLike, dimensions: int, where: str) -> Floats:
    """The values as an array of finite numbers."""
    wanted = "(observations,)" if dimensions == 1 else "(windows, replications)"
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != dimensions or (dimensions == 2 and array.shape[1] == 0):
        raise BadInput(where, f"an array of shape {array.shape}", f"Expected {wanted}", "Arrange the values so")
    if not np.isfinite(array).all():
        first = tuple(int(place) for place in np.argwhere(~np.isfinite(array))[0])
        raise BadInput(
            where,
            f"{array[first]} at position {first if dimensions == 2 else first[0]}",
            "Expected finite numbers",
            "Leave out KPIs that are not defined in every window",
        )
    return array
