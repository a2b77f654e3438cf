"""The guide is true: its plant and its sections can be read, and it names every key of the schema."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from danao.plant.document import PlantDocument, plant_schema
from danao.plant.document_resources import CalendarDocument, PoolDocument
from danao.plant.document_transport import TransportDocument
from danao.plant.io import parse
from danao.plant.rules import DISPATCHING_RULES
from danao.plant.tree import read_tree

GUIDE = (Path(__file__).parents[2] / "docs" / "plant.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
PARTS: dict[str, type[BaseModel]] = {
    "calendars": CalendarDocument,
    "pools": PoolDocument,
    "transport": TransportDocument,
}


def test_the_plant_of_the_guide_is_sound():
    plant, mistakes = parse(BLOCKS[0], "guide", Path())
    assert mistakes == []
    assert plant is not None


@pytest.mark.parametrize("block", BLOCKS[1:])
def test_the_sections_of_the_guide_can_be_read(block):
    written = [(section, part) for section, parts in read_tree(block, "guide").value.items() for part in parts.values()]
    assert written
    for section, part in written:
        assert isinstance(PARTS[section].model_validate(part), PARTS[section])


def test_every_key_is_in_the_guide():
    keys = set(PlantDocument.model_fields)
    for document in plant_schema()["$defs"].values():
        forms = [document, *document.get("anyOf", ())]
        keys |= {key for form in forms for key in form.get("properties", ())}
    missing = {key for key in keys if not re.search(rf"\b{key}\b", GUIDE)}
    assert not missing


def test_every_rule_is_in_the_guide():
    assert [rule for rule in DISPATCHING_RULES if f"`{rule}`" not in GUIDE] == []
