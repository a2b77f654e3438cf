"""The twin's general kernel beside its peers, in one run, in processor seconds.

    pip install cimba       (optional: the compiled peer; without it its rows are left out)
    python -m benchmarks.twin [--repeats 5] [--json FILE]

The line: saturated single machines, exponential service of mean 1, buffers of 4, blocking after service, with and
without failures (calendar clock, up 50, down 5). An event is the end of a service, a failure or a repair, counted alike
in all models. Runs of the peers alternate with ours; a ratio is the median over the pairs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.twin_peers import simpy_line
from danao.plant.model import Failure
from danao.twin import Twin
from tests.twin.plants import exponential, serial_line

Model = Callable[[int, float, bool, int], tuple[int, float]]
"""(stations, hours, failing, seed) to (events, throughput)."""


def plant_twin(stations: int, failing: bool) -> Twin:
    failure = Failure("calendar", exponential(50.0), exponential(5.0))
    return Twin(
        serial_line([exponential(1.0)] * stations, [4] * (stations - 1), [failure] * stations if failing else None)
    )


def ours(stations: int, hours: float, failing: bool, seed: int) -> tuple[int, float]:
    """Events and throughput; the time to make the twin of the plant counts too."""
    runs = plant_twin(stations, failing).run([seed], hours, threads=1)
    return int(runs.events[0]), float(runs.throughput[0])


def peers(stations: int, failing: bool) -> dict[str, tuple[Model, float]]:
    """Models of the same line by name, and how many hours of it take them a second or so."""
    found: dict[str, tuple[Model, float]] = {"simpy": (simpy_line, 5_000.0 if stations == 10 else 2_500.0)}
    if not failing and importlib.util.find_spec("cimba"):
        from benchmarks.twin_cimba import cimba_line

        found["cimba"] = (cimba_line, 5_000_000.0 / stations)
    return found


def rate(model: Model, stations: int, hours: float, failing: bool, seed: int) -> tuple[float, float, float]:
    """Million events a processor second, throughput, and events for each part that left."""
    started = time.process_time()
    events, throughput = model(stations, hours, failing, seed)
    taken = time.process_time() - started
    return events / taken / 1e6, throughput, events / max(throughput * hours, 1.0)


def line_row(stations: int, failing: bool, peer: str, model: Model, hours: float, repeats: int) -> dict[str, Any]:
    """Ours and one peer in turns; then, untimed, our throughput over the peer's span, both from empty."""
    ours(stations, 10.0, failing, 0)
    model(stations, 10.0, failing, 0)
    fast, slow = np.empty((repeats, 3)), np.empty((repeats, 3))
    for seed in range(repeats):
        fast[seed] = rate(ours, stations, 10_000_000.0 / stations, failing, seed)
        slow[seed] = rate(model, stations, hours, failing, seed)
    same_span = plant_twin(stations, failing).run(range(20), hours, threads=1).throughput
    error = math.sqrt(same_span.var(ddof=1) / 20 + slow[:, 1].var(ddof=1) / repeats)
    return {
        "stations": stations,
        "failures": failing,
        "peer": peer,
        "ours M events/s": float(np.median(fast[:, 0])),
        "peer M events/s": float(np.median(slow[:, 0])),
        "ratio": float(np.median(fast[:, 0] / slow[:, 0])),
        "ratio lowest": float((fast[:, 0] / slow[:, 0]).min()),
        "ratio highest": float((fast[:, 0] / slow[:, 0]).max()),
        "events a part ours": float(np.median(fast[:, 2])),
        "events a part peer": float(np.median(slow[:, 2])),
        "hours from empty": hours,
        "throughput ours": float(same_span.mean()),
        "throughput peer": float(slow[:, 1].mean()),
        "apart, standard errors": float((same_span.mean() - slow[:, 1].mean()) / error),
    }


def line_rows(repeats: int) -> list[dict[str, Any]]:
    rows = []
    for stations, failing in ((10, False), (10, True), (50, True), (200, True)):
        for peer, (model, hours) in peers(stations, failing).items():
            rows.append(line_row(stations, failing, peer, model, hours, repeats))
            print(
                " | ".join(
                    f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
                    for name, value in rows[-1].items()
                ),
                flush=True,
            )
    if not importlib.util.find_spec("cimba"):
        print("cimba: not installed, not measured. `pip install cimba` adds its row.")
    return rows


def parallel_efficiency(repeats: int, replications: int, hours: float) -> dict[str, float]:
    """One thread against two on the failing line of ten, in turns: wall and processor seconds, medians.

    The efficiency is the speed-up in wall time over the threads. More processor seconds with two threads than with one
    are work that the threads make for each other; equal ones, with little efficiency, are waiting.
    """
    twin = plant_twin(10, failing=True)
    twin.run(range(2), 10.0, threads=2)
    taken: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(repeats):
        for threads, times in taken.items():
            wall, processor = time.perf_counter(), time.process_time()
            twin.run(range(replications), hours, threads=threads)
            times.append((time.perf_counter() - wall, time.process_time() - processor))
    (wall_1, cpu_1), (wall_2, cpu_2) = (
        tuple(statistics.median(column) for column in zip(*taken[threads], strict=True)) for threads in (1, 2)
    )
    return {
        "replications": replications,
        "one thread wall s": wall_1,
        "two threads wall s": wall_2,
        "one thread processor s": cpu_1,
        "two threads processor s": cpu_2,
        "efficiency": wall_1 / wall_2 / 2,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="at least 2")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if options.repeats < 2:
        parser.error("expected at least 2 repeats")
    results: dict[str, Any] = {"line": line_rows(options.repeats), "parallel": []}
    for replications, hours in ((1_000, 1_000.0), (50, 20_000.0)):  # the same work, with little and with much of a run
        results["parallel"].append(parallel_efficiency(options.repeats, replications, hours))
        print(results["parallel"][-1])
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
