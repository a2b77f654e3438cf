"""A wafer fab of real size: the SMT2020 data set HVLM in the general twin.

    python -m benchmarks.twin_fab [--days 730] [--seeds 30] [--json FILE]

Two questions. How long does a run take (one core, processor seconds)? And do ten days under first-come-first-served
from the given work in process agree with PySCFabSim? There, the data are read as PySCFabSim reads them; what it does
otherwise stands in the notes of the importer. Its own figures of twenty seeds stand below: two samples are compared.
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

PEER_SEEDS = 20
PEER = {
    ("Lot_3", "done"): (282.050, 9.801),
    ("Lot_3", "cycle time"): (49.570, 0.129),
    ("Lot_3", "on time"): (99.342, 0.314),
    ("Lot_4", "done"): (297.400, 6.770),
    ("Lot_4", "cycle time"): (27.944, 0.069),
    ("Lot_4", "on time"): (96.115, 0.685),
    ("HotLot_3", "cycle time"): (31.711, 0.165),
    ("HotLot_4", "cycle time"): (18.679, 0.103),
}
"""PySCFabSim (state of its main branch at commit be05520), ten days, first come, first served, from the given work in
process, run by us on 2026-11-24 with seeds 0 to 19: mean and standard deviation of the lots done, of their mean cycle
time in days and of the per cent on time. Seed 0 gives 301, 49.6, 99 and 304, 27.9, 96, 31.8 and 18.7, as before."""
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


def difference(ours: np.ndarray, mean: float, deviation: float, figures: int) -> tuple[float, float]:
    """Interval of the difference of two means: all of so many figures at once in 95 % of cases (Welch, Bonferroni)."""
    own, other = float(ours.var(ddof=1)) / len(ours), deviation**2 / PEER_SEEDS
    freedom = (own + other) ** 2 / (own**2 / (len(ours) - 1) + other**2 / (PEER_SEEDS - 1))
    half = float(stats.t.ppf(1 - 0.05 / 2 / figures, freedom)) * math.sqrt(own + other)
    apart = float(ours.mean()) - mean
    return apart - half, apart + half


def agreement(seeds: int) -> list[dict[str, Any]]:
    """Ten days of the fab, read as PySCFabSim reads it, beside its own seeds."""
    fab = read_autosched(fab_folder(), rule="fifo", like="pyscfabsim")
    runs = Twin(fab.plant, parts=4096).run(range(seeds), 240.0, start=fab.state)
    rows = []
    print(f"\n10 days, {seeds} seeds, beside {PEER_SEEDS} of PySCFabSim: lots a day", end=" ")
    print(f"{runs.finished.sum(axis=1).min() / 10:.1f} to {runs.finished.sum(axis=1).max() / 10:.1f}")
    print("mean, standard deviation, the same of PySCFabSim, difference of the means (95 % for all figures at once)")
    found = by_flow(runs)
    for (name, column), (peer, peer_deviation) in PEER.items():
        values = found[name][column]
        low, high = difference(values, peer, peer_deviation, len(PEER))
        mean, deviation = float(values.mean()), float(values.std(ddof=1))
        row = {
            "lots": name,
            "what": column,
            "mean": mean,
            "standard deviation": deviation,
            "PySCFabSim": peer,
            "its standard deviation": peer_deviation,
            "apart from": low,
            "apart to": high,
            "agrees": low <= 0 <= high,
        }
        rows.append(row)
        print(f"  {name:9} {column:10} {mean:7.2f} {deviation:6.2f}  {peer:7.2f} {peer_deviation:6.2f}", end="  ")
        print(f"{low:+7.2f} to {high:+7.2f} {'agrees' if row['agrees'] else 'does not agree'}")
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
