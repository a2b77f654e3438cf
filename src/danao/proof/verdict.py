"""From estimates to a verdict: proven, not proven, harmful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from danao.proof.estimate import Estimate
from danao.proof.guardrails import GuardrailResult
from danao.proof.shortfall import Shortfall

Verdict = Literal["proven", "not proven", "harmful"]


def decide(
    effect: Estimate,
    guardrails: Sequence[GuardrailResult],
    shortfall: Shortfall | None,
    objections: Sequence[str] = (),
) -> tuple[Verdict, str]:
    """The verdict and its reason in one sentence.

    Args:
        effect: The candidate's effect.
        guardrails: What must not get worse.
        shortfall: What is missing for a verdict.
        objections: Why what was tried on may not back `proven`, whatever the trials say.
    """
    broken = [result.guardrail.name for result in guardrails if result.broken]
    if broken:
        return "harmful", f"the guardrail '{broken[0]}' is broken"
    if shortfall is not None:
        return "not proven", f"not enough {shortfall.what}: {shortfall.reason}"
    if effect.upper < 0:
        return "harmful", "the whole interval lies below 0"
    open_ = [result for result in guardrails if not result.held]
    if open_:
        more = f"; about {open_[0].needed:,} trials in all would show it" if open_[0].needed else ""
        return "not proven", f"the guardrail '{open_[0].guardrail.name}' is not shown to hold{more}"
    if effect.lower <= 0:
        return "not proven", "there is no difference between candidate and baseline"
    if objections:
        return "not proven", f"the interval lies above 0, but the twin may not back a proof: {objections[0]}"
    return "proven", "the whole interval lies above 0 and every guardrail held"
