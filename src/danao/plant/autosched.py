"""Plants in the text format of AutoSched AP, as the SMT2020 wafer fabs are published: a folder of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from danao.core.errors import BadInput
from danao.plant.autosched_lots import in_process, read_lots, releases
from danao.plant.autosched_routes import Routes, read_routes
from danao.plant.autosched_tables import Folder, Like, cell, distribution
from danao.plant.autosched_tools import ToolGroup, interruptions, least_runs, read_tools, setup_times
from danao.plant.distribution import Distribution, Family
from danao.plant.model import Plant, Segment, Station
from danao.plant.rules import DISPATCHING_RULES
from danao.plant.state import PlantState
from danao.plant.transport import Conveyor

_TABLES = {"tool", "part", "order", "WIP", "setup", "setupgrp", "downcal", "pmcal", "attach", "fromto"}

_PEER_REFUSALS = 5

_PEER = (
    "a ± b is read as a ± b/2, as PySCFabSim does",
    "lots that began no step since the start go behind all others, then setup before priority, as in PySCFabSim",
    "the lots in process stand in the queues by due date at the start, as PySCFabSim breaks ties",
    "only full batches start, and lots share one whose steps have the same DESC, as in PySCFabSim",
    "a furnace waits for the batch of the first lot, the fullest one first, as in PySCFabSim",
    "a step without setup makes the machine forget its setup, as in PySCFabSim",
    f"a machine never comes to the end of its setup runs: it refuses other classes {_PEER_REFUSALS} times in a row, "
    "when a lot comes or the machine is free, as in PySCFabSim",
    "breakdowns and maintenance pass idle machines by, and maintenance interrupts jobs, as in PySCFabSim",
    "not as in PySCFabSim: stops of a machine that overlap last together, not one after the other",
    "not as in PySCFabSim: a stop does not delay the lot that is inside a machine which takes the next one before",
    "not as in PySCFabSim: a lot can be reworked several times at a step, and not at a step that it skips",
    "not as in PySCFabSim: lots of a batch travel apart, and of free machines the first one takes a lot",
)


@dataclass(frozen=True)
class AutoSched:
    """What a folder of AutoSched AP tables describes."""

    plant: Plant
    state: PlantState
    """At time 0: the lots in process; every machine is idle, and set up for nothing."""
    start: datetime
    """Date and time of time 0."""
    notes: tuple[str, ...]
    """What was left out or interpreted."""


def read_autosched(folder: Path, rule: str = "", like: Like = "autosched") -> AutoSched:
    """A plant and its state from a folder of AutoSched AP text tables.

    Args:
        folder: With tool.txt.1l (or tool.txt), part.txt, the route files that it names and order.txt; and WIP.txt,
            setup.txt, setupgrp.txt, attach.txt with downcal.txt and pmcal.txt, and fromto.txt, as far as there are any.
        rule: Dispatching rule in place of the last key of each tool group, such as `critical ratio`; empty: as given.
        like: `autosched`: as the data say; `pyscfabsim`: as that simulator reads them, as far as a plant can say it.

    Raises:
        BadInput: A file, a column or a cell is missing or wrong; the message names file and line.

    Source: Kopp, Hassoun, Kalir, Mönch: SMT2020, a semiconductor manufacturing testbed, IEEE Trans. Semicond. Manuf.
    33 (2020), doi 10.1109/TSM.2020.3001933.
    """
    if rule and rule not in DISPATCHING_RULES:
        raise BadInput("rule", f"{rule!r}", f"Expected one of: {', '.join(DISPATCHING_RULES)}", "Correct the name")
    source = Folder(folder, like)
    groups = read_tools(source, rule)
    lots = read_lots(source)
    routes = read_routes(source, groups, lots.pieces(source))
    sources, orders = releases(source, lots, routes)
    plant = Plant(
        name=folder.resolve().name,
        stations=_stations(source, groups, routes),
        products=tuple(routes.products.values()),
        sources=sources,
        orders=orders,
        transport=_transport(source, groups),
    )
    state = in_process(source, lots, routes)
    _remarks(source)
    return AutoSched(plant, state, lots.start, tuple(source.notes))


def _stations(folder: Folder, groups: Mapping[str, ToolGroup], routes: Routes) -> tuple[Station, ...]:
    failures, maintenance = interruptions(folder, groups)
    setups = setup_times(folder, routes.classes, routes.setup_times)
    runs = least_runs(folder)
    at: dict[str, list[Segment]] = {name: [] for name in groups}
    for product in routes.products.values():
        for segment in product.route:
            at[segment.station].append(segment)
    return tuple(
        Station(
            name=one.name,
            machines=one.machines,
            rule=_rule(folder, one, any(step.batch is not None for step in at[one.name])),
            failures=tuple(failures[one.name]),
            maintenance=tuple(maintenance[one.name]),
            setup=setups.get(one.name, {}),
            setup_runs={name: runs[name] for name in routes.classes.get(one.name, {}) if name in runs},
            setup_refusals=_refusals(folder, one),
            waits_for_first=folder.like == "pyscfabsim",
        )
        for one in groups.values()
    )


def _rule(folder: Folder, group: ToolGroup, batches: bool) -> str:
    if folder.like != "pyscfabsim":
        return group.rule
    return ", ".join(["begun first", "fullest batch" if batches else "least setup", "priority", group.last_key])


def _refusals(folder: Folder, group: ToolGroup) -> int | None:
    if folder.like == "pyscfabsim":
        return _PEER_REFUSALS
    return None if group.keeps_runs else 0


def _transport(folder: Folder, groups: Mapping[str, ToolGroup]) -> tuple[Conveyor, ...]:
    """A conveyor for each pair of places in fromto.txt; the one with most moves takes all that no other has."""
    places: dict[str, list[str]] = {}
    for one in groups.values():
        places.setdefault(one.location, []).append(one.name)
    times: dict[tuple[str, str], Distribution] = {}
    for row in folder.rows("fromto.txt", ("FROMLOC", "TOLOC", "DTIME", "DUNITS"), optional=True):
        pair = cell(row, "FROMLOC"), cell(row, "TOLOC")
        if pair[0] in places and pair[1] in places:
            times[pair] = distribution(row, "DDIST", "DTIME", "DTIME2", "DUNITS", folder.like)
    if not times:
        return ()
    most = max(times, key=lambda pair: len(places[pair[0]]) * len(places[pair[1]]))
    conveyors = [Conveyor(" to ".join(most), (("*", "*"),), times[most])]
    moves: dict[str, list[tuple[str, str]]] = {}
    for start, starts in places.items():
        for end, ends in places.items():
            if (start, end) != most:
                name = f"{start} to {end}" if (start, end) in times else "no transport"
                moves.setdefault(name, []).extend((one, other) for one in starts for other in ends)
    nothing = Distribution(Family.CONSTANT, (0.0,))
    by_name = {" to ".join(pair): time for pair, time in times.items()}
    conveyors += [Conveyor(name, tuple(pairs), by_name.get(name, nothing)) for name, pairs in moves.items()]
    return tuple(conveyors)


def _remarks(folder: Folder) -> None:
    folder.note("LTIME and ULTIME are part of the process time; where STNCAP is 2, the next lot does not wait for them")
    if folder.like == "pyscfabsim":
        folder.note(
            "maintenance is first due on all tools at FOA; by calendar, MTBPM counts from the end of the one before"
        )
    else:
        folder.note("maintenance is first due on tool k of n at FOA k/n; by calendar, MTBPM counts from start to start")
    for path in sorted(folder.path.glob("*.txt*")):
        name = path.name.split(".")[0]
        if name not in _TABLES and not name.startswith("route"):
            folder.note(f"{path.name} is left out")
    if folder.like == "pyscfabsim":
        for remark in _PEER:
            folder.note(remark)
