from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from danao.learning import read_log
from danao.learning.distances import distances, frame
from tests.learning.logs import line, written

pytest.importorskip("log_distance_measures")


def muddled(seed: int, orders: int, folder: Path):
    """A log whose operations, moments and lengths are random, with ties and operations that the other does not have."""
    log = read_log(written(folder / f"{seed}.csv", line(orders, seed))).log
    chooser = np.random.default_rng(seed)
    names = ("sawing", "milling", f"only {seed}", "turning")
    start = np.round(log.start + chooser.exponential(5.0, len(log)), chooser.integers(0, 3))
    return replace(
        log,
        operations=names,
        operation=chooser.integers(0, len(names), len(log)),
        start=start,
        end=start + np.round(chooser.exponential(4.0, len(log)), 1),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_distances_are_those_of_the_package_to_the_last_digit(seed: int, tmp_path: Path) -> None:
    from log_distance_measures.config import EventLogIDs
    from log_distance_measures.cycle_time_distribution import cycle_time_distribution_distance
    from log_distance_measures.n_gram_distribution import n_gram_distribution_distance
    from log_distance_measures.relative_event_distribution import relative_event_distribution_distance

    one, other = muddled(seed, 30 + 7 * seed, tmp_path), muddled(seed + 100, 40, tmp_path)
    ids = EventLogIDs(case="order", activity="operation", start_time="start", end_time="end", resource="resource")
    logs = (frame(one), ids, frame(other), ids)
    found = distances(one, other)
    assert n_gram_distribution_distance(*logs, n=3) == found.NGD
    assert relative_event_distribution_distance(*logs) == found.REDD
    assert cycle_time_distribution_distance(*logs, bin_size=timedelta(hours=1)) == found.CTDD
    assert found.NGD > 0
