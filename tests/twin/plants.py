"""Plants of the textbook, for the tests and benchmarks of the twin."""

from __future__ import annotations

from collections.abc import Sequence

from danao.plant.model import Distribution, Failure, Family, Plant, Product, Segment, Source, Station


def exponential(mean: float) -> Distribution:
    return Distribution(Family.EXPONENTIAL, (mean,))


def constant(value: float) -> Distribution:
    return Distribution(Family.CONSTANT, (value,))


def serial_line(
    times: Sequence[Distribution],
    buffers: Sequence[int],
    failures: Sequence[Failure | None] | None = None,
    names: Sequence[str] | None = None,
) -> Plant:
    """A saturated line of single machines; `buffers[i]` lies between machine i and i + 1."""
    labels = names or [f"m{i}" for i in range(len(times))]
    stations = tuple(
        Station(label, 1, None if i == 0 else buffers[i - 1], failures=(failures[i],) if failures else ())
        for i, label in enumerate(labels)
    )
    route = tuple(Segment(label, time) for label, time in zip(labels, times, strict=True))
    return Plant("line", stations, (Product("part", route),), (Source("part"),))


def queue(arrivals: Distribution, service: Distribution, machines: int = 1, rule: str = "fifo") -> Plant:
    """One station with an unlimited buffer."""
    return Plant(
        "queue",
        (Station("server", machines, rule=rule),),
        (Product("customer", (Segment("server", service),)),),
        (Source("customer", arrivals),),
    )
