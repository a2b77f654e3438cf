"""Times of day as exports write them: many formats, zones, and the traces of spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from danao.core.errors import BadInput

_DAMAGED = re.compile(r"\d{1,2}:\d{2}(\.\d+)?")
_NUMERIC = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*(AM|PM)?"
)


@dataclass(frozen=True)
class MomentFormat:
    """How the moments of a column are written."""

    name: str
    """`ISO 8601`, `day first`, `month first` or `year first`."""

    def read(self, text: str) -> datetime | None:
        """The moment, with a zone if it is written; None if it is not written this way."""
        text = text.strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if self.name == "ISO 8601":
            return moment
        found = _NUMERIC.fullmatch(text.upper())
        if found is None:
            return moment
        one, _, two, three, hour, minute, second, fraction, half = found.groups()
        places = {
            "day first": (three, two, one),
            "month first": (three, one, two),
            "year first": (one, two, three),
        }[self.name]
        year, month, day = (int(part) for part in places)
        clock = int(hour or 0)
        if half and clock <= 12:
            clock = clock % 12 + (12 if half == "PM" else 0)
        micro = round(float(fraction or 0) * 1e6) % 1_000_000
        try:
            return datetime(
                year + 2000 if year < 100 else year, month, day, clock, int(minute or 0), int(second or 0), micro
            )
        except ValueError:
            return None


_FORMATS = tuple(MomentFormat(name) for name in ("ISO 8601", "year first", "day first", "month first"))


def looks_like_a_moment(text: str) -> bool:
    """Whether a text is a moment in any format, or what a spreadsheet left of one."""
    return _DAMAGED.fullmatch(text.strip()) is not None or any(one.read(text) for one in _FORMATS)


def moment_format(values: Sequence[str], where: str) -> MomentFormat:
    """The format that reads most values of a column.

    Args:
        values: Not empty ones.
        where: The column, for messages.

    Raises:
        BadInput: None reads a half of them; a column that lost its date (`mm:ss`) is named as such.
    """
    if not values:
        return _FORMATS[0]
    damaged = sum(_DAMAGED.fullmatch(value.strip()) is not None for value in values)
    if damaged > len(values) / 2:
        example = next(value for value in values if _DAMAGED.fullmatch(value.strip()))
        raise BadInput(
            where,
            f"{damaged} of {len(values)} values look like {example!r}: a spreadsheet has cut them to mm:ss",
            "Expected date and time, such as 2026-02-28T06:00",
            "Export again from the system itself, not through a spreadsheet",
        )
    read = [sum(one.read(value) is not None for value in values) for one in _FORMATS]
    best = max(range(len(_FORMATS)), key=lambda place: read[place])
    if read[best] * 2 < len(values):
        example = next(value for value in values if _FORMATS[best].read(value) is None)
        raise BadInput(
            where,
            f"{example!r} is no moment",
            "Expected date and time, such as 2026-02-28T06:00+01:00 or 28.02.2026 06:00",
            "Choose another column with --map, or export the times in ISO 8601",
        )
    return _FORMATS[best]


def in_utc(moment: datetime) -> tuple[datetime, bool]:
    """A moment without its zone, in UTC if it had one, and whether it had one."""
    if moment.tzinfo is None:
        return moment, False
    return moment.astimezone(UTC).replace(tzinfo=None), True
