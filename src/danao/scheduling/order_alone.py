"""One order against the rest of a plan that stays where it is: can it be finished by a time, with some rules left out?

Everything else of the plan becomes closed windows and frozen operations, so that the question is small, and CP-SAT
answers it with a schedule or a proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from danao.scheduling.cp import solve_exactly
from danao.scheduling.model import NO_MACHINE, Batch, Frozen, Job, Link, Machine, Mode, Operation, Problem
from danao.scheduling.problems import LARGEST
from danao.scheduling.schedule import MAKESPAN, Schedule

ORDER, RESOURCE, SETUP, TRANSPORT, WAITING = "order", "resource", "setup", "transport", "waiting"
CALENDAR, FROZEN, PRECEDENCE, RELEASE = "calendar", "frozen", "precedence", "release"
KINDS = (ORDER, FROZEN, RESOURCE, WAITING, SETUP, TRANSPORT, CALENDAR, PRECEDENCE, RELEASE)
"""Kinds of rules, in the order in which a cause does without them if it can."""


@dataclass(frozen=True, order=True)
class Rule:
    """A rule that may keep an order from being finished in time."""

    kind: str
    """One of `KINDS`."""
    number: int = 0
    """Of the order, resource, machine, or of the operation that comes before."""


class OrderAlone:
    """An order, the rest of its plan, and the questions about it."""

    def __init__(self, problem: Problem, schedule: Schedule, job: int, until: int, seconds: float) -> None:
        self.problem, self.schedule, self.job, self.until, self.seconds = problem, schedule, job, until, seconds
        self.own = [i for i, one in enumerate(problem.operations) if one.job == job]
        modes = [mode for i in self.own for mode in problem.operations[i].modes]
        self.machines = {mode.machine for mode in modes} - {NO_MACHINE}
        self.resources = {resource for mode in modes for resource, amount in mode.uses.items() if amount}
        self.others = [
            i
            for i, one in enumerate(problem.operations)
            if one.job != job and schedule.mode[i] >= 0 and self._in_the_way(i)
        ]

    def rules(self) -> list[Rule]:
        """Every rule that could matter to the order, by kind as in `KINDS`."""
        return sorted(set(self._rules()), key=lambda rule: (KINDS.index(rule.kind), rule.number))

    def possible(self, rules: frozenset[Rule]) -> bool | None:
        """Whether the order can be finished in time under these rules alone; None if that was not decided in time."""
        proof = solve_exactly(self._problem(rules), MAKESPAN, self.seconds, threads=1)
        if proof.infeasible:
            return False
        return True if proof.schedule is not None else None

    def _rules(self) -> Iterator[Rule]:
        problem = self.problem
        for i in self.others:
            yield Rule(ORDER, problem.operations[i].job)
        for number in self.resources:
            yield Rule(RESOURCE, number)
        for number in self.machines:
            machine = problem.machines[number]
            if machine.closed:
                yield Rule(CALENDAR, number)
            if machine.setup is not None or machine.first_setup is not None:
                yield Rule(SETUP, number)
        if problem.transport is not None:
            yield Rule(TRANSPORT)
        for i in self.own:
            if problem.earliest_start(i):
                yield Rule(RELEASE)
            for link in problem.links_before[i]:
                if link.most is not None or link.same_machine:
                    yield Rule(WAITING)
                if problem.operations[link.before].job != self.job:
                    yield Rule(PRECEDENCE, link.before)
        if any(one.operation in self.own for one in problem.frozen):
            yield Rule(FROZEN)

    def _in_the_way(self, i: int) -> bool:
        uses = self.problem.operations[i].modes[int(self.schedule.mode[i])].uses
        on_machine = self.schedule.machine_of(self.problem, i) in self.machines
        shared = self.resources & {resource for resource, amount in uses.items() if amount}
        consumes = any(not self.problem.resources[resource].renewable for resource in shared)
        return consumes or bool((on_machine or shared) and self.schedule.start[i] < self.until)

    def _problem(self, rules: frozenset[Rule]) -> Problem:
        """The order, what is in its way under these rules, and an end that it must reach."""
        problem = self.problem
        small = _Small(self, rules)
        for i in self.own:
            small.add_own(i)
        deadline = small.add_fixed(Operation(0, (Mode(NO_MACHINE, 0),)), self.until)
        small.links += [Link(k, deadline, moves=False) for k in range(len(self.own))]
        for i in self.others:
            if Rule(ORDER, problem.operations[i].job) in rules:
                small.add_other(i)
        for i in self.own:
            for link in problem.links_before[i]:
                small.add_link(link, deadline)
        return small.problem()


class _Small:
    """A small problem in the making."""

    def __init__(self, asked: OrderAlone, rules: frozenset[Rule]) -> None:
        self.asked, self.rules, self.whole = asked, rules, asked.problem
        self.place = {i: k for k, i in enumerate(asked.own)}
        self.operations: list[Operation] = []
        self.links: list[Link] = []
        self.frozen = [
            replace(one, operation=self.place[one.operation])
            for one in self.whole.frozen
            if one.operation in self.place and Rule(FROZEN) in rules
        ]
        self.used = [0] * len(self.whole.resources)
        self.closed = [
            list(machine.closed) if Rule(CALENDAR, number) in rules else []
            for number, machine in enumerate(self.whole.machines)
        ]

    def add_own(self, i: int) -> None:
        """An operation of the order, free to move."""
        one = self.whole.operations[i]
        earliest = self.whole.earliest_start(i) if Rule(RELEASE) in self.rules else 0
        self.operations.append(replace(one, job=0, earliest=earliest))

    def add_fixed(self, operation: Operation, start: int) -> int:
        """An operation that stays where it is; its number."""
        self.frozen.append(Frozen(len(self.operations), 0, start))
        self.operations.append(operation)
        return len(self.operations) - 1

    def add_other(self, i: int) -> None:
        """An operation of another order: a closed window where that says all, else a frozen operation."""
        one, schedule = self.whole.operations[i], self.asked.schedule
        mode, start, end = one.modes[int(schedule.mode[i])], int(schedule.start[i]), int(schedule.end[i])
        machine = mode.machine if mode.machine in self.asked.machines else NO_MACHINE
        held = {}
        for resource, amount in mode.uses.items():
            if resource in self.asked.resources and self.whole.resources[resource].renewable:
                held[resource] = amount
            elif resource in self.asked.resources:
                self.used[resource] += amount
        if machine != NO_MACHINE and not _needs_neighbours(self.whole.machines[machine]):
            if end > start:
                self.closed[machine].append((start, end))
            machine = NO_MACHINE
        if machine != NO_MACHINE or held:
            alone = Mode(machine, mode.duration, held)
            self.add_fixed(replace(one, job=0, modes=(alone,), earliest=0), start)

    def add_link(self, link: Link, deadline: int) -> None:
        """A link to an operation of the order, from the order itself or from another one that stays where it is."""
        loose = Rule(WAITING) not in self.rules
        after = self.place[link.after]
        if link.before in self.place:
            most, same = (None, False) if loose else (link.most, link.same_machine)
            self.links.append(replace(link, before=self.place[link.before], after=after, most=most, same_machine=same))
            return
        if Rule(PRECEDENCE, link.before) not in self.rules:
            return
        schedule = self.asked.schedule
        if schedule.mode[link.before] < 0:
            self.links.append(Link(deadline, after, least=1, moves=False))
            return
        machine = schedule.machine_of(self.whole, link.before)
        if machine != NO_MACHINE and _needs_neighbours(self.whole.machines[machine]):
            machine = NO_MACHINE
        end = int(schedule.end[link.before])
        before = self.add_fixed(Operation(0, (Mode(machine, 0),)), end)
        self.links.append(
            replace(link, before=before, after=after, most=None if loose else link.most, same_machine=False)
        )

    def problem(self) -> Problem:
        """The small problem."""
        whole, rules = self.whole, self.rules
        machines = []
        for number, machine in enumerate(whole.machines):
            setups = Rule(SETUP, number) in rules
            machines.append(
                Machine(
                    machine.name,
                    _merged(self.closed[number]),
                    machine.setup if setups else None,
                    machine.first_setup if setups else None,
                    None if machine.batch is None else Batch(machine.batch.most),
                )
            )
        resources = []
        for number, resource in enumerate(whole.resources):
            capacity = resource.capacity - (0 if resource.renewable else self.used[number])
            limited = Rule(RESOURCE, number) in rules
            resources.append(replace(resource, capacity=max(0, capacity) if limited else LARGEST))
        return Problem(
            whole.name,
            (Job(whole.jobs[self.asked.job].name),),
            tuple(self.operations),
            tuple(machines),
            tuple(self.links),
            tuple(resources),
            whole.transport if Rule(TRANSPORT) in rules else None,
            tuple(self.frozen),
        )


def _needs_neighbours(machine: Machine) -> bool:
    """Whether it matters what ran before and after."""
    return machine.setup is not None or machine.first_setup is not None or machine.batch is not None


def _merged(windows: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Windows in order, joined where they touch or overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
