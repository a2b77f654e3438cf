"""Which clock a plant lives by, when its log is in UTC: the daily rhythm jumps on the days when clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from danao.core.errors import BadInput
from danao.learning.log import Floats

CANDIDATES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "America/Santiago", "Asia/Jerusalem")
"""One zone for each set of days on which clocks change; a log cannot tell zones with the same days apart."""

_AROUND = 6 * 168.0
_CLEARLY = 0.03
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class PlantClock:
    """A zone, and how the log speaks for it."""

    zone: str
    """Empty: UTC itself."""
    before: float
    """Difference of the daily rhythms before and after the change (total variation, 0 to 1) in UTC."""
    after: float
    """The same in the zone."""


def zone_of(name: str) -> ZoneInfo:
    """A zone by name.

    Raises:
        BadInput: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        expected = "Expected a name such as Europe/Berlin"
        raise BadInput("--zone", f"unknown time zone {name!r}", expected, "Correct the name") from None


def local_hours(utc: Floats, zone: str) -> Floats:
    """Hours since 1970 on the clock of a zone, from hours in UTC; nan stays."""
    if not zone:
        return utc
    starts, offsets = _offsets(zone, float(np.nanmin(utc)), float(np.nanmax(utc)))
    place = np.searchsorted(starts, np.nan_to_num(utc), side="right") - 1
    return np.asarray(utc + offsets[np.maximum(place, 0)])


def utc_hours(local: Floats, zone: str) -> Floats:
    """The way back; an hour that exists twice is taken as the first, one that does not exist as the one after it."""
    if not zone or not len(local):
        return local
    starts, offsets = _offsets(zone, float(np.nanmin(local)) - 26, float(np.nanmax(local)) + 26)
    place = np.searchsorted(starts + offsets, np.nan_to_num(local), side="right") - 1
    return np.asarray(local - offsets[np.maximum(place, 0)])


def plant_clock(utc: Floats) -> PlantClock:
    """The zone under which the daily rhythm of events stays the same when clocks change; UTC if none explains it.

    Args:
        utc: Hours since 1970 of starts and ends.
    """
    utc = utc[np.isfinite(utc)]
    best = PlantClock("", 0.0, 0.0)
    gain = 0.0
    for zone in CANDIDATES:
        starts, _ = _offsets(zone, float(utc.min()), float(utc.max()))
        for change in starts[1:]:
            near = utc[np.abs(utc - change) < _AROUND]
            early, late = near < change, near >= change
            if min(early.sum(), late.sum()) < 200:
                continue
            local = local_hours(near, zone)
            plain, moved = _difference(near[early], near[late]), _difference(local[early], local[late])
            if moved < 0.7 * plain and plain - moved > max(gain + _CLEARLY, 0.05):
                best, gain = PlantClock(zone, plain, moved), plain - moved
    return best


def _difference(one: Floats, other: Floats) -> float:
    """Total variation between two distributions over the half hours of the day."""
    shares = [np.bincount((2 * (hours % 24)).astype(int) % 48, minlength=48) / len(hours) for hours in (one, other)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _offsets(zone: str, first: float, last: float) -> tuple[Floats, Floats]:
    """Hours in UTC at which the offset changes (the first entry is the beginning), and the offsets from then on."""
    info = zone_of(zone)

    def offset(hour: float) -> float:
        moment = (_EPOCH + timedelta(hours=hour)).replace(tzinfo=UTC).astimezone(info)
        return (moment.utcoffset() or timedelta()).total_seconds() / 3600

    begin = np.floor(first / 24) * 24
    starts, offsets = [begin], [offset(begin)]
    for day in np.arange(begin, last + 24, 24.0):
        if offset(day + 24) != offsets[-1]:
            hour = next(one for one in np.arange(day, day + 24.5, 0.5) if offset(one) != offsets[-1])
            starts.append(float(hour))
            offsets.append(offset(hour))
    return np.array(starts), np.array(offsets)
