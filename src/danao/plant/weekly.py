"""Hours of the week as people write them: `Mon-Fri 06:00-14:00`, `Sun 22:00-06:00`, `Mon 06:00-Fri 22:00`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from danao.core.errors import BadInput

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = 168.0
"""Hours; the week begins on Monday at 00:00."""

_A_DAY = 24 * 60
_A_WEEK = 7 * _A_DAY
"""Minutes; hours are divided from them last, so that they are correctly rounded."""

Span = tuple[float, float]
"""Start and end in hours from Monday 00:00."""

_DAY = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_TIME = r"([01]?\d|2[0-4]):([0-5]\d)"
PATTERN = (
    rf"^\s*((({_DAY})(\s*-\s*({_DAY}))?|daily)\s+{_TIME}\s*-\s*{_TIME}"
    rf"|({_DAY})\s+{_TIME}\s*-\s*({_DAY})\s+{_TIME})\s*$"
)
"""Regular expression for JSON Schema."""
_EACH_DAY = re.compile(rf"(?:({_DAY})(?:\s*[-–]\s*({_DAY}))?|(daily))\s+{_TIME}\s*[-–]\s*{_TIME}", re.IGNORECASE)
_THROUGH = re.compile(rf"({_DAY})\s+{_TIME}\s*[-–]\s*({_DAY})\s+{_TIME}", re.IGNORECASE)


def spans(text: str) -> list[Span]:
    """The spans that one text stands for.

    A span that ends earlier on the clock than it begins goes over midnight; one that goes over the end of the week is
    split there. A range of days that ends before it begins (`Fri-Mon`) goes over the end of the week too.

    Raises:
        BadInput: Not such a text; its `where` is empty.
    """
    match = _EACH_DAY.fullmatch(text.strip())
    if match:
        first = 0 if match[3] else _day(match[1])
        last = 6 if match[3] else _day(match[2] or match[1])
        start, end = _minutes(match[4], match[5], text), _minutes(match[6], match[7], text)
        length = end - start if end > start else end + _A_DAY - start
        days = [(first + number) % 7 for number in range((last - first) % 7 + 1)]
        return [span for day in days for span in _in_week(_A_DAY * day + start, length)]
    match = _THROUGH.fullmatch(text.strip())
    if match:
        start = _A_DAY * _day(match[1]) + _minutes(match[2], match[3], text)
        end = _A_DAY * _day(match[4]) + _minutes(match[5], match[6], text)
        return _in_week(start, end - start if end > start else end + _A_WEEK - start)
    raise BadInput(
        "",
        f"{text!r} names no hours of the week",
        "Expected days and times such as Mon-Fri 06:00-14:00, Sun 22:00-06:00 or Mon 06:00-Fri 22:00",
        f"Use the days {', '.join(DAYS)} and times from 00:00 to 24:00",
    )


def united(parts: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in ascending order; those that touch or overlap become one."""
    result: list[Span] = []
    for start, end in sorted(parts):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def shifts(parts: Sequence[Span]) -> list[str] | None:
    """Texts that read back as exactly these spans, or None if there are none such.

    Days in a row with the same times share one text.
    """
    texts: list[str] = []
    groups: list[list[tuple[int, int]]] = []
    for start, end in ((round(60 * start), round(60 * end)) for start, end in parts):
        before = groups[-1][-1] if groups else (-_A_WEEK, -_A_WEEK)
        if end - start <= _A_DAY and (start, end) == (before[0] + _A_DAY, before[1] + _A_DAY):
            groups[-1].append((start, end))
        else:
            groups.append([(start, end)])
    for group in groups:
        start, end = group[0]
        day, last = start // _A_DAY, group[-1][0] // _A_DAY
        if end - start <= _A_DAY:
            days = DAYS[day % 7] if last == day else f"{DAYS[day % 7]}-{DAYS[last % 7]}"
            ends = end - _A_DAY * day
            texts.append(f"{days} {_clock(start % _A_DAY)}-{_clock(ends if ends <= _A_DAY else ends - _A_DAY)}")
        else:
            until = min(6, end // _A_DAY)
            texts.append(f"{DAYS[day % 7]} {_clock(start % _A_DAY)}-{DAYS[until]} {_clock(end - _A_DAY * until)}")
    try:
        again = united(span for text in texts for span in spans(text))
    except BadInput:
        return None
    apart = all(one[1] < other[0] for one, other in pairwise(parts))
    return texts if apart and again == tuple(parts) else None


def _day(name: str) -> int:
    return DAYS.index(name.capitalize())


def _minutes(hours: str, minutes: str, text: str) -> int:
    result = 60 * int(hours) + int(minutes)
    if result > _A_DAY:
        raise BadInput("", f"{hours}:{minutes} in {text!r}", "Expected a time from 00:00 to 24:00", "Correct the time")
    return result


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _in_week(start: int, length: int) -> list[Span]:
    """The span that begins at a minute of the week and lasts some minutes, in hours, split at the end of the week."""
    start %= _A_WEEK
    end = start + length
    parts = [(start, end)] if end <= _A_WEEK else [(start, _A_WEEK), (0, end - _A_WEEK)]
    return [(first / 60, last / 60) for first, last in parts]
