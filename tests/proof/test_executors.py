"""The same seeds give the same bits in this process, in local processes and on Ray."""

import json
import os

import numpy as np
import pytest

from danao.core.errors import BadInput, TrialFailed
from danao.proof import InProcess, LocalProcesses, prove
from danao.proof.executors import executor_named
from tests.toys import ToyCase, uniform


def draw(policy, seeds):
    return np.sin(uniform(seeds, 1) * 100) + (policy == "candidate") * uniform(seeds, 2)


def fails(policy, seeds):
    return np.where((seeds == 7) & (policy == "candidate"), np.nan, draw(policy, seeds))


def document(executor, **options):
    return json.dumps(prove(ToyCase(draw), executor=executor, **options).to_dict())


@pytest.mark.parametrize("options", [{"trials": 101}, {"precision": 0.02}])
def test_local_processes_repeat_the_bits_of_one_process(options):
    assert document(LocalProcesses(2), **options) == document(InProcess(), **options)


def test_a_failed_trial_in_a_worker_is_named():
    with pytest.raises(TrialFailed, match="seed 7"):
        prove(ToyCase(fails), seeds=range(20), executor=LocalProcesses(2))


def test_progress_changes_nothing_but_the_telling():
    told = []
    proof = prove(ToyCase(draw), trials=100, progress=lambda done, planned: told.append((done, planned)))
    assert json.dumps(proof.to_dict()) == document(InProcess(), trials=100)
    assert told[-1] == (100, 100)
    assert len(told) > 5


def test_an_unknown_executor_is_named():
    with pytest.raises(BadInput, match="Expected local, processes or ray"):
        executor_named("cloud")


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_ray_repeats_the_bits_of_one_process():
    ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    from danao.proof import Ray

    try:
        executor = Ray(2)
        assert document(executor, trials=101) == document(InProcess(), trials=101)
        with pytest.raises(TrialFailed, match="seed 7"):
            prove(ToyCase(fails), seeds=range(20), executor=executor)
    finally:
        ray.shutdown()
