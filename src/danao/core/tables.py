"""Reading what people write: CSV tables and YAML documents, with messages that name the file, the line and the cure."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from danao.core.errors import BadInput

Model = TypeVar("Model", bound=BaseModel)
Lines = dict[tuple[Any, ...], int]
"""Line of each path in a document."""

_DEEPEST = 50
_LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Row:
    """One line of a CSV table."""

    where: str
    """File and line, for messages."""
    values: dict[str, str]

    def cell(self, column: str) -> str:
        """Where a cell of the row is, for messages."""
        return self.where

    def text(self, column: str) -> str:
        """The cell, without surrounding blanks.

        Raises:
            BadInput: The cell is empty.
        """
        value = self.values[column].strip()
        if not value:
            raise BadInput(self.where, f"column {column} is empty", "Expected a value", "Fill the cell")
        return value

    def number(self, column: str, *, minimum: float = -math.inf, maximum: float = math.inf) -> float:
        """The cell as a finite number.

        Raises:
            BadInput: Not a number (a decimal comma is named as such), or outside the limits.
        """
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            comma = text.replace(".", "").replace(",", ".", 1)
            if "," in text and _is_number(comma):
                raise BadInput(
                    self.where,
                    f"{column} is {text!r}, written with a decimal comma",
                    f"Expected a decimal point, for example {comma}",
                    "Export the table with decimal points",
                ) from None
            raise BadInput(
                self.where, f"{column} is {text!r}, not a number", "Expected a number such as 12.5", "Correct the cell"
            ) from None
        if not math.isfinite(value):
            raise BadInput(self.where, f"{column} is {text}", "Expected a finite number", "Correct the cell")
        if value < minimum or value > maximum:
            limits = f"{minimum:g} or more" if value < minimum else f"{maximum:g} or less"
            raise BadInput(self.where, f"{column} is {text}", f"Expected {limits}", "Correct the cell")
        return value


def read_csv(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of a comma-separated table with a header line.

    Args:
        path: The file, UTF-8.
        columns: Columns that must be there; others are kept.

    Raises:
        BadInput: The file is missing, empty, not UTF-8, lacks a column, or a row has another length than the header.
    """
    lines = csv.reader(read_text(path).splitlines())
    header = [name.strip() for name in next(lines, [])]
    if not header:
        raise BadInput(str(path), "the file is empty", f"Expected a header with {', '.join(columns)}", "Check the path")
    for column in columns:
        if column not in header:
            hint = "The separator seems to be ';': export with commas" if ";" in header[0] else "Add the column"
            raise BadInput(f"{path}:1", f"no column {column!r} in {header}", f"Expected {', '.join(columns)}", hint)
    for cells in lines:
        if not cells:
            continue
        where = f"{path}:{lines.line_num}"
        if len(cells) != len(header):
            raise BadInput(
                where,
                f"{len(cells)} cells",
                f"Expected {len(header)} as in the header",
                "A decimal comma or a comma inside a text needs quotes or a decimal point",
            )
        yield Row(where, dict(zip(header, cells, strict=True)))


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        BadInput: It cannot be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            str(path), f"not UTF-8 at byte {error.start}", "Expected UTF-8 text", "Save it as UTF-8"
        ) from None
    except OSError as error:
        raise BadInput(
            str(path), f"cannot be read ({error.strerror})", "Expected a readable file", "Check the path"
        ) from None


def read_yaml(path: Path, model: type[Model]) -> Model:
    """A YAML document, validated against a model.

    Raises:
        BadInput: Not plain YAML (see `parse_yaml`), or a value that the model rejects, each with file and line.
    """
    document, lines = parse_yaml(read_text(path), str(path))
    if not isinstance(document, dict):
        found = "the document is empty" if document is None else f"the document is {type(document).__name__}"
        raise BadInput(
            f"{path}:1",
            found,
            f"Expected keys such as {', '.join(list(model.model_fields)[:3])}",
            "Write `key: value` lines",
        )
    try:
        return model.model_validate(document)
    except ValidationError as errors:
        raise explain(errors, model, str(path), lines) from None


def parse_yaml(text: str, source: str) -> tuple[Any, Lines]:
    """A YAML document and the line of each path in it.

    Plain YAML only: no anchors and aliases (which can make a small file endless), keys that are text, each written
    once, and at most 50 levels.

    Args:
        text: The document; may be empty, which is None.
        source: Where it comes from, for messages.

    Raises:
        BadInput: It is something else; the message names the line.
    """
    try:
        _check_events(text, source)
        node = yaml.compose(text, Loader=_Loader)
        lines = dict(_lines(node, (), source)) if node is not None else {}
        return yaml.load(text, Loader=_Loader), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadInput(
            f"{source}:{mark.line + 1 if mark else 1}",
            f"not YAML: {error.problem}",
            "Expected key: value lines",
            "Check indent and quotes",
        ) from None
    except yaml.reader.ReaderError as error:
        raise BadInput(
            f"{source}:{text.count(chr(10), 0, error.position) + 1}",
            f"the character {chr(error.character)!r} is not allowed in YAML"
            if isinstance(error.character, int)
            else f"not YAML: {error.reason}",
            "Expected printable text",
            "Remove it, or save the file as UTF-8 text",
        ) from None


def explain(errors: ValidationError, model: type[BaseModel], source: str, lines: Lines | None = None) -> BadInput:
    """The first complaint of a validation as a message for a person.

    Args:
        errors: What pydantic found.
        model: The model that was to be filled; its fields are offered when a key is wrong.
        source: Where the data came from.
        lines: Line of each path in the document, where known.
    """
    error = errors.errors()[0]
    path = tuple(error["loc"])
    line = next((lines[path[:end]] for end in range(len(path), -1, -1) if lines and path[:end] in lines), None)
    where = f"{source}:{line}" if line else source
    key = ".".join(str(part) for part in path) or "document"
    if error["type"] == "extra_forbidden":
        known = ", ".join(_fields_at(model, path[:-1]))
        return BadInput(where, f"unknown key {key!r}", f"Expected one of: {known}", "Correct or remove the key")
    if error["type"] == "missing":
        return BadInput(where, f"key {key!r} is missing", "Expected a value", "Add the key")
    found = repr(error["input"])
    shown = found if len(found) <= _LONGEST_SHOWN else f"{found[:_LONGEST_SHOWN]}..."
    return BadInput(where, f"{key} is {shown}", error["msg"], _hint(model, path) or "Correct the value")


def _hint(model: type[BaseModel], path: tuple[Any, ...]) -> str:
    """What the model says about a value, for somebody who has to correct it."""
    owner = _model_at(model, path[:-1])
    field = owner.model_fields.get(str(path[-1])) if owner and path else None
    return f"Correct the value ({field.description})" if field and field.description else ""


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    owner = _model_at(model, path)
    return list(owner.model_fields) if owner else []


def _model_at(model: type[BaseModel], path: tuple[Any, ...]) -> type[BaseModel] | None:
    """The model that describes the part of a document at a path."""
    for part in path:
        field = model.model_fields.get(str(part))
        annotation = field.annotation if field else None
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        inner = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
        if inner is None:
            return None
        model = inner
    return model


class _Loader(yaml.SafeLoader):
    """The safe loader, which also names the line of a value that looks like a date or number and is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
            text = f"{node.value!r}" if isinstance(node, yaml.ScalarNode) else "a value"
            shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
            raise yaml.constructor.ConstructorError(
                None, None, f"{shown} cannot be read ({error}); quote it if it is text", node.start_mark
            ) from None


def _check_events(text: str, source: str) -> None:
    """Refuse what plain documents do not need, before anything is built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        where = f"{source}:{event.start_mark.line + 1 if event.start_mark else 1}"
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            raise BadInput(
                where,
                f"{sign}{event.anchor} is a YAML {'alias' if sign == '*' else 'anchor'}",
                "Expected plain values",
                "Write the value out, or quote the text if it begins with & or *",
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise BadInput(
                where, f"nested deeper than {_DEEPEST} levels", "Expected a plain document", "Check the brackets"
            )


def _lines(node: yaml.Node, path: tuple[Any, ...], source: str) -> Iterator[tuple[tuple[Any, ...], int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise BadInput(
                    f"{source}:{key.start_mark.line + 1}",
                    "a key is a list or a mapping",
                    "Expected keys that are text",
                    "Write `key: value` lines",
                )
            if key.value in seen:
                raise BadInput(
                    f"{source}:{key.start_mark.line + 1}",
                    f"key {key.value!r} is written twice",
                    "Expected each key once",
                    "Remove one of the two",
                )
            seen.add(key.value)
            for inner, _line in _lines(value, (*path, key.value), source):
                yield inner, (key.start_mark.line + 1 if inner == (*path, key.value) else _line)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, index), source)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
