"""Tabu walks from an elite of good solutions, relinked pairwise, on several threads.

Walks start from random dispatching first, then from solutions between two members of the elite. Each walk that ends
may replace the worst member. Walks are numbered, and walk k starts from the elite as it is after walk k - 4, so that
with a limit on steps the result is the same on every run and for any number of threads.
Source: Peng, Lü & Cheng, Computers & Operations Research 53 (2015) (tabu search with path relinking).
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from danao.core.random import stream
from danao.core.threads import SideBySide
from danao.scheduling.local_search.shop import Numbers, Shop, State, build, new_state
from danao.scheduling.local_search.starts import between, dispatch, distance
from danao.scheduling.local_search.tabu import BEST, STEP, Memory, begin, new_memory, walk

AHEAD = 4
"""Walks that may be under way at a time; more threads than this do not help."""
MEMBERS = 10
PATIENCE = 12_500
"""Steps without a better solution after which a walk ends."""
_CHUNK_WORK = 4_000_000
"""Operations visited between two looks at the clock."""

Progress = Callable[[float, float, int], None]
"""Called with seconds, best value and steps."""


@dataclass(frozen=True)
class Solution:
    """A solution that a walk ended with."""

    length: int
    modes: Numbers
    """(n,)."""
    ranks: Numbers
    """(n,) place of each operation in a sequence that respects routes and machine orders."""
    steps: int
    """Steps of the walk, at least 1."""


@dataclass
class EliteSearch:
    """A search for the shortest schedule of a shop."""

    shop: Shop
    seed: int
    goal: int
    """Length that cannot be beaten."""
    deadline: float
    """`time.perf_counter` at which to stop; infinity for none."""
    step_limit: int | None
    threads: int
    progress: Progress | None = None
    patience: int = PATIENCE
    first: tuple[Numbers, Numbers] | None = None
    """Sequence and modes of a known solution to start from."""
    members: list[Solution] = field(default_factory=list)
    best: Solution | None = None
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> Solution:
        """Search until the goal, the deadline or the step limit; the best solution."""
        self._began = time.perf_counter()
        self._lock = threading.Lock()
        self._shortest = 2**31
        self._desks: deque[tuple[State, Memory]] = deque()
        random = stream(self.seed, "relinking")
        with SideBySide(min(self.threads, AHEAD), self._give_up) as pool:
            waiting: deque[tuple[Future[Solution], int]] = deque()
            number = 0
            while True:
                while len(waiting) < AHEAD and (number == 0 or not self._over()):
                    budget = self._budget(sum(reserved for _, reserved in waiting))
                    if number and budget <= 0:
                        break
                    waiting.append((pool.submit(self._walk, number, budget, *self._start(number, random)), budget))
                    number += 1
                if not waiting:
                    break
                self._admit(waiting.popleft()[0].result())
        assert self.best is not None
        return self.best

    def _give_up(self) -> None:
        """Let the walks end at the next look at the clock: somebody has stopped us."""
        self.deadline = -math.inf

    def _over(self) -> bool:
        if self.best is not None and self.best.length <= self.goal:
            return True
        if self.step_limit is not None and self.steps >= self.step_limit:
            return True
        return time.perf_counter() >= self.deadline

    def _budget(self, reserved: int) -> int:
        """Steps that the next walk may do."""
        if self.step_limit is None:
            return 2**62
        return min(10 * self.patience, max(1, self.step_limit // AHEAD), self.step_limit - self.steps - reserved)

    def _start(self, number: int, random: np.random.Generator) -> tuple[Numbers, Numbers] | tuple[None, None]:
        if number == 0 and self.first is not None:
            return self.first
        if len(self.members) < MEMBERS or number < MEMBERS:
            return None, None
        a, b = (self.members[int(i)] for i in random.choice(len(self.members), 2, replace=False))
        share = float(random.uniform(0.35, 0.65))
        return between(a.ranks, a.modes, b.ranks, b.modes, share, random)

    def _walk(self, number: int, budget: int, sequence: Numbers | None, modes: Numbers | None) -> Solution:
        shop, n = self.shop, self.shop.job.size - 1
        with self._lock:
            state, memory = self._desks.pop() if self._desks else (new_state(shop), new_memory(shop))
        memory.words[0] = int(stream(self.seed, "walk", number).integers(1, 2**63))
        if sequence is None or modes is None:
            sequence = np.empty(n, dtype=np.int32)
            dispatch(shop, state, memory.words, 0.0 if number == 0 else min(1.0, 0.1 * number), sequence)
        else:
            state.mode[:n] = modes
        build(shop, state, sequence)
        begin(shop, state, memory)
        chunk = max(20, _CHUNK_WORK // n) if math.isfinite(self.deadline) else 2**31
        over = budget <= 0
        self._report(int(memory.progress[BEST]))
        while not over and time.perf_counter() < self.deadline:
            over = walk(shop, state, memory, min(chunk, budget - int(memory.progress[STEP])), self.patience, self.goal)
            over = over or int(memory.progress[STEP]) >= budget
            self._report(int(memory.progress[BEST]))
        ranks = np.empty(n, dtype=np.int32)
        ranks[memory.best_sequence] = np.arange(n, dtype=np.int32)
        steps = max(1, int(memory.progress[STEP]))
        found = Solution(int(memory.progress[BEST]), memory.best_mode.copy(), ranks, steps)
        with self._lock:
            self._desks.append((state, memory))
        return found

    def _report(self, length: int) -> None:
        with self._lock:
            if length < self._shortest:
                self._shortest = length
                self.trace.append((time.perf_counter() - self._began, float(length)))
            if self.progress is not None:
                self.progress(time.perf_counter() - self._began, float(self._shortest), self.steps)

    def _admit(self, found: Solution) -> None:
        """Take a solution into the elite if it is better than the worst member and unlike the others."""
        self.steps += found.steps
        if self.best is None or found.length < self.best.length:
            self.best = found
        alike = max(1, self.shop.job.size // 100)
        for at, member in enumerate(self.members):
            if distance(self.shop, found.modes, found.ranks, member.modes, member.ranks) <= alike:
                if found.length < member.length:
                    self.members[at] = found
                return
        if len(self.members) < MEMBERS:
            self.members.append(found)
            return
        worst = max(range(MEMBERS), key=lambda at: self.members[at].length)
        if found.length < self.members[worst].length:
            self.members[worst] = found


def shop_starts(shop: Shop, solution: Solution) -> Numbers:
    """(n,) earliest start of every operation in a solution."""
    return starts_of(shop, np.argsort(solution.ranks, kind="stable").astype(np.int32), solution.modes)


def starts_of(shop: Shop, sequence: Numbers, modes: Numbers) -> Numbers:
    """(n,) earliest start of every operation where all machines work in the order of a sequence.

    Args:
        shop: The problem.
        sequence: (n,) all operations, each after those before it in its route.
        modes: (n,) their modes.
    """
    n = shop.job.size - 1
    state = new_state(shop)
    state.mode[:n] = modes
    build(shop, state, sequence)
    return state.head[:n].copy()
