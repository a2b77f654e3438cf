"""Files of no-wait lines: the JSON of the published heat-treatment instances and the table of published results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from danao.core.errors import BadInput
from danao.core.tables import Row, read_csv, read_text
from danao.scheduling.no_wait.model import Integers, MachineTimes, NoWaitLine, checked, checked_sequence

_KEYS = (
    "ProcessTimeTotal",
    "ProcessTimeByJob",
    "ProcessTimeByJobAndMachine",
    "SetupTime",
    "WaitingTime",
    "DueDates",
    "VolumeGasByJob",
    "VolumeGasIdleTime",
    "CostNaturalGas",
    "NumberJobs",
    "NumberMachines",
)
_RESULT_COLUMNS = (
    "instance",
    "n_jobs",
    "real_total_tardiness_h",
    "real_energy_cost",
    "front_total_tardiness_h",
    "front_energy_cost",
    "sequence",
)
_FURNACES = (2, 3)
"""Machines that burn gas in the published instances: a job's gas is a rate of its recipe x its hours in these two."""


def read_instance(path: Path) -> NoWaitLine:
    """A line from the JSON of the published instances, `{"Parameters": {...}}`.

    Times are hours, gas Nm3; a due date d means the end of day d, that is 24 (d + 1) hours. The executed sequence is
    the order of the file.

    Raises:
        BadInput: Not JSON, a key missing or unknown, a length that does not match, a negative or non-finite value; the
            message names the file and the path of the value.
    """
    parameters = _parameters(path)
    jobs = _count(path, parameters, "NumberJobs")
    count = _count(path, parameters, "NumberMachines")

    def table(key: str, *shape: int) -> Any:
        return checked(f"{path}: Parameters.{key}", parameters[key], shape)

    machines = MachineTimes(
        table("ProcessTimeByJob", jobs),
        table("ProcessTimeByJobAndMachine", jobs, count),
        table("SetupTime", jobs, jobs, count),
        tuple(k for k in _FURNACES if k < count),
    )
    return NoWaitLine(
        name=path.stem,
        process_hours=table("ProcessTimeTotal", jobs),
        waiting_hours=table("WaitingTime", jobs, jobs),
        due_hours=24.0 * (table("DueDates", jobs) + 1.0),
        job_gas=table("VolumeGasByJob", jobs),
        idle_gas=table("VolumeGasIdleTime", jobs, jobs),
        gas_price=float(table("CostNaturalGas")),
        machines=machines,
    )


@dataclass(frozen=True)
class PublishedPoint:
    """One non-dominated sequence of the publication, beside what was executed."""

    instance: str
    """Name of the instance, as the stem of its file."""
    executed_tardiness: float
    """h, of the executed sequence."""
    executed_cost: float
    """Money, of the executed sequence."""
    tardiness: float
    """h, of the published sequence, to 0.01."""
    cost: float
    """Money, of the published sequence, to the cent."""
    sequence: Integers
    """(jobs,) the published sequence, jobs counted from 0."""


def read_published_results(path: Path) -> list[PublishedPoint]:
    """The rows of `published_results.csv`.

    Raises:
        BadInput: A column is missing, a cell is not a number, or a sequence does not name every job once.
    """
    return [_point(row) for row in read_csv(path, _RESULT_COLUMNS)]


def _point(row: Row) -> PublishedPoint:
    where = f"{row.where}: column sequence"
    try:
        jobs = [int(part) for part in row.text("sequence").split(",")]
    except ValueError:
        raise BadInput(where, "not a list of job numbers", "Expected numbers such as 2,0,1", "Correct it") from None
    return PublishedPoint(
        instance=row.text("instance"),
        executed_tardiness=row.number("real_total_tardiness_h", minimum=0),
        executed_cost=row.number("real_energy_cost", minimum=0),
        tardiness=row.number("front_total_tardiness_h", minimum=0),
        cost=row.number("front_energy_cost", minimum=0),
        sequence=checked_sequence(where, np.array(jobs), int(row.number("n_jobs", minimum=1))),
    )


def _parameters(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{path}:{error.lineno}", f"not JSON: {error.msg}", "Expected a JSON document", "Save the file again"
        ) from None
    parameters = document.get("Parameters") if isinstance(document, dict) else None
    if not isinstance(parameters, dict):
        raise BadInput(str(path), "no key 'Parameters'", 'Expected {"Parameters": {...}}', "Check the file")
    for key in _KEYS:
        if key not in parameters:
            raise BadInput(
                f"{path}: Parameters", f"key {key!r} is missing", f"Expected {', '.join(_KEYS)}", "Add the key"
            )
    for key in parameters:
        if key not in _KEYS:
            raise BadInput(
                f"{path}: Parameters.{key}",
                "unknown key",
                f"Expected one of: {', '.join(_KEYS)}",
                "Correct or remove the key",
            )
    return parameters


def _count(path: Path, parameters: dict[str, Any], key: str) -> int:
    value = parameters[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadInput(f"{path}: Parameters.{key}", f"{value!r}", "Expected a whole number, 1 or more", "Correct it")
    return value
