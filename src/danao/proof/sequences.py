"""Confidence sequences: intervals that stay valid while one looks at them after every trial."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from danao.proof.estimate import Estimate

Values = NDArray[np.float64]

EXPECTED_TRIALS = 300
GRID = 1_000
ZOOMS = 6
FINE = 100
"""Cells of the grid that an interval must span before it counts as resolved."""


def t_mixture(
    mean: float, standard_error: float, degrees: int, n: int, confidence: float, *, expected: int = EXPECTED_TRIALS
) -> tuple[float, float]:
    """Limits of the t-mixture confidence sequence for a mean after n trials.

    Exact at every sample size and every stopping time for normal values of unknown variance; for other values it is an
    asymptotic confidence sequence, which `prove` does not believe while the values look too skewed for their number.
    It inverts the scale-invariant likelihood-ratio e-process with a normal prior on the standardised effect.

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
    prior = _tuned(alpha, expected)
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
    prior = _tuned(alpha, expected)
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
    limit = math.log(2 / (1 - confidence))
    centre = float(scaled.mean())
    start, stop = 0.0, 1.0
    for _ in range(ZOOMS):
        cell = (stop - start) / GRID
        grid = np.linspace(start + cell / 2, stop - cell / 2, GRID, dtype=np.float64)
        capital = _hedged_capital(scaled, bets, grid)
        kept = np.flatnonzero(capital < limit)
        if len(kept) >= FINE:
            break
        first, last = (
            (kept[0] - 1, kept[-1] + 2) if len(kept) else ((centre - start) / cell - 2, (centre - start) / cell + 2)
        )
        start, stop = max(0.0, start + float(first) * cell), min(1.0, start + float(last) * cell)
    if len(kept):
        start, stop = start + float(kept[0]) * cell, start + float(kept[-1] + 1) * cell
    return low + start * (high - low), low + stop * (high - low)


def _hedged_capital(scaled: Values, bets: Values, candidates: Values) -> Values:
    """Log of twice the capital won against each candidate mean, bets on both sides, shape of `candidates`."""
    winning, losing = np.zeros(len(candidates)), np.zeros(len(candidates))
    for start in range(0, len(scaled), 256):
        x, bet = scaled[start : start + 256, None], bets[start : start + 256, None]
        winning += np.log1p(np.minimum(bet, 0.5 / candidates) * (x - candidates)).sum(axis=0)
        losing += np.log1p(-np.minimum(bet, 0.5 / (1 - candidates)) * (x - candidates)).sum(axis=0)
    capital: Values = np.maximum(winning, losing)
    return capital


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
    if fixed.standard_error == 0:
        return fixed
    return fixed.around(lower, upper, "t-mixture confidence sequence")


def _tuned(alpha: float, expected: int) -> float:
    """Variance of the prior that makes the sequence narrowest at the expected number of trials."""
    return max(-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1, 0.1) / expected


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
