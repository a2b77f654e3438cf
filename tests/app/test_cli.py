"""The command as a user calls it: a process with arguments, standard output and an exit code."""

import json
import os
import shutil
import subprocess
import sys

import jsonschema
import pytest

from danao.proof.schema import PROOF_SCHEMA

SMALL = ("--set", "source=example", "--set", "periods=6", "--set", "steps_per_job=1000", "--set", "bound_seconds=0")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def run(home):
    def run(*arguments, code=0, cwd=home, **environment):
        result = subprocess.run(
            [sys.executable, "-c", "from danao.app.cli import main; main()", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "DANAO_LEDGER": str(home / "ledger.sqlite"), "COLUMNS": "200", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == code, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        return result

    return run


@pytest.fixture(scope="module")
def proven(run):
    """The JSON of a recorded proof."""
    return json.loads(run("prove", "heat-treatment", *SMALL, "--json").stdout)


def test_cases_are_listed_for_people_and_programs(run):
    assert "heat-treatment" in run("cases").stdout
    listed = json.loads(run("cases", "--json").stdout)
    assert "gas_price" in listed[0]["parameters"]["properties"]


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


def test_a_replay_that_differs_says_so(run, proven, home):
    """A record whose parameters claim another gas price cannot repeat its own values."""
    from danao.ledger import Ledger

    with Ledger.open(home / "ledger.sqlite") as ledger:
        document = dict(ledger.record(proven["provenance"]["ledger_id"]).predicate)
        provenance = dict(document["provenance"])
        provenance["parameters"] = {**provenance["parameters"], "gas_price": 0.9}
        receipt = ledger.append("proof", {"case/x": "0" * 64}, {**document, "provenance": provenance})
    result = json.loads(run("ledger", "replay", receipt.id, "--json", code=1).stdout)
    assert result["identical"] is False
    assert len(result["differing"]) > 0


def test_the_ledger_is_signed_verified_and_a_cut_tail_is_found(run, proven, home):
    run("ledger", "key", home / "key.pem")
    run("ledger", "head", "--key", home / "key.pem", "-o", home / "head.json")
    trusted = ("--head", home / "head.json", "--key", home / "key.pem.pub")
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


def test_data_are_listed_with_licence_and_place(run):
    listed = json.loads(run("data", "list", "--json").stdout)
    assert listed[0]["licence"] == "CC BY-SA 4.0"


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
