"""Control variates: exogenous quantities of known mean that explain part of the spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danao.core.errors import BadInput

Values = NDArray[np.float64]

TRIALS_PER_COVARIATE = 10
CENTRE = 5.0
ROUNDING = 1e-9


@dataclass(frozen=True)
class Adjusted:
    """Values after the part that covariates explain was taken out."""

    values: Values
    """Shape (n,); their mean is the adjusted estimate."""
    used: int
    """Number of covariates in use, 0 where they would not have paid."""
    inflation: float
    """Factor on the variance of the mean for the estimated coefficients, >= 1."""
    reduction: float
    """Variance of the mean before divided by after, >= 1."""


def adjust(values: Values, covariates: Mapping[str, Values]) -> Adjusted:
    """Take out of the values what centred covariates explain, by least squares.

    Covariates are used only with at least ten trials for each and only where they narrow the interval, so that they
    never cost more than they bring.

    Args:
        values: Shape (n,), paired differences.
        covariates: Columns of shape (n,) whose true mean is 0.

    Raises:
        BadInput: A covariate's mean is so far from 0 that it cannot have expectation 0.

    Source: Lavenberg & Welch, A perspective on the use of control variables (1981).
    """
    n = len(values)
    plain = Adjusted(values, 0, 1.0, 1.0)
    for name, column in covariates.items():
        _check_centre(name, column)
    columns = [column for column in covariates.values() if np.ptp(column) > 0]
    q = len(columns)
    if q == 0 or n < TRIALS_PER_COVARIATE * (q + 1):
        return plain
    controls = np.stack(columns, axis=1)
    means = controls.mean(axis=0)
    spread = controls - means
    weights, _, rank, _ = np.linalg.lstsq(spread, values - values.mean(), rcond=None)
    if rank < q:
        return plain
    adjusted = values - controls @ weights
    scatter = spread.T @ spread
    inflation = 1.0 + n * float(means @ np.linalg.solve(scatter, means))
    before = float(values.var(ddof=1))
    after = float(np.square(adjusted - adjusted.mean()).sum()) / (n - 1 - q) * inflation
    if before == 0 or after >= before:
        return plain
    explained = after <= ROUNDING**2 * before
    return Adjusted(adjusted, q, inflation, float("inf") if explained else before / after)


def _check_centre(name: str, column: Values) -> None:
    """Refuse a covariate whose mean lies more than five standard errors from 0: it would shift the effect."""
    error = float(column.std(ddof=1)) / len(column) ** 0.5 if len(column) > 1 else 0.0
    if len(column) >= TRIALS_PER_COVARIATE and abs(float(column.mean())) > CENTRE * error and column.any():
        raise BadInput(
            f"covariate {name}",
            f"its mean is {column.mean():.4g} with a standard error of {error:.2g}",
            "Expected a quantity minus its true mean",
            "Subtract the right mean, or leave the covariate out",
        )
