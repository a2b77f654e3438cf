"""The best of the rules that people use, chosen as people would: on the very runs that a learnt rule is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from danao.planning.arena import Arena, Rival
from danao.twin.priority import PriorityFunction, Tuning


@dataclass(frozen=True)
class Ranked:
    """A classical rule and its mean score."""

    rival: Rival
    score: float


def ranking(arena: Arena, rivals: Sequence[Rival], seeds: Sequence[Sequence[int]]) -> list[Ranked]:
    """All rules with their mean score on some seeds of each scene, the best first."""
    found = [Ranked(rival, float(arena.of_rival(rival, seeds).mean())) for rival in rivals]
    return sorted(found, key=lambda one: one.score)


def as_function(rival: Rival) -> PriorityFunction | None:
    """The priority function that ranks parts as a classical rule does; None: it is not one of them."""
    tuning = rival.tuning or Tuning()
    weights = {
        "spt": {"log work": 1.0},
        "wspt": {"log work": 1.0, "log weight": -1.0},
        "lpt": {"log work": -1.0},
        "srpt": {"log work left": 1.0},
        "fifo": {"waited": -1.0},
        "lifo": {"waited": 1.0},
        "first in plant": {"log in plant": -1.0},
        "least setup": {"setup": 1.0},
        "priority": {"log weight": -1.0},
        "winq": {"next queue": 1.0},
        "slack": {"slack": 1.0, "lateness": -1.0},
        "critical ratio": {"slack ratio": 1.0},
        "atc": {"log work": 1.0, "log weight": -1.0, "slack per mean work": 1 / tuning.look_ahead},
        "atcs": {
            "log work": 1.0,
            "log weight": -1.0,
            "slack per mean work": 1 / tuning.look_ahead,
            "setup per mean work": 1 / tuning.setup,
        },
    }
    if rival.rule not in weights:
        return None
    return PriorityFunction((weights[rival.rule],), allowance=tuning.allowance if rival.rule in ("atc", "atcs") else 0)
