"""Stand-ins for the parts of a plant file that cannot be read, so that the rest of it can still be checked."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from danao.plant.tree import Path

_SECTIONS = ("stations", "products", "sources")
"""Sections whose keys are replaced one by one."""
_SHARED = ("calendars", "pools", "transport")
"""Sections whose parts are replaced as a whole."""
_SINGLE = ("orders", "tariff", "worth", "limit")
"""Sections that are left out if anything in them is wrong."""


def piece_of(path: Path) -> Path:
    """What has to be replaced for a mistake: one key of a station, step or source, or as much above it as is needed."""
    if path[:1] == ("products",):
        return path[:5] if path[2:3] == ("route",) and len(path) > 3 else path[:2]
    if path and path[0] in _SHARED:
        return path[:2]
    return path[:3] if path and path[0] in _SECTIONS else path[:1]


def healed(document: dict[str, Any], bad: Iterable[Path]) -> dict[str, Any] | None:
    """The document with a harmless stand-in for each part that holds a mistake.

    Args:
        document: As read, text only.
        bad: Paths of the mistakes.

    Returns:
        A document that is valid by itself; None if a whole section is unusable.
    """
    pieces = {piece_of(path) for path in bad}
    if () in pieces or any((name,) in pieces or not document.get(name) for name in _SECTIONS[:2]):
        return None
    known = ("plant", *_SECTIONS, *_SHARED, *_SINGLE)
    result = {key: value for key, value in copy.deepcopy(document).items() if key in known and (key,) not in pieces}
    result.setdefault("plant", "plant")
    stations, products, sources = result["stations"], result["products"], result.get("sources", [])
    for piece in sorted((piece for piece in pieces if len(piece) > 1), key=lambda piece: (len(piece), str(piece))):
        name, last = piece[1], piece[-1]
        if piece[0] == "stations":
            stations[name] = _without(stations[name], piece[2:])
        elif piece[0] == "sources":
            sources[name] = _source(_without(sources[name], piece[2:]), products)
        elif piece[0] == "calendars":
            result["calendars"][name] = {"open": [["0 h", "168 h"]]}
        elif piece[0] in _SHARED:
            del result[piece[0]][name]
        elif len(piece) == 2:
            products[name] = {"route": [{"station": next(iter(stations)), "time": "1 h"}]}
        else:
            route = products[name]["route"]
            step = _without(route[piece[3]], (last,) if len(piece) == 5 else ())
            route[piece[3]] = {"station": next(iter(stations)), "time": "1 h", **step}
    named = {
        key: _named(result[key]) for key in ("stations", "products", *_SHARED) if isinstance(result.get(key), dict)
    }
    return {**result, **named}


def _without(value: Any, key: Path) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name != key[0]} if isinstance(value, dict) and key else {}


def _source(source: dict[str, Any], products: dict[str, Any]) -> dict[str, Any]:
    way = {} if "gaps" in source or source.get("saturated") == "true" else {"gaps": "1 h"}
    what = {} if "products" in source else {"product": next(iter(products))}
    return {**what, **source, **way}


def _named(section: dict[str, Any]) -> dict[str, Any]:
    return {name or "?": value for name, value in section.items()}
