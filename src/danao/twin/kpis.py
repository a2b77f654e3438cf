"""Key performance indicators of a twin's runs, by the definitions of ISO 22400-2.

Times of a station, in machine hours, from the states of its machines:

    APT   actual production time      working
    AUST  actual unit setup time      setup
    AUPT  actual unit processing time APT + AUST
    ADET  actual unit delay time      blocked, down and heating
    AUBT  actual unit busy time       AUPT + ADET
    PBT   planned busy time           all hours but closed ones and preventive maintenance

What is left of PBT, idle and switched off, is starvation. A ratio or mean over nothing (no good part, no machine that
was ever open) is 0, so that no value is ever undefined.

Source: ISO 22400-2:2014, Key performance indicators for manufacturing operations management, with Amendment 1 for
    energy; where the standard has no name for an indicator, the docstring says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from danao.plant.model import Conveyor, Fleet, Plant, Transport
from danao.twin.runs import (
    BLOCKED,
    CLOSED,
    DOWN,
    HEATING,
    IDLE,
    MAINTENANCE,
    OFF,
    SETUP,
    WORKING,
    Floats,
    Integers,
    Runs,
)

UNITS: Mapping[str, str] = {
    "good parts": "parts",
    "throughput rate": "parts/h",
    "work in process": "parts",
    "lead time": "h",
    "queue time": "h",
    "tardiness": "h",
    "share late": "1",
    "scrap ratio": "1",
    "rework ratio": "1",
    "first pass yield": "1",
    "share with hidden defect": "1",
    "broken time limits": "parts",
    "failures": "count",
    "operating time between failures": "h",
    "time to repair": "h",
    "production process ratio": "1",
    "allocation ratio": "1",
    "energy": "kWh",
    "energy per good part": "kWh/part",
    "peak power": "kW",
    "labour utilisation": "1",
    "transport utilisation": "1",
}
"""Unit of each indicator of `kpis`."""


@dataclass(frozen=True)
class StationKpis:
    """Indicators of each station, shape (n, stations) unless said otherwise."""

    stations: tuple[str, ...]
    availability: Floats
    """APT / PBT. Not the availability of reliability theory: starved and blocked hours count against it."""
    effectiveness: Floats
    """Planned run time per item x produced quantity / APT: what the work ended should have taken on average, over what
    it took. Around 1 where times vary about their mean; above 1 where jobs overlap in one machine, and in a short span
    in which a job ends that began before it."""
    quality_ratio: Floats
    """Good quantity / produced quantity: parts that were neither scrapped nor sent back, over the parts whose step
    ended here."""
    oee: Floats
    """Overall equipment effectiveness index: availability x effectiveness x quality ratio."""
    nee: Floats
    """Net equipment effectiveness index: AUPT / PBT x effectiveness x quality ratio; setups are no loss."""
    utilisation_efficiency: Floats
    """APT / AUBT: productive share of the time in which the machine was in use."""
    allocation_efficiency: Floats
    """AUBT / PBT: share of the planned time in which the machine was in use."""
    setup_ratio: Floats
    """AUST / AUPT."""
    throughput_rate: Floats
    """Parts whose step ended here, per hour of the span."""
    scrap_and_rework: Floats
    """Parts scrapped or sent back, over the parts whose step ended here (not a term of the standard)."""
    queue_time: Floats
    """Mean hours that a part waited in front of the machines (not a term of the standard)."""
    starvation: Floats
    """Idle and switched-off share of PBT (not a term of the standard)."""
    blocking: Floats
    """Blocked share of PBT (not a term of the standard)."""
    energy: Floats
    """kWh."""
    failures: Floats
    """Times that a machine went down (FE)."""
    operating_time_between_failures: Floats
    """MTBF: APT / failures; see `kpis`."""
    time_to_repair: Floats
    """MTTR: hours down / failures; see `kpis`."""
    state_shares: Floats
    """(n, stations, states) share of all machine hours in each of `STATES`; sums to 1."""

    def bottleneck(self) -> int:
        """Number of the station whose machines were active longest, on average over the runs.

        Active is neither starved nor blocked: work, setup, heating, repair, maintenance, as a share of the hours that
        were not closed.

        Source: the utilisation method; Roser, Nakano & Tanaka, Comparison of bottleneck detection methods (2003).
        """
        shares = self.state_shares.mean(axis=0)
        active = shares[:, [WORKING, SETUP, HEATING, DOWN, MAINTENANCE]].sum(axis=1)
        return int(np.argmax(ratio(active, 1.0 - shares[:, CLOSED])))


def station_kpis(runs: Runs) -> StationKpis:
    """The indicators of each station in each run."""
    hours = runs.state_hours
    whole = hours.sum(axis=2)
    production, setup = hours[:, :, WORKING], hours[:, :, SETUP]
    processing = production + setup
    busy = processing + hours[:, :, [BLOCKED, DOWN, HEATING]].sum(axis=2)
    starved = hours[:, :, IDLE] + hours[:, :, OFF]
    planned = busy + starved
    availability = ratio(production, planned)
    effectiveness = ratio(runs.ideal_hours, production)
    quality = ratio(runs.passed - runs.rejected, runs.passed)
    return StationKpis(
        stations=runs.stations,
        availability=availability,
        effectiveness=effectiveness,
        quality_ratio=quality,
        oee=availability * effectiveness * quality,
        nee=ratio(processing, planned) * effectiveness * quality,
        utilisation_efficiency=ratio(production, busy),
        allocation_efficiency=ratio(busy, planned),
        setup_ratio=ratio(setup, processing),
        throughput_rate=runs.passed / runs.hours,
        scrap_and_rework=ratio(runs.rejected, runs.passed),
        queue_time=ratio(runs.queue_hours, runs.passed),
        starvation=ratio(starved, planned),
        blocking=ratio(hours[:, :, BLOCKED], planned),
        energy=runs.energy_kwh,
        failures=runs.breakdowns.astype(np.float64),
        operating_time_between_failures=between_failures(production, runs.breakdowns),
        time_to_repair=ratio(hours[:, :, DOWN], runs.breakdowns),
        state_shares=ratio(hours, whole[:, :, None]),
    )


def kpis(runs: Runs, plant: Plant | None = None) -> dict[str, Floats]:
    """The indicators of the whole plant, one value a run; `UNITS` has their units.

    good parts: parts that left. throughput rate: good parts per hour of the span. work in process: mean number of parts
    in the plant. lead time: mean hours in the plant of the good parts. queue time: hours waited in front of machines,
    per produced part. tardiness: mean hours after the due date, punctual parts counting 0. share late: of the good
    parts. scrap ratio: SQ / PQ, scrapped over produced (good and scrapped) quantity. rework ratio: RQ / PQ, times that
    a part was sent back over produced quantity; a part sent back twice counts twice. first pass yield: good parts that
    were never sent back over produced quantity; the number of times sent back is taken off the good parts, which is
    exact where no part goes back twice and none of these is scrapped, and a lower bound otherwise. share with hidden
    defect: of the good parts; only where steps make defects. broken time limits: waits longer than a limit allows;
    only where steps have limits. failures: times that a machine went down. operating time between failures: mean hours
    that machines of stations that fail worked (APT) for each time that one of them went down, so that starved, blocked
    and repair hours are none of it; a run without a failure counts as if one came at its end, a lower bound. time to
    repair: mean hours that a machine was down, waiting for the crew included; all three only where machines fail.
    production process ratio: APT of all stations over the hours that all parts spent in
    the plant (the order execution times). allocation ratio: AUBT of all stations over the same; both exceed 1 where one
    part is at several machines, and fall where one machine holds a batch. energy per good part: kWh of all stations.
    peak power: only with a tariff, which has the demand interval. labour utilisation: worker efficiency, hours at work
    over hours on shift; only with pools. transport utilisation: hours that vehicles and cranes drive, loaded or empty,
    over all their hours; only with such and with `plant`.

    Args:
        runs: n replications.
        plant: What was run. Products that go into others are then not counted as good parts, and indicators that mean
            nothing for this plant are left out. None: every product counts.

    Returns:
        (n,) each.
    """
    sold = slice(None) if plant is None else np.flatnonzero([name in sold_products(plant) for name in runs.products])
    good, scrapped, reworked, late, escaped = (
        column[:, sold].sum(axis=1).astype(np.float64)
        for column in (runs.finished, runs.scrapped, runs.reworked, runs.late, runs.escaped)
    )
    produced = good + scrapped
    states = runs.state_hours.sum(axis=1)
    found = {
        "good parts": good,
        "throughput rate": good / runs.hours,
        "work in process": runs.wip_hours / runs.hours,
        "lead time": ratio(runs.lead_hours[:, sold].sum(axis=1), good),
        "queue time": ratio(runs.queue_hours.sum(axis=1), produced),
        "tardiness": ratio(runs.tardiness_hours[:, sold].sum(axis=1), good),
        "share late": ratio(late, good),
        "scrap ratio": ratio(scrapped, produced),
        "rework ratio": ratio(reworked, produced),
        "first pass yield": ratio(np.maximum(good - reworked, 0.0), produced),
        "production process ratio": ratio(states[:, WORKING], runs.wip_hours),
        "allocation ratio": ratio(states[:, [WORKING, SETUP, BLOCKED, DOWN, HEATING]].sum(axis=1), runs.wip_hours),
        "energy": runs.energy_kwh.sum(axis=1),
        "energy per good part": ratio(runs.energy_kwh.sum(axis=1), good),
    }
    steps = [] if plant is None else [step for product in plant.products for step in product.route]
    if plant is None or any(step.defect for step in steps):
        found["share with hidden defect"] = ratio(escaped, good)
    if plant is None or any(step.limit is not None for step in steps):
        found["broken time limits"] = runs.broken_limits.sum(axis=1).astype(np.float64)
    fail = np.array([plant is None or bool(plant.station(name).failures) for name in runs.stations], dtype=bool)
    if fail.any():
        failures = runs.breakdowns[:, fail].sum(axis=1)
        hours = runs.state_hours[:, fail].sum(axis=1)
        found["failures"] = failures.astype(np.float64)
        found["operating time between failures"] = between_failures(hours[:, WORKING], failures)
        found["time to repair"] = ratio(hours[:, DOWN], failures)
    if plant is None or plant.tariff is not None:
        found["peak power"] = np.asarray(runs.peak_kw, dtype=np.float64)
    if runs.pools:
        found["labour utilisation"] = ratio(runs.busy_hours.sum(axis=1), runs.shift_hours.sum(axis=1))
    if plant is not None and (vehicles := np.array([_vehicles(one) for one in plant.transport])).any():
        driven = (runs.loaded_hours + runs.empty_hours)[:, vehicles > 0].sum(axis=1)
        found["transport utilisation"] = driven / (vehicles.sum() * runs.hours)
    return found


def between_failures(worked: Floats, failures: Integers) -> Floats:
    """Mean hours of work for each failure; all of them where there was none."""
    return np.asarray(worked / np.maximum(failures, 1))


def sold_products(plant: Plant) -> set[str]:
    """Products that do not go into another one."""
    return {product.name for product in plant.products} - {
        name for product in plant.products for segment in product.route for name in segment.needs
    }


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Part over whole, 0 where the whole is 0; shapes broadcast."""
    above, below = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)


def _vehicles(transport: Transport) -> int:
    """Vehicles or cranes; a conveyor has none."""
    if isinstance(transport, Conveyor):
        return 0
    return transport.vehicles if isinstance(transport, Fleet) else len(transport.start)
