"""Appraisal: what the proven effect is worth as an investment, with the uncertainty of effect and prices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyxirr
from numpy.typing import NDArray

from danao.core.case import Investment
from danao.core.random import stream
from danao.proof.estimate import Estimate, finite, percent
from danao.proof.intervals import t_quantile

Values = NDArray[np.float64]

PATHS = 10_000
DOUBLE_ROOT = 1e-5
"""Rates closer than this count as one root, found twice by rounding."""


@dataclass(frozen=True)
class InternalRate:
    """Internal rate of return of a series of flows."""

    value: float | None
    """Rate per period, or None where there is none or where it is not unique."""
    roots: tuple[float, ...]
    """Every rate above -100 % at which the net present value is 0, ascending."""
    note: str = ""
    """Why `value` is None."""


@dataclass(frozen=True)
class Range:
    """A figure of the appraisal with its interval; a limit is None where it is not defined or not finite."""

    value: float | None
    lower: float | None
    upper: float | None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        document: dict[str, Any] = {"value": self.value, "lower": self.lower, "upper": self.upper}
        return {**document, "note": self.note} if self.note else document


@dataclass(frozen=True)
class Appraisal:
    """The effect as an investment. Money in the case's currency, rates per year, times in years."""

    annual_effect: Range
    npv: Range
    irr: Range
    mirr: Range
    roi: Range
    """Net gain over the life divided by all that is spent (capex and opex), not discounted."""
    payback_years: Range
    """Discounted."""
    flows: tuple[float, ...]
    """Expected cash flow at the start and at the end of each year."""
    probability_of_gain: float | None
    """Share of the simulated futures with a positive net present value; None where the effect has no interval."""
    npv_paths: Values
    """Shape (paths,)."""
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "annual_effect": self.annual_effect.to_dict(),
            "npv": self.npv.to_dict(),
            "irr": self.irr.to_dict(),
            "mirr": self.mirr.to_dict(),
            "roi": self.roi.to_dict(),
            "payback_years": self.payback_years.to_dict(),
            "flows": list(self.flows),
            "probability_of_gain": self.probability_of_gain,
            "confidence": self.confidence,
        }


def appraise(
    effect: Estimate,
    differences: Mapping[str, Values],
    investment: Investment,
    periods_per_year: float,
    price_spread: Mapping[str, float],
    *,
    seed: int = 0,
    paths: int = PATHS,
) -> Appraisal:
    """Simulate futures in which the true effect and the prices are drawn together, and value each as an investment.

    A path draws the true mean of every money item (multivariate t around the trials' means, scaled so that the effect
    leaves the proof's interval as often as the proof says) and a price level for every item (log-normal with mean 1,
    kept for the whole life).

    Args:
        effect: The proof's effect per trial period.
        differences: Paired difference of each money item, shape (n,).
        investment: What it costs and how long it works.
        periods_per_year: How many trial periods a year has.
        price_spread: Relative standard deviation of the price behind an item.
        seed: Of the simulated futures.
        paths: Number of futures.
    """
    years = investment.life_years
    ramp = np.array(investment.ramp_by_year())
    known = math.isfinite(effect.half_width) and math.isfinite(effect.standard_error)
    if known:
        annual = _annual_paths(effect, differences, price_spread, seed, paths) * periods_per_year
    else:
        annual = np.full(paths, np.nan)
    flows = np.empty((paths, years + 1))
    flows[:, 0] = -investment.capex
    flows[:, 1:] = annual[:, None] * ramp - investment.opex_per_year
    discount = (1 + investment.discount_rate) ** -np.arange(years + 1)
    npv = flows @ discount
    mean_annual = effect.mean * periods_per_year
    expected = np.concatenate([[-investment.capex], mean_annual * ramp - investment.opex_per_year])
    confidence = effect.confidence
    spent = investment.capex + years * investment.opex_per_year
    expected_rate = internal_rate(expected)
    return Appraisal(
        annual_effect=_range(mean_annual, annual, confidence),
        npv=_range(net_present_value(investment.discount_rate, expected), npv, confidence),
        irr=_range(expected_rate.value, _rates(flows), confidence, expected_rate.note),
        mirr=_range(
            modified_rate(expected, investment.discount_rate), _modified(flows, investment.discount_rate), confidence
        ),
        roi=(
            _range(float(expected.sum()) / spent, flows.sum(axis=1) / spent, confidence)
            if spent > 0
            else Range(None, None, None, "nothing is invested, so a return on investment is not defined")
        ),
        payback_years=_range(
            float(discounted_payback(expected[None, :] * discount)[0]), discounted_payback(flows * discount), confidence
        ),
        flows=tuple(float(flow) for flow in expected),
        probability_of_gain=float((npv > 0).mean()) if known else None,
        npv_paths=npv,
        confidence=confidence,
    )


def net_present_value(rate: float, flows: Sequence[float] | Values) -> float:
    """Net present value at the start of year 1; the first flow is not discounted."""
    return float(pyxirr.npv(rate, list(flows)))


def modified_rate(flows: Sequence[float] | Values, rate: float) -> float | None:
    """Modified internal rate of return, financed and reinvested at the same rate; None without both signs."""
    if min(flows) >= 0 or max(flows) <= 0:
        return None
    value = pyxirr.mirr(list(flows), rate, rate)
    return None if value is None else float(value)


def internal_rate(flows: Sequence[float] | Values) -> InternalRate:
    """Internal rate of return, with every root where the flows change sign more than once.

    Descartes' rule: one change of sign, exactly one rate above -100 %; several changes, possibly several rates,
    and then none of them is *the* return. Example: -100, 230, -132 has the roots 10 % and 20 %.
    """
    changes = sign_changes(np.asarray(flows, dtype=np.float64)[None, :])[0]
    if changes == 0:
        return InternalRate(None, (), "the flows never change sign, so there is no internal rate of return")
    if changes == 1:
        value = pyxirr.irr(list(flows), silent=True)
        if value is None or not math.isfinite(value):
            return InternalRate(None, (), "the internal rate is out of any sensible range")
        return InternalRate(float(value), (float(value),))
    factors = np.roots(np.asarray(flows, dtype=np.float64)[::-1])
    real = factors[(np.abs(factors.imag) < 1e-7) & (factors.real > 1e-9)].real
    roots: list[float] = []
    for rate in sorted(float(rate) for rate in 1 / real - 1):
        if not roots or rate - roots[-1] > DOUBLE_ROOT * (1 + abs(rate)):
            roots.append(rate)
    if len(roots) == 1:
        return InternalRate(roots[0], tuple(roots))
    if not roots:
        return InternalRate(None, (), f"the flows change sign {changes} times and no rate makes them worth 0")
    listed = ", ".join(f"{100 * root:.4g} %" for root in roots)
    return InternalRate(
        None, tuple(roots), f"the flows change sign {changes} times; the internal rate is not unique (roots: {listed})"
    )


def sign_changes(flows: Values) -> NDArray[np.int64]:
    """Number of changes of sign along each row, zeros left out, shape (rows,)."""
    signs = np.sign(flows)
    for column in range(1, signs.shape[1]):
        zero = signs[:, column] == 0
        signs[zero, column] = signs[zero, column - 1]
    changes: NDArray[np.int64] = (signs[:, 1:] * signs[:, :-1] < 0).sum(axis=1)
    return changes


def discounted_payback(discounted: Values) -> Values:
    """Years until the cumulated discounted flow is 0 or more for good, interpolated; infinity for never.

    Args:
        discounted: Discounted flows, one row a path, first column at time 0.
    """
    total = np.cumsum(discounted, axis=1)
    below = total < 0
    last = total.shape[1] - 1 - np.argmax(below[:, ::-1], axis=1)
    after = np.minimum(last + 1, total.shape[1] - 1)
    rows = np.arange(len(total))
    gained = discounted[rows, after]
    part = np.divide(-total[rows, last], gained, out=np.zeros(len(total)), where=below.any(axis=1) & (gained > 0))
    years = np.where(below.any(axis=1), last + part, 0.0)
    return np.where(below[:, -1], np.inf, years)


def _annual_paths(
    effect: Estimate, differences: Mapping[str, Values], spread: Mapping[str, float], seed: int, paths: int
) -> Values:
    """Simulated true effect per period at simulated prices, shape (paths,)."""
    names = list(differences)
    random = stream(seed, "appraisal")
    table = np.stack([differences[name] for name in names], axis=1)
    means = table.mean(axis=0)
    covariance = np.atleast_2d(np.cov(table, rowvar=False)) if len(table) > 1 else np.zeros((len(names), len(names)))
    total = float(covariance.sum())
    shares = covariance.sum(axis=1) / total if total > 0 else np.full(len(names), 1 / len(names))
    means = means + shares * (effect.mean - float(means.sum()))
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    degrees = max(effect.degrees, 1)
    chi = np.sqrt(random.chisquare(degrees, paths) / degrees)
    deviations = (random.standard_normal((paths, len(names))) @ root.T) / chi[:, None]
    quantile = t_quantile(0.5 + effect.confidence / 2, degrees) * math.sqrt(total) if total > 0 else math.inf
    up, down = (effect.upper - effect.mean) / quantile, (effect.mean - effect.lower) / quantile
    items = means + deviations * np.where(deviations.sum(axis=1) > 0, up, down)[:, None]
    levels = np.ones((paths, len(names)))
    for column, name in enumerate(names):
        sigma = math.sqrt(math.log1p(spread.get(name, 0.0) ** 2))
        if sigma > 0:
            levels[:, column] = np.exp(sigma * random.standard_normal(paths) - sigma**2 / 2)
    result: Values = (items * levels).sum(axis=1)
    return result


def _rates(flows: Values) -> Values:
    """Internal rate of each path; not a number where it does not exist or is not unique."""
    rates = np.full(len(flows), np.nan)
    for row in np.flatnonzero(sign_changes(flows) == 1):
        value = pyxirr.irr(flows[row], silent=True)
        if value is not None and math.isfinite(value):
            rates[row] = value
    return rates


def _modified(flows: Values, rate: float) -> Values:
    """Modified internal rate of each path, vectorised; not a number where a sign is missing."""
    years = flows.shape[1] - 1
    compound = (1 + rate) ** np.arange(years, -1, -1)
    discount = (1 + rate) ** -np.arange(years + 1)
    gains = np.maximum(flows, 0) @ compound
    outlays = -np.minimum(flows, 0) @ discount
    ratio = np.divide(gains, outlays, out=np.full(len(flows), np.nan), where=(outlays > 0) & (gains > 0))
    result: Values = ratio ** (1 / years) - 1
    return result


def _range(value: float | None, paths: Values, confidence: float, note: str = "") -> Range:
    missing = float(np.isnan(paths).mean())
    if not note and value is not None and math.isinf(value):
        note = "never within the life of the investment"
    if missing > (1 - confidence) / 2:
        if not note and value is None:
            note = "not defined for flows without both signs"
        elif not note:
            note = f"not defined in {percent(missing)} of the simulated futures"
        return Range(value if value is None else finite(value), None, None, note)
    low, high = np.nanquantile(paths, [0.5 - confidence / 2, 0.5 + confidence / 2], method="inverted_cdf")
    return Range(value if value is None else finite(value), finite(low), finite(high), note)
