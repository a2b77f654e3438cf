"""Does the proof of a learnt plant cover the truth, with and without what the records leave uncertain?

    python -m benchmarks.input_uncertainty [--logs 100] [--plants 20] [--trials 200]

A known plant (saw and mill) writes logs. From each a plant is learnt, with plants from resampled orders beside it, and
`prove` says what a limit on the parts in the plant is worth. The truth is the mean over many runs of the known plant.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from danao.cases import build
from danao.cases.learnt_plant import drawn_files
from danao.learning import learn, read_log
from danao.learning.uncertainty import bootstrap
from danao.learning.write import write_learnt
from danao.plant import write_plant
from danao.proof import prove
from tests.learning.logs import at, written

ORDERS, SAW, MILL = 200, 1.2, 0.5
WORTH = "worth: {currency: EUR, margin: {route 1: 20 EUR}, work_in_process: 3 EUR/h}\n"
SETTINGS = {"candidate": "limit 1", "hours": 100.0, "warm_up": 20.0}
TRUE_RUNS = 10_000
KNOWN = f"""\
plant: known
products:
  route 1:
    route:
      - {{station: saw, time: {{gamma: [{SAW} h, {SAW / 2} h]}}}}
      - {{station: mill, time: {{gamma: [{MILL} h, {MILL / 2} h]}}}}
stations: {{saw: {{}}, mill: {{}}}}
sources: [{{product: route 1, gaps: {{exponential: 2 h}}}}]
"""


def effect_of(path: Path, trials: int) -> tuple[float, float, float]:
    """Mean and limits of the effect by `prove`."""
    effect = prove(build("plant-file", {"file": str(path), **SETTINGS}), trials=trials, appraisal=False).effect
    return effect.mean, effect.lower, effect.upper


def log_of(seed: int) -> list[tuple[str, ...]]:
    """A log of the known plant: when each order came, and its work on saw and mill, first come first served."""
    chooser = np.random.default_rng(seed)
    came = saw = mill = 0.0
    rows: list[tuple[str, ...]] = []
    for number in range(ORDERS):
        came += float(chooser.exponential(2.0))
        begin = max(came, saw)
        saw = begin + float(chooser.gamma(4, SAW / 4))
        start = max(saw, mill)
        mill = start + float(chooser.gamma(4, MILL / 4))
        rows.append((f"A{number}", "order released", "", at(came), at(came)))
        rows.append((f"A{number}", "sawing", "saw", at(begin), at(saw)))
        rows.append((f"A{number}", "milling", "mill", at(start), at(mill)))
    return rows


def learnt(folder: Path, seed: int, plants: int) -> Path:
    """A plant learnt from a log of the known one, with further plants beside it."""
    reading = read_log(written(folder / "log.csv", log_of(seed)))
    found = learn(reading.log, "learnt")
    path, _ = write_learnt(found, reading, folder / "plant.yaml")
    path.write_text(path.read_text() + WORTH)
    for number, one in enumerate(bootstrap(found, plants), start=1):
        write_plant(one.plant, folder / f"plant-{number:02d}.yaml")
    return path


def main() -> None:
    """Print how often the intervals cover the truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=100)
    parser.add_argument("--plants", type=int, default=20)
    parser.add_argument("--trials", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        known = Path(place) / "known.yaml"
        known.write_text(KNOWN + WORTH)
        truth = effect_of(known, TRUE_RUNS)
        covered, alone, widths = [], [], []
        for seed in range(1, options.logs + 1):
            folder = Path(place) / str(seed)
            folder.mkdir()
            path = learnt(folder, seed, options.plants)
            _, low, high = effect_of(path, options.trials)
            covered.append(low <= truth[0] <= high)
            widths.append((high - low) / 2)
            for other in drawn_files(path):
                other.unlink()
            _, low, high = effect_of(path, options.trials)
            alone.append(low <= truth[0] <= high)
    print(f"true effect {truth[0]:.2f} EUR ({truth[1]:.2f} to {truth[2]:.2f}), {options.logs} logs of {ORDERS} orders")
    print(
        f"95 % intervals that cover it, with the input: {np.mean(covered):.1%}, mean half-width {np.mean(widths):.1f}"
    )
    print(f"95 % intervals that cover it, without:        {np.mean(alone):.1%}")


if __name__ == "__main__":
    main()
