"""What the elements of a plant's Asset Administration Shell mean: identifiers, ISA-95 names, units (IEC 61360)."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from basyx.aas import model
from basyx.aas.model.concept import ConceptDescription

VERSION = 1
"""Version of the vocabulary; a reader refuses a larger one."""

ISA_95 = {
    "Plant": "Site",
    "Station": "Work Center",
    "Product": "Material Definition",
    "Segment": "Process Segment",
    "Order": "Operations Request",
    "Pool": "Personnel Class",
    "Need": "Personnel Specification",
    "Calendar": "Work Calendar",
}
"""Names of the classes in ISA-95 (IEC 62264), where it has one."""

UNITS = {
    "Batch.patience": "h",
    "Calendar.cycle": "h",
    "Calendar.open": "h",
    "Cooling.ambient": "°C",
    "Cooling.hours": "h",
    "Cooling.start": "°C",
    "Cranes.gap": "m",
    "Cranes.positions": "m",
    "Cranes.speed": "m/h",
    "Cranes.start": "m",
    "Distribution.parameters": "h",
    "Edge.length": "m",
    "EnergyStates.down": "kW",
    "EnergyStates.heating": "kW",
    "EnergyStates.idle": "kW",
    "EnergyStates.off": "kW",
    "EnergyStates.off_after": "h",
    "EnergyStates.setup": "kW",
    "EnergyStates.warm_up": "h",
    "EnergyStates.working": "kW",
    "Fleet.speed": "m/h",
    "Heat.leaves": "°C",
    "Heat.needs": "°C",
    "Heat.rate": "°C/h",
    "Limit.hours": "h",
    "Order.due": "h",
    "Order.release": "h",
    "Segment.defect": "1",
    "Segment.detect": "1",
    "Segment.false_alarm": "1",
    "Segment.repairable": "1",
    "Segment.rework": "1",
    "Segment.scrap": "1",
    "Segment.share": "1",
    "Source.due_after": "h",
    "Source.products": "1",
    "Station.setup": "h",
    "Tariff.interval": "h",
    "Tariff.peak": "money/kW",
    "Tariff.price": "money/kWh",
    "Tariff.windows": "h, h, money/kWh",
    "Worth.labour": "money/h",
    "Worth.late": "money/h",
    "Worth.margin": "money",
    "Worth.restart": "money",
    "Worth.scrap": "money",
    "Worth.work_in_process": "money/h",
}
"""Unit of each field that holds numbers with a fraction; 1: a pure number."""

_ROOT = "https://danao.dev/plant"
_IEC_61360 = "https://admin-shell.io/DataSpecificationTemplates/DataSpecificationIec61360/3"


class Concepts:
    """The concepts that were used so far in one file."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[type, str]] = {}

    def of(self, owner: type, field: str = "") -> model.ExternalReference:
        """Semantic identifier of a class, or of one of its fields."""
        identifier = class_identifier(owner) + (f"/{field}" if field else "")
        self._used[identifier] = (owner, field)
        return _reference(identifier)

    def descriptions(self) -> Iterator[ConceptDescription]:
        """A description of each concept that was used."""
        for identifier, (owner, field) in self._used.items():
            name = ISA_95.get(owner.__name__, _words(owner.__name__))
            unit = UNITS.get(f"{owner.__name__}.{field}")
            about = told(owner).get(field, f"{_words(field)} of: {name}")
            meaning = model.DataSpecificationIEC61360(
                preferred_name=model.PreferredNameTypeIEC61360({"en": f"{name}: {field}" if field else name}),
                definition=model.DefinitionTypeIEC61360({"en": about[:1023]}),
                data_type=model.DataTypeIEC61360.REAL_MEASURE if unit else None,
                unit=unit,
                source_of_definition="ISA-95" if owner.__name__ in ISA_95 and not field else None,
            )
            embedded = model.EmbeddedDataSpecification(_reference(_IEC_61360), meaning)
            yield ConceptDescription(
                identifier, id_short=owner.__name__ + f"_{field}" * bool(field), embedded_data_specifications=[embedded]
            )


def class_identifier(owner: type) -> str:
    """Identifier of the concept of a class."""
    return f"{_ROOT}/{VERSION}/{owner.__name__}"


@cache
def told(owner: type) -> dict[str, str]:
    """What the source of a dataclass says about it (under "") and about its fields, in one line each."""
    body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    found = {"": inspect.getdoc(owner) or owner.__name__}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, note in pairwise(statements):
        text = note.value.value if isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant) else None
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, str):
            found[field.target.id] = text
    return {name: " ".join(text.split()) for name, text in found.items()}


def meant(element: model.HasSemantics) -> tuple[int, str] | None:
    """Version and class name that an element refers to; None: it is none of ours."""
    keys = element.semantic_id.key if element.semantic_id is not None else ()
    found = re.fullmatch(rf"{re.escape(_ROOT)}/(\d{{1,9}})/(\w+)", keys[0].value) if keys else None
    return (int(found[1]), found[2]) if found else None


def _reference(identifier: str) -> model.ExternalReference:
    return model.ExternalReference((model.Key(model.KeyTypes.GLOBAL_REFERENCE, identifier),))


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)
