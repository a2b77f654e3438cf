"""Threads that work side by side, and that nobody has to wait for who has had enough."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType


class SideBySide(ThreadPoolExecutor):
    """Threads that live as long as a `with` block.

    The block waits for all that was submitted. If it is left by an error or by Ctrl-C, what has not begun never does,
    and what has begun is not waited for: long work asks `is_stopped` from time to time and returns if it is, because
    Python itself waits for all threads before it ends.

    Args:
        workers: At least 1 is used.
        stop: Called when the block is left by an error, to tell long work that nobody wants its results any more.
    """

    def __init__(self, workers: int, stop: Callable[[], None] | None = None) -> None:
        super().__init__(max(1, workers))
        self._stop = stop
        self._stopped = threading.Event()

    def is_stopped(self) -> bool:
        """Whether nobody wants the results any more."""
        return self._stopped.is_set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._stopped.set()
            if self._stop is not None:
                self._stop()
        self.shutdown(wait=kind is None, cancel_futures=True)
