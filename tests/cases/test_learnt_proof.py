"""A plant that was learnt from records, proven: the gate, and what the records leave uncertain."""

import json
import re

import numpy as np
import pytest

from danao.app import cli
from danao.cases import build
from danao.cases.learnt_plant import drawn_plant
from danao.core import BadInput
from danao.learning import learn, read_log
from danao.learning.uncertainty import bootstrap
from danao.learning.write import write_learnt
from danao.plant import read_plant, write_plant
from danao.proof import prove
from tests.learning.logs import line, written

WORTH = "worth: {currency: EUR, margin: {route 1: 20 EUR}, work_in_process: 3 EUR/h}\n"
POLICY = {"candidate": "limit 1", "hours": 100.0, "warm_up": 20.0, "output_margin": 0.3}


@pytest.fixture
def learnt(tmp_path):
    """A plant of saw and mill, learnt from 200 orders, with ten plants from resampled orders and a passed gate."""
    reading = read_log(written(tmp_path / "log.csv", line(200, hours=(1.2, 0.5))))
    found = learn(reading.log, "line")
    path, beside = write_learnt(found, reading, tmp_path / "plant.yaml")
    path.write_text(path.read_text() + WORTH)
    for number, one in enumerate(bootstrap(found, 10), start=1):
        write_plant(one.plant, tmp_path / f"plant-{number:02d}.yaml")
    judged(beside)
    return path


def judged(beside, *reasons):
    known = json.loads(beside.read_text())
    beside.write_text(json.dumps({**known, "fidelity": {"reasons": list(reasons)}}))


def case_of(path, **settings):
    return build("plant-file", {"file": str(path), **POLICY, **settings})


def proof_of(path, **settings):
    return prove(case_of(path, **settings), trials=200, appraisal=False)


def test_a_twin_that_passed_the_gate_proves_with_an_interval_that_holds_the_input(learnt):
    proof = proof_of(learnt)
    assert proof.verdict == "proven", proof.reason
    inputs = proof.effect.inputs
    assert inputs.draws == 10
    assert 0 < inputs.share <= 1
    assert proof.effect.half_width > 2 * inputs.known
    assert proof.objections == ()


def test_a_twin_below_the_gate_cannot_prove_and_says_why_on_the_screen_and_in_the_report(learnt, capsys, tmp_path):
    judged(learnt.with_suffix(".learnt.json"), "AEDD 5 h, more than the 3 h of resampled past orders")
    proof = proof_of(learnt)
    assert proof.effect.lower > 0
    assert proof.verdict == "not proven"
    assert "AEDD 5 h, more than" in proof.reason
    page = tmp_path / "page.html"
    told = ["prove", str(learnt), "--candidate", "LIMIT 1", "--hours", "100", "--warm-up", "20", "--trials", "60"]
    assert cli.run([*told, "--set", "output_margin=0.3", "--no-ledger", "-o", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "AEDD 5 h, more than" in shown
    assert "it rests on 10 plants from resampled records" in shown
    text = re.sub(r"<[^>]+>|\s+", " ", page.read_text())
    assert "AEDD 5 h, more than" in text
    assert "it rests on 10 plants from resampled records" in text


def test_without_plants_from_resampled_records_the_proof_says_what_to_run(learnt):
    for one in learnt.parent.glob("plant-*.yaml"):
        one.unlink()
    proof = proof_of(learnt)
    assert proof.effect.lower > 0
    assert proof.effect.inputs is None
    assert proof.verdict == "not proven"
    assert "danao learn LOG -o plant.yaml --plants 20" in proof.reason


def test_a_learnt_plant_that_was_parted_from_its_gate_is_still_known(learnt):
    learnt.with_suffix(".learnt.json").unlink()
    assert "plant.learnt.json, which says how well it fits them, is not beside" in proof_of(learnt).reason


def test_a_plant_that_nobody_learnt_has_no_objections_and_ignores_its_neighbours(learnt):
    text = re.sub(r"^#.*\n", "", learnt.read_text(), flags=re.MULTILINE)
    learnt.with_suffix(".learnt.json").unlink()
    learnt.write_text(text)
    case = case_of(learnt)
    assert case.objections() == ()
    assert case.drawn == ()


def test_each_trial_has_one_plant_whatever_the_batch_and_the_policy(learnt):
    case = case_of(learnt)
    seeds = [7, 3, 12, 29, 13]
    before, after = (case.run(policy, seeds) for policy in list(case.policies())[:2])
    assert before.clusters.tolist() == after.clusters.tolist() == [7, 3, 2, 9, 3]
    assert before.seeds.tolist() == seeds
    single = case.run(case.policies().baseline, [29])
    assert single.money == before.money[3]
    assert np.ptp(before.money) > 0


def test_drawn_plants_are_hashed_so_that_a_replay_notices_a_change(learnt):
    names = set(case_of(learnt).data())
    assert {"plant.yaml", "plant.learnt.json", "plant-01.yaml", "plant-10.yaml"} <= names


def test_prices_and_due_dates_travel_to_the_drawn_plants_and_what_cannot_is_explained(learnt):
    drawn = learnt.with_name("plant-01.yaml")
    text = drawn.read_text().replace("route 1", "route 7")
    drawn.write_text(text)
    plant = read_plant(learnt)
    other = drawn_plant(plant, drawn)
    assert dict(other.worth.margin) == {"route 7": 20.0}
    assert other.worth.work_in_process == plant.worth.work_in_process
    drawn.write_text(text.replace("route 7", "steel 7"))
    assert drawn_plant(plant, drawn).worth.margin == ()
    beside = learnt.read_text()
    assert "route 1" in beside
    priced = beside.replace("route 1: 20 EUR", "route 1: 20 EUR, route 2: 30 EUR")
    learnt.write_text(priced.replace("products:\n", "products:\n  route 2: {route: [{station: mill, time: 1 h}]}\n"))
    drawn.write_text(text)
    with pytest.raises(BadInput, match=r"plant-01\.yaml: route 7: is not in the plant file"):
        drawn_plant(read_plant(learnt), drawn)


@pytest.fixture
def listed(tmp_path):
    """As `learnt`, the plants written with their hashes."""
    reading = read_log(written(tmp_path / "log.csv", line(60, hours=(1.2, 0.5))))
    found = learn(reading.log, "line")
    path, beside, *_ = write_learnt(found, reading, tmp_path / "plant.yaml", further=bootstrap(found, 3))
    path.write_text(path.read_text() + WORTH)
    judged(beside)
    return path


def test_plants_that_are_as_they_were_learnt_are_no_matter(listed):
    case = case_of(listed)
    assert case.objections() == ()
    assert not any("Changed since" in text for text in case.story())


def test_changed_missing_and_foreign_plants_are_noticed(listed):
    folder = listed.parent
    (folder / "plant-01.yaml").write_text((folder / "plant-01.yaml").read_text() + "# mine\n")
    (folder / "plant-02.yaml").rename(folder / "plant-07.yaml")
    case = case_of(listed)
    told = " ".join(case.story())
    assert "Changed since they were learnt, and taken as they are: plant-01.yaml." in told
    assert "Not written with this plant, and taken as they are: plant-07.yaml." in told
    assert case.objections() == ("of the plants from resampled records, plant-02.yaml is missing",)
