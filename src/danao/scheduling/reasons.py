"""Why an order is late or cannot be planned, in a planner's words, and what would help.

A late order is followed back from its last operation: whatever made each operation start no earlier is its cause. Where
the order would be late even if it were alone, that is said first, because no better sequence helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from danao.scheduling.model import NO_MACHINE, Machine, Problem
from danao.scheduling.schedule import Schedule, Unplanned

_NAMED = 3


@dataclass(frozen=True)
class Late:
    """An order that is finished after it is due."""

    job: int
    tardiness: int
    """Time units."""
    reason: str
    remedy: str
    conflicts: tuple[int, ...]
    """Orders that it waits for, by number."""


def late_jobs(problem: Problem, schedule: Schedule) -> list[Late]:
    """Every late order with its cause, the latest first."""
    late = []
    for number, (job, lasts) in enumerate(zip(problem.jobs, problem.last_operations, strict=True)):
        planned = [i for i in lasts if schedule.mode[i] >= 0]
        if job.due is None or not planned:
            continue
        last = max(planned, key=lambda i: int(schedule.end[i]))
        tardiness = int(schedule.end[last]) - job.due
        if tardiness > 0:
            late.append(_explained(problem, schedule, number, last, tardiness))
    return sorted(late, key=lambda one: -one.tardiness)


def _explained(problem: Problem, schedule: Schedule, number: int, last: int, tardiness: int) -> Late:
    job = problem.jobs[number]
    assert job.due is not None
    alone = earliest_end(problem, last)
    if alone > job.due:
        start = f"released at {job.release}, " if job.release else ""
        return Late(
            number,
            tardiness,
            f"{start}its route alone takes until {alone}, and it is due at {job.due}",
            f"Move the due date by {alone - job.due} or more, or release it earlier",
            (),
        )
    waits = _trace_back(problem, schedule, last)
    conflicts = tuple(dict.fromkeys(wait.job for wait in waits if wait.job is not None and wait.job != number))
    if not waits:
        return Late(number, tardiness, "it waits although it could start earlier", "Search longer", ())
    worst = max(waits, key=lambda wait: wait.time)
    names = [problem.jobs[other].name for other in conflicts[:_NAMED]]
    behind = f" behind {', '.join(names)}{' and others' if len(conflicts) > _NAMED else ''}" if names else ""
    reason = f"it waits {sum(wait.time for wait in waits)} in all{behind}, longest {worst.words}"
    return Late(number, tardiness, reason, worst.remedy, conflicts)


def earliest_end(problem: Problem, operation: int) -> int:
    """When an operation could end if its order were the only one: routes, durations and calendars."""
    known: dict[int, int] = {}
    stack = [operation]
    while stack:
        i = stack[-1]
        missing = [link.before for link in problem.links_before[i] if link.before not in known]
        if i in known or missing:
            if i in known:
                stack.pop()
            stack.extend(missing)
            continue
        stack.pop()
        one = problem.operations[i]
        ready = problem.earliest_start(i)
        for link in problem.links_before[i]:
            ready = max(ready, known[link.before] + link.least)
        known[i] = min(
            _first_open(problem.machines[mode.machine] if mode.machine != NO_MACHINE else None, ready, mode.duration)
            for mode in one.modes
        )
    return known[operation]


def _first_open(machine: Machine | None, ready: int, duration: int) -> int:
    """End of work of this duration that begins at `ready` or later, while the machine is open."""
    for start, end in machine.closed if machine is not None else ():
        if ready < end and ready + duration > start:
            ready = end
    return ready + duration


@dataclass(frozen=True)
class _Wait:
    """What an operation waited for."""

    time: int
    words: str
    remedy: str
    job: int | None
    """The order that was before it on the machine."""


def _trace_back(problem: Problem, schedule: Schedule, last: int) -> list[_Wait]:
    """Waits on the way of an order, from its last operation back to its first."""
    before = {b: a for order in schedule.orders(problem) for a, b in pairwise(order)}
    waits = []
    i: int | None = last
    while i is not None:
        ready, previous = problem.earliest_start(i), None
        for link in problem.links_before[i]:
            time = int(schedule.end[link.before]) + link.least
            if schedule.mode[link.before] >= 0 and time >= ready:
                ready, previous = time, link.before
        waited = int(schedule.start[i]) - ready
        if waited > 0:
            waits.append(_wait(problem, schedule, i, waited, before.get(i)))
        i = previous
    return waits


def _wait(problem: Problem, schedule: Schedule, i: int, waited: int, other: int | None) -> _Wait:
    label, start = problem.label(i), int(schedule.start[i])
    machine = schedule.machine_of(problem, i)
    if machine == NO_MACHINE:
        return _Wait(waited, f"{waited} at {label} for resources or limits on waiting", "Add capacity", None)
    name = problem.machines[machine].name
    shut = sum(max(0, min(b, start) - max(a, start - waited)) for a, b in problem.machines[machine].closed)
    if 2 * shut >= waited:
        return _Wait(waited, f"{waited} at {label} while {name} is closed", f"Open {name} longer", None)
    if other is not None and int(schedule.end[other]) > start - waited:
        job = problem.operations[other].job
        words = f"{waited} at {label} for {name}, which works on {problem.jobs[job].name}"
        return _Wait(waited, words, f"Add capacity at {name}, or rank the order higher by its weight", job)
    return _Wait(waited, f"{waited} at {label} for a setup, a resource or a limit on waiting", "Relax that rule", None)


def impossible(problem: Problem) -> list[Unplanned]:
    """Operations that no schedule can hold, whatever the others do, and what follows from them."""
    found: dict[int, Unplanned] = {}
    for i, operation in enumerate(problem.operations):
        reasons = []
        for mode in operation.modes:
            for resource, amount in mode.uses.items():
                there = problem.resources[resource]
                if amount > there.capacity:
                    reasons.append(f"it needs {amount} of {there.name} and {there.capacity} is there")
                    break
        if len(reasons) == len(operation.modes):
            found[i] = Unplanned(i, reasons[0], "Raise the capacity, or split the operation")
    todo = list(found)
    for i in todo:
        for link in problem.links_after[i]:
            if link.after not in found:
                reason = f"it follows {problem.label(i)}, which cannot be planned"
                found[link.after] = Unplanned(link.after, reason, f"Plan {problem.label(i)} first")
                todo.append(link.after)
    return [found[i] for i in sorted(found)]


def unplanned(problem: Problem, schedule: Schedule) -> tuple[Unplanned, ...]:
    """Every operation that is not in a schedule, with its cause."""
    known = {one.operation: one for one in impossible(problem)}
    short = _short_materials(problem)
    found = []
    for i in range(len(problem.operations)):
        if schedule.mode[i] >= 0:
            continue
        if i in known:
            found.append(known[i])
            continue
        missing = [link.before for link in problem.links_before[i] if schedule.mode[link.before] < 0]
        wanted = {resource for mode in problem.operations[i].modes for resource in mode.uses}
        material = next((resource for resource in sorted(wanted) if resource in short), None)
        if missing:
            reason, remedy = f"it follows {problem.label(missing[0])}, which is not planned", "Plan that one first"
        elif material is not None:
            name = problem.resources[material].name
            reason, remedy = f"{short[material]} more of {name} is asked for than there is", f"Order more {name}"
        elif (furnace := _unfilled(problem, schedule, i)) is not None:
            reason = f"too few of its family are left to fill a batch on {furnace}"
            remedy = "Wait for more orders of the family, or allow smaller batches"
        elif problem.horizon is not None:
            reason = f"it found no place before the end of the plan at {problem.horizon}"
            remedy = "Plan farther ahead, add capacity, or rank the order higher by its weight"
        else:
            reason = "limits on waiting, a common machine or a frozen part leave no time for it"
            remedy = "Allow longer waits, or unfreeze what follows it"
        found.append(Unplanned(i, reason, remedy))
    return tuple(found)


def _unfilled(problem: Problem, schedule: Schedule, i: int) -> str | None:
    """Machine that asks for larger batches than the operations of the family that are left could fill; or None."""
    family = problem.operations[i].family
    if family is None:
        return None
    left = sum(one.size for k, one in enumerate(problem.operations) if one.family == family and schedule.mode[k] < 0)
    for mode in problem.operations[i].modes:
        batch = problem.machines[mode.machine].batch if mode.machine != NO_MACHINE else None
        if batch is not None and left < batch.least:
            return problem.machines[mode.machine].name
    return None


def _short_materials(problem: Problem) -> dict[int, int]:
    """By how much each consumable is short if every operation takes the mode that needs least of it."""
    short = {}
    for number, resource in enumerate(problem.resources):
        if not resource.renewable:
            needed = sum(min(mode.uses.get(number, 0) for mode in one.modes) for one in problem.operations)
            if needed > resource.capacity:
                short[number] = needed - resource.capacity
    return short
