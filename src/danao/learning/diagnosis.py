"""Where a learnt twin that does not pass the gate goes wrong: at which operation, and what it leaves out there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from danao.learning.log import EventLog, Floats, Integers

_MOST = 3
_WORTH = 0.15
_CLEAR = 0.1
_APART = 0.15
_FEWEST = 20
_A_MINUTE = 1 / 60
_LONGER = 2.0


@dataclass(frozen=True)
class Place:
    """One operation in one log."""

    visits: float
    """Reports an order."""
    work: float
    """h a report."""
    wait: float
    """h from the end of what came before in the order."""
    longest: float
    """h that 99 % of the waits do not exceed."""
    overtaking: float
    """Share of the jobs that begin before one that had been there for longer."""
    groups: float
    """Share of the jobs that get there within a minute of another one."""
    changes: float
    """Share of the jobs of another material than the one before."""
    mixed: float
    """The same if the jobs came in random order, as they do in the twin; 0: materials are not recorded."""


def unexplained(recorded: EventLog, runs: Sequence[EventLog]) -> tuple[str, ...]:
    """In plain words: the operations at which the twin differs most in hours an order, and what is unlike there.

    Args:
        recorded: Orders that were held out.
        runs: What the twin made of them.

    Returns:
        At most three lines, the largest difference first; each makes up 15 % of the differences or more.
    """
    truth = _places(recorded)
    twins = [_places(one) for one in runs]
    lead = _hours_an_order(recorded)
    found = []
    for name, real in truth.items():
        mine = [one[name] for one in twins if name in one]
        if mine:
            twin = Place(*np.mean([list(vars(one).values()) for one in mine], axis=0).tolist())
            hours = tuple(twin.visits * part - real.visits * other for part, other in _parts(twin, real))
            found += [
                (abs(hour), what, name, real, twin)
                for hour, what, (new, old) in zip(hours, ("work", "wait"), _parts(twin, real), strict=True)
                if abs(new - old) > _CLEAR * old
            ]
    total = sum(one[0] for one in found)
    found.sort(key=lambda one: -one[0])
    clear = [one for one in found[:_MOST] if one[0] >= _WORTH * total and one[0] >= 0.02 * lead]
    return tuple(_told(what, name, real, twin) for _, what, name, real, twin in clear)


def _parts(twin: Place, real: Place) -> tuple[tuple[float, float], tuple[float, float]]:
    return (twin.work, real.work), (twin.wait, real.wait)


def _told(what: str, name: str, real: Place, twin: Place) -> str:
    """One difference, and what may be behind it."""
    if what == "work":
        return (
            f"{name}: a report takes {_hours(twin.work)} in the twin, {_hours(real.work)} recorded: its times "
            "depend on something that the twin does not know"
        )
    line = f"{name}: an order waits {_hours(twin.wait)} for it in the twin, {_hours(real.wait)} recorded"
    signs = list(_signs(real, twin))
    return f"{line}; {'; '.join(signs)}" if signs else f"{line}; the log shows no sign of why"


def _signs(real: Place, twin: Place) -> Iterator[str]:
    """What the records show at an operation and the twin does not."""
    if abs(real.groups - twin.groups) > _APART:
        come = "in groups" if real.groups > twin.groups else "one by one"
        yield (
            f"jobs get there {come} more than in the twin ({100 * real.groups:.0f} % within a minute of another, "
            f"{100 * twin.groups:.0f} % in the twin), which lets each order come by itself"
        )
    if real.mixed - real.changes > _APART:
        yield (
            f"jobs of one material follow each other ({100 * real.changes:.0f} % are of another one than the job "
            f"before, {100 * real.mixed:.0f} % if they came in random order, as in the twin), so somebody sequences "
            "them, and the twin has more setups"
        )
    if real.overtaking - twin.overtaking > _APART:
        yield (
            f"jobs overtake each other ({100 * real.overtaking:.0f} %, {100 * twin.overtaking:.0f} % in the twin), so "
            "somebody chooses which is next, by a rule that the twin does not know"
        )
    if twin.longest > _LONGER * real.longest:
        yield (
            f"99 % of the waits are below {_hours(real.longest)}, {_hours(twin.longest)} in the twin: there may be a "
            "limit on waiting, or room for few"
        )


def _hours(value: float) -> str:
    return f"{value:.2g} h" if value >= 1 else f"{60 * value:.2g} min"


def _hours_an_order(log: EventLog) -> float:
    spans = log.last_end() - log.first_start()
    seen = np.isfinite(log.first_start())
    return float(spans[seen].mean()) if seen.any() else 0.0


def _places(log: EventLog) -> dict[str, Place]:
    """Every operation that is there often enough."""
    ends = log.ends()
    ready = _ready(log)
    orders = len(np.unique(log.order))
    found = {}
    for number, name in enumerate(log.operations):
        mine = (log.operation == number) & ~log.running
        if mine.sum() < _FEWEST:
            continue
        known = mine & np.isfinite(ready)
        start, since = log.start[known], ready[known]
        waits = np.maximum(start - since, 0.0)
        some = len(waits) > 0
        found[name] = Place(
            float(mine.sum()) / orders,
            float((ends - log.start)[mine].mean()),
            float(waits.mean()) if some else 0.0,
            float(np.quantile(waits, 0.99)) if some else 0.0,
            _overtaking(start, since) if some else 0.0,
            _groups(since) if some else _groups(log.start[mine]),
            *_changes(log.material[mine][np.argsort(log.start[mine], kind="stable")]),
        )
    return found


def _ready(log: EventLog) -> Floats:
    """(n,) h at which the step before had ended; nan for the first one."""
    ready = np.full(len(log), np.nan)
    ends = log.ends()
    for rows in log.by_order():
        if len(rows) > 1:
            ready[rows[1:]] = np.maximum.accumulate(ends[rows[:-1]])
    return ready


def _overtaking(start: Floats, since: Floats) -> float:
    """Share of the jobs that begin while one waits that came more than a minute earlier."""
    place = np.argsort(start, kind="stable")
    still = np.minimum.accumulate(since[place][::-1])[::-1]
    later = np.append(still[1:], np.inf)
    return float((later < since[place] - _A_MINUTE).mean())


def _changes(materials: Integers) -> tuple[float, float]:
    """Share of the changes from one job to the next, and what it would be in random order."""
    known = materials[materials >= 0]
    if len(known) < _FEWEST:
        return 0.0, 0.0
    shares = np.bincount(known) / len(known)
    return float((known[1:] != known[:-1]).mean()), float(1 - (shares**2).sum())


def _groups(moments: Floats) -> float:
    """Share of moments with another one within a minute."""
    gaps = np.diff(np.sort(moments))
    near = gaps <= _A_MINUTE
    return float((np.append(near, False) | np.append(False, near)).mean())
