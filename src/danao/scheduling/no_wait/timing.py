"""Waiting time and furnace idle time between neighbours, from the hours of each machine.

With feed hours F, machine hours P, setup hours S, for job i followed by job r and machine k:

    last piece of i leaves k:      F_i + P_i0 + .. + P_ik            after the start of i
    first piece of r reaches k:    P_r0 + .. + P_r,k-1               after the start of r
    waiting_ir = F_i                                                 if r needs no setup and has the machine hours of i
    waiting_ir = max_k (leaves_ik + S_irk - reaches_rk)              otherwise
    idle_irk   = waiting_ir + reaches_rk - leaves_ik                 at least S_irk

In the first case the pieces of r follow those of i as if both were one job. Reproduces every waiting time of the ten
published heat-treatment instances to 2e-9 h (tests/exact).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from danao.scheduling.no_wait.model import Floats, MachineTimes

_ALIKE = 1e-7
"""h within which two machine hours count as equal; published hours are rounded to 1e-9."""


def follows_on(machines: MachineTimes) -> NDArray[np.bool_]:
    """(jobs, jobs) whether the column's job follows the row's without a gap: no setup and the same machine hours."""
    hours = machines.machine_hours
    alike = np.abs(hours[:, None, :] - hours[None, :, :]).max(axis=2) < _ALIKE
    follows: NDArray[np.bool_] = alike & (machines.setup_hours == 0).all(axis=2)
    return follows


def leaves(machines: MachineTimes) -> Floats:
    """(jobs, machines) h from a job's start until its last piece has left each machine."""
    hours: Floats = machines.feed_hours[:, None] + np.cumsum(machines.machine_hours, axis=1)
    return hours


def reaches(machines: MachineTimes) -> Floats:
    """(jobs, machines) h from a job's start until its first piece reaches each machine."""
    hours: Floats = np.cumsum(machines.machine_hours, axis=1) - machines.machine_hours
    return hours


def waiting_hours(machines: MachineTimes) -> Floats:
    """(jobs, jobs) h between the starts of neighbours, the row's job first."""
    gaps = leaves(machines)[:, None, :] + machines.setup_hours - reaches(machines)[None, :, :]
    return np.where(follows_on(machines), machines.feed_hours[:, None], gaps.max(axis=2))


def idle_hours(machines: MachineTimes) -> Floats:
    """(jobs, jobs, machines) h that each machine stands empty between neighbours; 0 where one follows on the other."""
    gap = reaches(machines)[None, :, :] - leaves(machines)[:, None, :]
    idle = waiting_hours(machines)[:, :, None] + gap
    return np.where(follows_on(machines)[:, :, None], 0.0, idle)
