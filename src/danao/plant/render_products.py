"""Products as they stand in the plant file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from danao.plant.model import Heat, Limit, Product, Segment
from danao.plant.quantities import written
from danao.plant.render_stations import rendered_batch
from danao.plant.rendering import Line, step_text, time_text


def rendered_product(product: Product) -> dict[str, Any]:
    """A product with its route, one step a line."""
    stations = [step.station for step in product.route]
    result: dict[str, Any] = {"route": [_step(step, stations) for step in product.route]}
    if product.cooling is not None:
        cooling = product.cooling
        line = Line(time_constant=written(cooling.hours, "time"))
        for key, degrees in (("ambient", cooling.ambient), ("start", cooling.start)):
            if degrees != 20:
                line[key] = written(degrees, "temperature")
        result["cooling"] = line
    if product.store is not None:
        result["store"] = product.store
    return result


def _step(step: Segment, stations: Sequence[str]) -> Line:
    line = Line(station=step.station, time=time_text(step.time))
    if step.per != "part":
        line["per"] = step.per
    if step.interval is not None:
        line["interval"] = time_text(step.interval)
    if step.share != 1:
        line["share"] = step.share
    if step.setup_class:
        line["setup_class"] = step.setup_class
    if step.batch is not None:
        line["batch"] = rendered_batch(step.batch)
    if step.batch_class:
        line["batch_class"] = step.batch_class
    for key in ("scrap", "rework", "defect", "detect", "false_alarm", "repairable"):
        if getattr(step, key):
            line[key] = getattr(step, key)
    if step.rework or step.repairable or step.rework_to:
        line["rework_to"] = step_text(step.rework_to, stations)
    for key in ("needs", "yields"):
        if getattr(step, key):
            line[key] = Line(getattr(step, key))
    if step.limit is not None:
        line["limit"] = _limit(step.limit, stations)
    if step.heat is not None:
        line["heat"] = _heat(step.heat)
    if step.same_machine_as is not None:
        line["same_machine_as"] = step_text(step.same_machine_as, stations)
    return line


def _limit(limit: Limit, stations: Sequence[str]) -> Any:
    line = Line(within=written(limit.hours, "time"))
    if limit.since is not None:
        line["since"] = step_text(limit.since, stations)
    if limit.then != "count":
        line["then"] = limit.then
    if limit.then == "rework" or limit.rework_to:
        line["rework_to"] = step_text(limit.rework_to, stations)
    return line["within"] if len(line) == 1 else line


def _heat(heat: Heat) -> Line:
    line = Line()
    for key, degrees in (("needs", heat.needs), ("leaves", heat.leaves)):
        if degrees is not None:
            line[key] = written(degrees, "temperature")
    if heat.rate != math.inf:
        line["rate"] = written(heat.rate, "heating rate")
    return line
