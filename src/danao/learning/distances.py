"""How far a simulated log is from a recorded one: the five measures of the field, by `log-distance-measures`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from danao.core.errors import MissingExtra
from danao.learning.log import EventLog
from danao.learning.rows import hours as hours_since

MEASURES = ("NGD", "AEDD", "CEDD", "REDD", "CTDD")
UNITS: Mapping[str, str] = {"NGD": "1", "AEDD": "h", "CEDD": "h", "REDD": "h", "CTDD": "h"}


@dataclass(frozen=True)
class Distances:
    """Distances of two logs; 0 is the same."""

    NGD: float
    """Sequences of three operations: share that differs."""
    AEDD: float
    """When things happen, on the calendar, h."""
    CEDD: float
    """At which hour of which weekday, h."""
    REDD: float
    """How long after the beginning of the order, h."""
    CTDD: float
    """How long orders take, h."""

    def values(self) -> tuple[float, ...]:
        """In the order of `MEASURES`."""
        return tuple(getattr(self, name) for name in MEASURES)


def distances(recorded: EventLog, simulated: EventLog) -> Distances:
    """The five distances, with bins of an hour.

    Raises:
        MissingExtra: The extra `learn` is not installed.

    Source: Chapela-Campa et al., Can I trust my simulation model? (BPM 2023).
    """
    measures = _measures()
    ids = measures.config.EventLogIDs(
        case="order", activity="operation", start_time="start", end_time="end", resource="resource"
    )
    one, other = frame(recorded), frame(simulated)
    if not len(other):
        return Distances(1.0, np.inf, 23.0, np.inf, np.inf)
    logs = (one, ids, other, ids)
    return Distances(
        NGD=float(measures.n_gram_distribution.n_gram_distribution_distance(*logs, n=3)),
        AEDD=float(measures.absolute_event_distribution.absolute_event_distribution_distance(*logs)),
        CEDD=float(measures.circadian_event_distribution.circadian_event_distribution_distance(*logs)),
        REDD=float(measures.relative_event_distribution.relative_event_distribution_distance(*logs)),
        CTDD=float(
            measures.cycle_time_distribution.cycle_time_distribution_distance(*logs, bin_size=timedelta(hours=1))
        ),
    )


def frame(log: EventLog) -> Any:
    """A log as a pandas table, one row a report that has ended, in plant time.

    Raises:
        MissingExtra: The extra `learn` is not installed.
    """
    _measures()
    import pandas as pd

    done = ~log.running
    zero = hours_since(log.monday)

    def moments(column: np.ndarray) -> Any:
        micro = np.round((column[done] + zero) * 3.6e9).astype("int64")
        return pd.to_datetime(micro, unit="us")

    return pd.DataFrame(
        {
            "order": np.array(log.orders, dtype=object)[log.order[done]] if len(log.orders) else [],
            "operation": np.array(log.operations, dtype=object)[log.operation[done]],
            "start": moments(log.start),
            "end": moments(log.end),
            "resource": "",
        }
    )


def _measures() -> Any:
    try:
        import log_distance_measures
        import log_distance_measures.absolute_event_distribution
        import log_distance_measures.circadian_event_distribution
        import log_distance_measures.config
        import log_distance_measures.cycle_time_distribution
        import log_distance_measures.n_gram_distribution
        import log_distance_measures.relative_event_distribution
    except ImportError:
        raise MissingExtra(
            "log distances",
            "log-distance-measures is not installed",
            "Expected the extra `learn`",
            'pip install "danao[learn]" (Python 3.11 or 3.12)',
        ) from None
    return log_distance_measures
