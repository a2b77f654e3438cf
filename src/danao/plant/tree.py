"""A YAML text as plain values that remember their lines; what nobody can misread stays text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.reader import ReaderError

from danao.core.errors import BadInput

Path = tuple[str | int, ...]
"""Keys and positions from the top of the document to a value."""

_MOST_VALUES = 1_000_000
"""Aliases can blow a short text up without end; no plant has this many values."""


@dataclass
class Tree:
    """A document and the lines of its values.

    Scalars stay text (`no`, `12`, `4:30` are what was written, not False, a number or 270), except that an empty value,
    `~` and `null` are None.
    """

    source: str
    """The file, for messages."""
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    """Line of the key of each value, from 1."""
    mistakes: list[tuple[Path, BadInput]] = field(default_factory=list)
    """Keys that are written twice or are no text."""

    def at(self, path: Path) -> tuple[Path, int]:
        """The part of a path that stands in the document, and its line."""
        found: Path = ()
        for part in path:
            if (*found, part) in self.lines:
                found = (*found, part)
        return found, self.lines.get(found, 1)

    def where(self, path: Path) -> str:
        """File, line and path of a value, for messages; steps and sources are counted from 1."""
        found, line = self.at(path)
        text = ""
        for part in found:
            text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
        return f"{self.source}:{line}" + (f": {text[1:]}" if text else "")


def read_tree(text: str, source: str) -> Tree:
    """The values of a YAML text.

    Raises:
        BadInput: Not YAML, indented with tabs, nested or repeated without end; the message names file and line.
    """
    tree = Tree(source)
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        if node is not None:
            tree.value = _value(node, (), node.start_mark.line + 1, tree)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, text, source) from None
    except ReaderError as error:
        where = f"{source}:{text.count(chr(10), 0, error.position) + 1}"
        raise BadInput(
            where, f"character U+{ord(text[error.position]):04X}", "Expected text that can be printed", "Remove it"
        ) from None
    except RecursionError:
        raise BadInput(
            source, "nested too deeply", "Expected a few levels of indentation", "Check brackets and aliases"
        ) from None
    return tree


def _not_yaml(error: yaml.MarkedYAMLError, text: str, source: str) -> BadInput:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    lines = text.splitlines()
    line = lines[number] if number < len(lines) else ""
    where = f"{source}:{number + 1}"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return BadInput(
            where, "the line is indented with a tab", "Expected blanks: YAML knows no tabs", "Replace tabs by blanks"
        )
    return BadInput(
        where, f"not YAML: {error.problem or error.context}", "Expected key: value lines", "Check indent and quotes"
    )


def _value(node: yaml.Node, path: Path, line: int, tree: Tree) -> Any:
    tree.lines[path] = line
    if len(tree.lines) > _MOST_VALUES:
        raise BadInput(
            f"{tree.source}:{line}",
            f"more than {_MOST_VALUES:,} values",
            "Expected the description of one plant",
            "Check the aliases (*name)",
        )
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*path, position), item.start_mark.line + 1, tree) for position, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, tree)
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return None if plain and node.value in ("", "~", "null", "Null", "NULL") else node.value


def _mapping(node: yaml.MappingNode, path: Path, tree: Tree) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            at = f"{tree.source}:{line}"
            tree.mistakes.append(
                (path, BadInput(at, "a key that is a list or a mapping", "Expected a name", "Write a name"))
            )
            continue
        name = str(key.value)
        if name in values:
            first = tree.lines[(*path, name)]
            mistake = BadInput(
                f"{tree.source}:{line}",
                f"{name!r} is written twice, first in line {first}",
                "Expected each name once",
                "Rename or remove one of the two",
            )
            tree.mistakes.append(((*path, name), mistake))
            continue
        values[name] = _value(value, (*path, name), line, tree)
    return values
