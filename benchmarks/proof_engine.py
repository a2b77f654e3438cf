"""What the engine of the proof costs: time per paired trial, appraisal, executors.

    python -m benchmarks.proof_engine [--json FILE] [--ray]

The peers run beside it: the same trials in a plain NumPy loop, and numpy-style appraisal with one IRR solve a path by
scipy's brentq.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy import optimize

from danao.core import Investment, trial_seeds
from danao.proof import InProcess, LocalProcesses, prove
from danao.proof.appraisal import appraise
from danao.proof.intervals import independent
from tests.toys import ToyCase, uniform


def cheap(policy: str, seeds: np.ndarray) -> np.ndarray:
    return uniform(seeds, 1) + (policy == "candidate") * uniform(seeds, 2)


def slow(policy: str, seeds: np.ndarray) -> np.ndarray:
    """About 2.5 ms of work a trial."""
    result = np.empty(len(seeds))
    for row, seed in enumerate(seeds):
        random = np.random.default_rng(int(seed))
        result[row] = np.sort(random.standard_normal(30_000))[15_000] + (policy == "candidate") * random.random()
    return result


def median_seconds(work: Callable[[], object], repeats: int = 7) -> float:
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def overhead(trials: int) -> dict[str, float]:
    case = ToyCase(cheap)
    seeds = trial_seeds(1, 0, trials)

    def bare() -> None:
        for policy in case.policies():
            case.run(policy, seeds)

    whole = median_seconds(lambda: prove(case, trials=trials, appraisal=False))
    rest = median_seconds(bare)
    return {"trials": trials, "engine_us_per_paired_trial": (whole - rest) / trials * 1e6}


def overhead_sequential() -> dict[str, float]:
    case = ToyCase(cheap)
    proof = prove(case, precision=0.003, appraisal=False)
    whole = median_seconds(lambda: prove(case, precision=0.003, appraisal=False))
    return {"trials": proof.trials, "engine_and_trials_us_per_paired_trial": whole / proof.trials * 1e6}


def appraisal() -> dict[str, float]:
    values = np.random.default_rng(1).normal(10, 20, (3, 400))
    effect = independent(values.sum(axis=0), 0.95)
    items = dict(zip("abc", values, strict=True))
    plan = Investment(20_000, 500, 10, 0.08, (0.5, 1.0))
    ours = median_seconds(lambda: appraise(effect, items, plan, 365.25, {"a": 0.2, "b": 0.1}))

    def by_hand() -> None:
        random = np.random.default_rng(1)
        for annual in random.normal(effect.mean, effect.standard_error, 10_000) * 365.25:
            flows = np.concatenate([[-20_000], annual * np.array(plan.ramp_by_year()) - 500])
            years = np.arange(len(flows))
            optimize.brentq(lambda rate, f=flows, y=years: float((f / (1 + rate) ** y).sum()), -0.99, 50)

    peer = median_seconds(by_hand, repeats=3)
    return {"ours_ms_10000_paths": ours * 1e3, "brentq_ms_10000_paths": peer * 1e3, "ratio": peer / ours}


def executors(with_ray: bool) -> dict[str, float]:
    case, trials = ToyCase(slow), 400
    results = {"one process s": median_seconds(lambda: prove(case, trials=trials, appraisal=False), 3)}
    pool = LocalProcesses(2)
    results["two processes s (with start)"] = median_seconds(
        lambda: prove(case, trials=trials, appraisal=False, executor=pool), 3
    )
    same = (
        prove(case, trials=trials, executor=pool).to_dict()
        == prove(case, trials=trials, executor=InProcess()).to_dict()
    )
    results["identical"] = float(same)
    if with_ray:
        from danao.proof import Ray

        cluster = Ray(2)
        results["ray, two workers s (started)"] = median_seconds(
            lambda: prove(case, trials=trials, appraisal=False, executor=cluster), 3
        )
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--ray", action="store_true")
    options = parser.parse_args()
    results = {
        "overhead, fixed": [overhead(trials) for trials in (1_000, 10_000, 100_000)],
        "overhead, sequential": overhead_sequential(),
        "appraisal": appraisal(),
        "executors, 400 trials of about 2 x 2.5 ms": executors(options.ray),
    }
    print(json.dumps(results, indent=1))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
