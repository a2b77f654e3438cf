import csv
import json
import re
import shutil

import numpy as np
import pytest

from danao.cases import build
from danao.cases.heat_treatment_exhibits import before_and_after
from danao.core import data
from danao.proof import LocalProcesses, prove
from danao.scheduling.no_wait import evaluate
from danao.scheduling.no_wait.planning import EXECUTED, SEARCH

EXAMPLE = {"source": "example", "periods": 6, "steps_per_job": 2000, "bound_seconds": 2}


@pytest.fixture(scope="module")
def example():
    return build("heat-treatment", EXAMPLE)


@pytest.fixture(scope="module")
def proof(example):
    return prove(example)


@pytest.fixture(scope="module")
def real():
    if data.find("heat-treatment") is None:
        pytest.skip("data set heat-treatment is not on this machine (DANAO_DATA or ../shared/data)")
    return build("heat-treatment", {"steps_per_job": 6000})


def published():
    with (data.locate("heat-treatment") / "published_results.csv").open() as file:
        return {row["instance"]: row for row in csv.DictReader(file)}


def test_the_example_is_proven_and_keeps_its_promise_in_every_period(proof):
    assert proof.verdict == "proven"
    late = [arm.outcomes.kpis["total tardiness"] for arm in (proof.baseline, proof.candidate)]
    assert (late[1] <= late[0] + 1e-6).all()


def test_before_and_after_can_be_looked_into_and_say_what_the_proof_says(example):
    plan = example.plans[0]
    page = before_and_after(example, plan).page
    charts = json.loads(re.search(r'id="data">(.*?)</script>', page).group(1))["charts"]
    assert [chart["name"] for chart in charts] == ["planner's", "ours"]
    for chart, planner in zip(charts, (EXECUTED, SEARCH), strict=True):
        result = evaluate(plan.line, plan.sequences[planner])
        assert chart["band"]["power"][-1][1] == pytest.approx(result.gas - plan.line.job_gas.sum())
        first = [bar for bar in chart["bars"] if bar[0] == 0 and bar[5] == "work"]
        assert [bar[3] for bar in first] == [f"job {job + 1}" for job in result.sequence]


def test_the_rivals_are_beaten_or_break_the_guardrail(proof):
    for rival in proof.rivals:
        assert rival.candidate_over_rival.mean > 0 or not rival.guardrails_held


def test_money_is_gas_times_its_price(example, proof):
    arm = proof.candidate.outcomes
    price = example.cost_book.prices["natural gas"].amount
    assert arm.items["natural gas"] == pytest.approx(-price * arm.kpis["gas"], rel=1e-12)


def test_a_contract_on_punctuality_turns_tardiness_into_money():
    case = build("heat-treatment", {**EXAMPLE, "tardiness_price": 10})
    result = prove(case, appraisal=False)
    arm = result.candidate.outcomes
    assert arm.items["tardiness"] == pytest.approx(-10 * arm.kpis["total tardiness"])


def test_processes_repeat_the_bits(example, proof):
    other = prove(build("heat-treatment", EXAMPLE), executor=LocalProcesses(2))
    assert other.to_dict() == proof.to_dict()


def test_uncertain_times_count_periods_as_the_units(example):
    result = prove(example.under_variation(0.1), trials=120, appraisal=False)
    assert result.effect.units <= 6
    assert "6 clusters" in result.effect.method


def test_uncertain_times_are_the_plan_where_they_hardly_vary(example, proof):
    calm = prove(example.under_variation(1e-9), seeds=range(6), appraisal=False)
    planned = proof.candidate.outcomes.kpis["gas"]
    assert calm.candidate.outcomes.kpis["gas"] == pytest.approx(planned, rel=1e-6)


def test_the_exhibits_show_bounds_pictures_and_reality(example):
    table, before_after, front, reality = example.exhibits()
    assert len(table.rows) == 6
    assert all(row[-1].endswith("\u00a0%") and float(row[-1].rstrip("\u00a0%")) >= 0 for row in table.rows)
    assert "late jobs, ours" in table.columns
    assert "the period with the median saving" in before_after.caption
    assert "than the planner's order" in front.caption
    assert before_after.svg.startswith("<svg")
    assert front.svg.startswith("<svg")
    assert len(reality.rows) == 3


@pytest.mark.realdata
def test_the_baseline_is_the_executed_outcome_to_the_cent(real):
    results = prove(real, appraisal=False).baseline.outcomes
    rows = published()
    for number, line in enumerate(real.lines):
        assert -results.items["natural gas"][number] == pytest.approx(
            float(rows[line.name]["real_energy_cost"]), abs=0.0051
        )
        assert results.kpis["total tardiness"][number] == pytest.approx(
            float(rows[line.name]["real_total_tardiness_h"]), abs=0.0051
        )


@pytest.mark.realdata
def test_the_real_line_is_proven_and_no_period_is_later(real):
    result = prove(real)
    assert result.verdict == "proven"
    assert result.trials == 10
    assert np.all(result.differences > 0)
    assert result.guardrails[0].held


def test_the_example_never_claims_to_be_the_real_shop(example):
    told = " ".join([*example.story(), example.policies().baseline.description])
    assert "really ran" not in told
    assert "40 to 40" not in told
    assert "published" not in told


def test_settings_changed_are_those_that_differ_from_the_defaults(example):
    assert example.settings_changed() == EXAMPLE
    assert build("heat-treatment", {"source": "example", "periods": 2}).settings_changed() == {
        "source": "example",
        "periods": 2,
    }


def test_a_closed_bound_is_told_as_proven_optimal_and_an_open_one_as_depending_on_the_machine(example):
    from danao.cases.heat_treatment_exhibits import periods_table
    from danao.scheduling.no_wait import Bound

    def told(share):
        costs = [evaluate(plan.line, plan.sequences["search"]).cost for plan in example.plans]
        return periods_table(example, [Bound(share * cost, False, "", 0.0, 0) for cost in costs]).caption

    assert "Proven optimal: no order within the same tardiness saves more." in told(0.99999)
    assert "another 1.00\u00a0%" in told(0.99)
    assert "speed of the machine" in told(0.99)


def test_the_bound_is_drawn_no_further_than_it_holds(monkeypatch):
    from matplotlib.axes import Axes

    from danao.scheduling.no_wait.pictures import cost_tardiness

    drawn = []
    plot = Axes.plot

    def spy(self, *args, **kwargs):
        if kwargs.get("label") == "proven bound":
            drawn.append(args[0])
        return plot(self, *args, **kwargs)

    monkeypatch.setattr(Axes, "plot", spy)
    cost_tardiness(np.array([0.0, 90.0]), np.array([9.0, 5.0]), {"executed": (40.0, 8.0)}, "USD", 6.0)
    assert drawn[0][1] == 40.0


@pytest.mark.realdata
def test_an_unregistered_file_beside_the_data_is_not_read(real, tmp_path, monkeypatch):
    folder = tmp_path / data.data_set("heat-treatment").folder
    shutil.copytree(data.locate("heat-treatment"), folder)
    shutil.copy(folder / "instance01.json", folder / "instance98.json")
    monkeypatch.setenv("DANAO_DATA", str(tmp_path))
    case = build("heat-treatment")
    assert [line.name for line in case.lines] == [line.name for line in real.lines]
    assert sorted(case.data()) == [f"heat-treatment/{line.name}.json" for line in case.lines]


@pytest.mark.realdata
def test_the_real_story_says_what_cannot_be_known(real):
    told = " ".join(real.story())
    for words in ("about 4.7 days", "no arrival times", "only as $", "of the 24 published periods", "not valued"):
        assert words in told
