"""Where rules compete: plants with a span and a price, on which every rule meets the same random numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from danao.plant.model import Plant
from danao.plant.rules import DISPATCHING_RULES
from danao.plant.state import PlantState
from danao.twin import Twin
from danao.twin.outcomes import outcomes
from danao.twin.policies import Place
from danao.twin.priority import PriorityFunction, Tuning
from danao.twin.runs import Floats, Runs

Cost = Callable[[Plant, Runs], Floats]
"""(n,) cost of each run; less is better."""


def money_lost(plant: Plant, runs: Runs) -> Floats:
    """(n,) cost of each run by the prices of the plant, income negative.

    Raises:
        BadInput: Nothing says what the results of the plant are worth.
    """
    return np.asarray(-np.sum(list(outcomes(runs, plant).items.values()), axis=0))


@dataclass(frozen=True)
class Scene:
    """A plant and the span on which rules are compared."""

    plant: Plant
    hours: float
    warm_up: float = 0.0
    start: PlantState | None = None
    cost: Cost = money_lost
    parts: int = 256
    """Parts that the tables hold at first."""


@dataclass(frozen=True)
class Rival:
    """A rule that people use, with numbers that people tune."""

    rule: str
    """Names of `DISPATCHING_RULES`, or empty: as the plant has it."""
    tuning: Tuning | None = None

    @property
    def name(self) -> str:
        """For tables and reports."""
        if self.tuning is None:
            return self.rule or "as is"
        numbers = {
            "atc": f"k={self.tuning.look_ahead:g} b={self.tuning.allowance:g}",
            "atcs": f"k1={self.tuning.look_ahead:g} k2={self.tuning.setup:g}",
            "covert": f"k={self.tuning.covert:g} b={self.tuning.allowance:g}",
        }
        return f"{self.rule} {numbers[self.rule]}"


RIVALS = (
    Rival(""),
    *(Rival(rule) for rule in DISPATCHING_RULES),
    *(Rival("atc", Tuning(look_ahead=k, allowance=b)) for k in (0.5, 1, 1.5, 2, 3, 5, 8) for b in (0, 0.5, 1, 1.5, 2)),
    *(Rival("covert", Tuning(covert=k, allowance=b)) for k in (0.5, 1, 1.5, 2, 3, 4) for b in (0, 0.25, 0.5, 1)),
)
"""What a good planner would try: every rule, and a grid over the numbers of ATC and COVERT."""
SETUP_RIVALS = tuple(
    Rival("atcs", Tuning(look_ahead=k, setup=setup)) for k in (0.5, 1, 2, 4, 8) for setup in (0.1, 0.25, 0.5, 1)
)
"""A grid over the numbers of ATCS, for plants with setups."""


_FIRST_CALIBRATION = 900_000_000
"""Seeds of the runs that tell the level of the costs."""


def ruled(plant: Plant, rule: str, place: Place = "first") -> Plant:
    """The plant with a rule at every station, instead of all of the station's own or of the last of them."""
    if not rule:
        return plant

    def rules(own: str) -> str:
        kept = own.split(",")[:-1] if place == "last" else []
        return ", ".join([*(name.strip() for name in kept), rule])

    return replace(plant, stations=tuple(replace(one, rule=rules(one.rule)) for one in plant.stations))


class Arena:
    """Scenes, compiled once, on which rules are compared with a reference rule run by run.

    The score of a run is its cost less that of the reference on the same random numbers, over the sum of the
    reference's own cost in this run and its mean: a busy week counts more than a calm one, but does not drown it.

    Args:
        scenes: Where.
        reference: The rule that scores 0.
        place: Whether a rule replaces all rules of a station, or the last of them.
        threads: Replications side by side.
        calibrate: Runs of the reference in each scene that tell its mean cost.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        reference: Rival,
        *,
        place: Place = "first",
        threads: int = 1,
        calibrate: int = 8,
    ) -> None:
        self.scenes, self.place, self.threads = tuple(scenes), place, threads
        nothing = PriorityFunction(({},))
        self._twins = [Twin(one.plant, function=nothing, place=place, parts=one.parts) for one in scenes]
        self._calibrate = calibrate
        self.runs = 0
        """Runs of the twin so far."""
        self.refer_to(reference)

    def refer_to(self, reference: Rival) -> None:
        """Let another rule score 0 from now on."""
        self._references = self._ruled(reference)
        self._known: dict[tuple[int, int], float] = {}
        own = [list(range(_FIRST_CALIBRATION, _FIRST_CALIBRATION + self._calibrate))] * len(self.scenes)
        costs = self._costs(self._references, own)
        self._level = [float(np.abs(one).mean()) for one in costs]
        self.runs += self._calibrate * len(self.scenes)

    def of_function(self, function: PriorityFunction, seeds: Sequence[Sequence[int]]) -> Floats:
        """(seeds of all scenes,) scores of a priority function; `seeds` holds those of each scene."""
        for twin in self._twins:
            twin.follow(function)
        return self._scores(self._costs(self._twins, seeds), seeds)

    def of_rival(self, rival: Rival, seeds: Sequence[Sequence[int]]) -> Floats:
        """(seeds of all scenes,) scores of a classical rule."""
        return self._scores(self._costs(self._ruled(rival), seeds), seeds)

    def _ruled(self, rival: Rival) -> list[Twin]:
        return [
            Twin(ruled(one.plant, rival.rule, self.place), tuning=rival.tuning, parts=one.parts) for one in self.scenes
        ]

    def _costs(self, twins: Sequence[Twin], seeds: Sequence[Sequence[int]]) -> list[Floats]:
        costs = []
        for scene, twin, chosen in zip(self.scenes, twins, seeds, strict=True):
            found = np.zeros(0)
            if chosen:
                runs = twin.run(chosen, scene.hours, warm_up=scene.warm_up, start=scene.start, threads=self.threads)
                found = scene.cost(scene.plant, runs)
            costs.append(found)
        return costs

    def _scores(self, costs: Sequence[Floats], seeds: Sequence[Sequence[int]]) -> Floats:
        missing = [[seed for seed in own if (n, seed) not in self._known] for n, own in enumerate(seeds)]
        for number, (own, found) in enumerate(zip(missing, self._costs(self._references, missing), strict=True)):
            self._known.update({(number, seed): float(cost) for seed, cost in zip(own, found, strict=True)})
        self.runs += sum(map(len, seeds)) + sum(map(len, missing))
        scores = []
        for number, (chosen, found) in enumerate(zip(seeds, costs, strict=True)):
            known = np.array([self._known[number, seed] for seed in chosen])
            scores.append((found - known) / np.maximum(self._level[number] + np.abs(known), 1e-9))
        return np.concatenate(scores)
