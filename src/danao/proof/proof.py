"""The proof: what was tried, what it is worth, how sure that is, and how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from danao.core.case import Case, Guardrail
from danao.proof.appraisal import Appraisal
from danao.proof.estimate import Estimate, finite
from danao.proof.guardrails import GuardrailResult
from danao.proof.shortfall import Shortfall
from danao.proof.trials import Arm
from danao.proof.verdict import Verdict

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class KpiResult:
    """A KPI under both policies."""

    unit: str
    baseline: float
    candidate: float
    difference: Estimate

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        difference = self.difference.to_dict()
        return {
            "unit": self.unit,
            "baseline": finite(self.baseline),
            "candidate": finite(self.candidate),
            "difference": {
                key: finite(difference[key]) if difference[key] is not None else None
                for key in ("mean", "lower", "upper")
            },
        }


@dataclass(frozen=True)
class RivalResult:
    """A cheaper explanation of the gain."""

    name: str
    description: str
    effect: Estimate
    """Against the baseline, valid together with the candidate's and the other rivals'."""
    candidate_over_rival: Estimate
    """Money by which the candidate beats the rival."""
    guardrails_held: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "description": self.description,
            "effect": self.effect.to_dict(),
            "candidate_over_rival": self.candidate_over_rival.to_dict(),
            "guardrails_held": self.guardrails_held,
        }


@dataclass(frozen=True)
class VarianceReduction:
    """How many times fewer trials the proof needed; infinite values mean that no spread was left."""

    common_random_numbers: float
    """Against independent runs of the two policies."""
    control_variates: float
    """On top of that."""

    @property
    def total(self) -> float:
        """Product of the two."""
        return self.common_random_numbers * self.control_variates


@dataclass(frozen=True)
class Provenance:
    """Everything needed to repeat the proof."""

    root_seed: int | None
    """Root of the trial seeds; None where the seeds were given or are the blocks of a replay."""
    seeds: tuple[int, ...]
    """Every trial's seed, in order."""
    options: Mapping[str, Any]
    """Arguments of `prove` that shape the result."""
    parameters: Mapping[str, Any]
    """Parameters of the case."""
    data: Mapping[str, str]
    """SHA-256 of every data file."""
    versions: Mapping[str, str]
    fingerprints: Mapping[str, str]
    """Per policy: base64 of the first 8 bytes of the SHA-256 of each trial's values."""
    ledger_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form; the seeds of a root are not listed one by one."""
        listed = None if self.root_seed is not None else list(self.seeds)
        return {
            "seeds": {"root": self.root_seed, "count": len(self.seeds), "list": listed},
            "options": dict(self.options),
            "parameters": dict(self.parameters),
            "data": dict(self.data),
            "versions": dict(self.versions),
            "fingerprints": dict(self.fingerprints),
            "ledger_id": self.ledger_id,
        }


@dataclass(frozen=True)
class Proof:
    """The paired money effect of a candidate against a baseline, with everything its reader is owed."""

    case: Case
    verdict: Verdict
    reason: str
    effect: Estimate
    """Money per trial period, candidate minus baseline."""
    items: Mapping[str, tuple[float, float]]
    """Mean money per trial of each item: baseline, candidate."""
    kpis: Mapping[str, KpiResult]
    guardrails: tuple[GuardrailResult, ...]
    rivals: tuple[RivalResult, ...]
    simultaneous_effect: Estimate
    """The candidate's effect with the interval that holds together with those of all rivals."""
    appraisal: Appraisal | None
    shortfall: Shortfall | None
    variance_reduction: VarianceReduction
    objections: tuple[str, ...]
    """Why what was tried on may not back a `proven` verdict, whatever the trials say."""
    notes: tuple[str, ...]
    """What a reader should know before believing the rest."""
    arms: Mapping[str, Arm] = field(repr=False)
    """All trials, by policy name."""
    provenance: Provenance = field(repr=False)

    @property
    def trials(self) -> int:
        """Number of paired trials."""
        return len(self.provenance.seeds)

    @property
    def baseline(self) -> Arm:
        """Trials of the baseline."""
        return self.arms[self.case.policies().baseline.name]

    @property
    def candidate(self) -> Arm:
        """Trials of the candidate."""
        return self.arms[self.case.policies().candidate.name]

    @property
    def differences(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Paired money differences, candidate minus baseline, shape (trials,)."""
        return self.candidate.outcomes.money - self.baseline.outcomes.money

    def recorded(self, ledger_id: str) -> Proof:
        """The same proof, knowing its place in the ledger."""
        return replace(self, provenance=replace(self.provenance, ledger_id=ledger_id))

    def to_dict(self) -> dict[str, Any]:
        """The proof as a document of the published schema (`danao.proof.schema.PROOF_SCHEMA`)."""
        policies = self.case.policies()
        return {
            "schema_version": SCHEMA_VERSION,
            "case": self.case.name,
            "title": self.case.title,
            "verdict": self.verdict,
            "reason": self.reason,
            "currency": self.case.currency,
            "period_days": self.case.period.total_seconds() / 86_400,
            "trials": self.trials,
            "failed_trials": {name: int(arm.failed.sum()) for name, arm in self.arms.items()},
            "not_enough_trials": None if self.shortfall is None else self.shortfall.to_dict(),
            "objections": list(self.objections),
            "notes": list(self.notes),
            "policies": {
                "baseline": _described(policies.baseline),
                "candidate": _described(policies.candidate),
            },
            "effect": self.effect.to_dict(),
            "simultaneous_effect": self.simultaneous_effect.to_dict(),
            "items": {
                name: {"baseline": before, "candidate": after, "difference": after - before}
                for name, (before, after) in self.items.items()
            },
            "kpis": {name: result.to_dict() for name, result in self.kpis.items()},
            "guardrails": [result.to_dict() for result in self.guardrails],
            "rivals": [rival.to_dict() for rival in self.rivals],
            "appraisal": None if self.appraisal is None else self.appraisal.to_dict(),
            "variance_reduction": finite(self.variance_reduction.total),
            "variance_reduction_parts": {
                "common_random_numbers": finite(self.variance_reduction.common_random_numbers),
                "control_variates": finite(self.variance_reduction.control_variates),
            },
            "provenance": self.provenance.to_dict(),
        }


def promise_of(guardrail: Guardrail) -> str:
    """The guardrail in words, with its margin."""
    margin = f" by more than {guardrail.margin:g}" if guardrail.margin else ""
    return f"{guardrail.name}{margin} ({guardrail.scope})"


def _described(policy: Any) -> dict[str, str]:
    return {"name": policy.name, "description": policy.description}
