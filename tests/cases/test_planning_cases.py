"""The cases of learnt rules and executed plans: repeatable, the same twin for both sides, mistakes explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from danao.cases import build
from danao.cases.fab_dispatch import FabDispatch
from danao.cases.job_shop import JobShop, JobShopParameters
from danao.cases.planned_shop import PlannedShop, PlannedShopParameters
from danao.core import BadInput
from danao.planning import LearntPolicy, Rival, as_function, write_policy
from danao.plant.example import example_text


@pytest.fixture
def atc(tmp_path: Path) -> str:
    function = as_function(Rival("atc"))
    assert function is not None
    return str(write_policy(LearntPolicy("atc as a function", function), tmp_path / "atc.json"))


def test_a_learnt_rule_that_is_atc_is_worth_nothing_against_atc(atc: str) -> None:
    case = JobShop(JobShopParameters(policy=atc, baseline="atc", rivals=("spt",), hours=100.0, warm_up=20.0))
    baseline, candidate, spt = case.policies()
    seeds = [5, 6, 7]
    ours, theirs = case.run(candidate, seeds), case.run(baseline, seeds)
    np.testing.assert_array_equal(ours.items["lateness"], theirs.items["lateness"])
    assert (case.run(spt, seeds).items["lateness"] < theirs.items["lateness"]).any()
    np.testing.assert_array_equal(case.run(candidate, [7]).items["lateness"], ours.items["lateness"][2:])


def test_the_rule_that_comes_with_danao_runs_on_shops_of_another_size() -> None:
    case = JobShop(JobShopParameters(stations=6, machines=2, products=12, hours=60.0, warm_up=10.0))
    outcome = case.run(case.policies().candidate, [1, 2])
    assert (outcome.kpis["orders finished"] > 0).all()
    assert case.data().keys() == {"job-shop.json"}


def test_a_plant_file_takes_a_learnt_rule_and_a_tuned_one(atc: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(example_text("machine-shop"), encoding="utf-8")
    case = build("plant-file", {"file": str(file), "candidate": atc, "baseline": "atc", "rivals": ["atc k=2 b=0"]})
    outcomes = [case.run(policy, [1, 2]) for policy in case.policies()]
    for one in outcomes[1:]:
        np.testing.assert_array_equal(one.items["lateness"], outcomes[0].items["lateness"])
    assert atc in case.data()
    with pytest.raises(BadInput, match="no rule"):
        build("plant-file", {"file": str(file), "candidate": "best k=2"})


def test_a_planned_shop_is_the_same_for_the_same_seed_and_no_order_is_lost() -> None:
    settings = PlannedShopParameters(orders=15, steps=100, quantile=0.8)
    case = PlannedShop(settings)
    policies = case.policies()
    assert [policy.name for policy in policies] == ["covert", "plan, 80 % quantiles", "as is", "plan, mean times"]
    for policy in policies:
        both = case.run(policy, [3, 4])
        np.testing.assert_array_equal(
            both.items["lateness"], PlannedShop(settings).run(policy, [3, 4]).items["lateness"]
        )
        assert (both.kpis["good parts"] >= 10).all()


def test_a_case_of_a_rule_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInput, match="no rule"):
        PlannedShop(PlannedShopParameters(baseline="the best"))
    with pytest.raises(BadInput, match="no policy"):
        FabDispatch()
