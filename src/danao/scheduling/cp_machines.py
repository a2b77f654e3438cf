"""What a machine works on, for CP-SAT: operations or batches, in a circuit of neighbours with setups between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from danao.scheduling.model import Machine, Problem


class Run(NamedTuple):
    """Something that a machine may work on."""

    operation: int
    """Number of the operation; of the first of its family for a batch."""
    setup_class: int
    present: Any
    """Literal: the machine works on it."""
    start: Any
    end: Any
    interval: Any


@dataclass
class Circuit:
    """Neighbours on one machine."""

    first: list[Any] = field(default_factory=list)
    """By run: literal that it is the first."""
    last: list[Any] = field(default_factory=list)
    """By run: literal that it is the last."""
    follows: list[tuple[int, int, int, Any]] = field(default_factory=list)
    """(run, next run, setup, literal) of each possible pair of neighbours."""
    first_setups: list[int] = field(default_factory=list)
    """By run: setup if it is the first."""
    setup_terms: list[Any] = field(default_factory=list)
    """Setup times that are spent."""


def circuit(model: Any, machine: Machine, runs: list[Run]) -> Circuit:
    """Each run that is present has one neighbour before and behind, and the setup between them is kept."""
    around = Circuit()
    arcs: list[Any] = [(0, 0, model.new_bool_var(""))]
    for a, run in enumerate(runs, start=1):
        first, last = model.new_bool_var(""), model.new_bool_var("")
        around.first.append(first)
        around.last.append(last)
        arcs += [(0, a, first), (a, 0, last), (a, a, run.present.negated())]
        setup = 0 if machine.first_setup is None else int(machine.first_setup[run.setup_class])
        around.first_setups.append(setup)
        if setup:
            model.add(run.start >= setup).only_enforce_if(first)
            around.setup_terms.append(setup * first)
        for b, other in enumerate(runs, start=1):
            if a == b:
                continue
            follows = model.new_bool_var("")
            arcs.append((a, b, follows))
            setup = 0 if machine.setup is None else int(machine.setup[run.setup_class, other.setup_class])
            model.add(other.start >= run.end + setup).only_enforce_if(follows)
            around.follows.append((a - 1, b - 1, setup, follows))
            if setup:
                around.setup_terms.append(setup * follows)
    model.add_circuit(arcs)
    return around


def batches(model: Any, problem: Problem, number: int, runs: list[Run], horizon: int) -> list[Run]:
    """Batches of a machine: for each family as many as there are operations; those used come first, by start."""
    limits = problem.machines[number].batch
    assert limits is not None
    families: dict[int, list[Run]] = {}
    for run in runs:
        family = problem.operations[run.operation].family
        if family is not None:
            families.setdefault(family, []).append(run)
    found = []
    for members in families.values():
        own: list[Run] = []
        inside: list[list[Any]] = [[] for _ in members]
        duration = next(
            mode.duration for mode in problem.operations[members[0].operation].modes if mode.machine == number
        )
        for _ in members:
            start, present = model.new_int_var(0, horizon, ""), model.new_bool_var("")
            interval = model.new_optional_fixed_size_interval_var(start, duration, present, "")
            batch = Run(members[0].operation, members[0].setup_class, present, start, start + duration, interval)
            taken = []
            for place, member in enumerate(members):
                joins = model.new_bool_var("")
                model.add_implication(joins, present)
                model.add(member.start == start).only_enforce_if(joins)
                inside[place].append(joins)
                taken.append(problem.operations[member.operation].size * joins)
            model.add(sum(taken) <= limits.most)
            model.add(sum(taken) >= limits.least).only_enforce_if(present)
            model.add(sum(taken) == 0).only_enforce_if(present.negated())
            if own:
                model.add_implication(present, own[-1].present)
                model.add(start >= own[-1].end).only_enforce_if(present)
            own.append(batch)
        for member, joins in zip(members, inside, strict=True):
            model.add(sum(joins) == member.present)
        found += own
    return found
