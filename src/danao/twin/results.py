"""Collects what replications yield into `Runs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from danao.plant.model import Plant
from danao.twin import world
from danao.twin.layout import Layout
from danao.twin.runs import Runs
from danao.twin.trace import STATES

_TABLES = {
    "products": {
        "entered": "entered",
        "finished": "finished",
        "scrapped": "scrapped",
        "late": "late",
        "reworked": "reworked",
        "escaped": "escaped",
        "broken": "broken_limits",
        "lead": "lead_hours",
        "tardiness": "tardiness_hours",
        "open_late": "open_late_hours",
    },
    "stations": {
        "jobs": "jobs",
        "passed": "passed",
        "rejected": "rejected",
        "setups": "setups",
        "restarts": "restarts",
        "breakdowns": "breakdowns",
        "ideal": "ideal_hours",
        "queue_hours": "queue_hours",
    },
    "pools": {"busy": "busy_hours", "shift": "shift_hours"},
    "transports": {"carried": "moves", "loaded": "loaded_hours", "empty": "empty_hours"},
    "flows": {"finished": "flow_finished", "late": "flow_late", "lead": "flow_lead_hours"},
    "run": {"wip_hours": "wip_hours", "events": "events", "cost": "energy_cost", "peak": "peak_kw"},
}
"""Column of a table of the world, and what it is called in `Runs`."""


class Results:
    """Room for the results of some replications; threads may fill different rows at the same time."""

    def __init__(self, plant: Plant, layout: Layout, seeds: Sequence[int], hours: float) -> None:
        self._plant, self._layout, self._seeds, self._hours = plant, layout, seeds, hours
        count = len(seeds)
        self._columns: dict[str, world.Records] = {}
        for table, columns in _TABLES.items():
            of_world = getattr(layout.world, table)
            for column, name in columns.items():
                self._columns[name] = np.zeros((count, len(of_world)), of_world.dtype[column])
        self._states = np.zeros((count, len(plant.stations), len(STATES)))
        self._first = layout.world.stations["first"]

    def take(self, first: int, tables: Mapping[str, world.Records]) -> None:
        """Take the results of replications that are over.

        Args:
            first: Place of their first seed.
            tables: (n, rows) each: what n replications have counted.
        """
        places = slice(first, first + len(tables["run"]))
        for table, columns in _TABLES.items():
            for column, name in columns.items():
                self._columns[name][places] = tables[table][column]
        np.add.reduceat(tables["machines"]["hours"], self._first, axis=1, out=self._states[places])

    def runs(self) -> Runs:
        """All of them."""
        plant = self._plant
        columns: dict[str, Any] = {
            **self._columns,
            **{name: self._columns[name][:, 0] for name in _TABLES["run"].values()},
        }
        columns["moves"] = columns["moves"].astype(np.float64)
        return Runs(
            seeds=np.array(self._seeds, dtype=np.int64),
            hours=self._hours,
            products=tuple(product.name for product in plant.products),
            stations=tuple(station.name for station in plant.stations),
            state_hours=self._states,
            energy_kwh=np.einsum("nsk,sk->ns", self._states, self._layout.world.stations["power"]),
            pools=tuple(pool.name for pool in plant.pools),
            transport=tuple(transport.name for transport in plant.transport),
            flows=self._layout.flows,
            **columns,
        )
