"""Intervals for a number of trials that was fixed beforehand: independent, serial and clustered trials."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from danao.core.random import stream
from danao.proof.estimate import Estimate, InputUncertainty

Values = NDArray[np.float64]

NO_SPREAD = "no spread between the trials, so nothing tells how far the mean may be off"
RESAMPLES = 1999
LARGEST_BOOTSTRAP = 2_000
FEWEST_BATCHES = 8
FEWEST_CLUSTERS = 8
MOST_SKEWED_DRAWS = 1.0
ROUNDING = 1e-9
"""Spread relative to the largest value below which values count as equal."""


def independent(
    values: Values, confidence: float, *, lost_degrees: int = 0, inflation: float = 1.0, resample: bool = True
) -> Estimate:
    """Interval for the mean of independent values.

    Student's t where the values look symmetric. Where their skewness is significant, the hull of the t interval and the
    equal-tailed studentised bootstrap: each alone misses too often on small skewed samples.

    Args:
        values: Shape (n,), n >= 1.
        confidence: For example 0.95.
        lost_degrees: Further degrees of freedom spent, for example on control variates.
        inflation: Factor on the variance of the mean, for example from control variates.
        resample: Whether to resample skewed values; not needed where only mean and standard error are used.

    Source: Hall, The Bootstrap and Edgeworth Expansion (1992), ch. 3.
    """
    n = len(values)
    mean = float(values.mean())
    degrees = n - 1 - lost_degrees
    if degrees < 1:
        return Estimate(mean, -math.inf, math.inf, confidence, "too few trials for an interval", math.inf, 0, n)
    spread = math.sqrt(float(np.square(values - mean).sum()) / degrees)
    error = spread * math.sqrt(inflation / n)
    if not values.any():
        return Estimate(0.0, 0.0, 0.0, confidence, "no difference in any trial", 0.0, degrees, n)
    if no_spread(values):
        return Estimate(mean, -math.inf, math.inf, confidence, NO_SPREAD, 0.0, degrees, n)
    quantile = t_quantile(0.5 + confidence / 2, degrees)
    lower, upper = mean - quantile * error, mean + quantile * error
    method = "Student t"
    skewness = sample_skewness(values)
    if resample and n <= LARGEST_BOOTSTRAP and abs(skewness) > significant_skewness(n):
        low, high = _studentised_quantiles(values, confidence)
        lower, upper = min(lower, mean - high * error), max(upper, mean - low * error)
        method = "hull of Student t and studentised bootstrap"
    return Estimate(mean, lower, upper, confidence, method, error, degrees, n, skewness)


def serial(values: Values, confidence: float) -> Estimate:
    """Interval for the mean of consecutive values of one history, by batch means.

    The batches are as long as the data ask for: at least the square root of n, and at least four times the integrated
    autocorrelation time; what correlation remains between neighbouring batches widens the interval.

    Args:
        values: Shape (n,), in time order.
        confidence: For example 0.95.

    Source: Law, Simulation Modeling and Analysis, section 9.5.3; Geyer, Practical Markov chain Monte Carlo
        (1992), for the truncation of the autocorrelation sum.
    """
    n = len(values)
    length = max(math.isqrt(n), math.ceil(4 * autocorrelation_time(values)))
    stretches = n // length
    batches = stretches
    if batches < FEWEST_BATCHES:
        batches = min(FEWEST_BATCHES, n)
        length = n // max(batches, 1)
    means = values[n - batches * length :].reshape(batches, length).mean(axis=1)
    mean = float(values.mean())
    result = independent(means, confidence)
    rest = max(0.0, _lag_correlation(means)) if batches >= FEWEST_BATCHES else 0.0
    widen = math.sqrt((1 + rest) / (1 - min(rest, 0.9)))
    return Estimate(
        mean,
        mean - (result.mean - result.lower) * widen,
        mean + (result.upper - result.mean) * widen,
        confidence,
        f"{batches} batch means of {length} trials, {result.method}",
        result.standard_error * widen,
        result.degrees,
        min(stretches, batches),
        result.skewness,
        FEWEST_BATCHES,
    )


def clustered(values: Values, clusters: NDArray[np.int64], confidence: float) -> Estimate:
    """Interval for the mean per trial when trials of one cluster share a cause; the cluster is the unit.

    Clusters of unequal size count as fewer: their effective number is (sum of sizes)^2 / sum of squared sizes.

    Args:
        values: Shape (n,).
        clusters: Shape (n,), the key of the cluster of each trial; sizes may differ.
        confidence: For example 0.95.

    Source: Cameron & Miller, A practitioner's guide to cluster-robust inference (2015); Kish, Survey Sampling (1965),
        for the effective number.
    """
    keys, which, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    groups = len(keys)
    mean = float(values.mean())
    sums = np.bincount(which, weights=values - mean, minlength=groups)
    contributions = mean + sums * groups / len(values)
    effective = int(len(values) ** 2 / float(np.square(sizes).sum()) + 1e-9)
    result = independent(contributions, confidence, lost_degrees=groups - effective)
    return Estimate(
        mean,
        result.lower,
        result.upper,
        confidence,
        f"{groups} clusters of {sizes.min()} to {sizes.max()} trials, {result.method}",
        result.standard_error,
        result.degrees,
        effective,
        result.skewness,
        FEWEST_CLUSTERS,
    )


def drawn(values: Values, draws: NDArray[np.int64], confidence: float) -> Estimate:
    """Interval for the true mean where trials share draws of inputs that are not known exactly.

    The truth is taken for one more draw of the same kind, so the interval is as wide as the draws differ: it does not
    close in on their mean when more are drawn, for the records behind them stay as long as they are. Chance in the
    trials is part of the spread of the draws' means, so it is counted, and rather too much of it than too little.

    Args:
        values: Shape (n,).
        draws: Shape (n,), the key of the draw that each trial was made with.
        confidence: For example 0.95.

    Source: the bootstrap principle for input uncertainty, Barton, Lam & Song, Input uncertainty in stochastic
        simulation (2022); Student's prediction interval for one more normal value.
    """
    keys, which, sizes = np.unique(draws, return_inverse=True, return_counts=True)
    groups, n = len(keys), len(values)
    mean = float(values.mean())
    means = np.bincount(which, weights=values, minlength=groups) / sizes
    plain = independent(means, confidence, resample=False)
    within = float(np.square(values - means[which]).sum()) / max(n - groups, 1)
    known = t_quantile(0.5 + confidence / 2, n - groups) * math.sqrt(within / n) if n > groups else math.inf
    spread = float(means.var(ddof=1)) if groups > 1 else 0.0
    share = max(0.0, 1 - within * float((1 / sizes).mean()) / spread) if spread > 0 else 0.0
    found = replace(plain, mean=mean, fewest=FEWEST_CLUSTERS, inputs=InputUncertainty(groups, share, known))
    if plain.standard_error == 0 or not math.isfinite(plain.half_width):
        return found
    error = math.sqrt(spread * (1 + 1 / groups))
    reach = t_quantile(0.5 + confidence / 2, groups - 1) * error
    method = f"prediction interval over {groups} draws of the uncertain input, Student t"
    return replace(found.around(mean - reach, mean + reach, method), standard_error=error)


def one_sided_upper(values: Values, confidence: float) -> float:
    """Upper confidence bound of the mean of independent values, error probability 1 - confidence on that side alone."""
    return independent(values, 2 * confidence - 1).upper


def t_quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t distribution. (`scipy.stats` gives the same, but takes a second to import.)"""
    return float(stdtrit(degrees, probability))


def sample_skewness(values: Values) -> float:
    """Bias-adjusted sample skewness (G1); 0 for fewer than three values or no spread beyond rounding."""
    if len(values) < 3 or no_spread(values):
        return 0.0
    n = len(values)
    centred = values - values.mean()
    raw = float((centred**3).mean()) / float((centred**2).mean()) ** 1.5
    return float(raw * math.sqrt(n * (n - 1)) / (n - 2))


def no_spread(values: Values) -> bool:
    """Whether all values are equal, but for rounding."""
    return bool(np.ptp(values) <= ROUNDING * np.abs(values).max())


def significant_skewness(n: int) -> float:
    """Sample skewness that a normal sample of this size exceeds in one of ten cases (both signs together)."""
    if n < 4:
        return math.inf
    return 1.645 * math.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))


def too_skewed(n: int, skewness: float) -> bool:
    """Whether n trials of that sample skewness are too few for any interval to be believed.

    One-sided error of the t interval grows by about 0.085 |skewness| / sqrt(n) (first Edgeworth term at 95 %), and the
    sample understates the skewness; beyond sqrt(n) / 4 the miss rate of one side has about doubled.
    """
    return abs(skewness) > max(math.sqrt(n) / 4, significant_skewness(n))


def too_skewed_draws(n: int, skewness: float) -> bool:
    """Whether draws of uncertain inputs differ too lopsidedly for Student's prediction interval.

    No mean evens out the skewness of one more draw, so the limit does not grow with their number.
    """
    return abs(skewness) > max(MOST_SKEWED_DRAWS, significant_skewness(n))


def trials_for_skewness(skewness: float) -> int:
    """Number of trials from which that skewness no longer spoils the interval (see `too_skewed`)."""
    return math.ceil(16 * skewness**2)


def autocorrelation_time(values: Values) -> float:
    """Integrated autocorrelation time 1 + 2 sum of correlations, cut where pairs of neighbours turn negative.

    Source: Geyer's initial positive sequence estimator (1992).
    """
    centred = values - values.mean()
    n = len(centred)
    if n < 4 or not centred.any():
        return 1.0
    size = 1 << (2 * n - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    covariance = np.fft.irfft(power, size)[:n]
    correlation = covariance / covariance[0]
    pairs = correlation[0 : n - 1 : 2] + correlation[1:n:2]
    negative = np.flatnonzero(pairs <= 0)
    keep = int(negative[0]) if len(negative) else len(pairs)
    return max(1.0, float(2 * pairs[:keep].sum() - 1))


def _lag_correlation(values: Values) -> float:
    centred = values - values.mean()
    total = float(np.square(centred).sum())
    return float(centred[1:] @ centred[:-1]) / total if total else 0.0


def _studentised_quantiles(values: Values, confidence: float) -> tuple[float, float]:
    """Lower and upper quantile of the studentised mean under resampling."""
    n = len(values)
    mean, spread = values.mean(), values.std(ddof=1)
    draws = values[stream(n, "studentised bootstrap").integers(0, n, (RESAMPLES, n))]
    deviations = draws.mean(axis=1) - mean
    errors = draws.std(axis=1, ddof=1) / math.sqrt(n)
    floor = 1e-3 * spread / math.sqrt(n)
    ratios = deviations / np.maximum(errors, floor)
    low, high = np.quantile(ratios, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)
