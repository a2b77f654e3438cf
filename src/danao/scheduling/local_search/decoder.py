"""From an order of groups to a schedule: each operation as early as every rule allows, one after the other.

An operation may fill a gap that earlier ones left. Where a limit on waiting is broken, the operation before it is put
off by as much and its group is placed again. Source: serial schedule generation, Kolisch, EJOR 90 (1996).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from danao.scheduling.local_search.tasks import NO_LIMIT, Floats, Integers, Tasks

_TRIES = 60
"""Times that a group is placed again per operation before it is given up."""
UNPLANNED = -1
_DONE, _AGAIN, _GIVE_UP = 0, 1, 2


class Board(NamedTuple):
    """A schedule in the making."""

    start: Integers
    """(n,) UNPLANNED where not placed."""
    mode: Integers
    """(n,) chosen mode, as an index of `Tasks.mode_machine`."""
    line: Integers
    """(machines, longest line) operations by start."""
    size: Integers
    """(machines,)."""
    times: Integers
    """(2 n + 2,) times at which the use of resources changes, ascending; the first is 0."""
    used: Integers
    """(2 n + 2, resources) use from each of these times on; row 0 holds what is consumed of consumables."""
    changes: Integers
    """(1,) how many times there are."""
    not_before: Integers
    """(n,) scratch: earliest start that limits on waiting ask for."""
    hold: Integers
    """(n,) start before which an operation is not wanted, 0 for none: keeps it where an earlier plan had it."""


def new_board(tasks: Tasks) -> Board:
    """An empty schedule."""
    n, machines = tasks.mode_first.size - 1, tasks.closed_first.size - 1
    placed = tasks.mode_machine[tasks.mode_machine >= 0]
    longest = int(np.bincount(placed, minlength=1).max()) if placed.size else 1

    def array(*shape: int) -> Integers:
        return np.zeros(shape, dtype=np.int64)

    resources = tasks.capacity.size
    return Board(
        array(n),
        array(n),
        array(machines, longest),
        array(machines),
        array(2 * n + 2),
        array(2 * n + 2, resources),
        array(1),
        array(n),
        array(n),
    )


@njit(cache=True, nogil=True)
def decode(tasks: Tasks, board: Board, order: Integers, wishes: Integers) -> int:
    """Place all groups in an order.

    Args:
        tasks: The problem.
        board: Receives the schedule.
        order: (groups,) each after the groups that come before it.
        wishes: (n,) mode that an operation must take, -1 for the one that ends first.

    Returns:
        Number of operations that could not be placed.
    """
    n = board.start.size
    board.start[:] = UNPLANNED
    board.size[:] = 0
    board.changes[0] = 1
    board.times[0] = 0
    board.used[0, :] = 0
    board.not_before[:] = 0
    has_frozen = False
    for i in range(n):
        if tasks.frozen_mode[i] >= 0:
            _put(tasks, board, i, tasks.frozen_mode[i], tasks.frozen_start[i])
            has_frozen = True
    for group in order:
        _place_group(tasks, board, group, wishes, has_frozen)
    if tasks.batch_least.size > 0 and tasks.batch_least.max() > 1:
        _drop_small_batches(tasks, board)
    left = 0
    for i in range(n):
        left += board.start[i] == UNPLANNED
    return left


@njit(cache=True, nogil=True)
def _drop_small_batches(tasks: Tasks, board: Board) -> None:
    """Take batches below the least size out again, and what follows their operations."""
    n = board.start.size
    found = True
    while found:
        found = False
        for machine in range(board.size.size):
            least, at = tasks.batch_least[machine], 0
            while least > 1 and at < board.size[machine]:
                first, room, behind = board.line[machine, at], 0, at
                while behind < board.size[machine] and _together(
                    tasks, board, machine, first, board.line[machine, behind]
                ):
                    room += tasks.room[board.line[machine, behind]]
                    behind += 1
                if tasks.family[first] >= 0 and room < least and tasks.frozen_mode[first] < 0:
                    for _ in range(at, behind):
                        _take(tasks, board, board.line[machine, at])
                    found = True
                else:
                    at = max(behind, at + 1)
        for _ in range(n):
            orphaned = False
            for i in range(n):
                if board.start[i] != UNPLANNED and tasks.frozen_mode[i] < 0:
                    for at in range(tasks.before_first[i], tasks.before_first[i + 1]):
                        if board.start[tasks.before[at]] == UNPLANNED:
                            _take(tasks, board, i)
                            orphaned = found = True
                            break
            if not orphaned:
                break


@njit(cache=True, nogil=True)
def _together(tasks: Tasks, board: Board, machine: int, a: int, b: int) -> bool:
    """Whether two operations on a machine are in one batch."""
    if a == b:
        return True
    alike = tasks.family[a] >= 0 and tasks.family[a] == tasks.family[b]
    return tasks.batch_most[machine] > 0 and alike and board.start[a] == board.start[b]


@njit(cache=True, nogil=True)
def _join_batch(tasks: Tasks, board: Board, i: int, mode: int, ready: int) -> int:
    """Start of the first batch that an operation may join; NO_LIMIT if there is none."""
    machine, duration = tasks.mode_machine[mode], tasks.mode_duration[mode]
    at = 0
    while at < board.size[machine]:
        first, room, behind = board.line[machine, at], tasks.room[i], at
        while behind < board.size[machine] and _together(tasks, board, machine, first, board.line[machine, behind]):
            room += tasks.room[board.line[machine, behind]]
            behind += 1
        start = board.start[first]
        if tasks.family[first] == tasks.family[i] and start >= ready and room <= tasks.batch_most[machine]:
            same = tasks.mode_duration[board.mode[first]] == duration
            if same and _free_resources(tasks, board, mode, start, duration) == start:
                return start
        at = max(behind, at + 1)
    return NO_LIMIT


@njit(cache=True, nogil=True)
def _place_group(tasks: Tasks, board: Board, group: int, wishes: Integers, has_frozen: bool) -> None:
    """Place the operations of a group, or none of them but the frozen ones."""
    first, last = tasks.group_first[group], tasks.group_first[group + 1]
    alone = last - first == 1
    keep = tasks.capacity.size > 0 and (has_frozen or not alone)
    count = board.changes[0]
    times = board.times[:count].copy() if keep else board.times[:0]
    used = board.used[:count].copy() if keep else board.used[:0]
    for _ in range(1 if alone else _TRIES * (last - first)):
        outcome, placed = _DONE, 0
        for at in range(first, last):
            i = tasks.group[at]
            if tasks.frozen_mode[i] < 0:
                mode, start = _earliest(tasks, board, i, wishes[i])
                if mode < 0:
                    outcome = _GIVE_UP
                    break
                _put(tasks, board, i, mode, start)
            placed += 1
            outcome = _put_off(tasks, board, i)
            if has_frozen and outcome == _DONE and not _before_followers(tasks, board, i):
                outcome = _GIVE_UP
            if outcome != _DONE:
                break
        if outcome == _DONE:
            return
        for at in range(first, first + placed):
            if tasks.frozen_mode[tasks.group[at]] < 0:
                _take(tasks, board, tasks.group[at])
        if keep:
            board.changes[0] = count
            board.times[:count] = times
            board.used[:count] = used
        if outcome == _GIVE_UP:
            return


@njit(cache=True, nogil=True)
def _put_off(tasks: Tasks, board: Board, i: int) -> int:
    """Put off what waits too long for operation i: _DONE if nothing does, _AGAIN, or _GIVE_UP if it is frozen."""
    for at in range(tasks.before_first[i], tasks.before_first[i + 1]):
        most = tasks.before_most[at]
        if most < NO_LIMIT:
            p = tasks.before[at]
            wait = board.start[i] - board.start[p] - tasks.mode_duration[board.mode[p]]
            if wait > most:
                if tasks.frozen_mode[p] >= 0:
                    return _GIVE_UP
                board.not_before[p] = board.start[p] + wait - most
                return _AGAIN
    return _DONE


@njit(cache=True, nogil=True)
def _before_followers(tasks: Tasks, board: Board, i: int) -> bool:
    """Whether frozen operations that follow i leave it enough time."""
    end = board.start[i] + tasks.mode_duration[board.mode[i]]
    for at in range(tasks.after_first[i], tasks.after_first[i + 1]):
        s = tasks.after[at]
        if tasks.frozen_mode[s] >= 0:
            least = tasks.after_least[at]
            a, b = tasks.mode_machine[board.mode[i]], tasks.mode_machine[board.mode[s]]
            if tasks.after_moves[at] == 1 and tasks.transport.shape[0] > 0 and a >= 0 and b >= 0:
                least += tasks.transport[a, b]
            wait = board.start[s] - end
            if wait < least or wait > tasks.after_most[at]:
                return False
    return True


@njit(cache=True, nogil=True)
def _earliest(tasks: Tasks, board: Board, i: int, wish: int) -> tuple[int, int]:
    """Mode and start with which an operation ends first; mode -1 if it cannot be placed."""
    best_mode, best_start, best_end = -1, 0, NO_LIMIT
    for mode in range(tasks.mode_first[i], tasks.mode_first[i + 1]):
        if wish >= 0 and mode != wish:
            continue
        machine, duration = tasks.mode_machine[mode], tasks.mode_duration[mode]
        ready = max(tasks.release[i], board.not_before[i], board.hold[i])
        possible = True
        for at in range(tasks.before_first[i], tasks.before_first[i + 1]):
            p = tasks.before[at]
            if board.start[p] == UNPLANNED:
                possible = False
                break
            least = tasks.before_least[at]
            other = tasks.mode_machine[board.mode[p]]
            if tasks.before_same[at] == 1 and other != machine:
                possible = False
                break
            if tasks.before_moves[at] == 1 and tasks.transport.shape[0] > 0 and other >= 0 and machine >= 0:
                least += tasks.transport[other, machine]
            ready = max(ready, board.start[p] + tasks.mode_duration[board.mode[p]] + least)
        for use in range(tasks.use_first[mode], tasks.use_first[mode + 1]):
            resource, amount = tasks.use_resource[use], tasks.use_amount[use]
            taken = 0 if tasks.renewable[resource] == 1 else board.used[0, resource]
            if amount + taken > tasks.capacity[resource]:
                possible = False
        if not possible:
            continue
        start = ready
        if machine >= 0 and tasks.batch_most[machine] > 0 and tasks.family[i] >= 0:
            joined = _join_batch(tasks, board, i, mode, ready)
            if joined + duration < best_end:
                best_mode, best_start, best_end = mode, joined, joined + duration
        while True:
            before = start
            if start + duration >= best_end:
                break
            if machine >= 0:
                start = _free_machine(tasks, board, machine, i, start, duration)
                if tasks.closed_first[machine] < tasks.closed_first[machine + 1]:
                    start = _open_machine(tasks, machine, start, duration)
            if tasks.use_first[mode] < tasks.use_first[mode + 1]:
                start = _free_resources(tasks, board, mode, start, duration)
            if start == before:
                break
        if start + duration < best_end and start + duration <= tasks.horizon:
            best_mode, best_start, best_end = mode, start, start + duration
    return best_mode, best_start


@njit(cache=True, nogil=True, inline="always")
def _free_machine(tasks: Tasks, board: Board, machine: int, i: int, start: int, duration: int) -> int:
    """Earliest time from `start` on at which a machine has room for an operation and its setups."""
    size, has_setup = board.size[machine], tasks.setup.shape[0] > 0
    own = tasks.setup_class[i]
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        other = board.line[machine, middle]
        if board.start[other] + tasks.mode_duration[board.mode[other]] <= start:
            low = middle + 1
        else:
            high = middle
    for at in range(low, size + 1):
        time = start
        if at > 0:
            p = board.line[machine, at - 1]
            end = board.start[p] + tasks.mode_duration[board.mode[p]]
            if has_setup:
                end += tasks.setup[machine, tasks.setup_class[p], own]
            time = max(time, end)
        elif has_setup:
            time = max(time, tasks.first_setup[machine, own])
        if at == size:
            return time
        s = board.line[machine, at]
        after = time + duration
        if has_setup:
            after += tasks.setup[machine, own, tasks.setup_class[s]]
        if after <= board.start[s]:
            return time
    return start


@njit(cache=True, nogil=True)
def _open_machine(tasks: Tasks, machine: int, start: int, duration: int) -> int:
    """Earliest time from `start` on at which a machine stays open long enough."""
    for window in range(tasks.closed_first[machine], tasks.closed_first[machine + 1]):
        if start < tasks.closed_to[window] and start + duration > tasks.closed_from[window]:
            start = tasks.closed_to[window]
    return start


@njit(cache=True, nogil=True)
def _free_resources(tasks: Tasks, board: Board, mode: int, start: int, duration: int) -> int:
    """Earliest time from `start` on at which all renewable resources of a mode suffice throughout."""
    first, last = tasks.use_first[mode], tasks.use_first[mode + 1]
    if first == last or duration == 0:
        return start
    times, used, capacity, renewable = board.times, board.used, tasks.capacity, tasks.renewable
    use_resource, use_amount = tasks.use_resource, tasks.use_amount
    count = board.changes[0]
    at = np.searchsorted(times[:count], start, side="right") - 1
    while at < count and times[at] < start + duration:
        for use in range(first, last):
            resource = use_resource[use]
            if renewable[resource] == 1 and used[at, resource] + use_amount[use] > capacity[resource]:
                start = times[at + 1]
                break
        at += 1
    return start


@njit(cache=True, nogil=True)
def _put(tasks: Tasks, board: Board, i: int, mode: int, start: int) -> None:
    machine, duration = tasks.mode_machine[mode], tasks.mode_duration[mode]
    board.start[i], board.mode[i] = start, mode
    if machine >= 0:
        at = board.size[machine]
        while at > 0:
            other = board.line[machine, at - 1]
            end = board.start[other] + tasks.mode_duration[board.mode[other]]
            if board.start[other] < start or (board.start[other] == start and end <= start):
                break
            board.line[machine, at] = other
            at -= 1
        board.line[machine, at] = i
        board.size[machine] += 1
    for use in range(tasks.use_first[mode], tasks.use_first[mode + 1]):
        resource, amount = tasks.use_resource[use], tasks.use_amount[use]
        if tasks.renewable[resource] == 0:
            board.used[0, resource] += amount
        elif duration > 0:
            used = board.used
            first, last = _split(tasks, board, start), _split(tasks, board, start + duration)
            for at in range(first, last):
                used[at, resource] += amount


@njit(cache=True, nogil=True)
def _split(tasks: Tasks, board: Board, time: int) -> int:
    """Index of the row that begins at a time, made if there is none."""
    count = board.changes[0]
    at = np.searchsorted(board.times[:count], time)
    if at < count and board.times[at] == time:
        return int(at)
    times, used, resources = board.times, board.used, tasks.capacity.size
    for row in range(count, at, -1):
        times[row] = times[row - 1]
        for resource in range(resources):
            used[row, resource] = used[row - 1, resource]
    board.times[at] = time
    for resource in range(tasks.capacity.size):
        board.used[at, resource] = board.used[at - 1, resource] if tasks.renewable[resource] == 1 else 0
    board.changes[0] = count + 1
    return int(at)


@njit(cache=True, nogil=True)
def _take(tasks: Tasks, board: Board, i: int) -> None:
    """Remove an operation from its machine; resources are restored by the caller."""
    machine = tasks.mode_machine[board.mode[i]]
    if machine >= 0:
        at = 0
        while board.line[machine, at] != i:
            at += 1
        for later in range(at, board.size[machine] - 1):
            board.line[machine, later] = board.line[machine, later + 1]
        board.size[machine] -= 1
    board.start[i] = UNPLANNED


@njit(cache=True, nogil=True)
def makespan_of(tasks: Tasks, board: Board) -> float:
    """End of the last operation."""
    latest = 0
    for i in range(board.start.size):
        if board.start[i] != UNPLANNED:
            latest = max(latest, board.start[i] + tasks.mode_duration[board.mode[i]])
    return float(latest)


@njit(cache=True, nogil=True)
def tardiness_of(tasks: Tasks, board: Board, ends: Floats) -> float:
    """Weighted tardiness of all jobs; `ends` (jobs,) is scratch."""
    ends[:] = -1.0
    for i in range(board.start.size):
        if board.start[i] != UNPLANNED:
            end = float(board.start[i] + tasks.mode_duration[board.mode[i]])
            ends[tasks.job[i]] = max(ends[tasks.job[i]], end)
    total = 0.0
    for job in range(ends.size):
        if tasks.due[job] < NO_LIMIT and ends[job] > tasks.due[job]:
            total += tasks.weight[job] * (ends[job] - tasks.due[job])
    return total


@njit(cache=True, nogil=True)
def setup_of(tasks: Tasks, board: Board) -> float:
    """Time that machines spend on setups."""
    total = 0
    if tasks.setup.shape[0] == 0:
        return 0.0
    for machine in range(board.size.size):
        for at in range(board.size[machine]):
            own = tasks.setup_class[board.line[machine, at]]
            if at == 0:
                total += tasks.first_setup[machine, own]
            elif not _together(tasks, board, machine, board.line[machine, at - 1], board.line[machine, at]):
                total += tasks.setup[machine, tasks.setup_class[board.line[machine, at - 1]], own]
    return float(total)
