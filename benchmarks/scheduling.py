"""Public scheduling instances: our plans beside CP-SAT and, where installed, PyJobShop; same machine and seconds.

Every engine gets the same wall time and the same number of threads, one after the other. Gaps are to the best known
value of the public table, not to our bound; where none is known, to the best value of this run. Every schedule passes
the independent check. CPU seconds tell how much of the machine an engine really got.

    python -m benchmarks.scheduling --family ta41-50 [--seconds 60] [--seeds 5] [--threads 2] [--peers cp-sat pyjobshop]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.scheduling_engines import ENGINES, PEERS
from benchmarks.scheduling_instances import FAMILIES, best_known, data_folder
from danao.scheduling.model import Problem
from danao.scheduling.solve import solve


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--family", choices=FAMILIES, default="anchors")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--peers", nargs="*", choices=PEERS, help="default: those that are installed")
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    if asked.peers is None:
        asked.peers = [peer for peer in PEERS if peer == "cp-sat" or importlib.util.find_spec(peer)]
    folder, family = data_folder(), FAMILIES[asked.family]
    known = best_known(folder, family.kind)
    rows: list[dict[str, Any]] = []
    for file in family.files:
        problem = family.read(folder, file)
        if asked.family == "tardy":
            problem = dated(problem)
        if not rows:
            solve(problem, family.objective, time_limit=None, step_limit=10)
        label = f"{Path(file).parent.name}/{problem.name}"
        variant = f"{problem.name}_{Path(file).parent.name.rpartition('_')[2]}"
        for row in measure(problem, family.objective, label, known.get(variant, known.get(problem.name)), asked):
            rows.append(row)
            if not asked.json:
                print_row(row, first=len(rows) == 1)
    if asked.json:
        print(json.dumps(rows, indent=2))
    else:
        print_summary(rows)


def dated(problem: Problem) -> Problem:
    """A job shop with due dates of 1.3 times the length of each route and weights 4, 2, 2, 2, 2, 1 in turn."""
    weights = (4, 2, 2, 2, 2, 1)
    length = [0] * len(problem.jobs)
    for operation in problem.operations:
        length[operation.job] += operation.modes[0].duration
    jobs = tuple(
        replace(job, due=13 * length[number] // 10, weight=float(weights[number % len(weights)]))
        for number, job in enumerate(problem.jobs)
    )
    return replace(problem, jobs=jobs)


def measure(
    problem: Problem, objective: str, label: str, known: tuple[float, float] | None, asked: argparse.Namespace
) -> list[dict[str, Any]]:
    """One row for each engine and seed; those of one seed ran one after the other."""
    rows = []
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
    """Mean and worst of each engine, and how often ours was better, equal or worse than each peer."""
    best: dict[str, float] = {}
    for row in rows:
        if row["value"] is not None:
            best[row["instance"]] = min(best.get(row["instance"], row["value"]), row["value"])
    means: dict[str, float] = {}
    for engine in dict.fromkeys(row["engine"] for row in rows):
        own = [row for row in rows if row["engine"] == engine]
        found = [row for row in own if row["value"] is not None]
        gaps = [
            100.0 * (row["value"] / max(1.0, best[row["instance"]]) - 1.0) * (row["value"] > best[row["instance"]])
            if row["gap_percent"] is None
            else row["gap_percent"]
            for row in found
        ]
        if gaps:
            means[engine] = sum(gaps) / len(gaps)
            print(f"{engine:10} mean gap {means[engine]:6.2f} %, worst {max(gaps):6.2f} %", end=", ")
        print(f"{engine if not gaps else ''}no schedule in {len(own) - len(found)} of {len(own)}")
    ours = {(row["instance"], row["seed"]): row["value"] for row in rows if row["engine"] == "danao"}
    for engine in means:
        if engine == "danao":
            continue
        pairs = [
            (ours[row["instance"], row["seed"]], row["value"])
            for row in rows
            if row["engine"] == engine and ours[row["instance"], row["seed"]] is not None
        ]
        won = sum(theirs is None or mine < theirs for mine, theirs in pairs)
        lost = sum(theirs is not None and mine > theirs for mine, theirs in pairs)
        ratio = f"{means['danao'] / means[engine]:.2f}" if means[engine] > 0 else "-"
        print(
            f"against {engine}: better {won}, equal {len(pairs) - won - lost}, worse {lost}; ratio of mean gaps {ratio}"
        )


if __name__ == "__main__":
    main()
