"""One byte sequence for one JSON value (RFC 8785), so that equal contents have equal hashes on every machine."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rfc8785

from danao.core.errors import BadInput

LARGEST_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 7493)."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False).encode


def canonical(value: object, where: str = "value") -> bytes:
    """The canonical JSON of a value: UTF-8, keys sorted, no blanks, numbers as ECMAScript writes them.

    Args:
        value: Mappings with text keys, lists, tuples, text, numbers, booleans and None, nested as you like.
        where: What the value is, for messages; the path inside the value is added.

    Raises:
        BadInput: NaN, an infinity, an integer beyond 2**53 - 1, text that is not Unicode, or a type JSON has not.

    Source: RFC 8785, JSON Canonicalization Scheme. Values whose text is the same for Python's own JSON encoder (ASCII,
    numbers without an exponent) take that one, because it is three times as fast; all others take the rfc8785 package.
    """
    try:
        text = _encode(_usual(value))
        if text.isascii():
            return text.encode()
    except (_Unusual, RecursionError):
        pass
    try:
        return rfc8785.dumps(_checked(value, where))
    except RecursionError:
        raise BadInput(
            where, "is nested too deeply or holds itself", "Expected a tree", "Store a digest of it instead"
        ) from None


def parse(data: bytes) -> Any:
    """The value that canonical JSON stands for; whole numbers beyond 2**53 - 1 were floats and become floats again.

    Raises:
        ValueError: The bytes are not JSON.
    """
    return json.loads(data, parse_int=_whole_number)


def sha256_of(content: bytes | Path | Mapping[str, object]) -> str:
    """SHA-256 for a record's subject: of bytes, of a file's content, or of a mapping's canonical JSON.

    Returns:
        64 hexadecimal digits.

    Raises:
        BadInput: The file cannot be read, or the mapping is no JSON.
    """
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    if isinstance(content, Path):
        try:
            with content.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise BadInput(
                str(content), f"cannot be read ({error.strerror})", "Expected a file", "Check the path"
            ) from error
    return hashlib.sha256(canonical(content, "content")).hexdigest()


class _Unusual(Exception):
    """Python's encoder and RFC 8785 may differ on this value, or it is not JSON at all."""


def _usual(value: Any) -> Any:
    """The value in a form that Python's encoder writes as RFC 8785 wants it; the path that every append takes."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is float:
        if 1e-4 <= value <= LARGEST_INTEGER or -LARGEST_INTEGER <= value <= -1e-4 or value == 0:
            return int(value) if value.is_integer() else value
        raise _Unusual
    if kind is int:
        if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            return value
        raise _Unusual
    if kind is dict:
        plain = {}
        for key, item in value.items():
            if type(key) is not str:
                raise _Unusual
            plain[key] = item if type(item) is str else _usual(item)
        return plain
    if kind is list or kind is tuple:
        return [item if type(item) is str else _usual(item) for item in value]
    raise _Unusual


def _checked(value: object, where: str) -> Any:
    """The value in types that the rfc8785 package knows, or a message that names the place."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BadInput(
                where, f"is {value}", "JSON has finite numbers only", "Leave the entry out or write null, and say why"
            )
        return float(value)
    if isinstance(value, Mapping):
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise BadInput(where, f"has the key {key!r}", "JSON keys are text", f"Write {str(key)!r}")
            plain[_text(key, where)] = _checked(item, f"{where}.{key}")
        return plain
    if isinstance(value, list | tuple):
        return [_checked(item, f"{where}[{place}]") for place, item in enumerate(value)]
    if hasattr(value, "__index__"):
        return _integer(int(value.__index__()), where)
    raise BadInput(
        where,
        f"is a {type(value).__name__}",
        "Expected text, a number, true, false, null, a list or a mapping",
        "Convert it: a time to ISO 8601 text, a path to text, an array with .tolist(), a NumPy boolean with bool()",
    )


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadInput(where, f"{value!r} is not valid Unicode", "Expected text", "Decode it anew") from None
    return value


def _integer(value: int, where: str) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise BadInput(
            where,
            f"is {value}, beyond 2**53 - 1",
            "JSON readers keep whole numbers exactly up to 9007199254740991",
            "Write it as text",
        )
    return value


def _whole_number(text: str) -> int | float:
    value = int(text)
    return value if abs(value) <= LARGEST_INTEGER else float(text)
