"""How far a simulated log is from a recorded one: the five measures of the field, by `log-distance-measures`.

Three of them the package counts order by order, which takes minutes for a judgement on a large log; these are counted
here on whole columns, with the same values (`tests/learning/test_distances.py` holds them against the package).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import wasserstein_distance

from danao.core.errors import MissingExtra
from danao.learning.log import EventLog, Integers
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
    first, second = _Columns.of(one), _Columns.of(other)
    return Distances(
        NGD=_sequences(first, second),
        AEDD=float(measures.absolute_event_distribution.absolute_event_distribution_distance(*logs)),
        CEDD=float(measures.circadian_event_distribution.circadian_event_distribution_distance(*logs)),
        REDD=float(wasserstein_distance(first.since_begin(), second.since_begin())),
        CTDD=_spans(first.spans(), second.spans()),
    )


@dataclass(frozen=True)
class _Columns:
    """A log by order and then by start and end, (n,) each; times in microseconds."""

    order: Integers
    """Numbers from 0 on, without gaps."""
    operation: Any
    """Names."""
    start: Integers
    end: Integers

    @classmethod
    def of(cls, table: Any) -> _Columns:
        _, order = np.unique(table["order"].to_numpy(dtype=str), return_inverse=True)
        start, end = (table[name].to_numpy().astype("datetime64[us]").astype(np.int64) for name in ("start", "end"))
        place = np.lexsort((end, start, order))
        return cls(order[place], table["operation"].to_numpy(dtype=str)[place], start[place], end[place])

    def begins(self) -> Integers:
        """(orders,) start of the first report of each order."""
        found = np.full(int(self.order[-1]) + 1, np.iinfo(np.int64).max)
        np.minimum.at(found, self.order, self.start)
        return found

    def since_begin(self) -> Integers:
        """(2 n,) whole hours from the begin of its order to the start and the end of each report."""
        zero = self.begins()[self.order]
        return np.concatenate([self.start - zero, self.end - zero]) // _HOUR

    def spans(self) -> Integers:
        """(orders,) microseconds from the first start to the last end."""
        last = np.full(int(self.order[-1]) + 1, np.iinfo(np.int64).min)
        np.maximum.at(last, self.order, self.end)
        return np.asarray(last - self.begins())

    def threes(self, number: Mapping[str, int]) -> Integers:
        """Three operations in a row as one number each; nothing comes before and after an order."""
        base = len(number) + 1
        names, place = np.unique(self.operation, return_inverse=True)
        codes = np.array([number[name] for name in names.tolist()], dtype=np.int64)[place]
        sizes = np.bincount(self.order)
        padded = np.zeros(len(codes) + 4 * len(sizes), dtype=np.int64)
        padded[np.arange(len(codes)) + 4 * self.order + 2] = codes
        found = (padded[:-2] * base + padded[1:-1]) * base + padded[2:]
        ends = np.cumsum(sizes + 4)
        within = np.ones(len(found), dtype=bool)
        within[np.concatenate([ends[:-1] - 2, ends[:-1] - 1])] = False
        return found[within]


_HOUR = 3_600_000_000


def _sequences(one: _Columns, other: _Columns) -> float:
    """Sum of the differences of the counts of all sequences of three, over the sum of the counts."""
    names = sorted({*one.operation.tolist(), *other.operation.tolist()})
    number = {name: place + 1 for place, name in enumerate(names)}
    first, second = one.threes(number), other.threes(number)
    kinds, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    counts = (
        np.bincount(place[: len(first)], minlength=len(kinds)),
        np.bincount(place[len(first) :], minlength=len(kinds)),
    )
    return float(np.abs(counts[0] - counts[1]).sum() / (len(first) + len(second)))


def _spans(one: Integers, other: Integers) -> float:
    """Wasserstein distance of the lengths of orders in whole hours above the shortest one."""
    shortest = min(one.min(), other.min())
    return float(wasserstein_distance((one - shortest) // _HOUR, (other - shortest) // _HOUR))


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
    except ImportError:
        raise MissingExtra(
            "log distances",
            "log-distance-measures is not installed",
            "Expected the extra `learn`",
            'pip install "danao[learn]" (Python 3.11 or 3.12)',
        ) from None
    return log_distance_measures
