"""The digital twin of a plant: compiled once, run many times, the same bits for the same seeds."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed

import numpy as np

from danao.core.errors import BadInput
from danao.core.threads import SideBySide
from danao.plant.model import Plant
from danao.plant.state import PlantState
from danao.twin.calendar import FLAT_UP_TO
from danao.twin.layout import compile_plant
from danao.twin.loop import event_loop
from danao.twin.plans import FollowedPlan, use_plan
from danao.twin.policies import Place, tune, use_function, use_rule
from danao.twin.priority import PriorityFunction, Tuning, write_function
from danao.twin.replication import Replication
from danao.twin.results import Results
from danao.twin.runs import Runs
from danao.twin.series import Series
from danao.twin.start import put_in_state
from danao.twin.trace import Trace

_TRACE_CHUNK = 1 << 16


class Twin:
    """A plant, ready to run.

    Args:
        plant: What to simulate.
        parts: Parts that the tables hold at first; they grow when the plant fills up.
        general: Run the general part of the loop even where the express lane gives the same result faster.
        rule: A dispatching rule of your own, for all stations or those of `stations`: it takes ten numbers, in the
            order of `FEATURES`, and returns a key; the part with the smallest goes first. It is compiled by Numba.
        stations: Where `rule` or `function` is used, by name; None: everywhere.
        function: A priority function instead, in the place `place` of each station's rules; `follow` exchanges it.
        tuning: Numbers of ATC, ATCS and COVERT.
        plan: What each machine does in which order.

    Raises:
        BadInput: `stations` names one that the plant does not have, or the plan does not fit it.
    """

    def __init__(
        self,
        plant: Plant,
        *,
        parts: int = 256,
        general: bool = False,
        rule: Callable[..., float] | None = None,
        stations: Sequence[str] | None = None,
        function: PriorityFunction | None = None,
        place: Place = "first",
        tuning: Tuning | None = None,
        plan: FollowedPlan | None = None,
    ) -> None:
        self.plant = plant
        self.layout = compile_plant(plant)
        if rule is not None:
            # The compiled rule must live as long as the tables that hold its address.
            self._rule = use_rule(self.layout, rule, stations)
            general = True
        if tuning is not None:
            tune(self.layout, tuning)
        if function is not None:
            use_function(self.layout, function, place, stations)
            general = True
        if plan is not None:
            self.layout = use_plan(self.layout, plan)
        self._parts = parts
        self._general = general or not self.layout.express
        self._general_loop = event_loop(True, True, False)
        failing = self.layout.failing
        self._loop = (
            self._general_loop if self._general else event_loop(self.layout.express_clocks > FLAT_UP_TO, failing, True)
        )

    def follow(self, function: PriorityFunction) -> None:
        """Exchange the priority function, in no time; the twin must have been made with one."""
        write_function(self.layout.world.rule_numbers, function)

    def run(
        self,
        seeds: Sequence[int],
        hours: float,
        *,
        warm_up: float = 0.0,
        threads: int | None = None,
        start: PlantState | None = None,
    ) -> Runs:
        """Run one replication for each seed.

        Args:
            seeds: Whole numbers; the same seed gives the same bits, whatever the other seeds or the threads.
            hours: Span that counts.
            warm_up: Hours before it that do not.
            threads: Replications side by side; default: all cores.
            start: State to start from; None: an empty plant on a Monday at 00:00.

        Raises:
            BadInput: A span that is not positive and finite, or a state that does not fit the plant.
            Deadlock: A replication came to a stop with parts in the plant.
        """
        self._check_spans(hours, warm_up)
        results = Results(self.plant, self.layout, seeds, hours)
        workers = min(threads or os.cpu_count() or 1, len(seeds))
        shares = _Shares(len(seeds), workers)

        def replicate(is_stopped: Callable[[], bool]) -> None:
            replication = self._replication(start)
            loop = self._loop if replication.express else self._general_loop
            state = start if replication.express else start or PlantState()
            series = Series(replication, loop, state, warm_up, hours)
            while (share := shares.next(series.most)) and not is_stopped():
                blocks = series.run(seeds[share.start : share.stop], is_stopped)
                if blocks is not None:
                    results.take(share.start, replication.tables_of(blocks))

        if workers <= 1:
            replicate(lambda: False)
        else:
            with SideBySide(workers) as pool:
                for done in as_completed([pool.submit(replicate, pool.is_stopped) for _ in range(workers)]):
                    done.result()
        return results.runs()

    def trace(self, seed: int, hours: float, *, warm_up: float = 0.0, start: PlantState | None = None) -> Trace:
        """Run one replication and keep every event of the span after the warm-up.

        Raises:
            BadInput: A span that is not positive and finite, or a state that does not fit the plant.
            Deadlock: The replication came to a stop with parts in the plant.
        """
        self._check_spans(hours, warm_up)
        replication = self._replication(start, general=True)
        replication.reset(seed)
        put_in_state(replication, start or PlantState())
        begin = replication.now
        if warm_up > 0:
            replication.advance(self._general_loop, begin + warm_up)
            replication.forget()
        replication.trace(_TRACE_CHUNK)
        replication.advance(self._general_loop, begin + warm_up + hours)
        replication.drain()
        events = np.concatenate(replication.chunks)
        return Trace(self.plant, seed, begin + warm_up, begin + warm_up + hours, _without_flicker(events))

    def _check_spans(self, hours: float, warm_up: float) -> None:
        if not (math.isfinite(hours) and hours > 0 and math.isfinite(warm_up) and warm_up >= 0):
            raise BadInput(
                f"twin of {self.plant.name}",
                f"{hours} h after {warm_up} h of warm-up",
                "Expected a span above 0 and a warm-up of 0 or more",
                "Correct the spans",
            )

    def _replication(self, start: PlantState | None, *, general: bool = False) -> Replication:
        return Replication(self.layout, self._parts, general=general or self._general or start is not None)


class _Shares:
    """Replications that nobody has run yet: each thread takes some when it has none.

    The shares get smaller towards the end, so that no thread waits long for the last one.
    """

    def __init__(self, count: int, workers: int) -> None:
        self._count, self._workers, self._next = count, workers, 0
        self._lock = threading.Lock()

    def next(self, most: int) -> range:
        """Up to so many replications; empty: there are no more."""
        with self._lock:
            size = min(most, -(-(self._count - self._next) // (4 * self._workers)))
            self._next += size
            return range(self._next - size, self._next)


def _without_flicker(events: np.ndarray) -> np.ndarray:
    """Leave out the states that a machine was in for no time at all."""
    rows = np.flatnonzero(events["kind"] == 7)
    order = rows[np.lexsort((rows, events["machine"][rows]))]
    machine, time = events["machine"][order], events["time"][order]
    gone = np.zeros(len(order), dtype=bool)
    gone[:-1] = (machine[:-1] == machine[1:]) & (time[:-1] == time[1:])
    keep = np.ones(len(events), dtype=bool)
    keep[order[gone]] = False
    return events[keep]
