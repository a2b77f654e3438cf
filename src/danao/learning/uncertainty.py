"""What the log leaves uncertain goes into every answer: the plant is learnt again from resampled orders, many times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from danao.core.errors import BadInput
from danao.learning.learn import Learnt, resampled
from danao.learning.log import Floats
from danao.plant import Plant
from danao.twin import Runs, Twin


def bootstrap(learnt: Learnt, count: int, seed: int = 1) -> list[Learnt]:
    """So many plants, each learnt from orders drawn with replacement; for the outer loop of a trial.

    Args:
        learnt: The plant as it was learnt from all orders.
        count: Plants.
        seed: Of the draws; the same seed gives the same plants.

    Source: input uncertainty by resampling; Barton, Lam & Song 2022.
    """
    return [resampled(learnt, seed * 1_000_003 + number) for number in range(count)]


@dataclass(frozen=True)
class Change:
    """What a change of the plant does, over plants that could all have written the log."""

    mean: float
    lower: float
    upper: float
    confidence: float
    values: tuple[float, ...]
    """One paired difference a plant."""
    run_share: float
    """Share of the variance that is due to chance in the runs; the rest is what the log leaves uncertain."""


def effect_of(
    plants: Sequence[Plant],
    change: Callable[[Plant], Plant],
    measure: Callable[[Runs], Floats],
    *,
    hours: float,
    warm_up: float,
    runs: int = 4,
    seed: int = 1,
    confidence: float = 0.95,
) -> Change:
    """The effect of a change on some number, with an interval that holds input uncertainty and chance.

    Args:
        plants: From `bootstrap`; two or more.
        change: Turns a plant into the changed one.
        measure: One value a replication, such as the throughput.
        hours: Span of a run that counts.
        warm_up: Hours before it.
        runs: Of each plant, with the same seeds before and after.
        seed: Root of the seeds.
        confidence: Of the interval: mean and standard deviation over the plants, Student's t. It is as wide as the
            plants differ, not narrower with more of them: the log stays as long as it is.

    Raises:
        BadInput: Fewer than two plants.
    """
    if len(plants) < 2:
        raise BadInput("plants", f"{len(plants)}", "Expected two or more", "Draw more with `bootstrap`")
    means, within = [], []
    for number, plant in enumerate(plants):
        seeds = [seed * 1_000_003 + number * runs + run for run in range(runs)]
        before, after = (
            np.asarray(measure(Twin(one).run(seeds, hours, warm_up=warm_up))) for one in (plant, change(plant))
        )
        means.append(float((after - before).mean()))
        within.append(float((after - before).var(ddof=1)) / runs if runs > 1 else 0.0)
    values = np.array(means)
    deviation = float(values.std(ddof=1))
    spread = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1)) * deviation
    centre = float(values.mean())
    share = min(float(np.mean(within)) / deviation**2, 1.0) if deviation > 0 else 0.0
    return Change(centre, centre - spread, centre + spread, confidence, tuple(means), share)
