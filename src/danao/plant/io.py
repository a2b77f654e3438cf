"""Plants as YAML: reading with every mistake explained by file and line, and writing that reads back the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from danao.core.errors import BadInput
from danao.core.files import write_atomically
from danao.core.tables import read_text
from danao.plant.convert import plant_of
from danao.plant.document import PlantDocument
from danao.plant.explain import mistakes, shown
from danao.plant.heal import healed
from danao.plant.model import Plant
from danao.plant.render import rendered
from danao.plant.tree import Path as TreePath
from danao.plant.tree import Tree, read_tree


def read_plant(path: Path | str) -> Plant:
    """A plant from a YAML file.

    Args:
        path: The file; tables that it names are looked for beside it.

    Raises:
        BadInput: The first mistake in the file or its tables; `check_plant` has all of them.
    """
    plant, found = _parsed(Path(path))
    if found or plant is None:
        raise found[0]
    return plant


def check_plant(path: Path | str) -> list[BadInput]:
    """Every mistake in a YAML file and the tables that it names, in the order of its lines; empty for a sound plant."""
    return _parsed(Path(path))[1]


def write_plant(plant: Plant, path: Path) -> Path:
    """Write a plant as YAML that `read_plant` turns into exactly the same plant. Tables become part of the file.

    Args:
        plant: Any plant that the file format can hold.
        path: The file.

    Raises:
        BadInput: The plant holds something that the format refuses, such as a setup class that no part has.
        StorageError: The file cannot be written.
    """
    try:
        text = rendered(plant)
    except BadInput as mistake:
        raise BadInput(f"plant {plant.name}", mistake.found, mistake.expected, mistake.remedy) from None
    again, found = parse(text, str(path), path.parent)
    if found:
        first = found[0]
        raise BadInput(f"plant {plant.name}, as {first.where}", first.found, first.expected, first.remedy)
    if again != plant:
        raise BadInput(
            f"plant {plant.name}",
            "would read back as another plant",
            "Expected names of plain text",
            "Rename its parts",
        )
    return write_atomically(path, text)


def parse(text: str, source: str, folder: Path) -> tuple[Plant | None, list[BadInput]]:
    """A plant from YAML text, or None and every mistake.

    Args:
        text: The document.
        source: Its name, for messages.
        folder: Where the tables are that it names.
    """
    try:
        tree = read_tree(text, source)
    except BadInput as mistake:
        return None, [mistake]
    if not isinstance(tree.value, dict):
        found = "the file is empty" if tree.value is None else f"the document is {shown(tree.value)}"
        keys = ", ".join(PlantDocument.model_fields)
        return None, [BadInput(f"{source}:1", found, f"Expected the keys {keys}", "Write `key: value` lines")]
    found_so_far, bad = list(tree.mistakes), []
    context = {"folder": folder}
    document: PlantDocument | None = None
    try:
        document = PlantDocument.model_validate(tree.value, context=context)
    except ValidationError as errors:
        wrong = list(mistakes(errors, PlantDocument, tree))
        found_so_far += wrong
        bad = [path for path, _ in wrong]
        document = _mended(tree.value, bad, context)
    plant = None
    if document is not None:
        plant, further = plant_of(document, tree, bad)
        found_so_far += further
    return (plant if not found_so_far else None), _in_order(found_so_far, tree)


def _mended(value: dict[str, Any], bad: list[TreePath], context: dict[str, Any]) -> PlantDocument | None:
    """The document with stand-ins for what is wrong in it, or None if too little of it is left."""
    mended = healed(value, bad)
    try:
        return None if mended is None else PlantDocument.model_validate(mended, context=context)
    except ValidationError:
        return None


def _parsed(path: Path) -> tuple[Plant | None, list[BadInput]]:
    try:
        text = read_text(path)
    except BadInput as mistake:
        return None, [mistake]
    return parse(text, str(path), path.parent)


def _in_order(found: list[tuple[TreePath, BadInput]], tree: Tree) -> list[BadInput]:
    return [mistake for _, mistake in sorted(found, key=lambda one: _line(one[1], tree) or tree.at(one[0])[1])]


def _line(mistake: BadInput, tree: Tree) -> int | None:
    inside = mistake.where.startswith(f"{tree.source}:")
    number = mistake.where[len(tree.source) + 1 :].split(":")[0]
    return int(number) if inside and number.isdigit() else None
