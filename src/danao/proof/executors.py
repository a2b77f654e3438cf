"""Where trials run: in this process, in local processes, or on Ray. The results are the same to the last bit."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Protocol

from danao.core.case import Case
from danao.core.errors import BadInput, MissingExtra, TrialFailed
from danao.proof.trials import Arm, run_arm

Batch = tuple[int, Sequence[int]]
"""Index of the policy within the case, and the seeds to run."""

RunBatches = Callable[[Sequence[Batch]], list[Arm]]


class Executor(Protocol):
    """Runs batches of trials somewhere."""

    workers: int

    def session(self, case: Case) -> Any:
        """Context manager that yields a function from batches to their arms, in order."""
        ...


class InProcess:
    """One batch after the other, in the calling process."""

    workers = 1

    @contextmanager
    def session(self, case: Case) -> Iterator[RunBatches]:
        """See `Executor.session`."""
        policies = list(case.policies())
        yield lambda batches: [run_arm(case, policies[index], seeds) for index, seeds in batches]


class LocalProcesses:
    """A pool of worker processes on this machine; the case must be picklable."""

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise BadInput(
                "executor processes", f"{workers} workers", "Expected 1 or more", "Leave it out for all cores"
            )
        self.workers = workers or os.cpu_count() or 1

    @contextmanager
    def session(self, case: Case) -> Iterator[RunBatches]:
        """See `Executor.session`."""
        try:
            pickle.dumps(case)
        except Exception as error:
            raise BadInput(
                f"case {case.name}, executor processes",
                f"the case cannot be sent to another process ({error})",
                "Expected a picklable case: no lambdas, open files or connections in it",
                "Use functions of a module, or the executor `local`",
            ) from error
        with ProcessPoolExecutor(
            self.workers, mp_context=get_context("spawn"), initializer=_remember, initargs=(case,)
        ) as pool:

            def run(batches: Sequence[Batch]) -> list[Arm]:
                futures: list[Future[Arm]] = [pool.submit(_run_remembered, index, seeds) for index, seeds in batches]
                try:
                    return [future.result() for future in futures]
                except BrokenProcessPool:
                    raise TrialFailed(
                        f"case {case.name}, executor processes",
                        "a worker process died",
                        "Expected workers that finish their trials (out of memory is the usual reason)",
                        "Run with fewer workers, or with the executor `local` to see the trial that kills it",
                    ) from None

            yield run


class Ray:
    """A Ray cluster: the one that is running, else a local one. Needs the extra `ray`.

    Raises:
        MissingExtra: Ray is not installed.
    """

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtra(
                "executor ray", "ray is not installed", "Expected the extra", 'pip install "danao[ray]"'
            ) from None
        self._ray = ray
        if not ray.is_initialized():
            local: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False, "runtime_env": _same_path()}
            ray.init(address=address, log_to_driver=False, **({} if address else local))
        self.workers = int(ray.cluster_resources().get("CPU", 1))

    @contextmanager
    def session(self, case: Case) -> Iterator[RunBatches]:
        """See `Executor.session`."""
        ray = self._ray
        shared = ray.put(case)
        remote = ray.remote(_run_for)

        def run(batches: Sequence[Batch]) -> list[Arm]:
            try:
                arms: list[Arm] = ray.get([remote.remote(shared, index, seeds) for index, seeds in batches])
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            return arms

        yield run


def executor_named(name: str, workers: int | None = None) -> Executor:
    """The executor of that name: `local`, `processes` or `ray`.

    Raises:
        BadInput: No such executor.
    """
    if name == "local":
        return InProcess()
    if name == "processes":
        return LocalProcesses(workers)
    if name == "ray":
        return Ray(workers)
    raise BadInput(f"executor {name!r}", "unknown", "Expected local, processes or ray", "Choose one of them")


def _same_path() -> dict[str, Any]:
    """Workers on this machine import from where this process does."""
    return {"env_vars": {"PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)}}


_case: list[Case] = []


def _remember(case: Case) -> None:
    _case[:] = [case]


def _run_remembered(index: int, seeds: Sequence[int]) -> Arm:
    return _run_for(_case[0], index, seeds)


def _run_for(case: Case, index: int, seeds: Sequence[int]) -> Arm:
    return run_arm(case, list(case.policies())[index], seeds)
