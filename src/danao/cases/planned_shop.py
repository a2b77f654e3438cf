"""A shop that works to a plan: the plan carried out in the twin, against dispatching by a rule.

The decision: which order each machine works on next.
Today: a dispatching rule, the plant's own or another one.
Our proposal: a plan of all orders, followed with its sequences kept when times vary, until it is out of touch.
Tried on: the digital twin of the plant; every trial is another order book with other times and breakdowns.
Money: the prices in the plant file.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from danao.cases.parameters import CaseParameters, InvestmentParameters
from danao.core import Case, Outcomes, Policies, Policy, Rule
from danao.planning.arena import ruled
from danao.planning.execution import plan_plant
from danao.planning.order_books import with_order_book
from danao.planning.rival_names import rival_named
from danao.plant import Plant, read_plant
from danao.plant.example import example, example_text
from danao.twin import Twin
from danao.twin.outcomes import cost_book, outcomes

EXAMPLE = "machine-shop"
_MEANS = "plan, mean times"
_LATENESS = "plan for lateness alone"


class PlannedShopParameters(CaseParameters):
    """What people may set."""

    file: str = Field("", description="plant file with `worth`; default: the example machine-shop")
    orders: int = Field(60, ge=1, le=5000, description="in each order book, if the plant has none of its own")
    tightness: float = Field(0.9, gt=0, description="of the due dates; above 1 the last orders must be late")
    baseline: str = Field("covert", description="dispatching rule; `as is`: the plant's own")
    rivals: tuple[str, ...] = Field(("as is",), description="further dispatching rules")
    quantile: float | None = Field(None, gt=0, lt=1, description="of the times to plan with; default: their means")
    objective: str = Field(
        "", description="of the plan; `money`: lateness and energy at the plant's prices; default: lateness"
    )
    early: bool | None = Field(
        None, description="whether a step may start before its planned start; default: unless energy counts"
    )
    patience: float | None = Field(0.25, ge=0, description="hours late after which dispatching takes over; none: never")
    steps: int = Field(2000, ge=1, description="schedules that the planner tries")
    hours: float = Field(240.0, gt=0, description="span of one trial, long enough for all orders")
    investment: InvestmentParameters = InvestmentParameters()


class PlannedShop(Case):
    """A plan, followed in the twin."""

    summary: ClassVar[str] = "a shop that works to a plan, carried out in its digital twin"
    Parameters: ClassVar[type[CaseParameters]] = PlannedShopParameters

    name = "planned-shop"

    def __init__(self, parameters: PlannedShopParameters | None = None) -> None:
        self.settings = settings = parameters or PlannedShopParameters()
        self.plant = read_plant(Path(settings.file)) if settings.file else example(EXAMPLE)
        self.title = f"{self.plant.name}: work to a plan, against {settings.baseline}"
        self.currency = cost_book(self.plant).currency
        for text in (settings.baseline, *settings.rivals):
            rival_named(text)
        self.period = timedelta(hours=settings.hours)
        self.investment = settings.investment.investment()
        self._plans: dict[tuple[str, float | None, int], Twin] = {}

    def policies(self) -> Policies:
        """Dispatching, the plan, and where the plan has a buffer the one without."""
        settings = self.settings
        names = [text for text in settings.rivals if text != settings.baseline]
        rivals = [Rule(text, f"the rule {text}") for text in names]
        if settings.quantile is not None:
            rivals.append(Rule(_MEANS, "a plan made with mean times"))
        if settings.objective:
            rivals.append(Rule(_LATENESS, "a plan that knows neither the tariff nor any other objective"))
        buffer = _MEANS if settings.quantile is None else f"plan, {100 * settings.quantile:g} % quantiles"
        baseline = Rule(settings.baseline, f"dispatching by {settings.baseline}")
        return Policies(baseline, Rule(buffer, f"a {buffer}, that the shop follows"), tuple(rivals))

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        """Money of one order book a seed."""
        found = []
        for seed in seeds:
            twin = self._twin(policy.name, int(seed))
            found.append(outcomes(twin.run([seed], self.settings.hours, threads=1), twin.plant))
        first = found[0]
        return Outcomes(
            np.array(seeds),
            {name: np.concatenate([one.items[name] for one in found]) for name in first.items},
            {name: np.concatenate([one.kpis[name] for one in found]) for name in first.kpis},
            first.units,
        )

    def parameters(self) -> Mapping[str, Any]:
        """The settings, as they go into a case file."""
        return self.settings.model_dump(mode="json")

    def settings_changed(self) -> Mapping[str, Any]:
        """The settings that differ from the defaults."""
        return self.settings.model_dump(mode="json", exclude_defaults=True)

    def data(self) -> Mapping[str, str]:
        """Hash of the plant file."""
        file = self.settings.file
        content = Path(file).read_bytes() if file else example_text(EXAMPLE).encode()
        return {file or EXAMPLE: hashlib.sha256(content).hexdigest()}

    def story(self) -> Sequence[str]:
        """The decision, today's rule, the proposal and the money."""
        settings = self.settings
        given = (
            "its orders" if self.plant.orders else f"an order book of {settings.orders} orders, a new one each trial"
        )
        late = "never" if settings.patience is None else f"when it is more than {settings.patience:g} h late"
        return (
            f"{self.plant.name} has {given}. Whenever a machine becomes free, something says what it works on next.",
            f"Baseline: the dispatching rule {settings.baseline}.",
            f"Candidate: a plan of all orders. Machines keep its sequences when times vary; {late} dispatching takes "
            "over. The planner knows mean times or quantiles, never the times that will come, nor the breakdowns.",
            "Money: the prices in the plant file; lateness is charged by the hour.",
        )

    def __getstate__(self) -> dict[str, Any]:
        """Compiled twins stay in their process."""
        return {**self.__dict__, "_plans": {}}

    def _book(self, seed: int) -> Plant:
        if self.plant.orders:
            return self.plant
        return with_order_book(self.plant, self.settings.orders, seed, self.settings.tightness)

    def _twin(self, name: str, seed: int) -> Twin:
        plant, settings = self._book(seed), self.settings
        if name in (settings.baseline, *settings.rivals):
            rival = rival_named(name)
            return Twin(ruled(plant, rival.rule), tuning=rival.tuning)
        at = None if name == _MEANS else settings.quantile
        objective = "" if name == _LATENESS else settings.objective
        key = objective, at, 0 if self.plant.orders else seed
        if key not in self._plans:
            plan = plan_plant(
                ruled(plant, rival_named(settings.baseline).rule),
                objective,
                time_limit=None,
                at=at,
                step_limit=settings.steps,
            )
            patience = math.inf if settings.patience is None else settings.patience
            self._plans[key] = plan.twin(early=settings.early, patience=patience)
        return self._plans[key]
