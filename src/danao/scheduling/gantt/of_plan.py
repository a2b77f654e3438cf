"""The chart of a schedule: machines as rows, setups apart from work, power, and the critical path."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise

from danao.scheduling.energy import Energy
from danao.scheduling.gantt.chart import Band, Bar, Chart, Closed
from danao.scheduling.gantt.critical import Hold, critical_path, holds
from danao.scheduling.gantt.power import power_steps
from danao.scheduling.model import NO_MACHINE, Problem
from danao.scheduling.schedule import TARDINESS, Plan, Schedule, parts_of, setup_before

Prices = Sequence[tuple[float, float, float]]
"""(start, end, price) windows in the plan's time units, ascending."""


def plan_chart(problem: Problem, plan: Plan, name: str = "plan", *, prices: Prices = (), price_unit: str = "") -> Chart:
    """The chart of a plan, with its bound and what it leaves out; see `chart_of`."""
    bound = "none known" if plan.lower_bound is None else _amount(plan.lower_bound)
    return chart_of(
        problem,
        plan.schedule,
        name,
        objective=plan.objective,
        prices=prices,
        price_unit=price_unit,
        figures=(("proven bound", "met: no plan is better" if plan.optimal else bound),),
        notes=[f"Not planned: {problem.label(one.operation)}, {one.reason}." for one in plan.unplanned],
    )


def chart_of(
    problem: Problem,
    schedule: Schedule,
    name: str,
    *,
    objective: str = "",
    prices: Prices = (),
    price_unit: str = "",
    figures: Sequence[tuple[str, str]] = (),
    notes: Iterable[str] = (),
) -> Chart:
    """The chart of a schedule.

    Args:
        problem: What was planned.
        schedule: Keeps every rule of the problem.
        name: Of the plan.
        objective: With `weighted tardiness` the critical path is that of the order whose tardiness costs most, if one
            is late; otherwise that of the operation that ends last.
        prices: Of electricity, drawn behind the power; empty: those of the problem.
        price_unit: Of the prices.
        figures: Told after the values of the objectives.
        notes: Sentences below the chart.
    """
    if not prices and problem.energy is not None:
        prices, price_unit = _tariff(problem.energy, schedule), f"{problem.energy.currency} per kWh".strip()
    held = holds(problem, schedule)
    path = critical_path(problem, schedule, _ends(problem, schedule, objective), held)
    rows, row_of, machine_of = _rows(problem, schedule)
    late, colours = _late(problem, schedule), _colours(problem)
    bars: list[Bar] = []
    number_of: dict[int, int] = {}
    for i in sorted(row_of, key=lambda i: (row_of[i], int(schedule.start[i]), int(schedule.end[i]), i)):
        number_of[i] = len(bars)
        bars.append(_bar(problem, schedule, i, row_of[i], colours[i], i in path.operations, late, held[i]))
    bars += _setups(problem, schedule, path.arcs, row_of)
    told = [(part, _amount(value)) for part, value in parts_of(problem, schedule).items()]
    if path.loose:
        loose = ", ".join(problem.label(i) for i in path.loose[:3])
        notes = [*notes, f"The critical path ends at {loose}, which nothing keeps from starting earlier."]
    return Chart(
        name,
        rows,
        tuple(bars),
        (*told, ("late orders", str(len(late))), *figures),
        tuple(
            Closed(row, a, b)
            for row, machine in enumerate(machine_of)
            for a, b in problem.machines[machine].closed
            if a < b
        ),
        tuple((number_of[a], number_of[b]) for a, b in path.arcs),
        _band(problem, schedule, prices, price_unit),
        tuple(notes),
    )


def _ends(problem: Problem, schedule: Schedule, objective: str) -> list[int] | None:
    """Operations whose end decides the objective; None: those that end last."""
    if objective != TARDINESS:
        return None
    worst: tuple[float, int] | None = None
    for job, lasts in zip(problem.jobs, problem.last_operations, strict=True):
        planned = [i for i in lasts if schedule.mode[i] >= 0]
        if job.due is not None and planned:
            last = max(planned, key=lambda i: (int(schedule.end[i]), -i))
            cost = job.weight * (int(schedule.end[last]) - job.due)
            if cost > 0 and (worst is None or cost > worst[0]):
                worst = cost, last
    return None if worst is None else [worst[1]]


def _rows(problem: Problem, schedule: Schedule) -> tuple[tuple[str, ...], dict[int, int], list[int]]:
    """Names of the rows, the row of each planned operation, and the machine of each row that has one.

    A machine has as many rows as its largest batch has operations, so that none hides another; an operation that needs
    no machine has a row where nothing else runs.
    """
    names: list[str] = []
    machine_of: list[int] = []
    row_of: dict[int, int] = {}
    for number, (machine, batches) in enumerate(zip(problem.machines, schedule.batches(problem), strict=True)):
        for batch in batches:
            row_of |= {i: len(names) + place for place, i in enumerate(batch)}
        width = max((len(batch) for batch in batches), default=1)
        names += [machine.name, *(f"{machine.name}, {place}" for place in range(2, width + 1))]
        machine_of += [number] * width
    without = [
        i
        for i in range(len(problem.operations))
        if schedule.mode[i] >= 0 and schedule.machine_of(problem, i) == NO_MACHINE
    ]
    free: list[int] = []
    running: list[tuple[int, int]] = []
    for i in sorted(without, key=lambda i: (int(schedule.start[i]), int(schedule.end[i]), i)):
        while running and running[0][0] <= schedule.start[i]:
            heapq.heappush(free, heapq.heappop(running)[1])
        if not free:
            names.append(f"at once, {len(names) - len(machine_of) + 1}")
            heapq.heappush(free, len(names) - 1)
        row_of[i] = heapq.heappop(free)
        heapq.heappush(running, (int(schedule.end[i]), row_of[i]))
    return tuple(names), row_of, machine_of


def _late(problem: Problem, schedule: Schedule) -> dict[int, int]:
    """Time units by which each late order is late."""
    late = {}
    for number, (job, lasts) in enumerate(zip(problem.jobs, problem.last_operations, strict=True)):
        ends = [int(schedule.end[i]) for i in lasts if schedule.mode[i] >= 0]
        if job.due is not None and ends and max(ends) > job.due:
            late[number] = max(ends) - job.due
    return late


def _colours(problem: Problem) -> list[int]:
    """By setup class where machines are set up, so that a setup stands where the colour changes; else by order."""
    if any(machine.setup is not None for machine in problem.machines):
        return [operation.setup_class for operation in problem.operations]
    return [operation.job for operation in problem.operations]


def _bar(
    problem: Problem,
    schedule: Schedule,
    i: int,
    row: int,
    colour: int,
    critical: bool,
    late: dict[int, int],
    held: tuple[Hold, ...],
) -> Bar:
    operation = problem.operations[i]
    job, mode = problem.jobs[operation.job], operation.modes[int(schedule.mode[i])]
    facts = []
    if job.due is not None:
        facts.append(("due", f"{job.due}, {late[operation.job]} late" if operation.job in late else str(job.due)))
    if len(operation.modes) > 1:
        facts.append(("alternatives", str(len(operation.modes))))
    facts += [(problem.resources[number].name, str(amount)) for number, amount in mode.uses.items() if amount]
    if mode.power:
        facts.append(("power", f"{mode.power:g} kW"))
    why = "; ".join(dict.fromkeys(hold.words for hold in held)) or "nothing: it could start earlier"
    return Bar(
        row,
        int(schedule.start[i]),
        int(schedule.end[i]),
        problem.label(i),
        job.name,
        colour=colour,
        critical=critical,
        late=operation.job in late,
        why=why,
        facts=tuple(facts),
    )


def _setups(
    problem: Problem, schedule: Schedule, arcs: tuple[tuple[int, int], ...], row_of: dict[int, int]
) -> list[Bar]:
    """A bar for each setup, right before the operation or the batch that it is for."""
    found, tight = [], set(arcs)
    for number, batches in enumerate(schedule.batches(problem)):
        for before, after in pairwise(([], *batches)):
            first = after[0]
            length = setup_before(problem, number, before[0] if before else -1, first)
            if length > 0:
                start, job = int(schedule.start[first]), problem.jobs[problem.operations[first].job].name
                name = f"setup for {problem.label(first)}"
                critical = any((a, b) in tight for a in before for b in after)
                found.append(Bar(row_of[first], start - length, start, name, job, kind="setup", critical=critical))
    return found


def _tariff(energy: Energy, schedule: Schedule) -> list[tuple[float, float, float]]:
    """Windows of the tariff until the plan ends."""
    end = int(schedule.end[schedule.planned].max(initial=0))
    until = (*energy.begins[1:], end)
    return [
        (float(a), float(min(b, end)), price)
        for a, b, price in zip(energy.begins, until, energy.prices, strict=True)
        if a < end
    ]


def _band(problem: Problem, schedule: Schedule, prices: Prices, price_unit: str) -> Band | None:
    """Power of operations, setups and waiting machines; None where nothing is known of power and prices."""
    steps = power_steps(problem, schedule)
    return Band(steps, "kW", tuple(prices), price_unit) if steps or prices else None


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.6g}"
