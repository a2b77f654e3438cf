"""Priority functions searched in the twin by evolution (CMA-ES).

Every generation meets fresh random numbers, the same for all its members; after some generations the mean of the
search is tried on runs that no generation has seen, and the best on those is what the search returns.

Sources: Hansen 2016, The CMA evolution strategy: a tutorial; Branke, Hildebrandt & Scholz-Reiter 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from danao.core.errors import BadInput, MissingExtra
from danao.planning.arena import Arena
from danao.twin.priority import TERMS, PriorityFunction
from danao.twin.runs import Floats

_FLAT = ("one", "queue")
"""Terms that are the same for all parts of a queue, which only splits can use."""
_SPREAD = {"slack": 20.0, "lateness": 20.0, "waited": 10.0, "slack per mean work": 3.0, "setup per mean work": 2.0}
"""How far apart the parts of a queue are in a term, roughly; 1 for the others. The first steps are the smaller."""
_ALLOWANCE_STEP = 1.0
_HELD_OUT_EVERY = 5
"""Generations."""
_FIRST_SEED, _FIRST_HELD_OUT = 1_000_000, 500_000_000
"""Seeds of the twin: training counts up from the first, the held-out runs from the second; proofs draw 64-bit seeds."""

Progress = Callable[[int, float, float], None]
"""Called with the generation, its best score on its own runs, and the best on the held-out runs so far."""


@dataclass(frozen=True)
class SearchOptions:
    """How long to search, and on how much.

    Raises:
        BadInput: A number below its least value.
    """

    generations: int = 60
    population: int = 16
    runs: int = 12
    """Of each member of a generation, spread over the scenes."""
    held_out: int = 48
    """Runs that choose among the means of the search."""
    step: float = 0.1
    """First standard deviation of the search, for terms that differ by about 1 between parts."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("generations", 1), ("population", 4), ("runs", 1), ("held_out", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise BadInput(
                    f"search: {name}", f"{getattr(self, name)}", f"Expected {least} or more", "Raise the number"
                )
        if not 0 < self.step < 100:
            raise BadInput("search: step", f"{self.step:g}", "Expected a number above 0", "For example: 0.1")


@dataclass(frozen=True)
class Found:
    """What a search yields."""

    function: PriorityFunction
    held_out: float
    """Mean score on the held-out runs."""
    start_held_out: float
    """The same of the function that the search began with."""
    runs: int
    """Of the twin, all in all."""
    history: tuple[tuple[int, float, float], ...] = field(default=())
    """(generation, best of the generation on its own runs, mean of the search on the held-out runs)."""


def search(
    arena: Arena, start: PriorityFunction, options: SearchOptions | None = None, progress: Progress | None = None
) -> Found:
    """The best priority function found, with the splits of the one to start from.

    Args:
        arena: Where functions are tried.
        start: Its weights, thresholds and allowance are where the search begins; its splits keep their terms.
        options: How long.
        progress: Called after every generation.

    Raises:
        MissingExtra: `cma` is not installed.
    """
    options = options or SearchOptions()
    form = _Form(start)
    held = held_out_seeds(arena, options.held_out, options.seed)
    best, least = start, float(arena.of_function(start, held).mean())
    first, runs_before = least, arena.runs
    evolution = _evolution(form, options)
    history = []
    for generation in range(options.generations):
        seeds = _training_seeds(arena, options, generation)
        members = evolution.ask()
        costs = [float(arena.of_function(form.function(member), seeds).mean()) for member in members]
        evolution.tell(members, costs)
        if (generation + 1) % _HELD_OUT_EVERY == 0 or generation + 1 == options.generations:
            mean = form.function(evolution.mean)
            cost = float(arena.of_function(mean, held).mean())
            history.append((generation + 1, min(costs), cost))
            if cost < least:
                best, least = mean, cost
        if progress is not None:
            progress(generation + 1, min(costs), least)
    return Found(best, least, first, arena.runs - runs_before, tuple(history))


def grown(function: PriorityFunction, term: str, threshold: float) -> PriorityFunction:
    """The same function as a tree that is one level deeper: every leaf is split in two equal ones.

    Raises:
        BadInput: The tree would be too deep, or the term is unknown.
    """
    splits = (*function.splits, *[(term, threshold)] * len(function.leaves))
    return PriorityFunction(
        tuple(leaf for leaf in function.leaves for _ in range(2)), splits, allowance=function.allowance
    )


def held_out_seeds(arena: Arena, runs: int, seed: int) -> list[list[int]]:
    """Seeds of each scene that no generation meets."""
    return _spread(arena, runs, 0, _FIRST_HELD_OUT + seed * 10_000_000)


def training_seeds(arena: Arena, runs: int, seed: int) -> list[list[int]]:
    """Seeds of each scene as the first generations meet them, to choose the best classical rule on."""
    return _spread(arena, runs, 0, _FIRST_SEED + seed * 10_000_000)


def _training_seeds(arena: Arena, options: SearchOptions, generation: int) -> list[list[int]]:
    first = generation * options.runs
    return _spread(arena, options.runs, first, _FIRST_SEED + options.seed * 10_000_000 + first)


def _spread(arena: Arena, runs: int, first_scene: int, first_seed: int) -> list[list[int]]:
    """Consecutive seeds, dealt out to the scenes in turn."""
    seeds: list[list[int]] = [[] for _ in arena.scenes]
    for number in range(runs):
        seeds[(first_scene + number) % len(seeds)].append(first_seed + number)
    return seeds


class _Form:
    """A priority function as a point that can be moved: weights leaf by leaf, thresholds, allowance."""

    def __init__(self, start: PriorityFunction) -> None:
        self.splits = start.splits
        terms = [term for term in TERMS if start.depth or term not in _FLAT]
        self.places = [(leaf, term) for leaf in range(len(start.leaves)) for term in terms]
        self.nodes = [node for node, (_, threshold) in enumerate(start.splits) if np.isfinite(threshold)]
        weights = [start.leaves[leaf].get(term, 0.0) for leaf, term in self.places]
        thresholds = [start.splits[node][1] for node in self.nodes]
        self.start = np.array([*weights, *thresholds, start.allowance])
        steps = [1.0 / _SPREAD.get(term, 1.0) for _, term in self.places]
        self.steps = np.array([*steps, *[1.0] * len(thresholds), _ALLOWANCE_STEP])

    def function(self, point: Floats) -> PriorityFunction:
        """The function at a point."""
        leaves: list[dict[str, float]] = [{} for _ in range(len(self.splits) + 1)]
        for (leaf, term), weight in zip(self.places, point, strict=False):
            leaves[leaf][term] = float(weight)
        splits = list(self.splits)
        for node, threshold in zip(self.nodes, point[len(self.places) : -1], strict=True):
            splits[node] = (splits[node][0], float(threshold))
        return PriorityFunction(tuple(leaves), tuple(splits), allowance=abs(float(point[-1])))


def _evolution(form: _Form, options: SearchOptions) -> Any:
    try:
        import cma
    except ImportError as missing:
        raise MissingExtra(
            "learning a policy", "the package cma is not installed", "", "Install it: pip install 'danao[planning]'"
        ) from missing
    settings = {
        "seed": options.seed + 1,
        "popsize": options.population,
        "CMA_stds": form.steps,
        "verbose": -9,
        "maxiter": options.generations,
    }
    return cma.CMAEvolutionStrategy(form.start, options.step, settings)


def shares(functions: Sequence[PriorityFunction]) -> Iterator[tuple[str, float]]:
    """Mean absolute weight of each term over all leaves, the heaviest first, as a share of all."""
    totals = {
        term: float(np.mean([abs(leaf.get(term, 0.0)) for one in functions for leaf in one.leaves])) for term in TERMS
    }
    whole = sum(totals.values()) or 1.0
    for term, total in sorted(totals.items(), key=lambda pair: -pair[1]):
        yield term, total / whole
