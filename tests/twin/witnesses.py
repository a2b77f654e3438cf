"""Second witnesses: the same lines, simulated by SimPy with logic and random numbers of their own.

Nothing here looks at the twin. The line with buffers is told by its machines, which take from stores and put into
stores; the line without buffers is told by its parts, each of which keeps the machine it is on until the next one is
its own. Both are saturated, and block after service.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from danao.plant.model import Distribution, Failure, Family

Steps = Generator[simpy.Event, Any, None]


def drawing(distribution: Distribution, numbers: random.Random) -> Callable[[], float]:
    """Draws from a distribution by the standard library.

    Raises:
        ValueError: The standard library has no such family with the twin's meaning (a normal draw below 0 becomes 0).
    """
    values = distribution.parameters
    mean = values[0]
    if distribution.family is Family.CONSTANT:
        return lambda: mean
    if distribution.family is Family.EXPONENTIAL:
        return lambda: numbers.expovariate(1 / mean)
    if distribution.family is Family.UNIFORM:
        return lambda: numbers.uniform(*values)
    if distribution.family is Family.WEIBULL:
        return lambda: numbers.weibullvariate(*values)
    if distribution.family is Family.GAMMA:
        return lambda: numbers.gammavariate((mean / values[1]) ** 2, values[1] ** 2 / mean)
    if distribution.family is Family.TRIANGULAR:
        return lambda: numbers.triangular(values[0], values[2], values[1])
    if distribution.family is Family.EMPIRICAL:
        return lambda: numbers.choice(values)
    if distribution.family is Family.LOGNORMAL:
        spread = math.log1p((values[1] / mean) ** 2)
        return lambda: numbers.lognormvariate(math.log(mean) - spread / 2, math.sqrt(spread))
    raise ValueError(f"the witness cannot draw {distribution.family.value} times; give it another family")


@dataclass
class OperationClock:
    """A machine that wears only while it works: the time to its next failure is hours of work."""

    up: Callable[[], float]
    down: Callable[[], float]
    left: float
    """Hours of work until it fails."""

    @classmethod
    def of(cls, failure: Failure, numbers: random.Random) -> OperationClock:
        assert failure.clock == "operation"
        up, down = drawing(failure.up, numbers), drawing(failure.down, numbers)
        return cls(up, down, up())

    def work(self, environment: simpy.Environment, hours: float) -> Steps:
        """Do so many hours of work; each repair stops it, and it goes on where it stopped."""
        while hours > self.left:
            yield environment.timeout(self.left)
            hours -= self.left
            yield environment.timeout(self.down())
            self.left = self.up()
        yield environment.timeout(hours)
        self.left -= hours


@dataclass
class Count:
    """Parts that left after the warm-up."""

    warm_up: float
    parts: int = 0

    def leave(self, now: float) -> None:
        self.parts += now > self.warm_up


def _working(
    environment: simpy.Environment, clock: OperationClock | None, time: Callable[[], float]
) -> Callable[[], Steps]:
    def plain() -> Steps:
        yield environment.timeout(time())

    return plain if clock is None else lambda: clock.work(environment, time())


def _machines(
    environment: simpy.Environment, times: Sequence[Distribution], failures: Sequence[Failure | None], seed: int
) -> list[Callable[[], Steps]]:
    """What each machine does with one part, with random numbers of its own."""
    works = []
    for number, (time, failure) in enumerate(zip(times, failures, strict=True)):
        numbers = random.Random(f"{seed} {number}")
        clock = None if failure is None else OperationClock.of(failure, numbers)
        works.append(_working(environment, clock, drawing(time, numbers)))
    return works


def throughput_with_buffers(
    times: Sequence[Distribution],
    buffers: Sequence[int],
    failures: Sequence[Failure | None],
    hours: float,
    warm_up: float,
    seed: int,
) -> float:
    """Parts an hour of a line with a buffer of at least one place between any two machines."""
    environment, count = simpy.Environment(), Count(warm_up)
    stores = [simpy.Store(environment, capacity=places) for places in buffers]

    def machine(number: int, work: Callable[[], Steps]) -> Steps:
        while True:
            if number > 0:
                yield stores[number - 1].get()
            yield from work()
            if number < len(stores):
                yield stores[number].put(number)
            else:
                count.leave(environment.now)

    for number, work in enumerate(_machines(environment, times, failures, seed)):
        environment.process(machine(number, work))
    environment.run(until=warm_up + hours)
    return count.parts / hours


def throughput_without_buffers(
    times: Sequence[Distribution],
    failures: Sequence[Failure | None],
    hours: float,
    warm_up: float,
    seed: int,
) -> float:
    """Parts an hour of a line without any buffer: a part moves on when the next machine has let go of its own."""
    environment, count = simpy.Environment(), Count(warm_up)
    works = _machines(environment, times, failures, seed)
    places = [simpy.Resource(environment, capacity=1) for _ in times]

    def part() -> Steps:
        held = places[0].request()
        yield held
        environment.process(part())  # its successor is always there, and waits for the first machine
        for number, work in enumerate(works):
            yield from work()
            if number + 1 < len(places):
                ahead = places[number + 1].request()
                yield ahead
                places[number].release(held)
                held = ahead
        places[-1].release(held)
        count.leave(environment.now)

    environment.process(part())
    environment.run(until=warm_up + hours)
    return count.parts / hours
