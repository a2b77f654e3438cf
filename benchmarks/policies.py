"""Dispatching rules learnt in the twin, against the best of the classical rules, on plants and seeds never met.

    python -m benchmarks.policies job-shop [--machines 1] [--generations 120] [--trials 400] [--save FILE]
    python -m benchmarks.policies fab [--days 60] [--generations 20] [--trials 12] [--place first]

The classical rules are chosen as people would choose, on the runs that the learnt rule is trained on, their numbers
tuned on a grid. The comparison is by paired proof: for job shops every trial is a new random shop, for the fab new
seeds and a longer span.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.twin_fab import fab_folder
from danao.cases.fab_dispatch import FabDispatch, FabParameters, placed
from danao.cases.job_shop import JobShop, JobShopParameters
from danao.core import Case
from danao.planning import (
    LearningOptions,
    Lesson,
    Scene,
    SearchOptions,
    ShopKind,
    learn_policy,
    random_shop,
    weighted_lateness,
    write_policy,
)
from danao.planning.arena import ruled
from danao.planning.rival_names import rival_named
from danao.planning.search import shares
from danao.plant.autosched import read_autosched
from danao.proof import Estimate, prove
from danao.twin import Twin

FAB_RIVALS = (
    *(
        "as is",
        "critical ratio",
        "slack",
        "edd",
        "odd",
        "mod",
        "mdd",
        "srpt",
        "spt",
        "winq",
        "pt+winq",
        "first in plant",
    ),
    *(
        "covert",
        "covert k=1 b=0.5",
        "covert k=4",
        "atc",
        "atc k=1 b=1",
        "atc k=3",
        "atc k=3 b=1",
        "atc k=5 b=0.5",
        "atc k=8",
    ),
)
"""Classical rules for the fab, behind its own keys priority and setup."""


def table(lesson: Lesson) -> None:
    """The classical rules, and what the searches found."""
    print(f"\nclassical rules on the training runs ({lesson.runs:,} runs of the twin in all), score against atc, %:")
    for one in lesson.ranking:
        print(f"  {one.rival.name:28} {100 * one.score:+8.1f}")
    print(f"held-out runs, score against {lesson.best.name}, %:")
    for found in lesson.searches:
        kind = "linear" if not found.function.depth else f"tree of depth {found.function.depth}"
        print(f"  {kind:28} {100 * found.held_out:+8.1f}   (started at {100 * found.start_held_out:+.1f})")
    heaviest = list(shares([lesson.policy.function]))[:8]
    print("heaviest terms: " + ", ".join(f"{term} {100 * share:.0f} %" for term, share in heaviest))


def interval(one: Estimate) -> str:
    """A mean with its interval."""
    return f"{one.mean:,.1f} [{one.lower:,.1f}, {one.upper:,.1f}] EUR"


def proven(case: Case, trials: int, lesson: Lesson) -> dict[str, Any]:
    """The paired proof of the learnt rule against the best classical one."""
    began = time.perf_counter()
    proof = prove(case, trials=trials, appraisal=False)
    effect = proof.effect
    base = sum(before for before, _ in proof.items.values())
    row = {
        "baseline": case.policies().baseline.name,
        "trials": trials,
        "baseline money": base,
        "gain": effect.mean,
        "low": effect.lower,
        "high": effect.upper,
        "share": effect.mean / abs(base) if base else 0.0,
        "verdict": proof.verdict,
        "held out": min(found.held_out for found in lesson.searches),
        "seconds": time.perf_counter() - began,
    }
    print(
        f"\n{trials} unseen trials against {row['baseline']}: {base:,.0f} EUR a trial; gain {interval(effect)}", end=" "
    )
    print(f"= {100 * row['share']:.1f} %: {proof.verdict} ({row['seconds']:.0f} s)")
    for rival in proof.rivals:
        print(f"  rival {rival.name}: {interval(rival.effect)}; learnt over it {interval(rival.candidate_over_rival)}")
    return row


def job_shops(options: argparse.Namespace) -> dict[str, Any]:
    """Learn on some random shops, prove on others."""
    kind = ShopKind(machines=options.machines, utilisation=options.utilisation)
    scenes = [Scene(random_shop(seed, kind), 400.0, 100.0, cost=weighted_lateness) for seed in range(options.plants)]
    search = SearchOptions(generations=options.generations, population=16, runs=20, held_out=80, seed=options.seed)
    began = time.perf_counter()
    lesson = learn_policy(
        scenes,
        LearningOptions(search, ranked_on=120, depth=options.depth),
        name="learnt rule",
        told=print if options.verbose else None,
    )
    print(f"learnt in {time.perf_counter() - began:.0f} s")
    table(lesson)
    with tempfile.TemporaryDirectory() as folder:
        file = write_policy(lesson.policy, options.save or Path(folder) / "policy.json")
        case = JobShop(
            JobShopParameters(
                policy=str(file),
                baseline=lesson.best.name,
                rivals=tuple(one.rival.name for one in lesson.ranking[1:3]),
                machines=options.machines,
                utilisation=options.utilisation,
            )
        )
        return proven(case, options.trials, lesson)


def fab(options: argparse.Namespace) -> dict[str, Any]:
    """Learn on a short span of the SMT2020 fab, prove on a longer one with other seeds."""
    found = read_autosched(fab_folder())
    parameters = FabParameters(days=options.proof_days)
    scene = Scene(found.plant, 24.0 * options.days, start=found.state, cost=FabDispatch.hours_lost, parts=4096)
    best, *others = ranked_in_both_places(scene)
    search = SearchOptions(
        generations=options.generations, population=12, runs=1, held_out=3, step=0.15, seed=options.seed
    )
    began = time.perf_counter()
    lesson = learn_policy(
        [scene],
        LearningOptions(search, ranked_on=2, depth=options.depth),
        rivals=[rival_named(text) for text in FAB_RIVALS],
        place=options.place,
        told=print if options.verbose else None,
    )
    print(f"learnt in {time.perf_counter() - began:.0f} s")
    table(lesson)
    with tempfile.TemporaryDirectory() as folder:
        file = write_policy(lesson.policy, options.save or Path(folder) / "policy.json")
        case = FabDispatch(
            FabParameters(
                **{**parameters.model_dump(), "policy": str(file), "baseline": best, "rivals": ("as is", others[0])}
            )
        )
        return proven(case, options.trials, lesson)


def ranked_in_both_places(scene: Scene) -> list[str]:
    """Classical rules behind the fab's own keys and in their stead, the cheapest on two training runs first."""
    cost = {}
    for name in (*FAB_RIVALS, *(f"first: {name}" for name in FAB_RIVALS if name != "as is")):
        rival, place = placed(name)
        twin = Twin(ruled(scene.plant, rival.rule, place), tuning=rival.tuning, parts=scene.parts)
        cost[name] = float(scene.cost(scene.plant, twin.run([1, 2], scene.hours, start=scene.start)).mean())
    ranked = sorted(cost, key=cost.__getitem__)
    print("classical rules on two training runs: " + ", ".join(f"{name} {cost[name]:,.0f}" for name in ranked[:6]))
    return ranked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where", choices=("job-shop", "fab"))
    parser.add_argument("--machines", type=int, default=1, help="of each station of a job shop")
    parser.add_argument("--utilisation", type=float, default=0.95)
    parser.add_argument("--plants", type=int, default=60)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--generations", type=int, default=120)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--days", type=float, default=60.0, help="of a training run of the fab")
    parser.add_argument("--proof-days", type=float, default=120.0)
    parser.add_argument(
        "--place",
        choices=("first", "last"),
        default="last",
        help="of the learnt rule: the fab's keys before it, or none",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    row = (job_shops if options.where == "job-shop" else fab)(options)
    if options.json:
        Path(options.json).write_text(json.dumps(row, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
