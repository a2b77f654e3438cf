"""Simulated annealing on a network of blocks, for weighted tardiness and the makespan.

A step follows what delays one late job back through the schedule, and there lets one block overtake another on its
machine or go to another machine; a few steps are taken anywhere. Many short annealings from different sequences hold a
tournament: the better half goes on for twice as long. The winner enters the next, longer one.
Source: Mati, Dauzère-Pérès & Lahlou, European Journal of Operational Research 212 (2011) (moves on the paths to all
late jobs); van Laarhoven, Aarts & Lenstra, Operations Research 40 (1992) (annealing).
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from danao.core.random import stream
from danao.core.threads import SideBySide
from danao.scheduling.local_search.moves import Words
from danao.scheduling.local_search.network import NEVER_DUE, Integers, Network, numbered_network
from danao.scheduling.local_search.network_moves import Order, new_order, set_out, worth
from danao.scheduling.local_search.network_steps import BEST, NOW, STEP, anneal
from danao.scheduling.model import Problem
from danao.scheduling.schedule import TARDINESS, Schedule

WALKS = 2
"""Walks of their own; more threads than this do not help."""
RIVALS, FEW_RIVALS, MANY_BLOCKS = 16, 2, 100
"""Solutions of a tournament: each is annealed, the better half goes on, for twice as long. Few for many blocks."""
FIRST_LENGTH, LONGEST_LENGTH = 3_000, 300_000
"""Steps of the first annealings, twice as many in every further tournament; and the most of them. For many blocks they
are twice the square of the blocks."""
HOT, COOLER = 0.25, 0.6
"""First temperature, in units of the mean loss of a step that makes the schedule worse; its change from one round of a
tournament to the next."""
_CHUNK_WORK = 1_000_000
"""Blocks visited between two looks at the clock."""

Progress = Callable[[float, float, int], None]


@dataclass(frozen=True)
class _Solution:
    """A solution that an annealing ended with."""

    value: float
    sequence: Integers
    mode: Integers


class _Desk:
    """Memory of one walk."""

    def __init__(self, network: Network, tardy: bool, words: Words) -> None:
        blocks, jobs = network.mode_first.size - 1, network.due.size
        self.network, self.tardy, self.words = network, tardy, words
        self.order, self.own, self.best = new_order(network), new_order(network), new_order(network)
        self.best_value = math.inf
        self.figures = np.zeros(5)
        self.path, self.ends = np.zeros(blocks, dtype=np.int64), np.zeros(jobs, dtype=np.int64)

    @property
    def steps(self) -> int:
        """Steps done."""
        return int(self.figures[STEP])

    def set_out(self, sequence: Integers) -> None:
        """Begin from a sequence, with modes that end first."""
        self.order.mode[:] = self.network.mode_first[:-1]
        set_out(self.network, self.order, sequence, False)
        self._begin()

    def load(self, solution: _Solution) -> None:
        """Begin from a solution."""
        self.order.mode[:] = solution.mode
        set_out(self.network, self.order, solution.sequence, True)
        self._begin()

    def _begin(self) -> None:
        self.figures[NOW] = self.figures[BEST] = worth(self.network, self.order, self.tardy, self.ends)
        self._take(self.own, self.order)

    def anneal(self, steps: int, begin: int, length: int, heat: float, goal: float) -> None:
        """Some steps of an annealing of a given length."""
        anneal(
            self.network,
            self.order,
            self.own,
            self.figures,
            self.path,
            self.ends,
            self.words,
            self.tardy,
            steps,
            begin,
            length,
            heat,
            goal,
        )
        if self.figures[BEST] < self.best_value:
            self.best_value = float(self.figures[BEST])
            self._take(self.best, self.own)

    def solution(self) -> _Solution:
        """The best solution since the beginning."""
        return _Solution(float(self.figures[BEST]), self.own.sequence.copy(), self.own.mode.copy())

    def _take(self, target: Order, source: Order) -> None:
        target.sequence[:], target.mode[:], target.start[:] = source.sequence, source.mode, source.start


@dataclass
class AnnealingSearch:
    """Annealing walks on the network of a problem for which `network_obstacle` names no obstacle."""

    problem: Problem
    objective: str
    seed: int
    goal: float
    """Value that cannot be beaten."""
    deadline: float
    step_limit: int | None
    threads: int
    progress: Progress | None = None
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> Schedule:
        """Search until the goal, the deadline or the step limit; the best schedule."""
        self._began, self._lock, self._best = time.perf_counter(), threading.Lock(), math.inf
        self._numbered = numbered_network(self.problem)
        with SideBySide(min(self.threads, WALKS), self._give_up) as pool:
            walks = list(pool.map(self._walk, range(WALKS)))
        self.steps = sum(steps for _, steps, _ in walks)
        best = min(walks, key=lambda walk: walk[0])[2]
        return self._numbered.schedule(self.problem, best.mode, best.start)

    def _give_up(self) -> None:
        """Let the walks end at the next look at the clock: somebody has stopped us."""
        self.deadline = -math.inf

    def _walk(self, number: int) -> tuple[float, int, Order]:
        network, tardy = self._numbered.network, self.objective == TARDINESS
        random = stream(self.seed, "annealing", number)
        desk = _Desk(network, tardy, random.integers(1, 2**63, size=1).astype(np.uint64))
        budget = 2**62 if self.step_limit is None else max(1, self.step_limit // WALKS)
        blocks = desk.order.sequence.size
        many = blocks > MANY_BLOCKS
        chunk, length = max(20, _CHUNK_WORK // blocks), min(2 * blocks**2, LONGEST_LENGTH) if many else FIRST_LENGTH
        desk.set_out(self._first_sequence(random if number else None))
        champion = desk.solution()
        while True:
            heat, steps, rivals = HOT, length, [champion]
            for at in range(FEW_RIVALS if many else RIVALS):
                if at == 0:
                    desk.load(champion)
                else:
                    desk.set_out(self._first_sequence(random))
                if self._cool(desk, steps, heat, chunk, budget):
                    return desk.best_value, desk.steps, desk.best
                rivals.append(desk.solution())
            while len(rivals) > 1:
                rivals = sorted(rivals, key=lambda one: one.value)[: len(rivals) // 2]
                heat, steps = heat * COOLER, steps * 2
                for at, rival in enumerate(rivals):
                    desk.load(rival)
                    if self._cool(desk, steps, heat, chunk, budget):
                        return desk.best_value, desk.steps, desk.best
                    rivals[at] = desk.solution()
            champion, length = rivals[0], length * 2

    def _cool(self, desk: _Desk, steps: int, heat: float, chunk: int, budget: int) -> bool:
        """One annealing; whether the walk is over."""
        begin = desk.steps
        while desk.steps < begin + steps:
            desk.anneal(min(chunk, budget - desk.steps, begin + steps - desk.steps), begin, steps, heat, self.goal)
            self._report(desk)
            late = time.perf_counter() >= self.deadline
            if desk.steps >= budget or desk.best_value <= self.goal or late:
                return True
        return False

    def _report(self, desk: _Desk) -> None:
        value = desk.best_value if self.objective == TARDINESS else math.floor(desk.best_value)
        with self._lock:
            if value < self._best:
                self._best = value
                self.trace.append((time.perf_counter() - self._began, float(value)))
            if self.progress is not None:
                self.progress(time.perf_counter() - self._began, self._best, desk.steps)

    def _first_sequence(self, random: np.random.Generator | None) -> Integers:
        """Blocks by latest start that meets the due dates, each after those before it; with noise if asked for."""
        network = self._numbered.network
        blocks = network.mode_first.size - 1
        latest = np.full(blocks, math.inf)
        horizon = float(network.mode_length[network.mode_first[:-1]].sum())
        for at in range(network.last_block.size):
            x, member = int(network.last_block[at]), int(network.last_member[at])
            due = int(network.due[network.last_job[at]])
            end = int(network.ends[network.times_first[network.mode_first[x]] + member])
            latest[x] = min(latest[x], (due if due < NEVER_DUE else horizon) - end)
        for x in reversed(self._numbered.sequence):
            for link in range(network.into_first[x], network.into_first[x + 1]):
                p, mode = int(network.into_block[link]), int(network.mode_first[network.into_block[link]])
                begin = network.begins[network.times_first[network.mode_first[x]] + network.into_to[link]]
                end = network.ends[network.times_first[mode] + network.into_from[link]]
                latest[p] = min(latest[p], latest[x] + begin - network.into_least[link] - end)
        latest[np.isinf(latest)] = horizon
        if random is not None:
            latest = latest + random.normal(0.0, random.random() * (np.std(latest) + 1e-9), blocks)
        waiting = np.diff(network.into_first)
        heap = [(float(latest[x]), int(x)) for x in np.flatnonzero(waiting == 0)]
        heapq.heapify(heap)
        sequence = []
        while heap:
            _, x = heapq.heappop(heap)
            sequence.append(x)
            for y in network.out_block[network.out_first[x] : network.out_first[x + 1]]:
                waiting[y] -= 1
                if waiting[y] == 0:
                    heapq.heappush(heap, (float(latest[y]), int(y)))
        return np.array(sequence, dtype=np.int64)
