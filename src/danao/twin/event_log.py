"""What the files of events share: calendar time, names that are unique, and files that are whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from danao.core.errors import BadInput
from danao.core.files import storage_error
from danao.twin.trace import Trace

CHUNK = 50_000
"""Events that are held as Python objects at most."""


@dataclass(frozen=True)
class Clock:
    """Turns hours of the twin into points in time."""

    zero: datetime
    """Time 0 of the twin, aware.

    Raises:
        BadInput: It has no time zone.
    """

    def __post_init__(self) -> None:
        if self.zero.utcoffset() is None:
            example = f"{self.zero.isoformat()}+00:00"
            raise BadInput("start", f"{self.zero.isoformat()} has no time zone", f"Expected {example}", "Add the zone")

    def at(self, hours: float) -> str:
        """ISO 8601 in UTC to the microsecond, so that the order of texts is the order of times.

        Raises:
            BadInput: The year would be past 9999.
        """
        try:
            moment = self.zero.astimezone(UTC) + timedelta(hours=hours)
        except (OverflowError, ValueError):
            raise BadInput("start", f"{hours:g} h later", "Expected years to 9999", "Start earlier") from None
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def events_of(trace: Trace) -> Iterator[tuple[float, int, int, int, int, int, int, float]]:
    """The events as (time, kind, part, product, step, station, machine, value), few at a time in memory."""
    for first in range(0, len(trace.events), CHUNK):
        yield from trace.events[first : first + CHUNK].tolist()


def unique(names: Sequence[str]) -> list[str]:
    """The names, a number added to those that were there before; what no file can hold becomes a question mark."""
    taken: set[str] = set()
    found = []
    for name in names:
        clean = name.encode("utf-8", "replace").decode().replace("\0", "?")
        label, number = clean, 1
        while label in taken:
            number += 1
            label = f"{clean} #{number}"
        taken.add(label)
        found.append(label)
    return found


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A new neighbour of a file to be written; it takes the file's place if all goes well and vanishes otherwise.

    Raises:
        StorageError: It cannot be written; the old file, if any, is untouched.
    """
    neighbour = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        neighbour.touch(exist_ok=False)
        yield neighbour
        with neighbour.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(neighbour, path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        with suppress(OSError):
            neighbour.unlink()
