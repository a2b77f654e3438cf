"""Classes of work at a station: what shares a batch, and what follows without a setup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from danao.learning.batches import BatchRule
from danao.learning.changeovers import Changeover
from danao.learning.log import BREAKDOWN, EventLog, Integers

_NAMED = 3


@dataclass(frozen=True)
class WorkClass:
    """Of a step; empty: none."""

    setup: str
    batch: str


def classes_of(
    log: EventLog, station: Integers, changes: Sequence[Changeover | None], rules: Sequence[BatchRule | None]
) -> tuple[tuple[WorkClass, ...], Integers]:
    """The classes, and (n,) the number of each report's; -1: it has none."""
    numbers: dict[WorkClass, int] = {}
    of = np.full(len(log), -1)
    batch_names = [{} if rule is None else _batch_names(log, rule) for rule in rules]
    setup_names = [{} if change is None else setup_classes(log, change) for change in changes]
    for row in np.flatnonzero((log.kind != BREAKDOWN) & (station >= 0)).tolist():
        change, rule = changes[station[row]], rules[station[row]]
        if change is None and rule is None:
            continue
        value = int((log.material if change is None or change.attribute == "material" else log.operation)[row])
        setup = "" if change is None else setup_names[station[row]].get(change.class_of.get(value, -1), "")
        batch = batch_names[station[row]].get((int(log.operation[row]), int(log.material[row])), "")
        if setup or batch:
            of[row] = numbers.setdefault(WorkClass(setup, batch), len(numbers))
    return tuple(numbers), of


def setup_classes(log: EventLog, change: Changeover) -> dict[int, str]:
    """Class of a changeover to its name: what it holds."""
    names = log.materials if change.attribute == "material" else log.operations
    held: dict[int, list[str]] = {}
    for value, label in change.class_of.items():
        held.setdefault(label, []).append(names[value])
    return _told(held)


def _batch_names(log: EventLog, rule: BatchRule) -> dict[tuple[int, int], str]:
    held: dict[int, list[str]] = {}
    of_kind = {}
    for label, kinds in enumerate(rule.members):
        several = len({operation for one in rule.members for operation, _ in one}) > 1
        for operation, material in sorted(kinds):
            of_kind[operation, material] = label
            made = [log.materials[material]] if material >= 0 else []
            words = [log.operations[operation]] if several or not made else []
            held.setdefault(label, []).append(" ".join([*words, *made]))
    names = _told(held)
    return {kind: names[label] for kind, label in of_kind.items()}


def _told(held: dict[int, list[str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for label, names in sorted(held.items()):
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        name = ", ".join(names[:_NAMED]) + more
        found[label] = name if name not in found.values() else f"{name} ({label + 1})"
    return found
