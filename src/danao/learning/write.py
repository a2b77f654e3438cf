"""The learnt plant as files: the plant with its evidence as comments, and all that is known about it as JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from danao.core.errors import BadInput
from danao.core.files import write_atomically
from danao.core.tables import read_text
from danao.learning.evidence import comments, document
from danao.learning.fidelity import Fidelity
from danao.learning.learn import Learnt
from danao.learning.log import EventLog
from danao.learning.read import Reading
from danao.plant import write_plant


def write_learnt(learnt: Learnt, reading: Reading, path: Path, fidelity: Fidelity | None = None) -> tuple[Path, Path]:
    """Write a plant file that an engineer can check and overrule, and the document beside it.

    Returns:
        The plant file, and `<name>.learnt.json` with columns, notes, evidence and fidelity.

    Raises:
        StorageError: A file cannot be written.
    """
    write_plant(learnt.plant, path)
    write_atomically(path, comments(learnt.facts, _head(learnt, reading, fidelity)) + read_text(path))
    beside = path.with_suffix(".learnt.json")
    text = json.dumps(_document(learnt, reading, fidelity), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(beside, text + "\n")
    return path, beside


def write_log(log: EventLog, path: Path) -> Path:
    """Write a simulated log as CSV, `order,operation,start,end`, in plant time; work that still runs has no end.

    Raises:
        StorageError: The file cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("order", "operation", "start", "end"))
    for order, operation, start, end in zip(log.order, log.operation, log.start, log.end, strict=True):
        last = "" if np.isnan(end) else log.when(end).isoformat()
        table.writerow((log.orders[order], log.operations[operation], log.when(start).isoformat(), last))
    return write_atomically(path, text.getvalue())


def objections(path: Path) -> tuple[str, ...] | None:
    """Why a plant file may not back a `proven` verdict, by the document that was written beside it.

    Args:
        path: The plant file.

    Returns:
        The reasons; empty: the twin passed the gate; None: the plant was not learnt from records.

    Raises:
        BadInput: The document cannot be read.
    """
    beside = path.with_suffix(".learnt.json")
    if not beside.exists():
        return None
    try:
        judged = json.loads(read_text(beside))["fidelity"]
        if judged is None:
            return ("the twin was learnt from records and never judged on held-out ones",)
        return tuple(str(reason) for reason in judged["reasons"])
    except (ValueError, KeyError, TypeError):
        raise BadInput(
            str(beside),
            "not what `danao learn` writes",
            "Expected its JSON",
            "Learn the plant again, or remove the file",
        ) from None


def _head(learnt: Learnt, reading: Reading, fidelity: Fidelity | None) -> list[str]:
    log = learnt.log
    name = Path(log.source).name
    lines = [
        f"Learnt from {name}: {len(log)} reports, {len(learnt.routes.orders)} orders, "
        f"until {log.when(log.cut):%Y-%m-%d %H:%M}.",
        "Check it, and overrule what you know better. Columns: " + "; ".join(reading.columns.told()),
        *(f"Noted: {note.what}: {note.count}; {note.done}" for note in reading.notes),
    ]
    if fidelity is None:
        lines.append("Fidelity: not judged.")
    else:
        lines.append("Fidelity: " + ("passed." if fidelity.passed else "not passed: " + "; ".join(fidelity.reasons)))
    return lines


def _document(learnt: Learnt, reading: Reading, fidelity: Fidelity | None) -> dict[str, Any]:
    log = learnt.log
    return {
        "log": Path(log.source).name,
        "reports": len(log),
        "orders": len(learnt.routes.orders),
        "from": log.when(float(log.start.min())).isoformat(),
        "until": log.when(log.cut).isoformat(),
        "zone": log.zone,
        "columns": dict(reading.columns.columns),
        "guessed": list(reading.columns.guessed),
        "notes": [
            {**vars(note), "example": note.example.replace(log.source, Path(log.source).name)} for note in reading.notes
        ],
        "options": {"waits": learnt.options.waits, "scale": learnt.options.scale},
        "evidence": document(learnt.facts),
        "fidelity": None if fidelity is None else fidelity.document(),
    }
