"""Guardrails: whether a KPI that must not get worse did not, and how many trials it takes to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danao.core.case import Case, Guardrail
from danao.core.errors import BadInput
from danao.proof.bounded import METHOD, bounded, trials_to_show
from danao.proof.effects import ROUNDING, clusters_of, difference, interval_of
from danao.proof.estimate import Estimate, finite, percent
from danao.proof.shortfall import distrust, scaled_trials
from danao.proof.trials import Arm

Values = NDArray[np.float64]

RESERVE = 0.1
"""Share of a margin that a mean worsening may use up and still be told from a broken promise by the planned trials."""
MOST_PLANNED = 2_000
"""Trials that are planned at most for the sake of a guardrail."""


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
    needed: int | None = None
    """Trials in all that would show it to hold, if they go on as they are; None: not known, or it is decided."""

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
            "needed": self.needed,
        }


def planned_trials(case: Case, confidence: float) -> int:
    """Trials that suffice for every guardrail with bounds whose KPI hardly changes; known before any trial runs.

    Each of n trials could hide a worsening from one limit to the other, and only about 3 / n of that can be excluded at
    95 % when none shows it. 0 where no guardrail asks for trials.
    """
    needed = [0]
    for guardrail in case.guardrails:
        reach = _reach(guardrail)
        if guardrail.scope == "mean" and reach is not None and case.sampling.kind == "independent":
            hardly = np.array([RESERVE * guardrail.margin])
            needed.append(min(trials_to_show(hardly, guardrail.margin, reach, confidence) or 0, MOST_PLANNED))
    return max(needed)


def judge_guardrails(
    case: Case, arms: dict[str, Arm], base: str, chosen: str, confidence: float, sequential: bool
) -> list[GuardrailResult]:
    """Every guardrail of a case, judged for one policy against another.

    Raises:
        BadInput: A guardrail names a KPI that the outcomes do not have, or a trial leaves the declared bounds.
    """
    before, after = arms[base].outcomes, arms[chosen].outcomes
    results = []
    for guardrail in case.guardrails:
        if guardrail.kpi not in before.kpis:
            raise BadInput(
                f"case {case.name}, guardrail {guardrail.kpi}",
                "no such KPI in the outcomes",
                f"Expected one of: {', '.join(before.kpis) or 'none'}",
                "Correct the guardrail",
            )
        for name in (base, chosen):
            _check_bounds(case, guardrail, arms[name], name)
        level = before.kpis[guardrail.kpi]
        worse = worsening(guardrail, level, after.kpis[guardrail.kpi])
        interval = _interval(case, arms, base, chosen, guardrail, np.nan_to_num(worse), confidence, sequential)
        results.append(judge_guardrail(guardrail, worse, level, interval, before.units[guardrail.kpi]))
    return results


def _interval(
    case: Case,
    arms: dict[str, Arm],
    base: str,
    chosen: str,
    guardrail: Guardrail,
    worse: Values,
    confidence: float,
    sequential: bool,
) -> Estimate:
    """Interval of the mean worsening, of which each side alone has the confidence.

    The usual interval where it is to be believed, else one that needs no more than the KPI's bounds. Where the KPI
    never differs although the money does, a rare worsening may hide in what was not tried; where nothing differs at
    all, the two policies did the same.
    """
    usual = interval_of(case, clusters_of(case, arms[base], arms[chosen]), worse, 2 * confidence - 1, sequential)
    reach = _reach(guardrail)
    if reach is None or case.sampling.kind != "independent":
        return usual
    if worse.any():
        doubtful = distrust(usual, len(worse), normality=True) is not None
    else:
        doubtful = bool(difference(arms[base].outcomes, arms[chosen].outcomes).any())
    return bounded(usual, worse, reach) if doubtful else usual


def worsening(guardrail: Guardrail, baseline: Values, candidate: Values) -> Values:
    """By how much the KPI got worse in each trial, negative where it got better, shape (n,)."""
    difference = candidate - baseline
    return difference if guardrail.better == "lower" else -difference


def judge_guardrail(
    guardrail: Guardrail, worse: Values, level: Values, interval: Estimate, unit: str
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
        failed = f"{missing} failed trial{' has' if missing == 1 else 's have'}"
        note = f"{failed} no {guardrail.kpi}: the promise cannot be shown to hold"
        return GuardrailResult(guardrail, unit, False, False, math.inf, note)
    if guardrail.scope == "every trial":
        return _in_every_trial(guardrail, worse, level, interval.confidence, unit)
    doubt = distrust(interval, len(worse), normality=True)
    if doubt is not None:
        note = f"cannot be judged: {doubt.reason}"
        return GuardrailResult(guardrail, unit, False, False, interval.upper, note, doubt.needed)
    held = bool(interval.upper <= guardrail.margin)
    broken = bool(interval.lower > guardrail.margin)
    needed = None if held or broken else _needed(guardrail, worse, interval)
    state = "shown to hold" if held else "shown to be broken" if broken else "not shown to hold"
    more = f"; about {needed:,} trials in all would show it, if they go on like this" if needed else ""
    note = f"{state} ({interval.method}){more}"
    return GuardrailResult(guardrail, unit, held, broken, interval.upper, note, needed)


def _in_every_trial(guardrail: Guardrail, worse: Values, level: Values, two_sided: float, unit: str) -> GuardrailResult:
    rounding = 1e-9 * np.maximum(1.0, np.abs(level))
    violated = int((worse > guardrail.margin + rounding).sum())
    n = len(worse)
    if violated:
        note = f"worse than the margin allows in {violated} of {n} trials"
    else:
        confidence = (1 + two_sided) / 2
        share = 1 - (1 - confidence) ** (1 / n)
        note = (
            f"held in all {n} trials; with {percent(confidence)} confidence fewer than {percent(share, 1)} of such "
            "trials break it"
        )
    return GuardrailResult(guardrail, unit, violated == 0, False, float(worse.max()), note)


def _needed(guardrail: Guardrail, worse: Values, interval: Estimate) -> int | None:
    """Trials that would show a guardrail to hold whose mean worsening lies within its margin."""
    reach = _reach(guardrail)
    if interval.method == METHOD and reach is not None:
        return trials_to_show(worse, guardrail.margin, reach, 0.5 + interval.confidence / 2)
    if interval.mean >= guardrail.margin:
        return None
    if interval.inputs is not None:
        return None
    return scaled_trials(len(worse), (interval.upper - interval.mean) / (guardrail.margin - interval.mean))


def _reach(guardrail: Guardrail) -> tuple[float, float] | None:
    """Limits of the worsening of one trial."""
    if guardrail.bounds is None:
        return None
    span = guardrail.bounds[1] - guardrail.bounds[0]
    return -span, span


def _check_bounds(case: Case, guardrail: Guardrail, arm: Arm, policy: str) -> None:
    if guardrail.bounds is None:
        return
    low, high = guardrail.bounds
    values = np.where(arm.failed, low, arm.outcomes.kpis[guardrail.kpi])
    slack = ROUNDING * (high - low)
    outside = (values < low - slack) | (values > high + slack)
    if outside.any():
        row = int(np.argmax(outside))
        raise BadInput(
            f"case {case.name}, policy {policy}, seed {arm.outcomes.seeds[row]}",
            f"{guardrail.kpi} {values[row]:.6g}",
            f"Expected {low:g} to {high:g}, the bounds that the guardrail declares",
            "Declare bounds that no trial can leave, or none",
        )
