"""Steelmaking and continuous casting: charges through stages of parallel machines, cast without a break.

Four files of one instance share a prefix: `*_mc_env.json` (stages and their machines), `*_pt.csv` (charge, machine,
minutes), `*_cast.json` (charges of each cast, in casting order) and `*_duedate.json` (minutes).
Source of the format: Hong, Moon, Lee, Lee & Pinedo, International Journal of Production Research 60 (2022).
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from danao.core.errors import BadInput
from danao.core.tables import read_csv, read_text
from danao.scheduling.model import Job, Link, Machine, Mode, Operation, Problem

_ENDINGS = ("_mc_env.json", "_pt.csv", "_cast.json", "_duedate.json")


def read_steelmaking(path: Path) -> Problem:
    """An instance, named by any of its four files or by their common prefix.

    Charges of a cast follow each other on one caster without a break; a charge visits one machine of each
    stage that the table of times gives it a machine of, and always a caster.

    Raises:
        BadInput: A file is missing or contradicts another.
    """
    prefix = str(path)
    for ending in _ENDINGS:
        prefix = prefix.removesuffix(ending)
    files = {ending: Path(prefix + ending) for ending in _ENDINGS}
    stages = _stages(files["_mc_env.json"])
    machines = [machine for names in stages.values() for machine in names]
    minutes = _minutes(files["_pt.csv"], machines)
    casts = _casts(files["_cast.json"])
    due = _object(files["_duedate.json"])
    jobs: list[Job] = []
    operations: list[Operation] = []
    links: list[Link] = []
    casting: dict[str, int] = {}
    last = list(stages)[-1]
    for charge in [charge for charges in casts.values() for charge in charges]:
        if not isinstance(due.get(charge), int):
            raise _missing(files["_duedate.json"], f"no due date in whole minutes for charge {charge}")
        previous = -1
        for stage, names in stages.items():
            modes = tuple(
                Mode(machines.index(name), minutes[charge, name]) for name in names if (charge, name) in minutes
            )
            if not modes and stage != last:
                continue
            if not modes:
                raise _missing(files["_pt.csv"], f"no machine of stage {stage} for charge {charge}")
            if previous >= 0:
                links.append(Link(previous, len(operations)))
            previous = len(operations)
            operations.append(Operation(len(jobs), modes, name=f"{charge} {stage}"))
        casting[charge] = previous
        jobs.append(Job(charge, due=due[charge]))
    for charges in casts.values():
        for first, second in pairwise(charges):
            links.append(Link(casting[first], casting[second], most=0, moves=False, same_machine=True))
    return Problem(
        Path(prefix).name,
        tuple(jobs),
        tuple(operations),
        tuple(Machine(name) for name in machines),
        tuple(links),
        unit="min",
    )


def _stages(path: Path) -> dict[str, list[str]]:
    document = _object(path)
    stages = {stage: document.get(stage) for stage in document.get("stage_seq") or []}
    found = {stage: names for stage, names in stages.items() if isinstance(names, list) and names}
    if not stages or len(found) < len(stages):
        raise _missing(path, "stage_seq names no stage, or a stage without machines")
    return found


def _casts(path: Path) -> dict[str, list[str]]:
    document = _object(path)
    casts = {cast: document.get(cast) for cast in document.get("cast_seq") or []}
    found = {cast: charges for cast, charges in casts.items() if isinstance(charges, list) and charges}
    if not casts or len(found) < len(casts):
        raise _missing(path, "cast_seq names no cast, or a cast without charges")
    every = [charge for charges in found.values() for charge in charges]
    twice = [charge for charge in every if every.count(charge) > 1]
    if twice:
        raise _missing(path, f"charge {twice[0]} is in two casts")
    return found


def _minutes(path: Path, machines: list[str]) -> dict[tuple[str, str], int]:
    minutes = {}
    for row in read_csv(path, ["ch_id", "mc_id", "pt"]):
        machine, time = row.text("mc_id"), row.number("pt", minimum=0)
        if machine not in machines:
            raise BadInput(
                row.where, f"machine {machine} is in no stage", f"Expected one of: {', '.join(machines)}", "Correct it"
            )
        if time != int(time):
            raise BadInput(row.where, f"pt is {time:g}", "Expected whole minutes", "Use a finer unit in all files")
        minutes[row.text("ch_id"), machine] = int(time)
    return minutes


def _object(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}:{error.lineno}", f"not JSON ({error.msg})", "Expected JSON", "Correct it") from None
    if not isinstance(document, dict):
        raise _missing(path, "not a JSON object")
    return document


def _missing(path: Path, found: str) -> BadInput:
    return BadInput(str(path), found, "Expected a complete instance of four files", "Correct the file")
