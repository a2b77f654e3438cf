"""The same line in SimPy, the peer that everybody knows: stores, processes, interrupts."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import simpy


def simpy_line(stations: int, hours: float, failing: bool, seed: int) -> tuple[int, float]:
    """Events and throughput (parts an hour) of a saturated line, service of mean 1, buffers of 4."""
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
