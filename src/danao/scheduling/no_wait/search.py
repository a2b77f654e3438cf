"""Least energy cost with total tardiness not above a limit: simulated annealing with an adaptive price of tardiness.

The limit is soft while searching: each hour above it costs `price` Nm3, and the price rises while the search lingers
above the limit and falls while it lingers below, so that it walks along the border where the best sequences lie.
Source: Kirkpatrick, Gelatt & Vecchi, Science 220 (1983); strategic oscillation, Glover (1989).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from danao.core.errors import BadInput
from danao.core.random import stream
from danao.scheduling.no_wait.model import Floats, Integers, NoWaitLine, checked_sequence, evaluate
from danao.scheduling.no_wait.neighbourhoods import (
    Word,
    exchange,
    exchange_gas,
    exchange_tardiness,
    propose,
    retime,
    total_gas,
    uniform,
)

TOLERANCE = 1e-6
"""h by which a total tardiness may exceed its limit: sums of published hours are exact to about 1e-7."""
_HOT, _COLD = 0.5, 0.01
"""First and last temperature of a round, as a share of the mean idle gas of a change of recipe."""
_ADAPT_EVERY = 500
_DEAREST = (10.0, 1.0, 1000.0)
"""Most that an hour above the limit may cost, by round, in mean changes of recipe: dearer, and the walk freezes."""
_GUIDE = 5e-4
"""What every hour costs, in mean changes of recipe: leads to the less tardy of equally cheap sequences."""
_SEEKING_WEIGHT, _SEEKING_PRICE = 0.01, 0.1
"""Weight of gas, and price as above, in rounds that seek a first sequence within the limit."""
_SHARES_WITHIN = (0.5, 0.2, 0.05)
"""Share of its time that the walk spends within the limit, by round: the smaller, the farther it wanders."""
_CHUNK = 50_000
_FIRST_ROUND = 4_000
"""Steps of the first round per job; each later round is longer by _GROWTH."""
_GROWTH = 1.5


@dataclass(frozen=True)
class SearchResult:
    """The best sequence found."""

    sequence: Integers
    """(jobs,) job at each position."""
    cost: float
    """Money for its gas."""
    tardiness: float
    """h, total."""
    feasible: bool
    """Whether the tardiness is within the limit; if not, this is the least tardy sequence found."""
    steps: int
    """Moves tried."""
    seconds: float
    """Wall time."""
    trace: tuple[tuple[float, int, float, float], ...]
    """(seconds, steps, cost, tardiness h) after each stretch of the search that improved the best sequence."""


def search(
    line: NoWaitLine,
    tardiness_limit: float | None = None,
    time_limit: float | None = 5.0,
    steps: int | None = None,
    seed: int = 0,
    start: Sequence[int] | Integers | None = None,
) -> SearchResult:
    """The sequence of least energy cost whose total tardiness does not exceed the limit.

    With `steps` and no `time_limit` the result is the same on every run for the same seed. The result is never
    worse than `start` if that is within the limit.

    Args:
        line: The jobs.
        tardiness_limit: h in total; None for that of the executed sequence, infinity for no limit.
        time_limit: Seconds of wall time, None for no limit. The first call on a machine compiles for some seconds more.
        steps: Moves to try, None for no limit.
        seed: Of the random stream.
        start: Sequence to begin with; None for the executed one.

    Raises:
        BadInput: The start is no sequence of all jobs, the tardiness limit is negative, or neither a time limit nor a
            number of steps is given.
    """
    return Search(line, tardiness_limit, seed, start).run(time_limit, steps)


class Search:
    """A search that can be continued: arrays of the compiled kernel and the best sequence so far."""

    def __init__(
        self,
        line: NoWaitLine,
        tardiness_limit: float | None = None,
        seed: int = 0,
        start: Sequence[int] | Integers | None = None,
    ) -> None:
        first = line.executed_sequence if start is None else start
        sequence = checked_sequence(f"{line.name}: start", first, line.jobs)
        limit = evaluate(line, line.executed_sequence).total_tardiness if tardiness_limit is None else tardiness_limit
        if math.isnan(limit) or limit < 0:
            raise BadInput("tardiness_limit", f"{limit}", "Expected hours, 0 or more", "Use None for the executed one")
        self.line = line
        self.limit = limit
        self.recipes = line.recipes()
        self.current = sequence.copy()
        self.best = sequence.copy()
        self.round = 0
        self.state: Word = stream(seed, "no-wait search").integers(0, 2**63, size=1).astype(np.uint64)
        self.starts, self.lateness = np.empty(line.jobs), np.empty(line.jobs)
        tardiness = evaluate(line, sequence).total_tardiness
        gas = float(line.idle_gas[sequence[:-1], sequence[1:]].sum())
        changes = line.idle_gas[line.idle_gas > 0]
        self.scale = float(changes.mean()) if changes.size else 1.0
        self.status = np.array([gas, tardiness, self.scale / 10.0])
        """Idle gas and tardiness of the best sequence, price of an hour above the limit in Nm3."""

    def run(self, time_limit: float | None, steps: int | None) -> SearchResult:
        """Anneal in rounds of growing length until the time or the steps are used up."""
        if time_limit is None and steps is None:
            raise BadInput("search", "no limit", "Expected a time limit or a number of steps", "Give one of them")
        began = time.perf_counter()
        done, trace = 0, []
        length = float(_FIRST_ROUND * self.line.jobs)
        while self.line.jobs > 1 and (steps is None or done < steps):
            round_steps = int(length) if steps is None else min(int(length), steps - done)
            at = 0
            while at < round_steps:
                chunk = min(_CHUNK, round_steps - at)
                before = self.status[:2].copy()
                self._anneal(at, chunk, round_steps)
                at += chunk
                seconds = time.perf_counter() - began
                if not np.array_equal(before, self.status[:2]):
                    trace.append((seconds, done + at, self._cost(), float(self.status[1])))
                if time_limit is not None and seconds >= time_limit:
                    break
            done += at
            if time_limit is not None and time.perf_counter() - began >= time_limit:
                break
            self.current[:] = self.best
            self.status[2] = min(max(self.status[2], self.scale / 100.0), self.scale)
            self.round += 1
            length *= _GROWTH
        outcome = evaluate(self.line, self.best)
        return SearchResult(
            self.best.copy(),
            outcome.cost,
            outcome.total_tardiness,
            outcome.total_tardiness <= self.limit + TOLERANCE,
            done,
            time.perf_counter() - began,
            tuple(trace),
        )

    def _cost(self) -> float:
        return (float(self.line.job_gas.sum()) + float(self.status[0])) * self.line.gas_price

    def _anneal(self, at: int, chunk: int, round_steps: int) -> None:
        line = self.line
        hot, cold = _HOT * self.scale, _COLD * self.scale
        dearest, weight = _DEAREST[self.round % len(_DEAREST)] * self.scale, 1.0
        if self.round % 2 and self.status[1] > self.limit + TOLERANCE:
            dearest, weight = _SEEKING_PRICE * self.scale, _SEEKING_WEIGHT
            self.status[2] = dearest
        _anneal(
            line.waiting_hours,
            line.process_hours,
            line.due_hours,
            line.idle_gas,
            self.recipes,
            self.current,
            self.starts,
            self.lateness,
            self.best,
            self.status,
            self.state,
            self.limit,
            hot * (cold / hot) ** (at / round_steps),
            (cold / hot) ** (1.0 / round_steps),
            chunk,
            _SHARES_WITHIN[self.round % len(_SHARES_WITHIN)],
            dearest,
            _GUIDE * self.scale,
            weight,
        )


@njit(cache=True, nogil=True)
def _anneal(
    waiting: Floats,
    process: Floats,
    due: Floats,
    idle_gas: Floats,
    recipes: Integers,
    sequence: Integers,
    starts: Floats,
    lateness: Floats,
    best: Integers,
    status: Floats,
    state: Word,
    limit: float,
    temperature: float,
    cooling: float,
    steps: int,
    share_within: float,
    dearest: float,
    guide: float,
    weight: float,
) -> None:
    """Try `steps` moves from `sequence`; keeps the best sequence within the limit in `best` and `status`."""
    cuts = np.zeros(4, dtype=np.int64)
    spare = np.empty_like(sequence)
    gas = total_gas(idle_gas, sequence)
    tardiness = retime(waiting, process, due, sequence, starts, lateness, 0)
    price = status[2]
    within = 0
    for step in range(1, steps + 1):
        temperature *= cooling
        if tardiness <= limit:
            within += 1
        if step % _ADAPT_EVERY == 0:
            if within > 1.2 * share_within * _ADAPT_EVERY:
                price /= 1.1
            elif within < 0.8 * share_within * _ADAPT_EVERY:
                price = min(1.1 * price, dearest)
            within = 0
        if not propose(state, sequence, recipes, cuts):
            continue
        a, b, c, d = cuts[0], cuts[1], cuts[2], cuts[3]
        allowed = -temperature * np.log(1.0 - uniform(state))
        added_gas = exchange_gas(idle_gas, sequence, a, b, c, d)
        added_price = weight * added_gas
        excess = max(0.0, tardiness - limit)
        if added_price - price * excess - guide * tardiness > allowed:
            continue
        added_hours = exchange_tardiness(waiting, sequence, starts, lateness, a, b, c, d)
        added_price += price * (max(0.0, tardiness + added_hours - limit) - excess) + guide * added_hours
        if added_price > allowed:
            continue
        exchange(sequence, spare, a, b, c, d)
        gas += added_gas
        tardiness = retime(waiting, process, due, sequence, starts, lateness, a)
        if _better(gas, tardiness, status[0], status[1], limit):
            best[:] = sequence
            gas = total_gas(idle_gas, sequence)
            status[0], status[1] = gas, tardiness
    status[2] = price


@njit(cache=True, nogil=True)
def _better(gas: float, tardiness: float, best_gas: float, best_tardiness: float, limit: float) -> bool:
    """Within the limit and cheaper (or as cheap and less tardy), or above it and nearer to it."""
    if tardiness <= limit + TOLERANCE / 2:
        if best_tardiness > limit + TOLERANCE / 2:
            return True
        return gas < best_gas - 1e-6 or (gas < best_gas + 1e-6 and tardiness < best_tardiness - 1e-9)
    return best_tardiness > limit + TOLERANCE / 2 and tardiness < best_tardiness - 1e-9
