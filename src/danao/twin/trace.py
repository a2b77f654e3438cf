"""Everything that happened in one replication, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danao.plant.model import Plant

STATES = ("idle", "working", "blocked", "down", "setup", "maintenance", "closed", "heating", "off")
"""States of a machine, in the order of their numbers."""

KINDS = ("enter", "queue", "start", "end", "leave", "scrap", "rework", "state", "depart", "arrive", "late start")
"""Kinds of events, in the order of their numbers.

enter: a part comes into the plant. queue: it joins the queue of a station. start, end: a machine's work on it, setup
included. leave: it is finished (value 1: late). scrap. rework: it is sent back to the step `value` of its route. state:
a machine is in state number `value` of `STATES` from now on. depart, arrive: it is carried to a station, by vehicle
`machine` of the transport number `value`. late start: a limit on the waiting time was broken, by `value` hours.
"""

EVENT = np.dtype(
    [
        ("time", np.float64),
        ("kind", np.int64),
        ("part", np.int64),
        ("product", np.int64),
        ("step", np.int64),
        ("station", np.int64),
        ("machine", np.int64),
        ("value", np.float64),
    ]
)
"""One event; -1 where a column does not apply. `part`: a serial number from 0, unique in the run; `machine`: numbered
over all stations, in their order."""


@dataclass(frozen=True)
class Trace:
    """The events of one replication from `start` to `end`, in their order."""

    plant: Plant
    seed: int
    start: float
    """h."""
    end: float
    """h."""
    events: NDArray[np.void]
    """(n,) of `EVENT`. Each machine has a `state` event at the start."""

    def machine_names(self) -> list[str]:
        """Name of each machine: its station, and a number from 1 where there are several; no two have the same.

        A station of one machine keeps its name; a number that would make the name of another machine is left out.
        """
        taken = {station.name for station in self.plant.stations}
        found = []
        for station in self.plant.stations:
            number = 0
            for _ in range(station.machines):
                name = station.name
                while station.machines > 1 and name in taken:
                    number += 1
                    name = f"{station.name} {number}"
                taken.add(name)
                found.append(name)
        return found

    def machine_stations(self) -> list[int]:
        """Station number of each machine."""
        return [number for number, station in enumerate(self.plant.stations) for _ in range(station.machines)]

    def of(self, *kinds: str) -> NDArray[np.void]:
        """The events of some kinds, in their order."""
        numbers = [KINDS.index(kind) for kind in kinds]
        found: NDArray[np.void] = self.events[np.isin(self.events["kind"], numbers)]
        return found
