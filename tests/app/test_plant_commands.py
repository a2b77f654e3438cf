"""`danao plant run` and `danao prove PLANT.yaml` as a user calls them, on results made by hand."""

import contextlib
import io
import json
import xml.etree.ElementTree as ElementTree
from importlib import import_module
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
from scipy.stats import t

from danao.app import cli
from danao.core import trial_seeds
from danao.learning import read_log
from danao.plant import read_plant
from danao.proof.schema import PROOF_SCHEMA
from danao.twin.kpis import UNITS
from tests.twin.synthetic import FormulaTwin

PLANT = """\
plant: drill shop
products:
  bolt: {route: [{station: drill, time: {exponential: 3 min}}, {station: wash, time: 4 min}]}
stations:
  drill: {machines: 2, rule: fifo}
  wash: {energy: {working: 5 kW, idle: 1 kW}}
sources:
  - {product: bolt, gaps: {exponential: 6 min}, due_after: 2 h}
worth: {margin: {bolt: 3 EUR}, late: 0.4 EUR/h}
"""


@pytest.fixture
def plant_file(tmp_path, monkeypatch):
    for module in ("danao.cases.plant_file", "danao.app.cli.plant_run"):
        monkeypatch.setattr(import_module(module), "Twin", FormulaTwin)
    monkeypatch.setenv("DANAO_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "plant.yaml"
    path.write_text(PLANT)
    return path


def run(*arguments, code=0):
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        found = cli.run([str(argument) for argument in arguments])
    result = SimpleNamespace(stdout=stdout.getvalue(), stderr=stderr.getvalue())
    assert found == code, result.stdout + result.stderr
    return result


def test_every_indicator_has_its_mean_and_student_interval(plant_file):
    """The interval of the good parts, against the t quantile of another library."""
    document = json.loads(run("plant", "run", plant_file, "--replications", 12, "--hours", 50, "--json").stdout)
    assert set(document["kpis"]) <= set(UNITS)
    twin = FormulaTwin(read_plant(plant_file))
    made = np.array([twin.run([int(seed)], 50.0).finished.sum() for seed in trial_seeds(1, 0, 12)])
    half = t.ppf(0.975, 11) * made.std(ddof=1) / np.sqrt(12)
    good = document["kpis"]["good parts"]
    assert good["mean"] == pytest.approx(made.mean())
    assert (good["lower"], good["upper"]) == pytest.approx((made.mean() - half, made.mean() + half))


def test_the_seeds_are_those_of_the_trials_of_a_proof(plant_file):
    """So that what is seen here is what is proven there."""
    seen = json.loads(run("plant", "run", plant_file, "--replications", 40, "--seed", 7, "--json").stdout)
    told = ("prove", plant_file, "--candidate", "edd", "--trials", 40, "--seed", 7, "--no-ledger", "--json")
    proven = json.loads(run(*told).stdout)
    assert proven["kpis"]["good parts"]["baseline"] == pytest.approx(seen["kpis"]["good parts"]["mean"])
    assert proven["items"]["lateness"]["baseline"] == pytest.approx(seen["money"]["items"]["lateness"]["mean"])


def test_tables_are_printed_for_people(plant_file):
    shown = run("plant", "run", plant_file, "--policy", "drill:edd").stdout
    for part in ("drill shop, policy drill: edd", "good parts", "share late", "contribution margin", "wash", "OEE"):
        assert part in shown
    assert "NaN" not in shown
    assert "inf" not in shown


def test_one_replication_has_no_interval(plant_file):
    assert json.loads(run("plant", "run", plant_file, "--replications", 1, "--json").stdout)["kpis"]["energy"] == {
        "unit": "kWh",
        "mean": 0.0,
        "lower": None,
        "upper": None,
    }
    assert "one replication" in run("plant", "run", plant_file, "--replications", 1).stdout


def test_a_policy_changes_what_is_run(plant_file):
    late = [
        json.loads(run("plant", "run", plant_file, "--policy", policy, "--json").stdout)["kpis"]["tardiness"]["mean"]
        for policy in ("as is", "edd")
    ]
    assert late == [1.0, 0.5]


def test_a_plant_without_prices_has_no_money(plant_file):
    plant_file.write_text(PLANT.split("worth:")[0])
    assert json.loads(run("plant", "run", plant_file, "--json").stdout)["money"] is None


def test_events_and_pictures_are_written_where_they_were_asked_for(plant_file, tmp_path):
    told = ("plant", "run", plant_file, "--trace", tmp_path / "events.csv", "--pictures", tmp_path / "pictures")
    files = json.loads(run(*told, "--log", tmp_path / "log.csv", "--json").stdout)["files"]
    assert (tmp_path / "events.csv").read_text().startswith("time_h,event,part,")
    assert sorted(path.stem for path in (tmp_path / "pictures").iterdir()) == [
        "gantt",
        "power",
        "states",
        "work-in-process",
    ]
    for name, place in files.items():
        if name not in ("trace", "log"):
            assert ElementTree.parse(place).getroot().tag.endswith("svg")


def test_the_log_of_a_run_can_be_learnt_from(tmp_path):
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT)
    run("plant", "run", file, "--replications", "1", "--log", tmp_path / "log.csv")
    log = read_log(str(tmp_path / "log.csv")).log
    assert set(log.operations) == {"drill", "wash"}
    assert set(log.resources) == {"drill 1", "drill 2", "wash"}
    assert len(log.orders) > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--policy", "atx"), "policy 'atx': 'atx' is no rule"),
        (("--trace", "."), "--trace .: is a folder"),
        (("--log", "."), "--log .: is a folder"),
        (("--log", "log.json"), "--log log.json: ends in .json. Expected .csv"),
        (("--pictures", "plant.yaml"), "--pictures plant.yaml: is a file"),
        (("--hours", "0"), "--hours: 0 h"),
        (("--warm-up", "-1"), "--warm-up: -1 h"),
        (("--hours", "nan"), "--hours: nan h"),
    ],
)
def test_mistakes_of_a_run_end_in_a_message_and_2(plant_file, arguments, message):
    result = run("plant", "run", plant_file, *arguments, code=2)
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_plant_with_mistakes_is_not_run(plant_file):
    plant_file.write_text(PLANT.replace("4 min", "4"))
    assert "plant.yaml:3: " in run("plant", "run", plant_file, code=2).stderr


def test_a_plant_file_is_proven_recorded_replayed_and_reported(plant_file, tmp_path):
    told = ("prove", "plant.yaml", "--candidate", "edd", "--trials", 750, "-o", "report.html", "--json")
    proof = json.loads(run(*told).stdout)
    jsonschema.validate(proof, PROOF_SCHEMA)
    assert proof["verdict"] == "proven"
    assert proof["case"] == "plant-file"
    name = proof["provenance"]["ledger_id"]
    assert json.loads(run("ledger", "replay", name, "--json").stdout)["identical"] is True
    run("report", name, "-o", "again.html")
    for page in ("report.html", "again.html"):
        text = (tmp_path / page).read_text()
        assert "What each machine does: ours (edd)" in text
        assert "danao prove plant-file --set file=plant.yaml --set candidate=edd" in text


def test_the_command_in_the_report_makes_the_same_proof(plant_file):
    given = ("--candidate", "limit 3", "--baseline", "spt", "--hours", 80, "--warm-up", 2, "--trials", 30, "--json")
    first = json.loads(run("prove", "plant.yaml", *given).stdout)
    settings = [f"{key}={json.dumps(value)}" for key, value in first["provenance"]["parameters"].items()]
    options = [part for setting in settings for part in ("--set", setting)]
    second = json.loads(run("prove", "plant-file", *options, "--trials", 30, "--json").stdout)
    assert first["provenance"]["fingerprints"] == second["provenance"]["fingerprints"]
    assert first["period_days"] == pytest.approx(80 / 24)


def test_a_plant_changed_since_its_proof_is_not_replayed(plant_file):
    told = ("prove", "plant.yaml", "--candidate", "edd", "--trials", 30, "--json")
    name = json.loads(run(*told).stdout)["provenance"]["ledger_id"]
    plant_file.write_text(PLANT.replace("3 EUR", "4 EUR"))
    message = run("ledger", "replay", name, code=2).stderr
    assert "data plant.yaml: differs from the data of the recorded proof" in " ".join(message.split())


def test_a_policy_against_itself_is_not_proven(plant_file):
    told = ("prove", "plant.yaml", "--candidate", "as is", "--trials", 30, "--no-ledger", "--json")
    proof = json.loads(run(*told).stdout)
    assert (proof["effect"]["mean"], proof["effect"]["lower"], proof["effect"]["upper"]) == (0.0, 0.0, 0.0)
    assert proof["verdict"] == "not proven"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plant.yaml",), "plant.yaml: is a plant file, and nothing says what to try on it. Expected --candidate"),
        (("plant.yaml", "--candidate", "atx"), "policy 'atx': 'atx' is no rule"),
        (("plant.yaml", "--candidate", "edd", "--set", "candidate=spt"), "--set candidate: 'candidate' is given twice"),
        (("plant.yaml", "--candidate", "edd", "--hours", "0"), "hours is 0"),
        (("heat-treatment", "--candidate", "edd"), "--candidate: heat-treatment is no plant file"),
        (("heat-treatment", "--warm-up", "3"), "--warm-up: heat-treatment is no plant file"),
    ],
)
def test_mistakes_of_a_proof_end_in_a_message_and_2(plant_file, arguments, message):
    assert message in " ".join(run("prove", *arguments, "--no-ledger", code=2).stderr.split())
