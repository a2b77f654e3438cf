"""Policies in the loop of the twin: a user's own compiled rule, and decisions that are left to somebody outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from numba import cfunc, types

from danao.core.errors import BadInput
from danao.plant.rules import rule_names
from danao.twin.layout import Layout
from danao.twin.priority import PriorityFunction, Tuning, write_function, write_tuning
from danao.twin.rules import FEATURES, LEARNT, OF_USER

Place = Literal["first", "last"]
"""Whether a priority function replaces all rules of a station, or the last of them."""

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


def tune(layout: Layout, tuning: Tuning) -> None:
    """Give the classical rules other numbers; the layout is changed in place."""
    write_tuning(layout.world.rule_numbers, tuning)


def use_function(layout: Layout, function: PriorityFunction, place: Place, stations: Sequence[str] | None) -> None:
    """Let stations follow a priority function; the layout is changed in place.

    Args:
        layout: The compiled plant.
        function: Its numbers go into the tables.
        place: `first`: instead of all rules of a station; `last`: instead of the last one of several.
        stations: Where; None: everywhere.

    Raises:
        BadInput: An unknown station.
    """
    write_function(layout.world.rule_numbers, function)
    for number in numbers_of(layout, stations):
        row = layout.world.stations[number]
        rules = rule_names(layout.plant.stations[number].rule)
        kept = len(rules) - 1 if place == "last" else 0
        for position, name in enumerate(("rule", "second", "third", "fourth")):
            if position >= kept:
                row[name] = LEARNT if position == kept else 0
        row["plain"] = 0


def ask(layout: Layout, stations: Sequence[str] | None) -> None:
    """Let somebody outside decide at stations which of several waiting parts is next; the layout is changed in place.

    Raises:
        BadInput: An unknown station.
    """
    for number in numbers_of(layout, stations):
        layout.world.stations[number]["asks"] = 1
        layout.world.stations[number]["plain"] = 0
