"""Routes: what each order went through, which steps go side by side, and which orders are still on their way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from danao.learning.log import BREAKDOWN, PRODUCTION, SETUP, EventLog, Flags, Floats, Integers

_OVERLAP = 0.5
_BALANCE = 0.25
_FEWEST = 20
_ROUNDS = 30
_NEAREST = 5
_EACH = 30
_DIFFERENT = 0.001
LONGEST = 300
"""Steps of a route at most; an order that goes round for ever is cut there."""


@dataclass(frozen=True, order=True)
class Step:
    """One kind of work."""

    operation: int
    station: int
    setup: bool = False
    material: int = -1
    """Where the times of an operation depend on it; -1: they do not, or too little is known."""
    group: int = -1
    """Class of work at the station, for batches and setups; -1: none."""

    @property
    def plain(self) -> Step:
        """Without the class: what its times depend on."""
        return self if self.group < 0 else replace(self, group=-1)


class StepOf:
    """Tells which kind of work a report is.

    The material counts where each of several has enough reports of an operation and their times differ in place
    (Kruskal-Wallis) or in form (Kolmogorov-Smirnov, each against the others), at 0.1 % over all these tests.
    """

    def __init__(self, log: EventLog, stations: Integers, classes: Integers) -> None:
        self._log, self._stations, self._classes = log, stations, classes
        hours = log.ends() - log.start
        work = (log.kind == PRODUCTION) & ~log.running
        self._special = set()
        for operation in np.unique(log.operation[work]).tolist():
            mine = work & (log.operation == operation)
            materials, counts = np.unique(log.material[mine], return_counts=True)
            if len(materials) < 2 or counts.min() < _EACH or materials[0] < 0:
                continue
            groups = [hours[mine & (log.material == one)] for one in materials]
            if np.ptp(np.concatenate(groups)) > 0 and smallest_p(groups) < _DIFFERENT:
                self._special.add(operation)

    def __call__(self, row: int) -> Step:
        """The kind of work of a row."""
        log, operation = self._log, int(self._log.operation[row])
        setup = bool(log.kind[row] == SETUP)
        material = int(log.material[row]) if operation in self._special and not setup else -1
        return Step(operation, int(self._stations[row]), setup, material, int(self._classes[row]))


def smallest_p(groups: Sequence[Floats]) -> float:
    """Of the tests that some times are of one law, corrected for their number (Bonferroni).

    Laws with one median and other tails, which load a machine unlike each other, only the second kind tells apart.
    """
    found = [float(stats.kruskal(*groups).pvalue)]
    for number, mine in enumerate(groups):
        others = np.concatenate([one for place, one in enumerate(groups) if place != number])
        found.append(float(stats.ks_2samp(mine, others, method="asymp").pvalue))
    return (1 + len(groups)) * min(found)


Item = tuple[Step, ...]
"""One step, or several that go side by side: all of them must end before the next item begins."""
Route = tuple[Item, ...]


@dataclass(frozen=True)
class OrderRoute:
    """What one order went through."""

    order: int
    items: Route
    rows: tuple[tuple[int, ...], ...]
    """Rows of the log, as the items."""
    open: float
    """Probability that more was to come after the cut; 0 or 1 where that is known."""
    cut_off: bool
    """Whether steps beyond `LONGEST` were left out."""


@dataclass(frozen=True)
class Routes:
    """The routes of all orders, and what was found about them."""

    orders: tuple[OrderRoute, ...]
    parallel: tuple[tuple[int, int], ...]
    """Pairs of operations that go side by side."""
    last: dict[int, float]
    """Operation to the probability that it is the last one."""


def routes_of(log: EventLog, stations: Integers, classes: Integers) -> Routes:
    """The routes of a log.

    Two operations go side by side if each comes before the other in a good part of the orders and they overlap.

    Args:
        log: The log.
        stations: (n,) station of each report.
        classes: (n,) class of its work there; -1: none.
    """
    by_order = [rows[log.kind[rows] != BREAKDOWN] for rows in log.by_order()]
    parallel = _parallel(log, by_order)
    last, is_open = _open(log, by_order)
    step_of = StepOf(log, stations, classes)
    found = []
    for order, rows in enumerate(by_order):
        if len(rows):
            kept = rows[:LONGEST]
            items, groups = _items(log, step_of, kept, parallel)
            found.append(OrderRoute(order, items, groups, float(is_open[order]), len(kept) < len(rows)))
    return Routes(tuple(found), tuple(sorted(parallel)), last)


def _parallel(log: EventLog, by_order: Sequence[Integers]) -> set[tuple[int, int]]:
    follows: Counter[tuple[int, int]] = Counter()
    overlaps: Counter[tuple[int, int]] = Counter()
    ends = log.ends()
    for rows in by_order:
        for one, other in zip(rows[:-1].tolist(), rows[1:].tolist(), strict=True):
            pair = int(log.operation[one]), int(log.operation[other])
            follows[pair] += 1
            overlaps[pair] += bool(
                log.start[other] < ends[one] - 1e-9 or ends[one] == log.start[one] == log.start[other]
            )
    found = set()
    for one, other in follows:
        there, back = follows[one, other], follows[other, one]
        both = there + back
        often = one < other and both >= _FEWEST and min(there, back) >= _BALANCE * max(there, back)
        if often and overlaps[one, other] + overlaps[other, one] >= _OVERLAP * both:
            found.add((one, other))
    return found


def _items(
    log: EventLog, step_of: StepOf, rows: Integers, parallel: set[tuple[int, int]]
) -> tuple[Route, tuple[tuple[int, ...], ...]]:
    groups: list[list[int]] = []
    for row in rows.tolist():
        operation = int(log.operation[row])
        beside = groups and all(
            (min(operation, one), max(operation, one)) in parallel
            for one in (int(log.operation[k]) for k in groups[-1])
        )
        if beside and operation not in [int(log.operation[k]) for k in groups[-1]]:
            groups[-1].append(row)
        else:
            groups.append([row])
    pairs = []
    for group in groups:
        steps = [(step_of(k), k) for k in group]
        pairs.append(sorted(steps))
    items = tuple(tuple(step for step, _ in pair) for pair in pairs)
    return items, tuple(tuple(row for _, row in pair) for pair in pairs)


def _open(log: EventLog, by_order: Sequence[Integers]) -> tuple[dict[int, float], Floats]:
    """Operation to the probability that it is the last, and the probability of each order that more is to come.

    A quiet order is finished, or in a wait of which only a lower limit is known. Expectation-maximisation: the waits by
    the product-limit estimate with these limits in their weights, the last operations by the weights that remain, and
    the weights by both (Bayes).

    Source: mixture cure models; Boag 1949, Kaplan & Meier 1958.
    """
    ends = log.ends()
    waits = np.array([wait for rows in by_order for wait in np.maximum(log.start[rows[1:]] - ends[rows[:-1]], 0.0)])
    some = np.array([len(rows) > 0 for rows in by_order])
    quiet = np.array([log.cut - ends[rows].max() if len(rows) else 0.0 for rows in by_order])
    running = np.array([bool(log.running[rows].any()) for rows in by_order])
    final = np.array([int(log.operation[rows[-1]]) if len(rows) else 0 for rows in by_order])
    count = len(log.operations)
    visits = np.bincount(log.operation[np.concatenate(by_order)], minlength=count).astype(float)
    is_open = np.where(some, 0.5, 0.0)
    last = np.zeros(count)
    left = np.isfinite(log.left) if len(log.left) == len(by_order) else np.zeros(len(by_order), dtype=bool)
    for _ in range(_ROUNDS):
        if left.any():
            is_open[some] = ~left[some]
        is_open[running] = 1.0
        closing = np.bincount(final[some], weights=1 - is_open[some], minlength=count)
        share = closing.sum() / max(visits.sum(), 1.0)
        last = (closing + share) / (visits + 1.0)
        idle = some & ~running
        still = _survival(waits, quiet[idle], is_open[idle])
        done = last[final[idle]]
        is_open[idle] = (1 - done) * still / np.maximum((1 - done) * still + done, 1e-12)
    if left.any():
        is_open[some] = ~left[some]
    is_open[is_open < 1e-3] = 0.0
    return {int(one): float(last[one]) for one in np.unique(log.operation).tolist()}, is_open


def _survival(seen: Floats, limits: Floats, weights: Floats) -> Floats:
    """Share of the waits that are longer than each limit: product-limit estimate with weighted limits.

    Nothing is taken to wait longer than the longest wait that was seen: else waits for ever could not be told from
    orders that are finished.

    Source: zero-tail constraint of cure models; Taylor 1995.
    """
    times = np.concatenate([seen, limits])
    weight = np.concatenate([np.ones(len(seen)), weights])
    event = np.concatenate([np.ones(len(seen)), np.zeros(len(limits))])
    place = np.lexsort((-event, times))
    at_risk = np.cumsum(weight[place][::-1])[::-1]
    factors = np.where(event[place] > 0, 1 - weight[place] / np.maximum(at_risk, 1e-12), 1.0)
    curve = np.cumprod(np.maximum(factors, 0.0))
    where = np.searchsorted(times[place], limits, side="right") - 1
    longest = float(seen.max()) if len(seen) else np.inf
    found = np.where(limits > longest, 0.0, curve[where])
    return np.asarray(np.maximum(found, 0.5 / (len(seen) + 1)))


def completed(routes: Routes, chooser: np.random.Generator) -> list[Route]:
    """The routes, those that were open at the cut carried on as other orders went on from the same place.

    Without this, long routes would be missing: they are the ones that the cut catches.
    """
    donors = _donors(routes)
    return [
        one.items + _rest(one.items, donors, chooser) if chooser.random() < one.open else one.items
        for one in routes.orders
    ]


def _donors(routes: Routes) -> dict[Item, list[tuple[int, OrderRoute]]]:
    """Where each item stands in the routes of all orders."""
    places: dict[Item, list[tuple[int, OrderRoute]]] = defaultdict(list)
    for one in routes.orders:
        for place, item in enumerate(one.items):
            places[item].append((place, one))
    return places


def _rest(items: Route, donors: dict[Item, list[tuple[int, OrderRoute]]], chooser: np.random.Generator) -> Route:
    """What may come after some items: the rest of another order from the same place, after about as many steps.

    Where the other order is open as well, a third one carries on, and so forth; to lend from finished orders alone
    would favour short routes.
    """
    rest: Route = ()
    while len(items) + len(rest) < LONGEST:
        last = rest[-1] if rest else items[-1]
        found = [
            (place, one)
            for place, one in donors.get(last, [])
            if place + 1 < len(one.items) or (rest and chooser.random() >= one.open)
        ]
        if not found:
            break
        away = np.array([abs(place + 1 - len(items) - len(rest)) for place, _ in found])
        near = np.flatnonzero(away <= np.sort(away)[min(_NEAREST - 1, len(away) - 1)])
        place, one = found[int(chooser.choice(near))]
        rest += one.items[place + 1 :]
        if place + 1 == len(one.items) or chooser.random() >= one.open:
            break
    return rest


def begun_before(log: EventLog, routes: Routes, warm: float) -> Flags:
    """(orders,) whether an order was probably under way when the log began.

    Its first report lies within `warm` hours of the beginning and is of an operation with which later orders seldom
    begin.
    """
    first = log.first_start()
    begin = float(first[np.isfinite(first)].min())
    opening: Counter[int] = Counter()
    for one in routes.orders:
        if first[one.order] > begin + warm:
            opening[one.items[0][0].operation] += 1
    total = sum(opening.values())
    result = np.zeros(len(log.orders), dtype=bool)
    for one in routes.orders:
        if first[one.order] <= begin + warm and total:
            result[one.order] = opening[one.items[0][0].operation] < 0.02 * total
    return result
