"""The gate: a learnt twin is held against records that it has not seen, beside a twin that knows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from danao.core.errors import BadInput
from danao.learning.diagnosis import unexplained
from danao.learning.distances import MEASURES, UNITS, Distances, distances
from danao.learning.learn import Learnt, Options, learn
from danao.learning.log import EventLog
from danao.learning.naive import resampled
from danao.learning.now import state_at_cut
from danao.learning.simulate import NEW, simulated

HELD_OUT = 0.3
"""Share of the orders, the last ones, that the twin is judged on."""
RUNS = 5

_MUST_BEAT = ("AEDD", "CEDD")
_AT_LEAST = 3
_LARGEST_ERROR = 0.25
_WORK_ERROR = 0.1
_SPREADS = 3.0
_LOUDEST = 2.0
_CHOICES = tuple(Options(waits=waits, scale=scale) for waits in ("own", "pooled") for scale in (1.0, 1.3))
_FEWEST = 5


@dataclass(frozen=True)
class Indicator:
    """A number of the plant: recorded, and in the twin."""

    name: str
    recorded: float
    simulated: float
    """Mean over the runs."""
    spread: float
    """Standard deviation between runs of the twin."""
    usual: float
    """Relative error that is always allowed."""

    @property
    def allowed(self) -> float:
        """Relative error up to which it counts as good: what chance explains, but never more than a quarter."""
        chance = _SPREADS * self.spread / abs(self.recorded) if self.recorded else 0.0
        return min(max(chance, self.usual), _LARGEST_ERROR)

    @property
    def error(self) -> float:
        """Relative error of the twin; infinite where nothing was recorded."""
        return abs(self.simulated - self.recorded) / abs(self.recorded) if self.recorded else float("inf")


@dataclass(frozen=True)
class Fidelity:
    """How well a twin that was learnt from the first part of a log foretells the rest."""

    cut: datetime
    """What was recorded later was held out."""
    orders: int
    """Orders that came later."""
    twin: Distances
    """Means over the runs."""
    naive: Distances
    """Of a twin that resamples whole past orders."""
    naive_cut: Distances
    """The same, what would come after the end of the log left out."""
    chance: Distances
    """Largest of each between two runs of the twin, at most twice the naive one: records so near could be a run of it.

    Without the limit a twin would pass because its runs differ so much from each other.
    """
    indicators: tuple[Indicator, ...]
    reasons: tuple[str, ...]
    """Why it does not pass; empty: it passes."""
    unexplained: tuple[str, ...] = ()
    """Where the twin differs most, and what it may leave out there; empty where it passes."""

    @property
    def passed(self) -> bool:
        """Whether the twin may back a `proven` verdict."""
        return not self.reasons

    def document(self) -> dict[str, Any]:
        """For programs."""
        rows = {
            "twin": self.twin,
            "naive": self.naive,
            "naive, cut at the end": self.naive_cut,
            "between two runs": self.chance,
        }
        return {
            "passed": self.passed,
            "reasons": list(self.reasons),
            "unexplained": list(self.unexplained),
            "held out since": self.cut.isoformat(),
            "orders": self.orders,
            "distances": {name: dict(zip(MEASURES, row.values(), strict=True)) for name, row in rows.items()},
            "units": dict(UNITS),
            "indicators": [{**vars(one), "error": one.error, "allowed": one.allowed} for one in self.indicators],
        }


def split(log: EventLog, share: float = HELD_OUT) -> tuple[EventLog, EventLog, float]:
    """What was known before the last orders came, these orders, and the hour between.

    Raises:
        BadInput: Fewer than five orders would be on one of the sides.
    """
    first = log.first_start()
    moments = np.sort(first[np.isfinite(first)])
    if min(share, 1 - share) * len(moments) < _FEWEST:
        raise BadInput(
            log.source,
            f"{len(moments)} orders",
            f"Expected {int(_FEWEST / min(share, 1 - share)) + 1} or more",
            "Too few to hold some out: export a longer span",
        )
    cut = float(np.quantile(moments, 1 - share))
    return log.until(cut), log.of_orders(first >= cut), cut


def fidelity(log: EventLog, options: Options, *, share: float = HELD_OUT, runs: int = RUNS, seed: int = 1) -> Fidelity:
    """Judge the way of learning on a log: learn from its first part, simulate the rest, compare.

    Args:
        log: All that was recorded.
        options: Of learning.
        share: Share of the orders that are held out, the last ones.
        runs: Of the twin, and of the naive one.
        seed: Of the runs.

    Raises:
        BadInput: Too few orders.
        MissingExtra: The extra `learn` is not installed.
    """
    past, later, _ = split(log, share)
    return judged(learn(past, options=options), past, later, log.cut, runs=runs, seed=seed)


def judged(learnt: Learnt, past: EventLog, later: EventLog, end: float, *, runs: int = RUNS, seed: int = 1) -> Fidelity:
    """Judge one learnt plant on later orders.

    Args:
        learnt: From the past, or changed since.
        past: What was known, until its cut.
        later: The orders that came after that.
        end: End of the records, h.
        runs: Of the twin, and of the naive one.
        seed: Of the runs.

    Raises:
        MissingExtra: The extra `learn` is not installed.
    """
    cut = past.cut
    count = len(np.unique(later.order))
    logs = simulations(learnt, cut, end, count, runs, seed)
    begin = float(np.nanmin(later.first_start()))
    again = [resampled(past, seed + run, count, begin) for run in range(runs)]
    twin = _mean([distances(later, one) for one in logs])
    naive = _mean([distances(later, one) for one in again])
    naive_cut = _mean([distances(later, one.until(end)) for one in again])
    chance = _chance(logs, naive)
    indicators = _indicators(later, logs, end - cut)
    reasons = tuple(_reasons(twin, naive, chance, indicators))
    return Fidelity(
        cut=past.when(cut),
        orders=count,
        twin=twin,
        naive=naive,
        naive_cut=naive_cut,
        chance=chance,
        indicators=indicators,
        reasons=reasons,
        unexplained=unexplained(later, logs) if reasons else (),
    )


def simulations(learnt: Learnt, start: float, end: float, count: int, runs: int, seed: int) -> list[EventLog]:
    """Reports of new orders, from the state at the end of the learnt log on; one log a run."""
    logs = []
    for run in range(seed, seed + runs):
        now = state_at_cut(learnt, run)
        log = simulated(learnt, run, start, end - start, count=count, state=now.state)
        logs.append(log.of_orders(np.array([name.startswith(NEW) for name in log.orders], dtype=bool)))
    return logs


def chosen(
    log: EventLog, *, share: float = HELD_OUT, runs: int = 3, seed: int = 1, choices: Sequence[Options] = _CHOICES
) -> Options:
    """The options that foretell the last part of a log best: by the mean ratio of its distances to the naive twin's.

    Raises:
        BadInput: Too few orders.
        MissingExtra: The extra `learn` is not installed.
    """
    past, later, cut = split(log, share)
    count = len(np.unique(later.order))
    begin = float(np.nanmin(later.first_start()))
    naive = _mean([distances(later, resampled(past, seed + run, count, begin)) for run in range(runs)])
    scores = []
    for options in choices:
        learnt = learn(past, options=options)
        twin = _mean([distances(later, one) for one in simulations(learnt, cut, log.cut, count, runs, seed)])
        pairs = zip(twin.values(), naive.values(), strict=True)
        scores.append(float(np.mean([one / max(other, 1e-9) for one, other in pairs])))
    return choices[int(np.argmin(scores))]


def _mean(found: Sequence[Distances]) -> Distances:
    return Distances(*np.mean([one.values() for one in found], axis=0).tolist())


def _chance(logs: Sequence[EventLog], naive: Distances) -> Distances:
    """See `Fidelity.chance`."""
    pairs = [distances(one, other).values() for one, other in pairwise(logs)]
    if not pairs:
        return Distances(0.0, 0.0, 0.0, 0.0, 0.0)
    return Distances(*np.minimum(np.max(pairs, axis=0), _LOUDEST * np.array(naive.values())).tolist())


def _indicators(later: EventLog, logs: Sequence[EventLog], hours: float) -> tuple[Indicator, ...]:
    """Queues swing with rare breakdowns and the orders that happen to come; work does not, so it is held closer."""

    def numbers(log: EventLog) -> tuple[float, float, float]:
        first, last = log.first_start(), log.last_end()
        seen = np.isfinite(first)
        spans = (last - first)[seen]
        done = ~log.running
        work = float((log.end - log.start)[done].mean()) if done.any() else 0.0
        return 168 * float(done.sum()) / hours, float(spans.mean()) if len(spans) else 0.0, work

    usual = {
        "reports a week": _LARGEST_ERROR,
        "hours an order takes, as far as seen": _LARGEST_ERROR,
        "hours a report takes": _WORK_ERROR,
    }
    runs = np.array([numbers(one) for one in logs])
    spread = runs.std(axis=0, ddof=1) if len(runs) > 1 else np.zeros(len(usual))
    found = zip(usual, numbers(later), runs.mean(axis=0).tolist(), spread.tolist(), usual.values(), strict=True)
    return tuple(Indicator(*one) for one in found)


def _reasons(twin: Distances, naive: Distances, chance: Distances, indicators: Sequence[Indicator]) -> list[str]:
    """Case resampling ties good twins on the sequences and durations of orders, so those alone prove nothing.

    Where past orders repeat so well that nothing could be better, it is enough that the records could be a run of it.
    """
    reasons = []
    triples = zip(twin.values(), naive.values(), chance.values(), strict=True)
    good = [one <= max(other, spread) for one, other, spread in triples]
    for name in _MUST_BEAT:
        one, other, spread = getattr(twin, name), getattr(naive, name), getattr(chance, name)
        if one > max(other, spread):
            reasons.append(
                f"{name} {one:.3g} {UNITS[name]}, more than the {other:.3g} of resampled past orders and the "
                f"{spread:.3g} between two runs"
            )
    if sum(good) < _AT_LEAST:
        reasons.append(
            f"as near as resampled past orders, or as another run, on {sum(good)} of {len(MEASURES)} distances, "
            f"{_AT_LEAST} needed"
        )
    for indicator in indicators:
        if indicator.error > indicator.allowed:
            reasons.append(
                f"{indicator.name}: {indicator.simulated:.3g}, recorded {indicator.recorded:.3g} "
                f"({100 * indicator.error:.0f} % off, {100 * indicator.allowed:.0f} % allowed)"
            )
    return reasons
