"""`danao plan`: a plan for a file in a standard format or for the tables of a planner."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from danao.app.cli.console import AsJson, err, out, print_json, styled
from danao.app.cli.plan_plant import Execution, execute, is_plant, planned, print_execution
from danao.core import BadInput, CostBook
from danao.core.files import write_atomically
from danao.scheduling import (
    FORMATS,
    MAKESPAN,
    MONEY,
    NO_MACHINE,
    OBJECTIVES,
    Cause,
    Objective,
    Plan,
    Problem,
    Schedule,
    causes,
    money,
    read_problem,
    solve,
    validate,
)
from danao.scheduling.gantt import chart_of, gantt_page, plan_chart
from danao.scheduling.readers.schedules import read_schedule
from danao.scheduling.reasons import Late, late_jobs
from danao.scheduling.solve import Progress

_SHOWN = 10
_BETWEEN = 0.5
"""Seconds between two progress lines."""


def plan_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The problem.")],
    layout: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}, plant.")] = "csv",
    objective: Annotated[
        str, typer.Option(help=f"One of: {', '.join(OBJECTIVES)}, {MONEY} (with --prices; a plant has its own).")
    ] = MAKESPAN,
    time_limit: Annotated[float, typer.Option("--time-limit", help="Seconds.")] = 30.0,
    steps: Annotated[
        int | None, typer.Option(help="Moves instead of seconds: the same plan on every run for one seed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the random streams.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Processor cores to use.")] = 2,
    write: Annotated[Path | None, typer.Option(help="Write the schedule to this CSV file.")] = None,
    gantt: Annotated[
        Path | None, typer.Option(help="Write an interactive Gantt chart to this HTML file.", metavar="FILE")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(help="A plan written before with --write, to show above the new one.", metavar="FILE")
    ] = None,
    runs: Annotated[
        int | None, typer.Option("--execute", help="Of a plant file: carry the plan out in so many runs of the twin.")
    ] = None,
    quantile: Annotated[
        float | None, typer.Option(help="Of a plant file: quantile of the times to plan with (default: means).")
    ] = None,
    patience: Annotated[
        float | None, typer.Option(help="With --execute: hours late after which dispatching takes over.")
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            help="A cost book in CSV (item, amount, unit, currency): hours of production, tardiness and setup.",
            metavar="FILE",
        ),
    ] = None,
    currency: Annotated[str, typer.Option(help="Of the cost book, ISO 4217.")] = "EUR",
    explain: Annotated[
        float, typer.Option(min=0, help="Seconds to prove the minimal cause of late and unplanned orders; 0: none.")
    ] = 5.0,
    as_json: AsJson = False,
) -> None:
    """Plan when and where each operation runs, and tell how much better any plan could be."""
    if write is not None and write.is_dir():
        raise BadInput(f"--write {write}", "is a folder", "Expected a file", f"Name a file, as {write / 'plan.csv'}")
    if gantt is not None and gantt.is_dir():
        raise BadInput(f"--gantt {gantt}", "is a folder", "Expected a file", f"Name a file, as {gantt / 'plan.html'}")
    if before is not None and gantt is None:
        raise BadInput("--before", f"{before}, and no --gantt", "Expected --gantt FILE", "Name the chart to write")
    done: Execution | None = None
    limit = None if steps is not None else time_limit
    if is_plant(file, layout):
        if prices is not None:
            raise BadInput("--prices", f"{prices}, and {file} is a plant", "A plant has its own worth", "Drop --prices")
        with err.status(f"planning {file.name}"):
            made = planned(file, objective, limit, steps, seed, threads, quantile)
            done = None if runs is None else execute(made, runs, patience)
        problem, plan = made.bridge.problem, made.plan
        earlier = None if before is None else read_schedule(problem, before)
    else:
        if runs is not None or quantile is not None or patience is not None:
            raise BadInput(
                str(file), "is no plant file", "Only a plant takes --execute, --quantile and --patience", "Drop them"
            )
        problem = read_problem(file, layout)
        earlier = None if before is None else read_schedule(problem, before)
        aim = _aim(problem, objective, prices, currency)
        with _progress(objective) as progress:
            plan = solve(problem, aim, limit, seed=seed, step_limit=steps, threads=threads, progress=progress)
    late = late_jobs(problem, plan.schedule)
    why = causes(problem, plan.schedule, explain) if explain else []
    if write is not None:
        write_atomically(write, schedule_table(problem, plan))
    if gantt is not None:
        write_atomically(gantt, gantt_of(problem, plan, earlier))
    if as_json:
        print_json(_document(problem, plan, late, why) | ({} if done is None else {"execution": done.rows()}))
        return
    _print(problem, plan, late, why)
    if done is not None:
        print_execution(done)
    if write is not None:
        out.print(f"written: {write}")
    if gantt is not None:
        out.print(f"written: {gantt}")


def _aim(problem: Problem, objective: str, prices: Path | None, currency: str) -> str | Objective:
    """The objective, with the prices of a cost book if it is money."""
    if objective != MONEY:
        if prices is not None:
            raise BadInput("--prices", f"{prices}, and the objective is {objective}", f"Expected {MONEY}", "Choose it")
        return objective
    if prices is None:
        raise BadInput("--objective money", "no --prices", "Expected a cost book", "Name one with --prices FILE")
    return money(problem, CostBook.read(prices, currency))


def gantt_of(problem: Problem, plan: Plan, earlier: Schedule | None = None) -> str:
    """The page with the chart of a plan, below that of an earlier one if there is one."""
    charts = []
    if earlier is not None:
        broken = validate(problem, earlier)
        notes = [f"Broken rules: {len(broken)}, the first: {broken[0].message}."] if broken else []
        charts.append(chart_of(problem, earlier, "Before", objective=plan.objective, notes=notes))
    charts.append(plan_chart(problem, plan, "Plan" if earlier is None else "After"))
    coloured = "setup class" if any(machine.setup is not None for machine in problem.machines) else "order"
    return gantt_page(problem.name, charts, unit=problem.unit, colours=coloured, note=f"{plan.method}.")


def schedule_table(problem: Problem, plan: Plan) -> str:
    """The schedule as CSV: order, operation, machine, start, end; by machine and start."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["order", "operation", "machine", "start", "end"])
    rows = []
    for i, operation in enumerate(problem.operations):
        if plan.schedule.mode[i] >= 0:
            machine = plan.schedule.machine_of(problem, i)
            name = "" if machine == NO_MACHINE else problem.machines[machine].name
            start, end = int(plan.schedule.start[i]), int(plan.schedule.end[i])
            rows.append((machine, start, end, problem.jobs[operation.job].name, problem.label(i), name))
    for _, start, end, job, label, name in sorted(rows):
        writer.writerow([job, label, name, start, end])
    return text.getvalue()


@contextmanager
def _progress(objective: str) -> Iterator[Progress | None]:
    """One line that tells seconds, best value and steps on a terminal; silence in a pipe."""
    if not err.is_terminal:
        yield None
        return
    told = [0.0]
    with err.status(f"planning, {objective}") as line:

        def tell(seconds: float, value: float, steps: int) -> None:
            if time.monotonic() - told[0] > _BETWEEN and math.isfinite(value):
                told[0] = time.monotonic()
                line.update(f"planning, {objective}: {value:,.0f} after {seconds:.0f} s, {steps:,} steps")

        yield tell


def _print(problem: Problem, plan: Plan, late: list[Late], why: list[Cause]) -> None:
    unit = f" {problem.unit}" if problem.unit else ""
    out.print(
        styled("\n", (problem.name, "bold"), f", {len(problem.jobs)} orders, {len(problem.operations)} operations")
    )
    out.print(styled(f"{plan.objective} ", (f"{plan.value:,.0f}{unit}", "bold"), f", {_bound_words(plan)}"))
    out.print(f"{plan.method}; {plan.seconds:.1f} s, {plan.steps:,} steps")
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in plan.parts.items():
        table.add_row(name, f"{value:,.0f}")
    table.add_row("late orders", f"{len(late)}")
    out.print(table)
    for part, over in plan.excess.items():
        out.print(styled((part, "bold"), f" is {over:,.0f} above its limit: no plan within it was found."))
    for missing in plan.unplanned[:_SHOWN]:
        label = problem.label(missing.operation)
        out.print(styled((label, "bold"), f" is not planned: {missing.reason}. {missing.remedy}."))
    explained = {cause.job for cause in why}
    for cause in why[:_SHOWN]:
        out.print(styled((problem.jobs[cause.job].name, "bold"), f" {_cause_words(cause)}"))
    for one in [one for one in late if one.job not in explained][: max(0, _SHOWN - len(why))]:
        out.print(
            styled((problem.jobs[one.job].name, "bold"), f" is {one.tardiness} late: {one.reason}. {one.remedy}.")
        )
    hidden = max(0, len(plan.unplanned) - _SHOWN) + max(0, len(late) - _SHOWN)
    if hidden:
        out.print(f"... and {hidden} more (--json)")


def _cause_words(cause: Cause) -> str:
    late = "" if cause.tardiness is None else f"is {cause.tardiness} late and "
    sure = "" if cause.proven else " (not proven to be minimal)"
    return f"{late}{cause.reason}{sure}. What would fix it: {', or '.join(cause.remedies)}."


def _bound_words(plan: Plan) -> str:
    if plan.optimal:
        return "proven optimal"
    if plan.lower_bound is None or plan.gap is None:
        return "no bound known"
    return f"at most {100 * plan.gap:.1f} % above the best possible (bound {plan.lower_bound:,.0f})"


def _document(problem: Problem, plan: Plan, late: list[Late], why: list[Cause]) -> dict[str, Any]:
    schedule = plan.schedule
    rows = []
    for i, operation in enumerate(problem.operations):
        machine = schedule.machine_of(problem, i)
        rows.append(
            {
                "order": problem.jobs[operation.job].name,
                "operation": problem.label(i),
                "machine": None if machine == NO_MACHINE else problem.machines[machine].name,
                "start": int(schedule.start[i]) if schedule.mode[i] >= 0 else None,
                "end": int(schedule.end[i]) if schedule.mode[i] >= 0 else None,
            }
        )
    return {
        "problem": problem.name,
        "unit": problem.unit,
        "objective": plan.objective,
        "value": plan.value,
        "parts": dict(plan.parts),
        "lower_bound": plan.lower_bound,
        "gap": plan.gap,
        "optimal": plan.optimal,
        "method": plan.method,
        "steps": plan.steps,
        "seconds": plan.seconds,
        "trace": [list(point) for point in plan.trace],
        "unplanned": [
            {"operation": problem.label(one.operation), "reason": one.reason, "remedy": one.remedy}
            for one in plan.unplanned
        ],
        "excess": dict(plan.excess),
        "causes": [
            {
                "order": problem.jobs[one.job].name,
                "tardiness": one.tardiness,
                "reason": one.reason,
                "rules": [rule.kind for rule in one.rules],
                "conflicts": [problem.jobs[job].name for job in one.conflicts],
                "remedies": list(one.remedies),
                "proven": one.proven,
            }
            for one in why
        ],
        "late": [
            {
                "order": problem.jobs[one.job].name,
                "tardiness": one.tardiness,
                "reason": one.reason,
                "remedy": one.remedy,
                "conflicts": [problem.jobs[job].name for job in one.conflicts],
            }
            for one in late
        ],
        "schedule": rows,
    }
