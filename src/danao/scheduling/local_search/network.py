"""A problem whose only rules are machines, links and dates, as a network of blocks for compiled code.

Operations that follow each other on one machine without a choice, such as the charges of a cast, form one block; every
other operation is a block of its own. A block has one machine and one start, from which its operations follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from danao.scheduling.local_search.shops import setup_tables
from danao.scheduling.model import NO_MACHINE, Link, Problem
from danao.scheduling.schedule import Schedule

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NONE = -1
"""No block, no machine."""
NEVER_DUE = 2**60


class Network(NamedTuple):
    """What does not change while the search runs. Tables named `..._first` say where the rows of others begin.

    A block has members, numbered in the order they run, and modes, one for each machine that can do all of them.
    """

    mode_first: Integers
    """(blocks + 1,) modes of each block."""
    mode_machine: Integers
    """(modes,) NONE for no machine."""
    mode_length: Integers
    """(modes,) time that the machine is taken."""
    mode_release: Integers
    """(modes,) earliest start of the block."""
    times_first: Integers
    """(modes,) where the times of each mode's members begin in `begins` and `ends`."""
    begins: Integers
    """Start of each member after the start of its block."""
    ends: Integers
    """End of each member after the start of its block."""
    into_first: Integers
    """(blocks + 1,) links into each block."""
    into_block: Integers
    into_from: Integers
    """Member that a link comes from."""
    into_to: Integers
    """Member that it leads to."""
    into_least: Integers
    into_moves: Integers
    out_first: Integers
    """(blocks + 1,) links out of each block."""
    out_block: Integers
    first_class: Integers
    """(blocks,) setup class of the first member."""
    last_class: Integers
    """(blocks,) setup class of the last member."""
    setup: Integers
    """(machines, classes, classes) or (0, 0, 0)."""
    first_setup: Integers
    """(machines, classes) or (0, 0)."""
    transport: Integers
    """(machines, machines) or (0, 0)."""
    closed_first: Integers
    """(machines + 1,) windows in which each machine is closed."""
    closed_from: Integers
    closed_to: Integers
    last_block: Integers
    """(lasts,) block of each operation that ends a job."""
    last_member: Integers
    last_job: Integers
    due: Integers
    """(jobs,) NEVER_DUE for none."""
    weight: Floats
    """(jobs,)."""


def network_obstacle(problem: Problem) -> str | None:
    """Why a problem is no such network; None if it is one."""
    if problem.horizon is not None:
        return "the plan has an end"
    if any(machine.batch is not None for machine in problem.machines):
        return "machines work on batches"
    if problem.permutation:
        return "all machines keep one order of jobs"
    if problem.resources:
        return "it has resources beside machines"
    if problem.frozen:
        return "a part of it is frozen"
    bound = [link for link in problem.links if link.most is not None or link.same_machine]
    if any(not _rigid(link) for link in bound):
        return "waits are limited, or neighbours share a machine with a gap between them"
    if bound and any(machine.setup is not None or machine.first_setup is not None for machine in problem.machines):
        return "operations without a gap have setups"
    if len({link.before for link in bound}) < len(bound) or len({link.after for link in bound}) < len(bound):
        return "operations without a gap join or split"
    blocks = _members(problem)
    number = _numbers(blocks)
    if sum(number[link.before] == number[link.after] for link in problem.links) > len(bound):
        return "operations without a gap are linked in another way too"
    if any(not _machines(problem, block) for block in blocks):
        return "operations without a gap have no machine in common"
    return None if _sorted_blocks(problem, blocks) is not None else "blocks wait for each other"


@dataclass(frozen=True)
class NumberedNetwork:
    """A network and which operations and modes of the problem its blocks and modes stand for."""

    network: Network
    members: tuple[tuple[int, ...], ...]
    """For each block, its operations."""
    mode_numbers: tuple[tuple[int, ...], ...]
    """For each mode of the network, the number of the mode within each member."""
    sequence: tuple[int, ...]
    """Blocks, each after those that it follows."""

    def schedule(self, problem: Problem, modes: Integers, starts: Integers) -> Schedule:
        """The schedule for the modes and starts of all blocks."""
        chosen = np.zeros(len(problem.operations), dtype=np.int64)
        start = np.zeros(len(problem.operations), dtype=np.int64)
        for block, operations in enumerate(self.members):
            mode = int(modes[block])
            for member, operation in enumerate(operations):
                chosen[operation] = self.mode_numbers[mode][member]
                at = int(self.network.times_first[mode]) + member
                start[operation] = starts[block] + self.network.begins[at]
        return Schedule.of(problem, chosen, start)


def numbered_network(problem: Problem) -> NumberedNetwork:
    """The arrays of a problem for which `network_obstacle` names none."""
    blocks = _members(problem)
    number = _numbers(blocks)
    member = {operation: at for block in blocks for at, operation in enumerate(block)}
    modes = [_modes(problem, block) for block in blocks]
    flat = [mode for own in modes for mode in own]
    links = [link for link in problem.links if number[link.before] != number[link.after]]
    into: list[list[Link]] = [[] for _ in blocks]
    out: list[list[Link]] = [[] for _ in blocks]
    for link in links:
        into[number[link.after]].append(link)
        out[number[link.before]].append(link)
    arriving = [link for own in into for link in own]
    lasts = [(job, operation) for job, own in enumerate(problem.last_operations) for operation in own]
    classes = [[problem.operations[operation].setup_class for operation in block] for block in blocks]
    setup, first_setup = setup_tables(problem)
    transport = problem.transport if problem.transport is not None else np.zeros((0, 0))
    sizes = [len(mode.begins) for mode in flat]
    network = Network(
        _firsts(len(own) for own in modes),
        _array(mode.machine for mode in flat),
        _array(mode.ends[-1] for mode in flat),
        _array(mode.release for mode in flat),
        _firsts(sizes)[:-1],
        _array(time for mode in flat for time in mode.begins),
        _array(time for mode in flat for time in mode.ends),
        _firsts(len(own) for own in into),
        _array(number[link.before] for link in arriving),
        _array(member[link.before] for link in arriving),
        _array(member[link.after] for link in arriving),
        _array(link.least for link in arriving),
        _array(int(link.moves) for link in arriving),
        _firsts(len(own) for own in out),
        _array(number[link.after] for own in out for link in own),
        _array(own[0] for own in classes),
        _array(own[-1] for own in classes),
        setup.astype(np.int64),
        first_setup.astype(np.int64),
        np.ascontiguousarray(transport, dtype=np.int64),
        _firsts(len(machine.closed) for machine in problem.machines),
        _array(start for machine in problem.machines for start, _ in machine.closed),
        _array(end for machine in problem.machines for _, end in machine.closed),
        _array(number[operation] for _, operation in lasts),
        _array(member[operation] for _, operation in lasts),
        _array(job for job, _ in lasts),
        _array(NEVER_DUE if job.due is None else job.due for job in problem.jobs),
        np.array([job.weight for job in problem.jobs]),
    )
    sequence = _sorted_blocks(problem, blocks)
    assert sequence is not None
    return NumberedNetwork(network, tuple(blocks), tuple(mode.numbers for mode in flat), sequence)


@dataclass(frozen=True)
class _BlockMode:
    machine: int
    numbers: tuple[int, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    release: int


def _modes(problem: Problem, block: tuple[int, ...]) -> list[_BlockMode]:
    """One mode for each machine that can do all members, with the fastest mode of each."""
    gaps = {link.before: link.least for link in problem.links if _rigid(link)} if len(block) > 1 else {}
    modes = []
    for machine in _machines(problem, block):
        numbers, begins, ends, clock = [], [], [], 0
        for operation in block:
            own = problem.operations[operation].modes
            number = min((k for k, mode in enumerate(own) if mode.machine == machine), key=lambda k: own[k].duration)
            numbers.append(number)
            begins.append(clock)
            ends.append(clock + own[number].duration)
            clock = ends[-1] + gaps.get(operation, 0)
        release = max(problem.earliest_start(operation) - begin for operation, begin in zip(block, begins, strict=True))
        modes.append(_BlockMode(machine, tuple(numbers), tuple(begins), tuple(ends), max(0, release)))
    return modes


def _machines(problem: Problem, block: tuple[int, ...]) -> list[int]:
    """Machines that can do every member; NO_MACHINE for one that needs none."""
    common = {mode.machine for mode in problem.operations[block[0]].modes}
    for operation in block[1:]:
        common &= {mode.machine for mode in problem.operations[operation].modes}
    return sorted(common - {NO_MACHINE}) if len(block) > 1 else sorted(common)


def _rigid(link: Link) -> bool:
    """Whether a link leaves no choice: one machine, and one length of the gap."""
    return link.same_machine and link.most is not None and link.most == link.least and link.least == 0


def _members(problem: Problem) -> list[tuple[int, ...]]:
    follower = {link.before: link.after for link in problem.links if _rigid(link)}
    inner = set(follower.values())
    blocks = []
    for operation in range(len(problem.operations)):
        if operation not in inner:
            chain = [operation]
            while chain[-1] in follower:
                chain.append(follower[chain[-1]])
            blocks.append(tuple(chain))
    return blocks


def _numbers(blocks: list[tuple[int, ...]]) -> dict[int, int]:
    return {operation: number for number, block in enumerate(blocks) for operation in block}


def _sorted_blocks(problem: Problem, blocks: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """Blocks, each after those that it follows; None where some wait for each other."""
    number = _numbers(blocks)
    waiting = [0] * len(blocks)
    after: list[list[int]] = [[] for _ in blocks]
    for link in problem.links:
        a, b = number[link.before], number[link.after]
        if a != b:
            after[a].append(b)
            waiting[b] += 1
    order = [block for block, count in enumerate(waiting) if not count]
    for block in order:
        for follower in after[block]:
            waiting[follower] -= 1
            if not waiting[follower]:
                order.append(follower)
    return tuple(order) if len(order) == len(blocks) else None


def _array(values: Iterable[int]) -> Integers:
    return np.array(list(values), dtype=np.int64)


def _firsts(lengths: Iterable[int]) -> Integers:
    return np.concatenate(([0], np.cumsum(np.array(list(lengths), dtype=np.int64)))).astype(np.int64)
