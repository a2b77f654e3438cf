"""Frozen data as submodel elements and back, by the type hints of its fields: a new field needs no code here."""

from __future__ import annotations

import json
import math
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from basyx.aas import model

from danao.core.errors import BadInput
from danao.plant.aas_concepts import Concepts

Element = model.SubmodelElement

_ENCODING = "encoding"
_CLASS = "class"
_PLAIN = re.compile(r"[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_LONGEST_NAME = 64
_SCALARS: tuple[type, ...] = (bool, int, float, str)


@cache
def hints_of(owner: type) -> dict[str, Any]:
    """Type hint of each field of a dataclass."""
    return get_type_hints(owner)


def elements_of(record: Any, concepts: Concepts) -> list[Element]:
    """One element a field of a dataclass instance; what is empty by default is left out."""
    owner: type = type(record)
    hints = hints_of(owner)
    found = []
    for field in fields(record):
        value = getattr(record, field.name)
        if value in (None, "", (), {}) and value == _default(field):
            continue
        element = _element(field.name, value, hints[field.name], concepts)
        if not isinstance(element, model.SubmodelElementCollection):
            element.semantic_id = concepts.of(owner, field.name)
        found.append(element)
    return found


def record_of(owner: type, elements: Iterable[Element], where: str) -> Any:
    """The dataclass instance whose fields are given as elements.

    Args:
        owner: The class.
        elements: In any order; fields with a default may be missing.
        where: Path to the elements, for messages: the file, then names and positions from 0 as AAS writes them.

    Raises:
        BadInput: A value is missing, unknown, of another type, or refused by the class.
    """
    hints = hints_of(owner)
    known = {field.name: field for field in fields(owner)}
    values: dict[str, Any] = {}
    for element in elements:
        name = element.id_short
        if name not in known:
            expected = f"Expected one of: {', '.join(known)}"
            raise BadInput(where, f"unknown element {name}", expected, "Remove it, or install a newer danao")
        values[name] = _value(element, hints[name], _below(where, name))
    for name, field in known.items():
        if name not in values and _default(field) is MISSING:
            raise BadInput(_below(where, name), "the value is missing", _expected(hints[name]), "Add the element")
    try:
        return owner(**values)
    except BadInput as mistake:
        at = where.removesuffix(": ")
        raise BadInput(f"{at}: {mistake.where}", mistake.found, mistake.expected, mistake.remedy) from None


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _below(where: str, name: str) -> str:
    return f"{where}{name}" if where.endswith(": ") else f"{where}.{name}"


# Writing


def _element(name: str | None, value: Any, hint: Any, concepts: Concepts) -> Element:
    one_of_several = len(_members(hint)) > 1
    hint = _chosen(value, hint)
    origin = get_origin(hint)
    if hint is None:
        return _text(name, None)
    if is_dataclass(hint):
        collection = model.SubmodelElementCollection(name, elements_of(value, concepts))
        meaning = concepts.of(type(value))
        if one_of_several:  # All elements of a list must have the same semanticId, so it cannot tell the class.
            collection.qualifier.add(model.Qualifier(_CLASS, str, type(value).__name__, semantic_id=meaning))
        else:
            collection.semantic_id = meaning
        shown = getattr(value, "name", "")
        if isinstance(shown, str) and _is_plain(shown) and len(shown) <= _LONGEST_NAME:
            collection.display_name = model.MultiLanguageNameType({"en": shown})
        return collection
    if origin is tuple and get_args(hint)[-1] is ...:
        return _list(name, value, get_args(hint)[0], concepts)
    if origin is tuple:
        parts = zip(value, get_args(hint), strict=True)
        items = [_element(f"item{number + 1}", *part, concepts) for number, part in enumerate(parts)]
        return model.SubmodelElementCollection(name, items)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _list(name, value.items(), types.GenericAlias(tuple, get_args(hint)), concepts)
    if hint is str:
        return _text(name, str(value))
    return model.Property(name, hint, value=hint(value))


def _list(name: str | None, values: Iterable[Any], hint: Any, concepts: Concepts) -> Element:
    items = [_element(None, value, hint, concepts) for value in values]
    kind = _kind(hint)
    scalar = _chosen(None, hint) if kind is model.Property else None
    same = concepts.of(hint) if isinstance(hint, type) and is_dataclass(hint) else None
    return model.SubmodelElementList(
        name, kind, items, value_type_list_element=scalar, semantic_id_list_element=same, order_relevant=True
    )


def _text(name: str | None, value: str | None) -> Element:
    """Text; what XML cannot hold (control characters, blanks at the ends, nothing at all) as JSON, and marked so."""
    if value is not None and _is_plain(value):
        return model.Property(name, str, value=value)
    marked = model.Qualifier(_ENCODING, str, "json", kind=model.QualifierKind.CONCEPT_QUALIFIER)
    return model.Property(name, str, value=json.dumps(value), qualifier=[marked])


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and text == text.strip()


def _members(hint: Any) -> list[Any]:
    """The members of a union other than None; of another hint, itself."""
    inside = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return [member for member in inside if member is not types.NoneType]


def _chosen(value: Any, hint: Any) -> Any:
    """The hint that a value follows: of a union its member, of names (Literal, enumeration) text; None for None."""
    if get_origin(hint) in (Union, types.UnionType):
        members = _members(hint)
        if value is None:
            return None
        if len(members) == 1:
            return _chosen(value, members[0])
        return next(member for member in members if isinstance(value, get_origin(member) or member))
    if get_origin(hint) is Literal or (isinstance(hint, type) and issubclass(hint, Enum) and issubclass(hint, str)):
        return str
    if hint in _SCALARS or is_dataclass(hint):
        return hint
    origin = get_origin(hint)
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return hint
    raise TypeError(f"no submodel element for {hint}")


def _kind(hint: Any) -> type[Element]:
    """Kind of the elements of a list."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (kind,) = {_kind(member) for member in get_args(hint)}
        return kind
    if is_dataclass(hint) or (origin is tuple and get_args(hint)[-1] is not ...):
        return model.SubmodelElementCollection
    return model.Property if _chosen("", hint) in _SCALARS else model.SubmodelElementList


# Reading


def _value(element: Element, hint: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _member(element, hint, where)
    if origin is Literal or (isinstance(hint, type) and issubclass(hint, Enum)):
        text = _scalar(element, str, where)
        allowed = list(get_args(hint)) if origin is Literal else [one.value for one in hint]
        if text not in allowed:
            raise BadInput(where, f"unknown {text!r}", f"Expected one of: {', '.join(allowed)}", "Correct the value")
        return text if origin is Literal else hint(text)
    if is_dataclass(hint) and isinstance(hint, type):
        return record_of(hint, _items(element, model.SubmodelElementCollection, hint, where), where)
    if origin is tuple and get_args(hint)[-1] is ...:
        items = _items(element, model.SubmodelElementList, hint, where)
        return tuple(_value(item, get_args(hint)[0], f"{where}[{number}]") for number, item in enumerate(items))
    if origin is tuple:
        return _fixed(element, get_args(hint), where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        pairs: dict[Any, Any] = {}
        for number, item in enumerate(_items(element, model.SubmodelElementList, hint, where)):
            key, value = _fixed(item, get_args(hint), f"{where}[{number}]")
            if key in pairs:
                raise BadInput(f"{where}[{number}]", f"{key} is there twice", "Expected it once", "Remove one")
            pairs[key] = value
        return pairs
    return _scalar(element, hint, where)


def _member(element: Element, hint: Any, where: str) -> Any:
    """Value of a union: None, its only member, or the member that the element says it is."""
    members = _members(hint)
    if len(members) < len(get_args(hint)) and isinstance(element, model.Property) and _content(element, where) is None:
        return None
    if len(members) == 1:
        return _value(element, members[0], where)
    said = next((mark.value for mark in element.qualifier if mark.type == _CLASS), None)
    for member in members:
        scalar = isinstance(element, model.Property) and member is element.value_type
        if scalar or (is_dataclass(member) and getattr(member, "__name__", "") == said):
            return _value(element, member, where)
    names = ", ".join(getattr(member, "__name__", str(member)) for member in members)
    found = f"unknown class {said!r}" if said else "no qualifier that tells the class"
    raise BadInput(where, found, f"Expected one of: {names}", f"Set the qualifier {_CLASS}")


def _fixed(element: Element, hints: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    items = {item.id_short: item for item in _items(element, model.SubmodelElementCollection, tuple, where)}
    names = [f"item{number + 1}" for number in range(len(hints))]
    if set(items) != set(names):
        raise BadInput(where, f"the elements {', '.join(map(str, items))}", f"Expected {', '.join(names)}", "Correct")
    return tuple(_value(items[name], hint, f"{where}.{name}") for name, hint in zip(names, hints, strict=True))


def _items(element: Element, kind: type[Element], hint: Any, where: str) -> list[Element]:
    if isinstance(element, kind) and isinstance(element, model.SubmodelElementCollection | model.SubmodelElementList):
        return list(element.value)
    expected = f"Expected a {kind.__name__}: {_expected(hint)}"
    raise BadInput(where, f"a {type(element).__name__}", expected, "Correct the element")


def _scalar(element: Element, hint: type, where: str) -> Any:
    if not isinstance(element, model.Property):
        expected = f"Expected a Property: {_expected(hint)}"
        raise BadInput(where, f"a {type(element).__name__}", expected, "Correct the element")
    value = _content(element, where)
    if value is None:
        raise BadInput(where, "the value is missing", _expected(hint), "Add the value")
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if hint is float and number and not math.isnan(value):
        return float(value)
    whole = hint is int and number and isinstance(value, int)
    if whole or (hint is bool and isinstance(value, bool)) or (hint is str and isinstance(value, str)):
        return hint(value)
    raise BadInput(where, repr(value), _expected(hint), "Correct the value or its valueType")


def _content(element: model.Property, where: str) -> Any:
    """Value of a property, decoded if it is marked as JSON."""
    encoded = any(mark.type == _ENCODING and mark.value == "json" for mark in element.qualifier)
    if not encoded:
        return element.value
    try:
        return json.loads(str(element.value))
    except ValueError:
        raise BadInput(where, f"{element.value!r} is not JSON", "Expected JSON text", "Correct the value") from None


def _expected(hint: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    return f"Expected {names.get(hint) or getattr(hint, '__name__', str(hint))}"
