from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danao.learning import fidelity, learn, read_log
from danao.learning.diagnosis import unexplained
from danao.learning.fidelity import judged, split
from danao.learning.learn import Options
from danao.plant import example
from tests.learning.known_plants import recorded
from tests.learning.logs import line, written
from tests.learning.wrong_twins import slower


@pytest.fixture
def log(tmp_path: Path):
    return read_log(written(tmp_path / "log.csv", line(300))).log


def test_a_log_leaves_nothing_unexplained_in_itself(log) -> None:
    assert unexplained(log, [log]) == ()


def test_the_operation_that_takes_longer_is_named_with_its_times(log) -> None:
    longer = log.operation == log.operations.index("milling")
    twin = replace(log, start=log.start + 0.0, end=np.where(longer, log.end + 2.0, log.end))
    told = unexplained(log, [twin])
    assert len(told) == 1
    assert re.match(r"milling: a report takes 2\.5 h in the twin, (29|30|31) min recorded", told[0])


def test_jobs_that_are_sequenced_by_material_are_seen(log) -> None:
    """Ten of one material, ten of the other; the twin waits for three hours more."""
    sequenced = replace(log, materials=("steel", "brass"), material=log.order // 10 % 2)
    late = log.operation == log.operations.index("milling")
    twin = replace(log, start=np.where(late, log.start + 3, log.start), end=np.where(late, log.end + 3, log.end))
    told = " ".join(unexplained(sequenced, [twin]))
    assert "milling: an order waits" in told
    assert "jobs of one material follow each other (10 % are of another one than the job before, 50 % if" in told


def test_a_refused_twin_says_where_and_one_that_passes_says_nothing(log) -> None:
    past, later, _ = split(log)
    wrong = judged(slower(learn(past), 2.0), past, later, log.cut, runs=3)
    assert not wrong.passed
    assert wrong.unexplained
    right = fidelity(log, Options(), runs=3)
    assert right.passed
    assert right.unexplained == ()


def test_the_steel_mill_is_refused_for_its_casting_sequences(tmp_path: Path) -> None:
    """The caster takes six heats of one grade in a row; the twin mixes the grades."""
    found = fidelity(recorded(example("steel-mill"), tmp_path, hours=672.0), Options(scale=1.3), runs=3)
    assert not found.passed
    assert found.unexplained[0].startswith("caster: an order waits")
    assert "jobs of one material follow each other" in found.unexplained[0]
