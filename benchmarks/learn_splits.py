"""How much of the distance between sequences is chance? One way of learning on several splits of the loan log.

    python -m benchmarks.learn_splits [--runs 5]

The publisher trains on the first 798 of 1,000 orders, leaves out those that overlap with the rest, and judges on the
whole orders that come after. So here: each split ends at another order of the training file, and the 200 orders before
that end are held out, whole. Options are chosen on what comes before them, as `benchmarks.learn` does.

Beside the twin: past orders drawn again (`naive`, which has .068 on the publisher's own split, as the best published
twin has), and the frequencies of three operations in a row among all past orders, counted without any simulation. And,
as a yardstick, the same two where the 200 orders are drawn at random from the whole file: what orders that do not
change with time would give.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.learn import LOGS, located
from danao.learning import chosen, fidelity, read_log
from danao.learning.distances import MEASURES
from danao.learning.fidelity import split
from danao.learning.log import EventLog, Integers

HELD_OUT = 200
ENDS = (400, 500, 600, 700, 797)
AFTER = 168.0
"""Hours for which the twin goes on after the last recorded report, so that its orders are whole as well."""
_BEGIN, _END = -1, -2


def frequencies(log: EventLog) -> Counter[tuple[int, ...]]:
    """How often each three operations follow each other, the edges of orders among them."""
    return counted(log.by_order(), log)


def counted(orders: Sequence[Integers], log: EventLog) -> Counter[tuple[int, ...]]:
    """The same of the rows of some orders."""
    found: Counter[tuple[int, ...]] = Counter()
    for rows in orders:
        done = [int(log.operation[row]) for row in rows if not log.running[row]]
        if done:
            whole = [_BEGIN, _BEGIN, *done, _END, _END]
            found.update(tuple(whole[place : place + 3]) for place in range(len(whole) - 2))
    return found


def difference(one: Counter[tuple[int, ...]], other: Counter[tuple[int, ...]]) -> float:
    """Half the sum of the differences of the shares: NGD of logs of one length."""
    first, second = sum(one.values()), sum(other.values())
    return 0.5 * sum(abs(one[key] / first - other[key] / second) for key in {*one, *other})


def at_random(log: EventLog, draws: int) -> tuple[list[float], list[float]]:
    """NGD of random orders from the frequencies of all others, and from as many of these drawn again."""
    chooser = np.random.default_rng(1)
    orders = np.flatnonzero(np.isfinite(log.first_start()))
    rows = log.by_order()

    def of(some: Integers) -> Counter[tuple[int, ...]]:
        return counted([rows[one] for one in some.tolist()], log)

    frequency, again = [], []
    for _ in range(draws):
        mixed = chooser.permutation(orders)
        held, others = mixed[:HELD_OUT], mixed[HELD_OUT:]
        frequency.append(difference(of(others), of(held)))
        again.append(difference(of(chooser.choice(others, HELD_OUT)), of(held)))
    return frequency, again


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    log = read_log(located(LOGS["loan application"][0])).log
    moments = np.sort(log.first_start())
    last = log.last_end()
    print("| orders | options | " + " | ".join(MEASURES) + " | NGD of naive | of past frequencies |\n|" + " --- |" * 9)
    table = []
    for end in ENDS:
        inside = log.first_start() <= moments[end - 1]
        known = replace(log.of_orders(inside), cut=float(last[inside].max()) + AFTER)
        share = HELD_OUT / end
        past, later, _ = split(known, share)
        options = chosen(past)
        found = fidelity(known, options, share=share, runs=runs)
        row = [*found.twin.values(), found.naive.NGD, difference(frequencies(past), frequencies(later))]
        table.append(row)
        numbers = " | ".join(f"{value:.3g}" for value in row)
        print(f"| {end} | {options.waits}, × {options.scale:g} | {numbers} |", flush=True)
    print("| mean | | " + " | ".join(f"{value:.3g}" for value in np.mean(table, axis=0)) + " |")
    print("| sd | | " + " | ".join(f"{value:.2g}" for value in np.std(table, axis=0, ddof=1)) + " |")
    counted, again = at_random(log, 60)
    print(
        f"\nNGD where the {HELD_OUT} orders are drawn at random, 60 draws: of the frequencies of the others "
        f"{np.mean(counted):.3f} (sd {np.std(counted):.3f}), of {HELD_OUT} of the others drawn again "
        f"{np.mean(again):.3f} (sd {np.std(again):.3f})"
    )


if __name__ == "__main__":
    main()
