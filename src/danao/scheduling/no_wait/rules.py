"""Rules that planners use without a computer: cheap rivals that any search has to beat.

Each takes a line and returns a sequence; ties go to the job that stands first in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from danao.scheduling.no_wait.model import Integers, NoWaitLine

_WINDOW_HOURS = 48.0


def earliest_due_date(line: NoWaitLine) -> Integers:
    """Jobs by due date (Jackson's rule)."""
    return np.argsort(line.due_hours, kind="stable").astype(np.int64)


def nearest_neighbour(line: NoWaitLine) -> Integers:
    """The most urgent job first, then always the one with the least idle gas before it, the more urgent of equals."""
    left = [int(job) for job in earliest_due_date(line)]
    sequence = [left.pop(0)]
    while left:
        following = min(left, key=lambda job: float(line.idle_gas[sequence[-1], job]))
        left.remove(following)
        sequence.append(following)
    return np.array(sequence, dtype=np.int64)


def due_date_batches(line: NoWaitLine, window_hours: float = _WINDOW_HOURS) -> Integers:
    """The most urgent job, with all jobs of its recipe that are due at most `window_hours` later; then again."""
    recipes = line.recipes()
    left = [int(job) for job in earliest_due_date(line)]
    sequence: list[int] = []
    while left:
        urgent = left[0]
        latest = line.due_hours[urgent] + window_hours
        batch = [job for job in left if recipes[job] == recipes[urgent] and line.due_hours[job] <= latest]
        sequence += batch
        left = [job for job in left if job not in batch]
    return np.array(sequence, dtype=np.int64)


def recipe_campaigns(line: NoWaitLine) -> Integers:
    """All jobs of a recipe in one campaign, by due date; the recipe that follows with the least idle gas comes next."""
    recipes = line.recipes()
    left = [int(job) for job in earliest_due_date(line)]
    sequence: list[int] = []
    while left:
        lead = min(left, key=lambda job: float(line.idle_gas[sequence[-1], job])) if sequence else left[0]
        campaign = [job for job in left if recipes[job] == recipes[lead]]
        sequence += campaign
        left = [job for job in left if job not in campaign]
    return np.array(sequence, dtype=np.int64)


RULES: Mapping[str, Callable[[NoWaitLine], Integers]] = {
    "earliest due date": earliest_due_date,
    "nearest neighbour": nearest_neighbour,
    "due-date batches": due_date_batches,
    "recipe campaigns": recipe_campaigns,
}
"""Rules by the name they are printed under."""
