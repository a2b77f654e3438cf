"""The pictures of the README and the docs, made by the program itself from the example line.

python docs/make_pictures.py
"""

from collections.abc import Mapping
from pathlib import Path

from danao.cases.heat_treatment import HeatTreatment, HeatTreatmentParameters
from danao.scheduling import NoWaitLine, evaluate
from danao.scheduling.no_wait.model import Integers
from danao.scheduling.no_wait.pictures import gantt

HERE = Path(__file__).parent / "pictures"


def main() -> None:
    """Write before-after.svg of the period with the median saving, and print what it shows."""
    case = HeatTreatment(HeatTreatmentParameters(source="example"))
    plan = sorted(case.plans, key=lambda plan: saving(plan.line, plan.sequences))[len(case.plans) // 2]
    HERE.mkdir(exist_ok=True)
    pair = {"planner": plan.sequences["executed"], "Danao": plan.sequences["search"]}
    picture = gantt(plan.line, pair).replace("<svg ", '<svg style="background:#ffffff" ', 1)
    (HERE / "before-after.svg").write_text(picture)
    print(f"{plan.line.name}: gas in all {-saving(plan.line, plan.sequences):.1%}")


def saving(line: NoWaitLine, sequences: Mapping[str, Integers]) -> float:
    """Share of the gas that the search saves."""
    return 1 - evaluate(line, sequences["search"]).gas / evaluate(line, sequences["executed"]).gas


if __name__ == "__main__":
    main()
