"""The head of the report: verdict, effect in one sentence, reason, and the first figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from danao.proof.estimate import Estimate
from danao.proof.proof import Proof
from danao.proof.proving import YEAR
from danao.proof.report import figures, words
from danao.proof.report.figures import Shown, Triple, percent
from danao.proof.report.layout import Text, Tone
from danao.proof.shortfall import distrust

MANY = 10**9
"""Beyond this number of trials a shortfall is told as practically no difference."""


@dataclass(frozen=True)
class Fact:
    """One of the figures under the verdict."""

    label: str
    value: Text
    note: str = ""


@dataclass(frozen=True)
class Head:
    """What stands above everything: verdict, effect in one sentence, reason."""

    tone: Tone
    verdict: str
    sub: str
    sentence: str
    per_trial: str
    reason: str
    notices: tuple[str, ...]
    """What to know before the figures are used."""
    facts: tuple[Fact, ...]


def head(proof: Proof) -> Head:
    """Verdict, the one sentence, the reason, and the handful of figures people ask for first."""
    currency, period = proof.case.currency, words.duration(proof.case.period)
    named = words.unit_of(proof.case.period)
    once = named if named == period else f"{named} ({period})"
    tone, verdict, sub = _badge(proof)
    doubt = doubtful(proof)
    per_trial = ""
    if period != "year" and math.isfinite(proof.effect.half_width):
        told = words.headline(proof.effect, currency, "", doubtful=doubt)
        per_trial = f"Per {once}: {told[0].lower()}{told[1:]}"
    return Head(
        tone=tone,
        verdict=verdict,
        sub=sub,
        sentence=words.headline(yearly(proof), currency, "a year", terms=words.TODAY, doubtful=doubt),
        per_trial=per_trial,
        reason=words.sentence(proof.reason if proof.shortfall is None else proof.reason.removeprefix(_shortage(proof))),
        notices=(
            *_notices(proof),
            *(words.sentence(note) for note in (*proof.objections, *words.input_told(proof), *proof.notes)),
        ),
        facts=_facts(proof, currency, named, named if per_trial else once),
    )


def _shortage(proof: Proof) -> str:
    return "" if proof.shortfall is None else f"not enough {proof.shortfall.what}: "


def yearly(proof: Proof) -> Estimate:
    """The effect per year instead of per trial."""
    return proof.effect.scaled(YEAR / proof.case.period)


def doubtful(proof: Proof) -> bool:
    """Whether the interval itself is not to be believed, for want of trials."""
    return distrust(proof.effect, proof.trials, normality=proof.case.sampling.bounds is None) is not None


def _badge(proof: Proof) -> tuple[Tone, str, str]:
    if proof.verdict == "proven":
        return "good", "Proven", f"{percent(proof.effect.confidence)} confidence"
    if proof.verdict == "harmful":
        return "bad", "Harmful", "do not go live"
    if proof.shortfall is None:
        return "open", "Not proven", "keep today's rule"
    needed = proof.shortfall.needed
    title = f"Not enough {proof.shortfall.what}"
    if needed is None:
        return "open", title, f"{proof.trials:,} run so far"
    if needed >= MANY:
        return "open", title, "no number in reach would do"
    return "open", title, f"{needed:,} needed, {proof.trials:,} run so far"


def _notices(proof: Proof) -> tuple[str, ...]:
    notices = []
    blocks = proof.case.trials
    if proof.shortfall is not None and blocks is not None and (proof.shortfall.needed or 0) > blocks:
        notices.append(
            f"The record holds {blocks:,} blocks, fewer than a verdict needs; more history has to be recorded."
        )
    failed = {name: int(arm.failed.sum()) for name, arm in proof.arms.items()}
    if any(failed.values()):
        told = ", ".join(f"{count:,} of {name}" for name, count in failed.items() if count)
        cost = proof.case.failure_cost
        charge = "" if cost is None else f", each at {figures.given(cost)} {proof.case.currency}"
        notices.append(f"Failed trials: {told} (of {proof.trials:,}). They were not dropped but charged{charge}.")
    return tuple(notices)


def _facts(proof: Proof, currency: str, period: str, told_as: str) -> tuple[Fact, ...]:
    facts = [_effect_fact(f"Effect per {told_as}", proof.effect, currency)]
    if period != "year":
        facts.append(_effect_fact("Effect per year", yearly(proof), currency))
    units = "" if proof.effect.units == proof.trials else f"{proof.effect.units:,} independent units"
    facts.append(
        Fact("Paired trials", Shown(proof.trials, f"{proof.trials:,}"), units or f"one trial is {words.one(period)}")
    )
    held = sum(result.held for result in proof.guardrails)
    if proof.guardrails:
        facts.append(Fact("Guardrails held", f"{held} of {len(proof.guardrails)}", "what must not get worse"))
    if proof.appraisal is not None and math.isfinite(proof.effect.half_width):
        npv = proof.appraisal.npv
        value, told = words.money_range(npv, currency)
        if npv.lower is not None and npv.upper is not None:
            told += f", {words.price_terms(proof.case.price_spread)}"
        terms = words.assumed(proof.case.investment, currency)
        facts.append(Fact("Net present value", value, f"{told.removesuffix('.')}; {terms}"))
    return tuple(facts)


def _effect_fact(label: str, effect: Estimate, currency: str) -> Fact:
    told = Triple.of(effect)
    span = told.span(signed=True)
    return Fact(
        label, told.shown(currency, signed=True), f"{span}, {words.TODAY}" if 0 < effect.half_width < math.inf else span
    )
