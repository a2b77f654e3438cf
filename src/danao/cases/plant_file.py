"""A plant file as a case: another dispatching rule or limit on the work in process, against the rules in the file.

The decision: which waiting part a free machine takes, and how many parts are in the plant at all.
Today: the rules that the file describes. Our proposal: another policy, written as in `danao.plant.policies`.
Tried on: the digital twin of the plant; both policies meet the same arrivals, breakdowns and process times.
Money: the prices that the plant file gives under `worth` and `tariff`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from danao.cases.learnt_plant import Strays, document, drawn_files, drawn_plant, gate, how_to_draw, strays
from danao.cases.parameters import CaseParameters, InvestmentParameters
from danao.cases.plant_file_exhibits import all_exhibits
from danao.core import BadInput, Case, Exhibit, Guardrail, Outcomes, Policies, Policy, Rule, Sampling
from danao.core.tables import read_text
from danao.planning import read_policy
from danao.planning.arena import ruled
from danao.planning.rival_names import rival_named
from danao.plant import Plant, read_plant
from danao.plant.policies import AS_IS, plant_with, rules_told, written
from danao.plant.rules import RULES_TOLD, rule_names
from danao.plant.tree import read_tree
from danao.twin import Twin
from danao.twin.kpis import kpis
from danao.twin.outcomes import cost_book, outcomes

PILOT_RUNS = 8
"""Replications of the baseline that tell the level to which the guardrail on the output is relative."""

SHARE = (0.0, 1.0)
"""What a share cannot leave."""


class PlantParameters(CaseParameters):
    """What people may set."""

    file: str = Field("", description="the plant, a YAML file with `worth`")
    candidate: str = Field(
        "",
        description="policy to try, for example atc, or mill: spt; saw: edd, or limit 12; or a learnt one's JSON file",
    )
    baseline: str = Field(AS_IS, description="today's policy; default: the rules in the file")
    rivals: tuple[str, ...] = Field((), description="further policies, printed beside the candidate")
    hours: float = Field(168.0, gt=0, description="span of one trial; default: a week")
    warm_up: float = Field(24.0, ge=0, description="hours from the empty plant to the span, not counted")
    output_margin: float = Field(0.01, ge=0, le=1, description="share of the good parts that the candidate may lose")
    late_margin: float = Field(0.005, ge=0, le=1, description="rise of the share of late parts that is still accepted")
    scrap_margin: float | None = Field(
        None,
        ge=0,
        le=1,
        description="rise of the scrap ratio that is still accepted; default: scrap counts as money only",
    )
    investment: InvestmentParameters = InvestmentParameters()


class PlantCase(Case):
    """A policy for a plant that somebody described in a file."""

    summary: ClassVar[str] = "dispatching rules and limits for a plant described in a YAML file, on its digital twin"
    Parameters: ClassVar[type[CaseParameters]] = PlantParameters

    name = "plant-file"

    def __init__(self, parameters: PlantParameters | None = None) -> None:
        self.settings = parameters or PlantParameters()
        self.drawn: tuple[Plant, ...] = ()
        """Plants from resampled records, of a learnt plant."""
        self.plant = self._read()
        self.currency = cost_book(self.plant).currency
        self._twins: dict[tuple[str, int | None], Twin] = {}
        today, proposed = (written(text) for text in (self.settings.baseline, self.settings.candidate))
        self.title = f"{self.plant.name}: {proposed}, against {today}"
        self.period = timedelta(hours=self.settings.hours)
        self.investment = self.settings.investment.investment()
        self.sampling = Sampling("inputs") if self.drawn else Sampling()
        self.guardrails = tuple(self._promises())

    def policies(self) -> Policies:
        """Today's rules, ours, and the rivals."""
        today = written(self.settings.baseline)
        policies = [Rule(today, f"today: {_told(today)}", {"policy": self.settings.baseline})]
        for text in (self.settings.candidate, *self.settings.rivals):
            name = written(text)
            while name in [policy.name for policy in policies]:
                name += " (again)"
            policies.append(Rule(name, _told(written(text)), {"policy": text}))
        return Policies(policies[0], policies[1], tuple(policies[2:]))

    def run(self, policy: Policy, seeds: Sequence[int]) -> Outcomes:
        """Money and KPIs of the plant under a policy, one replication a seed.

        Where plants from resampled records lie beside a learnt plant, the seed tells which of them is run.
        """
        if not self.drawn:
            return self._run(policy.name, None, seeds)
        draws = np.asarray(seeds, dtype=np.int64) % len(self.drawn)
        parts = []
        for draw in np.unique(draws).tolist():
            mine = [seed for seed, other in zip(seeds, draws.tolist(), strict=True) if other == draw]
            part = self._run(policy.name, draw, mine)
            parts.append(replace(part, clusters=np.full(len(mine), draw)))
        return Outcomes.concatenate(parts).rows(np.argsort(np.argsort(draws, kind="stable"), kind="stable"))

    def _run(self, name: str, draw: int | None, seeds: Sequence[int]) -> Outcomes:
        twin = self.twin(name, draw)
        return outcomes(twin.run(seeds, self.settings.hours, warm_up=self.settings.warm_up), twin.plant)

    def twin(self, name: str, draw: int | None = None) -> Twin:
        """The twin of the plant, or of one from resampled records, under the policy of that name; compiled once."""
        if (name, draw) not in self._twins:
            text = next(str(policy.settings["policy"]) for policy in self._rules() if policy.name == name)
            plant = self.plant if draw is None else self.drawn[draw]
            self._twins[name, draw] = _twin(plant, text)
        return self._twins[name, draw]

    def parameters(self) -> Mapping[str, Any]:
        """The settings, as they go into a case file."""
        return self.settings.model_dump(mode="json")

    def settings_changed(self) -> Mapping[str, Any]:
        """The settings that differ from the defaults."""
        return self.settings.model_dump(mode="json", exclude_defaults=True)

    def data(self) -> Mapping[str, str]:
        """Hashes of the plant file, of the tables that it names, and of what was learnt beside it."""
        return dict(self._hashes)

    def objections(self) -> Sequence[str]:
        """Of a plant that was learnt from records: why its twin may not back a `proven` verdict."""
        if self._gate is None:
            return ()
        path = Path(self.settings.file)
        unheld = (
            "the interval holds chance alone and not what the records leave uncertain, for no plants from resampled "
            f"records lie beside {path.name}: {how_to_draw(path)}"
        )
        judged = tuple(f"it did not pass the gate of `danao learn`: {reason}" for reason in self._gate)
        judged += self._strays.objections()
        return judged if self.drawn else (*judged, unheld)

    def story(self) -> Sequence[str]:
        """The decision, today's rule, the proposal and the money, for the head of the report."""
        plant, settings = self.plant, self.settings
        machines = sum(station.machines for station in plant.stations)
        today, proposed = (_told(written(text)) for text in (settings.baseline, settings.candidate))
        return (
            f"{plant.name} has {_count(len(plant.stations), 'station')} with {_count(machines, 'machine')} and makes "
            f"{_count(len(plant.products), 'product')}. Whenever a machine becomes free, somebody decides which "
            "waiting part it takes.",
            f"Baseline: {today}.",
            f"Candidate: {proposed}.",
            f"Tried on the digital twin of the plant: each trial is {settings.hours:g} h of operation after "
            f"{settings.warm_up:g} h of warm-up from an empty plant. Both policies meet the same arrivals, breakdowns, "
            "process times and defects. What the twin does not know, the proof does not know either"
            + (": compare the twin with your records before you rely on it." if self._gate is None else "."),
            *self._story_of_records(),
            "Money: the prices in the plant file. Lateness is charged by the hour, for parts that are still in the "
            "plant at the end, too. A year is taken to be full of such periods.",
        )

    def exhibits(self) -> Sequence[Exhibit]:
        """Stations side by side; what machines do, parts in the plant and power over time, of both policies."""
        return all_exhibits(self)

    def _story_of_records(self) -> Iterator[str]:
        if self._gate is None:
            return
        told = "This plant was learnt from the records of the real one. "
        if self.drawn:
            told += (
                f"The trials are spread over {_count(len(self.drawn), 'plant')}, each learnt from orders drawn with "
                "replacement from these records: plants that could have written them as well. Both policies are tried "
                "on the same plant in the same trial. Routes, times and arrivals are those of the drawn plants; rules, "
                f"machines and prices are those of the plant file.{self._strays.told()}"
            )
        else:
            told += "Another sample of orders would have taught another plant; how much that matters was not tried."
        yield told

    def __getstate__(self) -> dict[str, Any]:
        """Compiled twins stay in their process."""
        return {**self.__dict__, "_twins": {}}

    def _rules(self) -> Iterator[Rule]:
        for policy in self.policies():
            if isinstance(policy, Rule):
                yield policy

    def _read(self) -> Plant:
        settings = self.settings
        if not settings.file:
            raise BadInput(
                f"case {self.name}", "no plant file", "Expected `file`", "For example: danao prove plant.yaml"
            )
        if not settings.candidate.strip():
            raise BadInput(
                f"case {self.name}",
                "no candidate",
                f"Expected a policy to try on the plant; {rules_told()}",
                "For example: --candidate atc",
            )
        path = Path(settings.file)
        plant = read_plant(path)
        self._hashes = dict(_hashes(path))
        self._gate = gate(path)
        files = () if self._gate is None else drawn_files(path)
        self._strays = Strays() if self._gate is None else strays(path)
        if self._gate is not None:
            self._hashes |= {one.name: _hash(one) for one in (document(path), *files) if one.exists()}
        self.drawn = tuple(drawn_plant(plant, one) for one in files)
        for text in (settings.baseline, settings.candidate, *settings.rivals):
            if _is_learnt(text):
                self._hashes[text] = hashlib.sha256(read_text(Path(text)).encode()).hexdigest()
            for one in (plant, *self.drawn):
                _twin(one, text)
        return plant

    def _promises(self) -> Iterator[Guardrail]:
        """Output and punctuality must not suffer, nor quality where the user asks for it."""
        today = self.twin(self.policies().baseline.name)
        pilot = today.run(range(PILOT_RUNS), self.settings.hours, warm_up=self.settings.warm_up)
        level = float(kpis(pilot, self.plant)["good parts"].mean())
        yield Guardrail("good parts", better="higher", margin=self.settings.output_margin * level)
        if any(source.due_after < float("inf") for source in self.plant.sources) or any(
            order.due < float("inf") for order in self.plant.orders
        ):
            yield Guardrail("share late", better="lower", margin=self.settings.late_margin, bounds=SHARE)
        if self.settings.scrap_margin is not None:
            yield Guardrail("scrap ratio", better="lower", margin=self.settings.scrap_margin, bounds=SHARE)


def _is_learnt(policy: str) -> bool:
    """Whether a policy is the file of a learnt one."""
    return policy.strip().endswith(".json")


def _twin(plant: Plant, policy: str) -> Twin:
    """The twin of a plant under a policy as people write it, or under a learnt one."""
    if "=" in policy:
        rival = rival_named(policy)
        return Twin(ruled(plant, rival.rule), tuning=rival.tuning)
    if not _is_learnt(policy):
        return Twin(plant_with(plant, policy))
    learnt = read_policy(Path(policy.strip()))
    return Twin(plant, function=learnt.function, place=learnt.place)


def _hashes(path: Path) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of the plant file and of every file that a value in it names."""
    yield path.name, _hash(path)
    for text in sorted(set(_texts(read_tree(read_text(path), str(path)).value))):
        table = path.parent / text
        if Path(text).suffix and "\n" not in text and table.is_file():
            yield text, _hash(table)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _told(policy: str) -> str:
    """A policy in words, with what its rules stand for."""
    if policy == AS_IS:
        return "the rules and limits as the plant file has them"
    named = [name for clause in policy.split(";") for name in rule_names(clause.rpartition(":")[2])]
    meanings = [f"{name}: {RULES_TOLD[name]}" for name in dict.fromkeys(named) if name in RULES_TOLD]
    return f"the policy {policy}" + (f" ({'; '.join(meanings)})" if meanings else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
