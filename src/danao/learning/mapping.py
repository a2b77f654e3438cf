"""Which column of a table means what: guessed from its name and its values, shown, and open to correction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from danao.core.errors import BadInput
from danao.learning.moments import looks_like_a_moment

ROLES = (
    "order",
    "operation",
    "start",
    "end",
    "resource",
    "worker",
    "kind",
    "material",
    "good",
    "rejected",
    "span",
    "censored",
    "lifecycle",
)
"""What a column can mean. `resource`: machine or work center, or who did it; `kind`: production, setup or breakdown;
`span`: reported duration in minutes; `censored`: 1 while the work was still running; `lifecycle`: whether the
row is the start or the end of the work."""

_NAMES: dict[str, tuple[str, ...]] = {
    "order": ("work order", "order", "case id", "case", "case concept name", "job", "lot", "order id", "batch id"),
    "operation": ("operation", "activity name", "activity", "concept name", "task", "step", "process step", "event"),
    "start": ("start time", "start timestamp", "start", "begin", "time start", "started", "actual start"),
    "end": (
        "end time",
        "complete timestamp",
        "end timestamp",
        "completion time",
        "end",
        "finish",
        "time timestamp",
        "timestamp",
        "complete",
        "actual end",
    ),
    "resource": (
        "work center",
        "workcenter",
        "machine",
        "work unit",
        "station",
        "equipment",
        "resource",
        "org resource",
    ),
    "worker": ("worker", "worker id", "operator", "employee", "user", "personnel"),
    "kind": ("report type", "event kind", "type of report"),
    "material": ("material", "part desc", "part", "product", "item", "part description", "article"),
    "good": ("qty good", "qty completed", "quantity good", "good", "good pieces"),
    "rejected": ("qty rejected", "rejected", "scrap", "scrapped", "quantity rejected"),
    "span": ("reported span min", "span", "duration", "duration min"),
    "censored": ("censored", "running"),
    "lifecycle": ("lifecycle transition", "lifecycle", "transition"),
}


@dataclass(frozen=True)
class ColumnMap:
    """Role to column."""

    columns: Mapping[str, str]
    guessed: tuple[str, ...]
    """Roles that were guessed, not told."""
    ignored: tuple[str, ...]
    """Columns that mean nothing here."""

    def __getitem__(self, role: str) -> str:
        return self.columns.get(role, "")

    def told(self) -> list[str]:
        """One line a role, for people."""
        return [
            f"{role} = {self.columns[role]}" + (" (guessed)" if role in self.guessed else "")
            for role in ROLES
            if role in self.columns
        ]


def column_map(
    source: str, header: Sequence[str], sample: Sequence[Sequence[str]], told: Mapping[str, str] | None = None
) -> ColumnMap:
    """The meaning of the columns of a table.

    Args:
        source: The file, for messages.
        header: Names of the columns.
        sample: Some rows, to tell moments from other values.
        told: Role to column; the rest is guessed.

    Raises:
        BadInput: An unknown role or column, or no column for the order, the operation, or any moment.
    """
    told = dict(told or {})
    for role, column in told.items():
        if role not in ROLES:
            raise BadInput("--map", f"unknown role {role!r}", f"Expected one of: {', '.join(ROLES)}", "Correct it")
        if column and column not in header:
            expected = f"Expected one of: {', '.join(header)}"
            raise BadInput(f"{source}:1", f"no column {column!r} for {role}", expected, "Correct --map")
    found = {role: column for role, column in told.items() if column}
    for role in ROLES:
        if role not in told:
            guess = _guess(role, header, sample, set(found.values()))
            if guess:
                found[role] = guess
    if "resource" not in found and "worker" in found and "worker" not in told:
        found["resource"] = found.pop("worker")
    if "end" not in found and "start" in found and "start" not in told:
        found["end"] = found.pop("start")
    for role, why in (("order", "which order a row belongs to"), ("operation", "what was done"), ("end", "when")):
        if role not in found:
            names = ", ".join(header)
            raise BadInput(
                f"{source}:1",
                f"no column that says {why} among {names}",
                f"Expected a name such as {', '.join(_NAMES[role][:3])}",
                f"Say it: --map {role}=COLUMN",
            )
    guessed = tuple(role for role in found if role not in told)
    return ColumnMap(found, guessed, tuple(name for name in header if name not in found.values()))


def _guess(role: str, header: Sequence[str], sample: Sequence[Sequence[str]], taken: set[str]) -> str:
    plain = {name: _plain(name) for name in header if name not in taken}
    for wanted in _NAMES[role]:
        for name, text in plain.items():
            if text == wanted and _fits(role, header.index(name), sample):
                return name
    return ""


def _fits(role: str, column: int, sample: Sequence[Sequence[str]]) -> bool:
    if role not in ("start", "end"):
        return True
    values = [row[column] for row in sample if column < len(row) and row[column].strip()]
    return not values or sum(map(looks_like_a_moment, values)) >= 0.5 * len(values)


def _plain(name: str) -> str:
    """`Work Order  Qty` and `work_order_qty` are the same name."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.strip())
    return " ".join(re.split(r"[\s_:.\-/()]+", words.lower())).strip()
