"""The facts that a learnt plant rests on, in words and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from danao.learning.build import Ingredients
from danao.learning.changeovers import Changeover
from danao.learning.classes import setup_classes
from danao.learning.evidence import Fact
from danao.learning.log import BREAKDOWN, SETUP, EventLog
from danao.learning.routes import Routes
from danao.learning.stations import StationFacts, Stations
from danao.learning.stops import Stops
from danao.learning.waits import Waits
from danao.plant.weekly import shifts

_FAR_OUT = "six interquartile ranges beyond their kind, and not its tail"


def facts_of(
    log: EventLog,
    stations: Stations,
    routes: Routes,
    waits: Waits,
    what: Ingredients,
    under_way: int,
    stops: Mapping[int, Stops],
) -> Iterator[Fact]:
    """Every fact, the plant first, then stations, steps and waits."""
    yield from _plant_facts(log, routes, waits, what, under_way)
    for number, one in enumerate(stations.facts):
        yield from _station_facts(log, stations, number, one)
        if number in stops:
            hidden = stops[number]
            why = f"once in {hidden.up:.3g} h of work; such jobs are {_FAR_OUT}"
            yield Fact(one.name, "stops that hide in reports", hidden.down.told(), hidden.down.n, why)
    for step, fitted in sorted(what.times.items()):
        name = log.operations[step.operation] + (" (setup)" if step.setup else "")
        name += f" of {log.materials[step.material]}" if step.material >= 0 else ""
        yield Fact(f"{name} at {stations.facts[step.station].name}", "time", fitted.told(), fitted.n)


def _plant_facts(log: EventLog, routes: Routes, waits: Waits, what: Ingredients, under_way: int) -> Iterator[Fact]:
    finished = sum(one.open < 0.5 for one in routes.orders)
    count = len(routes.orders)
    kinds = len({one.items for one in routes.orders})
    kept = sum(len(variant.orders) for variant in what.variants)
    why = f"{kept} orders in the {len(what.variants)} routes kept; {under_way} were under way when the log began"
    yield Fact("orders", "routes", f"{kinds} different ones", count, why)
    open_ones = f"{count - finished} of {count} orders still open at the cut; their rest is borrowed from other orders"
    yield Fact("orders", "open", open_ones, count)
    longest = sum(one.cut_off for one in routes.orders)
    if longest:
        yield Fact("orders", "going round", f"{longest} routes cut after the longest that is kept", longest)
    for one, other in routes.parallel:
        yield Fact("routes", "side by side", f"{log.operations[one]} and {log.operations[other]}", count)
    told = what.arrivals.gaps.told()
    since = log.when(what.arrivals.first).isoformat(sep=" ", timespec="minutes")
    yield Fact(
        "arrivals",
        "gaps in working hours",
        told,
        what.arrivals.orders,
        f"since {since}; {what.arrivals.left_out} orders left out",
    )
    if len(waits.other):
        total = waits.closed.sum() + waits.queueing.sum() + waits.other.sum()
        shares = [100 * part.sum() / max(total, 1e-9) for part in (waits.queueing, waits.closed, waits.other)]
        found = "{:.0f} % for a machine, {:.0f} % for the next shift, {:.0f} % for other reasons".format(*shares)
        yield Fact(
            "waits", "why", found, len(waits.other), f"{waits.overlap.sum():.0f} h of steps that overlap the one before"
        )


def _station_facts(log: EventLog, stations: Stations, number: int, one: StationFacts) -> Iterator[Fact]:
    mine = stations.of == number
    members = ", ".join(one.resources) or "not named in the log"
    yield Fact(
        one.name,
        "machines",
        str(one.machines),
        one.reports,
        f"{members}; {one.most} reports at once at most, {one.busy:.2f} in the mean",
    )
    clock = one.clock
    hours = "always open" if not clock.spans else "; ".join(shifts(clock.spans) or [f"{clock.share * 168:g} h a week"])
    outside = f"{one.shifts.outside} of {one.shifts.moments} ends outside"
    why = f"{outside}; {one.crossed} reports went over a break: {one.on_close}"
    if one.calendar != clock.spans:
        why += f"; {one.at_close} began as a shift ended: a minute longer in the plant"
    yield Fact(one.name, "shifts", hours, one.shifts.moments, why)
    people = np.unique(log.worker[mine & (log.worker >= 0)])
    if len(people):
        yield Fact(
            one.name, "people", _people(log, mine), len(people), "no limit in the plant: reports of one person overlap"
        )
    setups = mine & (log.kind == SETUP)
    if setups.any():
        yield Fact(one.name, "setups", *_setups(log, mine))
    if one.changeover is not None:
        yield from _changeovers(log, one.name, one.changeover)
    if one.rule is not None:
        yield Fact(one.name, "batches", one.rule.told(), one.rule.batches, one.rule.why())
    broken = mine & (log.kind == BREAKDOWN)
    if broken.any():
        hours_down = float((log.ends() - log.start)[broken].sum())
        used = "in the plant" if broken.sum() >= 3 else "too few for the plant"
        yield Fact(one.name, "breakdowns", f"{hours_down:.1f} h in all", int(broken.sum()), used)
    pieces, bad = np.nansum(log.good[mine]), np.nansum(log.rejected[mine])
    if bad > 0:
        why = "pieces of lots: no order is lost, so the plant has no scrap here"
        yield Fact(one.name, "scrap", f"{100 * bad / (pieces + bad):.2f} % of the pieces", int(pieces + bad), why)


def _changeovers(log: EventLog, name: str, change: Changeover) -> Iterator[Fact]:
    """One fact for each pair of classes, those that take no time left out."""
    names = setup_classes(log, change)
    tried = "; ".join(f"{what} p {p:.1g}" for what, p in change.alternatives)
    place = "between reports" if change.where == "gap" else "in the report of the next job"
    why = f"by {change.attribute}, {place}; beside {change.like} like jobs, Mann-Whitney p {change.p:.1g}"
    why += f"; also tried: {tried}" if tried else ""
    for (one, other), hours in change.hours.items():
        if hours > 0:
            yield Fact(
                name, f"setup from {names[one]} to {names[other]}", f"{hours:.3g} h", change.counts[one, other], why
            )


def _people(log: EventLog, mine: np.ndarray) -> str:
    counts = Counter(log.worker[mine & (log.worker >= 0)].tolist())
    listed = ", ".join(f"{log.workers[one]} ({count})" for one, count in counts.most_common(6))
    return listed + (f" and {len(counts) - 6} others" if len(counts) > 6 else "")


def _setups(log: EventLog, mine: np.ndarray) -> tuple[str, int, str]:
    """How often a change of the material or the order on a machine came with a setup."""
    rows = np.flatnonzero(mine & (log.kind != BREAKDOWN))
    rows = rows[np.lexsort((log.start[rows], log.resource[rows]))]
    same_machine = log.resource[rows[1:]] == log.resource[rows[:-1]]
    setup = log.kind[rows[1:]] == SETUP
    change = log.order[rows[1:]] != log.order[rows[:-1]]
    hours = (log.ends() - log.start)[mine & (log.kind == SETUP)]
    after, without = (setup[same_machine & which] for which in (change, ~change))
    found = f"{np.median(hours):.2f} h in the median; a step of the routes where they were reported"
    why = f"{100 * after.mean() if len(after) else 0:.0f} % of the changes to another order, "
    return found, len(hours), why + f"{100 * without.mean() if len(without) else 0:.0f} % of the other reports"
