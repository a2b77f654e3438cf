"""How long each kind of work takes, and the stops of machines that hide in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from danao.learning.fitting import Fit, fit
from danao.learning.log import BREAKDOWN, PRODUCTION, EventLog, Floats, Integers
from danao.learning.routes import Step, StepOf
from danao.learning.stations import Stations
from danao.learning.stops import Stops, is_stopped, stops_of

_FORGOTTEN = 24.0


@dataclass(frozen=True)
class Durations:
    """Times of work."""

    times: dict[Step, Fit]
    stops: dict[int, Stops]
    """Station to what hides in its reports; none where breakdowns are reported."""


def durations_of(log: EventLog, stations: Stations, weights: Integers) -> Durations:
    """Times of each kind of work: open hours where the station pauses with the shift, else hours on the wall.

    A kind of work that no drawn order has keeps the times of all orders.

    Args:
        log: The log.
        stations: Of the log.
        weights: (orders,) how often each order counts.
    """
    hours = _hours(log, stations)
    broken = {int(one) for one in np.unique(stations.of[log.kind == BREAKDOWN])}
    found: dict[Step, Fit] = {}
    kinds: dict[int, list[tuple[Floats, Floats]]] = defaultdict(list)
    drawn = {step: _drawn(log, members, weights) for step, members in _rows(log, stations).items()}
    stopped = {}
    for step, rows in drawn.items():
        far = np.zeros(len(rows), dtype=bool)
        if step.station not in broken and log.kind[rows[0]] == PRODUCTION:
            far = is_stopped(hours[rows]) & (hours[rows] <= _FORGOTTEN)
        stopped[step] = far
        kinds[step.station].append((hours[rows][~far], hours[rows][far]))
    stops = {station: one for station, one in ((k, stops_of(of)) for k, of in kinds.items()) if one is not None}
    for step, rows in drawn.items():
        usual = rows[~stopped[step]] if step.station in stops else rows
        limit = float(np.quantile(hours[usual], 0.95)) if len(usual) > 20 else np.inf
        forgotten = (hours[usual] > _FORGOTTEN) & (hours[usual] > 2 * limit)
        found[step] = fit(np.where(forgotten, limit, hours[usual]), log.running[usual])
    return Durations(found, stops)


def _hours(log: EventLog, stations: Stations) -> Floats:
    """(n,) h of work in each report, without its setup."""
    ends, start = log.ends(), stations.with_setups(log).start
    hours = ends - start
    for number, facts in enumerate(stations.facts):
        if facts.on_close == "pause":
            mine = stations.of == number
            hours[mine] = facts.clock.between(start[mine], ends[mine])
    return np.asarray(np.maximum(hours - stations.setups, 0.0))


def _rows(log: EventLog, stations: Stations) -> dict[Step, list[int]]:
    """The reports of each kind of work, one of each batch."""
    groups: dict[Step, list[int]] = defaultdict(list)
    beside: dict[Step, list[int]] = defaultdict(list)
    step_of = StepOf(log, stations.of, np.full(len(log), -1))
    for row in np.flatnonzero(log.kind != BREAKDOWN).tolist():
        (groups if stations.heads[row] else beside)[step_of(row)].append(row)
    return {**beside, **groups}


def _drawn(log: EventLog, members: list[int], weights: Integers) -> Integers:
    rows = np.repeat(members, weights[log.order[members]])
    return rows if len(rows) else np.array(members)
