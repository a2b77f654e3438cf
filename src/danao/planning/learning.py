"""The whole way from scenes to a learnt policy: the best classical rule, a linear function, a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from danao.planning.arena import RIVALS, Arena, Rival, Scene
from danao.planning.classics import Ranked, as_function, ranking
from danao.planning.io import LearntPolicy
from danao.planning.search import Found, SearchOptions, grown, held_out_seeds, search, training_seeds
from danao.twin.policies import Place
from danao.twin.priority import PriorityFunction, Tuning

SPLITS = (("slack ratio", 0.5), ("queue", 2.0), ("log weight", 0.5))
"""Where a tree is tried to be split, level by level: near the due date, at long queues, for orders that matter."""
_FALLBACK = Rival("atc", Tuning())


@dataclass(frozen=True)
class LearningOptions:
    """How much to learn."""

    search: SearchOptions = field(default_factory=SearchOptions)
    ranked_on: int = 48
    """Runs on which the classical rules are ranked."""
    depth: int = 1
    """Splits from the root of the tree to a leaf; 0: linear only."""
    tree_step: float = 0.05
    """First standard deviation of the search of a tree, which starts from the linear function."""


@dataclass(frozen=True)
class Lesson:
    """What was learnt, and from what."""

    policy: LearntPolicy
    ranking: tuple[Ranked, ...]
    """The classical rules on the training runs, the best first; scores are against the best one before tuning."""
    best: Rival
    """The classical rule to beat."""
    best_held_out: float
    """Its score on the held-out runs."""
    searches: tuple[Found, ...]
    """The linear search, then the trees."""
    runs: int
    """Of the twin, all in all."""


def learn_policy(
    scenes: Sequence[Scene],
    options: LearningOptions | None = None,
    *,
    rivals: Sequence[Rival] = RIVALS,
    place: Place = "first",
    threads: int = 1,
    name: str = "learnt rule",
    told: Callable[[str], None] | None = None,
) -> Lesson:
    """Learn a priority function, starting from the best classical rule that is one.

    Args:
        scenes: Plants with spans and prices.
        options: How much.
        rivals: Classical rules to rank.
        place: Whether the function replaces all rules of a station, or the last of them.
        threads: Replications side by side.
        name: Of the policy.
        told: Called with a line about each step.

    Raises:
        MissingExtra: `cma` is not installed.
        BadInput: A number of the options is out of its range.
    """
    options, tell = options or LearningOptions(), told or _silent
    arena = Arena(scenes, Rival("atc"), place=place, threads=threads)
    ranked = ranking(arena, rivals, training_seeds(arena, options.ranked_on, options.search.seed))
    best = ranked[0].rival
    tell(f"best of {len(ranked)} classical rules on {options.ranked_on} runs: {best.name}")
    arena.refer_to(best)
    held = held_out_seeds(arena, options.search.held_out, options.search.seed)
    start = next((found for one in ranked if (found := as_function(one.rival)) is not None), as_function(_FALLBACK))
    searches = [_searched(arena, start or PriorityFunction(({},)), options.search, "linear", tell)]
    for term, threshold in SPLITS[: options.depth]:
        tree = grown(searches[-1].function, term, threshold)
        finer = replace(options.search, step=options.tree_step, seed=options.search.seed)
        searches.append(_searched(arena, tree, finer, f"tree of depth {tree.depth}", tell))
    chosen = min(searches, key=lambda found: found.held_out)
    story: tuple[tuple[str, str | float], ...] = (
        ("best classical rule", best.name),
        ("score against it on held-out runs", chosen.held_out),
        ("runs of the twin", float(arena.runs)),
        ("plants", float(len(scenes))),
        ("generations", float(options.search.generations)),
        ("seed", float(options.search.seed)),
    )
    policy = LearntPolicy(name, chosen.function, place, story)
    return Lesson(policy, tuple(ranked), best, float(arena.of_rival(best, held).mean()), tuple(searches), arena.runs)


def _searched(
    arena: Arena, start: PriorityFunction, options: SearchOptions, what: str, tell: Callable[[str], None]
) -> Found:
    def progress(generation: int, score: float, held_out: float) -> None:
        tell(f"{what}: generation {generation} of {options.generations}, {100 * held_out:+.1f} % on held-out runs")

    return search(arena, start, options, progress)


def _silent(line: str) -> None:
    return None
