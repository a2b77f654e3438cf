"""The real heat-treatment line: our search and bound against the published results, planners' rules and CP-SAT.

One parameter set for all instances; none depends on the instance. They were seen while the search was written.
Published best: the cheapest published sequence at no more total tardiness than executed, of 2 x 30 runs of 556-1,682 s.

    python benchmarks/heat_treatment.py [--seeds 10] [--seconds 5] [--peer-seconds 5] [--front-seconds 10] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from danao.core.data import locate
from danao.scheduling import (
    RULES,
    NoWaitLine,
    PublishedPoint,
    SearchResult,
    bound,
    check,
    draw_factors,
    evaluate,
    example_lines,
    front,
    hypervolume,
    read_instance,
    read_published_results,
    search,
    simulate,
)

PUBLISHED_SECONDS = 1_100.0
CENT = 0.0051


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--peer-seconds", type=float, default=5.0)
    options.add_argument("--front-seconds", type=float, default=10.0)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    folder = locate("heat-treatment")
    points = read_published_results(folder / "published_results.csv")
    names = list(dict.fromkeys(point.instance for point in points))
    warm = read_instance(folder / f"{names[0]}.json")
    search(warm, steps=1_000, time_limit=None)
    bound(example_lines(1)[0], time_limit=1.0)
    simulate(warm, warm.executed_sequence, np.ones((1, warm.jobs)))
    rows = []
    for name in names:
        line = read_instance(folder / f"{name}.json")
        rows.append(measure(line, [point for point in points if point.instance == name], chosen))
        if not chosen.json:
            print_row(rows[-1], first=len(rows) == 1)
    if chosen.json:
        print(json.dumps(rows, indent=2))
    else:
        print_summary(rows)


def measure(line: NoWaitLine, points: Sequence[PublishedPoint], chosen: argparse.Namespace) -> dict[str, Any]:
    executed = evaluate(line, line.executed_sequence)
    limit = executed.total_tardiness
    published = min(point.cost for point in points if point.tardiness <= limit + 0.005)
    results = [search(line, time_limit=chosen.seconds, seed=seed) for seed in range(chosen.seeds)]
    for result in results:
        again = check(line, result.sequence)
        assert again.total_tardiness <= limit + 1e-6
        assert math.isclose(again.cost, result.cost)
    at = {seconds: float(np.median([cost_at(r, seconds, executed.cost) for r in results])) for seconds in (0.1, 1, 2)}
    ours = float(np.median([result.cost for result in results]))
    reach = float(np.median([seconds_to(result, published) for result in results]))
    proven = bound(line, incumbent=min(results, key=lambda result: result.cost).sequence)
    rivals = {}
    for rule, plan in RULES.items():
        outcome = evaluate(line, plan(line))
        rivals[rule] = {"cost": outcome.cost, "tardiness": outcome.total_tardiness}
    return {
        "instance": line.name,
        "jobs": line.jobs,
        "executed_cost": executed.cost,
        "executed_tardiness": limit,
        "published_best": published,
        "cost": ours,
        "worst_cost": max(result.cost for result in results),
        "cost_at": at,
        "saving_percent": 100 * (1 - ours / executed.cost),
        "published_saving_percent": 100 * (1 - published / executed.cost),
        "reached": sum(result.cost <= published + CENT for result in results) / len(results),
        "seconds_to_published": reach,
        "speed_ratio": PUBLISHED_SECONDS / reach,
        "steps_per_second": float(np.median([result.steps / result.seconds for result in results])),
        "bound": proven.value,
        "bound_seconds": proven.seconds,
        "proven_optimal": proven.proven_optimal,
        "gap_percent": 100 * (ours - proven.value) / ours,
        "rivals": rivals,
        "cpsat": cpsat(line, limit, chosen.peer_seconds),
        "front": front_row(line, points, chosen.front_seconds),
        "simulations_per_second": simulations(line),
    }


def cost_at(result: SearchResult, seconds: float, before: float) -> float:
    """Cost of the best sequence known after so many seconds."""
    return next((cost for when, _, cost, _ in reversed(result.trace) if when <= seconds), before)


def seconds_to(result: SearchResult, cost: float) -> float:
    """Seconds until the search had a sequence of at most that cost; infinity if never."""
    return next((when for when, _, found, _ in result.trace if found <= cost + CENT), math.inf)


def front_row(line: NoWaitLine, points: Sequence[PublishedPoint], seconds: float) -> dict[str, Any]:
    ours = front(line, points=24, time_limit=seconds)
    tardiness = np.array([point.tardiness for point in points])
    cost = np.array([point.cost for point in points])
    worst = (1.05 * max(tardiness.max(), ours.tardiness.max()) + 1, 1.001 * max(cost.max(), ours.cost.max()))
    ratio = hypervolume(ours.tardiness, ours.cost, *worst) / hypervolume(tardiness, cost, *worst)
    return {"points": len(ours.cost), "published_points": len(points), "hypervolume_ratio": ratio}


def simulations(line: NoWaitLine) -> float:
    """Sequences simulated a second under uncertain process times."""
    factors = draw_factors(line, range(10_000), 0.1)
    began = time.process_time()
    simulate(line, line.executed_sequence, factors)
    return len(factors) / (time.process_time() - began)


def cpsat(line: NoWaitLine, limit: float, seconds: float) -> dict[str, Any]:
    """OR-Tools CP-SAT: one circuit over the jobs, start times along the chosen arcs, sum of tardiness limited.

    One worker, as the search has; the executed sequence is given as a full hint. Hours are rounded to 1e-6 and the
    limit is widened by what that can add up to, in favour of CP-SAT.
    """
    per_hour, jobs = 1_000_000, line.jobs
    waiting = np.round(line.waiting_hours * per_hour).astype(int)
    process = np.round(line.process_hours * per_hour).astype(int)
    due = np.round(line.due_hours * per_hour).astype(int)
    gas = np.round(line.idle_gas * 100).astype(int)
    horizon = int(waiting.max(axis=1).sum())
    model = cp_model.CpModel()
    starts = [model.new_int_var(0, horizon, "") for _ in range(jobs)]
    late = [model.new_int_var(0, horizon, "") for _ in range(jobs)]
    arcs, costs = [], []
    executed = [int(job) for job in line.executed_sequence]
    clock = 0
    for place, job in enumerate(executed):
        clock += int(waiting[executed[place - 1], job]) if place else 0
        model.add_hint(starts[job], clock)
        model.add_hint(late[job], max(0, clock + int(process[job] - due[job])))
    following = dict(zip([jobs, *executed], [*executed, jobs], strict=True))
    for i in range(jobs + 1):
        for r in range(jobs + 1):
            if i == r:
                continue
            chosen = model.new_bool_var("")
            arcs.append((i, r, chosen))
            model.add_hint(chosen, following[i] == r)
            if i == jobs:
                model.add(starts[r] == 0).only_enforce_if(chosen)
            elif r < jobs:
                model.add(starts[r] >= starts[i] + int(waiting[i, r])).only_enforce_if(chosen)
                costs.append(int(gas[i, r]) * chosen)
    model.add_circuit(arcs)
    for job in range(jobs):
        model.add(late[job] >= starts[job] + int(process[job] - due[job]))
    model.add(sum(late) <= int(limit * per_hour) + jobs * jobs)
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    total, price = float(line.job_gas.sum()), line.gas_price
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return {
        "cost": (total + solver.objective_value / 100) * price if found else None,
        "bound": (total + max(0.0, solver.best_objective_bound) / 100) * price,
    }


def best_rule(row: dict[str, Any]) -> float:
    """Saving in % of the cheapest rule within the executed tardiness; 0 if none is."""
    within = [r["cost"] for r in row["rivals"].values() if r["tardiness"] <= row["executed_tardiness"] + 1e-6]
    return 100 * max(0.0, 1 - min([row["executed_cost"], *within]) / row["executed_cost"])


def print_row(row: dict[str, Any], *, first: bool) -> None:
    if first:
        print(
            "instance      n   executed  published  ours(med)  worst seed  reached  s to publ.  x faster   bound"
            "      gap %  bound s  proven  saved %  publ. %  rule %  CP-SAT %  front pts  HV ratio"
        )
    peer = row["cpsat"]["cost"]
    saved = f"{100 * (1 - peer / row['executed_cost']):8.2f}" if peer is not None else "    none"
    print(
        f"{row['instance']} {row['jobs']:4d} {row['executed_cost']:10.2f} {row['published_best']:10.2f} "
        f"{row['cost']:10.2f}  {row['worst_cost']:10.2f} {100 * row['reached']:6.0f} % "
        f"{row['seconds_to_published']:10.3f} "
        f"{row['speed_ratio']:9.0f} {row['bound']:10.2f} {row['gap_percent']:7.4f} {row['bound_seconds']:7.2f}   "
        f"{'yes' if row['proven_optimal'] else ' no'}   {row['saving_percent']:6.2f}   "
        f"{row['published_saving_percent']:6.2f}  {best_rule(row):6.2f}  {saved}  "
        f"{row['front']['points']:3d} / {row['front']['published_points']:3d}  "
        f"{row['front']['hypervolume_ratio']:7.3f}",
        flush=True,
    )


def print_summary(rows: Sequence[dict[str, Any]]) -> None:
    def mean(key: str) -> float:
        return float(np.mean([row[key] for row in rows]))

    print(
        f"\nmean saving: ours {mean('saving_percent'):.2f} %, published {mean('published_saving_percent'):.2f} %, ",
        end="",
    )
    print(f"best rule within the limit {np.mean([best_rule(row) for row in rows]):.2f} %")
    print(
        f"published best reached by the median seed: {sum(r['cost'] <= r['published_best'] + CENT for r in rows)} ",
        end="",
    )
    print(f"of {len(rows)}; proven optimal: {sum(row['proven_optimal'] for row in rows)}")
    for seconds in rows[0]["cost_at"]:
        reached = sum(row["cost_at"][seconds] <= row["published_best"] + CENT for row in rows)
        print(f"reached by the median seed after {seconds} s: {reached} of {len(rows)}")
    print("rivals, cost against executed (and total tardiness against executed):")
    for rule in RULES:
        cells = []
        for row in rows:
            rival = row["rivals"][rule]
            change = 100 * (rival["cost"] / row["executed_cost"] - 1)
            cells.append(f"{change:+.2f} % ({rival['tardiness'] - row['executed_tardiness']:+.0f} h)")
        print(f"  {rule:18s} " + "  ".join(cells))
    for row in rows:
        most = 100 * (1 - row["bound"] / row["cost"])
        print(f"  {row['instance']}: at most {max(0.0, most):.4f} % more is possible")
    rates = ", ".join(f"{row['simulations_per_second']:,.0f}" for row in rows)
    print(f"simulated sequences a second (CPU): {rates}")


if __name__ == "__main__":
    main()
