"""A plant at one moment: what is in process, where, and for how long. The twin can start from it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class PartState:
    """One part in the plant. Times are hours on the twin's clock, which starts at `PlantState.clock`."""

    product: str
    step: int = 0
    """Position in the route, from 0, of the step that it waits for or is in."""
    machine: tuple[str, int] | None = None
    """Station and machine (from 0) that works on it or keeps it; None: it waits for its step."""
    left: float | None = None
    """Hours of work left on that machine; None: all of it, drawn as for a part that starts; 0: done, and blocked."""
    entered: float = 0.0
    """When it came into the plant; may be before the clock."""
    due: float = math.inf
    waits_since: float | None = None
    """When it came to the queue, or the last step ended; None: the clock."""
    priority: int = 0
    pieces: int = 1
    name: str = ""


@dataclass(frozen=True)
class MachineState:
    """One machine that is not as new."""

    station: str
    machine: int = 0
    """From 0."""
    repair_left: float | None = None
    """Hours until it is repaired; None: it is not down."""
    setup_class: str = ""
    """What it is set up for."""


@dataclass(frozen=True)
class PlantState:
    """A recorded state of a plant, from which the twin starts."""

    clock: float = 0.0
    """Hours since a Monday 00:00."""
    parts: tuple[PartState, ...] = ()
    machines: tuple[MachineState, ...] = ()
