"""Dispatching in dynamic job shops: a rule learnt in the twin, against the best rule that people would choose.

The decision: which waiting order a free machine takes.
Today: the classical dispatching rule that did best on the shops that the learnt rule was trained on, its numbers tuned.
Our proposal: a priority function learnt in the twin of other shops.
Tried on: random job shops that neither rule has met; every trial is a new shop with new routes and new orders.
Money: each hour that an order is late costs its weight times a price.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from danao.cases.parameters import CaseParameters, InvestmentParameters
from danao.core import BadInput, Case, Outcomes, Policies, Policy, Rule
from danao.planning import LearntPolicy, Rival, ShopKind, random_shop, read_policy, weighted_lateness
from danao.planning.arena import ruled
from danao.planning.rival_names import rival_named
from danao.twin import Twin

SHIPPED = "job-shop.json"
"""The policy that `benchmarks/policies.py` learnt, in the package."""


class JobShopParameters(CaseParameters):
    """What people may set."""

    policy: str = Field("", description="file of a learnt policy; default: the one that comes with Danao")
    baseline: str = Field("atc k=1.5 b=1", description="classical rule, with its numbers if it has any")
    rivals: tuple[str, ...] = Field(("covert k=2 b=0.25",), description="further rules, printed beside the candidate")
    stations: int = Field(10, ge=1, le=100, description="of each shop")
    machines: int = Field(1, ge=1, le=20, description="of each station; above 1: a flexible job shop")
    products: int = Field(30, ge=1, le=500, description="of each shop")
    utilisation: float = Field(0.95, gt=0, lt=1, description="of the busiest station")
    price: float = Field(10.0, gt=0, description="EUR for an hour late, times the weight of the order")
    hours: float = Field(400.0, gt=0, description="span of one trial")
    warm_up: float = Field(100.0, ge=0, description="hours from the empty shop to the span, not counted")
    investment: InvestmentParameters = InvestmentParameters()


class JobShop(Case):
    """Learnt dispatching in job shops that it has never seen."""

    summary: ClassVar[str] = "a dispatching rule learnt in the twin, on job shops that it has never met"
    Parameters: ClassVar[type[CaseParameters]] = JobShopParameters

    name = "job-shop"
    title = "Dispatching in job shops: learnt in the twin, against the best classical rule"
    currency = "EUR"

    def __init__(self, parameters: JobShopParameters | None = None) -> None:
        self.settings = settings = parameters or JobShopParameters()
        self.kind = ShopKind(
            stations=settings.stations,
            machines=settings.machines,
            products=settings.products,
            utilisation=settings.utilisation,
            shortest_route=min(5, settings.stations),
        )
        self.learnt, self._hash = _policy(settings.policy)
        self._rules = {text: rival_named(text) for text in (settings.baseline, *settings.rivals)}
        self.period = timedelta(hours=settings.hours)
        self.investment = settings.investment.investment()

    def policies(self) -> Policies:
        """The best classical rule, the learnt one, and others."""
        settings = self.settings
        baseline, *rivals = (Rule(text, f"the rule {text}") for text in (settings.baseline, *settings.rivals))
        return Policies(baseline, Rule(self.learnt.name, "the rule learnt in the twin of other shops"), tuple(rivals))

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        """What lateness costs in one new shop a seed."""
        late, share, finished = np.zeros(len(seeds)), np.zeros(len(seeds)), np.zeros(len(seeds))
        for place, seed in enumerate(seeds):
            twin = self._twin(policy.name, int(seed))
            runs = twin.run([seed], self.settings.hours, warm_up=self.settings.warm_up, threads=1)
            late[place] = weighted_lateness(twin.plant, runs)[0]
            finished[place] = runs.finished.sum()
            share[place] = runs.late.sum() / max(1.0, finished[place])
        return Outcomes(
            np.array(seeds),
            {"lateness": -self.settings.price * late},
            {"share late": share, "orders finished": finished},
            {"share late": "1", "orders finished": "piece"},
        )

    def parameters(self) -> Mapping[str, Any]:
        """The settings, as they go into a case file."""
        return self.settings.model_dump(mode="json")

    def settings_changed(self) -> Mapping[str, Any]:
        """The settings that differ from the defaults."""
        return self.settings.model_dump(mode="json", exclude_defaults=True)

    def data(self) -> Mapping[str, str]:
        """Hash of the learnt policy."""
        return {self.settings.policy or SHIPPED: self._hash}

    def story(self) -> Sequence[str]:
        """The decision, today's rule, the proposal and the money."""
        settings = self.settings
        told = ", ".join(f"{name}: {value}" for name, value in self.learnt.story)
        return (
            f"Each trial is a job shop of its own: {settings.stations} stations with {settings.machines} machine(s), "
            f"{settings.products} products with random routes, the busiest station in use "
            f"{100 * settings.utilisation:g} % of the time. Whenever a machine becomes free, somebody decides which "
            "waiting order it takes.",
            f"Baseline: {settings.baseline}, the classical rule that did best on the training shops.",
            f"Candidate: a priority function that was learnt in the twin of other shops ({told}).",
            f"Money: {settings.price:g} EUR for each hour that an order is late, times its weight, orders that are "
            "still open included. Both rules meet the same shops, orders and process times.",
        )

    def _twin(self, name: str, seed: int) -> Twin:
        plant = random_shop(seed, self.kind)
        rival: Rival | None = self._rules.get(name)
        if rival is None:
            return Twin(plant, function=self.learnt.function, place=self.learnt.place)
        return Twin(ruled(plant, rival.rule), tuning=rival.tuning)


def _policy(file: str) -> tuple[LearntPolicy, str]:
    """A learnt policy and the SHA-256 of its file."""
    if file:
        policy = read_policy(Path(file))
        return policy, hashlib.sha256(Path(file).read_bytes()).hexdigest()
    with as_file(files("danao.planning") / "learnt" / SHIPPED) as path:
        if not path.is_file():
            raise BadInput("case job-shop", "no learnt policy", "Expected `policy`", "Learn one: danao policy learn")
        return read_policy(path), hashlib.sha256(path.read_bytes()).hexdigest()
