"""Public scheduling instances: our plans beside CP-SAT and, where installed, PyJobShop; same machine and seconds.

Every engine gets the same wall time and the same number of threads, one after the other. Gaps are to the best known
value of the public table, not to our bound. Every schedule passes the independent check. CPU seconds tell how much of
the machine an engine really got.

    python -m benchmarks.scheduling [--set jobs-60] [--seconds 60] [--seeds 1] [--threads 2] [--peers cp-sat] [--json]
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from danao.core.data import roots
from danao.core.errors import MissingData
from danao.scheduling.cp import solve_exactly
from danao.scheduling.model import Problem
from danao.scheduling.readers import read_problem
from danao.scheduling.schedule import MAKESPAN, TARDINESS, parts_of
from danao.scheduling.solve import solve
from danao.scheduling.validate import require_valid


def _named(folder: str, pattern: str, numbers: list[int]) -> list[str]:
    return [f"{folder}/{pattern.format(number)}" for number in numbers]


SETS: Mapping[str, tuple[str, str, list[str]]] = {
    "anchors": ("jsplib", "jobshop", [*_named("jobshop/ta", "ta{:02}js.txt", [1, 21, 41]), "jobshop/dmu/dmu61.txt"]),
    "ta41-50": ("jsplib", "jobshop", _named("jobshop/ta", "ta{:02}js.txt", list(range(41, 51)))),
    "dmu41-79": ("jsplib", "jobshop", _named("jobshop/dmu", "dmu{:02}.txt", list(range(41, 80, 2)))),
    "dmu-sample": ("jsplib", "jobshop", _named("jobshop/dmu", "dmu{:02}.txt", [41, 51, 61, 71])),
    "large": ("jsplib", "jobshop", ["jobshop/tai/tai_1000_10_1.txt", "jobshop/tai/tai_100_100_1.txt"]),
    "brandimarte": ("fjsplib", "fjsp", _named("fjsp/Brandimarte1993", "mk{:02}.txt", list(range(1, 11)))),
    "hurink": (
        "fjsplib",
        "fjsp",
        [
            f"fjsp/HurinkJurischThole1994_{kind}/{name}.txt"
            for kind in ("edata", "rdata")
            for name in ("la21", "la31", "abz7")
        ],
    ),
    "setups": ("fjsp-setups", "", _named("fjsp_sdst", "Fattahi_setup_{:02}.fjs", [10, 15, 18, 20])),
    "projects": ("psplib-rcp", "", [f"rcpsp/j120/j120_{number}_1.rcp" for number in (1, 11, 31, 51)]),
    "steelmaking": ("scc", "", [f"scc/practical_input_data/pr{number:02}_pt.csv" for number in (0, 1, 3, 4)]),
    "flow": ("taillard-flow-shop", "", _named("flowshop/taillard", "tfs{:03}.txt", [31, 51, 61, 81])),
}
"""Name: format, problem in the table of best known values, files."""

OBJECTIVE = {"steelmaking": TARDINESS}
"""What is minimised; the makespan where nothing is said."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--set", choices=SETS, default="anchors", dest="chosen")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--peers", nargs="*", choices=PEERS, default=["cp-sat"])
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    folder = data_folder()
    layout, kind, files = SETS[asked.chosen]
    known = best_known(folder / "best_known.csv", kind)
    solve(read_problem(folder / files[0], layout), time_limit=None, step_limit=10)
    rows = []
    for file in files:
        problem = read_problem(folder / file, layout)
        label = f"{Path(file).parent.name}/{problem.name}"
        variant = f"{problem.name}_{Path(file).parent.name.rpartition('_')[2]}"
        for row in measure(problem, label, known.get(variant, known.get(problem.name)), asked):
            rows.append(row)
            if not asked.json:
                print_row(row, first=len(rows) == 1)
    if asked.json:
        print(json.dumps(rows, indent=2))
    else:
        print_summary(rows)


Answer = tuple[float | None, float | None]
"""Value of the best schedule and lower bound."""


def data_folder() -> Path:
    for root in roots():
        if (root / "scheduling" / "best_known.csv").exists():
            return root / "scheduling"
    raise MissingData("scheduling", "no public instances", "Expected scheduling/best_known.csv", "Set DANAO_DATA")


def best_known(path: Path, kind: str) -> dict[str, tuple[float, float]]:
    """Lower and upper bound by instance."""
    with path.open(encoding="utf-8") as file:
        return {
            row["instance"]: (float(row["lower_bound"]), float(row["upper_bound"]))
            for row in csv.DictReader(file)
            if row["problem"] == kind
        }


def measure(
    problem: Problem, label: str, known: tuple[float, float] | None, asked: argparse.Namespace
) -> list[dict[str, Any]]:
    """One row for each engine and seed."""
    rows = []
    objective = OBJECTIVE.get(asked.chosen, MAKESPAN)
    for seed in range(asked.seeds):
        for engine in ("danao", *asked.peers):
            began, busy = time.perf_counter(), time.process_time()
            value, bound = ENGINES[engine](problem, objective, asked.seconds, seed, asked.threads)
            gap = None if known is None or value is None else 100.0 * (value / known[1] - 1.0)
            rows.append(
                {
                    "instance": label,
                    "operations": len(problem.operations),
                    "engine": engine,
                    "seed": seed,
                    "value": value,
                    "bound": bound,
                    "best_known": known[1] if known else None,
                    "gap_percent": gap,
                    "seconds": time.perf_counter() - began,
                    "cpu_seconds": time.process_time() - busy,
                }
            )
    return rows


def ours(problem: Problem, objective: str, seconds: float, seed: int, threads: int) -> Answer:
    plan = solve(problem, objective, seconds, seed=seed, threads=threads)
    require_valid(problem, plan.schedule)
    return plan.value, plan.lower_bound


def cp_sat(problem: Problem, objective: str, seconds: float, seed: int, threads: int) -> Answer:
    found = solve_exactly(problem, objective, seconds, seed=seed, threads=threads)
    if found.schedule is None:
        return None, found.bound
    require_valid(problem, found.schedule)
    return parts_of(problem, found.schedule)[objective], found.bound


def pyjobshop(problem: Problem, objective: str, seconds: float, seed: int, threads: int) -> Answer:
    """PyJobShop's own CP-SAT model of a (flexible) job or flow shop without setups, for the makespan."""
    from pyjobshop import Model

    model = Model()
    machines = [model.add_machine(name=machine.name) for machine in problem.machines]
    tasks = [model.add_task() for _ in problem.operations]
    for operation, task in zip(problem.operations, tasks, strict=True):
        for mode in operation.modes:
            model.add_mode(task, machines[mode.machine], mode.duration)
    for link in problem.links:
        model.add_end_before_start(tasks[link.before], tasks[link.after], link.least)
    if problem.permutation:
        for machine, following in pairwise(machines):
            model.add_same_sequence(machine, following)
    result = model.solve(solver="ortools", time_limit=seconds, display=False, num_workers=threads, random_seed=seed)
    return (float(result.objective) if result.best.tasks else None), float(result.lower_bound)


PEERS = ("cp-sat", "pyjobshop")
ENGINES = {"danao": ours, "cp-sat": cp_sat, "pyjobshop": pyjobshop}


def print_row(row: Mapping[str, Any], *, first: bool) -> None:
    if first:
        print(
            f"{'instance':34}{'ops':>7}  {'engine':10}{'seed':>5}{'value':>10}"
            f"{'bound':>10}{'best':>9}{'gap %':>8}{'s':>7}{'CPU s':>7}"
        )
    value = "none" if row["value"] is None else f"{row['value']:.0f}"
    bound = "" if row["bound"] is None else f"{row['bound']:.0f}"
    best = "" if row["best_known"] is None else f"{row['best_known']:.0f}"
    gap = "" if row["gap_percent"] is None else f"{row['gap_percent']:.2f}"
    print(
        f"{row['instance']:34}{row['operations']:7}  {row['engine']:10}{row['seed']:5}"
        f"{value:>10}{bound:>10}{best:>9}{gap:>8}{row['seconds']:7.1f}{row['cpu_seconds']:7.1f}",
        flush=True,
    )


def print_summary(rows: list[dict[str, Any]]) -> None:
    for engine in dict.fromkeys(row["engine"] for row in rows):
        own = [row for row in rows if row["engine"] == engine]
        gaps = [row["gap_percent"] for row in own if row["gap_percent"] is not None]
        if gaps:
            print(
                f"{engine:10} mean gap {sum(gaps) / len(gaps):6.2f} %, worst {max(gaps):6.2f} %, "
                f"no schedule in {sum(row['value'] is None for row in own)} of {len(own)}"
            )


if __name__ == "__main__":
    main()
