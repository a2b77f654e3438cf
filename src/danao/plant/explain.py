"""What pydantic found in a plant file, as messages for the person who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from danao.core.errors import BadInput
from danao.plant.document_stations import PIECES, TIME
from danao.plant.tree import Path, Tree

_EXPECTED = {
    "int_parsing": "Expected a whole number",
    "int_type": "Expected a whole number",
    "int_from_float": "Expected a whole number",
    "float_parsing": "Expected a number with a decimal point, such as 0.05",
    "float_type": "Expected a number, such as 0.05",
    "finite_number": "Expected a finite number",
    "bool_parsing": "Expected true or false",
    "bool_type": "Expected true or false",
    "string_type": "Expected a name",
    "string_too_short": "Expected a name",
    "string_pattern_mismatch": "Expected three capitals as in ISO 4217, such as EUR",
    "list_type": "Expected a list: lines that begin with -, or [a, b]",
    "dict_type": "Expected a mapping: lines of `name: value`, or {name: value}",
    "model_type": "Expected a mapping: lines of `key: value`, or {key: value}",
    "model_attributes_type": "Expected a mapping: lines of `key: value`, or {key: value}",
}


def mistakes(errors: ValidationError, model: type[BaseModel], tree: Tree) -> Iterator[tuple[Path, BadInput]]:
    """Each complaint of a validation with the path it is about.

    Args:
        errors: What pydantic found.
        model: The model of the whole document; its keys are offered when one is wrong.
        tree: The document, for lines.
    """
    for error in errors.errors():
        path = tuple(part for part in error["loc"] if part not in (TIME, PIECES, "[key]"))
        for mistake in error.get("ctx", {}).get("mistakes", ()):
            yield path, BadInput(mistake.where or tree.where(path), mistake.found, mistake.expected, mistake.remedy)
        if error["type"] != "mistakes":
            yield path, _mistake(error["type"], path, error, model, tree)


def _mistake(kind: str, path: Path, error: Mapping[str, Any], model: type[BaseModel], tree: Tree) -> BadInput:
    where = tree.where(path)
    value, context = error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(str(path[-1]), _fields(model, path[:-1]), where)
    if kind == "missing":
        if isinstance(path[-1], int):
            return BadInput(where, _count(path[-1]), f"Expected at least {path[-1] + 1}", "Add the others")
        examples = _fields(model, path[:-1])[str(path[-1])].examples or ["..."]
        return BadInput(
            tree.where(path[:-1]),
            f"key {path[-1]!r} is missing",
            "Expected a value",
            f"Add, for example, {path[-1]}: {examples[0]}",
        )
    if kind in ("too_short", "too_long"):
        least = f"{context['min_length']} or more" if kind == "too_short" else f"{context['max_length']} or fewer"
        return BadInput(where, _count(len(value)), f"Expected {least}", "Add or remove values")
    if kind == "literal_error":
        return BadInput(where, shown(value), f"Expected {context['expected']}", "Choose one of them")
    for name, words in (("ge", "{:g} or more"), ("le", "{:g} or less"), ("gt", "above {:g}"), ("lt", "below {:g}")):
        if name in context:
            return BadInput(where, shown(value), f"Expected {words.format(context[name])}", "Correct the value")
    return BadInput(where, shown(value), _EXPECTED.get(kind, str(error["msg"])), "Correct the value")


def shown(value: Any) -> str:
    """A value from the file as its writer would call it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return str(value)


def _count(number: int) -> str:
    return {0: "an empty list", 1: "1 value"}.get(number, f"{number} values")


def near(name: str, known: list[str]) -> str:
    """What to do about an unknown name: the most similar known one, if any."""
    alike = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {alike[0]!r}?" if alike else "Correct the name"


def _unknown_key(key: str, fields: Mapping[str, FieldInfo], where: str) -> BadInput:
    known = [name for name in fields if name not in ("constant", "values")]
    remedy = near(key, known) if difflib.get_close_matches(key, known, 1) else "Correct or remove the key"
    return BadInput(where, f"unknown key {key!r}", f"Expected one of: {', '.join(known)}", remedy)


def _fields(model: type[BaseModel], path: Path) -> Mapping[str, FieldInfo]:
    kind: Any = model
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = _bare(field.annotation) if field else None
        else:
            kind = _bare(get_args(kind)[-1]) if get_args(kind) else None
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    options = [one for one in get_args(annotation) if one is not type(None)]
    return _bare(options[0]) if get_origin(annotation) in (Union, type(int | None)) else annotation
