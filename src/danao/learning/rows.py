"""Rows of a log while it is read: compact columns that a million rows fit into, and the notes about them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from danao.learning.log import BREAKDOWN, PRODUCTION, SETUP

_EPOCH = datetime(1970, 1, 1)
_KINDS = {"s": SETUP, "setup": SETUP, "changeover": SETUP, "b": BREAKDOWN, "breakdown": BREAKDOWN, "failure": BREAKDOWN}


@dataclass(frozen=True)
class Note:
    """Something that was found and mended, or found and left."""

    what: str
    count: int
    done: str
    """What was done about it."""
    example: str = ""
    """Place of the first one."""

    def __str__(self) -> str:
        place = f", first in {self.example}" if self.example else ""
        return f"{self.what}: {self.count}{place}; {self.done}"


@dataclass
class Notes:
    """Notes that are still counted."""

    found: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def add(self, what: str, done: str, where: str = "", count: int = 1) -> None:
        """Count one more; the first place is kept."""
        if count > 0:
            before, _, first = self.found.get(what, (0, done, where))
            self.found[what] = (before + count, done, first)

    def notes(self) -> tuple[Note, ...]:
        """All of them, in the order in which they were met."""
        return tuple(Note(what, count, done, first) for what, (count, done, first) in self.found.items())


class Names:
    """Numbers for names, in the order in which they are met."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a name; -1 for an empty one."""
        name = name.strip()
        return self.numbers.setdefault(name, len(self.numbers)) if name else -1

    def listed(self) -> tuple[str, ...]:
        """The names, by their numbers."""
        return tuple(self.numbers)


@dataclass
class Rows:
    """Rows as they come, one entry a row in each column. Times are hours since 1970, nan: not there."""

    source: str
    names: Mapping[str, Names] = field(
        default_factory=lambda: {role: Names() for role in ("order", "operation", "resource", "worker", "material")}
    )
    codes: Mapping[str, array[int]] = field(
        default_factory=lambda: {
            role: array("q")
            for role in ("order", "operation", "resource", "worker", "material", "kind", "line", "half")
        }
    )
    numbers: Mapping[str, array[float]] = field(
        default_factory=lambda: {role: array("d") for role in ("start", "end", "good", "rejected", "span")}
    )
    zoned: int = 0
    """Moments that were written with a zone, and are in UTC here."""
    plain: int = 0
    """Moments without one."""
    offsets: set[float] = field(default_factory=set)
    """Offsets from UTC that were met, h."""
    running: int = 0
    """Rows that were marked as still running."""

    def __len__(self) -> int:
        return len(self.codes["order"])

    def add(
        self, line: int, texts: Mapping[str, str], start: datetime | None, end: datetime | None, half: int = 0
    ) -> None:
        """Take a row.

        Args:
            line: Of the file, for messages.
            texts: Role to text, for names, kind and quantities.
            start: In UTC or plant time.
            end: The same.
            half: 1: only the start of the work, 2: only its end, 0: both.
        """
        for role, names in self.names.items():
            self.codes[role].append(names.number(texts.get(role, "")))
        self.codes["kind"].append(_KINDS.get(texts.get("kind", "").strip().lower(), PRODUCTION))
        self.codes["line"].append(line)
        self.codes["half"].append(half)
        self.numbers["start"].append(hours(start))
        self.numbers["end"].append(hours(end))
        for role in ("good", "rejected", "span"):
            self.numbers[role].append(amount(texts.get(role, "")))


def hours(moment: datetime | None) -> float:
    """Hours since 1970; nan for none."""
    return math.nan if moment is None else (moment - _EPOCH).total_seconds() / 3600.0


def moment_of(hour: float) -> datetime:
    """The moment of an hour since 1970."""
    return _EPOCH + timedelta(hours=hour)


def amount(text: str) -> float:
    """A number, also with a decimal comma; nan for anything else."""
    text = text.strip()
    try:
        return float(text)
    except ValueError:
        try:
            return float(text.replace(".", "").replace(",", "."))
        except ValueError:
            return math.nan
