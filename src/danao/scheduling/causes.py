"""The minimal cause of every order that is late or left out, proven: a set of rules of which none can be spared.

The rest of the plan stays where it is. Rules are left out one after the other as long as the order still cannot be
finished in time; what remains is the cause, and without any one of its rules the order would be in time: each is a
remedy. Source: deletion filter for irreducible infeasible sets, Chinneck & Dravnieks, ORSA J. on Computing 3 (1991).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from danao.scheduling.cp import horizon
from danao.scheduling.model import Problem
from danao.scheduling.order_alone import (
    CALENDAR,
    FROZEN,
    ORDER,
    PRECEDENCE,
    RELEASE,
    RESOURCE,
    SETUP,
    TRANSPORT,
    WAITING,
    OrderAlone,
    Rule,
)
from danao.scheduling.reasons import earliest_end
from danao.scheduling.schedule import Schedule

_SECONDS = 2.0
"""Longest time for one question."""


@dataclass(frozen=True)
class Cause:
    """Why one order is late or not planned."""

    job: int
    tardiness: int | None
    """Time units; None where it is not planned."""
    rules: tuple[Rule, ...]
    """With all of them the order cannot be in time; without any one of them it can. Empty: see `reason`."""
    proven: bool
    """Whether both were proven within the time."""
    reason: str
    remedies: tuple[str, ...]
    """What would fix it, each alone."""

    @property
    def conflicts(self) -> tuple[int, ...]:
        """Orders among the rules, by number."""
        return tuple(rule.number for rule in self.rules if rule.kind == ORDER)


def causes(problem: Problem, schedule: Schedule, time_limit: float = 10.0) -> list[Cause]:
    """The cause of every order that is late or not planned as a whole, the latest first, as far as the time reaches.

    Args:
        problem: What had to be planned.
        schedule: A valid schedule.
        time_limit: Seconds for all orders together; what comes later is not in the list.
    """
    deadline = time.perf_counter() + time_limit
    found = []
    for job, tardiness in _troubled(problem, schedule):
        if time.perf_counter() >= deadline:
            break
        found.append(cause_of(problem, schedule, job, tardiness, deadline))
    return found


def cause_of(problem: Problem, schedule: Schedule, job: int, tardiness: int | None, deadline: float) -> Cause:
    """The cause of one order.

    Args:
        problem: What had to be planned.
        schedule: A valid schedule.
        job: Number of an order that is late or not planned.
        tardiness: How late it is; None if it is not planned.
        deadline: Clock time after which the set is returned as it is, not proven minimal.
    """
    due = problem.jobs[job].due
    until = due if tardiness is not None and due is not None else _end(problem)
    asked = OrderAlone(problem, schedule, job, until, _SECONDS)
    rules = asked.rules()
    answer = asked.possible(frozenset(rules))
    if answer is not False:
        return _overlooked(job, tardiness, until, answer is True)
    proven, kept = True, frozenset(rules)
    for group in _groups(rules):
        kept, decided = _thinned(asked, kept, group, deadline)
        proven = proven and decided
    ordered = tuple(rule for rule in reversed(rules) if rule in kept)
    words = _Words(problem, schedule, job, until)
    if not ordered:
        return _too_long(problem, schedule, job, tardiness, until, proven)
    what = "cannot be planned" if tardiness is None else f"cannot be finished by {until}"
    reason = f"{what} because " + "; and ".join(words.reason(rule) for rule in ordered)
    return Cause(job, tardiness, ordered, proven, reason, tuple(words.remedy(rule) for rule in ordered))


def _troubled(problem: Problem, schedule: Schedule) -> list[tuple[int, int | None]]:
    """Orders that are not planned as a whole, then late ones, the latest first."""
    missing = {one.job for i, one in enumerate(problem.operations) if schedule.mode[i] < 0}
    late = []
    for number, (job, lasts) in enumerate(zip(problem.jobs, problem.last_operations, strict=True)):
        if job.due is not None and number not in missing and lasts:
            tardiness = max(int(schedule.end[i]) for i in lasts) - job.due
            if tardiness > 0:
                late.append((number, tardiness))
    return [*((job, None) for job in sorted(missing)), *sorted(late, key=lambda one: -one[1])]


def _end(problem: Problem) -> int:
    """A time by which everything could be done, or the end of the plan."""
    return horizon(problem)


def _groups(rules: list[Rule]) -> list[list[Rule]]:
    """Rules of one kind that are left out together if possible, in the order of kinds."""
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        groups.setdefault(rule.kind, []).append(rule)
    return list(groups.values())


def _thinned(
    asked: OrderAlone, kept: frozenset[Rule], group: list[Rule], deadline: float
) -> tuple[frozenset[Rule], bool]:
    """A smaller set that still keeps the order from being in time; whether each of the group was decided.

    A group that can be spared as a whole costs one question; else its halves are tried.
    """
    if time.perf_counter() >= deadline:
        return kept, False
    answer = asked.possible(kept - frozenset(group))
    if answer is False:
        return kept - frozenset(group), True
    if len(group) == 1:
        return kept, answer is True
    half = len(group) // 2
    kept, first = _thinned(asked, kept, group[:half], deadline)
    kept, second = _thinned(asked, kept, group[half:], deadline)
    return kept, first and second


def _overlooked(job: int, tardiness: int | None, until: int, certain: bool) -> Cause:
    """The order would fit between the others as they are, or that could not be excluded."""
    what = "be planned" if tardiness is None else f"be finished by {until}"
    return Cause(
        job,
        tardiness,
        (),
        certain,
        f"{'could' if certain else 'may be able to'} {what} without moving any other order: it is put off for the "
        "objective, or the search has not found it",
        ("let tardiness count in the objective", "plan again with more time"),
    )


def _too_long(problem: Problem, schedule: Schedule, job: int, tardiness: int | None, until: int, proven: bool) -> Cause:
    """No rule can help: the route by itself is too long."""
    length = max(earliest_end(problem, i) for i in problem.last_operations[job])
    return Cause(
        job,
        tardiness,
        (),
        proven,
        f"its route alone takes until {length}, after {until}, whatever the other orders and rules",
        (f"move the due date by {length - until} or more, or make its operations shorter",),
    )


class _Words:
    """Rules in a planner's words."""

    def __init__(self, problem: Problem, schedule: Schedule, job: int, until: int) -> None:
        self.problem, self.schedule, self.job, self.until = problem, schedule, job, until

    def reason(self, rule: Rule) -> str:
        """What the rule does to the order."""
        return self._told(rule)[0]

    def remedy(self, rule: Rule) -> str:
        """What would make up for it."""
        return self._told(rule)[1]

    def _told(self, rule: Rule) -> tuple[str, str]:
        tell: dict[str, Callable[[int], tuple[str, str]]] = {
            ORDER: self._order,
            RESOURCE: self._resource,
            SETUP: self._setup,
            CALENDAR: self._calendar,
            PRECEDENCE: self._precedence,
        }
        if rule.kind in tell:
            return tell[rule.kind](rule.number)
        plain = {
            TRANSPORT: ("moving parts between machines takes time", "bring machines closer, or move parts faster"),
            WAITING: ("its operations may not wait for each other any longer", "allow longer waits"),
            FROZEN: ("a part of it is frozen", "unfreeze it"),
            RELEASE: (f"it is released at {self._release()}", "release it earlier"),
        }
        return plain[rule.kind]

    def _order(self, other: int) -> tuple[str, str]:
        name = self.problem.jobs[other].name
        own = {mode.machine for one in self.problem.operations if one.job == self.job for mode in one.modes}
        times = [
            (int(self.schedule.start[i]), int(self.schedule.end[i]), self.schedule.machine_of(self.problem, i))
            for i, one in enumerate(self.problem.operations)
            if one.job == other
            and self.schedule.mode[i] >= 0
            and self.schedule.machine_of(self.problem, i) in own - {-1}
        ]
        where = ""
        if times:
            start, end, machine = min(times)
            where = f" has {self.problem.machines[machine].name} from {start} to {end}"
        return f"order {name}{where or ' uses what it needs'}", f"put order {name} behind it"

    def _resource(self, number: int) -> tuple[str, str]:
        resource = self.problem.resources[number]
        own = [one for one in self.problem.operations if one.job == self.job]
        needs = [min(mode.uses.get(number, 0) for mode in one.modes) for one in own]
        if resource.renewable:
            return (
                f"it needs {max(needs)} of {resource.name} and {resource.capacity} is there",
                f"have more {resource.name}",
            )
        return (
            f"it consumes {sum(needs)} of {resource.name}, of which there is {resource.capacity} for all orders",
            f"order more {resource.name}",
        )

    def _setup(self, number: int) -> tuple[str, str]:
        name = self.problem.machines[number].name
        return f"{name} has to be set up for it", f"shorten the setups of {name}"

    def _calendar(self, number: int) -> tuple[str, str]:
        machine = self.problem.machines[number]
        shut = [window for window in machine.closed if window[0] < self.until][:3]
        told = ", ".join(f"{start} to {end}" for start, end in shut)
        return f"{machine.name} is closed ({told})", f"open {machine.name} longer"

    def _precedence(self, before: int) -> tuple[str, str]:
        label = self.problem.label(before)
        if self.schedule.mode[before] < 0:
            return f"it follows {label}, which is not planned", f"plan {label}"
        return f"it follows {label}, which ends at {self.schedule.end[before]}", f"finish {label} earlier"

    def _release(self) -> int:
        own = [i for i, one in enumerate(self.problem.operations) if one.job == self.job]
        return max(self.problem.earliest_start(i) for i in own)
