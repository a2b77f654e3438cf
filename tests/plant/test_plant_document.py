import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from danao.plant import examples, plant_schema

ROOT = Path(__file__).parents[2]


def test_the_committed_schema_is_that_of_the_code():
    committed = json.loads((ROOT / "docs" / "schema" / "plant-1.0.json").read_text())
    assert committed == plant_schema()


def test_the_schema_is_a_schema():
    rules = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)
    assert list(rules.iter_errors(plant_schema())) == []


@pytest.mark.parametrize("name", examples())
def test_every_example_keeps_to_the_schema(name):
    text = (ROOT / "src" / "danao" / "plant" / "examples" / f"{name}.yaml").read_text()
    errors = list(jsonschema.Draft202012Validator(plant_schema()).iter_errors(yaml.safe_load(text)))
    assert errors == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("4 min", "4"),
        ("4 min", "4 kW"),
        ("4 min", "-4 min"),
        ("machines: 2", "machines: 0"),
        ("machines: 2", "machine: 2"),
        ("scrap: 0.01", "scrap: 1.5"),
        ("12 kW", "12 min"),
        ("lognormal: [3 min, 1 min]", "lognormal: [3 min]"),
        ("lognormal: [3 min, 1 min]", "weibull: [3 min, 1 min]"),
        ("{lognormal: [3 min, 1 min]}", "{constant: 3 min, exponential: 3 min}"),
        ("clock: operation", "clock: wall"),
        ("plant: machine shop\n", ""),
    ],
)
def test_an_editor_sees_what_the_check_would_refuse(sound, old, new):
    jsonschema.validate(yaml.safe_load(sound.read_text()), plant_schema())
    document = yaml.safe_load(sound.read_text().replace(old, new, 1))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, plant_schema())
