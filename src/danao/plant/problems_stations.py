"""What can be wrong with a station: machines, rules, setups, batches, failures, maintenance, people, energy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from danao.core.errors import BadInput
from danao.plant.checks import at_least, is_time, unknown
from danao.plant.distribution import Family
from danao.plant.rules import DISPATCHING_RULES, rule_names

if TYPE_CHECKING:
    from danao.plant.model import Plant, Station
    from danao.plant.resources import Batch, Need


def station_problems(where: str, station: Station, plant: Plant) -> Iterator[BadInput]:
    """Everything that is wrong with one station.

    Args:
        where: Plant and station, for messages.
        station: The station.
        plant: What it belongs to, for calendars and people.
    """
    if station.name == "*":
        yield BadInput(where, "a station with the name *", "Expected a name: * means any station", "Rename it")
    yield from at_least(f"{where}: machines", 1, station.machines, f"{station.machines} machines")
    yield from at_least(f"{where}: buffer", 0, station.buffer, f"a buffer of {station.buffer} places")
    yield from at_least(f"{where}: output", 0, station.output, f"{station.output} places for output")
    yield from _rule_problems(f"{where}: rule", station.rule)
    for state, power in vars(station.energy).items():
        if state not in ("off_after", "warm_up") and not 0 <= power < math.inf:
            yield BadInput(f"{where}: energy.{state}", f"{power:g} kW", "Expected a power of 0 or more", "Correct it")
    for what, hours in (("off_after", station.energy.off_after), ("warm_up", station.energy.warm_up)):
        if hours is not None and not is_time(hours):
            yield BadInput(f"{where}: energy.{what}", f"{hours:g} h", "Expected a time of 0 or more", "Correct it")
    for (before, after), hours in station.setup.items():
        if not is_time(hours):
            yield BadInput(
                f"{where}: setup[{before}→{after}]", f"{hours:g} h", "A setup time cannot be negative", "Correct it"
            )
    if station.setup_refusals is not None:
        yield from at_least(f"{where}: setup_refusals", 0, station.setup_refusals, f"{station.setup_refusals} refusals")
    for name, runs in station.setup_runs.items():
        yield from at_least(f"{where}: setup_runs", 1, runs, f"{runs} jobs of {name}")
    for number, failure in enumerate(station.failures):
        at = f"{where}: failures[{number + 1}]"
        if failure.up.mean == 0:
            found = "a mean time between failures of 0"
            yield BadInput(f"{at}.up", found, "Expected a time above 0", "Correct the failure")
        if failure.spares_idle and failure.clock != "calendar":
            yield _by_calendar_only(f"{at}.spares_idle", failure.clock)
        yield from _skill_problems(f"{at}.crew", failure.crew, plant)
    for number, maintenance in enumerate(station.maintenance):
        at = f"{where}: maintenance[{number + 1}]"
        if maintenance.every.mean == 0:
            found = "maintenance without any time between"
            yield BadInput(f"{at}.every", found, "Expected a time above 0", "Correct it")
        first = maintenance.every if maintenance.first is None else maintenance.first
        if maintenance.staggered and first.family is not Family.CONSTANT:
            found = f"staggered, but first due at random ({first.family.value})"
            yield BadInput(f"{at}.staggered", found, "Expected a constant first time", "Give `first` a constant time")
        for key in ("interrupts", "spares_idle"):
            if getattr(maintenance, key) and maintenance.clock != "calendar":
                yield _by_calendar_only(f"{at}.{key}", maintenance.clock)
        yield from _skill_problems(f"{at}.crew", maintenance.crew, plant)
    for number, need in enumerate(station.needs):
        yield from _need_problems(f"{where}: needs[{number + 1}]", need, plant)
    if station.batch is not None:
        yield from batch_problems(f"{where}: batch", station.batch, station, plant)
    yield from unknown(f"{where}: calendar", "calendar", station.calendar, (one.name for one in plant.calendars))


def batch_problems(where: str, batch: Batch, station: Station, plant: Plant) -> Iterator[BadInput]:
    """Everything that is wrong with a batch at a station.

    Args:
        where: Place, for messages.
        batch: Of the station, or of one step there.
        station: Where the batch gathers.
        plant: What the station belongs to, for the limit on parts in it.
    """
    if not 1 <= batch.minimum <= batch.maximum:
        yield BadInput(
            where,
            f"a batch of {batch.minimum} to {batch.maximum}",
            "Expected 1 <= minimum <= maximum",
            "Correct the batch",
        )
    if batch.patience is not None and not is_time(batch.patience):
        yield BadInput(where, f"a patience of {batch.patience:g} h", "Expected a time of 0 or more", "Correct it")
    needed = batch.minimum if batch.patience is None else 1
    if batch.unit == "parts" and station.buffer is not None and station.buffer + station.machines < needed:
        yield BadInput(
            where,
            f"a batch of {needed} parts can never gather in a buffer of {station.buffer}",
            f"Expected {needed - station.machines} places or more",
            "Enlarge the buffer or start smaller batches",
        )
    if batch.unit == "parts" and plant.limit is not None and plant.limit < needed:
        yield BadInput(
            where,
            f"a batch of {needed} parts can never gather with {plant.limit} in the plant at most",
            f"Expected a minimum of {plant.limit} or less",
            "Raise the limit of the plant or start smaller batches",
        )


def _by_calendar_only(where: str, clock: str) -> BadInput:
    return BadInput(
        where, f"on the {clock} clock", "Expected it by the calendar alone", "Leave it out or change the clock"
    )


def _rule_problems(where: str, rule: str) -> Iterator[BadInput]:
    names = rule_names(rule)
    for name in names:
        if name not in DISPATCHING_RULES:
            expected = f"Expected one of: {', '.join(DISPATCHING_RULES)}"
            yield BadInput(where, f"unknown dispatching rule {name!r}", expected, "Correct the rule")
    if len(names) > 4:
        yield BadInput(where, f"{len(names)} rules after each other", "Expected 4 at most", "Leave some out")


def _need_problems(where: str, need: Need, plant: Plant) -> Iterator[BadInput]:
    yield from at_least(f"{where}.count", 1, need.count, f"{need.count} people")
    yield from _skill_problems(f"{where}.skill", need.skill, plant, need.count)


def _skill_problems(where: str, skill: str, plant: Plant, count: int = 1) -> Iterator[BadInput]:
    if not skill:
        return
    known = sorted({name for pool in plant.pools for name in pool.skills or (pool.name,)})
    most = max((pool.count for pool in plant.pools if skill in (pool.skills or (pool.name,))), default=0)
    if most == 0:
        yield BadInput(
            where,
            f"nobody has the skill {skill!r}: the station would wait for ever",
            f"Expected one of: {', '.join(known) or 'none is defined'}",
            "Add a pool with this skill",
        )
    elif most < count:
        yield BadInput(
            where,
            f"{count} people with the skill {skill!r}: the station would wait for ever",
            f"Expected {most} at most, the largest pool with this skill",
            "Enlarge the pool or need fewer",
        )
