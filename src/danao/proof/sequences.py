"""Confidence sequences: intervals that stay valid while one looks at them after every trial."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from danao.proof.estimate import Estimate

Values = NDArray[np.float64]

EXPECTED_TRIALS = 300
GRID = 2_000


def t_mixture(
    mean: float, standard_error: float, degrees: int, n: int, confidence: float, *, expected: int = EXPECTED_TRIALS
) -> tuple[float, float]:
    """Limits of the t-mixture confidence sequence for a mean after n trials.

    Exact at every sample size and every stopping time for normal values of unknown variance; for other values it is an
    asymptotic confidence sequence. It inverts the scale-invariant likelihood-ratio e-process with a normal prior on
    the standardised effect.

    Args:
        mean: Sample mean, or intercept of the control-variate regression.
        standard_error: Of that mean.
        degrees: Degrees of freedom behind the standard error.
        n: Trials so far.
        confidence: For example 0.95.
        expected: Number of trials for which the prior is tuned; must be chosen before looking. Any value is valid.

    Source: Perez-Ortiz, Lardy, de Heide, Gruenwald, E-statistics, group invariance and anytime-valid testing (2024);
        Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Time-uniform central limit theory and asymptotic confidence
        sequences (2024), for the tuning of the prior.
    """
    if degrees < 1 or not math.isfinite(standard_error):
        return -math.inf, math.inf
    alpha = 1 - confidence
    prior = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1) / expected
    growth = 1 + n * prior
    log_k = 2 / (degrees + 1) * (0.5 * math.log(growth) - math.log(alpha))
    if log_k >= math.log(growth):
        return -math.inf, math.inf
    k = math.exp(log_k)
    reach = standard_error * math.sqrt(degrees * (k - 1) / (1 - k / growth))
    return mean - reach, mean + reach


def asymptotic(values: Values, confidence: float, *, expected: int = EXPECTED_TRIALS) -> tuple[float, float]:
    """Limits of the normal-mixture asymptotic confidence sequence after all the values given.

    Source: Waudby-Smith et al. (2024), theorem 2.2.
    """
    n = len(values)
    alpha = 1 - confidence
    prior = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1) / expected
    growth = n * prior + 1
    reach = float(values.std()) * math.sqrt(2 * growth / (n * n * prior) * math.log(math.sqrt(growth) / alpha))
    return float(values.mean()) - reach, float(values.mean()) + reach


def betting(values: Values, bounds: tuple[float, float], confidence: float) -> tuple[float, float]:
    """Limits of the hedged-capital confidence sequence for the mean of bounded values. No normality is assumed.

    Args:
        values: Shape (n,), in the order of the trials, each within the bounds.
        bounds: Limits that no value can leave.
        confidence: For example 0.95.

    Source: Waudby-Smith & Ramdas, Estimating means of bounded random variables by betting (2024), theorem 3 with
        predictable plug-in bets.
    """
    low, high = bounds
    scaled = (np.clip(values, low, high) - low) / (high - low)
    bets = _predictable_bets(scaled, 1 - confidence)
    candidates = (np.arange(GRID) + 0.5) / GRID
    winning, losing = np.zeros(GRID), np.zeros(GRID)
    for start in range(0, len(scaled), 256):
        x, bet = scaled[start : start + 256, None], bets[start : start + 256, None]
        winning += np.log1p(np.minimum(bet, 0.5 / candidates) * (x - candidates)).sum(axis=0)
        losing += np.log1p(-np.minimum(bet, 0.5 / (1 - candidates)) * (x - candidates)).sum(axis=0)
    capital = np.maximum(winning, losing) - math.log(2)
    kept = np.flatnonzero(capital < math.log(1 / (1 - confidence)))
    if len(kept) == 0:
        centre = float(scaled.mean())
        return low + centre * (high - low), low + centre * (high - low)
    first, last = kept[0] / GRID, (kept[-1] + 1) / GRID
    return low + float(first) * (high - low), low + float(last) * (high - low)


def empirical_bernstein(values: Values, bounds: tuple[float, float], confidence: float) -> tuple[float, float]:
    """Limits of the predictable plug-in empirical-Bernstein confidence sequence for bounded values.

    Closed form and cheaper than `betting`, a little wider.

    Source: Waudby-Smith & Ramdas (2024), theorem 2.
    """
    low, high = bounds
    scaled = (np.clip(values, low, high) - low) / (high - low)
    bets = np.minimum(_predictable_bets(scaled, 1 - confidence), 0.5)
    before = _running_mean_before(scaled)
    psi = -np.log1p(-bets) - bets
    weight = bets.sum()
    centre = float((bets * scaled).sum() / weight)
    reach = float((math.log(2 / (1 - confidence)) + (np.square(scaled - before) * psi).sum()) / weight)
    return low + max(0.0, centre - reach) * (high - low), low + min(1.0, centre + reach) * (high - low)


def sequence_estimate(fixed: Estimate, n: int, confidence: float) -> Estimate:
    """The t-mixture interval around a fixed-n estimate, for a proof that looks while trials come in."""
    lower, upper = t_mixture(fixed.mean, fixed.standard_error, int(fixed.degrees), n, confidence)
    return Estimate(
        fixed.mean,
        lower,
        upper,
        confidence,
        "t-mixture confidence sequence",
        fixed.standard_error,
        fixed.degrees,
        fixed.units,
        fixed.skewness,
    )


def _predictable_bets(scaled: Values, alpha: float) -> Values:
    """Bets that use the past alone: sqrt(2 log(2/alpha) / (variance so far x t log(1+t)))."""
    count = np.arange(1, len(scaled) + 1)
    means = (0.5 + np.cumsum(scaled)) / (count + 1)
    variances = (0.25 + np.cumsum(np.square(scaled - means))) / (count + 1)
    previous = np.concatenate([[0.25], variances[:-1]])
    bets: Values = np.sqrt(2 * math.log(2 / alpha) / (previous * count * np.log1p(count)))
    return bets


def _running_mean_before(scaled: Values) -> Values:
    count = np.arange(1, len(scaled) + 1)
    means = (0.5 + np.cumsum(scaled)) / (count + 1)
    return np.concatenate([[0.5], means[:-1]])
