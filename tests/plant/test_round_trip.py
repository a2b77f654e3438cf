"""Whatever plant is written reads back as the same plant, to the last bit; any text is a plant or bad input."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import danao.plant.model
from danao.plant import distribution, plant_schema, resources, transport
from danao.plant.io import parse
from danao.plant.render import rendered
from tests.plant.any_plants import plants

FOLDER = Path("nowhere")
SCHEMA = jsonschema.Draft202012Validator(plant_schema())
CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=40, deadline=None, suppress_health_check=CALM)
@given(plants())
def test_a_written_plant_reads_back_the_same_and_keeps_to_the_schema(plant):
    text = rendered(plant)
    assert parse(text, "plant.yaml", FOLDER) == (plant, [])
    assert list(SCHEMA.iter_errors(json.loads(json.dumps(yaml.safe_load(text))))) == []


@settings(max_examples=40, deadline=None, suppress_health_check=CALM)
@given(plants(), st.data())
def test_a_plant_file_with_any_part_exchanged_is_a_plant_or_bad_input(plant, data):
    document = yaml.safe_load(rendered(plant))
    keys = st.sampled_from(["", "stations", "time", "route", "colour"])
    junk = st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4) | st.booleans(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
        max_leaves=4,
    )
    place = document
    for _ in range(data.draw(st.integers(0, 6))):
        inner = place if isinstance(place, (dict, list)) else None
        keys_here = list(inner) if isinstance(inner, dict) else list(range(len(inner or [])))
        deeper = [key for key in keys_here if isinstance(inner[key], (dict, list)) and inner[key]]
        if not deeper:
            break
        place = inner[data.draw(st.sampled_from(deeper))]
    key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
    place[key] = data.draw(junk)
    found, mistakes = parse(yaml.safe_dump(document), "plant.yaml", FOLDER)
    assert (found is None) == bool(mistakes)
    assert all(one.where and one.found and one.expected and one.remedy for one in mistakes)


def parts_of(value):
    """A model object and all that it is made of."""
    if dataclasses.is_dataclass(value):
        yield value
        value = vars(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for one in value:
            yield from parts_of(one)


def test_every_field_of_the_model_can_be_written_and_read():
    """The plant of `everything.yaml` leaves no field of any class of the model as it is when it is left out."""
    text = Path(__file__).with_name("everything.yaml").read_text()
    plant, mistakes = parse(text, "everything.yaml", Path(__file__).parent)
    assert mistakes == []
    assert list(SCHEMA.iter_errors(yaml.safe_load(text))) == []
    assert parse(rendered(plant), "again.yaml", FOLDER) == (plant, [])
    written = {
        (type(part), field.name)
        for part in parts_of(plant)
        for field in dataclasses.fields(part)
        if field.default is dataclasses.MISSING or getattr(part, field.name) != field.default
    }
    model = {
        one
        for module in (distribution, danao.plant.model, resources, transport)
        for one in vars(module).values()
        if isinstance(one, type) and dataclasses.is_dataclass(one)
    }
    assert written == {(one, field.name) for one in model for field in dataclasses.fields(one)}


@given(st.text(max_size=40))
def test_any_text_is_a_plant_or_bad_input(text):
    plant, mistakes = parse(text, "plant.yaml", FOLDER)
    assert plant is None
    assert mistakes
