"""Dispatching in a wafer fab (SMT2020): a rule learnt in the twin, against the best rule that people would choose.

The decision: which waiting lot a free tool takes, behind the fab's own keys of priority and setup.
Today: the classical rule that did best on the span that the learnt rule was trained on, its numbers tuned.
Our proposal: a priority function learnt in the twin of the fab.
Tried on: a longer span from the same work in process, with breakdowns, maintenance and process times never met.
Money: what the lots in process tie up, and each hour that a lot is late.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from danao.cases.parameters import CaseParameters, InvestmentParameters
from danao.core import BadInput, Case, Guardrail, Outcomes, Policies, Policy, Rule
from danao.core.data import roots
from danao.core.errors import MissingData
from danao.planning import read_policy
from danao.planning.arena import Rival, ruled
from danao.planning.rival_names import rival_named
from danao.plant.autosched import AutoSched, read_autosched
from danao.plant.model import Plant
from danao.twin import Twin
from danao.twin.policies import Place
from danao.twin.runs import Floats, Runs

IN_PROCESS, LATE = 0.5, 20.0
"""EUR for an hour of a lot in the fab (25 wafers worth some 1,200 EUR each, 15 % a year), and for an hour late."""


class FabParameters(CaseParameters):
    """What people may set."""

    policy: str = Field("", description="file of a learnt policy")
    baseline: str = Field(
        "critical ratio", description="classical rule behind priority and setup; `first: RULE` instead of them"
    )
    rivals: tuple[str, ...] = Field(("as is",), description="further rules, printed beside the candidate")
    folder: str = Field("", description="AutoSched AP tables; default: SMT2020 HVLM from the public data")
    days: float = Field(120.0, gt=0, description="span of one trial")
    investment: InvestmentParameters = InvestmentParameters()


class FabDispatch(Case):
    """Learnt dispatching in the SMT2020 fab."""

    summary: ClassVar[str] = "a dispatching rule learnt in the twin of the SMT2020 wafer fab"
    Parameters: ClassVar[type[CaseParameters]] = FabParameters

    name = "fab-dispatch"
    title = "Dispatching in a wafer fab: learnt in the twin, against the best classical rule"
    currency = "EUR"
    guardrails = (Guardrail("lots finished", better="higher", margin=5.0),)

    def __init__(self, parameters: FabParameters | None = None) -> None:
        self.settings = settings = parameters or FabParameters()
        if not settings.policy:
            raise BadInput(
                "case fab-dispatch", "no policy", "Expected `policy`", "Learn one: benchmarks/policies.py fab"
            )
        self.learnt = read_policy(Path(settings.policy))
        self._hash = hashlib.sha256(Path(settings.policy).read_bytes()).hexdigest()
        for text in (settings.baseline, *settings.rivals):
            placed(text)
        self.period = timedelta(days=settings.days)
        self.investment = settings.investment.investment()
        self._twins: dict[str, Twin] = {}

    @cached_property
    def fab(self) -> AutoSched:
        """The fab and the lots in it."""
        return read_autosched(Path(self.settings.folder) if self.settings.folder else fab_folder())

    @staticmethod
    def hours_lost(plant: Plant, runs: Runs) -> Floats:
        """(n,) money lost in each run."""
        return np.asarray(IN_PROCESS * runs.wip_hours + LATE * runs.lateness_hours.sum(axis=1))

    def policies(self) -> Policies:
        """The best classical rule, the learnt one, and others."""
        settings = self.settings
        names = [name for name in settings.rivals if name != settings.baseline]
        baseline, *rivals = (Rule(text, f"the rule {text}") for text in (settings.baseline, *names))
        return Policies(baseline, Rule(self.learnt.name, "the rule learnt in the twin of the fab"), tuple(rivals))

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        """Money and output of the fab under a policy."""
        runs = self._twin(policy.name).run(seeds, 24 * self.settings.days, start=self.fab.state)
        done = runs.finished.sum(axis=1)
        return Outcomes(
            np.array(seeds),
            {
                "lots in process": -IN_PROCESS * runs.wip_hours,
                "lateness": -LATE * runs.lateness_hours.sum(axis=1),
            },
            {"lots finished": done.astype(float), "share late": runs.late.sum(axis=1) / np.maximum(1, done)},
            {"lots finished": "piece", "share late": "1"},
        )

    def parameters(self) -> Mapping[str, Any]:
        """The settings, as they go into a case file."""
        return self.settings.model_dump(mode="json")

    def settings_changed(self) -> Mapping[str, Any]:
        """The settings that differ from the defaults."""
        return self.settings.model_dump(mode="json", exclude_defaults=True)

    def data(self) -> Mapping[str, str]:
        """Hash of the learnt policy."""
        return {self.settings.policy: self._hash}

    def __getstate__(self) -> dict[str, Any]:
        """Compiled twins stay in their process."""
        return {**self.__dict__, "_twins": {}}

    def _twin(self, name: str) -> Twin:
        if name not in self._twins:
            plant = self.fab.plant
            if name == self.learnt.name:
                twin = Twin(plant, function=self.learnt.function, place=self.learnt.place, parts=4096)
            else:
                rival, place = placed(name)
                twin = Twin(ruled(plant, rival.rule, place), tuning=rival.tuning, parts=4096)
            self._twins[name] = twin
        return self._twins[name]


def placed(name: str) -> tuple[Rival, Place]:
    """A classical rule and where it stands: behind the fab's own keys, or with `first:` in their stead.

    Raises:
        BadInput: It is no rule.
    """
    head, colon, rule = name.partition(":")
    if colon and head.strip() == "first":
        return rival_named(rule.strip()), "first"
    return rival_named(name), "last"


def fab_folder() -> Path:
    """Where the data set SMT2020 lies.

    Raises:
        MissingData: It was not found.
    """
    for root in roots():
        if (root / "smt2020" / "HVLM").is_dir():
            return root / "smt2020" / "HVLM"
    raise MissingData("data set smt2020", "not found", "Expected smt2020/HVLM", "Set DANAO_DATA to its folder")
