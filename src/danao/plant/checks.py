"""Checks that the searches for mistakes in a plant share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from danao.core.errors import BadInput


def unknown(where: str, what: str, name: str, known: Iterable[str]) -> Iterator[BadInput]:
    """A complaint if a name is none of the known ones; an empty name is none at all."""
    known = sorted(known)
    if name and name not in known:
        expected = f"Expected one of: {', '.join(known)}" if known else f"No {what} is defined"
        yield BadInput(where, f"unknown {what} {name!r}", expected, "Correct the name")


def repeated(where: str, what: str, names: list[str]) -> Iterator[BadInput]:
    """A complaint for each name that stands in a list more than once."""
    if len(set(names)) == len(names):
        return
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield BadInput(where, f"{what} {name} is described twice", "Expected each name once", "Rename one of them")


def at_least(where: str, least: int, found: int | None, what: str) -> Iterator[BadInput]:
    """A complaint if a number is too small.

    Args:
        where: Place.
        least: Smallest number that is allowed.
        found: The number; None is no number and no mistake.
        what: The number with its noun, such as `0 machines`.
    """
    if found is not None and not found >= least:
        yield BadInput(where, what, f"Expected {least} or more", "Correct the number")


def is_time(hours: float) -> bool:
    """Whether a time is finite and 0 or more."""
    return 0 <= hours < math.inf
