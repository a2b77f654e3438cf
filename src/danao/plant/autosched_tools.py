"""Tool groups of the AutoSched AP text format: machines, dispatching, setups, breakdowns and preventive maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from danao.core.errors import BadInput
from danao.core.tables import Row
from danao.plant.autosched_tables import Folder, cell, distribution, hours, number, unit_seconds, unknown, whole
from danao.plant.distribution import Distribution, Family
from danao.plant.resources import Failure, Maintenance

RANKS = {
    "rank_HP": "priority",
    "rank_RSETUP": "least setup",
    "rank_FIFO": "fifo",
    "rank_LIFO": "lifo",
    "rank_EDD": "edd",
    "rank_CR": "critical ratio",
    "rank_SPT": "spt",
}
"""Dispatching rules by the names of their keys in FWLRANK."""
_ENDLESS = 1_000_000_000


@dataclass(frozen=True)
class ToolGroup:
    """Identical tools, as the routes name them (STNFAM)."""

    name: str
    machines: int
    handling: float
    """Hours to load and unload a job."""
    hidden: bool
    """The next job is loaded while one runs (STNCAP 2 or more)."""
    group: str
    location: str
    rule: str
    last_key: str
    """The last rule."""
    keeps_runs: bool
    """A machine does its least number of setup runs whatever waits (RULE rule_LSSU)."""
    stations: tuple[str, ...]
    batch_unit: str
    """What a batch counts: piece or lot."""


def read_tools(folder: Folder, rule: str) -> dict[str, ToolGroup]:
    """Tool groups by name, in the order of the file; rows of one group are added up.

    Args:
        folder: With tool.txt.1l, or tool.txt.
        rule: Dispatching rule in place of the last key of each group; empty: as the file has it.

    Raises:
        BadInput: The file is missing or a cell is wrong.
    """
    name = "tool.txt" if (folder.path / "tool.txt").is_file() else "tool.txt.1l"
    groups: dict[str, ToolGroup] = {}
    for row in folder.rows(name, ("STNFAM", "STNQTY")):
        one = _tool_group(folder, row, rule)
        if one.name in groups:
            before = groups[one.name]
            folder.note(f"{name}: the rows of {one.name} are one group with the settings of the first")
            one = ToolGroup(
                **{
                    **vars(before),
                    "machines": before.machines + one.machines,
                    "stations": before.stations + one.stations,
                }
            )
        groups[one.name] = one
    if not groups:
        raise BadInput(str(folder.path / name), "no tool groups", "Expected one row each", "Add the rows")
    return groups


def _tool_group(folder: Folder, row: Row, rule: str) -> ToolGroup:
    if cell(row, "WAKERESRANK"):
        folder.note("WAKERESRANK is left out: of several free machines, the twin chooses by its own rule")
    if cell(row, "RULE"):
        folder.note(
            "RULE rule_LSSU: least setup runs are kept whatever waits; else it is left out, FWLRANK ranks the lots"
        )
    name = row.text("STNFAM")
    keys = _keys(folder, row, rule)
    return ToolGroup(
        name=name,
        machines=whole(row, "STNQTY", 1, minimum=1),
        handling=hours(row, "LTIME", "LTUNITS") + hours(row, "ULTIME", "ULTUNITS"),
        hidden=number(row, "STNCAP", 1) >= 2,
        group=cell(row, "STNGRP"),
        location=cell(row, "STNFAMLOC"),
        rule=", ".join(keys),
        last_key=keys[-1],
        keeps_runs=cell(row, "RULE") == "rule_LSSU",
        stations=(cell(row, "STN") or name,),
        batch_unit=cell(row, "BATCHPER") or "piece",
    )


def _keys(folder: Folder, row: Row, last: str) -> list[str]:
    keys = []
    for rank in filter(None, cell(row, "FWLRANK").replace(",", ";").split(";")):
        if rank.strip() in RANKS:
            keys.append(RANKS[rank.strip()])
        else:
            folder.note(f"FWLRANK {rank.strip()} is left out: no such dispatching rule here")
    keys = keys or ["fifo"]
    if last:
        keys = [key for key in keys[:-1] if key != last] + [last]
    return keys


def setup_times(
    folder: Folder, classes: Mapping[str, Iterable[str]], step_times: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[tuple[str, str], float]]:
    """Hours from class to class, by tool group; a blank CURSETUP is any class.

    Args:
        folder: With setup.txt, if there is one.
        classes: Setup classes of the steps at each tool group.
        step_times: Hours by tool group and class that the routes give themselves; they take precedence.

    Raises:
        BadInput: A cell is wrong.
    """
    pairs: dict[tuple[str, str], float] = {}
    for row in folder.rows("setup.txt", ("CURSETUP", "NEWSETUP", "STIME", "STUNITS"), optional=True):
        pairs[cell(row, "CURSETUP") or "*", row.text("NEWSETUP")] = hours(row, "STIME", "STUNITS")
    unused = {new for _, new in pairs} - {name for names in classes.values() for name in names}
    if unused:
        folder.note(f"setup.txt: no step needs the setups {', '.join(sorted(unused))}")
    times = {}
    for group, names in classes.items():
        known, own = set(names), step_times.get(group, {})
        here = {
            (old, new): time
            for (old, new), time in pairs.items()
            if new in known and new not in own and (old == "*" or old in known)
        }
        times[group] = {**here, **{("*", name): time for name, time in own.items()}}
    return times


def least_runs(folder: Folder) -> dict[str, int]:
    """Jobs to do at least after a change to a setup class, by class.

    Raises:
        BadInput: A cell is wrong.
    """
    rows = folder.rows("setupgrp.txt", ("SETUP", "MINRUN"), optional=True)
    runs = {row.text("SETUP"): whole(row, "MINRUN", 1, minimum=1) for row in rows}
    # PySCFabSim counts them anew from every job, so that they never end.
    return dict.fromkeys(runs, _ENDLESS) if folder.like == "pyscfabsim" else runs


def interruptions(
    folder: Folder, groups: Mapping[str, ToolGroup]
) -> tuple[dict[str, list[Failure]], dict[str, list[Maintenance]]]:
    """Failures and preventive maintenance by tool group.

    Args:
        folder: With attach.txt, downcal.txt and pmcal.txt, as far as there are any.
        groups: Tool groups by name.

    Raises:
        BadInput: A calendar or a tool group is unknown, or a cell is wrong.
    """
    down = {
        row.text("DOWNCALNAME"): row
        for row in folder.rows("downcal.txt", ("DOWNCALNAME", "MTTF", "MTTFUNITS", "MTTR", "MTTRUNITS"), optional=True)
    }
    planned = {
        row.text("PMCALNAME"): row
        for row in folder.rows("pmcal.txt", ("PMCALNAME", "MTBPM", "MTBPMUNITS", "MTTR", "MTTRUNITS"), optional=True)
    }
    failures: dict[str, list[Failure]] = {name: [] for name in groups}
    maintenance: dict[str, list[Maintenance]] = {name: [] for name in groups}
    for row in folder.rows("attach.txt", ("CALNAME", "CALTYPE", "RESTYPE", "RESNAME"), optional=True):
        names = _attached(folder, row, groups)
        calendar, kind = row.text("CALNAME"), row.text("CALTYPE")
        if kind not in ("down", "pm"):
            raise BadInput(row.where, f"CALTYPE is {kind!r}", "Expected down or pm", "Correct the cell")
        known = down if kind == "down" else planned
        if calendar not in known:
            raise unknown(row, "CALNAME", calendar, known)
        for name in names:
            if kind == "down":
                failures[name].append(_failure(folder, row, down[calendar]))
            else:
                maintenance[name].append(_maintenance(folder, row, planned[calendar]))
    return failures, maintenance


def _attached(folder: Folder, row: Row, groups: Mapping[str, ToolGroup]) -> list[str]:
    kind, name = row.text("RESTYPE"), row.text("RESNAME")
    owners = {
        "stngrp": {one.name: {one.group} for one in groups.values()},
        "stnfam": {one.name: {one.name} for one in groups.values()},
        "stn": {one.name: set(one.stations) for one in groups.values()},
    }
    if kind not in owners:
        folder.note(f"attach.txt: RESTYPE {kind} is left out")
        return []
    found = [group for group, names in owners[kind].items() if name in names]
    if not found:
        raise unknown(row, "RESNAME", name, {one for names in owners[kind].values() for one in names if one})
    return found


def _failure(folder: Folder, attach: Row, calendar: Row) -> Failure:
    kind = cell(calendar, "DOWNCALTYPE") or "mttf_by_cal"
    if kind != "mttf_by_cal":
        raise BadInput(calendar.where, f"DOWNCALTYPE is {kind!r}", "Expected mttf_by_cal", "Correct the cell")
    up = distribution(calendar, "MTTFDIST", "MTTF", "MTTF2", "MTTFUNITS", folder.like)
    if cell(attach, "FOA") and distribution(attach, "FOADIST", "FOA", "FOA2", "FOAUNITS", folder.like) != up:
        folder.note(f"attach.txt: the first breakdown of {cell(calendar, 'DOWNCALNAME')} follows its MTTF, not its FOA")
    down = distribution(calendar, "MTTRDIST", "MTTR", "MTTR2", "MTTRUNITS", folder.like)
    return Failure("calendar", up, down, spares_idle=folder.like == "pyscfabsim")


def _maintenance(folder: Folder, attach: Row, calendar: Row) -> Maintenance:
    kind = cell(calendar, "PMCALTYPE") or "mtbpm_by_cal"
    takes = distribution(calendar, "MTTRDIST", "MTTR", "MTTR2", "MTTRUNITS", folder.like)
    peer = folder.like == "pyscfabsim"
    if kind == "mtbpm_by_pieces":
        every = Distribution(Family.CONSTANT, (calendar.number("MTBPM", minimum=0),))
        first = Distribution(Family.CONSTANT, (attach.number("FOA", minimum=0),)) if cell(attach, "FOA") else None
        return Maintenance("pieces", every, takes, first, staggered=not peer and first is not None)
    if kind != "mtbpm_by_cal":
        expected = "Expected mtbpm_by_cal or mtbpm_by_pieces"
        raise BadInput(calendar.where, f"PMCALTYPE is {kind!r}", expected, "Correct the cell")
    hours_between = calendar.number("MTBPM", minimum=0) * unit_seconds(calendar, "MTBPMUNITS") / 3600
    # AutoSched AP counts MTBPM from start to start, PySCFabSim from the end.
    every = Distribution(Family.CONSTANT, (hours_between if peer else max(0.0, hours_between - takes.mean),))
    first = distribution(attach, "FOADIST", "FOA", "FOA2", "FOAUNITS", folder.like) if cell(attach, "FOA") else None
    staggered = not peer and first is not None and first.family is Family.CONSTANT
    return Maintenance("calendar", every, takes, first, staggered=staggered, interrupts=peer, spares_idle=peer)
