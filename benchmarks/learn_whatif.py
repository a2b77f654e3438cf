"""What-if test: a known plant writes a log, the plant is learnt from it, both are changed, and must change alike."""

from __future__ import annotations

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

    @property
    def errors(self) -> tuple[float, float]:
        """Relative errors of throughput and lead time."""
        one, other = (abs(a - b) / b for a, b in zip(self.learnt, self.known, strict=True))
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


def measured(plant: Plant, names: set[str], *, runs: int, hours: float, seed: int) -> tuple[float, float]:
    """Throughput and lead time of whole orders."""
    found = Twin(plant).run(range(seed, seed + runs), hours, warm_up=hours / 4, threads=1)
    mine = [number for number, name in enumerate(found.products) if not names or name in names]
    done = found.finished[:, mine].sum()
    return float(done / hours / runs), float(found.lead_hours[:, mine].sum() / done)


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
    return Outcome(
        "one shift" if shift else f"a machine at {bottleneck}",
        measured(plant, set(), seed=7000, **options),
        measured(change(plant, bottleneck), set(), seed=8000, **options),
        measured(change(learnt, station), set(), seed=9000, **options),
    )
