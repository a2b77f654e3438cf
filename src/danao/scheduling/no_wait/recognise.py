"""A no-wait line as a `Problem`, and the problems whose jobs are rigid, so that the line's own search can plan them.

On a line pieces of a job run through all machines without stopping. In the model each machine is taken from the first
piece of a job entering it to the last (the job's feed hours); a link without slack leads to the next machine; the setup
between two jobs contains the time until the last piece has left, none where the jobs are alike. The last operation, on
no machine, ends when the last piece leaves the line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from danao.scheduling.energy import Energy
from danao.scheduling.model import NO_MACHINE, Job, Link, Machine, Mode, Operation, Problem, Times
from danao.scheduling.no_wait.model import Floats, Integers, NoWaitLine
from danao.scheduling.no_wait.timing import follows_on, waiting_hours
from danao.scheduling.schedule import Schedule

_UNITS_PER_HOUR = (1, 60, *(3600 * k for k in range(1, 11)), 1_000_000)
"""Time units that are tried, coarse to fine; the last is taken where none is exact."""
_EXACT = 1e-4
"""Time units by which a published time may miss a whole number: published hours are rounded to 1e-9."""
_TABLE_ERROR = 1e-8
"""h by which published waiting hours may miss their formula."""
_NEVER = 1e9
"""h at which a job without a due date is due."""


@dataclass(frozen=True)
class RigidLine:
    """A problem that is a no-wait line."""

    line: NoWaitLine
    waiting: Times
    """(jobs, jobs) time units between the starts of neighbours."""
    operations: tuple[tuple[int, ...], ...]
    """For each job, its operations in order."""
    offsets: tuple[tuple[int, ...], ...]
    """For each job, the starts of its operations after that of its first."""

    def schedule(self, problem: Problem, sequence: Integers) -> Schedule:
        """The schedule in which jobs follow each other in a sequence, each as early as it can."""
        start = np.zeros(len(problem.operations), dtype=np.int64)
        clock = 0
        for place, job in enumerate(sequence):
            clock += int(self.waiting[sequence[place - 1], job]) if place else 0
            for i, offset in zip(self.operations[job], self.offsets[job], strict=True):
                start[i] = clock + offset
        return Schedule.of(problem, np.zeros(len(problem.operations), dtype=np.int64), start)

    def sequence(self, schedule: Schedule) -> Integers:
        """The order in which jobs enter the line."""
        starts = np.array([int(schedule.start[one[0]]) for one in self.operations])
        return np.argsort(starts, kind="stable").astype(np.int64)


def line_problem(line: NoWaitLine, currency: str = "") -> Problem:
    """The line in the one model of all problems: a permutation flow shop without waiting, with setups and gas.

    Times become whole numbers of the coarsest unit in which all are whole, or of a millionth of an hour. Where the
    hours by machine are not known, or do not explain the line's waiting hours, the line is a single machine with the
    waiting hours as setups.
    """
    feed, zones, setups = _machine_tables(line)
    units = _units_per_hour((feed, zones, setups, line.due_hours))
    jobs, machines = zones.shape

    def whole(hours: Floats) -> Times:
        return np.rint(hours * units).astype(np.int64)

    feed_units, zone_units, setup_units, due = whole(feed), whole(zones), whole(setups), whole(line.due_hours)
    operations: list[Operation] = []
    links: list[Link] = []
    for job in range(jobs):
        for machine in range(machines + 1):
            if machine:
                lag = int(zone_units[job, machine - 1] - feed_units[job])
                links.append(Link(len(operations) - 1, len(operations), lag, lag, moves=False))
            leaves, gas = machine == machines, float(line.job_gas[job]) if not machine else 0.0
            mode = Mode(NO_MACHINE if leaves else machine, int(feed_units[job]), fuel=gas)
            operations.append(Operation(job, (mode,), "leaves" if leaves else "", setup_class=job))
    names = [
        Machine(
            f"zone {machine + 1}",
            setup=setup_units[:, :, machine],
            setup_fuel=line.idle_gas if machine == machines - 1 else None,
        )
        for machine in range(machines)
    ]
    return Problem(
        line.name,
        tuple(Job(f"job {job + 1}", due=int(due[job])) for job in range(jobs)),
        tuple(operations),
        tuple(names),
        tuple(links),
        permutation=True,
        unit="h" if units == 1 else f"1/{units} h",
        energy=Energy(1.0 / units, fuel_price=line.gas_price, fuel="natural gas", currency=currency),
    )


def rigid_line(problem: Problem) -> RigidLine | None:
    """The line that a problem is, or None where it has a rule or a freedom that a line has not."""
    if not _plain(problem):
        return None
    routes = _routes(problem)
    if routes is None:
        return None
    operations, offsets = routes
    starts, ends = _visits(problem, operations, offsets)
    waiting = _waiting(problem, operations, starts, ends)
    if waiting.min() < 0 or problem.energy is None:
        return None
    hours, jobs = problem.energy.unit_hours, problem.jobs
    leaves = [
        max(offset + problem.operations[i].modes[0].duration for i, offset in zip(route, times, strict=True))
        for route, times in zip(operations, offsets, strict=True)
    ]
    line = NoWaitLine(
        problem.name,
        np.array(leaves) * hours,
        np.asarray(waiting * hours, dtype=np.float64),
        np.array([_NEVER if job.due is None else job.due * hours for job in jobs]),
        np.array([sum(problem.operations[i].modes[0].fuel for i in route) for route in operations]),
        _setup_fuel(problem, operations),
        problem.energy.fuel_price,
    )
    return RigidLine(line, waiting, operations, offsets)


def _plain(problem: Problem) -> bool:
    """Whether nothing but the order of the jobs is open, and nothing but fuel costs anything."""
    if not problem.permutation or problem.energy is None or problem.energy.fuel_price < 0:
        return False
    if problem.resources or problem.frozen or problem.transport is not None or problem.horizon is not None:
        return False
    power = any(price != 0 for price in problem.energy.prices)
    for machine in problem.machines:
        if machine.closed or machine.first_setup is not None or machine.batch is not None:
            return False
        if power and (machine.setup_power or machine.idle_power):
            return False
    if any(job.release or job.weight != 1 for job in problem.jobs):
        return False
    return all(
        len(one.modes) == 1 and not one.earliest and not (power and one.modes[0].power) for one in problem.operations
    )


def _routes(problem: Problem) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]] | None:
    """Operations and offsets of each job, if links without slack tie all of them into one chain."""
    routes: list[list[int]] = [[] for _ in problem.jobs]
    offsets: list[list[int]] = [[] for _ in problem.jobs]
    for i, operation in enumerate(problem.operations):
        route, times = routes[operation.job], offsets[operation.job]
        links = problem.links_before[i]
        if not route:
            if links:
                return None
            times.append(0)
        else:
            if len(links) != 1 or links[0].before != route[-1] or links[0].most != links[0].least:
                return None
            times.append(times[-1] + problem.operations[route[-1]].modes[0].duration + links[0].least)
            if times[-1] < 0:
                return None
        route.append(i)
    if not all(routes):
        return None
    return tuple(map(tuple, routes)), tuple(map(tuple, offsets))


def _visits(
    problem: Problem, operations: tuple[tuple[int, ...], ...], offsets: tuple[tuple[int, ...], ...]
) -> tuple[Times, Times]:
    """(jobs, machines) when a job takes and leaves each machine, after its start."""
    starts = np.zeros((len(problem.jobs), len(problem.machines)), dtype=np.int64)
    ends = np.zeros_like(starts)
    for job, (route, times) in enumerate(zip(operations, offsets, strict=True)):
        for i, offset in zip(route, times, strict=True):
            mode = problem.operations[i].modes[0]
            if mode.machine != NO_MACHINE:
                starts[job, mode.machine], ends[job, mode.machine] = offset, offset + mode.duration
    return starts, ends


def _classes(problem: Problem, operations: tuple[tuple[int, ...], ...], machine: int) -> Integers:
    """(jobs,) setup class of each job's operation on a machine."""
    classes = np.zeros(len(operations), dtype=np.int64)
    for job, route in enumerate(operations):
        for i in route:
            if problem.operations[i].modes[0].machine == machine:
                classes[job] = problem.operations[i].setup_class
    return classes


def _waiting(problem: Problem, operations: tuple[tuple[int, ...], ...], starts: Times, ends: Times) -> Times:
    """(jobs, jobs) least time between the starts of neighbours, over all machines; 0 for a job with itself."""
    waiting = np.full((len(operations), len(operations)), -(2**40), dtype=np.int64)
    for number, machine in enumerate(problem.machines):
        classes = _classes(problem, operations, number)
        setup = 0 if machine.setup is None else machine.setup[np.ix_(classes, classes)]
        waiting = np.maximum(waiting, ends[:, number][:, None] + setup - starts[:, number][None, :])
    np.fill_diagonal(waiting, 0)
    return waiting


def _setup_fuel(problem: Problem, operations: tuple[tuple[int, ...], ...]) -> Floats:
    """(jobs, jobs) fuel between neighbours, over all machines."""
    fuel = np.zeros((len(operations), len(operations)))
    for number, machine in enumerate(problem.machines):
        if machine.setup_fuel is not None:
            classes = _classes(problem, operations, number)
            fuel += machine.setup_fuel[np.ix_(classes, classes)]
    np.fill_diagonal(fuel, 0.0)
    return fuel


def _machine_tables(line: NoWaitLine) -> tuple[Floats, Floats, Floats]:
    """Feed hours (jobs,), hours of a piece by machine (jobs, machines) and setups (jobs, jobs, machines)."""
    if line.machines is not None:
        off = ~np.eye(line.jobs, dtype=bool)
        explained = waiting_hours(line.machines)
        if np.abs(explained - line.waiting_hours)[off].max(initial=0.0) < _TABLE_ERROR:
            zones = line.machines.machine_hours
            setups = zones[:, None, :] + line.machines.setup_hours
            setups[follows_on(line.machines)] = 0.0
            setups[np.arange(line.jobs), np.arange(line.jobs)] = 0.0
            return line.machines.feed_hours, zones, setups
    waiting = line.waiting_hours.copy()
    np.fill_diagonal(waiting, 0.0)
    return np.zeros(line.jobs), line.process_hours[:, None], waiting[:, :, None]


def _units_per_hour(tables: tuple[Floats, ...]) -> int:
    """The fewest time units in an hour with which all times are whole."""
    for units in _UNITS_PER_HOUR:
        if all(np.abs(table * units - np.rint(table * units)).max(initial=0.0) < _EXACT for table in tables):
            return units
    return _UNITS_PER_HOUR[-1]
