"""Are the intervals right, and are the trials few? Every row is over simulated proofs made by `prove` itself.

    python -m benchmarks.coverage [--proofs 2000] [--rows WORD] [--json FILE]

Beside each figure stands what the usual Student t interval (or BCa) does on the same trials.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import stats

from danao.core import Sampling, trial_seeds
from danao.proof import Proof, prove
from tests.toys import ToyCase


@dataclass(frozen=True)
class Replay:
    """Differences drawn beforehand, one a block; picklable."""

    differences: np.ndarray

    def __call__(self, policy: str, seeds: np.ndarray) -> np.ndarray:
        return self.differences[seeds] if policy == "candidate" else np.zeros(len(seeds))


def replayed(differences: np.ndarray, **options: object) -> ToyCase:
    return ToyCase(Replay(differences), trials=len(differences), **options)


def student(values: np.ndarray, truth: float, confidence: float = 0.95) -> bool:
    reach = stats.t.ppf(0.5 + confidence / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return abs(values.mean() - truth) <= reach


def covers(proof: Proof, truth: float) -> bool:
    return proof.effect.lower <= truth <= proof.effect.upper


def normal_50(random: np.random.Generator) -> dict[str, float]:
    values = random.normal(1.0, 3.0, 50)
    return _fixed(values, 1.0)


def nearly_normal_30(random: np.random.Generator) -> dict[str, float]:
    """A sum of many small things with a little skew: a daily total of several machines."""
    values = random.gamma(16.0, 1.0, 30)
    return _fixed(values, 16.0)


def _fixed(values: np.ndarray, truth: float) -> dict[str, float]:
    proof = prove(replayed(values), appraisal=False)
    return {"danao": covers(proof, truth), "student t": student(values, truth)}


def looking(random: np.random.Generator) -> dict[str, float]:
    """A null case, looked at after every 10 trials from 30 to 500; a claim at any look counts."""
    values = random.normal(0.0, 1.0, 500)
    claims = {"danao": False, "student t": False}
    for n in range(30, 501, 10):
        look = prove(replayed(values[:n]), precision=1e-9, appraisal=False)
        claims["danao"] |= look.effect.lower > 0 or look.effect.upper < 0
        claims["student t"] |= not student(values[:n], 0.0)
    return dict(claims)


def _looking_for_claims(values: np.ndarray) -> dict[str, float]:
    """Skewed null case: a verdict other than `not proven` at any look is a false claim; Student's t beside it."""
    claims = {"danao": False, "student t": False}
    for n in range(30, len(values) + 1, 10):
        look = prove(replayed(values[:n]), precision=1e9, appraisal=False)
        claims["danao"] |= look.verdict != "not proven"
        claims["student t"] |= not student(values[:n], 0.0)
    return dict(claims)


def looking_lognormal(random: np.random.Generator) -> dict[str, float]:
    return _looking_for_claims(np.exp(random.standard_normal(500)) - math.exp(0.5))


def looking_rare(random: np.random.Generator) -> dict[str, float]:
    """+1 nearly always, -19 in one of twenty trials: worth nothing on average."""
    return _looking_for_claims(np.where(random.random(500) < 0.05, -19.0, 1.0))


def autoregressive(random: np.random.Generator) -> dict[str, float]:
    noise = random.standard_normal(365)
    values = np.empty(365)
    values[0] = noise[0] / math.sqrt(1 - 0.7**2)
    for day in range(1, 365):
        values[day] = 0.7 * values[day - 1] + noise[day]
    proof = prove(replayed(values, sampling=Sampling("serial")), appraisal=False)
    return {"danao": covers(proof, 0.0), "student t": student(values, 0.0)}


def lognormal(random: np.random.Generator) -> dict[str, float]:
    values = np.exp(random.standard_normal(20))
    truth = math.exp(0.5)
    proof = prove(replayed(values), appraisal=False)
    enough = proof.shortfall is None or "skewed" not in proof.shortfall.reason
    bca = stats.bootstrap((values,), np.mean, n_resamples=999, method="BCa", rng=random).confidence_interval
    return {
        "danao, every interval": covers(proof, truth),
        "danao, covers or says not enough": covers(proof, truth) or not enough,
        "danao, says not enough trials": not enough,
        "student t": student(values, truth),
        "BCa": bca.low <= truth <= bca.high,
    }


def clusters(random: np.random.Generator) -> dict[str, float]:
    """40 days of 5 to 15 orders that share the day's luck."""
    days = np.repeat(np.arange(40), random.integers(5, 16, 40))
    values = random.standard_normal(40)[days] + random.standard_normal(len(days))
    case = replayed(values, sampling=Sampling("clustered"), clusters=lambda seeds: days[seeds])
    return {"danao": covers(prove(case, appraisal=False), 0.0), "student t": student(values, 0.0)}


def bounded(random: np.random.Generator) -> dict[str, float]:
    """Rare events within declared bounds: 1 in 20 trials wins 1."""
    values = (random.random(60) < 0.05).astype(float)
    proof = prove(replayed(values, sampling=Sampling(bounds=(0.0, 1.0))), appraisal=False)
    return {"danao": covers(proof, 0.05), "student t": student(values, 0.05)}


def rivals(random: np.random.Generator) -> dict[str, float]:
    """Candidate and four rivals on 40 shared trials: all five intervals right at once."""
    shared = random.standard_normal(40)
    columns = {name: shared + 2 * random.standard_normal(40) for name in ("candidate", "a", "b", "c", "d")}
    case = ToyCase(
        lambda policy, seeds: columns[policy][seeds] if policy in columns else np.zeros(len(seeds)),
        trials=40,
        rivals=("a", "b", "c", "d"),
    )
    proof = prove(case, appraisal=False)
    effects = [proof.simultaneous_effect, *(rival.effect for rival in proof.rivals)]
    single = [student(column, 0.0) for column in columns.values()]
    return {"danao": all(e.lower <= 0 <= e.upper for e in effects), "student t": all(single)}


ROWS: list[tuple[str, Callable[[np.random.Generator], dict[str, float]], str]] = [
    ("normal, n = 50: coverage of 95 %", normal_50, "danao 94 to 96.5 %"),
    ("gamma(16), n = 30: coverage of 95 %", nearly_normal_30, "danao 94 to 96.5 %"),
    ("null case, looks every 10 trials, 30 to 500: false claims", looking, "danao <= 2.5 %, t about 29 %"),
    ("lognormal null case, looks every 10 trials: false verdicts", looking_lognormal, "-"),
    ("rare-loss null case (5 % of trials), looks every 10 trials: false verdicts", looking_rare, "-"),
    ("AR(1) phi = 0.7, n = 365: coverage of 95 %", autoregressive, "danao >= 93 %, t about 56 %"),
    ("lognormal(0, 1), n = 20: coverage of 95 %", lognormal, "danao >= 93 % or 'not enough', t and BCa about 87 %"),
    ("40 clusters of 5 to 15: coverage of 95 %", clusters, "-"),
    ("bounded, 5 % events, n = 60: coverage of 95 %", bounded, "-"),
    ("5 policies at once, n = 40: all covered", rivals, "-"),
]


def _block(row: int, first: int, last: int) -> dict[str, float]:
    totals: dict[str, float] = {}
    for number in range(first, last):
        for name, hit in ROWS[row][1](np.random.default_rng([20261123, row, number])).items():
            totals[name] = totals.get(name, 0.0) + float(hit)
    return totals


def simulate(row: int, proofs: int, pool: ProcessPoolExecutor) -> dict[str, float]:
    edges = np.linspace(0, proofs, 9).astype(int)
    parts = [pool.submit(_block, row, int(a), int(b)) for a, b in itertools.pairwise(edges)]
    totals: dict[str, float] = {}
    for part in parts:
        for name, count in part.result().items():
            totals[name] = totals.get(name, 0.0) + count
    return {name: count / proofs for name, count in totals.items()}


def newsvendor_year(policy: str, seeds: np.ndarray) -> np.ndarray:
    """Cost a day of a base-stock level over 365 days: demand gamma(2) x 50, holding 1, shortage 9."""
    level = 195.0 if policy == "candidate" else 170.0
    demand = year_of_demand(seeds)
    return -(np.maximum(level - demand, 0) + 9 * np.maximum(demand - level, 0)).mean(axis=1)


def year_of_demand(seeds: np.ndarray) -> np.ndarray:
    return np.stack([np.random.default_rng(int(seed)).gamma(2.0, 50.0, 365) for seed in seeds])


def newsvendor_truth() -> float:
    demand = stats.gamma(2.0, scale=50.0)

    def cost(level: float) -> float:
        short = demand.expect(lambda d: d - level, lb=level, ub=np.inf)
        return level - demand.mean() + short + 9 * short

    return cost(170.0) - cost(195.0)


def queue_wait(policy: str, seeds: np.ndarray) -> np.ndarray:
    """Minus the mean wait of 5,000 customers of an M/M/1 queue, utilisation 0.90 against 0.857 (Lindley)."""
    rate = 1.05 if policy == "candidate" else 1.0
    arrivals, services = queue_draws(seeds)
    services = services / rate
    wait, total = np.zeros(len(seeds)), np.zeros(len(seeds))
    for customer in range(arrivals.shape[1]):
        total += wait
        wait = np.maximum(wait + services[:, customer] - arrivals[:, customer], 0.0)
    return -total / arrivals.shape[1]


def queue_draws(seeds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    draws = [np.random.default_rng(int(seed)).standard_exponential((2, 5000)) for seed in seeds]
    table = np.stack(draws)
    return table[:, 0] / 0.9, table[:, 1]


def variance_rows(trials: int = 400) -> list[tuple[str, dict[str, float], str]]:
    rows = []
    stock = ToyCase(newsvendor_year, name="newsvendor", covariate=lambda s: year_of_demand(s).mean(axis=1) - 100.0)
    queue = ToyCase(queue_wait, name="queue", covariate=lambda s: queue_draws(s)[1].mean(axis=1) - 1.0)
    for case, goal in ((stock, ">= 10 x"), (queue, ">= 3 x")):
        proof = prove(case, trials=trials, appraisal=False)
        # Independent runs of the two policies on separate seeds, measured and not derived.
        seeds = trial_seeds(77, 0, 2 * trials)
        apart = case.draw("candidate", seeds[:trials]) - case.draw("baseline", seeds[trials:])
        separate = float(apart.var(ddof=1)) / trials
        gain = separate / proof.effect.standard_error**2
        rows.append(
            (
                f"{case.name}: times fewer trials than independent runs",
                {
                    "common random numbers": proof.variance_reduction.common_random_numbers,
                    "with control variate, against separate runs": gain,
                    "estimate": proof.effect.mean,
                    "half-width": proof.effect.half_width,
                },
                goal,
            )
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--proofs", type=int, default=2000)
    parser.add_argument("--rows", metavar="WORD", default="", help="only rows whose title holds this word")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    results = []
    with ProcessPoolExecutor(2) as pool:
        for row, (title, _, goal) in enumerate(ROWS):
            if options.rows not in title:
                continue
            shares = simulate(row, options.proofs, pool)
            results.append({"row": title, "goal": goal, "shares": shares})
            figures = ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())
            print(f"{title}: {figures}   [goal: {goal}]", flush=True)
    for title, figures_, goal in variance_rows():
        results.append({"row": title, "goal": goal, "figures": figures_})
        print(f"{title}: {', '.join(f'{k} {v:.3g}' for k, v in figures_.items())}   [goal: {goal}]")
    print(f"newsvendor, exact gain a day: {newsvendor_truth():.4f}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"proofs": options.proofs, "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
