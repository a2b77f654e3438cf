"""What the report of a plant file shows beside the proof: stations, machines, parts and power under both policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from danao.core import Exhibit
from danao.proof.report.figures import number, percent
from danao.twin.kpis import StationKpis, station_kpis
from danao.twin.pictures import gantt, power_over_time, state_bars, telling_end, wip_over_time
from danao.twin.timelines import machine_powers
from danao.twin.trace import Trace

if TYPE_CHECKING:
    from danao.cases.plant_file import PlantCase

RUNS = 20
"""Replications behind the table and bars of the stations."""
SEED = 1
"""Of the replication that is drawn."""


def all_exhibits(case: PlantCase) -> Sequence[Exhibit]:
    """Every exhibit of the case, in the order of the report."""
    policies = case.policies()
    names = (policies.baseline.name, policies.candidate.name)
    hours, warm_up = case.settings.hours, case.settings.warm_up
    labels = [f"today ({names[0]})", f"ours ({names[1]})"]
    runs = [case.twin(name).run(range(RUNS), hours, warm_up=warm_up) for name in names]
    traces = [case.twin(name).trace(SEED, hours, warm_up=warm_up) for name in names]
    bars = [
        Exhibit(
            f"Where the machine hours go: {label}",
            f"Means of {RUNS} replications, percent of all machine hours.",
            svg=state_bars(one),
        )
        for label, one in zip(labels, runs, strict=True)
    ]
    return (stations_table(*(station_kpis(one) for one in runs)), *bars, *_over_time(labels, traces))


def stations_table(before: StationKpis, after: StationKpis) -> Exhibit:
    """OEE, utilisation, starving, blocking and queues of each station, under today's policy and under ours."""
    told = ("OEE", "in use", "starved", "blocked", "queue time, h")
    rows = []
    for row, name in enumerate(before.stations):
        marks = [when for when, one in (("today", before), ("ours", after)) if one.bottleneck() == row]
        shares = [
            percent(float(np.mean(values[:, row])), 1)
            for first, second in (
                (before.oee, after.oee),
                (before.allocation_efficiency, after.allocation_efficiency),
                (before.starvation, after.starvation),
                (before.blocking, after.blocking),
            )
            for values in (first, second)
        ]
        queues = [number(float(one.queue_time[:, row].mean()), 2) for one in (before, after)]
        rows.append((f"{name} (▸ {' and '.join(marks)})" if marks else name, *shares, *queues))
    return Exhibit(
        "Stations",
        f"Means of {RUNS} replications by ISO 22400-2: OEE is availability × effectiveness × quality ratio; in use, "
        "starved and blocked are shares of the planned busy time (in use: working, set up, blocked, down or heating). "
        "▸ marks the bottleneck, the station that is active the largest share of its open hours.",
        columns=("station", *(f"{what}, {when}" for what in told for when in ("today", "ours"))),
        rows=tuple(rows),
    )


def _over_time(labels: Sequence[str], traces: Sequence[Trace]) -> Iterator[Exhibit]:
    """Each picture of one replication under the baseline, then under the candidate."""
    end = min(telling_end(trace) for trace in traces)
    for label, trace in zip(labels, traces, strict=True):
        yield Exhibit(
            f"What each machine does: {label}",
            f"The first {end - trace.start:g} h of one replication after the warm-up; both policies meet the same "
            "arrivals and breakdowns. Work is coloured by product; white: nothing to do.",
            svg=gantt(trace, end=end),
        )
    others = traces[::-1]
    for label, trace, other in zip(labels, traces, others, strict=True):
        yield Exhibit(f"Parts in the plant: {label}", "The same replication.", svg=wip_over_time(trace, other))
    for label, trace, other in zip(labels, traces, others, strict=True):
        if machine_powers(trace).any():
            yield Exhibit(
                f"Electrical power: {label}",
                "The same replication: mean power of all machines over the demand interval, with its peak; the hours "
                "in which electricity is dear or cheap are shaded.",
                svg=power_over_time(trace, other),
            )
