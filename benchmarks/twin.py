"""The twin's general kernel beside SimPy, in one run, in processor seconds.

    python -m benchmarks.twin [--repeats 5] [--json FILE]

The line: saturated single machines, exponential service of mean 1, buffers of 4, blocking after service, with and
without failures (calendar clock, up 50, down 5). An event is the end of a service, a failure or a repair.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Generator
from typing import Any

import simpy

from danao.plant.model import Failure
from danao.twin import Twin
from tests.twin.plants import exponential, serial_line


def simpy_line(stations: int, hours: float, failing: bool, seed: int) -> tuple[int, float]:
    """Events and throughput of the same line in SimPy: stores, processes, interrupts."""
    environment, numbers = simpy.Environment(), random.Random(seed)
    buffers = [simpy.Store(environment, capacity=4) for _ in range(stations - 1)]
    counts = {"events": 0, "parts": 0}

    def machine(number: int) -> Generator[Any, Any, None]:
        while True:
            part = (yield buffers[number - 1].get()) if number else object()
            left = numbers.expovariate(1.0)
            while left > 0:
                started = environment.now
                try:
                    if down[number].triggered is False:
                        yield down[number]
                    started = environment.now
                    yield environment.timeout(left)
                    left = 0.0
                    counts["events"] += 1
                except simpy.Interrupt:
                    left -= environment.now - started
            if number < stations - 1:
                yield buffers[number].put(part)
            else:
                counts["parts"] += 1

    def breakdowns(number: int) -> Generator[Any, Any, None]:
        while True:
            yield environment.timeout(numbers.expovariate(1 / 50.0))
            down[number] = environment.event()
            if processes[number].target is not None and isinstance(processes[number].target, simpy.events.Timeout):
                processes[number].interrupt()
            counts["events"] += 1
            yield environment.timeout(numbers.expovariate(1 / 5.0))
            counts["events"] += 1
            down[number].succeed()

    up = environment.event()
    up.succeed()
    down = [up] * stations
    processes = [environment.process(machine(number)) for number in range(stations)]
    if failing:
        for number in range(stations):
            environment.process(breakdowns(number))
    environment.run(until=hours)
    return counts["events"], counts["parts"] / hours


def ours(stations: int, hours: float, failing: bool, seed: int) -> tuple[int, float]:
    failure = Failure("calendar", exponential(50.0), exponential(5.0)) if failing else None
    twin = Twin(serial_line([exponential(1.0)] * stations, [4] * (stations - 1), [failure] * stations))
    runs = twin.run([seed], hours, threads=1)
    return int(runs.events[0]), float(runs.throughput[0])


def rate(model: Any, stations: int, hours: float, failing: bool, seed: int) -> tuple[float, float]:
    """Million events a processor second, and the throughput."""
    started = time.process_time()
    events, throughput = model(stations, hours, failing, seed)
    return events / (time.process_time() - started) / 1e6, throughput


def line_rows(repeats: int) -> list[dict[str, Any]]:
    rows = []
    for stations, failing in ((10, False), (10, True), (50, True), (200, True)):
        ours(stations, 10.0, failing, 0)
        pairs = []
        for seed in range(repeats):
            fast = rate(ours, stations, 2_000_000.0 / stations, failing, seed)
            slow = rate(simpy_line, stations, 5_000.0 if stations == 10 else 500.0, failing, seed)
            pairs.append((fast, slow))
        ratio = statistics.median(fast[0] / slow[0] for fast, slow in pairs)
        rows.append(
            {
                "stations": stations,
                "failures": failing,
                "ours M events/s": statistics.median(fast[0] for fast, _ in pairs),
                "simpy M events/s": statistics.median(slow[0] for _, slow in pairs),
                "ratio": ratio,
                "throughput ours": statistics.mean(fast[1] for fast, _ in pairs),
                "throughput simpy": statistics.mean(slow[1] for _, slow in pairs),
            }
        )
        print(rows[-1], flush=True)
    return rows


def parallel_efficiency() -> dict[str, float]:
    """1,000 replications on one thread against two, in wall time."""
    failure = Failure("calendar", exponential(50.0), exponential(5.0))
    twin = Twin(serial_line([exponential(1.0)] * 10, [4] * 9, [failure] * 10))
    twin.run([0], 10.0)
    walls = {}
    for threads in (1, 2, 1, 2, 1, 2):
        started = time.perf_counter()
        twin.run(range(1000), 1_000.0, threads=threads)
        walls.setdefault(threads, []).append(time.perf_counter() - started)
    one, two = (statistics.median(walls[threads]) for threads in (1, 2))
    return {"one thread s": one, "two threads s": two, "efficiency": one / two / 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    results = {"line": line_rows(options.repeats), "parallel": parallel_efficiency()}
    print(results["parallel"])
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
