"""Plants of the textbook, for the tests and benchmarks of the twin."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from danao.core.data import roots
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


def exact_lines() -> list[dict[str, str]]:
    """Rows of the table of exact throughputs, or none where it is not at hand."""
    path = next((root / "exact_lines" / "exact_lines.csv" for root in roots() if (root / "exact_lines").is_dir()), None)
    if path is None:
        return []
    with path.open() as file:
        return list(csv.DictReader(file))


def line_of(row: Mapping[str, str]) -> Plant:
    """The line of exponential machines that a row of the table describes."""
    count = int(row["K"])
    means = [1 / float(rate) for rate in row["mu"].split()]
    buffers = [int(places) for places in row["buffers"].split()]
    failures = None
    if row["fail_rate"]:
        rates = zip(row["fail_rate"].split(), row["repair_rate"].split(), strict=True)
        failures = [
            Failure(row["failure_clock"], exponential(1 / float(fail)), exponential(1 / float(repair)))
            for fail, repair in rates
        ]
    assert count == len(means)
    return serial_line([exponential(mean) for mean in means], buffers, failures)
