"""Quantiles of the distributions of times, for plans with a buffer."""

from __future__ import annotations

import numpy as np
from scipy import stats

from danao.core.errors import BadInput
from danao.plant.distribution import Distribution, Family


def quantile(distribution: Distribution, share: float) -> float:
    """Time that is not exceeded with a probability of `share`, h.

    Raises:
        BadInput: The share is not between 0 and 1, both excluded.
    """
    if not 0 < share < 1:
        raise BadInput("quantile", f"{share:g}", "Expected a number between 0 and 1", "For example: 0.8")
    values = distribution.parameters
    if distribution.family is Family.CONSTANT:
        return values[0]
    if distribution.family is Family.EMPIRICAL:
        return float(np.quantile(values, share))
    return max(0.0, float(_frozen(distribution).ppf(share)))


def _frozen(distribution: Distribution) -> stats.rv_continuous:
    """The same distribution in SciPy."""
    first, *rest = distribution.parameters
    second = rest[0] if rest else 0.0
    if distribution.family is Family.EXPONENTIAL:
        return stats.expon(scale=first)
    if distribution.family is Family.UNIFORM:
        return stats.uniform(first, second - first)
    if distribution.family is Family.TRIANGULAR:
        low, mode, high = distribution.parameters
        width = high - low
        return stats.triang((mode - low) / width if width else 0.5, loc=low, scale=width or 1e-12)
    if distribution.family is Family.NORMAL:
        return stats.norm(first, second or 1e-12)
    if distribution.family is Family.LOGNORMAL:
        variance = np.log1p((second / first) ** 2)
        return stats.lognorm(np.sqrt(variance) or 1e-12, scale=first * np.exp(-variance / 2))
    if distribution.family is Family.GAMMA:
        return stats.gamma((first / second) ** 2, scale=second**2 / first)
    return stats.weibull_min(second, scale=first)
