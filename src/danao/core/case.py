"""The contract of a case: what is decided, by which policies, tried where, worth what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from danao.core.errors import BadInput
from danao.core.outcomes import Outcomes


@runtime_checkable
class Policy(Protocol):
    """Maps what is known to a decision. The case that owns it knows how to ask it."""

    @property
    def name(self) -> str:
        """Short name, unique within its case."""
        ...

    @property
    def description(self) -> str:
        """One sentence that a plant manager understands."""
        ...


@dataclass(frozen=True)
class Policies:
    """The policies that a case compares.

    Raises:
        BadInput: Two policies share a name.
    """

    baseline: Policy
    """What people do today."""
    candidate: Policy
    """What we propose."""
    rivals: tuple[Policy, ...] = ()
    """Cheaper explanations of the gain, printed beside the candidate."""

    def __post_init__(self) -> None:
        names = [policy.name for policy in self]
        if len(set(names)) < len(names):
            raise BadInput(
                "policies", f"names repeat: {', '.join(names)}", "Expected one name a policy", "Rename one of them"
            )

    def __iter__(self) -> Iterator[Policy]:
        return iter((self.baseline, self.candidate, *self.rivals))


@dataclass(frozen=True)
class Investment:
    """What it costs to put the candidate to work, and for how long it works.

    Raises:
        BadInput: A negative or non-finite amount, a lifetime below one year, a rate not between -100 % and
            100 %.
    """

    capex: float = 0.0
    """Paid once before the first year, in the case's currency."""
    opex_per_year: float = 0.0
    """Paid every year of the lifetime, in the case's currency."""
    life_years: int = 5
    """Whole years that the candidate works."""
    discount_rate: float = 0.08
    """Real cost of capital per year, 0.08 = 8 %."""
    ramp: tuple[float, ...] = (1.0,)
    """Share of the effect reached in year 1, 2, ...; the last value holds to the end of life."""
    currency: str | None = None
    """ISO 4217; None means the case's own."""

    def __post_init__(self) -> None:
        _require(0 <= self.capex < float("inf"), "investment.capex", self.capex, "an amount of 0 or more")
        _require(
            0 <= self.opex_per_year < float("inf"),
            "investment.opex_per_year",
            self.opex_per_year,
            "an amount of 0 or more",
        )
        _require(1 <= self.life_years <= 100, "investment.life_years", self.life_years, "1 to 100 whole years")
        _require(
            -1 < self.discount_rate < 1,
            "investment.discount_rate",
            self.discount_rate,
            "a rate above -1 and below 1: 0.09 is 9 %",
        )
        _require(
            len(self.ramp) > 0 and all(0 <= share <= 1 for share in self.ramp),
            "investment.ramp",
            self.ramp,
            "shares between 0 and 1, for example [0.5, 1.0]",
        )

    def ramp_by_year(self) -> list[float]:
        """Share of the effect in each year of the lifetime, length `life_years`."""
        shares = list(self.ramp[: self.life_years])
        return shares + [self.ramp[-1]] * (self.life_years - len(shares))


@dataclass(frozen=True)
class Guardrail:
    """A KPI that must not get worse by more than a margin (non-inferiority).

    Raises:
        BadInput: The margin is negative or not finite, or the bounds are no two finite limits.
    """

    kpi: str
    """Name of the KPI in `Outcomes.kpis`."""
    better: Literal["lower", "higher"]
    """Which direction is an improvement."""
    margin: float = 0.0
    """Worsening that is still accepted, in the KPI's unit."""
    scope: Literal["mean", "every trial"] = "mean"
    """`mean`: the one-sided confidence bound on the mean worsening stays within the margin.
    `every trial`: no single trial worsens by more than the margin (for promises that a plan can keep one by one)."""
    bounds: tuple[float, float] | None = None
    """Limits that the KPI of a trial cannot leave, such as (0, 1) for a share. With them a mean can be judged however
    rare and lopsided its worsening is; a trial outside them stops the proof. None: no limits are known."""

    def __post_init__(self) -> None:
        _require(0 <= self.margin < float("inf"), f"guardrail {self.kpi}.margin", self.margin, "0 or more")
        if self.bounds is not None:
            lower, upper = self.bounds
            _require(
                float("-inf") < lower < upper < float("inf"),
                f"guardrail {self.kpi}.bounds",
                self.bounds,
                "two finite limits, the lower first",
            )

    @property
    def name(self) -> str:
        """How the guardrail is called in proofs and reports."""
        return f"{self.kpi} not {'higher' if self.better == 'lower' else 'lower'}"


@dataclass(frozen=True)
class Sampling:
    """How the trials of a case hang together, which decides how their spread is measured.

    `independent`: trials share nothing (seeds of a twin, unrelated customers).
    `serial`: trials are consecutive periods of one history; neighbours are correlated.
    `clustered`: trials with the same `Outcomes.clusters` key share a cause (a day, a customer); the cluster is the unit
    of independence.
    `inputs`: trials with the same `Outcomes.clusters` key share a draw of the twin's uncertain inputs (a plant learnt
    from resampled records). The truth is one more such draw: the interval is as wide as the draws differ, however many
    there are.
    """

    kind: Literal["independent", "serial", "clustered", "inputs"] = "independent"
    bounds: tuple[float, float] | None = None
    """Limits that the money difference of one trial between any policy and the baseline cannot leave, where they are
    known for sure. They allow intervals that need no normality at all; a trial outside them stops the proof. For
    independent trials only."""

    def __post_init__(self) -> None:
        if self.bounds is not None:
            lower, upper = self.bounds
            _require(
                float("-inf") < lower < upper < float("inf"),
                "sampling.bounds",
                self.bounds,
                "two finite limits, the lower first",
            )
            _require(self.kind == "independent", "sampling.bounds", f"with {self.kind} trials", "independent trials")


@dataclass(frozen=True)
class Exhibit:
    """A picture or table with which a case illustrates its proof in the report."""

    title: str
    caption: str
    svg: str = ""
    """A complete `<svg>` element, or empty."""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """Table body; each row as long as `columns`."""
    page: str = ""
    """A complete HTML document to look into, or empty. The report shows it on demand, in a frame of its own that can
    reach neither the report nor the network; what matters stands in `svg` and the table, which are also printed."""


class Case(Protocol):
    """One use of AI with a stake. Subclass it explicitly to inherit the defaults below."""

    name: str
    """Short name in kebab case, for example `heat-treatment`."""
    title: str
    """One line for the head of a report."""
    currency: str
    """ISO 4217."""
    period: timedelta
    """The span of real time that one trial stands for."""
    investment: Investment
    guardrails: Sequence[Guardrail] = ()
    trials: int | None = None
    """None: the twin can draw any number; n: a replay holds n blocks, seeds 0 .. n-1."""
    sampling: Sampling = Sampling()
    failure_cost: float | None = None
    """Money charged for a trial that fails; None: a failed trial stops the proof."""
    price_spread: Mapping[str, float] = {}
    """Relative standard deviation of the price behind each money item, for the appraisal."""

    def policies(self) -> Policies:
        """The baseline, the candidate and the rivals."""
        ...

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        """Run one policy on many seeds; row i belongs to `seeds[i]` and depends on nothing else in the batch."""
        ...

    def parameters(self) -> Mapping[str, Any]:
        """JSON-able parameters from which the catalog can build this very case again."""
        return {}

    def settings_changed(self) -> Mapping[str, Any]:
        """The part of `parameters()` that differs from the defaults, for a command line that builds the case again."""
        return self.parameters()

    def data(self) -> Mapping[str, str]:
        """SHA-256 of every data file that the case reads, by name."""
        return {}

    def objections(self) -> Sequence[str]:
        """Why what the policies are tried on may not back a `proven` verdict, whatever the trials say."""
        return ()

    def story(self) -> Sequence[str]:
        """Paragraphs that tell the decision, today's rule, the proposal and the money."""
        return ()

    def exhibits(self) -> Sequence[Exhibit]:
        """Pictures and tables for the report."""
        return ()


@dataclass(frozen=True)
class Rule:
    """A policy that is no more than a name, a description and settings; the case holds the deciding code."""

    name: str
    description: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def _require(condition: bool, where: str, found: object, expected: str) -> None:
    if not condition:
        raise BadInput(where, f"{found} cannot be used", f"Expected {expected}", "Correct the value")
