"""What a sequence comes to when process times are not as planned: compiled, many trials at once.

Each job's factor scales its feed hours, its machine hours and the gas it burns. Waiting times follow from the formula
of `timing`, as differences to the planned ones, so that factors of 1 reproduce the plan. Gas between two jobs is the
planned gas in proportion to the hours the furnaces stand empty between them. Two jobs that follow on without a gap as
planned do so under every factor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from danao.core.errors import BadInput
from danao.core.random import stream
from danao.scheduling.no_wait import timing
from danao.scheduling.no_wait.model import Floats, Integers, NoWaitLine, checked, checked_sequence

_AGREES = 1e-6
"""h by which planned waiting times may differ from the formula."""


@dataclass(frozen=True)
class VariationResult:
    """One sequence in many trials."""

    start_hours: Floats
    """(trials, jobs) h, by job."""
    completion_hours: Floats
    """(trials, jobs) h, by job."""
    total_tardiness: Floats
    """(trials,) h over all jobs."""
    gas: Floats
    """(trials,) Nm3, of the jobs and between them."""
    cost: Floats
    """(trials,) money for the gas."""


def draw_factors(line: NoWaitLine, seeds: Sequence[int] | Integers, variation: float) -> Floats:
    """Lognormal factors of mean 1 on the process times, one for each trial and job.

    A job's factor depends on the seed and the job only, not on the sequence, so that two sequences can be compared in
    the same trial.

    Args:
        line: The jobs.
        seeds: (trials,) seed of each trial.
        variation: Standard deviation of a factor (its coefficient of variation), 0 or more.

    Returns:
        Shape (trials, jobs).

    Raises:
        BadInput: The variation is negative or not finite.
    """
    if not math.isfinite(variation) or variation < 0:
        raise BadInput("variation", f"{variation}", "Expected a coefficient of variation, 0 or more", "0.1 is 10 %")
    spread = math.sqrt(math.log1p(variation**2))
    normal = np.array([stream(int(seed), "process time").standard_normal(line.jobs) for seed in seeds])
    factors: Floats = np.exp(spread * normal.reshape(len(seeds), line.jobs) - spread**2 / 2)
    return factors


def simulate(line: NoWaitLine, sequence: Sequence[int] | Integers, factors: Floats) -> VariationResult:
    """Run one sequence under many sets of process times.

    Args:
        line: The jobs; its `machines` must be known.
        sequence: Every job once.
        factors: (trials, jobs) multiples of the planned process times, above 0.

    Raises:
        BadInput: The line has no machine times or they do not explain its waiting times, the sequence is wrong, or a
            factor is not above 0.
    """
    order = checked_sequence(f"{line.name}: sequence", sequence, line.jobs)
    scale = checked("factors", factors, (len(factors), line.jobs), minimum=np.nextafter(0.0, 1.0))
    machines = line.machines
    if machines is None:
        raise BadInput(
            f"{line.name}: machines",
            "no machine times",
            "Expected the hours of each machine, from which waiting times under other process times follow",
            "Fill NoWaitLine.machines",
        )
    left, right = order[:-1], order[1:]
    follows = timing.follows_on(machines)[left, right]
    setups = machines.setup_hours[left, right]
    leaves, reaches = timing.leaves(machines), timing.reaches(machines)
    planned = np.where(
        follows, machines.feed_hours[left], (leaves[left] + setups - reaches[right]).max(axis=1, initial=-np.inf)
    )
    difference = np.abs(planned - line.waiting_hours[left, right])
    if difference.size and difference.max() > _AGREES:
        at = int(difference.argmax())
        raise BadInput(
            f"{line.name}: waiting_hours[{left[at]}][{right[at]}]",
            f"{line.waiting_hours[left[at], right[at]]:g} h, but the machine times give {planned[at]:g} h",
            "Expected waiting times that follow from the machine times",
            "Correct either table, or compute the waiting times with timing.waiting_hours",
        )
    starts = np.zeros((len(scale), line.jobs))
    completions = np.zeros((len(scale), line.jobs))
    tardiness, gas = np.zeros(len(scale)), np.zeros(len(scale))
    _simulate(
        order,
        scale,
        follows,
        setups,
        line.waiting_hours[left, right],
        line.idle_gas[left, right],
        machines.feed_hours,
        leaves,
        reaches,
        np.array(machines.furnaces, dtype=np.int64),
        line.process_hours,
        line.due_hours,
        line.job_gas,
        starts,
        completions,
        tardiness,
        gas,
    )
    return VariationResult(starts, completions, tardiness, gas, gas * line.gas_price)


@njit(cache=True, nogil=True)
def _simulate(
    order: Integers,
    factors: Floats,
    follows: NDArray[np.bool_],
    setups: Floats,
    waiting: Floats,
    idle_gas: Floats,
    feed: Floats,
    leaves: Floats,
    reaches: Floats,
    furnaces: Integers,
    process: Floats,
    due: Floats,
    job_gas: Floats,
    starts: Floats,
    completions: Floats,
    tardiness: Floats,
    gas: Floats,
) -> None:
    """Fill starts, completions (trials, jobs), tardiness and gas (trials,); setups, waiting, idle gas by position."""
    jobs = order.size
    planned_wait, planned_idle = np.empty(jobs), np.empty(jobs)
    for position in range(jobs - 1):
        i, r = order[position], order[position + 1]
        planned_wait[position], planned_idle[position] = _between(
            follows[position], setups[position], feed[i], leaves[i], reaches[r], 1.0, 1.0, furnaces
        )
    for trial in range(factors.shape[0]):
        clock, late, burnt = 0.0, 0.0, 0.0
        for position in range(jobs):
            i = order[position]
            factor = factors[trial, i]
            starts[trial, i] = clock
            completions[trial, i] = clock + factor * process[i]
            late += max(0.0, completions[trial, i] - due[i])
            burnt += factor * job_gas[i]
            if position == jobs - 1:
                break
            r = order[position + 1]
            wait, idle = _between(
                follows[position], setups[position], feed[i], leaves[i], reaches[r], factor, factors[trial, r], furnaces
            )
            clock += max(0.0, waiting[position] + (wait - planned_wait[position]))
            share = idle / planned_idle[position] if planned_idle[position] > 0.0 else 1.0
            burnt += idle_gas[position] * share
        tardiness[trial], gas[trial] = late, burnt


@njit(cache=True, nogil=True)
def _between(
    follows: bool,
    setup: Floats,
    feed: float,
    leaves: Floats,
    reaches: Floats,
    factor: float,
    next_factor: float,
    furnaces: Integers,
) -> tuple[float, float]:
    """Hours between the starts of two neighbours, and hours that the furnaces stand empty between them, summed."""
    if follows:
        return factor * feed, 0.0
    wait = 0.0
    for machine in range(setup.size):
        wait = max(wait, factor * leaves[machine] + setup[machine] - next_factor * reaches[machine])
    idle = 0.0
    for furnace in furnaces:
        idle += wait + next_factor * reaches[furnace] - factor * leaves[furnace]
    return wait, idle
