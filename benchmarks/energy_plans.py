"""Plans of least energy cost beside CP-SAT on the whole model: same machine, seconds and threads, in turn.

Drawn flexible shops with powers by operation and machine state, setups, closed hours and hourly prices, some of them
negative; the end of the plan is limited to a quarter more than the shortest plan found. The `small` ones are to be
proven by CP-SAT; of the `large` ones only the values are compared. Every plan passes the independent check.

    python -m benchmarks.energy_plans [--set small] [--cases 8] [--seconds 10] [--threads 2] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from danao.scheduling import Energy, Job, Link, Machine, Mode, Objective, Operation, Problem, solve, validate
from danao.scheduling.cp import solve_exactly
from danao.scheduling.schedule import ENERGY, MAKESPAN, parts_of

SETS = {"small": (4, 3), "large": (20, 5)}
"""Jobs and machines."""
PEAK = (0.12, 0.30)
"""Money per kWh, least and most."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--set", choices=SETS, default="small", dest="chosen")
    options.add_argument("--cases", type=int, default=8)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    solve(shop(0, *SETS["small"]), ENERGY, time_limit=None, step_limit=4)
    rows = []
    for case in range(asked.cases):
        rows.append(measure(shop(case, *SETS[asked.chosen]), asked.seconds, asked.threads))
        if not asked.json:
            print_row(rows[-1], first=len(rows) == 1)
    if asked.json:
        print(json.dumps(rows, indent=2))


def shop(seed: int, jobs: int, machines: int) -> Problem:
    """A flexible job shop in quarter hours, with prices by the hour."""
    random = np.random.default_rng([30, seed])
    operations, links = [], []
    for job in range(jobs):
        for step, machine in enumerate(random.permutation(machines)):
            power, length = float(random.integers(10, 200)), int(random.integers(2, 9))
            modes = [Mode(int(machine), length, power=power)]
            if random.random() < 0.4:
                modes.append(Mode(int((machine + 1) % machines), length + 1, power=0.8 * power))
            if step:
                links.append(Link(len(operations) - 1, len(operations)))
            operations.append(Operation(job, tuple(modes), setup_class=int(random.integers(3))))
    hall = tuple(
        Machine(
            f"machine {number + 1}",
            closed=((16, 20),),
            setup=np.where(np.eye(3, dtype=bool), 0, random.integers(1, 4, (3, 3))),
            setup_power=20.0,
            idle_power=10.0,
        )
        for number in range(machines)
    )
    hours = 24 + 6 * jobs
    prices = np.round(random.uniform(*PEAK, hours), 3)
    prices[random.random(hours) < 0.1] = -0.05
    energy = Energy(0.25, tuple(range(0, 4 * hours, 4)), (*(float(price) for price in prices[:-1]), PEAK[1]))
    return Problem(
        f"shop {seed}",
        tuple(Job(f"job {j}") for j in range(jobs)),
        tuple(operations),
        hall,
        tuple(links),
        energy=energy,
    )


def measure(problem: Problem, seconds: float, threads: int) -> dict[str, Any]:
    fastest = solve(problem, MAKESPAN, time_limit=2.0, threads=threads)
    aim = Objective("energy", {ENERGY: 1.0}, {MAKESPAN: float(int(1.25 * fastest.value))})
    began = time.perf_counter()
    plan = solve(problem, aim, time_limit=seconds, threads=threads)
    ours = time.perf_counter() - began
    assert not plan.excess
    began = time.perf_counter()
    proof = solve_exactly(problem, aim, seconds, threads=threads)
    theirs = time.perf_counter() - began
    value = None
    if proof.schedule is not None:
        parts = parts_of(problem, proof.schedule)
        assert validate(problem, proof.schedule, parts) == []
        value = parts[ENERGY]
    return {
        "problem": problem.name,
        "operations": len(problem.operations),
        "price_blind": fastest.parts[ENERGY],
        "ours": plan.value,
        "our_bound": plan.lower_bound,
        "our_seconds": ours,
        "cp_sat": value,
        "bound": proof.bound,
        "cp_sat_seconds": theirs,
    }


def print_row(row: dict[str, Any], *, first: bool) -> None:
    if first:
        print("problem     ops  shortest plan      ours     our s    CP-SAT  CP-SAT s     bound   ours above bound %")
    peer = "none" if row["cp_sat"] is None else f"{row['cp_sat']:.2f}"
    bound = max(one for one in (row["bound"], row["our_bound"]) if one is not None)
    gap = 100 * (row["ours"] - bound) / abs(row["ours"])
    print(
        f"{row['problem']:10}{row['operations']:5}{row['price_blind']:15.2f}{row['ours']:10.2f}{row['our_seconds']:10.1f}"
        f"{peer:>10}{row['cp_sat_seconds']:10.1f}{bound:10.2f}{gap:21.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
