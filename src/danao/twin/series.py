"""Replications one after the other in the same tables: many in one call of compiled code, which needs no Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from danao.plant.state import PlantState
from danao.twin.compiling import entry
from danao.twin.counting import forget, may_be_stuck, renew, settle
from danao.twin.loop import DONE, ENDLESS, NOTHING_HAPPENS, PARTS_USED_UP
from danao.twin.memory import address_of, call_loop
from danao.twin.replication import Loop, Replication, key_of_seed
from danao.twin.start import put_parts, read_state
from danao.twin.world import Floats, Integers, World

EVENTS_A_CALL = 500_000
"""Events after which compiled code looks up: some hundredths of a second, in which nobody who stops us is heard."""
_FIRST_SLICES = 64
_MOST_AT_ONCE = 256
_MOST_BYTES = 1 << 22

_PAUSED, _PARTS_TO_PUT, _TO_CHECK = 100, 101, 102
"""Further reasons why compiled code stops: it has worked for long enough; parts stand in the plant at the start; parts
may wait for each other for ever."""
_BEGINS, _WARMS_UP, _IS_WARM, _COUNTS, _ENDS = range(5)
"""Where a replication is."""
_PLACE, _PHASE = 0, 1


@entry
def replicate(
    loop: int,
    w: World,
    tables: Integers,
    fresh: Integers,
    parts: int,
    keys: Integers,
    ends: Floats,
    switches: Integers,
    most: int,
    at: Integers,
    pace: Floats,
    taken: Integers,
) -> int:
    """Go on with a series of replications until all are through, or until Python must do something.

    Args:
        loop: Address of the event loop.
        w: The tables.
        tables: (words,) their block; see `renew`.
        fresh: (words,) what it holds at the start.
        parts: How many the tables hold.
        keys: (n,) of the random numbers of each.
        ends: h, when the warm-up ends and when the span ends.
        switches: Whether there is a warm-up, parts at the start, a circle among the routes, the express lane.
        most: Events after which to look up.
        at: Which replication, and where it is in its course; changed.
        pace: Hours to run at once; changed.
        taken: (n, words) their tables at the end; changed.

    Returns:
        Why it stopped: an outcome of the loop, or one of those above.
    """
    run = w.run
    left = most
    while at[_PLACE] < keys.size:
        if at[_PHASE] == _BEGINS:
            renew(w, tables, fresh, parts, keys[at[_PLACE]])
            at[_PHASE] = _WARMS_UP if switches[0] == 1 else _COUNTS
            if switches[1] == 1:
                return _PARTS_TO_PUT
        if at[_PHASE] == _WARMS_UP or at[_PHASE] == _COUNTS:
            end = ends[0] if at[_PHASE] == _WARMS_UP else ends[1]
            while True:
                until = min(end, run.now + pace[0])
                before = run.events
                outcome = call_loop(loop, w, until)
                events = run.events - before
                left -= events
                if outcome == NOTHING_HAPPENS and until < end:
                    outcome = call_loop(loop, w, end)
                    until = end
                if outcome != DONE and outcome != NOTHING_HAPPENS:
                    return int(outcome)
                if until == end:
                    break
                if 2 * events < most:
                    pace[0] *= 2.0
                elif events > 2 * most:
                    pace[0] *= 0.5
                if left <= 0:
                    return _PAUSED
            at[_PHASE] += 1
            if may_be_stuck(w, switches[2] == 1, switches[3] == 1):
                return _TO_CHECK
        if at[_PHASE] == _IS_WARM:
            forget(w)
            at[_PHASE] = _COUNTS
        if at[_PHASE] == _ENDS:
            settle(w)
            for word in range(tables.size):
                taken[at[_PLACE], word] = tables[word]
            at[_PLACE] += 1
            at[_PHASE] = _BEGINS
            if left <= 0:
                return _PAUSED
    return DONE


class Series:
    """Tables of one replication, in which many are run one after the other.

    Args:
        replication: The tables; this series alone uses them.
        loop: The event loop.
        state: To start from; None: an empty plant on a Monday at 00:00, with nothing else to be set.
        warm_up: h.
        hours: Span that counts.

    Raises:
        BadInput: The state does not fit the plant.
    """

    def __init__(
        self, replication: Replication, loop: Loop, state: PlantState | None, warm_up: float, hours: float
    ) -> None:
        replication.reset(0)
        self._rows = None if state is None else read_state(replication, state)
        replication.keep()
        self._replication = replication
        self._loop = address_of(loop)
        begin = replication.now
        self._ends = np.array([begin + warm_up, begin + warm_up + hours])
        placing = self._rows is not None and any(len(rows) for rows in self._rows)
        self._switches = np.array(
            [warm_up > 0, placing, replication.layout.circular, replication.express], dtype=np.int64
        )
        self._pace = np.array([(warm_up + hours) / _FIRST_SLICES])
        self.most = int(max(1, min(_MOST_AT_ONCE, _MOST_BYTES // replication.block.nbytes)))
        """Replications that `run` takes at once."""

    def run(self, seeds: Sequence[int], is_stopped: Callable[[], bool]) -> NDArray[np.uint8] | None:
        """Run a replication for each seed.

        Args:
            seeds: (n,).
            is_stopped: Asked from time to time whether the results are still wanted.

        Returns:
            (n, bytes) blocks of their tables at the end; `Replication.tables_of` reads them. None: stopped.

        Raises:
            Deadlock: A replication came to a stop with parts in the plant, or time stands still.
        """
        replication = self._replication
        block = replication.block
        keys = np.array([key_of_seed(seed) for seed in seeds], dtype=np.int64)
        taken = np.empty((len(keys), block.size), np.uint8)
        at = np.zeros(2, dtype=np.int64)
        while True:
            outcome = replicate(
                self._loop,
                replication.world,
                block.view(np.int64),
                replication.fresh.view(np.int64),
                len(replication.world.parts),
                keys,
                self._ends,
                self._switches,
                EVENTS_A_CALL,
                at,
                self._pace,
                taken.view(np.int64),
            )
            if outcome == DONE:
                return taken
            if is_stopped():
                return None
            if outcome == PARTS_USED_UP:
                replication.grow()
            elif outcome == _PARTS_TO_PUT and self._rows is not None:
                put_parts(replication, *self._rows)
            elif outcome == _TO_CHECK:
                replication.check()
            elif outcome == ENDLESS:
                raise replication.endless()
