"""Threads that nobody has to wait for."""

from __future__ import annotations

import threading

import pytest

from danao.core.threads import SideBySide


def test_results_come_in_the_order_of_the_work():
    with SideBySide(3) as pool:
        assert list(pool.map(lambda number: number * number, range(50))) == [number * number for number in range(50)]
    assert not pool.is_stopped()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_who_is_stopped_tells_what_runs_and_begins_nothing_more(error):
    begun, told = [], []
    running, free = threading.Event(), threading.Event()

    def work(number: int) -> bool:
        begun.append(number)
        running.set()
        assert free.wait(20.0)
        return pool.is_stopped()

    pool = SideBySide(1, lambda: told.append(True))
    pool.__enter__()
    first, *others = [pool.submit(work, number) for number in range(5)]
    assert running.wait(20.0)
    pool.__exit__(error, error(), None)
    # We are out of the block although the first still works.
    assert not first.done()
    assert all(other.cancelled() for other in others)
    free.set()
    assert first.result(20.0)
    assert begun == [0]
    assert told == [True]
