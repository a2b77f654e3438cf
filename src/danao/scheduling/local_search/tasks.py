"""A whole problem as arrays for the compiled list scheduler: every rule of the model.

Operations that limits on waiting or a common machine tie together form a group; a group is placed as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from danao.scheduling.local_search.shops import setup_tables
from danao.scheduling.model import Link, Mode, Problem

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_LIMIT = 2**60
"""Stands for a wait without limit and for no due date."""


class Tasks(NamedTuple):
    """Ragged tables are a pair of arrays: where the entries of row i begin, and all entries."""

    mode_first: Integers
    """(n + 1,) modes of each operation."""
    mode_machine: Integers
    mode_duration: Integers
    use_first: Integers
    """(modes + 1,) resources of each mode."""
    use_resource: Integers
    use_amount: Integers
    before_first: Integers
    """(n + 1,) links that end in each operation."""
    before: Integers
    before_least: Integers
    before_most: Integers
    before_moves: Integers
    before_same: Integers
    after_first: Integers
    """(n + 1,) links that begin in each operation."""
    after: Integers
    after_least: Integers
    after_most: Integers
    after_moves: Integers
    release: Integers
    """(n,)."""
    closed_first: Integers
    """(machines + 1,) windows in which each machine is closed."""
    closed_from: Integers
    closed_to: Integers
    setup_class: Integers
    """(n,)."""
    setup: Integers
    """(machines, classes, classes) or (0, 0, 0)."""
    first_setup: Integers
    """(machines, classes) or (0, 0)."""
    transport: Integers
    """(machines, machines) or (0, 0)."""
    capacity: Integers
    """(resources,)."""
    renewable: Integers
    """(resources,) 1 or 0."""
    group_first: Integers
    """(groups + 1,) operations of each group, each after those that it follows."""
    group: Integers
    group_before_first: Integers
    """(groups + 1,) groups that come before each group."""
    group_before: Integers
    group_after_first: Integers
    group_after: Integers
    job: Integers
    """(n,)."""
    due: Integers
    """(jobs,) NO_LIMIT for none."""
    weight: Floats
    """(jobs,)."""
    frozen_mode: Integers
    """(n,) mode of a frozen operation, -1 for none."""
    frozen_start: Integers
    """(n,)."""
    horizon: int
    """Nothing may end after it; NO_LIMIT for none."""
    family: Integers
    """(n,) -1 for an operation that is always alone."""
    room: Integers
    """(n,) what an operation takes of a batch."""
    batch_most: Integers
    """(machines,) 0 where machines work on one operation at a time."""
    batch_least: Integers
    """(machines,)."""
    mode_power: Floats
    mode_fuel: Floats
    """Money for the fuel of each mode."""
    idle_power: Floats
    """(machines,) kW."""
    setup_power: Floats
    """(machines,) kW."""
    setup_fuel: Floats
    """(machines, classes, classes) money, or (0, 0, 0)."""
    price_begin: Integers
    """(steps,) beginnings of the prices of power; empty where energy is not counted."""
    price_sum: Floats
    """(steps,) money that 1 kW costs until then."""
    price_rate: Floats
    """(steps,) money that 1 kW costs in a time unit from then on."""


def tasks_of(problem: Problem) -> Tasks:
    """The arrays of a problem."""
    operations = problem.operations
    modes = [mode for operation in operations for mode in operation.modes]
    uses = [sorted(mode.uses.items()) for mode in modes]
    mode_first = _firsts(len(operation.modes) for operation in operations)
    number, groups = _groups(problem)
    between = {(number[link.before], number[link.after]) for link in problem.links}
    pairs = sorted(pair for pair in between if pair[0] != pair[1])
    into: list[list[int]] = [[] for _ in groups]
    out: list[list[int]] = [[] for _ in groups]
    for a, b in pairs:
        into[b].append(a)
        out[a].append(b)
    frozen_mode = np.full(len(operations), -1, dtype=np.int64)
    frozen_start = np.zeros(len(operations), dtype=np.int64)
    for one in problem.frozen:
        frozen_mode[one.operation] = mode_first[one.operation] + one.mode
        frozen_start[one.operation] = one.start
    setup, first_setup = setup_tables(problem)
    transport = problem.transport if problem.transport is not None else np.zeros((0, 0))
    before, after = problem.links_before, problem.links_after
    return Tasks(
        mode_first,
        _array(mode.machine for mode in modes),
        _array(mode.duration for mode in modes),
        _firsts(len(one) for one in uses),
        _array(resource for one in uses for resource, _ in one),
        _array(amount for one in uses for _, amount in one),
        _firsts(len(links) for links in before),
        _column(before, lambda link: link.before),
        _column(before, lambda link: link.least),
        _column(before, lambda link: NO_LIMIT if link.most is None else link.most),
        _column(before, lambda link: int(link.moves)),
        _column(before, lambda link: int(link.same_machine)),
        _firsts(len(links) for links in after),
        _column(after, lambda link: link.after),
        _column(after, lambda link: link.least),
        _column(after, lambda link: NO_LIMIT if link.most is None else link.most),
        _column(after, lambda link: int(link.moves)),
        _array(problem.earliest_start(i) for i in range(len(operations))),
        _firsts(len(machine.closed) for machine in problem.machines),
        _array(start for machine in problem.machines for start, _ in machine.closed),
        _array(end for machine in problem.machines for _, end in machine.closed),
        _array(operation.setup_class for operation in operations),
        setup.astype(np.int64),
        first_setup.astype(np.int64),
        np.ascontiguousarray(transport, dtype=np.int64),
        _array(resource.capacity for resource in problem.resources),
        _array(int(resource.renewable) for resource in problem.resources),
        _firsts(len(group) for group in groups),
        _array(i for group in groups for i in group),
        _firsts(len(one) for one in into),
        _array(i for one in into for i in one),
        _firsts(len(one) for one in out),
        _array(i for one in out for i in one),
        _array(operation.job for operation in operations),
        _array(NO_LIMIT if job.due is None else job.due for job in problem.jobs),
        np.array([job.weight for job in problem.jobs]),
        frozen_mode,
        frozen_start,
        NO_LIMIT if problem.horizon is None else problem.horizon,
        _array(-1 if operation.family is None else operation.family for operation in operations),
        _array(operation.size for operation in operations),
        _array(0 if machine.batch is None else machine.batch.most for machine in problem.machines),
        _array(0 if machine.batch is None else machine.batch.least for machine in problem.machines),
        *_energy(problem, modes),
    )


def _energy(
    problem: Problem, modes: Sequence[Mode]
) -> tuple[Floats, Floats, Floats, Floats, Floats, Integers, Floats, Floats]:
    """Powers, fuels in money and prices, in the order of the fields of `Tasks`."""
    energy, machines = problem.energy, problem.machines
    fuel_price = 0.0 if energy is None else energy.fuel_price
    setup_fuel = np.zeros((0, 0, 0))
    if any(machine.setup_fuel is not None for machine in machines):
        classes = 1 + max(operation.setup_class for operation in problem.operations)
        setup_fuel = np.zeros((len(machines), classes, classes))
        for number, machine in enumerate(machines):
            if machine.setup_fuel is not None:
                setup_fuel[number] = np.asarray(machine.setup_fuel)[:classes, :classes] * fuel_price
    return (
        np.array([mode.power for mode in modes]),
        np.array([mode.fuel * fuel_price for mode in modes]),
        np.array([machine.idle_power for machine in machines]),
        np.array([machine.setup_power for machine in machines]),
        setup_fuel,
        _array(() if energy is None else energy.begins),
        np.zeros(0) if energy is None else energy.sums,
        np.zeros(0) if energy is None else energy.rates,
    )


def _groups(problem: Problem) -> tuple[list[int], list[list[int]]]:
    """Group of each operation, and the operations of each group in an order that respects the links."""
    n = len(problem.operations)
    rows = [link.before for link in problem.links]
    columns = [link.after for link in problem.links]
    for link in problem.links:
        if link.most is not None or link.same_machine:
            rows.append(link.after)
            columns.append(link.before)
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(n, n))
    count, labels = connected_components(graph.tocsr(), directed=True, connection="strong")
    groups: list[list[int]] = [[] for _ in range(count)]
    for i in _topological(problem):
        groups[int(labels[i])].append(i)
    return [int(label) for label in labels], groups


def _topological(problem: Problem) -> list[int]:
    waiting = [len(links) for links in problem.links_before]
    order = [i for i, count in enumerate(waiting) if not count]
    for i in order:
        for link in problem.links_after[i]:
            waiting[link.after] -= 1
            if not waiting[link.after]:
                order.append(link.after)
    return order


def _array(values: Iterable[int]) -> Integers:
    return np.array(list(values), dtype=np.int64)


def _firsts(lengths: Iterable[int]) -> Integers:
    return np.concatenate(([0], np.cumsum(np.array(list(lengths), dtype=np.int64)))).astype(np.int64)


def _column(rows: Sequence[Sequence[Link]], value: Callable[[Link], int]) -> Integers:
    return _array(value(link) for links in rows for link in links)
