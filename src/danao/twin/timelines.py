"""A trace as lines of time: what each machine did from when to when, parts and power over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danao.plant.model import EnergyStates
from danao.twin.runs import BLOCKED, CLOSED, DOWN, HEATING, IDLE, MAINTENANCE, OFF, SETUP, WORKING, Floats
from danao.twin.trace import KINDS, STATES, Trace

_NO_PRODUCT = -1


@dataclass(frozen=True)
class Spans:
    """What machines did: one row a stretch of time in one state and on one job, by machine and time."""

    machine: NDArray[np.int64]
    """Numbered over all stations."""
    state: NDArray[np.int64]
    """Position in `STATES`."""
    start: Floats
    """h."""
    end: Floats
    """h, after `start`."""
    product: NDArray[np.int64]
    """Product on the machine; -1 where it has none, or none that the trace tells."""

    def __len__(self) -> int:
        return len(self.machine)

    def within(self, start: float, end: float) -> Spans:
        """The same, cut off before `start` and after `end`."""
        first, last = np.maximum(self.start, start), np.minimum(self.end, end)
        kept = first < last
        return Spans(self.machine[kept], self.state[kept], first[kept], last[kept], self.product[kept])


def machine_spans(trace: Trace) -> Spans:
    """Stretches of time of each machine between two changes of its state or starts of a job, over the whole trace.

    The product is that of the last part that the machine started; before the first start, that of the first part that
    ends, which it had at the beginning.
    """
    machines = [_spans_of(trace, machine) for machine in range(len(trace.machine_stations()))]
    names = ("machine", "state", "start", "end", "product")
    return Spans(*(np.concatenate([getattr(spans, name) for spans in machines]) for name in names))


def machine_powers(trace: Trace) -> Floats:
    """(machines, states) kW of each machine in each state."""
    return np.array([_powers(trace.plant.stations[number].energy) for number in trace.machine_stations()])


def state_shares(trace: Trace) -> Floats:
    """(stations, states) share of the machine hours of each station in each state; rows sum to 1."""
    spans = machine_spans(trace)
    stations = np.array(trace.machine_stations())
    hours = np.zeros((len(trace.plant.stations), len(STATES)))
    np.add.at(hours, (stations[spans.machine], spans.state), spans.end - spans.start)
    return hours / hours.sum(axis=1, keepdims=True)


def power(trace: Trace, edges: Floats) -> Floats:
    """(states, intervals) mean kW of all machines in each state, over the intervals between the edges (h)."""
    spans, powers = machine_spans(trace), machine_powers(trace)
    found = np.zeros((len(STATES), len(edges) - 1))
    for state in range(len(STATES)):
        chosen = spans.state == state
        levels = powers[spans.machine[chosen], state]
        found[state] = interval_means(spans.start[chosen], levels, edges) - interval_means(
            spans.end[chosen], levels, edges
        )
    return found


def parts_in_plant(trace: Trace, edges: Floats) -> Floats:
    """(products, intervals) mean number of parts in the plant over the intervals between the edges (h).

    A part whose first event is not that it enters was there at the start. Finished components are in the plant until a
    job begins that needs them. Parts that nothing happens to in the whole span, and components in their store that are
    not needed in it, cannot be seen in a trace and are missing.
    """
    events = trace.events
    parts = events[events["part"] >= 0]
    _, first = np.unique(parts["part"], return_index=True)
    enter = KINDS.index("enter")
    there = parts[first][parts["kind"][first] != enter]
    entered = trace.of("enter")
    gone = trace.of("leave", "scrap")
    found = np.zeros((len(trace.plant.products), len(edges) - 1))
    for product in range(len(found)):
        changes = [
            (np.full(int((there["product"] == product).sum()), trace.start), 1.0),
            (entered["time"][entered["product"] == product], 1.0),
            (gone["time"][gone["product"] == product], -1.0),
        ]
        times = np.concatenate([moments for moments, _ in changes])
        steps = np.concatenate([np.full(len(moments), change) for moments, change in changes])
        stored_at, stored = _store(trace, product)
        found[product] = interval_means(np.append(times, stored_at), np.append(steps, stored), edges)
    return found


def _store(trace: Trace, product: int) -> tuple[Floats, Floats]:
    """When the store of a component changes, and by how many; first, at the start, by those that were there for sure.

    A component goes into its store when it is finished, and out of it with the start of a job on a part that needs it.
    """
    name = trace.plant.products[product].name
    used = {
        (number, position): segment.needs[name]
        for number, other in enumerate(trace.plant.products)
        for position, segment in enumerate(other.route)
        if name in segment.needs
    }
    if not used:
        return np.zeros(0), np.zeros(0)
    events = trace.of("leave", "start")
    change = np.where((events["kind"] == KINDS.index("leave")) & (events["product"] == product), 1.0, 0.0)
    for (number, position), count in used.items():
        start = events["kind"] == KINDS.index("start")
        change[start & (events["product"] == number) & (events["step"] == position)] -= count
    before = max(0.0, -float(np.cumsum(change).min(initial=0.0)))
    return np.append(trace.start, events["time"]), np.append(before, change)


def interval_means(times: Floats, steps: Floats, edges: Floats) -> Floats:
    """Means over intervals of a level that begins at 0 and rises by `steps[i]` at `times[i]`.

    Args:
        times: (n,) in any order.
        steps: (n,).
        edges: (m + 1,) ascending ends of the intervals.

    Returns:
        (m,).
    """
    order = np.argsort(times, kind="stable")
    times, steps = np.asarray(times, dtype=np.float64)[order], np.asarray(steps, dtype=np.float64)[order]
    count = np.searchsorted(times, edges, side="right")
    risen = np.concatenate([[0.0], np.cumsum(steps)])[count]
    weighted = np.concatenate([[0.0], np.cumsum(steps * times)])[count]
    return np.diff(risen * edges - weighted) / np.diff(edges)


def _spans_of(trace: Trace, machine: int) -> Spans:
    """The stretches of one machine: each in one state, on one job."""
    events = trace.events[trace.events["machine"] == machine]
    changes, starts, ends = (events[events["kind"] == KINDS.index(kind)] for kind in ("state", "start", "end"))
    cuts = np.unique(np.concatenate([[trace.start, trace.end], changes["time"], starts["time"]]))
    cuts = cuts[(cuts >= trace.start) & (cuts <= trace.end)]
    at_start = ends["product"][0] if len(ends) else _NO_PRODUCT
    states = np.concatenate([[IDLE], changes["value"].astype(np.int64)])
    products = np.concatenate([[at_start], starts["product"]])
    state = states[np.searchsorted(changes["time"], cuts[:-1], side="right")]
    product = products[np.searchsorted(starts["time"], cuts[:-1], side="right")]
    product = np.where(np.isin(state, (WORKING, BLOCKED, SETUP, HEATING)), product, _NO_PRODUCT)
    new = np.ones(len(state), dtype=bool)
    begins = np.isin(cuts[1:-1], starts["time"]) & (state[1:] != IDLE)
    new[1:] = (np.diff(state) != 0) | (np.diff(product) != 0) | begins
    first = np.flatnonzero(new)
    ends_at = np.append(cuts[first[1:]], cuts[-1])
    return Spans(np.full(len(first), machine), state[first], cuts[first], ends_at, product[first])


def _powers(energy: EnergyStates) -> list[float]:
    by_state = {
        IDLE: energy.idle,
        WORKING: energy.working,
        BLOCKED: energy.idle,
        DOWN: energy.down,
        SETUP: energy.setup,
        MAINTENANCE: energy.down,
        CLOSED: energy.down,
        HEATING: energy.heating,
        OFF: energy.off,
    }
    return [by_state[state] for state in range(len(STATES))]


def weeks(start: float, end: float) -> Iterator[float]:
    """Beginning of each week (h) that has a part between two times."""
    week = 168.0 * (start // 168.0)
    while week < end:
        yield week
        week += 168.0
