"""What-if test: a known plant writes a log, the plant is learnt from it, both are changed, and must change alike.

    python -m benchmarks.learn_whatif [--first 301] [--plants 20] [--weeks 128]

Seeds 101 to 120 were developed on; reported are others. A log of some length shows a plant only as well as its orders
happened to come: beside each error stands what the changed plant itself, run once over the length of the log with the
very arrivals of the log, is off its own mean over forty runs.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from danao.learning import learn, read_log
from danao.plant import Calendar, Distribution, Family, Plant, Product, Segment, Source, Station
from danao.twin import Twin
from danao.twin.event_csv import to_csv

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
SHIFTS = tuple((24.0 * day + 6, 24.0 * day + 22) for day in range(5))
FAMILIES = (Family.GAMMA, Family.LOGNORMAL, Family.EXPONENTIAL)


@dataclass(frozen=True)
class Outcome:
    """One plant and one change: numbers of the known plant and of the learnt one after it."""

    change: str
    before: tuple[float, float]
    """Throughput (1/h) and lead time (h) of the known plant before the change."""
    known: tuple[float, float]
    learnt: tuple[float, float]
    sample: tuple[float, float]
    """Of the known plant after the change, run once over the length of the log, with its arrivals."""

    @property
    def errors(self) -> tuple[float, float]:
        """Relative errors of throughput and lead time."""
        return _off(self.learnt, self.known)

    @property
    def chance(self) -> tuple[float, float]:
        """The same of the sample: what a log of this length leaves open even to one who knows the plant."""
        return _off(self.sample, self.known)


def _off(found: tuple[float, float], truth: tuple[float, float]) -> tuple[float, float]:
    one, other = (abs(a - b) / b for a, b in zip(found, truth, strict=True))
    return one, other


def generated(seed: int, load: float) -> Plant:
    """A random job shop in two shifts: 3 to 6 stations, 2 or 3 products, rework on some routes.

    Args:
        seed: Of the plant.
        load: Utilisation of the busiest station in its open hours.
    """
    chooser = np.random.default_rng(seed)
    count = int(chooser.integers(3, 7))
    machines = chooser.integers(1, 4, count)
    products, work = [], np.zeros(count)
    for number in range(int(chooser.integers(2, 4))):
        visits = chooser.permutation(count)[: chooser.integers(2, count + 1)]
        rework = float(chooser.choice([0.0, 0.05]))
        route = []
        for place, station in enumerate(visits.tolist()):
            mean = float(np.round(chooser.uniform(0.2, 1.2) * machines[station], 2))
            family = FAMILIES[chooser.integers(len(FAMILIES))]
            spread = float(np.round(mean * chooser.uniform(0.3, 0.9), 3))
            law = Distribution(family, (mean,) if family is Family.EXPONENTIAL else (mean, spread))
            last = place == len(visits) - 1
            route.append(Segment(f"S{station + 1}", law, rework=rework if last else 0.0))
            work[station] += mean / machines[station] / (1 - rework)
        products.append(Product(f"P{number + 1}", tuple(route)))
    open_share = sum(end - start for start, end in SHIFTS) / 168
    gap = float(work.max() / (load * open_share))
    return Plant(
        f"generated {seed}",
        tuple(
            Station(f"S{number + 1}", machines=int(one), calendar="shifts", on_close="pause")
            for number, one in enumerate(machines)
        ),
        tuple(products),
        tuple(Source(product.name, Distribution(Family.EXPONENTIAL, (gap,))) for product in products),
        calendars=(Calendar("shifts", SHIFTS),),
    )


def with_another_machine(plant: Plant, station: str) -> Plant:
    """One machine more at a station."""
    stations = (replace(one, machines=one.machines + (one.name == station)) for one in plant.stations)
    return replace(plant, stations=tuple(stations))


def in_one_shift(plant: Plant) -> Plant:
    """Every day ends after eight hours."""
    calendars = tuple(
        replace(one, open=tuple((start, min(end, start + 8.0)) for start, end in one.open)) for one in plant.calendars
    )
    return replace(plant, calendars=calendars)


def measured(plant: Plant, *, runs: int, hours: float, seed: int, warm_up: float | None = None) -> tuple[float, float]:
    """Throughput and lead time; a quarter of the hours comes before them if nothing else is said."""
    before = hours / 4 if warm_up is None else warm_up
    found = Twin(plant).run(range(seed, seed + runs), hours, warm_up=before, threads=1)
    done = found.finished.sum()
    return float(done / hours / runs), float(found.lead_hours.sum() / done)


def what_if(seed: int, *, shift: bool, hours: float = 8 * 1344.0, runs: int = 40, span: float = 4 * 1344.0) -> Outcome:
    """One round: generate, record, learn, change, compare.

    Args:
        seed: Of the plant and the log.
        shift: Take a shift away from a plant that is half empty; else add a machine to the bottleneck of a full one.
        hours: Length of the log.
        runs: Replications of each plant.
        span: Length of each.
    """
    plant = generated(seed, 0.36 if shift else 0.78)
    with tempfile.TemporaryDirectory() as folder:
        path = to_csv(Twin(plant).trace(seed, hours), Path(folder) / "log.csv", MONDAY)
        learnt = learn(read_log(path).log).plant
    reference = Twin(plant).run([seed], span, warm_up=span / 4, threads=1)
    bottleneck = reference.stations[int(reference.utilisation.mean(axis=0).argmax())]
    twin_of = {f"{bottleneck}", f"{bottleneck} 1"}
    station = next((one.name for one in learnt.stations if one.name in twin_of), bottleneck)
    change: Callable[[Plant, str], Plant] = (
        (lambda one, _: in_one_shift(one)) if shift else (lambda one, name: with_another_machine(one, name))
    )
    options = {"runs": runs, "hours": span}
    changed = change(plant, bottleneck)
    return Outcome(
        "one shift" if shift else f"a machine at {bottleneck}",
        measured(plant, seed=7000, **options),
        measured(changed, seed=8000, **options),
        measured(change(learnt, station), seed=9000, **options),
        measured(changed, seed=seed, runs=1, hours=hours, warm_up=span / 4),
    )


def table(first: int, plants: int, weeks: float) -> list[Outcome]:
    """Print one row a plant and what came of all, and return them.

    Args:
        first: Seed of the first plant; the others follow.
        plants: How many.
        weeks: Length of each log.
    """
    found = []
    head = "| seed | change | throughput, lead time | of the learnt plant | errors | of the known plant over one log |"
    print(head + "\n|" + " --- |" * 6)
    for number in range(plants):
        one = what_if(first + number, shift=number % 2 == 1, hours=168.0 * weeks)
        found.append(one)
        known, learnt = ("{:.3f}/h, {:.1f} h".format(*pair) for pair in (one.known, one.learnt))
        told = (" and ".join(f"{100 * error:.1f} %" for error in pair) for pair in (one.errors, one.chance))
        print(f"| {first + number} | {one.change} | {known} | {learnt} | {' | '.join(told)} |", flush=True)
    for name, values in (("what-if errors", [one.errors for one in found]), ("chance", [one.chance for one in found])):
        mean, worst = np.mean(values, axis=0), np.max(values, axis=0)
        above = int((np.max(values, axis=1) > 0.05).sum())
        print(
            f"{name} over {plants} plants, logs of {weeks:g} weeks: throughput {100 * mean[0]:.1f} % (worst "
            f"{100 * worst[0]:.1f} %), lead time {100 * mean[1]:.1f} % (worst {100 * worst[1]:.1f} %); {above} plants "
            "have one above 5 %"
        )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=301)
    parser.add_argument("--plants", type=int, default=20)
    parser.add_argument("--weeks", type=float, default=128.0)
    options = parser.parse_args()
    table(options.first, options.plants, options.weeks)


if __name__ == "__main__":
    main()
