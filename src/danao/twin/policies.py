"""Policies in the loop of the twin: a user's own compiled rule, and decisions that are left to somebody outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba import cfunc, types

from danao.core.errors import BadInput
from danao.twin.layout import Layout
from danao.twin.rules import FEATURES, OF_USER

_SIGNATURE = types.float64(*[types.float64] * len(FEATURES))


def numbers_of(layout: Layout, stations: Sequence[str] | None) -> list[int]:
    """Numbers of some stations; None: all.

    Raises:
        BadInput: The plant does not have one of them.
    """
    names = [station.name for station in layout.plant.stations]
    for name in stations or ():
        if name not in names:
            raise BadInput(
                f"twin of {layout.plant.name}",
                f"unknown station {name!r}",
                f"Expected some of: {', '.join(names)}",
                "Correct the name",
            )
    return list(range(len(names))) if stations is None else [names.index(name) for name in stations]


def use_rule(layout: Layout, rule: Callable[..., float], stations: Sequence[str] | None) -> Any:
    """Let stations follow a rule of the user.

    Args:
        layout: The compiled plant; changed in place.
        rule: Takes `FEATURES` as ten float64 and returns a key; a plain function or one that Numba has compiled.
        stations: Where; None: everywhere.

    Returns:
        The compiled rule, which must be kept as long as the layout.

    Raises:
        BadInput: An unknown station, or a function that Numba cannot compile.
    """
    numbers = numbers_of(layout, stations)
    try:
        compiled = cfunc(_SIGNATURE, error_model="numpy")(getattr(rule, "py_func", rule))
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise BadInput(
            f"rule {getattr(rule, '__name__', rule)}",
            f"it cannot be compiled: {reason[0] if reason else type(error).__name__}",
            f"Expected a function of {len(FEATURES)} numbers ({', '.join(FEATURES)}) that returns a number",
            "Use plain arithmetic and the math module",
        ) from None
    world = layout.world
    world.run["user_rule"] = compiled.address
    for number in numbers:
        row = world.stations[number]
        row["rule"], row["second"], row["third"], row["fourth"], row["plain"] = OF_USER, 0, 0, 0, 0
    return compiled


def ask(layout: Layout, stations: Sequence[str] | None) -> None:
    """Let somebody outside decide at stations which of several waiting parts is next; the layout is changed in place.

    Raises:
        BadInput: An unknown station.
    """
    for number in numbers_of(layout, stations):
        layout.world.stations[number]["asks"] = 1
        layout.world.stations[number]["plain"] = 0
