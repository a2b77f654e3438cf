"""The command as a user calls it: arguments, standard output, messages and an exit code.

Most tests call it in this process, which is what `danao.app.main` does; a few start a real one.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from danao.app import cli
from danao.app.cli import prove
from danao.app.cli.console import command
from danao.app.cli.record import recorded_proof
from danao.app.cli.replay import differing_keys, repeat
from danao.core.errors import StorageError
from danao.ledger import Ledger
from danao.proof.schema import PROOF_SCHEMA

SMALL = ("--set", "source=example", "--set", "periods=6", "--set", "steps_per_job=1000", "--set", "bound_seconds=0")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def run(home):
    def run(*arguments, code=0, cwd=home, **environment):
        stdout, stderr = io.StringIO(), io.StringIO()
        before = Path.cwd()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(cwd)
            for key, value in {"DANAO_LEDGER": str(home / "ledger.sqlite"), "COLUMNS": "200", **environment}.items():
                patch.setenv(key, value)
            with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
                found = cli.run([str(argument) for argument in arguments])
        assert Path.cwd() == before
        result = SimpleNamespace(stdout=stdout.getvalue(), stderr=stderr.getvalue(), returncode=found)
        assert found == code, result.stdout + result.stderr
        return result

    return run


@pytest.fixture(scope="module")
def start(home):
    """The installed command as a process of its own."""

    def start(*arguments):
        return subprocess.Popen(
            [sys.executable, "-c", "from danao.app.main import main; main()", *map(str, arguments)],
            cwd=home,
            env={**os.environ, "DANAO_LEDGER": str(home / "ledger.sqlite")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="module")
def proven(run):
    """The JSON of a recorded proof."""
    return json.loads(run("prove", "heat-treatment", *SMALL, "--json").stdout)


def test_cases_are_listed_for_people_and_programs(run):
    assert "heat-treatment" in run("cases").stdout
    listed = json.loads(run("cases", "--json").stdout)
    parameters = {case["name"]: case["parameters"]["properties"] for case in listed}
    assert "gas_price" in parameters["heat-treatment"]


def test_a_proof_is_printed_as_json_of_the_schema_and_is_silent_otherwise(run, proven):
    jsonschema.validate(proven, PROOF_SCHEMA)
    assert proven["verdict"] == "proven"
    assert proven["provenance"]["ledger_id"]


def test_a_proof_is_recorded_and_replays_bit_for_bit(run, proven):
    name = proven["provenance"]["ledger_id"]
    listed = json.loads(run("ledger", "list", "--json").stdout)
    assert name in [row["id"] for row in listed]
    assert json.loads(run("ledger", "replay", name, "--json").stdout)["identical"] is True
    single = json.loads(run("ledger", "replay", name, "--trial", "2").stdout)
    assert single["identical"] is True
    assert single["seed"] == 2


@pytest.fixture(scope="module")
def forged(proven, home):
    """Appends a copy of the recorded proof after a change; returns its id."""

    def forge(change):
        with Ledger.open(home / "ledger.sqlite") as ledger:
            document = json.loads(json.dumps(ledger.record(proven["provenance"]["ledger_id"]).predicate))
            change(document)
            return ledger.append("proof", {"case/x": "0" * 64}, document).id

    return forge


def set_at(path, value):
    """A change of one value of a document."""

    def change(document):
        *parents, leaf = path
        for parent in parents:
            document = document[parent]
        document[leaf] = value

    return change


def test_a_replay_that_differs_says_so(run, forged):
    """A record whose parameters claim another gas price cannot repeat its own values."""
    name = forged(set_at(("provenance", "parameters", "gas_price"), 0.9))
    result = json.loads(run("ledger", "replay", name, "--json", code=1).stdout)
    assert result["identical"] is False
    assert len(result["differing"]) > 0


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("appraisal", "npv", "value"), 1e9, "appraisal.npv.value"),
        (("appraisal",), None, "appraisal"),
        (("rivals", 0, "effect", "mean"), 0, "rivals[0].effect.mean"),
        (("guardrails", 0, "held"), False, "guardrails[0].held"),
        (("items", "natural gas", "baseline"), 0, "items.natural gas.baseline"),
        (("kpis", "gas", "unit"), "m3", "kpis.gas.unit"),
        (("kpis", "extra"), {}, "kpis.extra (only in the record)"),
        (("currency",), "EUR", "currency"),
        (("period_days",), 1, "period_days"),
        (("policies", "candidate", "name"), "magic", "policies.candidate.name"),
    ],
)
def test_everything_that_was_recorded_is_compared_and_the_difference_is_named(replayed, path, value, named):
    document, proof = replayed
    changed = json.loads(json.dumps(document))
    set_at(path, value)(changed)
    assert differing_keys(document, proof) == []
    assert differing_keys(changed, proof) == [named]


@pytest.fixture(scope="module")
def replayed(proven, home):
    """The recorded document and its proof, run again."""
    with Ledger.open(home / "ledger.sqlite") as ledger:
        _, document, recorded = recorded_proof(ledger, proven["provenance"]["ledger_id"])
    return document, repeat(recorded)


def test_no_report_carries_the_id_of_a_record_that_does_not_repeat(run, forged, home):
    name = forged(set_at(("effect", "mean"), 1e6))
    assert "effect.mean" in run("report", name, "-o", "forged.html", code=1).stderr
    assert not (home / "forged.html").exists()
    assert "effect.mean" in run("ledger", "replay", name, code=1).stdout


@pytest.mark.parametrize("trial", [(), ("--trial", "0")])
@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("provenance", "fingerprints"), {}, "provenance.fingerprints"),
        (("provenance", "fingerprints", "search"), "", "0 fingerprints of policy 'search' for 6 trials"),
        (("provenance", "fingerprints", "magic"), "A" * 64, "policy 'magic' is only in the record"),
        (("provenance", "seeds"), None, "provenance.seeds"),
        (("provenance",), {}, "provenance.seeds: Field required"),
    ],
)
def test_a_record_that_is_no_proof_is_refused_with_a_message(run, forged, trial, path, value, message):
    assert message in run("ledger", "replay", forged(set_at(path, value)), *trial, code=2).stderr


def test_the_ledger_is_signed_verified_and_a_cut_tail_is_found(run, proven, home):
    run("ledger", "key", home / "key.pem")
    run("ledger", "head", "--key", home / "key.pem", "-o", home / "head.json", "--leaves", home / "leaves.txt")
    trusted = ("--head", home / "head.json", "--key", home / "key.pem.pub", "--leaves", home / "leaves.txt")
    assert json.loads(run("ledger", "verify", *trusted, "--json").stdout)["ok"] is True
    shutil.copy(home / "ledger.sqlite", home / "cut.sqlite")
    import sqlite3

    with sqlite3.connect(home / "cut.sqlite") as connection:
        table = next(
            name
            for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
            if "seq" in [row[1] for row in connection.execute(f"pragma table_info({name})")]
        )
        connection.execute(f"delete from {table} where seq = (select max(seq) from {table})")
    found = json.loads(run("ledger", "verify", *trusted, "--ledger", home / "cut.sqlite", "--json", code=1).stdout)
    assert found["ok"] is False
    (home / "odd.txt").write_text("not a hash\n")
    refused = run("ledger", "verify", *trusted[:-1], home / "odd.txt", code=2)
    assert "odd.txt:1: not the hash of a record" in refused.stderr


def test_the_report_of_a_recorded_proof_is_written_from_its_record(run, proven, home):
    run("report", proven["provenance"]["ledger_id"], "-o", "again.html")
    assert proven["provenance"]["ledger_id"] in (home / "again.html").read_text()


def test_the_demo_proves_and_writes_its_report(run, tmp_path):
    output = run("demo", cwd=tmp_path).stdout
    assert "PROVEN" in output
    assert (tmp_path / "danao-demo.html").stat().st_size > 20_000


def test_a_case_file_is_proven(run, home):
    (home / "line.yaml").write_text(
        "case: heat-treatment\nparameters: {source: example, periods: 6, steps_per_job: 1000, bound_seconds: 0}\n"
    )
    document = json.loads(run("prove", "line.yaml", "--no-ledger", "--json").stdout)
    assert document["trials"] == 6
    assert document["provenance"]["ledger_id"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("prove", "nothing"), "case 'nothing': not in the catalog"),
        (("prove", "missing.yaml"), "missing.yaml: cannot be read"),
        (("prove", "heat-treatment", "--set", "gas_prise=1"), "unknown key 'gas_prise'"),
        (("prove", "heat-treatment", "--set", "gas_price"), "Expected KEY=VALUE"),
        (("prove", "heat-treatment", *SMALL, "--trials", "7"), "replays 6 recorded blocks"),
        (("prove", "heat-treatment", *SMALL, "--executor", "cloud"), "Expected local, processes or ray"),
        (("prove", "heat-treatment", *SMALL, "--set", "investment.currency=EUR"), "in EUR. Expected USD"),
        (("ledger", "verify", "--ledger", "nowhere.sqlite"), "nowhere.sqlite"),
        (("ledger", "show", "zzzz"), "zzzz"),
        (("data", "get", "nothing"), "not in the registry"),
        (("prove",), "Missing argument"),
        (("prove", "heat-treatment", "--set", "a=1", "--set", "a.b=2"), "--set a.b: 'a' is given twice"),
        (
            ("prove", "heat-treatment", "--set", "investment=1", "--set", "investment.capex=2"),
            "'investment' is given twice",
        ),
        (("prove", "heat-treatment", "--set", "gas_price=2020-13-45"), "'2020-13-45' cannot be read"),
        (("prove", "heat-treatment", "--set", "gas_price=&a 1"), "&a is a YAML anchor"),
        (("prove", "heat-treatment", "--set", "investment.discount_rate=9"), "0.09 is 9 %"),
        (("prove", "heat-treatment", "--precision", "nan"), "precision is nan"),
        (("prove", "heat-treatment", "--seed", str(2**60)), "seed is 1152921504606846976"),
        (("prove", "heat-treatment", "--ledger", "."), "--ledger .: is a folder"),
        (("prove", "heat-treatment", "--report", "."), "report .: is a folder"),
        (("prove", "heat-treatment", "--report", "/dev/null/x.html"), "/dev/null is not a folder"),
        (("ledger", "list", "--ledger", "."), "--ledger .: is a folder"),
        (("ledger", "show", "[/x]"), "[/x]"),
        (("data", "get", "[/x]"), "[/x]"),
    ],
)
def test_a_mistake_ends_in_a_message_and_exit_code_2(run, proven, arguments, message):
    result = run(*arguments, code=2)
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_damaged_data_are_named_with_what_to_do(run, tmp_path):
    folder = tmp_path / "scheduling" / "heat_treatment"
    folder.mkdir(parents=True)
    (folder / "instance01.json").write_text("{}")
    result = run("prove", "heat-treatment", code=2, DANAO_DATA=str(tmp_path))
    assert "instance01.json: damaged or of another version" in result.stderr
    assert "Delete the file and restore it from" in result.stderr


def test_data_are_listed_with_licence_place_and_what_was_done_to_them(run, tmp_path):
    listed = json.loads(run("data", "list", "--json").stdout)
    assert listed[0]["licence"] == "CC BY-SA 4.0"
    told = run("data", "list", DANAO_DATA=str(tmp_path)).stdout
    assert "10 of the 24 published periods" in told
    assert f"DANAO_DATA, searched first, is {tmp_path}" in told


def test_brackets_in_names_of_files_are_just_brackets(run, tmp_path, monkeypatch):
    monkeypatch.setattr(prove, "write", lambda _, path: path)
    shown = run("prove", "heat-treatment", *SMALL, "--ledger", "[/bold]", "-o", "[/x].html", cwd=tmp_path).stdout
    assert "in [/bold]" in shown
    assert "report: [/x].html" in shown


def test_before_anything_is_recorded_the_message_says_how_to_begin(run, tmp_path):
    nothing = run("ledger", "list", code=2, DANAO_LEDGER=str(tmp_path / "none.sqlite")).stderr
    assert "nothing is recorded yet" in nothing
    assert "danao prove" in nothing
    assert "--ledger" in nothing


def test_a_record_is_shown_as_json_with_and_without_asking(run, proven):
    assert run("ledger", "show", "0", "--json").stdout == run("ledger", "show", "0").stdout


def test_a_report_that_fails_after_the_proof_leaves_its_summary_and_says_how_to_get_it(run, tmp_path, monkeypatch):
    def full(*_):
        raise StorageError("r.html", "the disk is full", "Nothing was changed", "Free some space")

    monkeypatch.setattr(prove, "write", full)
    result = run("prove", "heat-treatment", *SMALL, "-o", "r.html", cwd=tmp_path, code=2)
    assert "PROVEN" in result.stdout
    assert "The proof is recorded as" in result.stderr
    assert "danao report" in result.stderr

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(prove, "write", stopped)
    result = run("prove", "heat-treatment", *SMALL, "-o", "r.html", cwd=tmp_path, code=130)
    assert "the proof is recorded as" in result.stderr


def test_a_printed_command_names_the_program_that_was_called(monkeypatch):
    monkeypatch.setattr(sys, "argv", [".venv/bin/danao"])
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert command("report", "1", "-o", "a b") == ".venv/bin/danao report 1 -o 'a b'"
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/danao")
    assert command("report", "1") == "danao report 1"


def test_one_trial_has_no_interval_and_says_so(run):
    shown = run("prove", "heat-treatment", *SMALL, "--trials", "1", "--no-ledger").stdout
    assert "no interval" in shown
    assert "inf" not in shown.replace("interval", "")


def test_ctrl_c_stops_with_130_and_no_traceback(start):
    for delay in (0.3, 2.5):
        process = start("prove", "heat-treatment", "--set", "source=example", "--set", "steps_per_job=3000000")
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=120)
        if process.returncode == -signal.SIGINT and "main.py" not in messages:
            continue  # before the first line of Danao ran
        assert process.returncode == 130
        assert messages.strip().endswith("stopped")
        assert "Traceback" not in messages


SWALLOWED = """
class Deaf:
    def __del__(self):
        print("busy", flush=True)
        time.sleep(600)
Deaf()
time.sleep(600)
"""
COMPILED = """
print("busy", flush=True)
ctypes.CDLL(None).pause()
ctypes.CDLL(None).sleep(600)
"""
LEAD = """
import ctypes, sys, time, types
sys.modules["danao.app.cli"] = types.SimpleNamespace(run=lambda _: exec(BUSY, globals()))
from danao.app import main
main.PATIENCE = 0.2
main.main()
"""


@pytest.mark.parametrize(
    "busy", [SWALLOWED, COMPILED], ids=["swallowed by a finalizer", "compiled code in the main thread"]
)
def test_ctrl_c_stops_what_does_not_hear_it(busy):
    process = subprocess.Popen(
        [sys.executable, "-c", f"BUSY = {busy!r}\n{LEAD}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "busy\n"
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert messages.strip().endswith("danao: stopped")


def test_a_reader_that_goes_away_is_no_difference_found(start, proven):
    process = start("ledger", "show", proven["provenance"]["ledger_id"])
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == ""


@pytest.fixture
def tiny_disk(tmp_path):
    """A real file system of 128 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    yield place
    subprocess.run(["umount", place], check=False)


def test_a_full_disk_is_named_and_leaves_nothing_half_written(run, proven, tiny_disk):
    (tiny_disk / "filler").write_bytes(b"x" * 110_000)
    result = run("report", proven["provenance"]["ledger_id"], "-o", tiny_disk / "report.html", code=2)
    assert "the disk is full" in result.stderr
    assert [path.name for path in tiny_disk.iterdir()] == ["filler"]
    result = run("prove", "heat-treatment", *SMALL, "--ledger", tiny_disk / "ledger.sqlite", code=2)
    assert "full" in result.stderr


def test_a_read_only_disk_is_named(run, proven, tiny_disk):
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    for arguments in (
        ("report", proven["provenance"]["ledger_id"], "-o", tiny_disk / "report.html"),
        ("prove", "heat-treatment", *SMALL, "--ledger", tiny_disk / "ledger.sqlite"),
    ):
        assert "read-only" in run(*arguments, code=2).stderr.lower()
