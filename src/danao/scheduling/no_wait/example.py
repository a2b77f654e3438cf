"""Example lines: a made-up heat-treatment shop with a roller-hearth line of four zones, several planning periods.

All numbers were chosen for this project; none comes from a real plant or a published data set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from danao.core.errors import BadInput
from danao.core.random import stream
from danao.scheduling.no_wait import timing
from danao.scheduling.no_wait.model import Floats, Integers, MachineTimes, NoWaitLine

ZONES = ("washer", "preheating zone", "soaking zone", "quench")
"""Machines of the example line, in the order of the flow."""
_FURNACES = (1, 2)
_HEATING_C_PER_HOUR = 110.0
_COOLING_C_PER_HOUR = 70.0
_HOLDING_SHARE = 0.55
"""Gas of an empty furnace at temperature, as a share of a full one."""
_MEDIUM_CHANGE_HOURS = 0.75
_WIDTH_CHANGE_HOURS = 0.2
_GAS_PRICE = 0.42
_DAYS = 5


@dataclass(frozen=True)
class _Recipe:
    name: str
    temperature_c: float
    zone_hours: tuple[float, float, float, float]
    gas_per_hour: float
    """Nm3/h of one full furnace."""
    quench: str
    width_mm: int
    share: float
    """Of the jobs."""


_RECIPES = (
    _Recipe("stress relief 600", 600.0, (0.15, 0.60, 1.20, 0.20), 260.0, "air", 1500, 0.10),
    _Recipe("temper 650", 650.0, (0.15, 0.65, 1.00, 0.20), 285.0, "air", 2000, 0.16),
    _Recipe("normalise 880", 880.0, (0.15, 0.70, 0.70, 0.25), 395.0, "air", 2000, 0.22),
    _Recipe("normalise 910", 910.0, (0.15, 0.80, 0.80, 0.25), 410.0, "air", 1500, 0.10),
    _Recipe("harden 860 oil", 860.0, (0.20, 0.70, 0.60, 0.30), 385.0, "oil", 1500, 0.10),
    _Recipe("harden 900 water", 900.0, (0.20, 0.75, 0.70, 0.30), 405.0, "water", 2000, 0.20),
    _Recipe("harden 930 water", 930.0, (0.20, 0.90, 0.90, 0.30), 425.0, "water", 1500, 0.12),
)


def example_lines(periods: int = 12, seed: int = 1, jobs: int = 40) -> list[NoWaitLine]:
    """Planning periods of the example line, each with the order its planner would run.

    The planner releases day by day (jobs due first come first) and within a day groups jobs by recipe, beginning with
    the recipe that is in the furnace, then by rising temperature.

    Args:
        periods: Number of planning periods.
        seed: Of the orders; period p of a seed is the same whatever the number of periods.
        jobs: Jobs in each period.

    Raises:
        BadInput: Fewer than one period or job.
    """
    if periods < 1 or jobs < 1:
        raise BadInput(
            "example_lines", f"{periods} periods of {jobs} jobs", "Expected 1 or more of each", "Ask for more"
        )
    return [
        _period(f"example-{period + 1:02d}", stream(seed, "example orders", period), jobs) for period in range(periods)
    ]


def _period(name: str, rng: Generator, jobs: int) -> NoWaitLine:
    shares = np.array([recipe.share for recipe in _RECIPES])
    recipe = rng.choice(len(_RECIPES), size=jobs, p=shares / shares.sum()).astype(np.int64)
    zone_hours = np.array([_RECIPES[r].zone_hours for r in recipe])
    rate = np.array([_RECIPES[r].gas_per_hour for r in recipe])
    feed = np.round(rng.gamma(4.0, 0.55, size=jobs) + 0.2, 2)
    machines = MachineTimes(feed, zone_hours, _setups(recipe), _FURNACES)
    waiting = timing.waiting_hours(machines)
    busy = feed[:, None] + zone_hours[:, list(_FURNACES)]
    due_day = np.minimum(rng.integers(1, _DAYS + 1, size=jobs), rng.integers(1, _DAYS + 2, size=jobs))
    return NoWaitLine(
        name=name,
        process_hours=feed + zone_hours.sum(axis=1),
        waiting_hours=waiting,
        due_hours=24.0 * (due_day + 1.0),
        job_gas=rate * busy.sum(axis=1),
        idle_gas=_idle_gas(recipe, machines),
        gas_price=_GAS_PRICE,
        executed_sequence=_planner(recipe, due_day),
        machines=machines,
    )


def _setups(recipe: Integers) -> Floats:
    """(jobs, jobs, zones) h: the furnaces change temperature, the quench its medium, the washer its width."""
    temperature = np.array([_RECIPES[r].temperature_c for r in recipe])
    medium = np.array([_RECIPES[r].quench for r in recipe])
    width = np.array([_RECIPES[r].width_mm for r in recipe])
    rise = temperature[None, :] - temperature[:, None]
    furnace = np.where(rise > 0, rise / _HEATING_C_PER_HOUR, -rise / _COOLING_C_PER_HOUR)
    setups = np.zeros((len(recipe), len(recipe), len(ZONES)))
    setups[:, :, 0] = _WIDTH_CHANGE_HOURS * (width[:, None] != width[None, :])
    setups[:, :, 1] = setups[:, :, 2] = furnace
    setups[:, :, 3] = _MEDIUM_CHANGE_HOURS * (medium[:, None] != medium[None, :])
    return setups


def _idle_gas(recipe: Integers, machines: MachineTimes) -> Floats:
    """(jobs, jobs) Nm3: full fire while heating up, none while cooling down, holding for the rest of the idle time."""
    rate = np.array([_RECIPES[r].gas_per_hour for r in recipe])
    temperature = np.array([_RECIPES[r].temperature_c for r in recipe])
    idle = timing.idle_hours(machines)
    heats = temperature[None, :] > temperature[:, None]
    gas = np.zeros((len(recipe), len(recipe)))
    for furnace in machines.furnaces:
        setup = machines.setup_hours[:, :, furnace]
        holding = _HOLDING_SHARE * rate[None, :] * np.maximum(0.0, idle[:, :, furnace] - setup)
        gas += holding + np.where(heats, rate[None, :] * setup, 0.0)
    return gas


def _planner(recipe: Integers, due_day: Integers) -> Integers:
    """Day by day; in a day the recipe that is in the furnace first, then by rising temperature."""
    temperature = np.array([_RECIPES[r].temperature_c for r in recipe])
    sequence: list[int] = []
    for day in np.unique(due_day):
        running = recipe[sequence[-1]] if sequence else -1
        today = [int(job) for job in np.flatnonzero(due_day == day)]
        sequence += sorted(today, key=lambda job: (recipe[job] != running, temperature[job], recipe[job]))
    return np.array(sequence, dtype=np.int64)
