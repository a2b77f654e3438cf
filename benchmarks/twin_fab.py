"""A wafer fab of real size: the SMT2020 data set HVLM in the general twin.

    python -m benchmarks.twin_fab [--days 730] [--seeds 30] [--json FILE]

Two questions. How long does a run take (one core, processor seconds)? And do ten days under first-come-first-served
from the given work in process agree with PySCFabSim, whose figures of one run (seed 0) are known? There, the data are
read as PySCFabSim reads them; what it does otherwise stands in the notes of the importer.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from danao.core.data import roots
from danao.plant.autosched import read_autosched
from danao.twin import Runs, Twin

PUBLISHED = {
    "Lot_3": (301, 49.6, 99.0),
    "Lot_4": (304, 27.9, 96.0),
    "HotLot_3": (None, 31.8, None),
    "HotLot_4": (None, 18.7, None),
}
"""PySCFabSim, ten days, first come, first served, seed 0: lots done, mean cycle time in days, per cent on time."""
PEER_SECONDS = 13.6 / 10
"""Its processor seconds for one simulated day, measured once on the kind of machine that the notes describe."""


def fab_folder() -> Path:
    """Where the data set lies."""
    for root in roots():
        if (root / "smt2020" / "HVLM").is_dir():
            return root / "smt2020" / "HVLM"
    raise SystemExit("the data set smt2020 was not found: set DANAO_DATA to the folder that holds it")


def by_flow(runs: Runs) -> dict[str, dict[str, np.ndarray]]:
    """Lots done, mean cycle time in days and per cent on time, of each kind of lot, over the replications."""
    rows = {}
    for number, name in enumerate(runs.flows):
        done = runs.flow_finished[:, number]
        if done.sum():
            rows[name] = {
                "done": done,
                "cycle time": runs.flow_lead_hours[:, number] / np.maximum(done, 1) / 24,
                "on time": 100 * (1 - runs.flow_late[:, number] / np.maximum(done, 1)),
            }
    return rows


def prediction_interval(values: np.ndarray, figures: int) -> tuple[float, float]:
    """Where one more run falls: all of so many figures at once in 95 % of cases (Student, Bonferroni)."""
    count = len(values)
    quantile = stats.t.ppf(1 - 0.05 / 2 / figures, count - 1)
    half = float(quantile * values.std(ddof=1) * math.sqrt(1 + 1 / count))
    return float(values.mean()) - half, float(values.mean()) + half


def agreement(seeds: int) -> list[dict[str, Any]]:
    """Ten days of the fab, read as PySCFabSim reads it, beside its figures, which are rounded."""
    fab = read_autosched(fab_folder(), rule="fifo", like="pyscfabsim")
    runs = Twin(fab.plant, parts=4096).run(range(seeds), 240.0, start=fab.state)
    figures = sum(figure is not None for row in PUBLISHED.values() for figure in row)
    rows = []
    print(f"\n10 days, {seeds} seeds, beside one run of PySCFabSim: lots a day", end=" ")
    print(f"{runs.finished.sum(axis=1).min() / 10:.1f} to {runs.finished.sum(axis=1).max() / 10:.1f}")
    print("mean, standard deviation, where one more run falls (95 % for all figures at once), PySCFabSim, apart")
    for name, columns in by_flow(runs).items():
        for (column, values), published in zip(columns.items(), PUBLISHED.get(name, ()), strict=False):
            if published is None:
                continue
            low, high = prediction_interval(values, figures)
            rounding = 0.05 if column == "cycle time" else 0.5
            agrees = low <= published + rounding and high >= published - rounding
            mean, deviation = float(values.mean()), float(values.std(ddof=1))
            row = {
                "lots": name,
                "what": column,
                "mean": mean,
                "standard deviation": deviation,
                "predicted from": low,
                "predicted to": high,
                "PySCFabSim": published,
                "apart": published / mean - 1,
                "agrees": agrees,
            }
            rows.append(row)
            print(f"  {name:9} {column:10} {mean:7.2f} {deviation:6.2f}  {low:7.2f} to {high:7.2f}", end="  ")
            print(f"{published:6} {published / mean - 1:+.1%} {'agrees' if agrees else 'does not agree'}")
    return rows


def long_run(rule: str, days: float, repeats: int) -> dict[str, Any]:
    """A long run from the given work in process under a rule: processor seconds, and what it yields."""
    fab = read_autosched(fab_folder(), rule=rule)
    twin = Twin(fab.plant, parts=4096)
    twin.run([0], 1.0, start=fab.state, threads=1)
    taken = []
    for seed in range(repeats):
        started = time.process_time()
        runs = twin.run([seed], 24 * days, start=fab.state, threads=1)
        taken.append(time.process_time() - started)
    seconds = float(np.median(taken))
    row = {
        "rule": rule,
        "days": days,
        "seconds": seconds,
        "events": int(runs.events[0]),
        "jobs": int(runs.jobs.sum()),
        "million events a second": runs.events[0] / seconds / 1e6,
        "lots a day": runs.finished.sum() / days,
        "work in process": float(runs.wip_hours[0] / runs.hours),
        "ratio to PySCFabSim, extrapolated": PEER_SECONDS * days / seconds,
    }
    print(f"\n{rule}: {days:g} days in {seconds:.1f} s, {row['million events a second']:.2f} M events/s,", end=" ")
    print(f"{row['lots a day']:.2f} lots a day, {row['work in process']:.0f} in process")
    for name, columns in by_flow(runs).items():
        print(f"  {name:14} " + ", ".join(f"{column} {values[0]:.2f}" for column, values in columns.items()))
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=float, default=730.0)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    results = {
        "agreement": agreement(options.seeds),
        "long": [long_run(rule, options.days, options.repeats) for rule in ("fifo", "critical ratio")],
    }
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
