"""A plant file proven on the real twin, from the file to the verdict."""

import json

import numpy as np
import pytest

from danao.app import cli
from danao.cases import build
from danao.proof import LocalProcesses, prove

PLANT = """\
plant: one mill
products:
  bolt: {route: [{station: mill, time: {exponential: 3 min}}]}
  frame: {route: [{station: mill, time: {exponential: 20 min}}]}
stations:
  mill: {energy: {working: 14 kW, idle: 3 kW}}
sources:
  - {product: bolt, gaps: {exponential: 8 min}, due_after: 40 min}
  - {product: frame, gaps: {exponential: 70 min}, due_after: 8 h}
worth: {margin: {bolt: 3 EUR, frame: 30 EUR}, late: 2 EUR/h, work_in_process: 0.1 EUR/h}
tariff: {price: 0.2 EUR/kWh}
"""


@pytest.fixture
def plant_file(tmp_path):
    path = tmp_path / "plant.yaml"
    path.write_text(PLANT)
    return str(path)


def test_short_jobs_first_pays_where_short_jobs_wait_behind_long_ones(plant_file):
    """The mean wait falls under shortest processing time first (Smith's rule); the output is the same."""
    proof = prove(build("plant-file", {"file": plant_file, "candidate": "spt"}), trials=100)
    assert proof.verdict == "proven"
    assert proof.kpis["lead time"].difference.upper < 0
    before, after = proof.items["work in process"]
    assert before < after < 0


def test_a_rule_against_itself_is_worth_exactly_nothing(plant_file):
    """Also where it is said in two ways."""
    proof = prove(build("plant-file", {"file": plant_file, "candidate": "mill: fifo"}), trials=40)
    assert (proof.differences == 0).all()
    assert np.array_equal(*(arm.fingerprints() for arm in proof.arms.values()))


def test_results_do_not_depend_on_where_trials_run(plant_file):
    case = build("plant-file", {"file": plant_file, "candidate": "edd", "hours": 48})
    here, there = prove(case, trials=12), prove(case, trials=12, executor=LocalProcesses(2))
    assert here.provenance.fingerprints == there.provenance.fingerprints


def test_the_command_proves_records_replays_and_draws(plant_file, tmp_path, capsys):
    place, page = str(tmp_path / "ledger.sqlite"), tmp_path / "report.html"
    told = ["prove", plant_file, "--candidate", "spt", "--trials", "40", "--hours", "80", "--ledger", place, "--json"]
    assert cli.run([*told, "-o", str(page)]) == 0
    proof = json.loads(capsys.readouterr().out)
    assert cli.run(["ledger", "replay", proof["provenance"]["ledger_id"], "--ledger", place, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identical"] is True
    assert "What each machine does: ours (spt)" in page.read_text()
