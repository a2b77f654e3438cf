"""Plans carried out in the twin against dispatching: lateness, a buffer in the times, and a tariff.

    python -m benchmarks.plans [--trials 60]

Every trial is a new order book of the example machine shop with new times and breakdowns. Today: COVERT, the best
classical rule of the shop on other books. The patience after which dispatching takes over was chosen on other books.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from danao.cases.planned_shop import PlannedShop, PlannedShopParameters
from danao.plant.example import example_text
from danao.proof import prove

TARIFF = """
tariff:
  price: 0.12 EUR/kWh
  windows:
    Mon-Fri 00:00-01:30: 0.34 EUR/kWh
    Mon-Fri 03:00-04:30: 0.30 EUR/kWh
    Mon-Fri 04:30-08:00: 0.06 EUR/kWh
"""
"""Time 0 is Monday 00:00; an order book is some six hours of work."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    trials = parser.parse_args().trials
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plant.yaml"
        file.write_text(example_text("machine-shop") + TARIFF, encoding="utf-8")
        for name, settings in (
            ("lateness", PlannedShopParameters()),
            ("times at their 75 % quantiles", PlannedShopParameters(quantile=0.75)),
            ("a tariff", PlannedShopParameters(file=str(file), objective="money", tightness=0.6, hours=48.0)),
        ):
            _table(name, PlannedShop(settings), trials)


def _table(name: str, case: PlannedShop, trials: int) -> None:
    proof = prove(case, trials=trials, appraisal=False)
    effect = proof.effect
    print(
        f"\n{name}, {trials} order books: {effect.mean:+.2f} EUR [{effect.lower:.2f}, {effect.upper:.2f}] against",
        end=" ",
    )
    print(f"{case.settings.baseline}: {proof.verdict}")
    for item, (before, after) in proof.items.items():
        print(f"  {item:20} {before:9.2f} {after:9.2f}")
    for rival in proof.rivals:
        over = rival.candidate_over_rival
        print(f"  over {rival.name}: {over.mean:+.2f} EUR [{over.lower:.2f}, {over.upper:.2f}]")


if __name__ == "__main__":
    main()
