"""The ten real heat-treatment periods in the model of all problems, beside the line's own search: no worse, no slower?

Both get the same moves and seeds, one after the other; every plan passes the independent check. `to best` is the time
until the published best is reached, from the search's own trace; `whole` is wall time with model, check and all.

    python -m benchmarks.heat_treatment_model [--seeds 3] [--steps-per-job 30000] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from benchmarks.heat_treatment import CENT, seconds_to
from danao.core.data import locate
from danao.scheduling import NoWaitLine, evaluate, read_instance, read_published_results, search, solve
from danao.scheduling.no_wait.planning import least_energy
from danao.scheduling.no_wait.recognise import line_problem, rigid_line


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--steps-per-job", type=int, default=30_000)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    folder = locate("heat-treatment")
    points = read_published_results(folder / "published_results.csv")
    names = list(dict.fromkeys(point.instance for point in points))
    search(read_instance(folder / f"{names[0]}.json"), time_limit=None, steps=1_000)
    rows = []
    for name in names:
        line = read_instance(folder / f"{name}.json")
        limit = evaluate(line, line.executed_sequence).total_tardiness + 0.005
        best = min(point.cost for point in points if point.instance == name and point.tardiness <= limit)
        rows.append(measure(line, best, asked.seeds, asked.steps_per_job * line.jobs))
        if not asked.json:
            print_row(rows[-1], first=len(rows) == 1)
    if asked.json:
        print(json.dumps(rows, indent=2))
    else:
        print_summary(rows)


def measure(line: NoWaitLine, best: float, seeds: int, steps: int) -> dict[str, Any]:
    """Medians over the seeds."""
    cells: dict[str, list[float]] = {
        key: [] for key in ("before", "after", "s before", "s after", "to best before", "to best after")
    }
    for seed in range(seeds):
        began = time.perf_counter()
        found = search(line, time_limit=None, steps=steps, seed=seed)
        cells["s before"].append(time.perf_counter() - began)
        cells["before"].append(found.cost)
        cells["to best before"].append(seconds_to(found, best))
        began = time.perf_counter()
        problem = line_problem(line)
        rigid = rigid_line(problem)
        assert rigid is not None
        today = rigid.schedule(problem, line.executed_sequence)
        plan = solve(problem, least_energy(problem, today), time_limit=None, step_limit=steps, seed=seed, start=today)
        cells["s after"].append(time.perf_counter() - began)
        cells["after"].append(plan.value)
        cells["to best after"].append(next((when for when, cost in plan.trace if cost <= best + CENT), float("inf")))
        late = evaluate(line, rigid.sequence(plan.schedule)).total_tardiness
        assert late <= evaluate(line, line.executed_sequence).total_tardiness + 1e-6
    return {"instance": line.name, "jobs": line.jobs, **{key: float(np.median(cells[key])) for key in cells}}


def print_row(row: dict[str, Any], *, first: bool) -> None:
    if first:
        print("instance     jobs  cost before   cost after  s before  s after  to best before  to best after")
    print(
        f"{row['instance']}{row['jobs']:7d}{row['before']:13.2f}{row['after']:13.2f}{row['s before']:10.3f}"
        f"{row['s after']:9.3f}{row['to best before']:16.3f}{row['to best after']:15.3f}",
        flush=True,
    )


def print_summary(rows: list[dict[str, Any]]) -> None:
    worse = sum(row["after"] > row["before"] + CENT for row in rows)
    better = sum(row["after"] < row["before"] - CENT for row in rows)
    print(f"cost worse on {worse}, better on {better}, equal on {len(rows) - worse - better} of {len(rows)}")
    for kind in ("s", "to best"):
        ratio = np.exp(np.mean([np.log(row[f"{kind} after"] / row[f"{kind} before"]) for row in rows]))
        print(f"{kind}: after / before, geometric mean {ratio:.3f}")


if __name__ == "__main__":
    main()
