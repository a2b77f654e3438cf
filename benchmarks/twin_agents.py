"""Decisions of agents in the twin, and the first run of a new plant, in seconds of one core.

    python -m benchmarks.twin_agents [--repeats 5] [--json FILE]

A job shop of eight machines and six products, each with five operations, at about 70 % load. A step is a dispatching
decision with at least two candidates. Compiled policy: a function that scores the ten features of each candidate,
inside the compiled loop. Batch policy: NumPy on the features of all twins at once, in the vector environment. First
run: a new Python process makes the twin of the line of ten and runs ten hours, with an empty and with a filled cache.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from danao.plant import Plant, Product, Segment, Source, Station
from danao.twin.env import Batch, TwinVectorEnv
from tests.twin.plants import exponential

FIRST_RUN = """
import time
started = time.perf_counter()
from danao.twin import Twin
from tests.twin.plants import exponential, serial_line
imported = time.perf_counter()
Twin(serial_line([exponential(1.0)] * 10, [4] * 9), general=%s).run([1], 10.0)
print(imported - started, time.perf_counter() - imported)
"""


def shop() -> Plant:
    """A job shop that can cope with its arrivals."""
    random = np.random.default_rng(0)
    names = "abcdefgh"
    products = tuple(
        Product(
            f"p{number}",
            tuple(
                Segment(names[machine], exponential(float(random.uniform(0.5, 1.5))))
                for machine in random.permutation(8)[:5]
            ),
        )
        for number in range(6)
    )
    return Plant(
        "shop",
        tuple(Station(name) for name in names),
        products,
        tuple(Source(product.name, exponential(7.0), due_after=20.0) for product in products),
    )


def shortest(
    work: float,
    remaining: float,
    slack: float,
    priority: float,
    setup: float,
    waited: float,
    in_plant: float,
    ahead: float,
    queue: float,
    mean_work: float,
) -> float:
    """Shortest process time."""
    return work


def compiled_steps() -> float:
    """Steps a second with a compiled policy."""
    batch = Batch(shop(), 64, 5_000.0)
    batch.restart(range(64))
    started = time.process_time()
    steps = batch.roll_out(shortest)
    return steps / (time.process_time() - started)


def batch_steps(count: int, rounds: int = 400) -> float:
    """Steps a second with a NumPy policy on many twins at once."""
    environment = TwinVectorEnv(shop(), count, 5_000.0)
    environment.reset(seed=1)
    batch = environment.batch
    started = time.process_time()
    for _ in range(rounds):
        environment.step(np.where(batch.mask == 1, batch.seen[:, :, 0], np.inf).argmin(axis=1))
    return rounds * count / (time.process_time() - started)


def first_runs(general: bool) -> dict[str, float]:
    """Wall seconds of the first run in a new process, the import apart: with an empty cache, with a filled one."""
    seconds = {}
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": "."}
        for which in ("cold", "cached"):
            answer = subprocess.run(
                [sys.executable, "-c", FIRST_RUN % general], env=environment, capture_output=True, text=True, check=True
            )
            imported, ran = (float(word) for word in answer.stdout.split())
            seconds[which], seconds["import"] = ran, imported
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    compiled_steps()
    results["compiled policy, steps/s"] = statistics.median(compiled_steps() for _ in range(options.repeats))
    for count in (64, 256, 1024):
        results[f"NumPy policy on {count} twins, steps/s"] = statistics.median(
            batch_steps(count) for _ in range(options.repeats)
        )
    for name, value in results.items():
        print(f"{name}: {value:,.0f}")
    for lane, general in (("express lane", False), ("general loop", True)):
        seconds = results[f"first run, {lane}, s"] = first_runs(general)
        print(f"first run, {lane}:", {which: round(value, 2) for which, value in seconds.items()})
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
