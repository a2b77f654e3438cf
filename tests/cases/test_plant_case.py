"""The case of a plant file: what it makes of results, whatever the twin is. The twin has tests of its own."""

import json
import pickle
from importlib import import_module

import numpy as np
import pytest

from danao.cases import build
from danao.cases.plant_file import PILOT_RUNS
from danao.core import BadInput
from danao.proof import prove
from danao.proof.report import write
from tests.twin.synthetic import FormulaTwin

PLANT = """\
plant: drill shop
products:
  bolt:
    route:
      - {station: drill, time: {exponential: 3 min}, setup_class: m6}
      - {station: wash, time: 4 min}
  nut: {route: [{station: drill, time: 5 min, setup_class: m8}]}
stations:
  drill: {rule: fifo, setup: setups.csv}
  wash: {energy: {working: 5 kW, idle: 1 kW}}
sources:
  - {product: bolt, gaps: {exponential: 6 min}, due_after: 2 h}
  - {product: nut, gaps: {exponential: 30 min}}
tariff: {price: 0.2 EUR/kWh}
worth:
  margin: {bolt: 3 EUR, nut: 3 EUR}
  scrap: {bolt: 1 EUR}
  late: 0.4 EUR/h
"""


@pytest.fixture
def plant_file(tmp_path, monkeypatch):
    monkeypatch.setattr(import_module("danao.cases.plant_file"), "Twin", FormulaTwin)
    path = tmp_path / "plant.yaml"
    path.write_text(PLANT)
    path.with_name("setups.csv").write_text("from,to,time\nm6,m8,5 min\n")
    return path


@pytest.fixture
def case(plant_file):
    def case(**settings):
        return build("plant-file", {"file": str(plant_file), "candidate": "edd", **settings})

    return case


def test_a_policy_against_itself_is_worth_exactly_nothing(case):
    proof = prove(case(candidate="as is"), trials=40)
    assert (proof.differences == 0).all()
    assert (proof.effect.lower, proof.effect.upper) == (0.0, 0.0)
    assert proof.verdict == "not proven"
    assert all(result.held for result in proof.guardrails)
    same = prove(case(candidate="spt", baseline="spt"), trials=40)
    assert (same.differences == 0).all()


def test_the_effect_is_the_saved_lateness_at_its_price(case):
    """Under edd each part is late by half an hour less; all else is equal."""
    proof = prove(case(), trials=750)
    made = proof.arms["as is"].outcomes.kpis["good parts"]
    assert proof.differences == pytest.approx(0.5 * made * 0.4)
    assert proof.verdict == "proven"
    before, after = proof.items["contribution margin"]
    assert before == after == pytest.approx(3 * made.mean())


def test_both_policies_meet_the_same_trials(case):
    """Common random numbers: the output does not depend on the rule, so it is the same, trial by trial."""
    proof = prove(case(), trials=30)
    columns = [arm.outcomes.kpis["good parts"] for arm in proof.arms.values()]
    assert np.array_equal(*columns)
    assert np.ptp(columns[0]) > 0


def test_the_output_must_not_fall_by_more_than_its_margin(case):
    one = case(hours=100.0, output_margin=0.02)
    margins = {promise.kpi: promise.margin for promise in one.guardrails}
    pilot = one.run(one.policies().baseline, range(PILOT_RUNS)).kpis["good parts"]
    assert margins["good parts"] == pytest.approx(0.02 * pilot.mean())
    assert margins["share late"] == 0.005


def test_without_due_dates_nothing_is_promised_about_them(case, plant_file):
    plant_file.write_text(plant_file.read_text().replace(", due_after: 2 h", ""))
    assert [promise.kpi for promise in case().guardrails] == ["good parts"]


def test_rivals_stand_beside_the_candidate_under_names_of_their_own(case):
    policies = case(candidate="edd", rivals=["fifo", "drill:spt", "edd"]).policies()
    assert [policy.name for policy in policies] == ["as is", "edd", "fifo", "drill: spt", "edd (again)"]


def test_the_period_is_the_span_of_a_trial(case):
    assert case(hours=84.0).period.total_seconds() == 84 * 3600


def test_a_case_is_built_again_from_its_parameters_and_travels_to_other_processes(case):
    one = case(candidate="drill: edd", warm_up=3)
    again = build("plant-file", json.loads(json.dumps(one.parameters())))
    assert again.parameters() == one.parameters()
    seeds = [5, 9]
    sent = pickle.loads(pickle.dumps(one))
    for other in (again, sent):
        assert np.array_equal(
            other.run(one.policies().candidate, seeds).money, one.run(one.policies().candidate, seeds).money
        )


def test_the_hashes_cover_the_plant_and_the_tables_that_it_names(case, plant_file):
    before = case().data()
    assert set(before) == {"plant.yaml", "setups.csv"}
    plant_file.with_name("setups.csv").write_text("from,to,time\nm6,m8,7 min\n")
    after = case().data()
    assert after["plant.yaml"] == before["plant.yaml"]
    assert after["setups.csv"] != before["setups.csv"]


def test_the_report_shows_machines_parts_and_power_under_both_policies(case, tmp_path):
    one = case()
    titles = [exhibit.title for exhibit in one.exhibits()]
    assert titles[0] == "Stations"
    for what in ("Where the machine hours go", "What each machine does", "Parts in the plant", "Electrical power"):
        assert [title for title in titles if title.startswith(what)] == [
            f"{what}: today (as is)",
            f"{what}: ours (edd)",
        ]
    write(prove(one, trials=40), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "drill shop: edd, against as is" in page
    assert page.count("What each machine does") >= 2


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (("worth:\n", "other:\n"), {}, "plant.yaml:.*other"),
        (None, {"candidate": "atx"}, "policy 'atx': 'atx' is no rule"),
        (None, {"baseline": "mill: spt"}, "unknown station 'mill'"),
        (None, {"rivals": ["drill: nonsense"]}, "'nonsense' is no rule"),
        (None, {"candidate": ""}, "case plant-file: no candidate.*--candidate atc"),
        (None, {"file": ""}, "case plant-file: no plant file"),
        (None, {"file": "nowhere.yaml"}, "nowhere.yaml: cannot be read"),
        (None, {"hours": 0}, "hours is 0"),
    ],
)
def test_a_mistake_is_explained(case, plant_file, change, settings, message):
    if change:
        plant_file.write_text(plant_file.read_text().replace(*change))
    with pytest.raises(BadInput, match=message):
        case(**settings)


def test_a_plant_without_prices_says_what_to_add(case, plant_file):
    plant_file.write_text(plant_file.read_text().split("worth:")[0])
    with pytest.raises(BadInput, match=r"plant drill shop: nothing says.*worth: \{margin: \{bolt: 12 EUR\}"):
        case()
