"""The Python in the guide runs as it is printed, and the guide's case can be recorded and replayed."""

import contextlib
import io
import json
import re
import sys
import types
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from danao.app import cli
from danao.cases import read_case_file

ROOT = Path(__file__).parents[1]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


def executed(code, name):
    """A block as a module of its own, and what it printed."""
    module = types.ModuleType(name)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), module.__dict__)
    return module, printed.getvalue()


@pytest.mark.parametrize("number", range(len(blocks("README.md", "python"))))
def test_the_readme_runs_as_printed(number):
    _, printed = executed(blocks("README.md", "python")[number], f"readme_{number}")
    assert printed.strip()


def test_the_first_case_of_the_guide_runs_as_printed():
    _, printed = executed(blocks("docs/your-case.md", "python")[0], "guide_first")
    assert "Estimate" in printed


@pytest.fixture
def stock(monkeypatch):
    """The guide's second version of the case, installed under the name that the guide gives it."""
    module, _ = executed(blocks("docs/your-case.md", "python")[1], "guide_stock")
    monkeypatch.setitem(sys.modules, "guide_stock", module)
    name, value = re.search(
        r'^(\S+) = "\S+:(\w+)"$', "".join(blocks("docs/your-case.md", "toml")), re.MULTILINE
    ).groups()
    entry = EntryPoint(name, f"guide_stock:{value}", "danao.cases")
    monkeypatch.setattr(import_module("danao.cases.catalog"), "entry_points", lambda group: [entry])
    return name


def test_the_case_of_the_guide_is_proven_recorded_and_replayed(stock, tmp_path, capsys):
    place = str(tmp_path / "ledger.sqlite")
    assert cli.run(["prove", stock, "--set", "proposed=200", "--trials", "50", "--ledger", place, "--json"]) == 0
    proof = json.loads(capsys.readouterr().out)
    assert proof["provenance"]["parameters"]["proposed"] == 200
    assert cli.run(["ledger", "replay", proof["provenance"]["ledger_id"], "--ledger", place, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identical"] is True


def test_the_case_file_of_the_guide_is_read(stock, tmp_path):
    path = tmp_path / "stock.yaml"
    path.write_text(blocks("docs/your-case.md", "yaml")[0])
    case, options = read_case_file(path)
    assert case.settings_changed()["proposed"] == 200
    assert options.trials == 200
