"""The steps of all routes as a table."""

from __future__ import annotations

import math

import numpy as np

from danao.plant.model import Batch, Heat, Segment
from danao.twin import world
from danao.twin.numbering import Numbers


def step_table(numbers: Numbers) -> tuple[world.Records, int, int]:
    """The steps, and how many marks and how many machines to come back to a part needs."""
    count = sum(len(product.route) for product in numbers.plant.products)
    steps = np.zeros(count, world.STEP)
    for name in ("limit_mark", "mark", "dedicate", "dedicated", "interval"):
        steps[name] = -1
    steps["limit"] = -1.0
    steps["heat_leaves"] = math.nan
    steps["heat_needs"] = -math.inf
    steps["heat_rate"] = math.inf
    row = 0
    marks = dedicated = 0
    for number, product in enumerate(numbers.plant.products):
        start = row
        slots = _Slots()
        machines = _Slots()
        for position, segment in enumerate(product.route):
            step = steps[row]
            step["product"], step["position"] = number, position
            step["last"] = position == len(product.route) - 1
            _fill_step(numbers, step, segment, start, position)
            if segment.limit is not None:
                step["limit"] = segment.limit.hours
                step["limit_then"] = ("count", "scrap", "rework").index(segment.limit.then)
                step["limit_to"] = start + segment.limit.rework_to
                if segment.limit.since is not None:
                    step["limit_mark"] = slots.of(segment.limit.since)
                    steps[start + segment.limit.since]["mark"] = step["limit_mark"]
            if segment.same_machine_as is not None:
                step["dedicated"] = machines.of(segment.same_machine_as)
                steps[start + segment.same_machine_as]["dedicate"] = step["dedicated"]
            row += 1
        remaining = [0.0, 0.0]
        for step in steps[start:row][::-1]:
            remaining[int(step["per_piece"])] += float(step["mean"]) * float(step["share"])
            step["remaining"], step["remaining_pieces"] = remaining
        marks, dedicated = max(marks, len(slots.known)), max(dedicated, len(machines.known))
    return steps, marks, dedicated


def _fill_step(numbers: Numbers, step: world.Records, segment: Segment, start: int, position: int) -> None:
    station = numbers.plant.station(segment.station)
    step["station"] = numbers.station_number[segment.station]
    step["time"] = numbers.distributions.number(segment.time)
    step["mean"] = segment.time.mean
    step["setup_class"] = numbers.classes.index(segment.setup_class)
    step["rework_to"] = start + segment.rework_to
    step["per_piece"] = segment.per == "piece"
    if segment.interval is not None:
        step["interval"] = numbers.distributions.number(segment.interval)
        step["mean"] = segment.interval.mean
    for name in ("share", "scrap", "rework", "defect", "detect", "false_alarm", "repairable"):
        step[name] = getattr(segment, name)
    step["patience"] = math.inf
    batch = segment.batch or station.batch
    if batch is not None:
        _fill_batch(numbers, step, batch, segment, start, position)
    step["needs_at"] = len(numbers.materials)
    numbers.materials += [(numbers.product_number[name], count) for name, count in segment.needs.items()]
    step["needs"] = len(segment.needs)
    step["yields_at"] = len(numbers.materials)
    numbers.materials += [(numbers.product_number[name], count) for name, count in segment.yields.items()]
    step["yields"] = len(segment.yields)
    if segment.heat is not None:
        _fill_heat(step, segment.heat)


def _fill_batch(
    numbers: Numbers, step: world.Records, batch: Batch, segment: Segment, start: int, position: int
) -> None:
    key = (int(step["station"]), segment.batch_class or f"\0{start + position}")
    step["batch_class"] = numbers.batch_classes.setdefault(key, len(numbers.batch_classes))
    step["batch_min"], step["batch_max"] = batch.minimum, batch.maximum
    step["batch_pieces"] = batch.unit == "pieces"
    step["patience"] = math.inf if batch.patience is None else batch.patience


class _Slots:
    """Numbers for the steps that later ones look back to."""

    def __init__(self) -> None:
        self.known: dict[int, int] = {}

    def of(self, position: int) -> int:
        return self.known.setdefault(position, len(self.known))


def _fill_heat(step: world.Records, heat: Heat) -> None:
    step["heated"] = 1
    if heat.needs is not None:
        step["heat_needs"] = heat.needs
    if heat.leaves is not None:
        step["heat_leaves"] = heat.leaves
    step["heat_rate"] = heat.rate
