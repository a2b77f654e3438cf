"""From estimates to a verdict: guardrails, enough trials or not, proven or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from danao.core.case import Guardrail
from danao.proof.estimate import Estimate, finite, percent
from danao.proof.intervals import NO_SPREAD, too_skewed, trials_for_skewness

Verdict = Literal["proven", "not proven", "harmful"]

MOST_TRIALS = 1e12
"""A need above this is not worth a number."""


@dataclass(frozen=True)
class GuardrailResult:
    """Whether a KPI that must not get worse did not."""

    guardrail: Guardrail
    unit: str
    held: bool
    broken: bool
    """The opposite is shown: the KPI got worse by more than the margin."""
    bound: float
    """`mean`: one-sided confidence bound of the mean worsening. `every trial`: the largest worsening seen."""
    note: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.guardrail.name,
            "kpi": self.guardrail.kpi,
            "unit": self.unit,
            "scope": self.guardrail.scope,
            "held": self.held,
            "margin": self.guardrail.margin,
            "bound": finite(self.bound),
            "note": self.note,
        }


@dataclass(frozen=True)
class Shortfall:
    """The trials do not suffice for a verdict either way."""

    reason: str
    needed: int | None
    """Trials that would be needed in all, if the effect and its spread are what they look like now; None: no number
    of trials can be named."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"reason": self.reason, "needed": self.needed}


def worsening(
    guardrail: Guardrail, baseline: NDArray[np.float64], candidate: NDArray[np.float64]
) -> NDArray[np.float64]:
    """By how much the KPI got worse in each trial, negative where it got better, shape (n,)."""
    difference = candidate - baseline
    return difference if guardrail.better == "lower" else -difference


def judge_guardrail(
    guardrail: Guardrail, worse: NDArray[np.float64], level: NDArray[np.float64], interval: Estimate, unit: str
) -> GuardrailResult:
    """Whether a guardrail held.

    Args:
        guardrail: What was promised.
        worse: Worsening of each trial; not a number where a trial failed.
        level: The baseline's KPI in each trial, for the scale of rounding.
        interval: Two-sided interval of the mean worsening, of which each side alone has the proof's confidence.
        unit: The KPI's unit.
    """
    missing = int(np.isnan(worse).sum())
    if missing:
        note = f"{missing} failed trials have no {guardrail.kpi}: the promise cannot be shown to hold"
        return GuardrailResult(guardrail, unit, False, False, math.inf, note)
    if guardrail.scope == "every trial":
        rounding = 1e-9 * np.maximum(1.0, np.abs(level))
        violated = int((worse > guardrail.margin + rounding).sum())
        n = len(worse)
        if violated:
            note = f"worse than the margin allows in {violated} of {n} trials"
        else:
            confidence = (1 + interval.confidence) / 2
            share = 1 - (1 - confidence) ** (1 / n)
            note = (
                f"held in all {n} trials; with {percent(confidence)} confidence fewer than {percent(share, 1)} of such "
                "trials break it"
            )
        return GuardrailResult(guardrail, unit, violated == 0, False, float(worse.max()), note)
    doubt = distrust(interval, len(worse), normality=True)
    if doubt is not None:
        return GuardrailResult(guardrail, unit, False, False, interval.upper, f"cannot be judged: {doubt.reason}")
    held = interval.upper <= guardrail.margin
    broken = interval.lower > guardrail.margin
    state = "shown to hold" if held else "shown to be broken" if broken else "not shown to hold"
    return GuardrailResult(guardrail, unit, held, broken, interval.upper, f"{state} ({interval.method})")


def distrust(estimate: Estimate, trials: int, *, normality: bool) -> Shortfall | None:
    """Why an interval is not to be believed, or None.

    Args:
        estimate: With its interval.
        trials: Trials behind it.
        normality: Whether the interval leans on approximate normality of the mean.
    """
    if estimate.units < estimate.fewest:
        return Shortfall(
            f"{estimate.units} independent unit{'' if estimate.units == 1 else 's'}; any statement needs at least "
            f"{estimate.fewest}",
            math.ceil(estimate.fewest * trials / max(estimate.units, 1)),
        )
    if normality and estimate.method == NO_SPREAD:
        share = 1 - (1 - estimate.confidence) ** (1 / estimate.units)
        return Shortfall(
            f"all {trials} differences are equal, so nothing tells what a rare event would do (one in up to "
            f"{percent(share, 1)} of the trials is not excluded); declare bounds if the worst case is known",
            None,
        )
    if normality and too_skewed(estimate.units, estimate.skewness):
        needed = trials_for_skewness(estimate.skewness) * trials / estimate.units
        return Shortfall(
            f"the differences are too skewed (skewness {estimate.skewness:.1f}) for {estimate.units} independent units",
            math.ceil(needed),
        )
    return None


def find_shortfall(effect: Estimate, trials: int, precision: float | None, normality: bool) -> Shortfall | None:
    """What is missing for a verdict, or None.

    Args:
        effect: The candidate's effect.
        trials: Trials behind it.
        precision: Half-width that was asked for, in money.
        normality: Whether the interval leans on approximate normality of the mean.
    """
    doubt = distrust(effect, trials, normality=normality)
    if doubt is not None:
        return doubt
    if precision is not None and effect.half_width > precision:
        if not math.isfinite(effect.half_width):
            return Shortfall(f"{effect.units} independent units are too few for an interval valid at every look", None)
        return Shortfall(
            f"the interval is ±{effect.half_width:.4g} wide, asked for was ±{precision:.4g}",
            _scaled(trials, effect.half_width / precision),
        )
    if effect.lower <= 0 <= effect.upper and effect.mean != 0:
        if not math.isfinite(effect.half_width):
            return Shortfall("there is no finite interval", None)
        reach = effect.mean - effect.lower if effect.mean > 0 else effect.upper - effect.mean
        return Shortfall(
            "the interval contains 0: the trials do not tell a gain from a loss",
            _scaled(trials, reach / abs(effect.mean)),
        )
    return None


def decide(effect: Estimate, guardrails: Sequence[GuardrailResult], shortfall: Shortfall | None) -> tuple[Verdict, str]:
    """The verdict and its reason in one sentence."""
    broken = [result.guardrail.name for result in guardrails if result.broken]
    if broken:
        return "harmful", f"the guardrail '{broken[0]}' is broken"
    if shortfall is not None:
        return "not proven", f"not enough trials: {shortfall.reason}"
    if effect.upper < 0:
        return "harmful", "the whole interval lies below 0"
    open_ = [result.guardrail.name for result in guardrails if not result.held]
    if open_:
        return "not proven", f"the guardrail '{open_[0]}' is not shown to hold"
    if effect.lower > 0:
        return "proven", "the whole interval lies above 0 and every guardrail held"
    return "not proven", "there is no difference between candidate and baseline"


def _scaled(trials: int, ratio: float) -> int | None:
    needed = trials * max(ratio, 1.0) ** 2
    return math.ceil(needed) + 1 if needed < MOST_TRIALS else None
