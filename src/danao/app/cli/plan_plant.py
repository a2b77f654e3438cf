"""`danao plan PLANT.yaml`: a plan for the orders of a plant, and what becomes of it in the twin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from danao.app.cli.console import out
from danao.core import BadInput
from danao.planning import PlantPlan, plan_plant
from danao.plant import Plant, read_plant
from danao.twin import Twin
from danao.twin.runs import Runs

_SPARE = 4.0
"""The runs are this many times as long as the plan."""


@dataclass(frozen=True)
class Execution:
    """What the plan and the plant's own rules come to when times vary."""

    runs: int
    planned_hours_late: float
    plan: Runs
    rules: Runs

    def rows(self) -> dict[str, tuple[float, float]]:
        """Means of the figures: under the plan, under the rules of the plant."""
        both = (self.plan, self.rules)
        late, finished, process = (
            [float(one.lateness_hours.sum(axis=1).mean()) for one in both],
            [float(one.finished.sum(axis=1).mean()) for one in both],
            [float(one.wip_hours.mean()) for one in both],
        )
        return {
            "hours late": (late[0], late[1]),
            "orders finished": (finished[0], finished[1]),
            "hours in process": (process[0], process[1]),
        }


def is_plant(file: Path, layout: str) -> bool:
    """Whether a file is to be read as a plant."""
    return layout == "plant" or (layout == "csv" and file.suffix in (".yaml", ".yml"))


def planned(
    file: Path,
    objective: str,
    time_limit: float | None,
    steps: int | None,
    seed: int,
    threads: int,
    quantile: float | None,
) -> PlantPlan:
    """The plan for the orders of a plant file."""
    return plan_plant(
        read_plant(file), objective, time_limit, at=quantile, seed=seed, step_limit=steps, threads=threads
    )


def execute(plan: PlantPlan, runs: int, patience: float | None) -> Execution:
    """Carry the plan out in the twin, beside the plant's own rules.

    Raises:
        BadInput: Fewer than one run, or a patience below 0.
    """
    if runs < 1:
        raise BadInput("--execute", f"{runs} runs", "Expected 1 or more", "For example: --execute 100")
    plant: Plant = plan.bridge.plant
    hours = max(24.0, _SPARE * plan.plan.parts["makespan"] * plan.bridge.hours)
    followed = plan.twin(patience=math.inf if patience is None else patience)
    late = plan.plan.parts["weighted tardiness"] * plan.bridge.hours
    return Execution(runs, late, followed.run(range(runs), hours), Twin(plant).run(range(runs), hours))


def print_execution(done: Execution) -> None:
    """The figures side by side."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(f"in the twin, mean of {done.runs} runs")
    table.add_column("this plan", justify="right")
    table.add_column("the plant's rules", justify="right")
    for name, (ours, theirs) in done.rows().items():
        table.add_row(name, f"{ours:,.1f}", f"{theirs:,.1f}")
    out.print(table)
    out.print(f"planned: {done.planned_hours_late:,.1f} h late. The money it is worth: danao prove planned-shop")
