"""How much of the distance between sequences is chance? One way of learning on several splits of the loan log.

    python -m benchmarks.learn_splits [--runs 5]

Each split ends at another order of the training file and holds out the 200 orders before that end; options are chosen
on what comes before them, as `benchmarks.learn` does. Beside the twin: the frequencies of three operations in a row
among all past orders, counted without any simulation. No way of learning that is right about the past can be expected
to come nearer to the held-out orders than these frequencies do, unless orders change in a way that can be foreseen.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np

from benchmarks.learn import LOGS, located
from danao.learning import chosen, fidelity, read_log
from danao.learning.distances import MEASURES
from danao.learning.fidelity import split
from danao.learning.log import EventLog

HELD_OUT = 200
ENDS = (400, 500, 600, 700, 797)
_BEGIN, _END = -1, -2


def frequencies(log: EventLog) -> Counter[tuple[int, ...]]:
    """How often each three operations follow each other, the edges of orders among them."""
    found: Counter[tuple[int, ...]] = Counter()
    for rows in log.by_order():
        done = [int(log.operation[row]) for row in rows if not log.running[row]]
        if done:
            whole = [_BEGIN, _BEGIN, *done, _END, _END]
            found.update(tuple(whole[place : place + 3]) for place in range(len(whole) - 2))
    return found


def difference(one: Counter[tuple[int, ...]], other: Counter[tuple[int, ...]]) -> float:
    """Half the sum of the differences of the shares: NGD of logs of one length."""
    first, second = sum(one.values()), sum(other.values())
    return 0.5 * sum(abs(one[key] / first - other[key] / second) for key in {*one, *other})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    log = read_log(located(LOGS["loan application"][0])).log
    moments = np.sort(log.first_start())
    print("| orders | options | " + " | ".join(MEASURES) + " | NGD of naive | of past frequencies |\n|" + " --- |" * 9)
    table = []
    for end in ENDS:
        known = log.until(float(moments[end - 1]) + 1e-6) if end < len(moments) else log
        share = HELD_OUT / end
        past, later, _ = split(known, share)
        options = chosen(past)
        found = fidelity(known, options, share=share, runs=runs)
        row = [*found.twin.values(), found.naive.NGD, difference(frequencies(past), frequencies(later))]
        table.append(row)
        numbers = " | ".join(f"{value:.3g}" for value in row)
        print(f"| {end} | {options.waits}, × {options.scale:g} | {numbers} |", flush=True)
    print("| mean | | " + " | ".join(f"{value:.3g}" for value in np.mean(table, axis=0)) + " |")


if __name__ == "__main__":
    main()
