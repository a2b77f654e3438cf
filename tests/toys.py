"""Small cases with known answers, for the tests and benchmarks of the proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from danao.core import Case, Guardrail, Investment, Outcomes, Policies, Policy, Rule, Sampling

Draw = Callable[[str, np.ndarray], np.ndarray]


def uniform(seeds: np.ndarray, purpose: int) -> np.ndarray:
    """One number in (0, 1) for every seed and purpose, by an integer hash: fast, and the same in any batch."""
    with np.errstate(over="ignore"):
        word = seeds.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(purpose) * np.uint64(
            0xD1B54A32D192ED03
        )
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 0xBF58476D1CE4E5B9)):
            word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return ((word >> np.uint64(11)).astype(np.float64) + 0.5) / 2**53


@dataclass
class ToyCase(Case):
    """Money from a formula: `draw(policy name, seeds)`."""

    draw: Draw
    name: str = "toy"
    title: str = "A case with a known answer"
    currency: str = "EUR"
    period: timedelta = timedelta(days=1)
    investment: Investment = field(default_factory=lambda: Investment(capex=1000.0))
    guardrails: Sequence[Guardrail] = ()
    trials: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    failure_cost: float | None = None
    kpi: Draw | None = None
    covariate: Callable[[np.ndarray], np.ndarray] | None = None
    clusters: Callable[[np.ndarray], np.ndarray] | None = None
    rivals: tuple[str, ...] = ()

    def policies(self) -> Policies:
        return Policies(
            Rule("baseline", "what is done today"),
            Rule("candidate", "what we propose"),
            tuple(Rule(name, f"rival {name}") for name in self.rivals),
        )

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        rows = np.asarray(seeds, dtype=np.int64)
        return Outcomes(
            seeds=rows,
            items={"result": self.draw(policy.name, rows)},
            kpis={"level": self.kpi(policy.name, rows)} if self.kpi else {},
            units={"level": "h"} if self.kpi else {},
            covariates={"weather": self.covariate(rows)} if self.covariate else {},
            clusters=self.clusters(rows) if self.clusters else None,
        )
