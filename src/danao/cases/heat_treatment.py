"""Heat treatment: the order in which jobs enter a no-wait furnace line, against the order the shop really ran.

The decision: once a planning period (about 4.7 days) the planner puts 37 to 112 jobs into a sequence. A change of
recipe leaves the furnaces burning gas on nothing; the order also decides which jobs are late.
Today: the executed sequence, as recorded. Our proposal: the sequence of least energy cost that is no later in total.
Tried on: the recorded periods themselves, then on the same periods with process times that vary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from danao.cases.heat_treatment_exhibits import all_exhibits
from danao.cases.parameters import CaseParameters, InvestmentParameters
from danao.core import BadInput, Case, CostBook, Exhibit, Guardrail, Outcomes, Policies, Policy, Price, Rule, Sampling
from danao.core.data import data_set, verified_copy
from danao.scheduling.no_wait import NoWaitLine, evaluate, example_lines, read_instance
from danao.scheduling.no_wait.planning import (
    EXECUTED,
    SEARCH,
    PeriodPlan,
    plan_periods,
    results_as_planned,
    results_under_variation,
)

DATA = "heat-treatment"
GAS, LATENESS = "natural gas", "tardiness"


class HeatTreatmentParameters(CaseParameters):
    """What people may set."""

    source: Literal["data", "example"] = Field("data", description="the real line, or the example made for the project")
    periods: int = Field(12, ge=2, le=200, description="planning periods of the example")
    gas_price: float | None = Field(None, ge=0, description="money per Nm3; default: that of the line's own records")
    gas_price_spread: float = Field(0.15, ge=0, le=2, description="relative standard deviation over the years")
    tardiness_price: float = Field(0.0, ge=0, description="contractual money per hour that a job is late")
    variation: float = Field(0.0, ge=0, le=1, description="coefficient of variation of process times; 0: as recorded")
    steps_per_job: int = Field(30_000, ge=1, description="search moves per job")
    search_seed: int = 0
    bound_seconds: float = Field(20.0, ge=0, description="longest time to prove a bound, per period; 0: no bounds")
    investment: InvestmentParameters = InvestmentParameters(
        capex=60_000.0, opex_per_year=15_000.0, life_years=5, discount_rate=0.10, ramp=(0.5, 1.0)
    )


class HeatTreatment(Case):
    """The sequence of a heat-treatment line, period by period."""

    summary: ClassVar[str] = "sequence of a real steel heat-treatment line, against the sequence executed in reality"
    Parameters: ClassVar[type[CaseParameters]] = HeatTreatmentParameters

    name = DATA
    currency = "USD"

    def __init__(self, parameters: HeatTreatmentParameters | None = None) -> None:
        self.settings = parameters or HeatTreatmentParameters()
        self.lines = self._read_lines()
        self.title = (
            f"Heat-treatment line: the order of {sum(line.jobs for line in self.lines):,} jobs in {len(self.lines)} "
            f"planning periods{'' if self.real else ' (example)'}"
        )
        self.investment = self.settings.investment.investment()
        self.cost_book = self._read_prices()
        self.price_spread = {GAS: self.settings.gas_price_spread}
        self.period = timedelta(hours=sum(self._makespans) / len(self.lines))
        if self.settings.variation > 0:
            self.trials = None
            self.sampling = Sampling("clustered")
            self.guardrails = (Guardrail("total tardiness", better="lower"),)
        else:
            self.trials = len(self.lines)
            self.sampling = Sampling("independent")
            self.guardrails = (Guardrail("total tardiness", better="lower", scope="every trial"),)

    @property
    def real(self) -> bool:
        """Whether the recorded line is used, not the example."""
        return self.settings.source == "data"

    @property
    def before(self) -> str:
        """What the baseline's order is called in pictures and tables."""
        return "executed" if self.real else "planner's"

    @cached_property
    def plans(self) -> list[PeriodPlan]:
        """Every planner's sequence for every period; the search runs once."""
        return plan_periods(self.lines, self.settings.steps_per_job, self.settings.search_seed)

    def policies(self) -> Policies:
        """Today's order, ours, and the rules of thumb that need no computer."""
        return Policies(
            baseline=Rule(
                EXECUTED,
                "the order in which the shop really ran the jobs"
                if self.real
                else "the planner's order: day by day, grouped by recipe (made up, like the line)",
            ),
            candidate=Rule(
                SEARCH, f"the order of least energy cost that is not later in total than the {self.before} order"
            ),
            rivals=(
                Rule("earliest due date", "jobs in the order of their due dates"),
                Rule("nearest neighbour", "always the job that follows with the least idle gas"),
                Rule("due-date batches", "the most urgent job with all of its recipe due within two days"),
                Rule("recipe campaigns", "all jobs of a recipe in one campaign"),
            ),
        )

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        """Gas, tardiness and money of a planner's sequences, one trial a period (and draw of process times)."""
        if self.settings.variation > 0:
            results = results_under_variation(self.plans, policy.name, seeds, self.settings.variation)
            periods = [seed % len(self.lines) for seed in seeds]
        else:
            results = results_as_planned(self.plans, policy.name, seeds)
            periods = list(seeds)
        return Outcomes(
            seeds=np.array(seeds, dtype=np.int64),
            items={
                GAS: self.cost_book.money(GAS, results.gas, "Nm3"),
                LATENESS: self.cost_book.money(LATENESS, results.tardiness, "h"),
            },
            kpis={
                "total tardiness": results.tardiness,
                "late jobs": results.late_jobs,
                "gas": results.gas,
                "makespan": results.makespan,
            },
            units={"total tardiness": "h", "late jobs": "jobs", "gas": "Nm³", "makespan": "h"},
            clusters=np.array(periods, dtype=np.int64),
        )

    def parameters(self) -> Mapping[str, Any]:
        """The settings, as they go into a case file."""
        return self.settings.model_dump(mode="json")

    def settings_changed(self) -> Mapping[str, Any]:
        """The settings that differ from the defaults."""
        return self.settings.model_dump(mode="json", exclude_defaults=True)

    def data(self) -> Mapping[str, str]:
        """Hashes of the recorded periods, of the very bytes that were read."""
        if not self.real:
            return {}
        hashes = data_set(DATA).hashes()
        return {f"{DATA}/{file}": hashes[f"{DATA}/{file}"] for file in _period_files()}

    def trial_label(self, seed: int) -> str:
        """Name of the period that a trial replays."""
        return self.lines[seed % len(self.lines)].name

    def story(self) -> Sequence[str]:
        """The decision, today's rule, the proposal and the money, for the head of the report."""
        smallest, largest = (extreme(line.jobs for line in self.lines) for extreme in (min, max))
        jobs = f"{smallest} jobs" if smallest == largest else f"{smallest} to {largest} jobs"
        days = self.period.total_seconds() / 86_400
        price = self.cost_book.prices[GAS].amount
        told = [
            f"Once a planning period of about {days:.1f} days, a planner decides in which order {jobs} enter a furnace "
            "line on which no piece may wait. Between two recipes the furnaces burn gas on nothing; the order decides "
            "how often that happens, and which jobs are late.",
            "Baseline: the order that the shop really ran, from its own records."
            if self.real
            else "Baseline: the order of an experienced planner: day by day, grouped by recipe. The line is made up.",
            "Candidate: the order of least energy cost among those whose total tardiness is not above the baseline's. "
            "It is found with all jobs and process times of the period known at its start."
            + (
                " The records hold no arrival times, so it cannot be excluded that the planner knew less when deciding."
                if self.real
                else ""
            ),
            f"Money: natural gas at {price:g} {self.currency}/Nm³"
            + (
                ", the price in the published records, a round figure; set `gas_price` to yours. The records give the "
                "currency only as $, taken as USD"
                if self.real and self.settings.gas_price is None
                else ""
            )
            + f". An hour of tardiness costs {self.settings.tardiness_price:g} {self.currency}. Shorter periods (the "
            "makespan) are not valued. The investment is an assumption to be replaced by yours. A year is taken to be "
            "full of such periods.",
        ]
        if self.real:
            told.append(
                f"Data: {len(self.lines)} of the 24 published periods of one line; the project holds out the others."
            )
        return told

    def exhibits(self) -> Sequence[Exhibit]:
        """Period by period with proven bounds, before and after, the front, and what survives uncertain times."""
        return all_exhibits(self)

    def under_variation(self, variation: float) -> HeatTreatment:
        """The same periods and sequences with uncertain process times."""
        other = HeatTreatment(self.settings.model_copy(update={"variation": variation}))
        other.plans = self.plans
        return other

    @property
    def _makespans(self) -> list[float]:
        return [float(evaluate(line, line.executed_sequence).completion_hours.max()) for line in self.lines]

    def _read_lines(self) -> list[NoWaitLine]:
        if not self.real:
            return example_lines(self.settings.periods)
        files = _period_files()
        with verified_copy(DATA, files) as folder:
            return [read_instance(folder / file) for file in files]

    def _read_prices(self) -> CostBook:
        recorded = {line.gas_price for line in self.lines}
        if len(recorded) > 1 and self.settings.gas_price is None:
            raise BadInput(
                "case heat-treatment", f"the periods have {len(recorded)} gas prices", "Expected one", "Set `gas_price`"
            )
        price = min(recorded) if self.settings.gas_price is None else self.settings.gas_price
        return CostBook.of(
            self.currency,
            Price(GAS, price, "Nm3", self.currency, spread=self.settings.gas_price_spread, source="line records"),
            Price(LATENESS, self.settings.tardiness_price, "h", self.currency, source="contract"),
        )


def _period_files() -> list[str]:
    """The registered files that hold a period each."""
    return sorted(file for file in data_set(DATA).files if file.startswith("instance"))
