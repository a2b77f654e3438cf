"""What the heat-treatment case shows beside its proof: bounds, before and after, the front, and what reality leaves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from danao.core import Exhibit
from danao.core.threads import SideBySide
from danao.proof import prove
from danao.proof.report.figures import number, percent
from danao.scheduling.gantt import gantt_page
from danao.scheduling.no_wait import Bound, bound, evaluate, front
from danao.scheduling.no_wait.gantt_chart import gantt_chart
from danao.scheduling.no_wait.pictures import cost_tardiness, gantt
from danao.scheduling.no_wait.planning import EXECUTED, SEARCH, PeriodPlan

if TYPE_CHECKING:
    from danao.cases.heat_treatment import HeatTreatment

VARIATIONS = (0.05, 0.10, 0.20)
DRAWS = 200
"""Draws of process times per period."""
CLOSED = 0.00005
"""Share of the cost below which nothing more to save counts as nothing at all."""
DEPENDS = "How close a bound gets depends on the time limit and on the speed of the machine."


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
                number(executed.gas * price, 0),
                number(found.gas * price, 0),
                percent(1 - found.gas / executed.gas, 2),
                number(executed.total_tardiness, 0),
                number(found.total_tardiness, 0),
                str(int((executed.tardiness_hours > 0).sum())),
                str(int((found.tardiness_hours > 0).sum())),
                "–" if least is None else percent(round(max(0.0, 1 - least / (found.gas * price)), 4), 2),
            )
        )
    more = max(0.0, 1 - least_total / found_total)
    columns = ("period", "jobs", f"{case.before}, {case.currency}", f"ours, {case.currency}", "saved")
    late = (f"{case.before} tardiness, h", "our tardiness, h", f"late jobs, {case.before}", "late jobs, ours")
    return Exhibit(
        "Period by period",
        f"Over all periods {percent(1 - found_total / executed_total, 2)} of the energy cost is saved. "
        f"{_limits(bounds, more)} The promise is on the total tardiness of a period; the number of late jobs may rise "
        "where the lateness of others falls.",
        columns=(*columns, *late, "at most so much more is possible"),
        rows=tuple(rows),
    )


def _limits(bounds: Sequence[Bound | None], more: float) -> str:
    """How much more could be saved, in a sentence."""
    if all(limit is None for limit in bounds):
        return "No bounds were asked for."
    if more < CLOSED:
        return "Proven optimal: no order within the same tardiness saves more."
    return (
        f"No order within the same tardiness, by any method, can save more than another {percent(more, 2)} (proven "
        f"bound). {DEPENDS}"
    )


def before_and_after(case: HeatTreatment, plan: PeriodPlan) -> Exhibit:
    """Gantt chart of one period as executed and as proposed."""
    sequences = {case.before: plan.sequences[EXECUTED], "ours": plan.sequences[SEARCH]}
    return Exhibit(
        f"Before and after: {plan.line.name}",
        "Shown is the period with the median saving. Each bar is a job entering the line, coloured by recipe; hatched "
        "red: furnaces burn gas between two recipes; white: the line waits without burning gas; red line below a bar: "
        "the job is finished too late. Below: gas burnt on nothing so far.",
        svg=gantt(plan.line, sequences),
        page=gantt_page(
            f"Before and after: {plan.line.name}",
            [gantt_chart(plan.line, sequence, name) for name, sequence in sequences.items()],
            unit="h",
            colours="recipe",
        ),
    )


def front_picture(case: HeatTreatment, plan: PeriodPlan, bounds: Sequence[Bound | None]) -> Exhibit:
    """Cost against tardiness: what other promises would cost."""
    limit = bounds[[other.line.name for other in case.plans].index(plan.line.name)]
    points = front(plan.line, time_limit=None, steps=case.settings.steps_per_job * plan.line.jobs)
    marks = {
        case.before if name == EXECUTED else name: evaluate(plan.line, sequence)
        for name, sequence in plan.sequences.items()
        if name != SEARCH
    }
    # The engine counts at the line's own gas price, the proof at that of the case.
    scale = case.cost_book.prices["natural gas"].amount / plan.line.gas_price
    told = ""
    if limit is not None:
        told = f" The bound holds up to the tardiness of the {case.before} order, and is drawn so far."
        told += "" if limit.proven_optimal else f" {DEPENDS}"
    return Exhibit(
        f"What punctuality costs: {plan.line.name}",
        "Shown is the period with the median saving. Every point of the line is the best order that the search found "
        f"for that tardiness; the proposal is the cheapest that is not later than the {case.before} order.{told}",
        svg=cost_tardiness(
            points.tardiness,
            points.cost * scale,
            {name: (result.total_tardiness, result.cost * scale) for name, result in marks.items()},
            case.currency,
            None if limit is None else limit.value * scale,
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
                percent(variation, 0),
                number(proof.effect.mean, 0),
                f"{number(proof.effect.lower, 0)} to {number(proof.effect.upper, 0)}",
                percent(float((proof.differences > 0).mean()), 1),
                number(late.mean, 1, signed=True),
                f"{number(late.lower, 1, signed=True)} to {number(late.upper, 1, signed=True)}",
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
            f"{percent(0.95)} interval",
            "trials with a gain",
            "change of tardiness, h",
            f"{percent(0.95)} interval of it",
            "verdict",
        ),
        rows=tuple(rows),
    )


def _bounds(case: HeatTreatment) -> list[Bound | None]:
    seconds = case.settings.bound_seconds
    if seconds == 0:
        return [None] * len(case.plans)
    with SideBySide(os.cpu_count() or 1) as pool:
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
