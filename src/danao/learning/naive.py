"""The twin that knows nothing: whole past orders again, at resampled gaps. What a learnt twin must beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from danao.core.random import stream
from danao.learning.log import EventLog


def resampled(log: EventLog, seed: int, count: int, start: float, end: float | None = None) -> EventLog:
    """Past orders drawn with replacement, each with its own times, one after the other at past gaps.

    Args:
        log: The past.
        seed: Of the draws.
        count: Orders.
        start: Hour of the first one.
        end: Cut what comes later; None: keep it.
    """
    chooser = stream(seed, "naive twin")
    first = log.first_start()
    orders = np.flatnonzero(np.isfinite(first))
    gaps = np.diff(np.sort(first[orders]))
    moments = start + np.concatenate([[0.0], np.cumsum(chooser.choice(gaps, count - 1))]) if count > 1 else [start]
    rows_of = log.by_order()
    picked = chooser.choice(orders, count)
    rows = np.concatenate([rows_of[one] for one in picked])
    lengths = [len(rows_of[one]) for one in picked]
    order = np.repeat(np.arange(count), lengths)
    shift = np.repeat(np.asarray(moments) - first[picked], lengths)
    drawn = log.only(rows)
    drawn = replace(
        drawn,
        source="naive twin",
        orders=tuple(f"again {number + 1}" for number in range(count)),
        order=order,
        start=drawn.start + shift,
        end=drawn.end + shift,
        cut=np.inf,
        arrived=np.zeros(0),
        left=np.zeros(0),
    )
    return drawn if end is None else drawn.until(end)
