"""Bounds for the mean of values that cannot leave known limits: valid for any number of trials and at every look.

A rare share (late parts, scrap) is 0 in nearly every trial, and its few other values make every interval that leans on
normality worthless. What such a share cannot do is leave the span from 0 to 1, and that alone is enough: whoever claims
that the mean is `m` offers a fair game at `m`, and somebody who wins twenty times the stake in it has refuted the claim
at 5 %, at whatever trial the money is counted.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from danao.proof.estimate import Estimate

Values = NDArray[np.float64]

ALL_IN = 0.75
"""Part of the stake bet in whole, which is best where the values hardly vary."""
LADDER = tuple(2.0**-step for step in range(1, 15))
"""Parts of what could be bet at most, for values that do vary."""
HALVINGS = 60
METHOD = "betting bound, valid however rare the event is"

_BETS: Values = np.array([1.0, *LADDER])
_STAKES: Values = np.array([ALL_IN, *((1 - ALL_IN) * bet / sum(LADDER) for bet in LADDER)])


def upper_bound(values: Values, limits: tuple[float, float], confidence: float) -> float:
    """Upper confidence bound of the mean of independent values within limits.

    The error probability 1 - confidence holds for any distribution within the limits, any number of values, and also
    where one looks after every value and stops at will (Ville's inequality).

    Args:
        values: Shape (n,), each within the limits.
        limits: What no value can leave.
        confidence: Of this one side.

    Source: Waudby-Smith & Ramdas, Estimating means of bounded random variables by betting (2024), section 4, with a
        fixed mixture of constant bets (a discrete universal portfolio) in place of predictable ones.
    """
    low, high = limits
    room, counts = _counted((high - np.clip(values, low, high)) / (high - low))
    goal = -math.log(1 - confidence)
    below, above = 0.0, float(room @ counts) / counts.sum()
    for _ in range(HALVINGS):
        middle = (below + above) / 2
        if middle > 0 and _capital(room, counts, middle) < goal:
            above = middle
        else:
            below = middle
    return high - below * (high - low)


def bounded(plain: Estimate, values: Values, limits: tuple[float, float]) -> Estimate:
    """The same mean with limits that need nothing but the limits of the values.

    Args:
        plain: Of the values, with its two-sided confidence.
        values: Shape (n,), independent.
        limits: What no value can leave.
    """
    one_side = 0.5 + plain.confidence / 2
    low, high = limits
    return replace(
        plain,
        lower=-upper_bound(-values, (-high, -low), one_side),
        upper=upper_bound(values, limits, one_side),
        method=METHOD,
        skewness=0.0,
        fewest=1,
    )


def trials_to_show(values: Values, margin: float, limits: tuple[float, float], confidence: float) -> int | None:
    """Number of values from which their mean would be shown to be at most `margin`, if they go on as they are.

    Returns:
        None: the mean is not below the margin, or no number in reach would do.
    """
    low, high = limits
    if not low < margin < high:
        return None
    room, counts = _counted((high - np.clip(values, low, high)) / (high - low))
    claimed = (high - margin) / (high - low)
    with np.errstate(divide="ignore"):
        growth = np.log1p(_BETS[None, :] * (room[:, None] / claimed - 1))
    rates = counts @ growth / counts.sum()
    useful = rates > 1e-12
    if not useful.any():
        return None
    needed = (-math.log(1 - confidence) - np.log(_STAKES[useful])) / rates[useful]
    return math.ceil(float(needed.min()))


def _counted(values: Values) -> tuple[Values, Values]:
    """Distinct values and how often each occurs: most differences of a rare share are equal."""
    distinct, counts = np.unique(values, return_counts=True)
    return distinct, counts.astype(np.float64)


def _capital(room: Values, counts: Values, claimed: float) -> float:
    """Log of what a stake of 1 has become, against the claim that the mean room is at most `claimed`."""
    with np.errstate(divide="ignore"):
        growth = np.log1p(_BETS[None, :] * (room[:, None] / claimed - 1))
    won: Values = counts @ growth + np.log(_STAKES)
    largest = float(won.max())
    return largest + math.log(float(np.exp(won - largest).sum()))
