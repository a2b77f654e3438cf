"""Replanning 500 operations after a breakdown or a rush order: seconds, and starts moved in the frozen window.

Drawn shops of 50 jobs with 10 operations on 10 machines; on the flexible ones operations have up to three machines. The
old plan comes from a search of some seconds. At a third of it a machine breaks down for 5 % of its length, or an order
of 10 operations with a tight due date comes in; the frozen window is the next 10 %. `unavoidable` is the share of its
starts that is proven by CP-SAT to move in any plan, with alternative machines and all later operations free to make
way; an operation that keeps its start on another machine is counted apart. The first call of a process, which
compiles, is not counted.

    python -m benchmarks.replanning [--first 0] [--cases 24] [--seconds 1.6] [--plan-seconds 3] [--json]

Developed on cases 100 to 117.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from danao.scheduling import Job, Link, Mode, Operation, Problem, Schedule, replan, routed, solve, validate
from danao.scheduling.schedule import TARDINESS

JOBS, STEPS, MACHINES = 50, 10, 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--cases", type=int, default=24)
    options.add_argument("--seconds", type=float, default=1.6)
    options.add_argument("--plan-seconds", type=float, default=3.0)
    options.add_argument("--nervousness", type=float, default=5.0)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    small = shop(0, flexible=True, jobs=3)
    replan(small, solve(small, time_limit=None, step_limit=2).schedule, 0, 1, TARDINESS, None, step_limit=2)
    rows = []
    for case in range(asked.first, asked.first + asked.cases):
        rows.append(measure(case, asked))
        if not asked.json:
            print_row(rows[-1], first=len(rows) == 1)
    if asked.json:
        print(json.dumps(rows, indent=2))
    else:
        print_summary(rows)


def shop(seed: int, *, flexible: bool, jobs: int = JOBS) -> Problem:
    """A (flexible) job shop with due dates."""
    random = np.random.default_rng([20, seed])
    routes = []
    for _ in range(jobs):
        route = []
        for first in random.permutation(MACHINES)[:STEPS]:
            count = int(random.integers(1, 4)) if flexible else 1
            others = [machine for machine in random.permutation(MACHINES) if machine != first][: count - 1]
            length = int(random.integers(5, 60))
            route.append([(int(machine), length + int(random.integers(0, 5))) for machine in (first, *others)])
        routes.append(route)
    work = [sum(step[0][1] for step in route) for route in routes]
    span = sum(work) / MACHINES
    due = [int(length + random.uniform(0.0, 0.9) * span) for length in work]
    orders = [Job(f"job {number + 1}", due=date) for number, date in enumerate(due)]
    return routed(f"shop {seed}", routes, MACHINES, jobs=orders)


def broken(problem: Problem, old: Schedule, now: int, length: int, random: np.random.Generator) -> Problem:
    """A machine that is busy now breaks down."""
    busy = [old.machine_of(problem, int(i)) for i in np.flatnonzero((old.start >= now) & (old.start < now + length))]
    machine = int(random.choice(sorted(set(busy))))
    machines = list(problem.machines)
    machines[machine] = replace(machines[machine], closed=((now, now + length),))
    return replace(problem, machines=tuple(machines))


def rushed(problem: Problem, now: int, random: np.random.Generator) -> Problem:
    """A further order with a tight date and the weight of twenty."""
    lengths = [int(random.integers(5, 60)) for _ in range(STEPS)]
    job, first = len(problem.jobs), len(problem.operations)
    steps = tuple(
        Operation(job, (Mode(int(machine), length),))
        for machine, length in zip(random.permutation(MACHINES), lengths, strict=True)
    )
    links = tuple(Link(first + step, first + step + 1) for step in range(STEPS - 1))
    rush = Job("rush", release=now, due=now + int(1.5 * sum(lengths)), weight=20.0)
    return replace(
        problem, jobs=(*problem.jobs, rush), operations=(*problem.operations, *steps), links=(*problem.links, *links)
    )


def measure(case: int, asked: argparse.Namespace) -> dict[str, Any]:
    flexible, event = case % 2 == 1, ("breakdown", "rush order")[case // 2 % 2]
    problem, random = shop(case, flexible=flexible), np.random.default_rng([21, case])
    old = solve(problem, TARDINESS, time_limit=asked.plan_seconds, threads=2).schedule
    span = int(old.end.max())
    now, window, length = span // 3, span // 10, span // 20
    changed = broken(problem, old, now, length, random) if event == "breakdown" else rushed(problem, now, random)
    began = time.perf_counter()
    again = replan(changed, old, now, window, TARDINESS, asked.seconds, nervousness=asked.nervousness)
    seconds = time.perf_counter() - began
    assert validate(again.problem, again.plan.schedule) == []
    inside = np.flatnonzero((old.start >= now) & (old.start < now + window))
    shifted = [int(i) for i in inside if again.plan.schedule.start[i] != old.start[i]]
    elsewhere = set(again.released) & {int(i) for i in inside} - set(shifted)
    bound = again.unavoidable - sum(old.start[i] < now for i in again.shifted)
    late = sum(
        max(0, int(old.end[lasts[-1]]) - (job.due or 0))
        for job, lasts in zip(problem.jobs, problem.last_operations, strict=True)
    )
    row: dict[str, Any] = {
        "case": case,
        "shop": "flexible" if flexible else "job shop",
        "event": event,
        "seconds": seconds,
        "in_window": len(inside),
        "unavoidable_percent": 100 * bound / len(inside),
        "moved_percent": 100 * len(shifted) / len(inside),
        "other_machine_percent": 100 * len(elsewhere) / len(inside),
        "moved_in_all_percent": 100 * again.moved / len(problem.operations),
        "tardiness_before": late,
        "tardiness_after": again.plan.value,
        "steps": again.plan.steps,
    }
    if event == "rush order":
        row["rush_late"] = max(0, int(again.plan.schedule.end[-1]) - (changed.jobs[-1].due or 0))
    return row


def print_row(row: dict[str, Any], *, first: bool) -> None:
    if first:
        print(
            "case  shop      event        s     in window  unavoidable %  moved %  other machine %  moved in all %  "
            "tardiness before  after  steps"
        )
    print(
        f"{row['case']:4}  {row['shop']:9} {row['event']:10}{row['seconds']:6.2f}{row['in_window']:10}"
        f"{row['unavoidable_percent']:16.1f}{row['moved_percent']:9.1f}{row['other_machine_percent']:17.1f}"
        f"{row['moved_in_all_percent']:16.1f}"
        f"{row['tardiness_before']:17.0f}{row['tardiness_after']:10.0f}{row['steps']:8}"
        + (f"  rush late by {row['rush_late']}" if "rush_late" in row else ""),
        flush=True,
    )


def print_summary(rows: Sequence[dict[str, Any]]) -> None:
    for name in ("all", "breakdown", "rush order"):
        own = [row for row in rows if name in ("all", row["event"])]
        if own:
            moved = [row["moved_percent"] for row in own]
            print(
                f"{name:11} {len(own):3} cases: moved in the window, mean {np.mean(moved):.1f} %, "
                f"worst {max(moved):.1f} %, above 10 % in {sum(share > 10 for share in moved)}; unavoidable, "
                f"mean {np.mean([row['unavoidable_percent'] for row in own]):.1f} %, above 10 % in "
                f"{sum(row['unavoidable_percent'] > 10 for row in own)}; reached in "
                f"{sum(row['moved_percent'] <= row['unavoidable_percent'] for row in own)}; "
                f"slowest {max(row['seconds'] for row in own):.2f} s"
            )


if __name__ == "__main__":
    main()
