"""The pictures of the README and the docs, made by the program itself from the examples.

python docs/make_pictures.py
"""

from collections.abc import Mapping
from pathlib import Path

from danao.cases.heat_treatment import HeatTreatment, HeatTreatmentParameters
from danao.core import trial_seeds
from danao.plant import example
from danao.scheduling import NoWaitLine, evaluate
from danao.scheduling.no_wait.model import Integers
from danao.scheduling.no_wait.pictures import gantt
from danao.twin import Twin
from danao.twin.pictures import state_bars

HERE = Path(__file__).parent / "pictures"


def main() -> None:
    """Write all pictures."""
    HERE.mkdir(exist_ok=True)
    before_after()
    machine_states()


def machine_states() -> None:
    """Write machine-shop-states.svg: where the machine hours of the example go in a week."""
    seeds = [int(seed) for seed in trial_seeds(1, 0, 20)]
    runs = Twin(example("machine-shop")).run(seeds, 168.0, warm_up=24.0)
    (HERE / "machine-shop-states.svg").write_text(state_bars(runs))


def before_after() -> None:
    """Write before-after.svg of the period with the median saving, and print what it shows."""
    case = HeatTreatment(HeatTreatmentParameters(source="example"))
    plan = sorted(case.plans, key=lambda plan: saving(plan.line, plan.sequences))[len(case.plans) // 2]
    pair = {"planner": plan.sequences["executed"], "Danao": plan.sequences["search"]}
    picture = gantt(plan.line, pair).replace("<svg ", '<svg style="background:#ffffff" ', 1)
    (HERE / "before-after.svg").write_text(picture)
    print(f"{plan.line.name}: gas in all {-saving(plan.line, plan.sequences):.1%}")


def saving(line: NoWaitLine, sequences: Mapping[str, Integers]) -> float:
    """Share of the gas that the search saves."""
    return 1 - evaluate(line, sequences["search"]).gas / evaluate(line, sequences["executed"]).gas


if __name__ == "__main__":
    main()
