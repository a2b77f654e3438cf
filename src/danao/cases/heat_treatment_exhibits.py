"""What the heat-treatment case shows beside its proof: bounds, before and after, the front, and what reality leaves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from danao.core import Exhibit
from danao.proof import prove
from danao.scheduling.no_wait import Bound, bound, evaluate, front
from danao.scheduling.no_wait.pictures import cost_tardiness, gantt
from danao.scheduling.no_wait.planning import EXECUTED, SEARCH, PeriodPlan

if TYPE_CHECKING:
    from danao.cases.heat_treatment import HeatTreatment

VARIATIONS = (0.05, 0.10, 0.20)
DRAWS = 200
"""Draws of process times per period."""


def all_exhibits(case: HeatTreatment) -> Sequence[Exhibit]:
    """Every exhibit of the case, in the order of the report."""
    shown = _most_telling(case.plans)
    bounds = _bounds(case)
    return (
        periods_table(case, bounds),
        before_and_after(case, shown),
        front_picture(case, shown, bounds),
        reality_table(case),
    )


def periods_table(case: HeatTreatment, bounds: Sequence[Bound | None]) -> Exhibit:
    """Each period: executed, ours, saved, and how much more is possible at all."""
    price = case.cost_book.prices["natural gas"].amount
    rows, executed_total, found_total, least_total = [], 0.0, 0.0, 0.0
    for plan, limit in zip(case.plans, bounds, strict=True):
        executed = evaluate(plan.line, plan.sequences[EXECUTED])
        found = evaluate(plan.line, plan.sequences[SEARCH])
        least = None if limit is None else limit.value / plan.line.gas_price * price
        executed_total += executed.gas * price
        found_total += found.gas * price
        least_total += found.gas * price if least is None else least
        rows.append(
            (
                plan.line.name,
                str(plan.line.jobs),
                f"{executed.gas * price:,.0f}",
                f"{found.gas * price:,.0f}",
                f"{1 - found.gas / executed.gas:.2%}",
                f"{executed.total_tardiness:,.0f}",
                f"{found.total_tardiness:,.0f}",
                "–" if least is None else f"{max(0.0, 1 - least / (found.gas * price)):.2%}",
            )
        )
    more = max(0.0, 1 - least_total / found_total)
    proven = any(limit is not None for limit in bounds)
    caption = f"Over all periods {1 - found_total / executed_total:.2%} of the energy cost is saved. " + (
        f"No order within the same tardiness, by any method, can save more than another {more:.2%} (proven bound)."
        if proven
        else "No bounds were asked for."
    )
    columns = ("period", "jobs", f"executed, {case.currency}", f"ours, {case.currency}", "saved")
    late = ("executed tardiness, h", "our tardiness, h", "at most so much more is possible")
    return Exhibit("Period by period", caption, columns=columns + late, rows=tuple(rows))


def before_and_after(case: HeatTreatment, plan: PeriodPlan) -> Exhibit:
    """Gantt chart of one period as executed and as proposed."""
    sequences = {"executed": plan.sequences[EXECUTED], "ours": plan.sequences[SEARCH]}
    return Exhibit(
        f"Before and after: {plan.line.name}",
        "Each bar is a job entering the line, coloured by recipe; hatched red: furnaces burn gas between two recipes; "
        "white: the line waits without burning gas; red line below a bar: the job is finished too late. Below: gas "
        "burnt on nothing so far.",
        svg=gantt(plan.line, sequences),
    )


def front_picture(case: HeatTreatment, plan: PeriodPlan, bounds: Sequence[Bound | None]) -> Exhibit:
    """Cost against tardiness: what other promises would cost."""
    limit = bounds[[other.line.name for other in case.plans].index(plan.line.name)]
    points = front(plan.line, time_limit=None, steps=case.settings.steps_per_job * plan.line.jobs)
    marks = {name: evaluate(plan.line, sequence) for name, sequence in plan.sequences.items() if name != SEARCH}
    return Exhibit(
        f"What punctuality costs: {plan.line.name}",
        "Every point of the line is an order; the proposal is the cheapest that is not later than the executed one. "
        "The bound holds for that tardiness.",
        svg=cost_tardiness(
            points.tardiness,
            points.cost,
            {name: (result.total_tardiness, result.cost) for name, result in marks.items()},
            case.currency,
            None if limit is None else limit.value,
        ),
    )


def reality_table(case: HeatTreatment) -> Exhibit:
    """The same sequences when process times are not as planned."""
    rows = []
    for variation in VARIATIONS:
        proof = prove(case.under_variation(variation), trials=DRAWS * len(case.lines), appraisal=False)
        late = proof.kpis["total tardiness"].difference
        rows.append(
            (
                f"{variation:.0%}",
                f"{proof.effect.mean:,.0f}",
                f"{proof.effect.lower:,.0f} to {proof.effect.upper:,.0f}",
                f"{(proof.differences > 0).mean():.1%}",
                f"{late.mean:+,.1f}",
                f"{late.lower:+,.1f} to {late.upper:+,.1f}",
                proof.verdict,
            )
        )
    return Exhibit(
        "What survives reality",
        "Neither sequence changes, but every job's process times vary (log-normal, mean as planned, independent "
        f"between jobs, the same draw for both sequences; {DRAWS} draws a period). The interval is over periods, the "
        "unit of independence. The verdict asks for a gain and for total tardiness that is shown not to be worse on "
        "average.",
        columns=(
            "variation of process times",
            f"saved, {case.currency} a period",
            "95 % interval",
            "trials with a gain",
            "change of tardiness, h",
            "95 % interval of it",
            "verdict",
        ),
        rows=tuple(rows),
    )


def _bounds(case: HeatTreatment) -> list[Bound | None]:
    seconds = case.settings.bound_seconds
    if seconds == 0:
        return [None] * len(case.plans)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(
            pool.map(
                lambda plan: bound(plan.line, time_limit=seconds, incumbent=plan.sequences[SEARCH]),
                case.plans,
            )
        )


def _most_telling(plans: Sequence[PeriodPlan]) -> PeriodPlan:
    """The period with the median saving: neither the best nor the worst."""
    savings = [
        evaluate(plan.line, plan.sequences[EXECUTED]).cost - evaluate(plan.line, plan.sequences[SEARCH]).cost
        for plan in plans
    ]
    return plans[sorted(range(len(plans)), key=savings.__getitem__)[len(plans) // 2]]
