"""One shell for a plant, in the bytes of an AASX package or a JSON file. Needs the extra `aas`."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from typing import Any, get_args

from basyx.aas import model
from basyx.aas.adapter import aasx
from basyx.aas.adapter.json import read_aas_json_file, write_aas_json_file

from danao.core.errors import BadInput
from danao.plant.aas_concepts import ISA_95, VERSION, Concepts, meant
from danao.plant.aas_elements import Element, elements_of, hints_of, record_of
from danao.plant.model import Plant

# Their constructor has no type hints.
_no_files: Any = aasx.DictSupplementaryFileContainer
# JSON inside the package, as the standard allows: it carries no version of the metamodel, so that readers of 3.0 and of
# 3.1 take it.
_PART = "/aasx/plant.json"
_EXPECTED = "Expected a plant that danao exported"


def packed(plant: Plant, suffix: str) -> bytes:
    """The shell of a plant, as the bytes of a file.

    Args:
        plant: Any plant.
        suffix: `.aasx` or `.json`.
    """
    store: Any = model.DictIdentifiableStore(_identifiables(plant))
    if suffix == ".json":
        text = io.StringIO()
        write_aas_json_file(text, store, indent=1)
        return text.getvalue().encode()
    content = io.BytesIO()
    with aasx.AASXWriter(content, failsafe=False) as writer:
        writer.write_all_aas_objects(_PART, store, _no_files(), write_json=True)
    return content.getvalue()


def unpacked(content: bytes, suffix: str, source: str) -> Plant:
    """The plant in the bytes of a file.

    Args:
        content: The bytes.
        suffix: `.aasx` or `.json`.
        source: Name of the file, for messages.

    Raises:
        BadInput: No AAS, no plant or several, a value that is missing or wrong, or a newer version.
    """
    store: Any = model.DictIdentifiableStore()
    with _silent():
        if suffix == ".json":
            store = _read_json(content, source)
        else:
            _read_package(content, store, source)
    elements = [element for submodel in _ours(store, source) for element in submodel.submodel_element]
    plant: Plant = record_of(Plant, elements, f"{source}: ")
    return plant


def _identifiables(plant: Plant) -> Iterator[model.Identifiable]:
    """The shell, its submodels, and a description of each concept in them."""
    concepts = Concepts()
    # JSON is plain ASCII whatever the name holds, so the identifier of a plant depends on its name alone.
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"https://danao.dev/plant/{json.dumps(plant.name)}").urn
    rooms: dict[tuple[str, type], list[Element]] = {}
    for element in elements_of(plant, concepts):
        rooms.setdefault(_room(str(element.id_short)), []).append(element)
    submodels = [
        model.Submodel(
            f"{identifier}:{name}",
            elements,
            id_short=name,
            administration=model.AdministrativeInformation(version=str(VERSION), revision="0"),
            semantic_id=concepts.of(owner),
        )
        for (name, owner), elements in rooms.items()
    ]
    yield model.AssetAdministrationShell(
        model.AssetInformation(model.AssetKind.INSTANCE, global_asset_id=f"{identifier}:asset"),
        identifier,
        id_short="Plant",
        submodel={model.ModelReference.from_referable(submodel) for submodel in submodels},
    )
    yield from submodels
    yield from concepts.descriptions()


def _room(field: str) -> tuple[str, type]:
    """Name of the submodel of a field of the plant, and the class that it is about."""
    owner = next(_classes(hints_of(Plant)[field]), None)
    if owner is None:
        return ISA_95["Plant"], Plant
    if owner.__name__ in ISA_95:
        name = ISA_95[owner.__name__].replace(" ", "")
        return name + ("es" if name.endswith("s") else "s"), owner
    return field[0].upper() + field[1:], owner


def _classes(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for part in get_args(hint):
        yield from _classes(part)


def _read_json(content: bytes, source: str) -> Any:
    try:
        return read_aas_json_file(io.StringIO(content.decode()), failsafe=False)
    except Exception as error:  # whatever the library trips over, it is the file
        raise _unreadable(source, "JSON of an AAS environment", error) from None


def _read_package(content: bytes, store: Any, source: str) -> None:
    try:
        with aasx.AASXReader(io.BytesIO(content), failsafe=False) as reader:
            reader.read_into(store, _no_files())
    except Exception as error:  # whatever the library trips over, it is the file
        raise _unreadable(source, "an AASX package", error) from None


def _unreadable(source: str, what: str, error: Exception) -> BadInput:
    why = " ".join(str(error).split())[:200] or type(error).__name__
    return BadInput(source, f"cannot be read as {what}: {why}", _EXPECTED, "Export the plant again")


def _ours(store: Iterable[model.Identifiable], source: str) -> list[model.Submodel]:
    """The submodels that describe one plant."""
    submodels = [one for one in store if isinstance(one, model.Submodel)]
    classes = {Plant.__name__, *(owner.__name__ for hint in hints_of(Plant).values() for owner in _classes(hint))}
    ours = []
    for submodel in submodels:
        said = meant(submodel)
        if said is not None and said[0] > VERSION:
            where, found = f"{source}: {submodel.id_short}", f"version {said[0]} of the vocabulary"
            raise BadInput(where, found, f"Expected version {VERSION} at most", "Install a newer danao")
        if said is not None and said[1] in classes:
            ours.append(submodel)
    if not ours:
        names = ", ".join(str(submodel.id_short or submodel.id) for submodel in submodels)
        found = f"no plant among the submodels {names}" if names else "no submodels"
        raise BadInput(source, found, _EXPECTED, "Export the plant again")
    repeated = {submodel.id_short for submodel in ours if sum(one.id_short == submodel.id_short for one in ours) > 1}
    if repeated:
        found = f"several submodels {', '.join(sorted(map(str, repeated)))}"
        raise BadInput(source, found, "Expected one plant a file", "Keep one of the plants")
    return ours


@contextmanager
def _silent() -> Iterator[None]:
    """What the reader logs is said by the error it raises."""
    logger = logging.getLogger("basyx")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
