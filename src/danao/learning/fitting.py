"""Distributions of times from records, some of which ended before the work did (scipy.stats, maximum likelihood)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from danao.core.errors import BadInput
from danao.learning.log import Flags, Floats
from danao.plant import Distribution, Family

SAME = 0.9
"""Share of equal values from which a time is a constant, if the others do not move the mean."""

_FEWEST = 12
_DETAIL = 40
_A_SECOND = 1 / 3600
_REFUSED = 0.01
_SIMPLER = 2.0
_BESIDE = 0.05


@dataclass(frozen=True)
class Fit:
    """A distribution and what it rests on."""

    distribution: Distribution
    n: int
    censored: int
    """Times of which only a lower limit is known."""
    distance: float
    """Largest difference between the fitted and the observed distribution function (Kolmogorov-Smirnov)."""
    alternatives: tuple[tuple[str, float], ...]
    """(family, AIC) of all that were tried, best first."""

    def told(self) -> str:
        """One line for people."""
        others = ", ".join(f"{name} {value:.0f}" for name, value in self.alternatives)
        censored = f", {self.censored} censored" if self.censored else ""
        tried = f"; AIC: {others}" if others else ""
        law = f"{self.distribution.family}, mean {self.distribution.mean:.3g} h"
        return f"{law}, n {self.n}{censored}, KS {self.distance:.3f}{tried}"


def fit(times: Floats, censored: Flags | None = None, *, detail: int = _DETAIL) -> Fit:
    """The distribution of some times.

    A constant where nearly all are equal; else the family of gamma, lognormal, Weibull and exponential that has the
    lowest AIC (the exponential, if it is no more than 2 above it); else, where a Kolmogorov-Smirnov test refuses that
    at 1 %, or times are few, the observed times.

    Args:
        times: (n,) hours, 0 or more; not empty.
        censored: (n,) True where the time was longer than the value.
        detail: Observed times that an empirical distribution keeps at most, as equally likely quantiles.

    Source: scipy.stats.CensoredData; AIC: Akaike 1974.
    """
    times = np.maximum(np.asarray(times, dtype=np.float64), 0.0)
    cut = np.zeros(len(times), dtype=bool) if censored is None else np.asarray(censored)
    seen = times[~cut]
    if not len(seen):
        return Fit(
            Distribution(Family.EXPONENTIAL, (max(float(times.mean()), _A_SECOND),)), len(times), len(times), 1, ()
        )
    usual = float(np.median(seen))
    near = np.abs(seen - usual) <= max(_A_SECOND, 1e-3 * usual)
    if near.mean() >= SAME and abs(float(times.mean()) - usual) <= _BESIDE * usual:
        return Fit(
            Distribution(Family.CONSTANT, (_round(usual),)), len(times), int(cut.sum()), float(1 - near.mean()), ()
        )
    if len(seen) < _FEWEST or (seen < _A_SECOND).mean() > 0.02:
        return _observed(times, cut, (), detail)
    tried = [one for one in (_tried(name, times, cut) for name in _FAMILIES) if one is not None]
    if not tried:
        return _observed(times, cut, (), detail)
    tried.sort(key=lambda one: one[1] - (_SIMPLER if one[0] == "exponential" else 0.0))
    _, _, frozen, found = tried[0]
    told = tuple((one[0], float(one[1])) for one in tried)
    distance = _distance(times, cut, frozen)
    if stats.kstwobign.sf(distance * np.sqrt(len(seen))) < _REFUSED and len(seen) >= 30:
        return _observed(times, cut, told, detail)
    return Fit(found, len(times), int(cut.sum()), distance, told)


_FAMILIES = ("exponential", "gamma", "lognormal", "weibull", "normal")


def _tried(name: str, times: Floats, cut: Flags) -> tuple[str, float, Any, Distribution] | None:
    """Family, AIC, the fitted distribution of scipy, and ours."""
    law = {
        "exponential": stats.expon,
        "gamma": stats.gamma,
        "lognormal": stats.lognorm,
        "weibull": stats.weibull_min,
    }.get(name, stats.norm)
    positive = np.maximum(times, _A_SECOND)
    data: Any = stats.CensoredData.right_censored(positive, cut) if cut.any() else positive
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            parameters = law.fit(data) if name == "normal" else law.fit(data, floc=0)
            frozen = law(*parameters)
            likelihood = float(frozen.logpdf(positive[~cut]).sum() + frozen.logsf(positive[cut]).sum())
            mean, deviation = float(frozen.mean()), float(frozen.std())
    except (stats.FitError, ValueError, RuntimeError, FloatingPointError):
        return None
    free = 1 if name == "exponential" else 2
    aic = 2 * free - 2 * likelihood
    if not (np.isfinite(aic) and np.isfinite(mean) and np.isfinite(deviation) and mean > 0 and deviation > 0):
        return None
    if name == "normal" and mean < 3 * deviation:
        return None
    shape = (parameters[2], parameters[0]) if name == "weibull" else (mean, deviation)
    numbers = (mean,) if name == "exponential" else shape
    try:
        ours = Distribution(Family(name), tuple(_round(float(one)) for one in numbers))
    except BadInput:
        return None
    return name, aic, frozen, ours


def _distance(times: Floats, cut: Flags, law: Any) -> float:
    """Largest difference between the Kaplan-Meier estimate and a distribution function, where the estimate jumps."""
    curve = stats.ecdf(stats.CensoredData.right_censored(times, cut) if cut.any() else times).cdf
    expected = law.cdf(curve.quantiles)
    below = np.concatenate([[0.0], curve.probabilities[:-1]])
    return float(np.max(np.maximum(np.abs(curve.probabilities - expected), np.abs(below - expected))))


def _observed(times: Floats, cut: Flags, told: tuple[tuple[str, float], ...], detail: int) -> Fit:
    """Equally likely quantiles of what was observed; censored ones enter by the Kaplan-Meier estimate."""
    if cut.any():
        curve = stats.ecdf(stats.CensoredData.right_censored(times, cut)).cdf
        values, levels = curve.quantiles, curve.probabilities
    else:
        values = np.sort(times)
        levels = np.arange(1, len(values) + 1) / len(values)
    count = min(detail, len(values))
    picked = values if not cut.any() and count == len(values) else _means(values, levels, count)
    numbers = tuple(_round(float(one)) for one in np.maximum(picked, 0.0))
    family = (
        Distribution(Family.EMPIRICAL, numbers) if len(set(numbers)) > 1 else Distribution(Family.CONSTANT, numbers[:1])
    )
    return Fit(family, len(times), int(cut.sum()), 0.5 / count, told)


def _means(values: Floats, levels: Floats, count: int) -> Floats:
    """Mean of each of so many equally likely slices, so that the mean of all stays; past the last level: its value."""
    weights = np.diff(np.concatenate([[0.0], levels]))
    if levels[-1] < 1:
        weights[-1] += 1 - levels[-1]
    edges = np.concatenate([[0.0], np.cumsum(weights)])
    sums = np.concatenate([[0.0], np.cumsum(weights * values)])
    at = np.interp(np.linspace(0, edges[-1], count + 1), edges, sums)
    return np.asarray(np.diff(at) * count / edges[-1])


def _round(value: float) -> float:
    """Five digits: more is noise, and files stay readable."""
    return float(f"{value:.5g}")
