"""Paired trials: run every policy on the same seeds, lose none, and name the one that fails."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danao.core.case import Case, Policy
from danao.core.errors import BadInput, RepeatedSeeds, TrialFailed
from danao.core.outcomes import Outcomes

FAILED_ITEM = "failed trials"
UNKNOWN_CLUSTER = np.iinfo(np.int64).min
"""Cluster of a trial that failed before it could name one."""
LARGEST_SEED = 2**53


@dataclass(frozen=True)
class Arm:
    """All trials of one policy."""

    outcomes: Outcomes
    failed: NDArray[np.bool_]
    """Shape (n,). Trials that failed and were charged at the case's `failure_cost`."""

    @staticmethod
    def join(parts: Sequence[Arm]) -> Arm:
        """Join batches in the order given."""
        return Arm(
            Outcomes.concatenate([part.outcomes for part in parts]), np.concatenate([part.failed for part in parts])
        )

    def fingerprints(self) -> NDArray[np.uint64]:
        """The first 64 bits of the SHA-256 of each trial's values, shape (n,).

        Two runs of a trial have the same fingerprint if and only if (but for a chance of 2**-64) every money item and
        KPI is equal to the last bit.
        """
        groups = (self.outcomes.items, self.outcomes.kpis)
        names = [sorted(group) for group in groups]
        table = np.stack([group[name] for group, order in zip(groups, names, strict=True) for name in order], axis=1)
        head = "\x1f".join(name for order in names for name in order).encode()
        rows = np.ascontiguousarray(table + 0.0, dtype="<f8")
        digests = b"".join(hashlib.sha256(head + row.tobytes()).digest()[:8] for row in rows)
        return np.frombuffer(digests, dtype="<u8")


def run_arm(case: Case, policy: Policy, seeds: Sequence[int]) -> Arm:
    """Run one policy on a batch of seeds.

    Raises:
        TrialFailed: A trial raised or returned a value that is not finite, and the case declares no `failure_cost`.
    """
    try:
        outcomes = case.run(policy, seeds)
    except Exception as error:
        return _run_in_halves(case, policy, seeds, error)
    if len(outcomes) != len(seeds) or not np.array_equal(outcomes.seeds, np.asarray(seeds, dtype=np.int64)):
        raise BadInput(
            f"case {case.name}, policy {policy.name}",
            f"{len(outcomes)} rows for {len(seeds)} seeds, or in another order",
            "Expected one row for every seed, in the order asked",
            "Correct the case's `run`",
        )
    broken = outcomes.broken()
    if case.failure_cost is not None:
        return Arm(_charge(outcomes, broken, case.failure_cost), broken)
    if broken.any():
        raise _failure(case, policy, int(outcomes.seeds[np.argmax(broken)]), "a value that is not finite")
    return Arm(outcomes, broken)


def check_seeds(seeds: Sequence[int]) -> None:
    """Refuse a seed list that names a trial twice.

    Raises:
        RepeatedSeeds: It does; the first repeated seed is named.
        BadInput: The list is empty, or holds something that is no whole number that JSON can carry.
    """
    for seed in seeds:
        if int(seed) != seed or abs(seed) > LARGEST_SEED:
            raise BadInput("seeds", f"{seed}", "Expected whole numbers up to 2^53", "Correct the list")
    if not len(seeds):
        raise BadInput("seeds", "the list is empty", "Expected at least one seed", "Leave it out for the default")
    values, counts = np.unique(np.asarray(seeds, dtype=np.int64), return_counts=True)
    if len(values) < len(seeds):
        raise RepeatedSeeds(
            "seeds",
            f"seed {values[np.argmax(counts > 1)]} appears {counts.max()} times",
            "Expected distinct seeds: a repeated trial is no new evidence",
            "Remove the repeats",
        )


def _run_in_halves(case: Case, policy: Policy, seeds: Sequence[int], error: Exception) -> Arm:
    """Find the trial that raised by halving the batch; the others keep their results."""
    if len(seeds) > 1:
        middle = len(seeds) // 2
        return Arm.join([run_arm(case, policy, seeds[:middle]), run_arm(case, policy, seeds[middle:])])
    if case.failure_cost is None:
        raise _failure(case, policy, int(seeds[0]), f"{type(error).__name__}: {error}") from error
    template = _template(case, policy)
    blank = {name: np.zeros(1) for name in template.items}
    outcomes = Outcomes(
        seeds=np.asarray(seeds, dtype=np.int64),
        items={**blank, FAILED_ITEM: np.array([-case.failure_cost])},
        kpis={name: np.full(1, np.nan) for name in template.kpis},
        units=template.units,
        covariates={name: np.zeros(1) for name in template.covariates},
        clusters=np.full(1, UNKNOWN_CLUSTER) if template.clusters is not None else None,
    )
    return Arm(outcomes, np.ones(1, dtype=bool))


def _template(case: Case, wanted: Policy) -> Outcomes:
    """The columns of a case, from the first trial that works, of the same policy if possible."""
    for policy in (wanted, *case.policies()):
        for seed in range(3):
            try:
                return case.run(policy, [seed])
            except Exception:
                continue
    raise TrialFailed(
        f"case {case.name}",
        "every one of the first trials of every policy fails",
        "Expected at least one trial that works",
        "Correct the case's `run`",
    )


def _charge(outcomes: Outcomes, broken: NDArray[np.bool_], cost: float) -> Outcomes:
    items = {name: np.where(broken, 0.0, column) for name, column in outcomes.items.items()}
    items[FAILED_ITEM] = np.where(broken, -cost, items.get(FAILED_ITEM, 0.0))
    return Outcomes(
        seeds=outcomes.seeds,
        items=items,
        kpis={name: np.where(broken, np.nan, column) for name, column in outcomes.kpis.items()},
        units=outcomes.units,
        covariates={name: np.nan_to_num(column) for name, column in outcomes.covariates.items()},
        clusters=outcomes.clusters,
    )


def _failure(case: Case, policy: Policy, seed: int, found: str) -> TrialFailed:
    return TrialFailed(
        f"case {case.name}, policy {policy.name}, seed {seed}",
        found,
        "Expected finite money and KPIs for every trial; a failed trial is never dropped",
        "Correct the case, or declare a `failure_cost` at which such trials count",
    )
