"""What has to be planned: jobs and their operations, machines and resources, and the rules between them.

One model for job shops, flexible and hybrid flow shops, flow shops, projects and steelmaking with continuous casting.
Times are whole numbers of one unit, which the problem names (minutes, for example); they count from the start of the
plan. A `Problem` is checked when it is made, so that everything behind it may rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from danao.scheduling.energy import Energy

Times = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_MACHINE = -1
"""Machine of a mode that needs resources only."""


@dataclass(frozen=True)
class Mode:
    """One way to carry out an operation."""

    machine: int
    """Number of the machine, or NO_MACHINE."""
    duration: int
    """Time units, 0 or more."""
    uses: Mapping[int, int] = field(default_factory=dict)
    """Amount of each resource, by its number: held while the operation runs, or consumed when it starts."""
    power: float = 0.0
    """kW drawn while it runs."""
    fuel: float = 0.0
    """Fuel burnt by it, in the unit of `Problem.energy`."""


@dataclass(frozen=True)
class Operation:
    """One step of a job."""

    job: int
    """Number of its job."""
    modes: tuple[Mode, ...]
    """The ways to carry it out; exactly one is chosen."""
    name: str = ""
    """For people; by default the job's name and its number within the job."""
    setup_class: int = 0
    """Row and column in the setup tables of machines."""
    earliest: int = 0
    """Earliest start, if later than its job's release."""
    family: int | None = None
    """Operations of one family may be processed together on a machine with `batch`; None: always alone."""
    size: int = 1
    """Room that it takes in a batch (pieces, tonnes)."""


@dataclass(frozen=True)
class Job:
    """An order: what has to be finished when, and how much that matters."""

    name: str
    release: int = 0
    """Earliest start of its operations."""
    due: int | None = None
    """When it should be finished; None: never late."""
    weight: float = 1.0
    """Cost of one time unit of tardiness, as a share of others."""


@dataclass(frozen=True)
class Link:
    """One operation comes after another."""

    before: int
    """Number of the operation that comes first."""
    after: int
    """Number of the operation that follows."""
    least: int = 0
    """Least time from the end of the first to the start of the second, transport not included; may be negative."""
    most: int | None = None
    """Most time between them, transport included; 0: no wait; None: any."""
    moves: bool = True
    """Whether the part is moved between them, so that transport times between machines apply."""
    same_machine: bool = False
    """Whether both must run on the same machine, as the charges of a cast on their caster."""


@dataclass(frozen=True)
class Batch:
    """How much a machine takes at once."""

    most: int
    """Greatest sum of the sizes of operations that run together."""
    least: int = 1
    """Least sum; with less it does not start."""


@dataclass(frozen=True)
class Machine:
    """A machine works on one operation at a time, or on one batch.

    Operations of a batch are of one family, start together and end together; there is no setup between them.
    """

    name: str
    closed: tuple[tuple[int, int], ...] = ()
    """Windows [from, to) in which it does not work; operations are not interrupted."""
    setup: Times | None = None
    """(classes, classes) time between neighbours, from the row's class to the column's."""
    first_setup: Times | None = None
    """(classes,) time before the first operation; None: none."""
    batch: Batch | None = None
    """Limits of a batch, for a furnace; None: one operation at a time."""
    setup_power: float = 0.0
    """kW drawn during a setup, which ends when the operation that it is for starts."""
    idle_power: float = 0.0
    """kW drawn between operations, outside setups and closed windows."""
    setup_fuel: Floats | None = None
    """(classes, classes) fuel burnt between neighbours, from the row's class to the column's."""


@dataclass(frozen=True)
class Resource:
    """People, tools, space (renewable) or material (consumable)."""

    name: str
    capacity: int
    """How much is there at any time, or in all."""
    renewable: bool = True
    """Given back when the operation ends; else used up when it starts."""


@dataclass(frozen=True)
class Frozen:
    """An operation whose start may not be changed any more."""

    operation: int
    mode: int
    """Number of the mode within the operation."""
    start: int


@dataclass(frozen=True)
class Problem:
    """Everything that has to be planned.

    Raises:
        BadInput: An entry is negative, unknown or contradicts another; the message names it.
    """

    name: str
    jobs: tuple[Job, ...]
    operations: tuple[Operation, ...]
    machines: tuple[Machine, ...]
    links: tuple[Link, ...] = ()
    resources: tuple[Resource, ...] = ()
    transport: Times | None = None
    """(machines, machines) time to move a part; None: none."""
    frozen: tuple[Frozen, ...] = ()
    permutation: bool = False
    """Whether all machines must work on the jobs in the same order (permutation flow shop)."""
    unit: str = ""
    """Name of the time unit, for people."""
    energy: Energy | None = None
    """Prices of energy; None: energy is not counted."""
    horizon: int | None = None
    """Time after which nothing may run; what does not fit is not planned. None: no end."""

    def __post_init__(self) -> None:
        from danao.scheduling.problems import check_problem

        check_problem(self)

    @cached_property
    def links_before(self) -> tuple[tuple[Link, ...], ...]:
        """For each operation, the links that end in it."""
        groups: list[list[Link]] = [[] for _ in self.operations]
        for link in self.links:
            groups[link.after].append(link)
        return tuple(tuple(group) for group in groups)

    @cached_property
    def links_after(self) -> tuple[tuple[Link, ...], ...]:
        """For each operation, the links that begin in it."""
        groups: list[list[Link]] = [[] for _ in self.operations]
        for link in self.links:
            groups[link.before].append(link)
        return tuple(tuple(group) for group in groups)

    @cached_property
    def step_numbers(self) -> tuple[int, ...]:
        """For each operation, its number within its job, from 1."""
        seen = [0] * len(self.jobs)
        numbers = []
        for operation in self.operations:
            seen[operation.job] += 1
            numbers.append(seen[operation.job])
        return tuple(numbers)

    @cached_property
    def last_operations(self) -> tuple[tuple[int, ...], ...]:
        """For each job, its operations that no operation of the same job surely ends after."""
        followed = {link.before for link in self.links if self._ends_after(link)}
        lasts: list[list[int]] = [[] for _ in self.jobs]
        for number, operation in enumerate(self.operations):
            if number not in followed:
                lasts[operation.job].append(number)
        return tuple(tuple(numbers) for numbers in lasts)

    def _ends_after(self, link: Link) -> bool:
        """Whether the second operation of a link is of the same job and cannot end before the first."""
        shortest = min(mode.duration for mode in self.operations[link.after].modes)
        return self.operations[link.before].job == self.operations[link.after].job and link.least + shortest >= 0

    def earliest_start(self, operation: int) -> int:
        """Time before which an operation may not start, links aside."""
        one = self.operations[operation]
        return max(one.earliest, self.jobs[one.job].release)

    def label(self, operation: int) -> str:
        """Name of an operation, for messages."""
        one = self.operations[operation]
        job = self.jobs[one.job].name
        if one.name:
            return one.name if one.name.startswith(job) else f"{job}/{one.name}"
        return f"{job}/{self.step_numbers[operation]}"


def routed(
    name: str,
    routes: Sequence[Sequence[Sequence[tuple[int, int]]]],
    machines: int,
    *,
    jobs: Sequence[Job] | None = None,
    no_wait: bool = False,
    permutation: bool = False,
) -> Problem:
    """A shop in which every job visits machines in a fixed order.

    Args:
        name: For messages.
        routes: For each job, for each operation, its alternatives as pairs (machine, duration).
        machines: Number of machines.
        jobs: The jobs' names and dates; None: numbered from 1, without dates.
        no_wait: Whether every operation starts when the one before it ends.
        permutation: Whether all machines work on the jobs in the same order.

    Raises:
        BadInput: See `Problem`.
    """
    operations: list[Operation] = []
    links: list[Link] = []
    for job, route in enumerate(routes):
        for step, alternatives in enumerate(route):
            if step:
                links.append(Link(len(operations) - 1, len(operations), most=0 if no_wait else None))
            operations.append(Operation(job, tuple(Mode(*alternative) for alternative in alternatives)))
    return Problem(
        name,
        tuple(jobs) if jobs is not None else tuple(Job(f"job {job + 1}") for job in range(len(routes))),
        tuple(operations),
        tuple(Machine(f"machine {machine + 1}") for machine in range(machines)),
        tuple(links),
        permutation=permutation,
    )
