"""A log of a million rows: time to read it and to learn the plant, and the memory that this takes.

    python -m benchmarks.learn_million [--rows 1000000]

The log is written by this program: orders of eight steps over eight machines, each machine one job after the other,
and 200 characters of remarks in each row that nobody reads.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from danao.learning import learn, read_log

STEPS = 8
MONDAY = datetime(2020, 1, 6)
REMARK = "checked and found to be in order; " * 6


def write(path: Path, orders: int) -> None:
    """The log: a line of eight machines at 80 % of what they can do."""
    chooser = np.random.default_rng(1)
    arrivals = np.cumsum(chooser.exponential(0.125, orders))
    times = chooser.gamma(4.0, 0.025, (orders, STEPS))
    free = np.zeros(STEPS)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("order", "operation", "machine", "start", "end", "remark"))
        for order in range(orders):
            moment = arrivals[order]
            for step in range(STEPS):
                begin = max(moment, free[step])
                moment = free[step] = begin + times[order, step]
                spans = (MONDAY + timedelta(hours=float(hour)) for hour in (begin, moment))
                told = (one.isoformat(timespec="milliseconds") for one in spans)
                table.writerow((f"A{order}", f"step {step + 1}", f"machine {step + 1}", *told, REMARK))


def peak() -> float:
    """Largest memory of this process so far, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        write(path, rows // STEPS)
        size, before = path.stat().st_size / 1e9, peak()
        begin = time.process_time()
        log = read_log(path).log
        read, read_peak = time.process_time() - begin, peak()
        learnt = learn(log)
        both = time.process_time() - begin
    print(f"{len(log)} rows, {size:.2f} GB; before: {before:.2f} GB of memory")
    print(f"read: {read:.0f} s of processor time, at most {read_peak:.2f} GB")
    print(f"learnt: {both - read:.0f} s, at most {peak():.2f} GB; {len(learnt.plant.stations)} stations")


if __name__ == "__main__":
    main()
