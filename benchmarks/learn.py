"""How well are plants learnt from records? Two logs, beside resampled past orders; a what-if test; a forecast.

    python -m benchmarks.learn [--plants 20] [--first 301] [--json [FILE]]

Everything is judged on the last orders of the files at hand, which learning does not see; options are chosen on a split
of what comes before. Naive: whole past orders drawn again at past gaps; cut: the same, nothing after the end of the
log. The method was developed on these very splits, so its figures here are those of development; the later records of
both logs, which their publishers hold out, were never seen.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learn_whatif import table as what_ifs
from danao.core.data import roots
from danao.learning import adjusted_levels, chosen, fidelity, forecast, learn, read_log
from danao.learning.distances import MEASURES
from danao.learning.fidelity import HELD_OUT, split
from danao.learning.log import EventLog
from danao.learning.now import state_at_cut
from danao.twin import Twin

LOGS = {
    "production": ("production_log/production_train.csv", HELD_OUT),
    "loan application": ("bps_loanapp/train.csv", 0.25),
}
"""File below a data root, and the share of the orders that is held out."""
FORECASTS_AT = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
ROUNDS = 10
WEEKS = 128.0
"""Length of the logs of the what-if test."""


@dataclass(frozen=True)
class Judged:
    """One log."""

    name: str
    orders: int
    waits: str
    scale: float
    rows: dict[str, tuple[float, ...]]
    passed: bool
    seconds: float
    """From the file to the plant, with the choice of the options and the judgement."""


def located(file: str) -> Path:
    """The first data root that has a file."""
    found = next((root / file for root in roots() if (root / file).is_file()), None)
    if found is None:
        sys.exit(f"{file} is in none of {', '.join(map(str, roots()))}: set DANAO_DATA")
    return found


def judged(name: str) -> Judged:
    """A log: options chosen on what comes before the held-out orders, all five distances on these."""
    file, share = LOGS[name]
    begin = time.process_time()
    log = read_log(located(file)).log
    past, _, _ = split(log, share)
    options = chosen(past)
    found = fidelity(log, options, share=share, runs=ROUNDS)
    learn(log, options=options)
    seconds = time.process_time() - begin
    rows = {"twin": found.twin, "naive": found.naive, "naive, cut": found.naive_cut}
    values = {key: row.values() for key, row in rows.items()}
    return Judged(name, found.orders, options.waits, options.scale, values, found.passed, seconds)


def coverage(log: EventLog, share: float) -> tuple[int, int, int, int]:
    """Forecasts at an earlier moment of the orders that were open.

    Returns:
        Orders that ended in the log, how many of their intervals hold; orders open still at its end, and how many
        intervals reach past it.
    """
    first = log.first_start()
    begin = float(first[np.isfinite(first)].min())
    cut = begin + share * (log.cut - begin)
    past = log.until(cut)
    options = chosen(past, runs=2)
    levels = adjusted_levels(past, options)
    last = log.last_end()
    still = {one.order for one in learn(log, options=options).routes.orders if one.open >= 0.5}
    names = {name: number for number, name in enumerate(log.orders)}
    ended = held = later = reach = 0
    for one in forecast(learn(past, options=options), levels=levels):
        number = names[one.order]
        if last[number] <= cut:
            continue
        if number in still:
            later += 1
            reach += one.upper >= log.when(log.cut)
        else:
            ended += 1
            held += one.lower <= log.when(float(last[number])) <= one.upper
    return ended, held, later, reach


def _held(row: Sequence[int]) -> str:
    ended, held, later, reach = row
    return (
        f"{held + reach} of {ended + later} 80 % intervals hold ({held} of the {ended} orders that ended, {reach} of "
        f"the {later} still open reach past the end of the log)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plants", type=int, default=20)
    parser.add_argument("--first", type=int, default=301, help="Seed of the first plant of the what-if test.")
    parser.add_argument("--json", nargs="?", const="-", default=None)
    arguments = parser.parse_args()
    warm = learn(read_log(located(LOGS["production"][0])).log)
    Twin(warm.plant).trace(1, 24.0, start=state_at_cut(warm, 1).state)
    document: dict[str, Any] = {"logs": [], "what if": [], "forecast": {}}
    print("| log (held-out orders) | twin | " + " | ".join(MEASURES) + " | processor s |\n|" + " --- |" * 8)
    for name in LOGS:
        one = judged(name)
        document["logs"].append(vars(one))
        for key, row in one.rows.items():
            numbers = " | ".join(f"{value:.3g}" for value in row)
            told = f"learnt ({one.waits}, × {one.scale:g})" if key == "twin" else key
            print(f"| {name} ({one.orders}) | {told} | {numbers} | {f'{one.seconds:.0f}' if key == 'twin' else ''} |")
    log = read_log(located(LOGS["production"][0])).log
    found_at = [coverage(log, share) for share in FORECASTS_AT]
    document["forecast"] = dict(zip(map(str, FORECASTS_AT), found_at, strict=True))
    for share, row in zip(FORECASTS_AT, found_at, strict=True):
        print(f"forecast from {share:.0%}: " + _held(row))
    print("all: " + _held(np.sum(found_at, axis=0).tolist()) + "\n")
    for number, found in enumerate(what_ifs(arguments.first, arguments.plants, WEEKS)):
        document["what if"].append({"plant": number, **vars(found), "errors": found.errors, "chance": found.chance})
    if arguments.json:
        text = json.dumps(document, indent=1)
        print(text) if arguments.json == "-" else Path(arguments.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
