"""When the orders in the plant will be finished: the twin from the state at the end of the log, many times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from danao.learning.learn import Learnt, Options, learn
from danao.learning.log import EventLog, Floats
from danao.learning.now import state_at_cut
from danao.twin import Twin
from danao.twin.trace import KINDS

PROMISE = 0.8
"""Share of the orders whose completion lies in the interval."""

_SHARES = (0.6, 0.7, 0.8)
_LIKELY = 0.25
_FEWEST = 30


@dataclass(frozen=True)
class Levels:
    """Quantiles of the runs that the interval is made of, and how they were found."""

    lower: float
    upper: float
    judged: int
    """Forecasts of the past that they were adjusted on; 0: not adjusted."""
    covered: float
    """Share of these that lay between the plain 10 % and 90 % quantiles."""


PLAIN = Levels((1 - PROMISE) / 2, (1 + PROMISE) / 2, 0, float("nan"))


@dataclass(frozen=True)
class Completion:
    """The forecast for one order. Moments in plant time."""

    order: str
    open: float
    """Probability that it is not finished already."""
    lower: datetime
    median: datetime
    upper: datetime


def forecast(
    learnt: Learnt, *, replications: int = 60, seed: int = 1, levels: Levels = PLAIN
) -> tuple[Completion, ...]:
    """Completion of each order that is probably still open, with an interval.

    Args:
        learnt: The plant, with the log to whose end the forecast goes on.
        replications: Runs of the twin.
        seed: Of the runs.
        levels: Quantiles of the interval, see `adjusted_levels`.
    """
    log = learnt.log
    found = completions(learnt, replications, seed)
    likely = {one.order: one.open for one in learnt.routes.orders if one.open >= _LIKELY}
    result = []
    for order, hours in sorted(found.items()):
        if order in likely:
            low, middle, high = np.quantile(hours, [levels.lower, 0.5, levels.upper])
            moments = (log.when(float(one)) for one in (low, middle, high))
            result.append(Completion(log.orders[order], likely[order], *moments))
    return tuple(result)


def completions(learnt: Learnt, replications: int, seed: int) -> Mapping[int, Floats]:
    """Hours of the log at which each open order was finished, one for each run in which it was open."""
    log = learnt.log
    first, last = log.first_start(), log.last_end()
    seen = np.isfinite(first)
    span = float(np.max((last - first)[seen])) if seen.any() else 168.0
    hours = 2 * max(span, log.cut - float(first[seen].min()), 168.0)
    twin = Twin(learnt.plant, general=True)
    leave = [KINDS.index("leave"), KINDS.index("scrap")]
    found: dict[int, list[float]] = defaultdict(list)
    for number in range(replications):
        now = state_at_cut(learnt, seed * 100_003 + number)
        if not now.orders:
            continue
        trace = twin.trace(seed * 100_003 + number, hours, start=now.state)
        events = trace.events[np.isin(trace.events["kind"], leave)]
        done = {int(part): float(time) for part, time in zip(events["part"], events["time"], strict=True)}
        for part, order in enumerate(now.orders):
            found[order].append(done.get(part, log.cut + hours))
    return {order: np.array(values) for order, values in found.items()}


def adjusted_levels(
    log: EventLog, options: Options, *, replications: int = 40, seed: int = 1, shares: Sequence[float] = _SHARES
) -> Levels:
    """Quantiles under which forecasts made at earlier moments of the same log would have held their promise.

    At each moment a plant is learnt from what was known then; the share of its runs that finished an order earlier than
    it really was says which quantile the truth was. An order still open at the end of the log counts as late as that at
    least.

    Source: recalibration by the probability integral transform; Kuleshov, Fenner & Ermon 2018.
    """
    ranks = np.array(past_ranks(log, options, replications, seed, shares))
    if len(ranks) < _FEWEST:
        return PLAIN
    covered = float(((ranks >= PLAIN.lower) & (ranks <= PLAIN.upper)).mean())
    low, high = np.quantile(ranks, [PLAIN.lower, PLAIN.upper])
    return Levels(min(float(low), 0.25), max(float(high), 0.75), len(ranks), covered)


def past_ranks(
    log: EventLog, options: Options, replications: int, seed: int, shares: Sequence[float] = _SHARES
) -> list[float]:
    """Which quantile of its forecast each completion was, over forecasts made at some shares of the log."""
    first = log.first_start()
    begin = float(first[np.isfinite(first)].min())
    last = log.last_end()
    final = learn(log, options=options)
    still = {one.order: one.open for one in final.routes.orders}
    ranks = []
    for share in shares:
        cut = begin + share * (log.cut - begin)
        known = log.until(cut)
        if len(np.unique(known.order)) < 10:
            continue
        for order, hours in completions(learn(known, options=options), replications, seed).items():
            if last[order] <= cut:
                continue
            truth = log.cut if still.get(order, 0.0) >= 0.5 else float(last[order])
            earlier = float((hours < truth).mean())
            if still.get(order, 0.0) >= 0.5:
                earlier = (1 + earlier) / 2
            ranks.append(earlier)
    return ranks
