import csv

import numpy as np
import pytest

from danao.cases import build
from danao.core import data
from danao.proof import LocalProcesses, prove

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
    assert result.effect.units == 6
    assert "6 clusters" in result.effect.method


def test_uncertain_times_are_the_plan_where_they_hardly_vary(example, proof):
    calm = prove(example.under_variation(1e-9), seeds=range(6), appraisal=False)
    planned = proof.candidate.outcomes.kpis["gas"]
    assert calm.candidate.outcomes.kpis["gas"] == pytest.approx(planned, rel=1e-6)


def test_the_exhibits_show_bounds_pictures_and_reality(example):
    table, before_after, front, reality = example.exhibits()
    assert len(table.rows) == 6
    assert all(float(row[-1].rstrip("%")) >= 0 for row in table.rows)
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
