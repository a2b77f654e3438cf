"""A no-wait flow shop line: jobs, their times and gas, and what a sequence of them costs.

Pieces of a job run through all machines without stopping, so a sequence fixes every start: the next job may enter
`waiting_hours[i, r]` after its predecessor entered. The order decides how long the furnaces stand idle between jobs
(gas) and when each job is finished (tardiness).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from danao.core.errors import BadInput

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class MachineTimes:
    """Where the hours of a job come from, machine by machine; needed only for uncertain process times."""

    feed_hours: Floats
    """(jobs,) h from the first piece of a job entering the line to its last piece entering."""
    machine_hours: Floats
    """(jobs, machines) h that one piece spends in each machine."""
    setup_hours: Floats
    """(jobs, jobs, machines) h to set a machine up from the row's job to the column's job."""
    furnaces: tuple[int, ...]
    """Machines that burn gas while they wait for the next job."""


@dataclass(frozen=True)
class NoWaitLine:
    """Jobs of one planning period on a no-wait line with sequence-dependent waiting and idle gas.

    Arrays are copied and made read-only.

    Raises:
        BadInput: A length or shape does not match, or a value is negative or not finite; the message names the entry.
    """

    name: str
    """Name of the line and period, for messages."""
    process_hours: Floats
    """(jobs,) h from a job's start to its completion."""
    waiting_hours: Floats
    """(jobs, jobs) h between the start of the row's job and the start of the column's job when they are neighbours."""
    due_hours: Floats
    """(jobs,) h after the start of the period at which each job is due."""
    job_gas: Floats
    """(jobs,) Nm3 burnt for each job, whatever the sequence."""
    idle_gas: Floats
    """(jobs, jobs) Nm3 burnt between the row's job and the column's job when they are neighbours."""
    gas_price: float
    """Money per Nm3."""
    executed_sequence: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """(jobs,) the order the shop ran or would run without us; left empty: the order of the table."""
    machines: MachineTimes | None = None
    """Hours by machine, where known."""

    def __post_init__(self) -> None:
        jobs = len(np.atleast_1d(np.asarray(self.process_hours)))
        if not jobs:
            raise BadInput(f"{self.name}: process_hours", "no jobs", "Expected at least one job", "Check the table")
        for name, shape in (
            ("process_hours", (jobs,)),
            ("waiting_hours", (jobs, jobs)),
            ("due_hours", (jobs,)),
            ("job_gas", (jobs,)),
            ("idle_gas", (jobs, jobs)),
        ):
            object.__setattr__(self, name, checked(f"{self.name}: {name}", getattr(self, name), shape))
        checked(f"{self.name}: gas_price", self.gas_price, ())
        if self.machines is not None:
            object.__setattr__(self, "machines", _checked_machines(self.name, self.machines, jobs))
        executed = self.executed_sequence if len(self.executed_sequence) else np.arange(jobs)
        order = checked_sequence(f"{self.name}: executed_sequence", executed, jobs)
        order.setflags(write=False)
        object.__setattr__(self, "executed_sequence", order)

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.process_hours)

    def recipes(self) -> Integers:
        """(jobs,) a number for each job; jobs with the same number are alike in all idle gas to and from the others.

        Two jobs are alike if exchanging them anywhere changes no idle gas, to the microlitre.
        """
        gas = np.round(self.idle_gas, 6)
        np.fill_diagonal(gas, 0.0)
        numbers = np.full(self.jobs, -1, dtype=np.int64)
        firsts: list[int] = []
        for job in range(self.jobs):
            for number, first in enumerate(firsts):
                others = np.ones(self.jobs, dtype=bool)
                others[[job, first]] = False
                if (
                    gas[job, first] == gas[first, job]
                    and np.array_equal(gas[job, others], gas[first, others])
                    and np.array_equal(gas[others, job], gas[others, first])
                ):
                    numbers[job] = number
                    break
            else:
                numbers[job] = len(firsts)
                firsts.append(job)
        return numbers


@dataclass(frozen=True)
class ScheduleResult:
    """What a sequence comes to."""

    sequence: Integers
    """(jobs,) job at each position."""
    start_hours: Floats
    """(jobs,) h, by job."""
    completion_hours: Floats
    """(jobs,) h, by job."""
    tardiness_hours: Floats
    """(jobs,) h that each job is finished after it was due, 0 if in time."""
    total_tardiness: float
    """h, over all jobs."""
    gas: float
    """Nm3, of the jobs and between them."""
    cost: float
    """Money for the gas."""


def evaluate(line: NoWaitLine, sequence: Sequence[int] | Integers) -> ScheduleResult:
    """Starts, completions, tardiness and gas of a sequence.

    Args:
        line: The jobs.
        sequence: Every job once, in the order they enter the line.

    Raises:
        BadInput: A job is missing, unknown or used twice.

    Source: Gomes, Ravetti & Carrano, Computers & Industrial Engineering 151 (2021) 106929.
    """
    order = checked_sequence(f"{line.name}: sequence", sequence, line.jobs)
    start = np.empty(line.jobs)
    start[order] = np.concatenate(([0.0], np.cumsum(line.waiting_hours[order[:-1], order[1:]])))
    completion = start + line.process_hours
    tardiness = np.maximum(0.0, completion - line.due_hours)
    gas = float(line.job_gas.sum() + line.idle_gas[order[:-1], order[1:]].sum())
    return ScheduleResult(order, start, completion, tardiness, float(tardiness.sum()), gas, gas * line.gas_price)


def check(line: NoWaitLine, sequence: Sequence[int] | Integers) -> ScheduleResult:
    """The same as `evaluate`, written a second time in plain Python, job by job, to check the fast code against.

    Raises:
        BadInput: A job is missing, unknown or used twice.
    """
    order = [int(job) for job in checked_sequence(f"{line.name}: sequence", sequence, line.jobs)]
    start, completion, tardiness = [0.0] * line.jobs, [0.0] * line.jobs, [0.0] * line.jobs
    clock, gas, previous = 0.0, 0.0, -1
    for job in order:
        if previous >= 0:
            clock += float(line.waiting_hours[previous, job])
            gas += float(line.idle_gas[previous, job])
        start[job] = clock
        completion[job] = clock + float(line.process_hours[job])
        tardiness[job] = max(0.0, completion[job] - float(line.due_hours[job]))
        gas += float(line.job_gas[job])
        previous = job
    return ScheduleResult(
        np.array(order, dtype=np.int64),
        np.array(start),
        np.array(completion),
        np.array(tardiness),
        sum(tardiness),
        gas,
        gas * line.gas_price,
    )


def checked(where: str, values: ArrayLike, shape: tuple[int, ...], *, minimum: float = 0.0) -> Floats:
    """Values as a read-only array of the given shape, finite and not below the minimum.

    Raises:
        BadInput: Names the first entry that is wrong.
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(
            where,
            "not a rectangular table of numbers",
            f"Expected numbers in the shape {_shape(shape)}",
            "Look for a row of another length, a text or an empty entry",
        ) from None
    if array.shape != shape:
        raise BadInput(
            where,
            f"shape {_shape(array.shape)}",
            f"Expected {_shape(shape)}: one entry for each job (or pair of jobs)",
            "Add or remove entries, or correct the number of jobs",
        )
    wrong = ~np.isfinite(array) | (array < minimum)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        entry = where + "".join(f"[{i}]" for i in index)
        raise BadInput(
            entry, f"{array[index]:g}", f"Expected a finite number, {minimum:g} or more", "Correct the value"
        )
    array.setflags(write=False)
    return array


def checked_sequence(where: str, sequence: Sequence[int] | Integers, jobs: int) -> Integers:
    """The sequence as an array, if it names every job 0 .. jobs-1 exactly once.

    Raises:
        BadInput: Names the job that is missing, unknown or used twice.
    """
    remedy = "Name every job exactly once"
    values = np.asarray(sequence)
    if values.ndim != 1 or (values.size and not np.issubdtype(values.dtype, np.integer)):
        raise BadInput(
            where, f"{values.dtype} of shape {values.shape}", f"Expected {jobs} job numbers in a row", remedy
        )
    order = values.astype(np.int64)
    expected = f"Expected each of the jobs 0 .. {jobs - 1} once"
    unknown = order[(order < 0) | (order >= jobs)]
    if unknown.size:
        raise BadInput(where, f"job {unknown[0]} is unknown", expected, "Jobs are counted from 0")
    times = np.bincount(order, minlength=jobs)
    if (times > 1).any():
        job = int(np.argmax(times > 1))
        positions = ", ".join(str(p) for p in np.flatnonzero(order == job))
        raise BadInput(where, f"job {job} is used {times[job]} times (positions {positions})", expected, remedy)
    if (times == 0).any():
        missing = ", ".join(str(job) for job in np.flatnonzero(times == 0)[:5])
        raise BadInput(where, f"{int((times == 0).sum())} jobs are missing ({missing})", expected, remedy)
    return order


def _checked_machines(name: str, machines: MachineTimes, jobs: int) -> MachineTimes:
    table = np.asarray(machines.machine_hours)
    count = table.shape[1] if table.ndim == 2 else 0
    for furnace in machines.furnaces:
        if not 0 <= furnace < count:
            raise BadInput(
                f"{name}: machines.furnaces",
                f"machine {furnace} does not exist",
                f"Expected machines 0 .. {count - 1}",
                "Name machines of machine_hours",
            )
    return MachineTimes(
        checked(f"{name}: machines.feed_hours", machines.feed_hours, (jobs,)),
        checked(f"{name}: machines.machine_hours", machines.machine_hours, (jobs, count)),
        checked(f"{name}: machines.setup_hours", machines.setup_hours, (jobs, jobs, count)),
        tuple(machines.furnaces),
    )


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(str(length) for length in shape) or "a single number"
