"""Priority functions: numbers that stand in the tables of a twin and say which waiting part a machine takes.

A rule that was learnt differs from one that was written down only in these numbers, so thousands of rules run on one
compiled twin. The form follows Branke, Hildebrandt & Scholz-Reiter, Hyper-heuristic evolution of dispatching rules: a
comparison of rule representations, Evolutionary Computation 23 (2015): linear in attributes of the part, or a small
tree with such a function in each leaf. As the attributes have logarithms among them, ATC is one of these functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from danao.core.errors import BadInput
from danao.twin.world import Floats

TERMS = (
    "one",
    "log work",
    "log work left",
    "log weight",
    "slack per mean work",
    "slack",
    "lateness",
    "slack ratio",
    "late",
    "setup",
    "setup per mean work",
    "waited",
    "log in plant",
    "next queue",
    "next idle",
    "last step",
    "work per mean work",
    "log next work",
    "urgency",
    "queue",
    "log work in queue",
)
"""What a priority function sees of a waiting part. Times count in mean hours of a step of the plant (the scale), or
where it says `per mean work` in mean hours of the parts that wait here.

one: 1, which matters in trees only. log work, log work left, log weight: logarithms of the work of the step, of the
work to the end of the route, and of the priority (at least 1). slack: hours until it is due beyond the work left and
the waiting that is allowed for (`allowance` times the work after this step), 0 if negative; lateness: what is below 0.
slack ratio: both over the work left, between -2 and 10. late: 1 if the slack is below 0. setup: hours of setup on the
machine at hand. waited: here. log in plant: log of 1 + time in the plant. next queue: log of 1 + work that waits at the
next station, per machine; next idle: 1 if none does; last step: 1 if none follows. log next work: log of 1 + work of
the next step. urgency: exp(-slack / (2 mean works)). queue: log of 1 + parts that wait here; log work in queue: log
work times queue.
"""
TERM_COUNT = len(TERMS)
DEEPEST = 3
"""Splits from the root of a tree to a leaf."""

LOOK_AHEAD, SETUP_AHEAD, COVERT_AHEAD, ALLOWANCE, SCALE, OWN_ALLOWANCE, DEPTH, NODES_AT = range(8)
"""Places in the table of numbers; the nodes are pairs (term, threshold), the leaves follow them."""
LEAVES_AT = NODES_AT + 2 * (2**DEEPEST - 1)
NUMBERS = LEAVES_AT + TERM_COUNT * 2**DEEPEST


@dataclass(frozen=True)
class Tuning:
    """Numbers of the classical rules that look ahead.

    Sources: Vepsalainen & Morton 1987 (ATC, COVERT); Lee, Bhaskaran & Pinedo 1997 (ATCS).
    """

    look_ahead: float = 2.0
    """k of ATC and k1 of ATCS: the slack counts in multiples of k mean process times."""
    setup: float = 0.5
    """k2 of ATCS: setups count in multiples of k2 mean setup times."""
    covert: float = 2.0
    """Expected wait in multiples of the work left, for COVERT."""
    allowance: float = 0.0
    """Waiting that ATC, ATCS and COVERT allow for at later steps, in multiples of their work."""

    def __post_init__(self) -> None:
        for name in ("look_ahead", "setup", "covert"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise BadInput(f"tuning: {name}", f"{value:g}", "Expected a number above 0", "Correct the value")
        if not 0 <= self.allowance < math.inf:
            raise BadInput(
                "tuning: allowance", f"{self.allowance:g}", "Expected a number of 0 or more", "Correct the value"
            )


@dataclass(frozen=True)
class PriorityFunction:
    """A function of `TERMS`; the waiting part with the smallest value goes first.

    Raises:
        BadInput: A term is unknown, a number is not finite, or nodes and leaves do not make a tree.
    """

    leaves: tuple[Mapping[str, float], ...]
    """Weight of each term in each leaf, from left to right; missing terms weigh nothing."""
    splits: tuple[tuple[str, float], ...] = ()
    """Term and threshold of each node of a complete binary tree, level by level; greater goes right. A threshold of
    infinity sends everything left. Empty: one linear function."""
    allowance: float = 0.0
    """Waiting to expect at later steps, in multiples of their work; the slack is reduced by it."""

    def __post_init__(self) -> None:
        depth = len(self.leaves).bit_length() - 1
        if len(self.leaves) != 2**depth or len(self.splits) != 2**depth - 1 or depth > DEEPEST:
            raise BadInput(
                "priority function",
                f"{len(self.splits)} splits and {len(self.leaves)} leaves",
                f"Expected a complete tree of depth 0 to {DEEPEST}: 0 and 1, 1 and 2, 3 and 4, or 7 and 8",
                "Complete the tree; a split at infinity sends everything left",
            )
        for term in {*(term for leaf in self.leaves for term in leaf), *(term for term, _ in self.splits)}:
            if term not in TERMS:
                raise BadInput(
                    "priority function", f"unknown term {term!r}", f"Expected: {', '.join(TERMS)}", "Correct the name"
                )
        if not all(math.isfinite(weight) for leaf in self.leaves for weight in leaf.values()):
            raise BadInput("priority function", "a weight is not finite", "Expected numbers", "Correct the weight")
        if any(math.isnan(threshold) for _, threshold in self.splits):
            raise BadInput("priority function", "a threshold is not a number", "Expected a number", "Correct it")
        if not 0 <= self.allowance < math.inf:
            raise BadInput(
                "priority function",
                f"allowance {self.allowance:g}",
                "Expected a number of 0 or more",
                "Correct the value",
            )

    @property
    def depth(self) -> int:
        """Splits from the root to a leaf."""
        return len(self.leaves).bit_length() - 1


def default_numbers(scale: float) -> Floats:
    """The table of numbers of a plant whose steps take `scale` hours on average."""
    numbers = np.zeros(NUMBERS)
    write_tuning(numbers, Tuning())
    numbers[SCALE] = scale if scale > 0 else 1.0
    return numbers


def write_tuning(numbers: Floats, tuning: Tuning) -> None:
    """Put the numbers of the classical rules into a table."""
    numbers[LOOK_AHEAD], numbers[SETUP_AHEAD] = tuning.look_ahead, tuning.setup
    numbers[COVERT_AHEAD], numbers[ALLOWANCE] = tuning.covert, tuning.allowance


def write_function(numbers: Floats, function: PriorityFunction) -> None:
    """Put a priority function into a table."""
    numbers[OWN_ALLOWANCE], numbers[DEPTH] = function.allowance, function.depth
    numbers[NODES_AT:] = 0.0
    for node, (term, threshold) in enumerate(function.splits):
        numbers[NODES_AT + 2 * node : NODES_AT + 2 * node + 2] = TERMS.index(term), threshold
    for place, leaf in enumerate(function.leaves):
        for term, weight in leaf.items():
            numbers[LEAVES_AT + TERM_COUNT * place + TERMS.index(term)] = weight
