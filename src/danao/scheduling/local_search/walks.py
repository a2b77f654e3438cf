"""What all searches by a few independent walks have in common: limits, threads, progress and the trace of the best."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from danao.core.threads import SideBySide
from danao.scheduling.model import Problem

WALKS = 2
"""Walks of their own; more threads than this do not help."""

Progress = Callable[[float, float, int], None]
"""Called with seconds, best value and steps."""

Found = TypeVar("Found")


@dataclass
class WalkSearch:
    """A problem, what limits the search for its schedule, and what is known about the search so far."""

    problem: Problem
    objective: str
    seed: int
    goal: float
    """Value that cannot be beaten."""
    deadline: float
    """`time.perf_counter` at which to stop; infinity for none."""
    step_limit: int | None
    threads: int
    progress: Progress | None = None
    steps: int = 0
    trace: list[tuple[float, float]] = field(default_factory=list)

    @property
    def budget(self) -> int:
        """Steps that one walk may do."""
        return 2**62 if self.step_limit is None else max(1, self.step_limit // WALKS)

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return time.perf_counter() >= self.deadline

    def walks(self, walk: Callable[[int], Found]) -> list[Found]:
        """What all walks found, by their numbers; they run side by side as far as there are threads."""
        self._began, self._lock, self._best = time.perf_counter(), threading.Lock(), math.inf
        with SideBySide(min(self.threads, WALKS), self._give_up) as pool:
            return list(pool.map(walk, range(WALKS)))

    def _give_up(self) -> None:
        """Let the walks end at the next look at the clock: somebody has stopped us."""
        self.deadline = -math.inf

    def report(self, value: float, steps: int) -> None:
        """Take note of the best value of a walk after some of its steps."""
        seconds = time.perf_counter() - self._began
        with self._lock:
            if value < self._best:
                self._best = value
                self.trace.append((seconds, float(value)))
            if self.progress is not None:
                self.progress(seconds, self._best, steps)
