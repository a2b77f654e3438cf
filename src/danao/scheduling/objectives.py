"""What a plan is for: one of the parts of a schedule, or a weighted sum of them, within limits on others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from danao.core.costbook import CostBook
from danao.core.errors import BadInput, CurrencyMismatch
from danao.scheduling.model import Problem
from danao.scheduling.schedule import ENERGY, MAKESPAN, OBJECTIVES, SETUP, TARDINESS

MONEY = "money"
HOURS = {MAKESPAN: "production", TARDINESS: "tardiness", SETUP: "setup"}
"""Item of the cost book that prices an hour of each part."""


@dataclass(frozen=True)
class Objective:
    """A weighted sum of parts of a schedule, to be made as small as possible.

    Raises:
        BadInput: A part is unknown, or a weight or limit is not a finite number, 0 or more.
    """

    name: str
    """For people, and the name under which a plan's value is told."""
    weights: Mapping[str, float]
    """What one unit of each part counts; parts are those of `OBJECTIVES`."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """What parts may not exceed."""

    def __post_init__(self) -> None:
        for what, entries in (("weight", self.weights), ("limit", self.limits)):
            for part, value in entries.items():
                if part not in OBJECTIVES:
                    raise BadInput(
                        f"objective {self.name}", f"{part!r}", f"Expected one of: {', '.join(OBJECTIVES)}", "Choose one"
                    )
                if not math.isfinite(value) or (value < 0 and not (what == "limit" and part == ENERGY)):
                    raise BadInput(
                        f"objective {self.name}: {what} of {part}", f"{value}", "Expected 0 or more", "Correct it"
                    )
        if not any(self.weights.values()):
            raise BadInput(f"objective {self.name}", "no weights", "Expected one above 0", "Give weights")

    @property
    def single(self) -> str | None:
        """The part that alone is minimised without limits, if so."""
        parts = [part for part, weight in self.weights.items() if weight]
        return parts[0] if len(parts) == 1 and self.weights[parts[0]] == 1 and not self.limits else None

    def value(self, parts: Mapping[str, float]) -> float:
        """What the parts of a schedule come to."""
        return float(sum(weight * parts[part] for part, weight in self.weights.items() if weight))

    def excess(self, parts: Mapping[str, float]) -> dict[str, float]:
        """By how much parts exceed their limits, where they do by more than rounding."""
        over = {part: parts[part] - limit for part, limit in self.limits.items()}
        return {part: value for part, value in over.items() if value > 1e-9 * max(1.0, abs(parts[part]))}


def objective_of(problem: Problem, objective: str | Objective) -> Objective:
    """An objective for a problem, from its name or as it is.

    Raises:
        BadInput: The name is unknown, or energy counts and the problem has no prices of energy.
    """
    if isinstance(objective, str):
        if objective not in OBJECTIVES:
            raise BadInput("objective", f"{objective!r}", f"Expected one of: {', '.join(OBJECTIVES)}", "Choose one")
        objective = Objective(objective, {objective: 1.0})
    if problem.energy is None and (objective.weights.get(ENERGY) or ENERGY in objective.limits):
        raise BadInput(
            f"{problem.name}: energy", "no prices", "Expected a tariff, as energy is to be counted", "Add `energy`"
        )
    return objective


def money(problem: Problem, book: CostBook, limits: Mapping[str, float] | None = None) -> Objective:
    """Everything that a plan costs, at the prices of a cost book.

    An hour until the end of the plan (`production`), of tardiness and of setups is priced by the book where it has
    these items (a job's weight multiplies its tardiness); energy costs what the problem's own prices say.

    Raises:
        BadInput: The problem has no prices of energy, and so no length of a time unit.
        CurrencyMismatch: They are in another currency than the book.
        UnpricedItem: The book prices none of these items and energy costs nothing.
    """
    energy = problem.energy
    if energy is None:
        raise BadInput(
            f"{problem.name}: energy", "no prices", "Expected the hours of a time unit", "Add `energy=Energy.of(...)`"
        )
    if energy.currency and energy.currency != book.currency:
        raise CurrencyMismatch(
            f"{problem.name}: energy",
            f"priced in {energy.currency}",
            f"Expected {book.currency}, the currency of the book",
            "Convert the prices; Danao never converts currencies by itself",
        )
    weights = {
        part: -float(book.money(item, energy.unit_hours, "h")) for part, item in HOURS.items() if item in book.prices
    }
    return Objective(MONEY, {**weights, ENERGY: 1.0}, limits or {})
