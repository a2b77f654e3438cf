"""The pictures of the README and the docs, made by the program itself from the example line.

python docs/make_pictures.py
"""

from pathlib import Path

from danao.cases.heat_treatment import HeatTreatment, HeatTreatmentParameters
from danao.scheduling.no_wait.pictures import gantt

HERE = Path(__file__).parent / "pictures"


def main() -> None:
    """Write before-after.svg."""
    case = HeatTreatment(HeatTreatmentParameters(source="example"))
    plan = case.plans[3]
    HERE.mkdir(exist_ok=True)
    pair = {"planner": plan.sequences["executed"], "Danao": plan.sequences["search"]}
    picture = gantt(plan.line, pair).replace("<svg ", '<svg style="background:#ffffff" ', 1)
    (HERE / "before-after.svg").write_text(picture)


if __name__ == "__main__":
    main()
