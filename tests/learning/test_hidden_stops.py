from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from danao.learning import learn
from danao.learning.stops import is_stopped
from danao.plant import Distribution, Failure, Family
from danao.twin import Twin
from tests.learning.known_plants import gamma, recorded, workshop


def test_breakdowns_that_nobody_reported_are_learnt_from_the_jobs_that_they_stopped(tmp_path: Path) -> None:
    failure = Failure("operation", Distribution(Family.EXPONENTIAL, (50.0,)), gamma(4.0, 1.0))
    plain = workshop(None, {}, gap=2.0)
    known = replace(
        plain, stations=tuple(replace(one, failures=(failure,) * (one.name == "mill")) for one in plain.stations)
    )
    learnt = learn(recorded(known, tmp_path, hours=8000.0)).plant
    assert {one.name: len(one.failures) for one in learnt.stations} == {"saw": 0, "mill": 1, "furnace": 0}
    found = learnt.station("mill").failures[0]
    assert found.up.mean == pytest.approx(50.0, rel=0.2)
    assert found.down.mean == pytest.approx(4.0, rel=0.1)

    def lead(plant: object) -> float:
        runs = Twin(plant).run(range(20), 4000.0, warm_up=1000.0, threads=1)
        return float(runs.lead_hours.sum() / runs.finished.sum())

    assert lead(learnt) == pytest.approx(lead(known), rel=0.15)


@pytest.mark.parametrize("law", ["exponential", "gamma", "lognormal", "weibull", "normal"])
def test_the_long_tail_of_a_law_is_no_breakdown(law: str) -> None:
    for seed in range(20):
        chooser = np.random.default_rng(seed)
        times = {
            "exponential": chooser.exponential(1.0, 3000),
            "gamma": chooser.gamma(0.7, 1.0, 3000),
            "lognormal": chooser.lognormal(0.0, 0.9, 3000),
            "weibull": chooser.weibull(0.7, 3000),
            "normal": chooser.normal(10.0, 1.0, 3000),
        }[law]
        assert is_stopped(times).sum() <= 2
