"""Policies for a plant as people write them: dispatching rules and limits on the work in process, put on a plant.

A policy is a list of clauses, separated by semicolons, each said once:

    atc                              this rule at every station
    priority, least setup, fifo      these rules, one after the other, at every station
    mill: spt; saw: edd              a rule at single stations; the others keep theirs
    fifo; mill: atc                  one rule everywhere, another at one station, in any order
    limit 12                         at most 12 parts in the plant (CONWIP); `limit none`: no such limit
    bracket: limit 4                 at most 4 parts of one source, called by its name or else its product
    as is                            the plant as it is written

Rules, `limit`, `none` and `as is` may be written in capital letters; names of stations and sources are as in the plant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from danao.core.errors import BadInput
from danao.plant.model import Plant, Source
from danao.plant.rules import DISPATCHING_RULES, rule_names

AS_IS = "as is"
"""The policy that changes nothing."""

_LIMIT = re.compile(r"limit\s+(\S+)")
_MOST_RULES = 3


@dataclass
class _Policy:
    """What a policy says, by what it is about."""

    rule: str | None = None
    rules: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int | None] = field(default_factory=dict)


def plant_with(plant: Plant, policy: str) -> Plant:
    """The same plant under another policy.

    Args:
        plant: With its own rules and limits.
        policy: See the module; empty is `as is`.

    Raises:
        BadInput: An unknown rule, station or source, a limit that is no number above 0, or something said twice.
    """
    found = _read(policy, plant)
    stations = tuple(
        replace(station, rule=found.rules.get(station.name, found.rule or station.rule)) for station in plant.stations
    )
    sources = tuple(replace(source, limit=found.limits.get(_name(source), source.limit)) for source in plant.sources)
    return replace(plant, stations=stations, sources=sources, limit=found.limits.get("", plant.limit))


def written(policy: str) -> str:
    """A policy with single blanks after its separators, its rules in small letters; the name of the one that changes
    nothing."""
    clauses = []
    for clause in policy.split(";"):
        target, colon, order = clause.rpartition(":")
        if clause.strip():
            clauses.append(" ".join(f"{target}{colon} {order.lower()}".split()))
    return "; ".join(re.sub(r"\s*([,:])\s*", r"\1 ", clause) for clause in clauses) or AS_IS


def rules_told() -> str:
    """Which policies there are, in one line for messages."""
    return f"rules: {', '.join(DISPATCHING_RULES)}; or a limit on the parts in the plant, such as limit 12"


def _read(policy: str, plant: Plant) -> _Policy:
    where = f"policy {written(policy)!r}"
    found = _Policy()
    clauses = [clause.strip() for clause in written(policy).split(";") if clause.strip()]
    if clauses == [AS_IS]:
        return found
    for clause in clauses:
        target, _, order = (part.strip() for part in clause.rpartition(":"))
        limit = _LIMIT.fullmatch(order)
        if limit is not None:
            _limit(found, target, limit[1], plant, where)
        else:
            _rule(found, target, order, plant, where)
    return found


def _limit(found: _Policy, target: str, text: str, plant: Plant, where: str) -> None:
    if target:
        _known(where, "source", target, [_name(source) for source in plant.sources])
    if target in found.limits:
        raise _twice(where, f"the limit of {target}" if target else "the limit of the plant")
    if text != "none" and (not text.isdecimal() or int(text) < 1):
        raise BadInput(where, f"limit {text}", "Expected a whole number above 0, or none", "For example: limit 12")
    found.limits[target] = None if text == "none" else int(text)


def _rule(found: _Policy, target: str, order: str, plant: Plant, where: str) -> None:
    names = rule_names(order)
    for name in names:
        if name not in DISPATCHING_RULES:
            raise BadInput(
                where,
                f"{name!r} is no rule" if name else "a rule is missing",
                f"Expected one of: {', '.join(DISPATCHING_RULES)}; or limit and a number; or {AS_IS} alone",
                "Correct the name; for example: atc, or mill: spt; saw: edd",
            )
    if len(names) > _MOST_RULES:
        raise BadInput(where, f"{len(names)} rules after each other", f"Expected {_MOST_RULES} at most", "Drop some")
    if not target:
        if found.rule is not None:
            raise _twice(where, "the rule of all stations")
        found.rule = ", ".join(names)
        return
    _known(where, "station", target, [station.name for station in plant.stations])
    if target in found.rules:
        raise _twice(where, f"the rule of {target}")
    found.rules[target] = ", ".join(names)


def _known(where: str, what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise BadInput(
            where,
            f"unknown {what} {name!r}",
            f"Expected one of: {', '.join(sorted(set(known))) or f'the plant has no {what}'}",
            "Correct the name",
        )


def _twice(where: str, what: str) -> BadInput:
    return BadInput(where, f"{what} is said twice", "Expected it once", "Leave one of them out")


def _name(source: Source) -> str:
    return source.label
