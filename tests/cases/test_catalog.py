from importlib import import_module
from importlib.metadata import EntryPoint

import pytest

from danao.cases import build, catalog, read_case_file
from danao.cases.heat_treatment import HeatTreatment
from danao.core import BadInput
from danao.core.errors import CurrencyMismatch
from danao.proof import prove


def test_the_project_offers_its_cases():
    assert "heat-treatment" in catalog()


def test_a_case_is_built_again_from_its_own_parameters():
    case = build("heat-treatment", {"source": "example", "periods": 3, "gas_price": 0.5})
    again = build("heat-treatment", case.parameters())
    assert again.parameters() == case.parameters()
    assert again.cost_book.prices["natural gas"].amount == 0.5


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("heat-treatmint", {}, "case 'heat-treatmint': not in the catalog. Expected one of: .*heat-treatment"),
        ("heat-treatment", {"gas_prise": 1}, "unknown key 'gas_prise'. Expected one of: .*gas_price"),
        ("heat-treatment", {"gas_price": -1}, "gas_price is -1"),
        ("heat-treatment", {"investment": {"capex": "much"}}, "investment.capex is 'much'"),
        ("heat-treatment", {"source": "guess"}, "source is 'guess'"),
    ],
)
def test_a_wrong_parameter_is_explained(name, parameters, message):
    with pytest.raises(BadInput, match=message):
        build(name, parameters)


def write(tmp_path, text):
    path = tmp_path / "line.yaml"
    path.write_text(text)
    return path


def test_a_case_file_sets_parameters_and_options(tmp_path):
    path = write(
        tmp_path,
        "case: heat-treatment\nparameters:\n  source: example\n  investment: {capex: 5}\nproof: {confidence: 0.9}\n",
    )
    case, options = read_case_file(path)
    assert case.investment.capex == 5
    assert options.confidence == 0.9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "case: heat-treatment\nparameters:\n  gas_prise: 1\n",
            r"line.yaml:3: unknown key 'parameters.gas_prise'.*gas_price",
        ),
        ("case: heat-treatment\nproof:\n  trails: 5\n", r"line.yaml:3: unknown key 'proof.trails'.*trials"),
        ("parameters: {}\n", r"line.yaml:1: key 'case' is missing"),
        (
            "case: heat-treatment\nparameters:\n  investment:\n    capex: -1\n",
            r"line.yaml:4: parameters.investment.capex is -1",
        ),
        ("case: heat-treatment\nproof:\n  seeds: []\n", r"line.yaml:3: proof.seeds is \[\]"),
        ("case: heat-treatment\nproof:\n  seeds: [1, 9007199254740993]\n", r"line.yaml:3: proof.seeds.1 is 9007"),
        ("case: heat-treatment\nproof:\n  precision: .inf\n", r"line.yaml:3: proof.precision is inf"),
        ("case: heat-treatment\nparameters:\n  gas_price: .nan\n", r"line.yaml:3: parameters.gas_price is nan"),
    ],
)
def test_a_mistake_in_a_case_file_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(BadInput, match=message):
        read_case_file(write(tmp_path, text))


def test_a_currency_mixed_in_is_refused():
    case = build("heat-treatment", {"source": "example", "periods": 2, "investment": {"currency": "EUR"}})
    with pytest.raises(CurrencyMismatch, match="in EUR. Expected USD"):
        prove(case)


class Misnamed(HeatTreatment):
    name = "furnace"


def offer(monkeypatch, name, value):
    entry = EntryPoint(name, value, "danao.cases")
    monkeypatch.setattr(import_module("danao.cases.catalog"), "entry_points", lambda group: [entry])


def test_a_case_must_answer_to_its_name_in_the_catalog(monkeypatch, tmp_path):
    """Otherwise its recorded proofs could not be replayed."""
    offer(monkeypatch, "line", f"{__name__}:Misnamed")
    with pytest.raises(BadInput, match="case 'line': calls itself 'furnace'.*named like the case"):
        build("line", {"source": "example", "periods": 2})
    with pytest.raises(BadInput, match="case 'line': calls itself 'furnace'"):
        read_case_file(write(tmp_path, "case: line\nparameters: {source: example, periods: 2}\n"))


def test_an_entry_that_is_no_case_is_named(monkeypatch):
    offer(monkeypatch, "line", "pathlib:Path")
    with pytest.raises(BadInput, match=r"case 'line' \(pathlib:Path\): has no `summary`"):
        catalog()


def test_setting_one_field_of_the_investment_keeps_the_cases_own_values_for_the_others():
    own = build("heat-treatment", {"source": "example", "periods": 2}).investment
    case = build("heat-treatment", {"source": "example", "periods": 2, "investment": {"capex": 5}})
    assert case.investment.capex == 5
    assert case.investment.opex_per_year == own.opex_per_year
    assert case.investment.ramp == own.ramp
    again = build("heat-treatment", case.settings_changed())
    assert again.parameters() == case.parameters()
