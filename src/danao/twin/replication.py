"""One replication of a twin: its own copy of the tables, which grow as the plant fills up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from danao.core.errors import DanaoError
from danao.twin import counting, loop, world
from danao.twin.calendar import leaves_at, tree_size
from danao.twin.layout import Layout
from danao.twin.world import World

Loop = Callable[[World, float], int]
_LINE = 64
"""Bytes of a line of the processor's cache; every table begins on a line of its own."""

_CHANGING = (
    "run",
    "stations",
    "machines",
    "products",
    "sources",
    "flows",
    "agenda",
    "listed",
    "waiting",
    "class_waiting",
    "pools",
    "stops",
    "days",
    "links",
    "transports",
    "vehicles",
    "edges",
    "turns",
)


class Deadlock(DanaoError):
    """Nothing can ever happen again although parts are in the plant, or time stands still."""


class Replication:
    """All that changes while the twin runs.

    Args:
        layout: The compiled plant.
        parts: Parts that the tables hold at first.
        general: Never use the express lane, even if it would do.
    """

    def __init__(self, layout: Layout, parts: int, *, general: bool = False) -> None:
        self.layout = layout
        self.express = layout.express and not general
        clocks = layout.express_clocks if self.express else layout.clocks
        self.block, self._places = _in_one_block({name: getattr(layout.world, name) for name in _CHANGING})
        copies = self.tables_of(self.block)
        tree = np.full(tree_size(clocks), np.inf)
        self.world = layout.world.replaced(**copies, tree=tree, clocks=tree[leaves_at(clocks) :])
        template = layout.world.run[0]
        margin = int(template["margin"])
        if self.express:
            margin = max(margin, len(layout.world.machines) + 4)
        run = self.run
        run["clock_count"], run["leaves"], run["margin"] = clocks, leaves_at(clocks), margin
        self._resize(max(parts, 2 * margin))
        self.fresh = self.block.copy()
        self.chunks: list[world.Records] = []

    def reset(self, seed: int) -> None:
        """Go back to an empty plant at time 0, or to what was kept, with other random numbers."""
        block, fresh = self.block.view(np.int64), self.fresh.view(np.int64)
        counting.renew(self.world, block, fresh, len(self.world.parts), key_of_seed(seed))
        self.chunks = []

    def keep(self) -> None:
        """Let `reset` go back to the tables as they are now; no part may be in the plant."""
        np.copyto(self.fresh, self.block)

    def tables_of(self, blocks: npt.NDArray[np.uint8]) -> dict[str, world.Records]:
        """The tables that change, by name, shape (..., rows), in blocks of shape (..., bytes) that are laid out as
        `block` is."""
        return {name: blocks[..., start:end].view(dtype) for name, (start, end, dtype) in self._places.items()}

    @property
    def run(self) -> world.Records:
        """Numbers of the whole run."""
        return self.world.run[0]

    @property
    def now(self) -> float:
        """h."""
        return float(self.run["now"])

    def advance(self, compiled: Loop, until: float) -> int:
        """Run to a time, with larger tables when the plant fills up.

        Returns:
            Why the loop stopped: `loop.DONE`, `loop.NOTHING_HAPPENS` or `loop.ASKED`.

        Raises:
            Deadlock: Nothing can happen any more, or time stands still.
        """
        while True:
            outcome = compiled(self.world, until)
            if outcome == loop.PARTS_USED_UP:
                self.grow()
            elif outcome == loop.TRACE_FULL:
                self.drain()
            elif outcome == loop.ENDLESS:
                raise self.endless()
            else:
                break
        if outcome != loop.ASKED:
            self.check()
        return outcome

    def trace(self, size: int) -> None:
        """Write a trace from now on."""
        run = self.run
        size = max(size, 4 * int(run["trace_margin"]))
        self.world = self.world.replaced(trace=world.empty_trace(size))
        self.run["tracing"], self.run["trace_size"] = 1, size
        self.run["traced"] = 0
        if self.run["started"] == 1:
            loop.write_states(self.world, self.now)

    def drain(self) -> None:
        """Put the events of the trace so far aside."""
        traced = int(self.run["traced"])
        self.chunks.append(self.world.trace[:traced].copy())
        self.run["traced"] = 0

    def grow(self) -> None:
        """Room for twice as many parts."""
        self._resize(2 * len(self.world.parts))

    def _resize(self, size: int) -> None:
        """Larger tables of parts."""
        old = self.world
        before = len(old.parts)
        run = self.run
        spare = int(run["free"])
        marks, dedicated = int(run["mark_slots"]), int(run["dedication_slots"])
        moves = [int(old.moves[(run["moves_head"] + i) % len(old.moves)]) for i in range(self._moving())]
        ring = np.zeros(size + 1, np.int64)
        ring[: len(moves)] = moves
        self.world = old.replaced(
            parts=_longer(old.parts, size),
            free=np.concatenate(
                [np.arange(before, size, dtype=np.int64)[::-1], old.free[:spare], np.zeros(before - spare, np.int64)]
            ),
            marks=_longer(old.marks, size * marks),
            dedicated=_longer(old.dedicated, size * dedicated, -1),
            moves=ring,
            heap_time=_longer(old.heap_time, size),
            heap_number=_longer(old.heap_number, size),
            heap_part=_longer(old.heap_part, size),
        )
        run["free"] = spare + size - before
        run["moves_head"], run["moves_tail"], run["moves_size"] = 0, len(moves), size + 1

    def _moving(self) -> int:
        run = self.run
        return int((run["moves_tail"] - run["moves_head"]) % len(self.world.moves))

    def forget(self) -> None:
        """Throw the statistics of the warm-up away."""
        counting.forget(self.world)

    # What has gone wrong.

    def check(self) -> None:
        """Raise a Deadlock if parts wait for each other for ever."""
        if self.layout.circular and (stations := self.locked()):
            plant = self.layout.plant
            raise Deadlock(
                self._where(),
                f"stations wait for each other for ever: all machines of {', '.join(stations)} are blocked by each "
                f"other (parts in the plant: {self.run['in_plant']})",
                "Expected a free place somewhere along every loop of the routes",
                "Enlarge a buffer in the loop, or limit the parts that enter it"
                + ("" if plant.limit is None else f" (the limit is {plant.limit} now)"),
            )
        if not self.express and self.starved():
            raise Deadlock(
                self._where(),
                f"nothing will ever happen again (parts in the plant: {self.run['in_plant']}): {self.waiting()}",
                "Expected every part to go on at some time",
                "Give the batch a patience or a smaller minimum, add components or people, or free a place",
            )

    def _where(self) -> str:
        return f"twin of {self.layout.plant.name} at {self.now:.4g} h"

    def endless(self) -> Deadlock:
        """The error when events go on for ever without any time passing."""
        return Deadlock(
            self._where(),
            f"more than {loop.MOST_EVENTS_AT_ONCE:,} events at the same moment: a loop that takes no time",
            "Expected every loop of rework or arrivals to take some time",
            "Give a step of the loop a process time, or a source a gap, above 0",
        )

    def locked(self) -> list[str]:
        """Stations that wait for each other for ever, by way of conveyors too: none of them can let a part go.

        A station is stuck if all its machines are blocked, a conveyor if it is full of parts that stand at its end, and
        if all that they wait for is stuck, too.
        """
        tables = self.world
        waits: dict[tuple[str, int], set[tuple[str, int]]] = {}
        counts: dict[tuple[str, int], int] = {}
        for target, head in self._lines():
            number = head
            while number >= 0:
                part = tables.parts[number]
                holder = self._holder(part)
                waits.setdefault(holder, set()).add(target)
                counts[holder] = counts.get(holder, 0) + 1
                number = int(part["next"])
        stuck = {holder: targets for holder, targets in waits.items() if self._is_full(holder, counts[holder])}
        while loose := [holder for holder, targets in stuck.items() if not targets <= stuck.keys()]:
            for holder in loose:
                del stuck[holder]
        numbers = sorted(number for kind, number in stuck if kind == "station")
        return [self.layout.plant.stations[number].name for number in numbers]

    def _lines(self) -> list[tuple[tuple[str, int], int]]:
        """What parts wait for a place of, and the first of them."""
        tables = self.world
        lines = [(("station", number), int(row["blocked_head"])) for number, row in enumerate(tables.stations)]
        return lines + [(("link", number), int(row["blocked_head"])) for number, row in enumerate(tables.links)]

    def _holder(self, part: world.Records) -> tuple[str, int]:
        if self.express or part["holder"] == world.ON_MACHINE:
            return "station", int(self.world.machines[part["place"]]["station"])
        return ("link" if part["holder"] == world.ON_LINK else "elsewhere"), int(part["place"])

    def _is_full(self, holder: tuple[str, int], waiting: int) -> bool:
        """Whether everything that a station or conveyor holds is among the waiting parts."""
        kind, number = holder
        tables = self.world
        if kind == "link":
            return bool(tables.links[number]["on"] == tables.links[number]["places"] == waiting)
        if kind == "elsewhere":
            return False
        row = tables.stations[number]
        machines = tables.machines[int(row["first"]) : int(row["first"] + row["machines"])]
        kept = len(machines) if self.express else int(machines["load"].sum())
        return bool((machines["status"] == world.BLOCKED).all() and kept == waiting)

    def starved(self) -> bool:
        """Whether parts wait for idle machines and no clock that could change that will ever go off."""
        tables, run = self.world, self.run
        if run["in_plant"] == 0 or run["head"] != run["tail"]:
            return False
        vital = np.ones(len(tables.clocks), dtype=bool)
        vital[run["meter_clock"]] = False
        vital[run["calendar_base"] : run["patience_base"]] = False
        vital[run["machine_count"] : run["source_base"]] = False
        vital[: run["machine_count"]] = ~np.isin(tables.machines["status"], (world.IDLE, world.OFF))
        if np.isfinite(tables.clocks[vital]).any() or (tables.machines["holds"] > 0).any():
            return False
        stations = tables.stations
        if not ((stations["queued"] > 0) & (stations["idle"] > 0)).any():
            return False
        shifts = (tables.pools["calendar"] >= 0).any() and (tables.pools["on_shift"] < tables.pools["count"]).any()
        return not shifts

    def waiting(self) -> str:
        """Where the parts wait, in words."""
        tables = self.world
        names = [station.name for station in self.layout.plant.stations]
        found = []
        for number, station in enumerate(tables.stations):
            if station["queued"]:
                first = tables.parts[station["head"]]
                step = tables.steps[first["step"]]
                short = [
                    self.layout.plant.products[material["product"]].name
                    for material in tables.materials[step["needs_at"] : step["needs_at"] + step["needs"]]
                    if tables.products[material["product"]]["stored"] < material["count"]
                ]
                why = ""
                if short:
                    why = f" for {', '.join(short)}"
                elif step["batch_max"] > 0:
                    why = f" for a batch of {step['batch_min']}"
                elif station["waits"]:
                    why = " for people"
                elif station["refusals"] != 0:
                    why = " for a machine whose setup run is over"
                found.append(f"{station['queued']} at {names[number]}{why}")
            held = 0
            part = int(station["blocked_head"])
            while part >= 0:
                held += 1
                part = int(tables.parts[part]["next"])
            if held:
                found.append(f"{held} for a place at {names[number]}")
        return "; ".join(found) or "all of them are held by machines, conveyors or vehicles"


def key_of_seed(seed: int) -> int:
    """The bits of a seed as a whole number of 64 bits with a sign."""
    bits = int(seed) & 0xFFFFFFFFFFFFFFFF
    return bits - (bits >> 63 << 64)


_Places = dict[str, tuple[int, int, np.dtype[Any]]]


def _in_one_block(tables: Mapping[str, world.Records]) -> tuple[npt.NDArray[np.uint8], _Places]:
    """Copy tables into one block of memory, so that a single copy makes all of them new again.

    Returns:
        The block, and for each table its first byte, the byte after its last, and what its rows are.
    """
    places: _Places = {}
    size = 0
    for name, table in tables.items():
        places[name] = (size, size + table.nbytes, table.dtype)
        size += -(-table.nbytes // _LINE) * _LINE
    block = np.zeros(size, np.uint8)
    for name, (start, end, _) in places.items():
        block[start:end] = np.ascontiguousarray(tables[name]).view(np.uint8)
    return block, places


def _longer(table: world.Records, size: int, fill: float = 0) -> world.Records:
    longer = np.full(size, fill, table.dtype) if fill else np.zeros(size, table.dtype)
    longer[: len(table)] = table
    return longer
