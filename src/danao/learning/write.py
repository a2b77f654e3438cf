"""The learnt plant as files: the plant with its evidence as comments, and all that is known about it as JSON."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
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


def write_learnt(
    learnt: Learnt,
    reading: Reading,
    path: Path,
    fidelity: Fidelity | None = None,
    further: Sequence[Learnt] | None = None,
) -> tuple[Path, ...]:
    """Write a plant file that an engineer can check and overrule, and the document beside it.

    Args:
        learnt: The plant.
        reading: What it was learnt from.
        path: The plant file.
        fidelity: What the gate found; None: it was not asked.
        further: Plants from resampled orders, written as `<name>-01.yaml` and so on; None: they are not spoken of.

    Returns:
        The plant file, `<name>.learnt.json` with columns, notes, evidence, fidelity and the hashes of all the others,
        and the further plants.

    Raises:
        StorageError: A file cannot be written.
    """
    write_plant(learnt.plant, path)
    write_atomically(path, comments(learnt.facts, _head(learnt, reading, fidelity)) + read_text(path))
    places = [write_plant(one.plant, numbered(path, number)) for number, one in enumerate(further or (), start=1)]
    beside = path.with_suffix(".learnt.json")
    files = {} if further is None else {"plants": {one.name: _sha256(one) for one in places}}
    document = {**_document(learnt, reading, fidelity), "plant": {path.name: _sha256(path)}, **files}
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(beside, text + "\n")
    return (path, beside, *places)


def numbered(path: Path, number: int) -> Path:
    """Where a plant from resampled orders stands."""
    return path.with_name(f"{path.stem}-{number:02d}{path.suffix}")


def refuse_to_lose(path: Path, plants: int) -> None:
    """See that writing a learnt plant overwrites nothing but what `danao learn` wrote and nobody has changed since.

    Args:
        path: Of the plant file.
        plants: How many from resampled orders will stand beside it.

    Raises:
        BadInput: A file is there that somebody has written or changed.
    """
    known: dict[str, str] = {}
    beside = path.with_suffix(".learnt.json")
    if beside.exists():
        try:
            told = json.loads(read_text(beside))
            known = {**told.get("plant", {}), **told.get("plants", {})}
        except (ValueError, AttributeError, TypeError):
            known = {}
    for one in (path, *(numbered(path, number) for number in range(1, plants + 1))):
        if not one.exists() or known.get(one.name) == _sha256(one):
            continue
        found = "was changed since `danao learn` wrote it" if one.name in known else "is there already"
        raise BadInput(
            str(one),
            found,
            "Expected a new file, or one that nobody has touched: what you wrote in it would be lost",
            "Choose another name with -o, or say --force to overwrite it",
        )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
        where = [f"where the twin differs most: {one}" for one in judged.get("unexplained", [])]
        return tuple(str(reason) for reason in (*judged["reasons"], *where))
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
        lines += [f"Where the twin differs most: {one}" for one in fidelity.unexplained]
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
