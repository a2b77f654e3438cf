"""Stretches of time of a flexible job shop's schedule, searched again by CP-SAT while the rest keeps its order.

The operations of a schedule, sorted by time, are cut into those before a stretch, those in it and those after it. What
comes before fixes when each machine and each job is free, what comes after fixes how long the schedule goes on behind
them: the stretch is a small flexible job shop of its own that CP-SAT often solves within a fraction of a second.
Stretches that are proven to hold nothing better make the next ones longer, those that take too long make them shorter.
Source: Shaw, CP 1998 (large neighbourhood search); Pacino & Van Hentenryck, IJCAI 2011 (flexible shops).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from danao.core.random import stream
from danao.scheduling.local_search.shop import Numbers, Shop, State, build, longest, new_state

_FIRST_SIZE = 30.0
"""Operations of the first stretches."""
_LONGER, _SHORTER = 1.03, 0.93
"""What a proven stretch and one that took too long multiply the next sizes by."""
_LARGEST = 5_000
"""Operations above which setting up stretches takes too long."""
_SECONDS = 1.5
"""Longest time for one stretch."""

Progress = Callable[[float, float, int], None]
"""Called with seconds, best value and stretches."""


@dataclass(frozen=True)
class Solved:
    """What CP-SAT says about a stretch."""

    orders: tuple[Numbers, Numbers] | None
    """Sequence and modes of a shorter schedule of all operations, if it found one."""
    proven: bool
    """Whether nothing shorter than what is known is in the stretch."""


@dataclass
class WindowSearch:
    """A search from one schedule, by several threads that share the best one."""

    shop: Shop
    """Without setups and without transport."""
    seed: int
    goal: int
    """Length that cannot be beaten."""
    deadline: float
    """`time.perf_counter` at which to stop."""
    threads: int
    sequence: Numbers
    """(n,) operations in an order that respects routes and machine orders; the best so far."""
    modes: Numbers
    """(n,) their modes."""
    progress: Progress | None = None
    length: int = 0
    stretches: int = 0
    closed: bool = False
    """Whether the whole problem was proven to hold nothing shorter."""
    trace: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> int:
        """Search until the goal or the deadline, or until the whole problem is proven; the length reached."""
        self._began = time.perf_counter()
        self._lock = threading.Lock()
        self._size = min(_FIRST_SIZE, float(len(self.sequence)))
        state = self._state(self.sequence, self.modes)
        self.length = int(longest(self.shop, state))
        with ThreadPoolExecutor(max(1, self.threads)) as pool:
            for worker in [pool.submit(self._work, number) for number in range(max(1, self.threads))]:
                worker.result()
        return self.length

    def _state(self, sequence: Numbers, modes: Numbers) -> State:
        state = new_state(self.shop)
        state.mode[: len(modes)] = modes
        build(self.shop, state, sequence)
        return state

    def _work(self, number: int) -> None:
        random = stream(self.seed, "time windows", number)
        n = len(self.sequence)
        while not self.closed and self.length > self.goal and time.perf_counter() < self.deadline:
            with self._lock:
                state, length, size = self._state(self.sequence, self.modes), self.length, min(n, round(self._size))
            order = by_time(state, length, float(random.random()))
            first = int(random.integers(-(size // 2), n - size // 2)) if size < n else 0
            first, last = max(0, first), min(n, first + size)
            seconds = min(_SECONDS, self.deadline - time.perf_counter())
            answer = solve_stretch(self.shop, state, order, first, last, length, seconds, int(random.integers(2**31)))
            self._take(answer, whole=last - first == n)

    def _take(self, answer: Solved, *, whole: bool) -> None:
        n = len(self.sequence)
        with self._lock:
            self.stretches += 1
            if answer.orders is not None:
                state = self._state(*answer.orders)
                length = int(longest(self.shop, state))
                if length < self.length:
                    self.length, (self.sequence, self.modes) = length, answer.orders
                    self.trace.append((time.perf_counter() - self._began, float(length)))
            elif answer.proven:
                self.closed = self.closed or whole
                self._size = min(float(n), self._size * _LONGER)
            else:
                self._size = max(min(_FIRST_SIZE, float(n)), self._size * _SHORTER)
            if self.progress is not None:
                self.progress(time.perf_counter() - self._began, float(self.length), self.stretches)


def fits_stretches(shop: Shop) -> bool:
    """Whether a shop has alternative machines, no setups, no transport, and is not too large."""
    n = shop.job.size - 1
    plain = shop.setup.shape[0] == 0 and shop.transport.shape[0] == 0
    return plain and n < shop.mode_machine.size and n <= _LARGEST


def by_time(state: State, length: int, share: float) -> Numbers:
    """(n,) all operations by a time between earliest (share 0) and latest start (share 1); routes are respected."""
    n = state.topo.size
    earliest = state.head[:n]
    latest = length - state.tail[:n] - state.duration[:n]
    return np.lexsort((state.rank[:n], (1.0 - share) * earliest + share * latest)).astype(np.int32)


def solve_stretch(
    shop: Shop, state: State, order: Numbers, first: int, last: int, length: int, seconds: float, seed: int
) -> Solved:
    """Look for a shorter schedule in which only the operations order[first:last] change machine or place.

    Args:
        shop: The problem, without setups and transport.
        state: A solution with its longest paths.
        order: (n,) its operations in an order that respects routes and machine orders.
        first: Where the stretch begins.
        last: Where it ends, itself not in it.
        length: Of the solution.
        seconds: Longest time for CP-SAT.
        seed: Of CP-SAT.
    """
    from ortools.sat.python import cp_model

    window = _Window(shop, state, order, first, last, length - 1)
    if window.floor >= length:
        return Solved(None, True)
    if not window.build(cp_model.CpModel()):
        return Solved(None, True)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, seconds)
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 0
    solver.parameters.random_seed = seed
    status = solver.solve(window.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solved(window.orders(solver), False)
    return Solved(None, status == cp_model.INFEASIBLE)


class _Window:
    """The model of a stretch."""

    def __init__(self, shop: Shop, state: State, order: Numbers, first: int, last: int, most: int) -> None:
        self.shop, self.state, self.order, self.first, self.last = shop, state, order, first, last
        self.most = most
        """Longest length that counts as better."""
        n, machines = len(order), len(shop.base) - 1
        self.side = np.zeros(n + 1, dtype=np.int64)
        """(n + 1,) -1 for operations before the stretch, 0 in it, 1 after it; 0 for none."""
        self.side[order[:first]], self.side[order[last:]] = -1, 1
        self.free = np.zeros(machines, dtype=np.int64)
        """(machines,) when what comes before the stretch has left a machine."""
        self.behind = np.zeros(machines, dtype=np.int64)
        """(machines,) how long the schedule goes on from the first operation after the stretch."""
        before, after = order[:first], order[last:]
        ends = state.head[:n].astype(np.int64) + state.duration[:n]
        np.maximum.at(self.free, state.machine[before], ends[before])
        np.maximum.at(self.behind, state.machine[after], state.duration[after].astype(np.int64) + state.tail[after])
        both = before[self.side[shop.job_after[before]] == 1]
        over = ends[before] + shop.delivery[before]
        across = ends[both] + [self._rest(int(x)) for x in both] if len(both) else np.zeros(0, np.int64)
        own = shop.release[after].astype(np.int64) + state.duration[after] + state.tail[after]
        self.floor = int(max(one.max(initial=0) for one in (over, across, own, self.free + self.behind)))
        """Length below which the parts outside the stretch do not let the schedule go."""

    def _rest(self, x: int) -> int:
        """How long a job goes on after an operation whose follower lies after the stretch or is none."""
        k = int(self.shop.job_after[x])
        if self.side[k] != 1:
            return int(self.shop.delivery[x])
        return max(
            int(self.shop.delivery[x]), int(self.shop.lag[k]) + int(self.state.duration[k]) + int(self.state.tail[k])
        )

    def _ready(self, x: int) -> int:
        """When an operation may start as far as what comes before the stretch is concerned."""
        j = int(self.shop.job_before[x])
        if self.side[j] != -1:
            return int(self.shop.release[x])
        done = int(self.state.head[j]) + int(self.state.duration[j]) + int(self.shop.lag[x])
        return max(int(self.shop.release[x]), done)

    def build(self, model: Any) -> bool:
        """Set up variables and rules; False if an operation has no mode left with which something is better."""
        shop, none = self.shop, len(self.order)
        self.model = model
        self.starts: dict[int, Any] = {}
        self.chosen: dict[int, list[tuple[int, Any]]] = {}
        length = model.new_int_var(self.floor, self.most, "")
        on_machine: list[list[Any]] = [[] for _ in self.free]
        ends: dict[int, Any] = {}
        for x in (int(one) for one in self.order[self.first : self.last]):
            ready, rest = self._ready(x), self._rest(x)
            modes = []
            for mode in range(int(shop.mode_first[x]), int(shop.mode_first[x + 1])):
                machine, duration = int(shop.mode_machine[mode]), int(shop.mode_duration[mode])
                low, high = max(ready, int(self.free[machine])), self.most - max(rest, int(self.behind[machine]))
                if low + duration <= high:
                    modes.append((mode, machine, duration, low, high - duration))
            if not modes:
                return False
            start = model.new_int_var(min(one[3] for one in modes), max(one[4] for one in modes), "")
            end = model.new_int_var(0, self.most, "")
            self.starts[x], ends[x], self.chosen[x] = start, end, []
            for mode, machine, duration, low, high in modes:
                here = model.new_bool_var("") if len(modes) > 1 else model.new_constant(1)
                self.chosen[x].append((mode, here))
                if len(modes) > 1:
                    on_machine[machine].append(model.new_optional_interval_var(start, duration, end, here, ""))
                    model.add_hint(here, mode == int(self.state.mode[x]))
                else:
                    on_machine[machine].append(model.new_interval_var(start, duration, end, ""))
                model.add(start >= low).only_enforce_if(here)
                model.add(length >= end + (self.most - duration - high)).only_enforce_if(here)
            if len(modes) > 1:
                model.add_exactly_one([here for _, here in self.chosen[x]])
            model.add_hint(start, int(self.state.head[x]))
        for x, start in self.starts.items():
            j = int(shop.job_before[x])
            if j != none and j in ends:
                model.add(start >= ends[j] + int(shop.lag[x]))
        for intervals in on_machine:
            if len(intervals) > 1:
                model.add_no_overlap(intervals)
        model.minimize(length)
        return True

    def orders(self, solver: Any) -> tuple[Numbers, Numbers]:
        """Sequence and modes of all operations, with what the solver found in the stretch."""
        modes = self.state.mode[: len(self.order)].copy()
        for x, chosen in self.chosen.items():
            modes[x] = next(mode for mode, here in chosen if solver.value(here))
        inside = self.order[self.first : self.last]
        starts = np.array([solver.value(self.starts[int(x)]) for x in inside], dtype=np.int64)
        ends = starts + self.shop.mode_duration[modes[inside]]
        places = np.lexsort((np.arange(len(inside)), ends, starts))
        return np.concatenate([self.order[: self.first], inside[places], self.order[self.last :]]), modes
