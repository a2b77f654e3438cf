"""The effect of one policy against another: paired differences, checked, with the interval the sampling asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from danao.core.case import Case
from danao.core.errors import BadInput
from danao.core.outcomes import Outcomes
from danao.proof.covariates import adjust
from danao.proof.estimate import Estimate
from danao.proof.intervals import clustered, drawn, independent, serial
from danao.proof.sequences import betting, sequence_estimate
from danao.proof.trials import UNKNOWN_CLUSTER, Arm

Values = NDArray[np.float64]

ROUNDING = 1e-12
"""Share of the money moved below which a difference is rounding."""


def effect_of(
    case: Case, arms: dict[str, Arm], baseline: str, candidate: str, confidence: float, sequential: bool
) -> tuple[Estimate, float]:
    """Money effect of one policy against another, and the variance reduction by control variates."""
    before, after = arms[baseline].outcomes, arms[candidate].outcomes
    gained = difference(before, after)
    if case.sampling.bounds is not None:
        low, high = case.sampling.bounds
        if baseline != case.policies().baseline.name:
            low, high = low - high, high - low
        _check_bounds(case, before.seeds, gained, low, high, candidate)
        plain = independent(gained, confidence, resample=False)
        limits = betting(gained, (low, high), confidence)
        return plain.around(*limits, "betting confidence sequence within declared bounds"), 1.0
    if case.sampling.kind == "independent" and before.covariates:
        _check_alike(case, arms[baseline], arms[candidate])
        adjusted = adjust(gained, before.covariates)
        if adjusted.used:
            fixed = independent(
                adjusted.values,
                confidence,
                lost_degrees=adjusted.used,
                inflation=adjusted.inflation,
                resample=not sequential,
            )
            n = len(gained)
            return (sequence_estimate(fixed, n, confidence) if sequential else fixed), adjusted.reduction
    clusters = clusters_of(case, arms[baseline], arms[candidate])
    return interval_of(case, clusters, gained, confidence, sequential), 1.0


def difference(before: Outcomes, after: Outcomes) -> Values:
    """Paired money difference, shape (n,); what is no more than rounding of the sums is 0."""
    gained = after.money - before.money
    scale = np.zeros(len(before))
    for outcomes in (before, after):
        for column in outcomes.items.values():
            scale += np.abs(column)
    return np.where(np.abs(gained) <= ROUNDING * scale, 0.0, gained)


def interval_of(
    case: Case, clusters: NDArray[np.int64] | None, values: Values, confidence: float, sequential: bool
) -> Estimate:
    """Interval of a mean per trial, by the case's sampling."""
    if case.sampling.kind == "serial":
        fixed = serial(values, confidence)
    elif clusters is not None and case.sampling.kind == "inputs":
        fixed = drawn(values, clusters, confidence)
    elif clusters is not None:
        fixed = clustered(values, clusters, confidence)
    else:
        fixed = independent(values, confidence, resample=not sequential)
    return sequence_estimate(fixed, max(fixed.units, 1), confidence) if sequential else fixed


def clusters_of(case: Case, before: Arm, after: Arm) -> NDArray[np.int64] | None:
    """The cluster of each pair; a trial that failed too early to name one takes that of its partner."""
    if case.sampling.kind not in ("clustered", "inputs"):
        return None
    first, second = before.outcomes.clusters, after.outcomes.clusters
    if first is None or second is None:
        raise BadInput(
            f"case {case.name}",
            f"sampling is {case.sampling.kind}, but the outcomes carry no clusters",
            "Expected `Outcomes.clusters`",
            "Return the key of each trial's cluster",
        )
    keys = np.where(first == UNKNOWN_CLUSTER, second, first)
    differing = (keys != second) & (second != UNKNOWN_CLUSTER)
    if differing.any():
        raise BadInput(
            f"case {case.name}, seed {before.outcomes.seeds[int(np.argmax(differing))]}",
            "belongs to different clusters under the two policies",
            "Expected the same cluster for the same trial",
            "Correct the clusters that the case returns",
        )
    return keys


def check_columns(case: Case, arms: dict[str, Arm]) -> None:
    """Every policy must report the same KPIs, and at least one money item."""
    kpis = {name: sorted(arm.outcomes.kpis) for name, arm in arms.items()}
    first = next(iter(kpis))
    for name, arm in arms.items():
        if kpis[name] != kpis[first]:
            raise BadInput(
                f"case {case.name}, policy {name}",
                f"KPIs {kpis[name]}",
                f"Expected {kpis[first]}, as under {first}",
                "Return every KPI for every policy",
            )
        if not arm.outcomes.items:
            raise BadInput(
                f"case {case.name}, policy {name}",
                "no money items",
                "Expected at least one",
                "Return the money of a trial",
            )


def _check_bounds(
    case: Case, seeds: NDArray[np.int64], difference: Values, low: float, high: float, policy: str
) -> None:
    slack = ROUNDING * (high - low)
    outside = (difference < low - slack) | (difference > high + slack)
    if outside.any():
        row = int(np.argmax(outside))
        raise BadInput(
            f"case {case.name}, policy {policy}, seed {seeds[row]}",
            f"a money difference of {difference[row]:.6g} in one trial",
            f"Expected {low:.6g} to {high:.6g}, the bounds that the case declares",
            "Declare bounds that no trial can leave, or none",
        )


def _check_alike(case: Case, before: Arm, after: Arm) -> None:
    """Covariates are exogenous: both policies must have met the same."""
    both = ~(before.failed | after.failed)
    for name, column in before.outcomes.covariates.items():
        other = after.outcomes.covariates.get(name)
        if other is None or not np.allclose(column[both], other[both], rtol=1e-9, atol=1e-12):
            raise BadInput(
                f"case {case.name}, covariate {name}",
                "differs between the policies",
                "Expected an exogenous quantity, the same for every policy in the same trial",
                "Leave out what a policy can influence",
            )
